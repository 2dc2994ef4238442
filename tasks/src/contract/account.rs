//! What an account says of itself.

use super::{
    Subject,
    check::{Kept, holds, same},
};
use crate::cloud::all_pages;

super::cases![
    the_caller_is_somebody_of_the_account,
    the_account_says_its_limits,
    hosted_zones_are_listed_to_the_end,
];

async fn the_caller_is_somebody_of_the_account(subject: &Subject) -> Kept {
    let caller = subject.reader().sts().get_caller_identity().await?;
    let digits = caller.account.bytes().all(|byte| byte.is_ascii_digit());
    holds("twelve digits", caller.account.len() == 12 && digits)?;
    let parts: Vec<_> = caller.arn.split(':').collect();
    holds("an ARN", parts.len() >= 6 && parts[0] == "arn" && !parts[1].is_empty())?;
    same("the ARN's account", parts[4], &caller.account)?;
    holds("an id", !caller.user_id.is_empty())
}

async fn the_account_says_its_limits(subject: &Subject) -> Kept {
    let quotas = subject.reads().get_account_summary().await?;
    holds("inline policies", quotas.role_policy_size >= 10_240)?;
    holds("trust", quotas.assume_role_policy_size >= 2_048)?;
    holds("managed policies", quotas.policy_size >= 6_144)?;
    holds("attachments", quotas.attached_policies_per_role >= 10)
}

async fn hosted_zones_are_listed_to_the_end(subject: &Subject) -> Kept {
    let route53 = subject.reader().route53();
    let list = async |marker: Option<String>| route53.list_hosted_zones(marker.as_deref()).await;
    let zones = all_pages(list).await?;
    let mut found: Vec<_> = zones.iter().map(|zone| zone.name.as_str()).collect();
    let mut expected: Vec<_> = subject.zones.iter().map(String::as_str).collect();
    found.sort_unstable();
    expected.sort_unstable();
    same("names", &found, &expected)?;
    holds("ids without a path", zones.iter().all(|zone| !zone.id.contains('/')))
}

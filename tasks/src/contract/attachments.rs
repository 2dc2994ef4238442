//! Managed policies, and their attachment to roles.

use super::{
    POLICIES, Subject,
    check::{Kept, holds, in_parts, missing, refused, same},
};
use crate::cloud::{all_pages, iam::AttachedPolicy};

super::cases![
    a_policy_is_attached_and_detached,
    attaching_again_changes_nothing,
    detaching_what_is_not_attached_is_no_such_entity,
    attaching_what_is_not_there_is_no_such_entity,
    attaching_what_is_no_policys_arn_is_refused,
    attachments_are_limited,
    attachments_are_listed_in_parts_in_order,
    a_managed_policy_is_answered_with_its_document,
    a_managed_policy_that_is_not_there_is_no_such_entity,
];

async fn attached(subject: &Subject) -> Result<Vec<AttachedPolicy>, super::check::Broken> {
    let reads = subject.reads();
    let list = async |marker: Option<String>| {
        reads.list_attached_role_policies("nodes", marker.as_deref()).await
    };
    let mut found = all_pages(list).await?;
    found.sort();
    Ok(found)
}

fn expected(arns: &[String]) -> Vec<AttachedPolicy> {
    let name = |arn: &String| arn.rsplit('/').next().unwrap_or_default().to_owned();
    let mut policies: Vec<_> =
        arns.iter().map(|arn| AttachedPolicy { arn: arn.clone(), name: name(arn) }).collect();
    policies.sort();
    policies
}

async fn a_policy_is_attached_and_detached(subject: &Subject) -> Kept {
    let (writes, arns) = (subject.writes(), &subject.policies);
    subject.role("nodes").await?;
    same("none at first", &attached(subject).await?, &expected(&[]))?;
    writes.attach_role_policy("nodes", &arns[0]).await?;
    writes.attach_role_policy("nodes", &arns[1]).await?;
    same("both", &attached(subject).await?, &expected(&arns[..2]))?;
    writes.detach_role_policy("nodes", &arns[0]).await?;
    same("one", &attached(subject).await?, &expected(&arns[1..2]))
}

async fn attaching_again_changes_nothing(subject: &Subject) -> Kept {
    subject.role("nodes").await?;
    for _ in 0..2 {
        subject.writes().attach_role_policy("nodes", &subject.policies[0]).await?;
        same("one", &attached(subject).await?, &expected(&subject.policies[..1]))?;
    }
    Ok(())
}

async fn detaching_what_is_not_attached_is_no_such_entity(subject: &Subject) -> Kept {
    let (writes, arn) = (subject.writes(), &subject.policies[0]);
    subject.role("nodes").await?;
    missing("never attached", writes.detach_role_policy("nodes", arn).await)?;
    writes.attach_role_policy("nodes", arn).await?;
    writes.detach_role_policy("nodes", arn).await?;
    missing("detached already", writes.detach_role_policy("nodes", arn).await)
}

async fn attaching_what_is_not_there_is_no_such_entity(subject: &Subject) -> Kept {
    subject.role("nodes").await?;
    let none = format!("{}-none", subject.policies[0]);
    missing("of the account", subject.writes().attach_role_policy("nodes", &none).await)?;
    let none = "arn:aws:iam::aws:policy/NoSuchPolicyOfAWS";
    missing("of AWS", subject.writes().attach_role_policy("nodes", none).await)
}

async fn attaching_what_is_no_policys_arn_is_refused(subject: &Subject) -> Kept {
    subject.role("nodes").await?;
    for arn in ["ReadOnlyAccess", "aws:arn:iam:123456789000:policy:test", "arn:aws:iam::1:role/x"] {
        let put = subject.writes().attach_role_policy("nodes", arn).await;
        refused(arn, put, &["InvalidInput", "ValidationError"])?;
    }
    Ok(())
}

async fn attachments_are_limited(subject: &Subject) -> Kept {
    let (writes, arns) = (subject.writes(), &subject.policies);
    subject.role("nodes").await?;
    let quota = subject.reads().get_account_summary().await?.attached_policies_per_role;
    holds("a quota that can be met", quota < POLICIES)?;
    for arn in &arns[..quota] {
        writes.attach_role_policy("nodes", arn).await?;
    }
    let attached = writes.attach_role_policy("nodes", &arns[quota]).await;
    refused("one more", attached, &["LimitExceeded"])?;
    writes.attach_role_policy("nodes", &arns[0]).await?;
    writes.detach_role_policy("nodes", &arns[0]).await?;
    Ok(writes.attach_role_policy("nodes", &arns[quota]).await?)
}

async fn attachments_are_listed_in_parts_in_order(subject: &Subject) -> Kept {
    let (reads, quota) = (subject.reads(), 10);
    subject.role("nodes").await?;
    for arn in subject.policies[..quota].iter().rev() {
        subject.writes().attach_role_policy("nodes", arn).await?;
    }
    let mut sorted = subject.policies[..quota].to_vec();
    sorted.sort();
    let list = async |marker: Option<String>| {
        reads.list_attached_role_policies("nodes", marker.as_deref()).await
    };
    in_parts("attachments", &sorted, |policy: AttachedPolicy| policy.arn, list).await
}

async fn a_managed_policy_is_answered_with_its_document(subject: &Subject) -> Kept {
    for arn in &subject.policies {
        let policy = subject.reads().get_policy(arn).await?;
        same("ARN", &policy.arn, arn)?;
        holds("its name ends its ARN", arn.ends_with(&format!("/{}", policy.name)))?;
        let version = policy.default_version_id;
        let document = subject.reads().get_policy_version(arn, &version).await?;
        holds("a document", document.parse().is_ok())?;
        missing("another version", subject.reads().get_policy_version(arn, "v99").await)?;
    }
    Ok(())
}

async fn a_managed_policy_that_is_not_there_is_no_such_entity(subject: &Subject) -> Kept {
    let none = format!("{}-none", subject.policies[0]);
    missing("GetPolicy", subject.reads().get_policy(&none).await)?;
    missing("GetPolicyVersion", subject.reads().get_policy_version(&none, "v1").await)
}

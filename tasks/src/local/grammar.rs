//! How names, ARNs and tags are written.
//!
//! From the [IAM quotas and name requirements](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html)
//! and the API reference's patterns.

use std::collections::BTreeSet;

use super::{error::Refusal, state::Limits};
use crate::{arn::is_iam_name, cloud::iam::Tags};

/// What names may be, and how long.
pub(super) fn name(what: &str, name: &str, longest: usize) -> Result<(), Refusal> {
    if name.is_empty() || name.chars().count() > longest {
        return Err(Refusal::validation(format!(
            "1 validation error detected: Value '{name}' at '{what}' failed to satisfy constraint: \
             Member must have length between 1 and {longest}"
        )));
    }
    if !is_iam_name(name) {
        return Err(Refusal::validation(format!(
            "The specified value for {what} is invalid. It must contain only alphanumeric \
             characters and/or the following: +=,.@_-"
        )));
    }
    Ok(())
}

pub(super) fn role_name(role: &str) -> Result<(), Refusal> {
    name("roleName", role, 64)
}

pub(super) fn policy_name(policy: &str) -> Result<(), Refusal> {
    name("policyName", policy, 128)
}

pub(super) fn instance_profile_name(profile: &str) -> Result<(), Refusal> {
    name("instanceProfileName", profile, 128)
}

/// A path is `/`, or starts and ends with `/`, of at most 512 visible ASCII characters.
pub(super) fn path(path: &str) -> Result<(), Refusal> {
    let fits = path.len() <= 512
        && path.starts_with('/')
        && path.ends_with('/')
        && path.chars().all(|c| c.is_ascii_graphic());
    if fits {
        return Ok(());
    }
    Err(Refusal::validation(
        "The specified value for path is invalid. It must begin and end with / and contain only \
         alphanumeric characters and/or / characters.",
    ))
}

/// A managed policy's path is `/`, or segments with a `/` before, between and after them.
pub(super) fn policy_path(path: &str) -> Result<(), Refusal> {
    let fits = |c: char| c.is_ascii_alphanumeric() || ".,+@=_-".contains(c);
    let segments = || path.strip_prefix('/')?.strip_suffix('/');
    let is_sound = path == "/"
        || segments().is_some_and(|segments| {
            segments.split('/').all(|segment| !segment.is_empty() && segment.chars().all(fits))
        });
    if is_sound && path.len() <= 512 {
        return Ok(());
    }
    Err(Refusal::validation(
        "The specified value for path is invalid. It must begin and end with / and contain only \
         alphanumeric characters, ., +, =, @, _ and - between them.",
    ))
}

/// The name in a managed policy's ARN, which may be of any account or of AWS.
pub(super) fn policy_arn(arn: &str) -> Result<&str, Refusal> {
    let invalid = || Refusal::new("InvalidInput", format!("ARN {arn} is not valid."));
    if arn.len() < 20 {
        return Err(Refusal::validation(format!(
            "1 validation error detected: Value '{arn}' at 'policyArn' failed to satisfy \
             constraint: Member must have length greater than or equal to 20"
        )));
    }
    let parts: Vec<_> = arn.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", account, resource] = parts[..] else {
        return Err(invalid());
    };
    let owned = account == "aws" || is_account_id(account);
    let (_, policy) = resource
        .strip_prefix("policy/")
        .map(|rest| rest.rsplit_once('/').unwrap_or(("", rest)))
        .ok_or_else(invalid)?;
    if partition.is_empty() || !owned || policy_name(policy).is_err() {
        return Err(invalid());
    }
    Ok(policy)
}

/// The URL of an OpenID Connect provider: `https://`, a host, and perhaps a path.
pub(super) fn oidc_url(url: &str) -> Result<(), Refusal> {
    let fits = |c: char| c.is_ascii_graphic() && !"?#".contains(c);
    let rest = url.strip_prefix("https://").unwrap_or_default();
    if rest.is_empty() || rest.starts_with('/') || url.len() > 255 || !rest.chars().all(fits) {
        return Err(Refusal::validation("Invalid Open ID Connect Provider URL"));
    }
    Ok(())
}

/// The ARN of an OpenID Connect provider of any account.
pub(super) fn oidc_provider_arn(arn: &str) -> Result<(), Refusal> {
    let parts: Vec<_> = arn.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", account, resource] = parts[..] else {
        return Err(Refusal::new("InvalidInput", format!("ARN {arn} is not valid.")));
    };
    let named = resource.strip_prefix("oidc-provider/").is_some_and(|issuer| !issuer.is_empty());
    if partition.is_empty() || !is_account_id(account) || !named {
        return Err(Refusal::new("InvalidInput", format!("ARN {arn} is not valid.")));
    }
    Ok(())
}

/// The client ids of an OpenID Connect provider, all of them.
pub(super) fn client_ids(client_ids: &BTreeSet<String>) -> Result<(), Refusal> {
    const MOST: usize = 100;
    for client_id in client_ids {
        if !(1..=255).contains(&client_id.chars().count()) {
            return Err(Refusal::validation(format!(
                "1 validation error detected: Value '{client_id}' at 'clientIDList' failed to \
                 satisfy constraint: Member must have length between 1 and 255"
            )));
        }
    }
    if client_ids.len() > MOST {
        return Err(Refusal::limit(format!(
            "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {MOST}"
        )));
    }
    Ok(())
}

/// The thumbprints of an OpenID Connect provider, all of them.
pub(super) fn thumbprints(thumbprints: &BTreeSet<String>) -> Result<(), Refusal> {
    for thumbprint in thumbprints {
        if thumbprint.len() != 40 || !thumbprint.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Refusal::validation(format!(
                "1 validation error detected: Value '{thumbprint}' at 'thumbprintList' failed to \
                 satisfy constraint: 40 hexadecimal digits"
            )));
        }
    }
    if thumbprints.len() > 5 {
        return Err(Refusal::new(
            "InvalidInput",
            "Thumbprint list must contain fewer than 5 entries.",
        ));
    }
    Ok(())
}

/// Whether it is an account's twelve digits.
pub(super) fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Refuses tags that may not be written, or too many of them once they join those there are.
pub(super) fn tags(new: &Tags, there: &Tags, limits: &Limits) -> Result<(), Refusal> {
    if new.len() > limits.tags {
        return Err(Refusal::validation(format!(
            "1 validation error detected: Value at 'tags' failed to satisfy constraint: Member \
             must have length less than or equal to {}",
            limits.tags
        )));
    }
    for (key, value) in new {
        tag(key, value)?;
    }
    let mut keys: Vec<_> = new.keys().map(|key| key.to_lowercase()).collect();
    keys.sort_unstable();
    if keys.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(Refusal::new(
            "InvalidInput",
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        ));
    }
    let kept = there.keys().filter(|key| keys.binary_search(&key.to_lowercase()).is_err()).count();
    if kept + new.len() > limits.tags {
        return Err(Refusal::limit(format!(
            "The number of tags has reached the maximum limit: {}",
            limits.tags
        )));
    }
    Ok(())
}

fn tag(key: &str, value: &str) -> Result<(), Refusal> {
    let fits = |c: char| {
        c.is_alphanumeric() || (c.is_whitespace() && !c.is_control()) || "_.:/=+-@".contains(c)
    };
    let length = key.chars().count();
    if length == 0 || length > 128 || !key.chars().all(fits) {
        return Err(Refusal::validation(format!(
            "1 validation error detected: Value '{key}' at 'tags.member.key' failed to satisfy \
             constraint: 1 to 128 letters, digits, spaces and _.:/=+-@"
        )));
    }
    if value.chars().count() > 256 || !value.chars().all(fits) {
        return Err(Refusal::validation(format!(
            "1 validation error detected: Value '{value}' at 'tags.member.value' failed to \
             satisfy constraint: up to 256 letters, digits, spaces and _.:/=+-@"
        )));
    }
    if key.to_lowercase().starts_with("aws:") {
        return Err(Refusal::new(
            "InvalidInput",
            format!("Tag key {key} is invalid: the prefix aws: is reserved."),
        ));
    }
    Ok(())
}

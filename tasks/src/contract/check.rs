//! How cases say what they expect, and make what they need.

use std::fmt;

use serde_json::json;

use super::Subject;
use crate::cloud::{
    CloudError, Page, all_pages,
    iam::{InstanceProfile, NewRole, Role, Tags},
};

/// Whether a rule is kept.
pub(super) type Kept = Result<(), Broken>;

/// How a rule is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Broken(String);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<CloudError> for Broken {
    fn from(error: CloudError) -> Self {
        Self(error.to_string())
    }
}

/// Expects something to hold.
pub(super) fn holds(what: &str, condition: bool) -> Kept {
    if condition { Ok(()) } else { Err(Broken(format!("{what}: it is not so"))) }
}

/// Expects two values to be the same.
pub(super) fn same<A, B>(what: &str, found: &A, expected: &B) -> Kept
where
    A: PartialEq<B> + fmt::Debug + ?Sized,
    B: fmt::Debug + ?Sized,
{
    if found == expected {
        return Ok(());
    }
    Err(Broken(format!("{what}: {found:?}, and not {expected:?}")))
}

/// Expects an error with one of these codes.
pub(super) fn refused<T>(what: &str, result: Result<T, CloudError>, codes: &[&str]) -> Kept {
    match result {
        Ok(_) => Err(Broken(format!("{what}: accepted, and not {}", codes.join(" or ")))),
        Err(error) if codes.contains(&error.code.as_str()) => Ok(()),
        Err(error) => Err(Broken(format!("{what}: {error}, and not {}", codes.join(" or ")))),
    }
}

/// Expects that what was asked for is not there.
pub(super) fn missing<T>(what: &str, result: Result<T, CloudError>) -> Kept {
    refused(what, result, &["NoSuchEntity"])
}

/// Expects a listing in parts: the first part is not all, and all parts together are `expected`,
/// in that order.
pub(super) async fn in_parts<T, L, F>(
    what: &str,
    expected: &[String],
    name: impl Fn(T) -> String,
    list: L,
) -> Kept
where
    L: Fn(Option<String>) -> F,
    F: Future<Output = Result<Page<T>, CloudError>>,
{
    let first = list(None).await?;
    holds(&format!("{what}: more than one part"), first.next.is_some())?;
    let found: Vec<_> = all_pages(&list).await?.into_iter().map(name).collect();
    same(what, &found, expected)
}

/// Names in an order that is not theirs, and those names in theirs.
pub(super) fn names(subject: &Subject, prefix: &str) -> (Vec<String>, Vec<String>) {
    let sorted: Vec<_> =
        (0..subject.more_than_a_part).map(|number| format!("{prefix}-{number:03}")).collect();
    let mut shuffled = sorted.clone();
    shuffled.reverse();
    (shuffled, sorted)
}

/// A trust document that names a service.
pub(super) fn trust() -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "ec2.amazonaws.com" },
            "Action": "sts:AssumeRole",
        }],
    })
    .to_string()
}

/// A policy document of that many characters more than the least.
pub(super) fn policy(padding: usize) -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Action": ["s3:GetObject"],
            "Resource": [format!("arn:aws:s3:::{}", "x".repeat(padding))],
        }],
    })
    .to_string()
}

pub(super) fn tags<const N: usize>(pairs: [(&str, &str); N]) -> Tags {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

impl Subject {
    /// Creates a role of that name with nothing else to it.
    pub(super) async fn role(&self, name: &str) -> Result<Role, CloudError> {
        self.role_trusting(name, &trust()).await
    }

    pub(super) async fn role_trusting(&self, name: &str, trust: &str) -> Result<Role, CloudError> {
        let role = NewRole {
            name,
            assume_role_policy_document: trust,
            permissions_boundary: None,
            tags: &Tags::new(),
        };
        self.writes().create_role(role).await
    }

    /// Creates an instance profile of that name with nothing else to it.
    pub(super) async fn profile(&self, name: &str) -> Result<InstanceProfile, CloudError> {
        self.writes().create_instance_profile(name, &Tags::new()).await
    }
}

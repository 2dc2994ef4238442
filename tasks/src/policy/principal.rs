//! Who a statement is about.

use std::{collections::BTreeMap, fmt};

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::Values;

/// Who a statement is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Principal {
    /// `"*"`: everybody.
    Anyone,
    /// By kind.
    Of(BTreeMap<PrincipalKind, Values>),
}

/// A kind of principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub enum PrincipalKind {
    /// Accounts, roles and users, by ARN or account number.
    #[serde(rename = "AWS")]
    Aws,
    /// AWS services, by host name.
    Service,
    /// Identity providers, by ARN or host name.
    Federated,
    /// The accounts that S3 names by a long hexadecimal id.
    CanonicalUser,
}

impl PrincipalKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Aws, Self::Service, Self::Federated, Self::CanonicalUser];

    /// As a document spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aws => "AWS",
            Self::Service => "Service",
            Self::Federated => "Federated",
            Self::CanonicalUser => "CanonicalUser",
        }
    }
}

impl fmt::Display for PrincipalKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Principal {
    /// Principals of one kind.
    pub fn of(kind: PrincipalKind, values: impl Into<Values>) -> Self {
        Self::Of(BTreeMap::from([(kind, values.into())]))
    }

    /// AWS services: `ec2.amazonaws.com`.
    pub fn service(values: impl Into<Values>) -> Self {
        Self::of(PrincipalKind::Service, values)
    }

    /// Accounts, roles and users.
    pub fn aws(values: impl Into<Values>) -> Self {
        Self::of(PrincipalKind::Aws, values)
    }

    /// Identity providers.
    pub fn federated(values: impl Into<Values>) -> Self {
        Self::of(PrincipalKind::Federated, values)
    }

    /// Unique ids among the principals: `AROA…` of a role, `AIDA…` of a user.
    ///
    /// IAM shows them in place of an ARN once the principal was deleted. One that was created
    /// again under the same name is not the one that is trusted.
    pub fn orphans(&self) -> impl Iterator<Item = &str> {
        let values = match self {
            Self::Anyone => None,
            Self::Of(kinds) => kinds.get(&PrincipalKind::Aws),
        };
        let is_unique_id = |value: &&String| {
            let (prefix, rest) = value.split_at_checked(4).unwrap_or_default();
            matches!(prefix, "AROA" | "AIDA")
                && rest.len() >= 12
                && rest.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        };
        values.into_iter().flatten().filter(is_unique_id).map(String::as_str)
    }
}

impl Serialize for Principal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Anyone => serializer.serialize_str("*"),
            Self::Of(kinds) => kinds.serialize(serializer),
        }
    }
}

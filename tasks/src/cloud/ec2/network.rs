//! The network things that instances are started in, as far as they are found by their tags.

use crate::cloud::iam::Tags;

/// A security group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityGroup {
    /// Its id: `sg-…`.
    pub id: String,
    /// Its tags.
    pub tags: Tags,
}

/// A subnet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subnet {
    /// Its id: `subnet-…`.
    pub id: String,
    /// Its tags.
    pub tags: Tags,
}

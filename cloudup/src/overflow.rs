//! What becomes of permissions that a role's inline policies have no room for.

use crate::manifest::Cluster;

/// The annotation of a Cluster that says what becomes of permissions that a role's inline policies
/// have no room for: `refuse`, or `managed`.
pub const ANNOTATION: &str = "cloudup/policy-overflow";

/// What becomes of permissions that a role's inline policies have no room for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overflow {
    /// The update is refused.
    #[default]
    Refuse,
    /// They go into managed policies that belong to the cluster.
    Managed,
}

impl Overflow {
    /// Its values.
    pub const ALL: [Self; 2] = [Self::Refuse, Self::Managed];

    /// As the annotation spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Managed => "managed",
        }
    }

    /// What a cluster's annotation says. One that says something else is a mistake of the manifest.
    pub fn of(cluster: &Cluster) -> Self {
        let written = cluster.metadata.annotations.get(ANNOTATION);
        let named = written.and_then(|text| Self::ALL.into_iter().find(|it| it.name() == *text));
        named.unwrap_or_default()
    }
}

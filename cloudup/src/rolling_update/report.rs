//! What a rolling update found and did, as data.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    RollError,
    survey::{FoundGroup, Member, Nodes, Place},
};
use crate::manifest::spec::Role;

/// What a rolling update found and did, or would do.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RollingUpdateReport {
    /// The cluster's name.
    pub cluster: String,
    /// The account's twelve digits.
    pub account: String,
    /// The region.
    pub region: String,
    /// What is worth knowing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
    /// The groups that it is about, in their turns.
    pub groups: Vec<GroupReport>,
    /// Whether it was stopped before it was through.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub stopped: bool,
}

/// An instance group.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupReport {
    /// The instance group's name.
    pub name: String,
    /// What its nodes are.
    #[schemars(with = "String")]
    pub role: Role,
    /// The Auto Scaling group's name.
    pub auto_scaling_group: String,
    /// How many instances are up to date.
    pub ready: usize,
    /// The least number of instances.
    pub min: usize,
    /// How many there are to be.
    pub target: usize,
    /// The greatest number of instances.
    pub max: usize,
    /// How many of its instances are nodes, where Kubernetes was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nodes: Option<usize>,
    /// The instances that are to be replaced, before anything was done.
    pub need_update: Vec<StaleInstance>,
    /// What came of it; none in a plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// What went wrong and was put up with.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// An instance that is to be replaced.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StaleInstance {
    /// Its id.
    pub id: String,
    /// The name of its node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Where in its life it is: `InService`, `Warmed:Stopped`, or of one detached EC2's word.
    pub state: String,
    /// Why it is to be replaced.
    pub reasons: Vec<Reason>,
}

/// Why an instance is to be replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Reason {
    /// It started from another version of the launch template than new ones do.
    Template {
        /// Which: `lt-0123:4`.
        #[serde(skip_serializing_if = "Option::is_none")]
        from: Option<String>,
        /// Which new ones start from.
        to: String,
        /// The fields in which they differ, as far as that can be told.
        fields: Vec<String>,
    },
    /// It is detached from its group.
    Detached,
    /// Its node is annotated `kops.k8s.io/needs-update`.
    Annotated,
    /// All instances are to be replaced.
    Forced,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Template { from, to, fields } => {
                let version =
                    |of: &str| of.rsplit_once(':').map_or(of.to_owned(), |it| it.1.into());
                match from {
                    Some(from) => {
                        write!(f, "template version {}, not {}", version(from), version(to))?;
                    }
                    None => f.write_str("not from the group's template")?,
                }
                if fields.is_empty() { Ok(()) } else { write!(f, ": {}", fields.join(", ")) }
            }
            Self::Detached => f.write_str("detached from its group"),
            Self::Annotated => f.write_str("its node says so (kops.k8s.io/needs-update)"),
            Self::Forced => f.write_str("forced"),
        }
    }
}

/// What came of a group.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Outcome {
    /// There was nothing to do.
    UpToDate,
    /// Every instance was replaced.
    Replaced {
        /// How many.
        instances: usize,
    },
    /// It was stopped: by a signal, or because whoever was asked said no.
    Stopped {
        /// How many instances were replaced.
        instances: usize,
    },
    /// Something went wrong.
    Failed {
        /// How many instances were replaced.
        instances: usize,
        /// What.
        #[serde(serialize_with = "chain")]
        #[schemars(with = "String")]
        error: RollError,
    },
    /// Its turn did not come.
    NotBegun,
}

fn chain<S: serde::Serializer>(error: &RollError, serializer: S) -> Result<S::Ok, S::Error> {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        let told = next.to_string();
        if !text.contains(&told) {
            text = format!("{text}: {told}");
        }
        cause = next.source();
    }
    serializer.serialize_str(&text)
}

impl GroupReport {
    pub(super) fn of(group: &FoundGroup, nodes: &Nodes) -> Self {
        let stale = group.members.iter().filter(|it| it.is_stale());
        let counts = |it: &&Member| it.place == Place::Group;
        let ready = group.members.iter().filter(counts).filter(|it| !it.is_stale()).count();
        let joined = group.members.iter().filter(|it| it.node.is_some()).count();
        Self {
            name: group.name.clone(),
            role: group.role,
            auto_scaling_group: group.auto_scaling_group.clone(),
            ready,
            min: group.min,
            target: group.desired,
            max: group.max,
            nodes: matches!(nodes, Nodes::Found(_)).then_some(joined),
            need_update: stale
                .map(|it| StaleInstance {
                    id: it.id.clone(),
                    node: it.node.as_ref().map(|node| node.name.clone()),
                    state: it.state.clone(),
                    reasons: it.reasons.clone(),
                })
                .collect(),
            outcome: None,
            warnings: Vec::new(),
        }
    }

    /// `NeedsUpdate` or `Ready`, as kOps says it.
    pub fn status(&self) -> &'static str {
        if self.need_update.is_empty() { "Ready" } else { "NeedsUpdate" }
    }

    /// Why it is not up to date, if something went wrong.
    pub fn error(&self) -> Option<&RollError> {
        match &self.outcome {
            Some(Outcome::Failed { error, .. }) => Some(error),
            _ => None,
        }
    }
}

impl RollingUpdateReport {
    /// Whether some instance is to be replaced.
    pub fn needs_update(&self) -> bool {
        self.groups.iter().any(|group| !group.need_update.is_empty())
    }

    /// What went wrong.
    pub fn errors(&self) -> impl Iterator<Item = (&str, &RollError)> {
        self.groups.iter().filter_map(|group| Some((group.name.as_str(), group.error()?)))
    }
}

impl fmt::Display for RollingUpdateReport {
    /// The header: which cluster, in which account and region.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in account {}, region {}", self.cluster, self.account, self.region)
    }
}

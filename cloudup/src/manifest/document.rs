//! One document of a manifest.

use serde_json::Value;

use super::{
    Source,
    spec::{ClusterSpec, InstanceGroupSpec, Metadata, Role},
};

/// A cluster and its instance groups.
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster {
    /// Name, labels and annotations.
    pub metadata: Metadata,
    /// The fields that are acted on.
    pub spec: ClusterSpec,
    /// Its instance groups, in the order given.
    pub groups: Vec<InstanceGroup>,
    /// The whole document as JSON.
    pub raw: Value,
    /// Where it came from.
    pub source: Source,
}

impl Cluster {
    /// The cluster's name, a DNS name.
    pub fn name(&self) -> &str {
        &self.metadata.name
    }

    /// The path of what a field of `spec` has for a role: `spec.externalPolicies[node]`, with the
    /// role as the manifest spells it.
    pub(crate) fn path_of_role(&self, field: &str, role: Role) -> String {
        let given = self.raw.get("spec").and_then(|spec| spec.get(field)?.as_object());
        let mut keys = given.into_iter().flatten().map(|(key, _)| key.as_str());
        let key = keys.find(|key| key.parse() == Ok(role)).unwrap_or(role.policy_key());
        format!("spec.{field}[{key}]")
    }
}

/// An instance group.
#[derive(Clone, Debug, PartialEq)]
pub struct InstanceGroup {
    /// Name, labels and annotations.
    pub metadata: Metadata,
    /// The fields that are acted on.
    pub spec: InstanceGroupSpec,
    /// The whole document as JSON.
    pub raw: Value,
    /// Where it came from.
    pub source: Source,
}

impl InstanceGroup {
    /// The label that says which cluster a group belongs to.
    pub const CLUSTER_LABEL: &'static str = "kops.k8s.io/cluster";

    /// The group's name.
    pub fn name(&self) -> &str {
        &self.metadata.name
    }

    /// The instance type: of several, the first counts.
    pub fn first_machine_type(&self) -> Option<&str> {
        self.spec.machine_type.as_deref().and_then(|types| types.split(',').next()).map(str::trim)
    }

    /// The name of the cluster that it belongs to, from its label.
    pub fn cluster_name(&self) -> Option<&str> {
        self.metadata.labels.get(Self::CLUSTER_LABEL).map(String::as_str)
    }
}

/// A document that is kept and not acted on.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// `apiVersion`.
    pub api_version: String,
    /// `kind`.
    pub kind: String,
    /// Name, labels and annotations.
    pub metadata: Metadata,
    /// The whole document as JSON.
    pub raw: Value,
    /// Where it came from.
    pub source: Source,
}

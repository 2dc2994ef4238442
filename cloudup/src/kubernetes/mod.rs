//! Kubernetes, as far as replacing nodes needs it: a narrow port, as the cloud has them.
//!
//! Reading and writing are two traits, so that what only looks cannot change anything.

#[cfg(feature = "kubernetes")]
mod api;
mod drain;
#[cfg(test)]
mod memory;
mod validate;

use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;

#[cfg(feature = "kubernetes")]
pub use self::api::{ConnectError, Ways, connect};
pub use self::{
    drain::{DrainError, DrainOptions, EXCLUDE_LABEL, OURS, Remaining, drain, undo},
    validate::{ExpectedGroup, Member, Size, Trouble, TroubleKind, check, tolerate, validate},
};

/// A node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// The id of its instance: the last segment of `spec.providerID` (`aws:///eu-west-1a/i-…`).
    pub instance_id: Option<String>,
    /// Whether its condition `Ready` is `True`.
    pub is_ready: bool,
    /// Where it is not ready: what its condition says of why.
    pub unready_because: Option<String>,
    /// Whether it is cordoned.
    pub is_unschedulable: bool,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
    /// Its taints.
    pub taints: Vec<Taint>,
    /// Its address in the cluster's network.
    pub internal_ip: Option<String>,
    /// Its address in the internet.
    pub external_ip: Option<String>,
}

/// A taint of a node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Taint {
    /// Its key.
    pub key: String,
    /// Its value; often empty.
    pub value: String,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    pub effect: String,
}

/// A pod, as far as draining and validation look at it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pod {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Tells it from a later one of the same name.
    pub uid: String,
    /// The name of the node that it is on.
    pub node: Option<String>,
    /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.
    pub phase: String,
    /// The names of its containers that are not ready.
    pub unready_containers: Vec<String>,
    /// The name of its priority class.
    pub priority_class: Option<String>,
    /// The kind of the object that controls it: `ReplicaSet`, `DaemonSet`, `Node` …
    pub controller: Option<String>,
    /// Whether it mirrors a static pod, which cannot be evicted.
    pub is_mirror: bool,
    /// Whether it is on its way out.
    pub is_terminating: bool,
    /// How long it may take to end.
    pub grace_period: Option<Duration>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
}

/// What is to become of a node. What is left out stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeChange {
    /// Cordon it, or let pods come again.
    pub unschedulable: Option<bool>,
    /// Taints to have, by key and effect.
    pub taints: Vec<Taint>,
    /// Taints to have no longer, each a key and an effect.
    pub remove_taints: Vec<(String, String)>,
    /// Labels to have, or (`None`) to have no longer.
    pub labels: BTreeMap<String, Option<String>>,
    /// Annotations to have, or (`None`) to have no longer.
    pub annotations: BTreeMap<String, Option<String>>,
}

/// What became of an eviction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Eviction {
    /// The pod is on its way out.
    Accepted,
    /// A disruption budget does not allow it now; with what Kubernetes says of it.
    Refused(String),
    /// There is no such pod any more.
    Gone,
}

/// Why Kubernetes did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KubernetesError {
    /// The API cannot be reached, or answers with a fault of its own: another try may help.
    #[error("the Kubernetes API cannot be reached: {0}")]
    Unreachable(String),
    /// Nobody vouches for who we are.
    #[error("the Kubernetes API does not take our credentials: {0}")]
    NoCredentials(String),
    /// We may not.
    #[error("the Kubernetes API denies it: {0}")]
    Denied(String),
    /// There is no such object.
    #[error("not found: {0}")]
    NotFound(String),
    /// It makes no sense to Kubernetes.
    #[error("the Kubernetes API refuses it: {0}")]
    Invalid(String),
}

impl KubernetesError {
    /// What the reader could try, if we know.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Unreachable(_) => Some(
                "see that the API's address in the kubeconfig is right and can be reached from here",
            ),
            Self::NoCredentials(_) => Some(
                "fetch new credentials: `kops export kubeconfig --admin` makes some for 18 hours",
            ),
            Self::Denied(_) => Some("allow it to the user that the kubeconfig names"),
            Self::NotFound(_) | Self::Invalid(_) => None,
        }
    }
}

/// What can be read from Kubernetes.
#[async_trait]
pub trait KubernetesReader: Send + Sync {
    /// All nodes, by name.
    async fn nodes(&self) -> Result<Vec<Node>, KubernetesError>;

    /// A node, if it is there.
    async fn node(&self, name: &str) -> Result<Option<Node>, KubernetesError>;

    /// The pods on a node, in all namespaces.
    async fn pods_on(&self, node: &str) -> Result<Vec<Pod>, KubernetesError>;

    /// The pods of a namespace, or of all.
    async fn pods(&self, namespace: Option<&str>) -> Result<Vec<Pod>, KubernetesError>;
}

/// What can be changed in Kubernetes.
#[async_trait]
pub trait KubernetesWriter: KubernetesReader {
    /// Changes a node, all of it at once. What is so already is no error.
    async fn change_node(&self, node: &str, change: &NodeChange) -> Result<(), KubernetesError>;

    /// Asks this very pod to leave, and not a later one of its name, with its own grace period.
    async fn evict(&self, pod: &Pod) -> Result<Eviction, KubernetesError>;

    /// Removes a node's object. One that is gone is no error.
    async fn delete_node(&self, node: &str) -> Result<(), KubernetesError>;
}

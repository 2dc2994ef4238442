//! The fields of the manifests that are acted on, typed.
//!
//! Spelt as kOps' [v1alpha2 API](https://kops.sigs.k8s.io/cluster_spec/) spells them. A field that
//! is absent, `null` or (for text) empty is the same thing here, as it is in kOps: `None`, or the
//! type's default. Every other field that kOps knows is kept in the document's raw value alone.

mod addons;
mod cluster;
mod group;
mod networking;
mod role;
mod rolling_update;

pub use addons::{
    AwsLoadBalancerController, CertManager, CloudConfig, ClusterAutoscaler, DnsProvider,
    EbsCsiDriver, ExternalDns, Karpenter, NodeTerminationHandler, PodIdentityWebhook,
    SnapshotController,
};
pub use cluster::{
    Api, ApiLoadBalancer, AwsPermission, ClusterSpec, DiscoveryService, EtcdBackups, EtcdCluster,
    EtcdMember, Iam, KubeApiServer, ServiceAccountIssuerDiscovery, ServiceAccountPermission,
};
pub use group::{
    Bounds, Containerd, ExternalLoadBalancer, GroupIam, InstanceGroupSpec, InstanceMetadata,
    InstanceRequirements, Kubelet, Manager, MixedInstancesPolicy, NvidiaGpu, Volume, WarmPool,
};
pub use networking::{
    AdditionalRoute, Calico, Cilium, CiliumIpam, Dns, DnsType, Empty, Networking, SrcDstCheck,
    Subnet, SubnetType, Topology,
};
pub use role::{Role, UnknownRole};
pub use rolling_update::{Amount, RollingUpdate};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a document says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Metadata {
    /// The object's name.
    pub name: String,
    /// Its labels: `kops.k8s.io/cluster` says which cluster an instance group belongs to.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Its annotations.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

//! An instance group.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Role;

/// `spec` of an `InstanceGroup`, as far as it is acted on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceGroupSpec {
    /// What its nodes are.
    pub role: Role,
    /// What starts and stops its instances.
    #[serde(default)]
    pub manager: Manager,
    /// Its identity.
    #[serde(default)]
    pub iam: GroupIam,
    /// The image: an AMI's id, `ssm:NAME`, or `OWNER/NAME`.
    pub image: Option<String>,
    /// Instance types, separated by commas; the first counts.
    pub machine_type: Option<String>,
    /// The least number of instances.
    pub min_size: Option<i32>,
    /// The greatest number of instances.
    pub max_size: Option<i32>,
    /// Names of the cluster's subnets.
    #[serde(default)]
    pub subnets: Vec<String>,
    /// Tags for what the group owns.
    #[serde(default)]
    pub cloud_labels: BTreeMap<String, String>,
    /// Labels of its nodes.
    #[serde(default)]
    pub node_labels: BTreeMap<String, String>,
    /// Taints of its nodes: `KEY=VALUE:EFFECT`.
    #[serde(default)]
    pub taints: Vec<String>,
    /// The instance metadata service.
    #[serde(default)]
    pub instance_metadata: InstanceMetadata,
    /// Instances kept ready.
    pub warm_pool: Option<WarmPool>,
    /// The container runtime.
    #[serde(default)]
    pub containerd: Containerd,
    /// The most to pay for a spot instance, in dollars an hour.
    pub max_price: Option<String>,
    /// Several instance types in one group.
    pub mixed_instances_policy: Option<Value>,
    /// Whether root volumes are encrypted; absent means yes.
    pub root_volume_encryption: Option<bool>,
    /// The key they are encrypted with.
    pub root_volume_encryption_key: Option<String>,
}

/// What starts and stops a group's instances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Manager {
    /// An Auto Scaling group.
    #[default]
    CloudGroup,
    /// Karpenter.
    Karpenter,
}

/// `spec.iam` of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GroupIam {
    /// ARN of an instance profile that exists and is taken as it is.
    pub profile: Option<String>,
}

/// `spec.instanceMetadata`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct InstanceMetadata {
    /// Whether requests need a token: `required` (the default) or `optional`.
    pub http_tokens: Option<String>,
    /// How many hops an answer may travel: 1 (the default) to 64.
    pub http_put_response_hop_limit: Option<i64>,
}

/// `spec.warmPool`, of a group or of the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WarmPool {
    /// The least number of instances kept ready.
    pub min_size: i64,
    /// The greatest number; 0 means no pool.
    pub max_size: Option<i64>,
    /// Whether a lifecycle hook holds instances back until they are prepared.
    pub enable_lifecycle_hook: bool,
}

/// `spec.containerd`, of a group or of the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Containerd {
    /// Whether nodes sign in to ECR's mirrors of other registries. Of the cluster alone.
    #[serde(rename = "useECRCredentialsForMirrors")]
    pub use_ecr_credentials_for_mirrors: bool,
    /// NVIDIA's GPUs.
    #[serde(rename = "nvidiaGPU")]
    pub nvidia_gpu: NvidiaGpu,
}

/// `spec.containerd.nvidiaGPU`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NvidiaGpu {
    /// Whether nodes find out if they have one.
    pub enabled: Option<bool>,
}

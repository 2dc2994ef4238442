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

impl WarmPool {
    /// The pool that a group of `role` has, from its own and from its cluster's: what its own does
    /// not say is taken from the cluster's, except for the control plane and bastions. `None` where
    /// there is no pool.
    pub fn of_group(own: Option<&Self>, cluster: Option<&Self>, role: Role) -> Option<Self> {
        let cluster = cluster.filter(|_| matches!(role, Role::Node | Role::ApiServer));
        let pool = match (own, cluster) {
            (None, None) => return None,
            (Some(own), None) => own.clone(),
            (None, Some(cluster)) => cluster.clone(),
            (Some(own), Some(cluster)) => Self {
                min_size: if own.min_size == 0 { cluster.min_size } else { own.min_size },
                max_size: own.max_size.or(cluster.max_size),
                enable_lifecycle_hook: own.enable_lifecycle_hook || cluster.enable_lifecycle_hook,
            },
        };
        (pool.max_size != Some(0)).then_some(pool)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_groups_warm_pool_takes_from_the_clusters_what_it_does_not_say() {
        let pool = |min_size, max_size, enable_lifecycle_hook| WarmPool {
            min_size,
            max_size,
            enable_lifecycle_hook,
        };
        let cluster = pool(2, Some(5), true);
        for (own, role, resolved) in [
            (None, Role::Node, Some(cluster.clone())),
            (None, Role::ControlPlane, None),
            (Some(pool(0, None, false)), Role::Node, Some(cluster.clone())),
            (Some(pool(1, Some(3), false)), Role::ApiServer, Some(pool(1, Some(3), true))),
            (Some(pool(1, None, false)), Role::Bastion, Some(pool(1, None, false))),
            (Some(pool(0, Some(0), false)), Role::Node, None),
        ] {
            assert_eq!(
                WarmPool::of_group(own.as_ref(), Some(&cluster), role),
                resolved,
                "{own:?} {role}"
            );
        }
    }
}

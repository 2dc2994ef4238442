//! An instance group.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Role, RollingUpdate};

/// `spec` of an `InstanceGroup`, as far as it is acted on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
    /// The id of a security group that exists, in the place of the role's own.
    pub security_group_override: Option<String>,
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
    /// For how many minutes spot instances are kept.
    pub spot_duration_in_minutes: Option<i32>,
    /// What becomes of spot instances that are taken back.
    pub instance_interruption_behavior: Option<String>,
    /// Several instance types in one group.
    pub mixed_instances_policy: Option<MixedInstancesPolicy>,
    /// Whether spot instances at risk are replaced beforehand.
    pub capacity_rebalance: Option<bool>,
    /// How long instances live: `48h`. Absent or zero means for ever.
    pub max_instance_lifetime: Option<String>,
    /// Whether new instances are spared when the group shrinks.
    pub instance_protection: Option<bool>,
    /// Processes of the group that are suspended. Those of a group that does not say are left
    /// alone.
    pub suspend_processes: Option<Vec<String>>,
    /// Load balancers of somebody else that instances are put behind.
    #[serde(default)]
    pub external_load_balancers: Vec<ExternalLoadBalancer>,
    /// Whether instances have public addresses, in subnets that are public.
    pub associate_public_ip: Option<bool>,
    /// The ids of further security groups.
    #[serde(default)]
    pub additional_security_groups: Vec<String>,
    /// Whether instances are monitored in detail.
    pub detailed_instance_monitoring: Option<bool>,
    /// `default`, `dedicated` or `host`.
    pub tenancy: Option<String>,
    /// `standard` or `unlimited`, of instance types that burst.
    pub cpu_credits: Option<String>,
    /// What the nodes' kubelets are told.
    #[serde(default)]
    pub kubelet: Kubelet,
    /// The size of root volumes in GiB.
    pub root_volume_size: Option<i32>,
    /// Their type: `gp3` if absent.
    pub root_volume_type: Option<String>,
    /// Their operations a second.
    pub root_volume_iops: Option<i32>,
    /// Their MiB a second.
    pub root_volume_throughput: Option<i32>,
    /// Whether the way to EBS volumes is kept apart from other traffic.
    pub root_volume_optimization: Option<bool>,
    /// Whether root volumes are encrypted; absent means yes.
    pub root_volume_encryption: Option<bool>,
    /// The key they are encrypted with.
    pub root_volume_encryption_key: Option<String>,
    /// Further volumes.
    #[serde(default)]
    pub volumes: Vec<Volume>,
    /// How its instances are replaced, where that differs from the cluster's others.
    pub rolling_update: Option<RollingUpdate>,
}

/// `spec.mixedInstancesPolicy`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct MixedInstancesPolicy {
    /// The instance types, dearest first.
    pub instances: Vec<String>,
    /// What instance types must have, instead of their names.
    pub instance_requirements: Option<InstanceRequirements>,
    /// How on-demand instances are chosen.
    pub on_demand_allocation_strategy: Option<String>,
    /// How many instances are on demand whatever happens.
    pub on_demand_base: Option<i32>,
    /// How many of a hundred beyond those are on demand.
    pub on_demand_above_base: Option<i32>,
    /// How spot instances are chosen.
    pub spot_allocation_strategy: Option<String>,
    /// Over how many pools spot instances are spread.
    pub spot_instance_pools: Option<i32>,
}

/// `spec.mixedInstancesPolicy.instanceRequirements`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct InstanceRequirements {
    /// How many virtual processors.
    pub cpu: Bounds,
    /// How much memory.
    pub memory: Bounds,
    /// Types that are left out.
    pub excluded_instance_types: Vec<String>,
}

/// Two amounts as Kubernetes writes them: `4`, `16Gi`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Bounds {
    /// The least.
    pub min: Option<Value>,
    /// The most.
    pub max: Option<Value>,
}

/// An entry of `spec.externalLoadBalancers`: one of the two.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ExternalLoadBalancer {
    /// The name of a classic load balancer.
    pub load_balancer_name: Option<String>,
    /// The ARN of a target group.
    pub target_group_arn: Option<String>,
}

/// `spec.kubelet` and the like, as far as the cloud hears of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Kubelet {
    /// Labels of nodes.
    pub node_labels: BTreeMap<String, String>,
}

/// An entry of `spec.volumes`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Volume {
    /// The device: `/dev/xvdd`.
    pub device: String,
    /// Whether it goes with the instance; absent means yes.
    pub delete_on_termination: Option<bool>,
    /// Whether it is encrypted; absent means yes.
    pub encrypted: Option<bool>,
    /// The key it is encrypted with.
    pub key: Option<String>,
    /// Its size in GiB.
    pub size: i32,
    /// Its type: `gp3` if absent.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Its operations a second.
    pub iops: Option<i32>,
    /// Its MiB a second.
    pub throughput: Option<i32>,
}

/// What starts and stops a group's instances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Manager {
    /// An Auto Scaling group.
    #[default]
    CloudGroup,
    /// Karpenter.
    Karpenter,
}

/// `spec.iam` of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default)]
pub struct GroupIam {
    /// ARN of an instance profile that exists and is taken as it is.
    pub profile: Option<String>,
}

/// `spec.instanceMetadata`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct InstanceMetadata {
    /// Whether requests need a token: `required` (the default) or `optional`.
    pub http_tokens: Option<String>,
    /// How many hops an answer may travel: 1 (the default) to 64.
    pub http_put_response_hop_limit: Option<i64>,
}

/// `spec.warmPool`, of a group or of the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct WarmPool {
    /// The least number of instances kept ready.
    pub min_size: i64,
    /// The greatest number; 0 means no pool.
    pub max_size: Option<i64>,
    /// Whether a lifecycle hook holds instances back until they are prepared.
    pub enable_lifecycle_hook: bool,
    /// For how many seconds it does; 600 if absent.
    pub lifecycle_hook_timeout: Option<i32>,
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
                lifecycle_hook_timeout: own
                    .lifecycle_hook_timeout
                    .or(cluster.lifecycle_hook_timeout),
            },
        };
        (pool.max_size != Some(0)).then_some(pool)
    }
}

/// `spec.containerd`, of a group or of the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
            lifecycle_hook_timeout: None,
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

//! What the manifest asks for that costs permissions, with kOps' defaults applied.

use crate::manifest::{
    Cluster,
    spec::{CiliumIpam, ClusterSpec, InstanceGroupSpec, Role, SrcDstCheck, WarmPool},
};

/// What the instances of one role have to do with.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is one independent switch of the manifest")]
pub(super) struct Features {
    /// Pods and nodes have IPv6 addresses only.
    pub(super) ipv6: bool,
    /// The API server encrypts secrets with a key of KMS.
    pub(super) encryption_config: bool,
    /// Nodeup asks EC2 about instance types.
    pub(super) instance_types: bool,
    /// Images come from ECR.
    pub(super) registry: bool,
    /// Images come from ECR as a cache of other registries.
    pub(super) pull_through: bool,
    /// The Amazon VPC CNI.
    pub(super) amazon_vpc: bool,
    /// Cilium, on EC2's network interfaces.
    pub(super) cilium_eni: bool,
    /// Calico, if it may change the check of source and destination.
    pub(super) calico_check: bool,
    /// kube-router.
    pub(super) kube_router: bool,
    /// kindnet.
    pub(super) kindnet: bool,
    /// The termination handler listens to a queue.
    pub(super) termination_queue: bool,
    /// Some group of the role has a warm pool whose instances report that they are ready.
    pub(super) warm_pool_hook: bool,
}

impl Features {
    /// What instances of `role` have to do with.
    pub(super) fn of(cluster: &Cluster, role: Role) -> Self {
        let spec = &cluster.spec;
        let network = &spec.networking;
        let ipv6 = spec.is_ipv6_only();
        let amazon_vpc = network.amazonvpc.is_some();
        let cilium_eni =
            network.cilium.as_ref().is_some_and(|cilium| cilium.ipam == Some(CiliumIpam::Eni));
        let mut of_role =
            cluster.groups.iter().map(|group| &group.spec).filter(|group| group.role == role);
        let gpus = spec.containerd.nvidia_gpu.enabled == Some(true)
            || of_role.clone().any(|group| group.containerd.nvidia_gpu.enabled == Some(true));
        Self {
            ipv6,
            encryption_config: spec.encryption_config == Some(true),
            instance_types: gpus || amazon_vpc || cilium_eni,
            registry: spec.iam.allow_container_registry,
            pull_through: spec.containerd.use_ecr_credentials_for_mirrors,
            amazon_vpc,
            cilium_eni,
            calico_check: !ipv6
                && network
                    .calico
                    .as_ref()
                    .is_some_and(|calico| calico.aws_src_dst_check != Some(SrcDstCheck::DoNothing)),
            kube_router: network.kuberouter.is_some(),
            kindnet: network.kindnet.is_some(),
            termination_queue: termination_queue(spec),
            warm_pool_hook: of_role.any(|group| has_hook(spec, group)),
        }
    }
}

/// Whether the node termination handler is there and listens to a queue, as it does unless the
/// manifest says otherwise.
fn termination_queue(spec: &ClusterSpec) -> bool {
    spec.has_termination_handler()
        && spec.node_termination_handler.enable_sqs_termination_draining != Some(false)
}

/// Whether a group's instances wait in a warm pool until they report that they are ready.
fn has_hook(spec: &ClusterSpec, group: &InstanceGroupSpec) -> bool {
    let pool = WarmPool::of_group(group.warm_pool.as_ref(), spec.warm_pool.as_ref(), group.role);
    pool.is_some_and(|pool| pool.enable_lifecycle_hook)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::spec::{Karpenter, NodeTerminationHandler};

    #[test]
    fn the_termination_handlers_queue_is_on_unless_something_else_is_said() {
        let table = [
            (None, None, false, true),
            (Some(true), None, false, true),
            (Some(true), Some(true), false, true),
            (None, Some(false), false, false),
            (Some(false), None, false, false),
            (None, None, true, false),
            (Some(true), None, true, true),
        ];
        for (enabled, queue, karpenter, expected) in table {
            let spec = ClusterSpec {
                node_termination_handler: NodeTerminationHandler {
                    enabled,
                    enable_sqs_termination_draining: queue,
                    ..NodeTerminationHandler::default()
                },
                karpenter: Karpenter { enabled: karpenter },
                ..ClusterSpec::default()
            };
            assert_eq!(
                termination_queue(&spec),
                expected,
                "enabled {enabled:?}, queue {queue:?}, Karpenter {karpenter}"
            );
        }
    }
}

//! What the manifest asks for that costs permissions, with kOps' defaults applied.

use crate::{
    because::{Asked, Because},
    manifest::{
        Cluster, InstanceGroup,
        spec::{CiliumIpam, ClusterSpec, Role, SrcDstCheck, WarmPool},
    },
};

/// What the instances of one role have to do with, and what in the manifest asks for it.
#[derive(Debug)]
pub(super) struct Features {
    /// Pods and nodes have IPv6 addresses only.
    pub(super) ipv6: Asked,
    /// The API server encrypts secrets with a key of KMS.
    pub(super) encryption_config: Asked,
    /// It does not, so that keys are used by way of EC2 and S3 alone.
    pub(super) keys_via_services: Asked,
    /// Nodeup asks EC2 about instance types.
    pub(super) instance_types: Asked,
    /// Images come from ECR.
    pub(super) registry: Asked,
    /// Images come from ECR as a cache of other registries.
    pub(super) pull_through: Asked,
    /// The Amazon VPC CNI.
    pub(super) amazon_vpc: Asked,
    /// Cilium, on EC2's network interfaces.
    pub(super) cilium_eni: Asked,
    /// Calico, if it may change the check of source and destination.
    pub(super) calico_check: Asked,
    /// kube-router.
    pub(super) kube_router: Asked,
    /// kindnet.
    pub(super) kindnet: Asked,
    /// The termination handler listens to a queue.
    pub(super) termination_queue: Asked,
    /// Add-ons act under the control plane's role.
    pub(super) add_ons: Asked,
    /// Some group of the role has a warm pool whose instances report that they are ready.
    pub(super) warm_pool_hook: Asked,
}

impl Features {
    /// What instances of `role` have to do with.
    pub(super) fn of(cluster: &Cluster, role: Role) -> Self {
        let spec = &cluster.spec;
        let network = &spec.networking;
        let ipv6 = spec.is_ipv6_only();
        let encryption = spec.encryption_config == Some(true);
        let secrets = || Because::by_default("spec.encryptionConfig", "false");
        let amazon_vpc =
            Because::field("spec.networking.amazonvpc").if_so(network.amazonvpc.is_some());
        let cilium = network.cilium.as_ref();
        let cilium_eni = Because::field("spec.networking.cilium.ipam")
            .if_so(cilium.is_some_and(|cilium| cilium.ipam == Some(CiliumIpam::Eni)));
        let of_role = cluster.groups.iter().filter(|group| group.spec.role == role);
        let calico = network.calico.as_ref().map(|calico| calico.aws_src_dst_check);
        Self {
            ipv6: Because::field("spec.nonMasqueradeCIDR").if_so(ipv6),
            encryption_config: secrets().if_so(encryption),
            keys_via_services: secrets().if_so(!encryption),
            instance_types: [gpus(spec, of_role.clone()), amazon_vpc.clone(), cilium_eni.clone()]
                .concat(),
            registry: Because::field("spec.iam.allowContainerRegistry")
                .if_so(spec.iam.allow_container_registry),
            pull_through: Because::field("spec.containerd.useECRCredentialsForMirrors")
                .if_so(spec.containerd.use_ecr_credentials_for_mirrors),
            amazon_vpc,
            cilium_eni,
            calico_check: Because::field("spec.networking.calico")
                .and(Because::by_default("spec.networking.calico.awsSrcDstCheck", "not DoNothing"))
                .if_so(!ipv6 && calico.is_some_and(|c| c != Some(SrcDstCheck::DoNothing))),
            kube_router: Because::field("spec.networking.kuberouter")
                .if_so(network.kuberouter.is_some()),
            kindnet: Because::field("spec.networking.kindnet").if_so(network.kindnet.is_some()),
            termination_queue: Because::termination_handler()
                .and(Because::by_default(
                    "spec.nodeTerminationHandler.enableSQSTerminationDraining",
                    "true",
                ))
                .if_so(spec.has_termination_queue()),
            add_ons: Because::service_accounts().if_so(!spec.iam.uses_service_accounts()),
            warm_pool_hook: of_role.flat_map(|group| hooks(spec, group)).collect(),
        }
    }
}

/// What says that nodes may have GPUs.
fn gpus<'g>(spec: &ClusterSpec, groups: impl Iterator<Item = &'g InstanceGroup>) -> Asked {
    let path = "spec.containerd.nvidiaGPU.enabled";
    let cluster = Because::field(path).if_so(spec.containerd.nvidia_gpu.enabled == Some(true));
    let groups = groups.filter(|group| group.spec.containerd.nvidia_gpu.enabled == Some(true));
    cluster.into_iter().chain(groups.map(|group| Because::of_group(group, path))).collect()
}

/// What says that a group's instances wait in a warm pool until they report that they are ready:
/// the group itself, or the cluster.
fn hooks(spec: &ClusterSpec, group: &InstanceGroup) -> Asked {
    let path = "spec.warmPool.enableLifecycleHook";
    let (own, shared) = (group.spec.warm_pool.as_ref(), spec.warm_pool.as_ref());
    let unhooked = |pool: &WarmPool| WarmPool { enable_lifecycle_hook: false, ..pool.clone() };
    let is_hooked = |own: Option<&WarmPool>, shared: Option<&WarmPool>| {
        let pool = WarmPool::of_group(own, shared, group.spec.role);
        pool.is_some_and(|pool| pool.enable_lifecycle_hook)
    };
    let of_group = is_hooked(own, shared.map(unhooked).as_ref());
    let of_cluster = is_hooked(own.map(unhooked).as_ref(), shared);
    let asked = Because::of_group(group, path).if_so(of_group);
    asked.into_iter().chain(Because::field(path).if_so(of_cluster)).collect()
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
                spec.has_termination_queue(),
                expected,
                "enabled {enabled:?}, queue {queue:?}, Karpenter {karpenter}"
            );
        }
    }
}

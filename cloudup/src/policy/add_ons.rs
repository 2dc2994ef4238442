//! What add-ons may do, under the control plane's role or under roles of their own.

use super::{
    autoscaler, ccm, cert_manager, cni, dns, ebs_csi,
    features::Features,
    karpenter, lbc, nth,
    permissions::{Permissions, Scope},
};
use crate::{
    environment::Environment,
    manifest::{Cluster, spec::ClusterSpec},
    service_accounts::AddOn,
};

/// The add-ons that act under the control plane's role, as they do unless they have roles of
/// their own (`spec.iam.useServiceAccountExternalPermissions`).
///
/// As in kOps, the EBS CSI driver and the autoscaler are provided for even if they are not
/// installed.
pub(super) fn on_control_plane(
    to: &mut Permissions<'_>,
    spec: &ClusterSpec,
    has: &Features,
    zone: Option<&str>,
) {
    if let Some(zone) = zone {
        dns::records(to, zone);
    }
    ebs_csi_driver(to, spec);
    cloud_controller_manager(to, spec);
    if spec.aws_load_balancer_controller.enabled == Some(true) {
        load_balancer_controller(to, spec);
    }
    cluster_autoscaler(to, spec);
    if has.termination_queue {
        nth::queue(to);
    }
}

/// What an add-on may do under a role of its own.
pub(super) fn permissions<'a>(
    cluster: &'a Cluster,
    environment: &'a Environment,
    add_on: AddOn,
) -> Permissions<'a> {
    let mut permissions = Permissions::new(Scope::of(cluster, environment));
    let (to, spec) = (&mut permissions, &cluster.spec);
    match add_on {
        AddOn::DnsController | AddOn::ExternalDns => {
            if let Some(zone) = &environment.hosted_zone_id {
                dns::records(to, zone);
            }
        }
        AddOn::ClusterAutoscaler => cluster_autoscaler(to, spec),
        AddOn::CertManager => cert_manager::challenges(to, &spec.cert_manager.hosted_zone_ids),
        // As in kOps, also where it listens to no queue.
        AddOn::NodeTerminationHandler => nth::queue(to),
        AddOn::LoadBalancerController => load_balancer_controller(to, spec),
        AddOn::KubeRouter => cni::kube_router(to),
        AddOn::CloudControllerManager => cloud_controller_manager(to, spec),
        AddOn::EbsCsiDriver => ebs_csi_driver(to, spec),
        AddOn::Karpenter => karpenter::instances(to, &karpenter::Needs::of(cluster)),
    }
    permissions
}

fn ebs_csi_driver(to: &mut Permissions<'_>, spec: &ClusterSpec) {
    ebs_csi::volumes(to);
    if spec.snapshot_controller.enabled == Some(true) {
        ebs_csi::snapshots(to);
    }
}

fn cloud_controller_manager(to: &mut Permissions<'_>, spec: &ClusterSpec) {
    ccm::nodes_and_load_balancers(to);
    if spec.cloud_config.nlb_security_group_mode.as_deref() == Some("Managed") {
        ccm::nlb_security_groups(to);
    }
    if spec.networking.kubenet.is_some() {
        ccm::routes(to);
    }
}

fn load_balancer_controller(to: &mut Permissions<'_>, spec: &ClusterSpec) {
    let balancers = &spec.aws_load_balancer_controller;
    lbc::load_balancers(to);
    if balancers.enable_waf {
        lbc::waf(to);
    }
    if balancers.enable_waf_v2 {
        lbc::waf_v2(to);
    }
    if balancers.enable_shield {
        lbc::shield(to);
    }
}

fn cluster_autoscaler(to: &mut Permissions<'_>, spec: &ClusterSpec) {
    autoscaler::groups(to);
    if spec.cluster_autoscaler.aws_use_static_instance_list != Some(true) {
        autoscaler::instance_types(to);
    }
}

//! What add-ons may do, under the control plane's role or under roles of their own.

use super::{
    autoscaler, ccm, cert_manager, cni, dns, ebs_csi,
    features::Features,
    karpenter, lbc, nth,
    permissions::{Permissions, Scope},
};
use crate::{
    because::Because,
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
    dns_records(to, zone);
    ebs_csi_driver(to, spec);
    cloud_controller_manager(to, spec);
    let balancers = Because::field("spec.awsLoadBalancerController.enabled")
        .if_so(spec.aws_load_balancer_controller.enabled == Some(true));
    to.because(&balancers, |to| load_balancer_controller(to, spec));
    cluster_autoscaler(to, spec);
    to.because(&has.termination_queue, nth::queue);
}

/// What an add-on may do under a role of its own.
pub(super) fn permissions<'a>(
    cluster: &'a Cluster,
    environment: &'a Environment,
    add_on: AddOn,
) -> Permissions<'a> {
    let spec = &cluster.spec;
    let mut permissions = Permissions::new(Scope::of(cluster, environment), add_on.asked(spec));
    let to = &mut permissions;
    match add_on {
        AddOn::DnsController | AddOn::ExternalDns => {
            dns_records(to, environment.hosted_zone_id.as_deref());
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

fn dns_records(to: &mut Permissions<'_>, zone: Option<&str>) {
    let Some(zone) = zone else { return };
    let has_names = Because::names().and(Because::hosted_zone());
    to.because(&[has_names], |to| dns::records(to, zone));
}

fn ebs_csi_driver(to: &mut Permissions<'_>, spec: &ClusterSpec) {
    ebs_csi::volumes(to);
    let snapshots = Because::field("spec.snapshotController.enabled")
        .if_so(spec.snapshot_controller.enabled == Some(true));
    to.because(&snapshots, ebs_csi::snapshots);
}

fn cloud_controller_manager(to: &mut Permissions<'_>, spec: &ClusterSpec) {
    ccm::nodes_and_load_balancers(to);
    let security_groups = Because::field("spec.cloudConfig.nlbSecurityGroupMode")
        .if_so(spec.cloud_config.nlb_security_group_mode.as_deref() == Some("Managed"));
    to.because(&security_groups, ccm::nlb_security_groups);
    let routes = Because::field("spec.networking.kubenet").if_so(spec.networking.kubenet.is_some());
    to.because(&routes, ccm::routes);
}

fn load_balancer_controller(to: &mut Permissions<'_>, spec: &ClusterSpec) {
    let balancers = &spec.aws_load_balancer_controller;
    let field = |name| Because::field(format!("spec.awsLoadBalancerController.{name}"));
    lbc::load_balancers(to);
    to.because(&field("enableWAF").if_so(balancers.enable_waf), lbc::waf);
    to.because(&field("enableWAFv2").if_so(balancers.enable_waf_v2), lbc::waf_v2);
    to.because(&field("enableShield").if_so(balancers.enable_shield), lbc::shield);
}

fn cluster_autoscaler(to: &mut Permissions<'_>, spec: &ClusterSpec) {
    autoscaler::groups(to);
    let asks = Because::by_default("spec.clusterAutoscaler.awsUseStaticInstanceList", "false")
        .if_so(spec.cluster_autoscaler.aws_use_static_instance_list != Some(true));
    to.because(&asks, autoscaler::instance_types);
}

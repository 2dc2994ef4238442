//! Add-ons that need others, or permissions of their own.

use super::Check;
use crate::manifest::spec::ClusterSpec;

pub(super) fn check(spec: &ClusterSpec, check: &mut Check<'_>) {
    needs_cert_manager(spec, check);
    needs_service_accounts(spec, check);
    termination_handler(spec, check);
    if spec.cloud_config.aws_ebs_csi_driver.enabled == Some(false) {
        check.wrong(
            "spec.cloudConfig.awsEBSCSIDriver.enabled",
            "Kubernetes has no volumes of EBS without the driver",
            "remove it; managed: false leaves its installation to you",
        );
    }
    if let Some(pool) = &spec.warm_pool {
        super::group::pool("spec.warmPool", pool, check);
    }
}

fn needs_cert_manager(spec: &ClusterSpec, check: &mut Check<'_>) {
    if spec.cert_manager.enabled == Some(true) {
        return;
    }
    for (path, what, enabled) in [
        (
            "spec.awsLoadBalancerController.enabled",
            "the AWS load balancer controller",
            spec.aws_load_balancer_controller.enabled == Some(true),
        ),
        (
            "spec.podIdentityWebhook.enabled",
            "the pod identity webhook",
            spec.pod_identity_webhook.enabled,
        ),
        (
            "spec.snapshotController.enabled",
            "the snapshot controller",
            spec.snapshot_controller.enabled == Some(true),
        ),
    ] {
        if enabled {
            check.wrong(
                path,
                format!("{what} needs cert-manager"),
                "set spec.certManager.enabled to true",
            );
        }
    }
}

fn needs_service_accounts(spec: &ClusterSpec, check: &mut Check<'_>) {
    if spec.iam.uses_service_accounts() {
        return;
    }
    let hint = "set spec.iam.useServiceAccountExternalPermissions to true";
    if spec.karpenter.enabled {
        check.wrong("spec.karpenter.enabled", "Karpenter needs a role of its own", hint);
    }
    if spec.cert_manager.enabled == Some(true) && !spec.cert_manager.hosted_zone_ids.is_empty() {
        let message = "cert-manager needs a role of its own to answer DNS challenges";
        check.wrong("spec.certManager.hostedZoneIDs", message, hint);
    }
}

fn termination_handler(spec: &ClusterSpec, check: &mut Check<'_>) {
    let path = "spec.nodeTerminationHandler";
    let handler = &spec.node_termination_handler;
    if !check.has(path) || handler.enabled == Some(false) {
        return;
    }
    if spec.karpenter.enabled {
        check.wrong(
            path,
            "Karpenter handles terminations itself",
            format!("remove it, or set {path}.enabled to false"),
        );
    }
    if handler.enable_sqs_termination_draining == Some(false) {
        return;
    }
    if handler.enable_spot_interruption_draining == Some(false) {
        check.wrong(
            &format!("{path}.enableSpotInterruptionDraining"),
            "with a queue, interruptions of spot instances are always handled",
            "remove it, or set enableSQSTerminationDraining to false",
        );
    }
    if handler.enable_rebalance_monitoring == Some(true)
        && handler.enable_rebalance_draining != Some(true)
    {
        check.wrong(
            &format!("{path}.enableRebalanceMonitoring"),
            "with a queue, a rebalance recommendation drains or does nothing",
            "set enableRebalanceDraining to true, or remove this",
        );
    }
}

//! The cluster as a whole.

use super::{Check, rolling_update};
use crate::manifest::{Cluster, spec::Role};

/// Fields of things that kOps no longer has, and what to do.
const GONE: [(&str, &str); 4] = [
    ("spec.gossipConfig", "gossip ended with kOps 1.37: remove it"),
    ("spec.dnsControllerGossipConfig", "gossip ended with kOps 1.37: remove it"),
    ("spec.nodeAuthorization", "nodes are authorised without it since Kubernetes 1.19: remove it"),
    (
        "spec.docker",
        "Kubernetes has no Docker runtime since 1.24: remove it; containerd has its own settings",
    ),
];

pub(super) fn check(cluster: &Cluster, check: &mut Check<'_>) {
    match cluster.spec.cloud_provider.as_deref() {
        Some("aws") => {}
        Some(other) => {
            let message = format!("clusters on {other:?} are not served");
            check.wrong("spec.cloudProvider", message, "this tool is for aws");
        }
        None if check.has("spec.cloudProvider") && !is_blank(cluster) => {}
        None => check.wrong(
            "spec.cloudProvider",
            "the cluster does not say where it runs",
            "write cloudProvider: aws",
        ),
    }
    for (path, hint) in GONE {
        let name = path.trim_start_matches("spec.");
        if cluster
            .raw
            .get("spec")
            .and_then(|spec| spec.get(name))
            .is_some_and(|value| !value.is_null())
        {
            check.wrong(path, "this no longer exists", hint);
        }
    }
    if let Some(settings) = &cluster.spec.rolling_update {
        rolling_update::check(settings, None, check);
    }
    if !cluster.groups.iter().any(|group| group.spec.role == Role::ControlPlane) {
        check.notice(
            "",
            format!("no instance group of {:?} in these files is a control plane", cluster.name()),
        );
    }
}

/// Whether `cloudProvider` is written and says nothing; what it says wrongly is a mistake already.
fn is_blank(cluster: &Cluster) -> bool {
    let value = cluster.raw.pointer("/spec/cloudProvider");
    value.is_none_or(|value| value.is_null() || value == "")
}

//! The tags of what belongs to a group: by them its nodes are known, to kOps and to the cluster
//! autoscaler.

use std::collections::BTreeMap;

use cloudup_tasks::cloud::iam::Tags;

use crate::{
    manifest::{InstanceGroup, spec::Role},
    model::Blueprint,
};

/// The tag of groups that the node termination handler looks after, unless the manifest names
/// another.
const HANDLED: &str = "aws-node-termination-handler/managed";

const NODE_TEMPLATE: &str = "k8s.io/cluster-autoscaler/node-template";

const API_SERVER: &str = "node-role.kubernetes.io/api-server";

const GPU_LABEL: (&str, &str) = ("kops.k8s.io/gpu", "1");
const GPU_TAINT: &str = "nvidia.com/gpu:NoSchedule";

/// What a group's things are tagged with, beside what everything of the cluster has. What comes
/// later counts more.
pub(super) fn of(blueprint: &Blueprint, group: &InstanceGroup) -> Tags {
    let (cluster, spec) = (&blueprint.cluster.spec, &group.spec);
    let mut tags = Tags::new();
    tags.extend(cluster.cloud_labels.clone());
    tags.extend(spec.cloud_labels.clone());
    if cluster.has_termination_queue() {
        let given = cluster.node_termination_handler.managed_asg_tag.as_deref();
        let key = given.unwrap_or(HANDLED);
        // The tag that says whose a group is says more.
        if key != blueprint.owner().tag_key() {
            tags.entry(key.to_owned()).or_default();
        }
    }
    for (label, value) in node_labels(blueprint, group) {
        tags.insert(format!("{NODE_TEMPLATE}/label/{label}"), value);
    }
    let gpu = has_gpu(blueprint, group).then_some(GPU_TAINT);
    for taint in spec.taints.iter().map(String::as_str).chain(gpu) {
        if let Some((taint, effect)) = taint.rsplit_once(':') {
            let (key, value) = taint.split_once('=').unwrap_or((taint, ""));
            tags.insert(format!("{NODE_TEMPLATE}/taint/{key}"), format!("{value}:{effect}"));
        }
    }
    let roles: &[&str] = match spec.role {
        Role::ControlPlane => &["master", "control-plane"],
        Role::ApiServer => &["apiserver"],
        Role::Node => &["node"],
        Role::Bastion => &["bastion"],
    };
    tags.extend(roles.iter().map(|role| (format!("k8s.io/role/{role}"), "1".to_owned())));
    tags.insert("kops.k8s.io/instancegroup".to_owned(), group.name().to_owned());
    tags
}

/// The labels that a group's nodes have.
fn node_labels(blueprint: &Blueprint, group: &InstanceGroup) -> BTreeMap<String, String> {
    let (cluster, spec) = (&blueprint.cluster.spec, &group.spec);
    let mut labels = match spec.role {
        Role::ControlPlane => cluster.master_kubelet.node_labels.clone(),
        _ => cluster.kubelet.node_labels.clone(),
    };
    labels.extend(spec.kubelet.node_labels.clone());
    let of_role: &[&str] = match spec.role {
        Role::ControlPlane => &[
            "node-role.kubernetes.io/control-plane",
            "kops.k8s.io/kops-controller-pki",
            "node.kubernetes.io/exclude-from-external-load-balancers",
        ],
        Role::ApiServer => &[API_SERVER],
        Role::Node => &["node-role.kubernetes.io/node"],
        Role::Bastion => &[],
    };
    labels.extend(of_role.iter().map(|label| ((*label).to_owned(), String::new())));
    // Where there are API servers by themselves, the control plane's are among them.
    let has_servers = || blueprint.cluster.groups.iter().any(|it| it.spec.role == Role::ApiServer);
    if spec.role == Role::ControlPlane && has_servers() {
        labels.insert(API_SERVER.to_owned(), String::new());
    }
    if has_gpu(blueprint, group) {
        labels.insert(GPU_LABEL.0.to_owned(), GPU_LABEL.1.to_owned());
    }
    labels.extend(spec.node_labels.clone());
    labels
}

/// Whether a group's instances have GPUs that its nodes are to use.
fn has_gpu(blueprint: &Blueprint, group: &InstanceGroup) -> bool {
    group.first_machine_type().is_some_and(|name| blueprint.environment.gpu_types.contains(name))
}

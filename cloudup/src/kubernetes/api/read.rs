//! The API's objects, as the port has them.

use std::time::Duration;

use k8s_openapi::api::core::v1 as core;

use super::super::{Node, Pod, Taint};

/// The annotation of pods that mirror static ones.
const MIRROR: &str = "kubernetes.io/config.mirror";

/// A node.
pub(super) fn node(node: core::Node) -> Node {
    let core::Node { metadata, spec, status } = node;
    let (spec, status) = (spec.unwrap_or_default(), status.unwrap_or_default());
    let ready = status.conditions.iter().flatten().find(|condition| condition.type_ == "Ready");
    let is_ready = ready.is_some_and(|condition| condition.status == "True");
    let unready_because = match ready {
        Some(_) if is_ready => None,
        Some(condition) => condition.message.clone().filter(|message| !message.is_empty()),
        None => Some("its kubelet has not reported yet".to_owned()),
    };
    let address = |kind: &str| {
        let addresses = status.addresses.iter().flatten();
        let found = addresses.into_iter().find(|address| address.type_ == kind);
        found.map(|address| address.address.clone())
    };
    let taint = |taint: core::Taint| Taint {
        key: taint.key,
        value: taint.value.unwrap_or_default(),
        effect: taint.effect,
    };
    let instance_id = spec.provider_id.as_deref().and_then(instance_id);
    Node {
        name: metadata.name.unwrap_or_default(),
        instance_id,
        is_ready,
        unready_because,
        is_unschedulable: spec.unschedulable.unwrap_or(false),
        labels: metadata.labels.unwrap_or_default(),
        annotations: metadata.annotations.unwrap_or_default(),
        internal_ip: address("InternalIP"),
        external_ip: address("ExternalIP"),
        taints: spec.taints.into_iter().flatten().map(taint).collect(),
    }
}

/// The last segment of `aws:///eu-west-1a/i-…`.
fn instance_id(provider_id: &str) -> Option<String> {
    let (_, id) = provider_id.rsplit_once('/')?;
    (!id.is_empty()).then(|| id.to_owned())
}

/// A pod.
pub(super) fn pod(pod: core::Pod) -> Pod {
    let core::Pod { metadata, spec, status } = pod;
    let (spec, status) = (spec.unwrap_or_default(), status.unwrap_or_default());
    let containers = status.container_statuses.unwrap_or_default();
    let unready = containers.into_iter().filter(|container| !container.ready);
    let mut owners = metadata.owner_references.into_iter().flatten();
    let seconds = metadata
        .deletion_grace_period_seconds
        .or(spec.termination_grace_period_seconds)
        .and_then(|seconds| u64::try_from(seconds).ok());
    Pod {
        namespace: metadata.namespace.unwrap_or_default(),
        name: metadata.name.unwrap_or_default(),
        uid: metadata.uid.unwrap_or_default(),
        node: spec.node_name.filter(|node| !node.is_empty()),
        phase: status.phase.unwrap_or_default(),
        unready_containers: unready.map(|container| container.name).collect(),
        priority_class: spec.priority_class_name.filter(|class| !class.is_empty()),
        controller: owners.find(|owner| owner.controller == Some(true)).map(|owner| owner.kind),
        is_mirror: metadata.annotations.is_some_and(|all| all.contains_key(MIRROR)),
        is_terminating: metadata.deletion_timestamp.is_some(),
        grace_period: seconds.map(Duration::from_secs),
        labels: metadata.labels.unwrap_or_default(),
    }
}

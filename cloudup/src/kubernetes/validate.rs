//! Whether a cluster is well: the checks of kOps' `validate cluster`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::{KubernetesError, KubernetesReader, Node, Pod};
use crate::manifest::spec::Role;

/// The pods that every node of the control plane runs, by their label `k8s-app`.
const STATIC_PODS: [&str; 3] = ["kube-apiserver", "kube-controller-manager", "kube-scheduler"];

const CLUSTER_CRITICAL: &str = "system-cluster-critical";
const NODE_CRITICAL: &str = "system-node-critical";

/// An instance group, as the cloud has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedGroup {
    /// The instance group's name.
    pub name: String,
    /// What its nodes are.
    pub role: Role,
    /// How many instances there are to be.
    pub size: Size,
    /// Its instances, those aside that are on their way out.
    pub members: Vec<Member>,
}

/// How many instances an instance group is to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// So many.
    Of(usize),
    /// As many as there are: nobody says beforehand, as with Karpenter.
    AsFound,
    /// The cloud has no such group.
    Missing,
}

/// An instance of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Member {
    /// Its id.
    pub id: String,
    /// Whether it is detached: it does not count, but its node does.
    pub is_detached: bool,
    /// Whether it is kept ready in a warm pool: it is no node yet, and does not count.
    pub is_warm: bool,
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Trouble {
    /// With what kind of thing.
    #[serde(rename = "type")]
    pub kind: TroubleKind,
    /// The thing: a group's, an instance's or a node's name, or a pod's with its namespace.
    pub name: String,
    /// What is wrong.
    pub message: String,
    /// The instance group that it concerns; none where it concerns the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_group: Option<String>,
    /// The machine that it concerns: the node's name or, where it has not joined, the instance's id.
    #[serde(skip)]
    pub machine: Option<String>,
}

/// Kinds of things that something may be wrong with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub enum TroubleKind {
    /// An instance group that has not the instances it is to have.
    InstanceGroup,
    /// An instance that has not joined.
    Machine,
    /// A node that is not ready, or lacks a pod of the control plane.
    Node,
    /// A pod of a critical priority class.
    Pod,
}

/// Reads nodes and pods, and [`check`]s them.
///
/// # Errors
///
/// Kubernetes cannot be read.
pub async fn validate(
    reader: &dyn KubernetesReader,
    groups: &[ExpectedGroup],
) -> Result<Vec<Trouble>, KubernetesError> {
    let (nodes, pods) = futures::try_join!(reader.nodes(), reader.pods(None))?;
    Ok(check(groups, &nodes, &pods))
}

/// All that is wrong: with groups as they come, their instances and nodes, then with pods by name.
pub fn check(groups: &[ExpectedGroup], nodes: &[Node], pods: &[Pod]) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    let mut joined = Vec::new();
    for group in groups {
        troubles.extend(too_few(group));
        for member in &group.members {
            let is_its_node = |node: &&Node| node.instance_id.as_ref() == Some(&member.id);
            match nodes.iter().find(is_its_node) {
                Some(node) => joined.push((group, node)),
                None if group.role == Role::Bastion || member.is_warm => {}
                None => troubles.push(Trouble {
                    kind: TroubleKind::Machine,
                    name: member.id.clone(),
                    message: format!("instance {} has not joined the cluster", member.id),
                    instance_group: Some(group.name.clone()),
                    machine: Some(member.id.clone()),
                }),
            }
        }
    }
    troubles.extend(joined.iter().filter_map(|(group, node)| unready(group, node)));
    troubles.extend(without_control_plane(&joined, pods));
    let groups: BTreeMap<_, _> =
        joined.iter().map(|(group, node)| (node.name.as_str(), *group)).collect();
    let mut pods: Vec<_> = pods.iter().collect();
    pods.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
    troubles.extend(pods.into_iter().filter_map(|pod| not_well(pod, &groups)));
    troubles
}

fn too_few(group: &ExpectedGroup) -> Option<Trouble> {
    let name = &group.name;
    let counts = |member: &&Member| !member.is_detached && !member.is_warm;
    let there = group.members.iter().filter(counts).count();
    let message = match group.size {
        Size::Of(wanted) if there < wanted => {
            format!("instance group {name} has {there} of {wanted} instances")
        }
        Size::Missing => format!("instance group {name} is missing in the cloud"),
        Size::Of(_) | Size::AsFound => return None,
    };
    let (name, instance_group) = (name.clone(), Some(name.clone()));
    Some(Trouble { kind: TroubleKind::InstanceGroup, name, message, instance_group, machine: None })
}

fn unready(group: &ExpectedGroup, node: &Node) -> Option<Trouble> {
    if node.is_ready {
        return None;
    }
    let why = node.unready_because.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    let message =
        format!("node {} of role {} is not ready{why}", node.name, group.role.node_label());
    Some(of_node(group, node, message))
}

/// The ready nodes of the control plane that lack one of its pods.
fn without_control_plane(joined: &[(&ExpectedGroup, &Node)], pods: &[Pod]) -> Vec<Trouble> {
    let runs = |node: &Node, app: &str| {
        pods.iter().any(|pod| {
            pod.namespace == "kube-system"
                && pod.node.as_ref() == Some(&node.name)
                && pod.labels.get("k8s-app").is_some_and(|of| of == app)
        })
    };
    let mut troubles = Vec::new();
    for (group, node) in joined {
        if group.role != Role::ControlPlane || !node.is_ready {
            continue;
        }
        for app in STATIC_PODS.into_iter().filter(|app| !runs(node, app)) {
            let message = format!("control-plane node {} has no pod of {app}", node.name);
            troubles.push(of_node(group, node, message));
        }
    }
    troubles
}

fn of_node(group: &ExpectedGroup, node: &Node, message: String) -> Trouble {
    Trouble {
        kind: TroubleKind::Node,
        name: node.name.clone(),
        message,
        instance_group: Some(group.name.clone()),
        machine: Some(node.name.clone()),
    }
}

/// What is wrong with a pod that is critical. One that is critical to its node concerns the node's
/// group alone.
fn not_well(pod: &Pod, groups: &BTreeMap<&str, &ExpectedGroup>) -> Option<Trouble> {
    let class = pod.priority_class.as_deref()?;
    if ![CLUSTER_CRITICAL, NODE_CRITICAL].contains(&class) || pod.phase == "Succeeded" {
        return None;
    }
    let what = match pod.phase.as_str() {
        "Pending" => "is pending".to_owned(),
        "Unknown" => "is in an unknown phase".to_owned(),
        _ if pod.unready_containers.is_empty() => return None,
        _ => format!("is not ready ({})", pod.unready_containers.join(", ")),
    };
    let name = format!("{}/{}", pod.namespace, pod.name);
    let node = pod.node.as_deref().filter(|_| class == NODE_CRITICAL);
    let group = node.and_then(|node| groups.get(node));
    Some(Trouble {
        kind: TroubleKind::Pod,
        message: format!("{class} pod {name} {what}"),
        name,
        instance_group: group.map(|group| group.name.clone()),
        machine: group.and(node).map(str::to_owned),
    })
}

/// The troubles that count, and those that do not because so many machines may be unready.
///
/// Machines that have not joined or are not ready are let pass where there are `most` of them at most,
/// each with all that is wrong on it; those of the control plane never are.
pub fn tolerate(
    troubles: Vec<Trouble>,
    groups: &[ExpectedGroup],
    most: usize,
) -> (Vec<Trouble>, Vec<Trouble>) {
    let may_be_unready = |trouble: &&Trouble| {
        let of = |group: &&ExpectedGroup| trouble.instance_group.as_ref() == Some(&group.name);
        let is_machine = matches!(trouble.kind, TroubleKind::Machine | TroubleKind::Node);
        is_machine && groups.iter().find(of).is_some_and(|group| group.role != Role::ControlPlane)
    };
    let mut unready: Vec<_> =
        troubles.iter().filter(may_be_unready).filter_map(|it| it.machine.clone()).collect();
    unready.sort();
    unready.dedup();
    if unready.len() > most {
        return (troubles, Vec::new());
    }
    let counts =
        |trouble: &Trouble| trouble.machine.as_ref().is_none_or(|it| !unready.contains(it));
    troubles.into_iter().partition(counts)
}

#[cfg(test)]
mod tests;

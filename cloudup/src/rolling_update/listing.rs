//! The instances of a cluster, for whoever wants to see them.

use std::collections::BTreeMap;

use cloudup_engine::Stop;
use cloudup_tasks::cloud::{
    CloudReader, all_pages,
    ec2::{Instance, Tagged},
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    CallError,
    calls::{Attempts, Doing as _},
    survey::{FoundGroup, Member, Nodes, Place, survey},
};
use crate::{
    kubernetes::{ExpectedGroup, KubernetesReader, Node, Size},
    manifest::{Cluster, spec::Role},
};

/// The instances of a cluster, and its nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    /// The instance groups, as validation expects them.
    pub groups: Vec<ExpectedGroup>,
    /// The instances: by group in the manifest's order, those of warm pools after the group's own,
    /// then those that are detached.
    pub instances: Vec<Listed>,
    /// The nodes; none where nobody was asked.
    pub nodes: Vec<Node>,
    /// Why the nodes are not known, where Kubernetes was asked and could not be reached.
    pub unreachable: Option<String>,
}

/// An instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    /// Its id.
    pub id: String,
    /// The name of its node, where it has joined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_name: Option<String>,
    /// How it stands to what new instances start from.
    pub status: InstanceStatus,
    /// What it is, as nodes are labelled: `control-plane`.
    pub roles: Vec<String>,
    /// Where in its life it is: `InService`, `Warmed:Stopped`; of one detached EC2's word.
    pub state: String,
    /// Its address in the cluster's network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub internal_ip: Option<String>,
    /// Its address in the internet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_ip: Option<String>,
    /// Its instance group.
    pub instance_group: String,
    /// Its type.
    pub machine_type: String,
    /// Why it is to be replaced.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// Whether its node is ready; unknown where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready: Option<bool>,
}

/// How an instance stands to what new instances start from, as kOps says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub enum InstanceStatus {
    /// They are the same.
    UpToDate,
    /// It is to be replaced.
    NeedsUpdate,
    /// It is detached from its group, and to be replaced.
    Detached,
}

impl InstanceStatus {
    /// As kOps writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::UpToDate => "UpToDate",
            Self::NeedsUpdate => "NeedsUpdate",
            Self::Detached => "Detached",
        }
    }
}

impl Listed {
    /// Whether it does what it is there for, as far as is known.
    pub fn serves(&self) -> bool {
        let is_there = match self.status {
            InstanceStatus::Detached => self.state == "running",
            InstanceStatus::UpToDate | InstanceStatus::NeedsUpdate => self.state == "InService",
        };
        is_there && self.ready != Some(false)
    }
}

impl Listing {
    /// An instance by its id or by its node's name.
    pub fn find(&self, name: &str) -> Option<&Listed> {
        let is_it = |it: &&Listed| it.id == name || it.node_name.as_deref() == Some(name);
        self.instances.iter().find(is_it)
    }

    /// Why the control plane cannot do without an instance: etcd needs more than half of its members.
    pub fn quorum_without(&self, instance: &Listed) -> Option<String> {
        let control = |name: &str| {
            let mut groups = self.groups.iter().filter(|group| group.role == Role::ControlPlane);
            groups.any(|group| group.name == name)
        };
        if !control(&instance.instance_group) || !instance.serves() {
            return None;
        }
        let size = |group: &ExpectedGroup| match group.size {
            Size::Of(size) => size,
            Size::AsFound | Size::Missing => 0,
        };
        let of_it = self.groups.iter().filter(|group| group.role == Role::ControlPlane);
        let members: usize = of_it.map(size).sum();
        let stay = self.instances.iter().filter(|it| control(&it.instance_group) && it.serves());
        let (left, needed) = (stay.count() - 1, members / 2 + 1);
        (left < needed).then(|| {
            format!(
                "without {} the control plane has {left} of {members} instances, and etcd needs \
                 {needed}",
                instance.id
            )
        })
    }
}

/// Lists the instances of a cluster's groups. Without `kubernetes`, nodes are not asked for.
///
/// # Errors
///
/// The cloud cannot be read; or Kubernetes, for another reason than that it cannot be reached.
pub async fn list(
    reader: &dyn CloudReader,
    kubernetes: Option<&dyn KubernetesReader>,
    cluster: &Cluster,
) -> Result<Listing, CallError> {
    let attempts = Attempts { stop: Stop::new() };
    let found = survey(reader, kubernetes, cluster, &attempts).await?;
    let (ec2, tagged) = (reader.ec2(), Tagged::of_cluster(cluster.name()));
    let instances = all_pages(async |marker: Option<String>| {
        let marker = marker.as_deref();
        attempts.cloud(async || ec2.describe_instances(&tagged, marker).await).await
    });
    let instances = instances.await.doing("list the instances")?;
    let instances: BTreeMap<_, _> = instances.iter().map(|it| (it.id.as_str(), it)).collect();
    let groups = cluster.groups.iter().filter_map(|group| found.groups.get(group.name()));
    let listed = groups.flat_map(|group| {
        let instances = &instances;
        let listed = |it: &Member| listed(group, it, instances.get(it.id.as_str()).copied());
        group.members.iter().map(listed).collect::<Vec<_>>()
    });
    let (instances, groups) = (listed.collect(), found.expected(cluster));
    let (nodes, unreachable) = match found.nodes {
        Nodes::NotAsked => (Vec::new(), None),
        Nodes::Found(nodes) => (nodes, None),
        Nodes::Unreachable(why) => (Vec::new(), Some(why)),
    };
    Ok(Listing { groups, instances, nodes, unreachable })
}

fn listed(group: &FoundGroup, member: &Member, instance: Option<&Instance>) -> Listed {
    let node = member.node.as_ref();
    let internal = instance.and_then(|it| it.private_ip_address.clone());
    let external = instance.and_then(|it| it.public_ip_address.clone());
    let status = match member.place {
        Place::Detached => InstanceStatus::Detached,
        Place::Group | Place::WarmPool if member.is_stale() => InstanceStatus::NeedsUpdate,
        Place::Group | Place::WarmPool => InstanceStatus::UpToDate,
    };
    Listed {
        id: member.id.clone(),
        node_name: node.map(|node| node.name.clone()),
        status,
        roles: vec![group.role.node_label().to_owned()],
        state: member.state.clone(),
        internal_ip: internal.or_else(|| node.and_then(|node| node.internal_ip.clone())),
        external_ip: external.or_else(|| node.and_then(|node| node.external_ip.clone())),
        instance_group: group.name.clone(),
        machine_type: instance.map(|it| it.instance_type.clone()).unwrap_or_default(),
        reasons: member.reasons.iter().map(ToString::to_string).collect(),
        ready: node.map(|node| node.is_ready),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(name: &str, role: Role) -> ExpectedGroup {
        ExpectedGroup { name: name.to_owned(), role, size: Size::Of(1), members: Vec::new() }
    }

    fn instance(group: &str, state: &str, ready: Option<bool>) -> Listed {
        Listed {
            id: format!("i-{group}"),
            node_name: Some(format!("node-{group}")),
            status: InstanceStatus::UpToDate,
            roles: Vec::new(),
            state: state.to_owned(),
            internal_ip: None,
            external_ip: None,
            instance_group: group.to_owned(),
            machine_type: String::new(),
            reasons: Vec::new(),
            ready,
        }
    }

    #[test]
    fn etcd_keeps_more_than_half_of_its_members() {
        let (ready, unready, unknown) = (Some(true), Some(false), None);
        for (control_plane, is_missed) in [
            (&[ready][..], true),
            (&[unready], false),
            (&[ready, ready], true),
            (&[unready, ready], false),
            (&[ready, ready, ready], false),
            (&[unknown, unknown, unknown], false),
            (&[ready, ready, unready], true),
            (&[unready, ready, ready], false),
            (&[ready, ready, ready, unready, unready], true),
        ] {
            let ids: Vec<_> = (0..control_plane.len()).map(|it| format!("cp-{it}")).collect();
            let mut groups: Vec<_> =
                ids.iter().map(|name| group(name, Role::ControlPlane)).collect();
            groups.push(group("nodes", Role::Node));
            let named = ids.iter().zip(control_plane);
            let mut instances: Vec<_> =
                named.map(|(name, ready)| instance(name, "InService", *ready)).collect();
            instances.push(instance("nodes", "InService", ready));
            let listing = Listing { groups, instances, nodes: Vec::new(), unreachable: None };
            let first = listing.find("node-cp-0").unwrap();
            let why = listing.quorum_without(first);
            assert_eq!(why.is_some(), is_missed, "{control_plane:?}: {why:?}");
            assert_eq!(listing.quorum_without(listing.find("i-nodes").unwrap()), None);
        }
    }
}

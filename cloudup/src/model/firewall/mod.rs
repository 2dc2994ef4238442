//! Security groups: who may reach the control plane, the workers and the bastions.
//!
//! What exists only for load balancers is not here.

mod plan;
mod ports;

use std::collections::BTreeMap;

use cloudup_engine::{Graph, Input, Ref, TaskId, lifecycle::ExistsAndWarnIfChanges};
use cloudup_tasks::{
    cloud::Aws,
    vpc::{SecurityGroup, SecurityGroupRule},
};

use self::plan::{Firewall, Group, Peer};
use super::{Blueprint, Run, governed, network::Network, watched};
use crate::phase::Phase;

/// What others need of the security groups.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// Those of the cluster's own, by name.
    pub(super) own: BTreeMap<String, Ref<SecurityGroup>>,
    /// The tasks of all groups and rules: once they are done, instances are reached as they should
    /// be.
    pub(super) all: Vec<TaskId>,
}

/// The groups first, then their rules, which name each other's groups.
pub(super) fn add(
    blueprint: &Blueprint,
    graph: &mut Graph<Aws>,
    run: Run,
    network: &Network,
) -> Groups {
    let mut made = Groups::default();
    let firewall = Firewall::of(&blueprint.cluster, &blueprint.environment);
    let ids: Vec<_> = firewall
        .groups
        .iter()
        .map(|group| add_group(blueprint, graph, run, network, &firewall, group, &mut made))
        .collect();
    let mut security = governed(graph, run, Phase::Security);
    for rule in &firewall.rules {
        let group = &firewall.groups[rule.group];
        let peer = match &rule.peer {
            Peer::Text(text) => text.clone().into(),
            Peer::Group(index) => ids[*index].clone(),
        };
        let name = firewall.name(rule);
        let task = SecurityGroupRule::new(name, blueprint.owner(), ids[rule.group].clone(), peer)
            .protocol(rule.protocol, rule.ports)
            .tagged(blueprint.cluster.spec.cloud_labels.clone());
        let task = if rule.egress { task.egress() } else { task };
        let task = if group.existing.is_some() { task.in_group_of_others() } else { task };
        made.all.push(security.add(task).id().clone());
    }
    made
}

/// A group. Its id.
fn add_group(
    blueprint: &Blueprint,
    graph: &mut Graph<Aws>,
    run: Run,
    network: &Network,
    firewall: &Firewall,
    group: &Group,
    made: &mut Groups,
) -> Input<String> {
    let (owner, vpc) = (blueprint.owner(), network.vpc.get(|vpc| vpc.id.clone()));
    // What is left over is the business of a run that may do something about it.
    let tidies = run.tidies(Phase::Security);
    let rules = |task: SecurityGroup| {
        let spared = plan::of_load_balancers(&blueprint.cluster);
        task.with_rules(firewall.rules_of(group)).sparing(spared)
    };
    let Some(id) = &group.existing else {
        let task = SecurityGroup::new(&group.name, owner, vpc, group.description)
            .tagged(blueprint.cluster.spec.cloud_labels.clone());
        let task = if tidies { rules(task) } else { task };
        let task = governed(graph, run, Phase::Security).add(task);
        made.all.push(task.id().clone());
        made.own.insert(group.name.clone(), task.clone());
        return task.get(|group| group.id.clone());
    };
    let task = SecurityGroup::existing(&group.name, owner, vpc, id);
    let task = if tidies { rules(task) } else { task };
    if blueprint.environment.missing_security_groups.contains(id) {
        // Nothing can be done about it here, and nothing is: a notice says so.
        watched(graph, run, Phase::Security, ExistsAndWarnIfChanges).add(task);
    } else {
        made.all.push(governed(graph, run, Phase::Security).add(task).id().clone());
    }
    id.clone().into()
}

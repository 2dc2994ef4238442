//! Roles of ours for instances that no group has any more, and their profiles.

use std::collections::BTreeSet;

use cloudup_engine::{Graph, lifecycle::WarnIfInsufficientAccess};
use cloudup_tasks::{
    cloud::Aws,
    iam::{IamInstanceProfile, IamRole},
};

use super::{Blueprint, Profiles, Run, WarnIfLeftOver, documents, watched};
use crate::{
    manifest::{InstanceGroup, spec::Role},
    names,
    phase::Phase,
};

/// The roles that we would have made for groups that are gone, or that bring their own profile by
/// now. In the second case instances may still run under the old role, so that it is only
/// mentioned until the run is told to prune.
///
/// Nothing is unwanted under a name that a group still asks for, nor a role that is in a profile
/// that one asks for.
pub(super) fn add(
    blueprint: &Blueprint,
    graph: &mut Graph<Aws>,
    run: Run,
    profiles: &mut Profiles,
) {
    let wanted: BTreeSet<_> = blueprint.instance_roles().into_iter().map(|it| it.name).collect();
    let asked_for: BTreeSet<_> =
        blueprint.cluster.groups.iter().filter_map(names::existing_profile).collect();
    for (name, has_groups) in candidates(blueprint) {
        if wanted.contains(&name) || asked_for.contains(name.as_str()) {
            continue;
        }
        let restricted_to_another = run.phase.is_some_and(|phase| phase != Phase::Security);
        let mut tasks = if restricted_to_another || (has_groups && !run.prune) {
            watched(graph, run, Phase::Security, WarnIfLeftOver)
        } else {
            // By their names alone they need not be ours, nor be there, nor be for us to read.
            watched(graph, run, Phase::Security, WarnIfInsufficientAccess)
        };
        let profile = tasks
            .unwanted(IamInstanceProfile::unwanted(&name, blueprint.owner()).unless_in(&asked_for));
        let policies = documents::add_leftovers(blueprint, &mut tasks, &name);
        let role = tasks
            .after(&profile)
            .unwanted(IamRole::unwanted(&name, blueprint.owner()).unless_in(&asked_for));
        for policy in policies {
            tasks.order(policy, role.id().clone());
        }
        profiles.unwanted.extend([profile.id().clone(), role.id().clone()]);
    }
}

/// The names of roles that we may have made, each with whether there are groups whose instances
/// may still run under it.
fn candidates(blueprint: &Blueprint) -> Vec<(String, bool)> {
    let cluster = &blueprint.cluster;
    let shared = Role::ALL.into_iter().map(|role| {
        (names::instance_role(role, cluster.name()), blueprint.policies.contains_key(&role))
    });
    let of_group =
        |group: &InstanceGroup| names::group_role(group.name(), group.spec.role, cluster.name());
    let of_groups: BTreeSet<_> = cluster.groups.iter().map(of_group).collect();
    let own = blueprint.environment.group_roles.iter();
    shared.chain(own.map(|name| (name.clone(), of_groups.contains(name)))).collect()
}

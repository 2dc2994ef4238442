//! Instance profiles that groups bring themselves: looked at and compared, never changed.

use std::collections::{BTreeMap, BTreeSet};

use cloudup_engine::{Graph, lifecycle::ExistsAndWarnIfChanges};
use cloudup_tasks::{
    cloud::Aws,
    iam::{ExistingInstanceProfile, ExistingRolePolicy, ExistingRolePolicyAttachment},
    policy::Document,
};

use super::{Blueprint, Profiles, Run, governed, watched};
use crate::{manifest::spec::Role, names, phase::Phase};

/// Who uses a profile.
#[derive(Default)]
struct Users<'a> {
    groups: Vec<&'a str>,
    roles: BTreeSet<Role>,
}

/// Each profile that a group brings, with what its role should be allowed.
///
/// One that is our own by name is not among them: it is made, and kept, as ours.
pub(super) fn add(
    blueprint: &Blueprint,
    graph: &mut Graph<Aws>,
    run: Run,
    profiles: &mut Profiles,
) {
    let mut users: BTreeMap<&str, Users<'_>> = BTreeMap::new();
    for group in &blueprint.cluster.groups {
        if let Some(profile) = names::existing_profile(group)
            && !profiles.ready.contains_key(profile)
        {
            let users = users.entry(profile).or_default();
            users.groups.push(group.name());
            users.roles.insert(group.spec.role);
        }
    }
    for (name, Users { groups, roles }) in users {
        let profile =
            governed(graph, run, Phase::Security).add(ExistingInstanceProfile::new(name, groups));
        profiles.ready.insert(name.to_owned(), vec![profile.id().clone()]);
        let mut compared = watched(graph, run, Phase::Security, ExistsAndWarnIfChanges);
        let mut compared = compared.after(&profile);
        if let Some(document) = needed(blueprint, &roles) {
            compared.add(ExistingRolePolicy::new(name, document));
        }
        let attached =
            roles.iter().filter_map(|role| blueprint.cluster.spec.external_policies.get(role));
        let attached: BTreeSet<_> = attached.flatten().collect();
        if !attached.is_empty() {
            compared.add(ExistingRolePolicyAttachment::new(name, attached));
        }
    }
}

/// What instances of these roles need, in one document.
fn needed(blueprint: &Blueprint, roles: &BTreeSet<Role>) -> Option<Document> {
    let documents = roles.iter().flat_map(|role| blueprint.policies[role].documents());
    let statements: Vec<_> =
        documents.flat_map(|document| document.statements.iter().cloned()).collect();
    (!statements.is_empty()).then(|| Document::new(statements))
}

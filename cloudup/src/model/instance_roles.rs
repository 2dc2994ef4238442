//! The roles that instances have: one for all groups of a role, and one for each group that is
//! given what others of its role are not.

use std::collections::{BTreeMap, BTreeSet};

use super::Blueprint;
use crate::{
    group_roles,
    manifest::{Cluster, InstanceGroup, spec::Role},
    names,
    policy::{InlinePolicies, PolicyError},
};

/// The role of one group's instances.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupRole {
    /// The group's name.
    pub group: String,
    /// What its instances are.
    pub role: Role,
    /// The role's name, and that of its profile.
    pub name: String,
    /// Its inline policies.
    pub policies: InlinePolicies,
}

/// A role that we make for instances.
pub(super) struct InstanceRole<'b> {
    pub(super) name: String,
    pub(super) role: Role,
    pub(super) policies: &'b InlinePolicies,
    /// The managed policies that are to be attached, if the manifest says.
    pub(super) attached: Option<BTreeSet<String>>,
}

/// The roles of groups that have one for themselves. `policies` are those of their roles.
pub(super) fn wanted(
    cluster: &Cluster,
    policies: &BTreeMap<Role, InlinePolicies>,
    errors: &mut Vec<PolicyError>,
) -> Vec<GroupRole> {
    let own = cluster.groups.iter().filter(|group| group_roles::has_own(group));
    let mut roles = Vec::new();
    for group in own {
        let role = group.spec.role;
        let Some(shared) = policies.get(&role) else { continue };
        match shared.with_group(group) {
            Ok(policies) => roles.push(GroupRole {
                group: group.name().to_owned(),
                role,
                name: names::group_role(group.name(), role, cluster.name()),
                policies,
            }),
            Err(error) => errors.push(error),
        }
    }
    roles
}

impl Blueprint {
    /// The roles of groups that have one for themselves.
    pub fn own_roles(&self) -> &[GroupRole] {
        &self.own_roles
    }

    /// Every role that we make for instances.
    pub(super) fn instance_roles(&self) -> Vec<InstanceRole<'_>> {
        let shared = self.managed_roles().into_iter().map(|role| InstanceRole {
            name: names::instance_role(role, self.cluster.name()),
            role,
            policies: &self.policies[&role],
            attached: self.attached_to(role, None),
        });
        let own = self.own_roles.iter().map(|own| InstanceRole {
            name: own.name.clone(),
            role: own.role,
            policies: &own.policies,
            attached: self.attached_to(own.role, self.group(&own.group)),
        });
        shared.chain(own).collect()
    }

    /// The managed policies that are to be attached to a role, or to that of one group; none where
    /// the manifest does not say.
    fn attached_to(&self, role: Role, group: Option<&InstanceGroup>) -> Option<BTreeSet<String>> {
        let shared = self.cluster.spec.external_policies.get(&role);
        let own: BTreeSet<_> =
            group.into_iter().flat_map(group_roles::external).map(str::to_owned).collect();
        if shared.is_none() && own.is_empty() {
            return None;
        }
        Some(shared.into_iter().flatten().cloned().chain(own).collect())
    }

    pub(crate) fn group(&self, name: &str) -> Option<&InstanceGroup> {
        self.cluster.groups.iter().find(|group| group.name() == name)
    }
}

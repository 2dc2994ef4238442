//! The role that we make for the instances of a group role, and the profile that hands it to them.

use cloudup_engine::Adder;
use cloudup_tasks::{
    cloud::Aws,
    iam::{IamInstanceProfile, IamInstanceProfileRole, IamRole},
};

use super::{
    Blueprint, Profiles,
    documents::{self, RoleOf},
};
use crate::{manifest::spec::Role, names, policy::instance_trust};

/// A role, what it may do, and its instance profile.
pub(super) fn add(
    blueprint: &Blueprint,
    security: &mut Adder<'_, Aws>,
    role: Role,
    profiles: &mut Profiles,
) {
    let spec = &blueprint.cluster.spec;
    // The profile has the role's name.
    let name = names::instance_role(role, blueprint.cluster.name());

    let iam_role = security.add(
        IamRole::new(&name, blueprint.owner(), instance_trust(&blueprint.environment.region))
            .bounded_by(spec.iam.permissions_boundary.clone())
            .tagged(spec.cloud_labels.clone())
            .within(blueprint.environment.quotas),
    );
    let attached = spec.external_policies.get(&role).map(|arns| arns.iter().cloned().collect());
    let of_role = RoleOf { name: &name, made_by: &iam_role, attached, has_additional: true };
    let mut ready = documents::add(blueprint, security, of_role);
    let profile = security
        .add(IamInstanceProfile::new(&name, blueprint.owner()).tagged(spec.cloud_labels.clone()));
    let member = security.after(&iam_role).after(&profile).add(
        IamInstanceProfileRole::new(&name, &name, blueprint.owner()).made_by(&profile, &iam_role),
    );

    ready.push(member.id().clone());
    profiles.made.insert(name.clone(), profile);
    profiles.ready.insert(name, ready);
}

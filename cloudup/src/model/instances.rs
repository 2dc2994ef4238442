//! A role that we make for instances, and the profile that hands it to them.

use cloudup_engine::Adder;
use cloudup_tasks::{
    cloud::Aws,
    iam::{IamInstanceProfile, IamInstanceProfileRole, IamRole},
};

use super::{
    Blueprint, Profiles,
    documents::{self, RoleOf},
    instance_roles::InstanceRole,
};
use crate::{boundaries, explain::Subject, policy::instance_trust};

/// A role, what it may do, and its instance profile.
pub(super) fn add(
    blueprint: &Blueprint,
    security: &mut Adder<'_, Aws>,
    role: InstanceRole<'_>,
    profiles: &mut Profiles,
) {
    let spec = &blueprint.cluster.spec;
    // The profile has the role's name.
    let InstanceRole { name, role, attached, policies: _ } = role;

    let iam_role = security.add(
        IamRole::new(&name, blueprint.owner(), instance_trust(&blueprint.environment.region))
            .bounded_by(boundaries::arn_of(&blueprint.cluster, &Subject::Instances(role)))
            .tagged(spec.cloud_labels.clone())
            .within(blueprint.environment.quotas),
    );
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

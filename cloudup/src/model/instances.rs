//! The role that we make for the instances of a group role, and the profile that hands it to them.

use cloudup_engine::Adder;
use cloudup_tasks::{
    cloud::Aws,
    iam::{
        IamInstanceProfile, IamInstanceProfileRole, IamRole, IamRolePolicy, IamRolePolicyAttachment,
    },
};

use super::{Blueprint, Profiles};
use crate::{manifest::spec::Role, names, policy::instance_trust};

/// A role, what it may do, and its instance profile.
pub(super) fn add(
    blueprint: &Blueprint,
    security: &mut Adder<'_, Aws>,
    role: Role,
    profiles: &mut Profiles,
) {
    let spec = &blueprint.cluster.spec;
    let quotas = blueprint.environment.quotas;
    let policies = &blueprint.policies[&role];
    // The profile and the role's own policy have the role's name.
    let name = names::instance_role(role, blueprint.cluster.name());
    let additional = names::additional_policy(&name);

    let iam_role = security.add(
        IamRole::new(&name, blueprint.owner(), instance_trust(&blueprint.environment.region))
            .bounded_by(spec.iam.permissions_boundary.clone())
            .tagged(spec.cloud_labels.clone())
            .within(quotas),
    );
    let mut of_role = security.after(&iam_role);
    let own = of_role.add(
        IamRolePolicy::new(&name, &name, blueprint.owner(), policies.own.clone())
            .made_by(&iam_role)
            .beside(policies.additional.clone().map(|document| (additional.clone(), document)))
            .within(quotas),
    );
    let added = of_role.add(
        IamRolePolicy::new(&additional, &name, blueprint.owner(), policies.additional.clone())
            .made_by(&iam_role)
            .beside(policies.own.clone().map(|document| (name.clone(), document)))
            .within(quotas),
    );
    let attached = spec.external_policies.get(&role).map(|arns| {
        of_role.add(
            IamRolePolicyAttachment::new(&name, blueprint.owner(), arns)
                .made_by(&iam_role)
                .within(quotas),
        )
    });
    let profile = security
        .add(IamInstanceProfile::new(&name, blueprint.owner()).tagged(spec.cloud_labels.clone()));
    let member = security.after(&iam_role).after(&profile).add(
        IamInstanceProfileRole::new(&name, &name, blueprint.owner()).made_by(&profile, &iam_role),
    );

    let mut ready = vec![own.id().clone(), added.id().clone(), member.id().clone()];
    ready.extend(attached.map(|attached| attached.id().clone()));
    profiles.made.insert(name.clone(), profile);
    profiles.ready.insert(name, ready);
}

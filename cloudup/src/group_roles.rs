//! Roles that one instance group has for itself.

use crate::{
    because::{Because, Field},
    manifest::InstanceGroup,
    names,
};

/// The annotation of an instance group that attaches managed policies to a role of its own, beside
/// those of `spec.externalPolicies` of its role: ARNs, with white space between them.
pub const EXTERNAL: &str = "cloudup/external-policies";

/// The annotation of an instance group that gives a role of its own more to do, beside what
/// `spec.additionalPolicies` gives its role: a JSON list of statements.
pub const ADDITIONAL: &str = "cloudup/additional-policies";

/// Whether a group has a role, and an instance profile, that no other group has: it is given what
/// others of its role are not, and brings no profile.
pub fn has_own(group: &InstanceGroup) -> bool {
    names::existing_profile(group).is_none() && annotations(group).next().is_some()
}

/// The annotations that give a group a role of its own.
pub(crate) fn annotations(group: &InstanceGroup) -> impl Iterator<Item = &'static str> {
    let given = |key: &&str| group.metadata.annotations.contains_key(*key);
    [EXTERNAL, ADDITIONAL].into_iter().filter(given)
}

/// The ARNs of the managed policies that a group is given for itself.
pub(crate) fn external(group: &InstanceGroup) -> impl Iterator<Item = &str> {
    let text = group.metadata.annotations.get(EXTERNAL);
    text.into_iter().flat_map(|text| text.split_whitespace())
}

/// The path of an annotation.
pub(crate) fn path(annotation: &str) -> String {
    format!("metadata.annotations[{annotation}]")
}

/// Because the group is to have a role of its own.
pub(crate) fn because(group: &InstanceGroup) -> Because {
    let role = Because::of_group(group, "spec.role");
    annotations(group)
        .fold(role, |because, annotation| because.and(Because::of_group(group, path(annotation))))
}

/// The field that gives the group policies.
pub(crate) fn field(group: &InstanceGroup, annotation: &str) -> Field {
    Field::of_group(group, path(annotation))
}

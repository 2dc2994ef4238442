//! Instance profiles that exist already.

use std::collections::BTreeMap;

use cloudup_tasks::arn::IamKind;

use super::{Check, arns};
use crate::{
    manifest::{InstanceGroup, Manifest, Mistake, Notice},
    names::profile_name,
};

pub(super) fn check(manifest: &Manifest, mistakes: &mut Vec<Mistake>, notices: &mut Vec<Notice>) {
    let path = "spec.iam.profile";
    let mut first: BTreeMap<&str, (&str, &InstanceGroup)> = BTreeMap::new();
    for group in super::all_groups(manifest) {
        let Some(arn) = group.spec.iam.profile.as_deref() else { continue };
        let check = &mut Check { source: &group.source, mistakes, notices };
        arns::check_name(path, arn, IamKind::InstanceProfile, check);
        // A profile is told by its name; see what the group that named it first said.
        let Some(name) = profile_name(arn) else { continue };
        let (first_arn, first_group) = *first.entry(name).or_insert((arn, group));
        let at = first_group.name();
        if first_arn != arn {
            let message = format!(
                "instance group {at:?} has another profile of the name {name:?}: {first_arn}"
            );
            check.wrong(
                path,
                message,
                "an account has one profile of a name: use the same ARN in both",
            );
        } else if first_group.spec.role != group.spec.role {
            let message = format!(
                "instance group {at:?}, of role {}, has the same profile",
                first_group.spec.role.manifest_name()
            );
            check.wrong(
                path,
                message,
                format!(
                    "give groups of role {} a profile of their own",
                    group.spec.role.manifest_name()
                ),
            );
        }
    }
}

//! Annotations of ours.

use std::collections::BTreeMap;

use super::Check;
use crate::{
    boundaries, group_roles,
    manifest::{
        Cluster, InstanceGroup,
        suggest::{did_you_mean, one_of},
    },
    overflow::{self, Overflow},
    overrides,
};

/// Those of a Cluster.
pub(in crate::manifest) const OF_CLUSTER: [&str; 3] =
    [overflow::ANNOTATION, overrides::ANNOTATION, boundaries::ANNOTATION];
/// Those of an instance group.
pub(in crate::manifest) const OF_GROUP: [&str; 3] =
    [overrides::ANNOTATION, group_roles::EXTERNAL, group_roles::ADDITIONAL];

pub(super) fn of_cluster(cluster: &Cluster, check: &mut Check<'_>) {
    let annotations = &cluster.metadata.annotations;
    known(annotations, &OF_CLUSTER, check);
    let values = Overflow::ALL.map(Overflow::name);
    if let Some(value) = annotations.get(overflow::ANNOTATION)
        && !values.contains(&value.as_str())
    {
        let hint =
            did_you_mean(value, values).unwrap_or_else(|| format!("write {}", one_of(values)));
        let message = format!("{value:?} does not say what becomes of what has no room");
        check.wrong(&path(overflow::ANNOTATION), message, hint);
    }
}

pub(super) fn of_group(group: &InstanceGroup, check: &mut Check<'_>) {
    known(&group.metadata.annotations, &OF_GROUP, check);
}

/// Annotations of ours that say nothing.
fn known(annotations: &BTreeMap<String, String>, ours: &[&str], check: &mut Check<'_>) {
    let ours = || ours.iter().copied();
    for key in annotations.keys().filter(|key| key.starts_with("cloudup/")) {
        if !ours().any(|known| known == key) {
            let hint =
                did_you_mean(key, ours()).unwrap_or_else(|| format!("there is {}", one_of(ours())));
            check.wrong(&path(key), format!("there is no annotation {key:?}"), hint);
        }
    }
}

fn path(key: &str) -> String {
    format!("metadata.annotations[{key}]")
}

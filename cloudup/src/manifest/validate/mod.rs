//! What is wrong with manifests beyond their form, all of it at once.
//!
//! The rules are kOps' own where they bear on identities, and those that kOps lacks and AWS, or the
//! run itself, would make known much later.

mod addons;
pub(super) mod annotations;
mod arns;
mod boundaries;
mod cluster;
mod discovery;
mod group;
mod group_roles;
mod iam;
mod labels;
mod names;
mod network;
mod policies;
mod profiles;
mod rolling_update;

use super::{Cluster, Manifest, Mistake, Notice, Source};

/// Checks everything that can be checked without asking anybody.
pub(super) fn manifest(
    manifest: &Manifest,
    mistakes: &mut Vec<Mistake>,
    notices: &mut Vec<Notice>,
) {
    names::unique(manifest, mistakes, notices);
    for cluster in &manifest.clusters {
        let check = &mut Check { source: &cluster.source, mistakes, notices };
        names::cluster(cluster, check);
        cluster::check(cluster, check);
        network::check(&cluster.spec, check);
        iam::check(cluster, check);
        annotations::of_cluster(cluster, check);
        boundaries::check(cluster, check);
        policies::check(cluster, check);
        discovery::check(&cluster.spec.service_account_issuer_discovery, check);
        addons::check(&cluster.spec, check);
        labels::check(&cluster.spec.cloud_labels, None, check);
        // Groups name subnets: where those cannot be read, it is not the groups that are wrong.
        let none = cluster.spec.subnets.is_empty();
        let subnets_are_known = !check.is_wrong(if none { "spec" } else { "spec.subnets" });
        for group in &cluster.groups {
            let check = &mut check.of(&group.source);
            if subnets_are_known {
                group::check_subnets(group, &cluster.spec, check);
            }
            group::check_within(group, &cluster.spec, check);
            group_roles::check(group, policies::partition(cluster), check);
        }
    }
    for group in all_groups(manifest) {
        let check = &mut Check { source: &group.source, mistakes, notices };
        names::group(group, check);
        group::check(group, check);
        annotations::of_group(group, check);
        labels::check(&group.spec.cloud_labels, Some(group.name()), check);
    }
    for group in &manifest.groups {
        let check = &mut Check { source: &group.source, mistakes, notices };
        group_roles::check(group, None, check);
    }
    profiles::check(manifest, mistakes, notices);
}

fn all_groups(manifest: &Manifest) -> impl Iterator<Item = &super::InstanceGroup> {
    let of_clusters = manifest.clusters.iter().flat_map(|cluster: &Cluster| &cluster.groups);
    of_clusters.chain(&manifest.groups)
}

/// One document that is checked.
struct Check<'a> {
    source: &'a Source,
    mistakes: &'a mut Vec<Mistake>,
    notices: &'a mut Vec<Notice>,
}

impl Check<'_> {
    /// The same for another document.
    fn of<'b>(&'b mut self, source: &'b Source) -> Check<'b> {
        Check { source, mistakes: self.mistakes, notices: self.notices }
    }

    /// Notes that a field is wrong.
    fn wrong(&mut self, path: &str, message: impl Into<String>, hint: impl Into<String>) {
        let place = self.source.place(path);
        self.mistakes.push(Mistake { place, message: message.into(), hint: Some(hint.into()) });
    }

    fn notice(&mut self, path: &str, message: impl Into<String>) {
        self.notices.push(Notice { place: Some(self.source.place(path)), message: message.into() });
    }

    /// Whether a mistake has been found at a field, or in it.
    fn is_wrong(&self, path: &str) -> bool {
        self.mistakes.iter().any(|mistake| {
            let inside = mistake.place.path.strip_prefix(path);
            mistake.place.file == self.source.file
                && mistake.place.document == self.source.document
                && inside.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
    }

    /// Whether the document has the field, whatever its value.
    fn has(&self, path: &str) -> bool {
        self.source.position(path).is_some()
    }
}

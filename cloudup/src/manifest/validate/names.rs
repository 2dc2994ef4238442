//! Names of clusters and instance groups.

use std::collections::BTreeMap;

use super::Check;
use crate::manifest::{Cluster, InstanceGroup, Manifest, Mistake, Notice, Source, spec::DnsType};

/// kOps' mark on clusters that it took over from an older tool, whose names need no domain.
const IMPORTED: (&str, &str) = ("kops.kubernetes.io/management", "imported");

/// The most characters of a cluster's name: the tag `kubernetes.io/cluster/NAME` has 128 at most.
const LONGEST_CLUSTER: usize = 128 - "kubernetes.io/cluster/".len();

pub(super) fn cluster(cluster: &Cluster, check: &mut Check<'_>) {
    let path = "metadata.name";
    let name = cluster.name();
    if name.is_empty() {
        return;
    }
    if let Some(problem) = not_a_dns_name(name) {
        check.wrong(
            path,
            format!("{name:?} is not a DNS name: {problem}"),
            "a cluster is named like demo.example.com",
        );
        return;
    }
    if name.len() > LONGEST_CLUSTER {
        let message = format!(
            "the name has {} characters, and does not fit in the tag kubernetes.io/cluster/NAME",
            name.len()
        );
        check.wrong(path, message, format!("use {LONGEST_CLUSTER} at most"));
    }
    let imported =
        cluster.metadata.annotations.get(IMPORTED.0).is_some_and(|value| value == IMPORTED.1);
    if !name.contains('.') && cluster.spec.topology.dns.kind != DnsType::None && !imported {
        check.wrong(
            path,
            format!("{name:?} has no domain"),
            "name it like demo.example.com, or set spec.topology.dns.type to None",
        );
    }
    if name.ends_with(".k8s.local") && cluster.spec.topology.dns.kind != DnsType::None {
        check.wrong(
            path,
            "names below k8s.local were for gossip, which kOps no longer has",
            "set spec.topology.dns.type to None",
        );
    }
}

pub(super) fn group(group: &InstanceGroup, check: &mut Check<'_>) {
    let name = group.name();
    if let Some(problem) = not_a_dns_name(name).filter(|_| !name.is_empty()) {
        let message = format!("{name:?} cannot name an instance group: {problem}");
        check.wrong("metadata.name", message, "use lower-case letters, digits and hyphens");
    }
}

/// Clusters, and the groups of each, have names of their own.
pub(super) fn unique(manifest: &Manifest, mistakes: &mut Vec<Mistake>, notices: &mut Vec<Notice>) {
    let mut tell = |what: &str, name: &str, source: &Source, first: &Source| {
        let place = first.place("metadata.name");
        let check = &mut Check { source, mistakes, notices };
        let message = format!(
            "there is {what} {name:?} already, in document {} of {}",
            place.document, place.file
        );
        check.wrong("metadata.name", message, "rename one, or remove it");
    };
    let mut clusters: BTreeMap<&str, &Source> = BTreeMap::new();
    let mut groups: BTreeMap<(&str, &str), &Source> = BTreeMap::new();
    for cluster in &manifest.clusters {
        match clusters.get(cluster.name()) {
            Some(first) if !cluster.name().is_empty() => {
                tell("a cluster", cluster.name(), &cluster.source, first);
            }
            _ => {
                clusters.insert(cluster.name(), &cluster.source);
            }
        }
    }
    for group in super::all_groups(manifest) {
        let key = (group.cluster_name().unwrap_or_default(), group.name());
        match groups.get(&key) {
            Some(first) if !group.name().is_empty() => {
                tell("an instance group", group.name(), &group.source, first);
            }
            _ => {
                groups.insert(key, &group.source);
            }
        }
    }
}

/// Why a text is not a DNS name in lower case (RFC 1123), if it is not.
fn not_a_dns_name(name: &str) -> Option<String> {
    if name.len() > 253 {
        return Some("it has more than 253 characters".to_owned());
    }
    for label in name.split('.') {
        if label.is_empty() {
            return Some("there is nothing before, after or between dots".to_owned());
        }
        if label.len() > 63 {
            return Some(format!("{label:?} has more than 63 characters"));
        }
        if let Some(wrong) = label.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-')) {
            return Some(format!("{wrong:?} is not a lower-case letter, digit or hyphen"));
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Some(format!("{label:?} starts or ends with a hyphen"));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dns_names_are_lower_case_labels_with_dots_between() {
        for good in ["a.example.com", "123.example.com", "x-1.y", "nodes"] {
            assert_eq!(not_a_dns_name(good), None, "{good}");
        }
        for bad in ["A.com", "a..b", ".a", "a.", "-a.b", "a-.b", "a_b.c", "", &"x".repeat(64)] {
            assert!(not_a_dns_name(bad).is_some(), "{bad}");
        }
    }
}

//! `spec.cloudLabels`: tags of AWS.

use std::collections::BTreeMap;

use super::Check;

/// Tags that say whose a thing is, and what it is for.
const RESERVED: [&str; 2] = ["Name", "KubernetesCluster"];
const RESERVED_PREFIXES: [&str; 3] = ["kubernetes.io/cluster/", "k8s.io/role/", "kops.k8s.io/"];
/// The one reserved tag that a group may give, with its own name.
const GROUP_LABEL: &str = "kops.k8s.io/instancegroup";

/// `group` is the name of the group whose labels they are, if they are not the cluster's. Only the
/// cluster's are tags of IAM, which is stricter than EC2.
pub(super) fn check(labels: &BTreeMap<String, String>, group: Option<&str>, check: &mut Check<'_>) {
    for (key, value) in labels {
        let path = format!("spec.cloudLabels[{key}]");
        if let (GROUP_LABEL, Some(name)) = (key.as_str(), group) {
            if value != name {
                let message = format!("{key:?} has to be the group's name, and is {value:?}");
                check.wrong(&path, message, format!("write {name:?}, or remove it"));
            }
            continue;
        }
        let prefix = RESERVED_PREFIXES.into_iter().find(|prefix| key.starts_with(prefix));
        if RESERVED.contains(&key.as_str()) {
            check.wrong(
                &path,
                format!("{key:?} is a tag that clusters are told apart by"),
                "use another name",
            );
        } else if let Some(prefix) = prefix {
            let message =
                format!("{key:?} starts with {prefix:?}, which is kept for kOps and Kubernetes");
            check.wrong(&path, message, "use another name");
        } else if key.to_ascii_lowercase().starts_with("aws:") {
            check.wrong(
                &path,
                format!("{key:?} starts with \"aws:\", which is kept for AWS"),
                "use another name",
            );
        } else if key.is_empty() || key.chars().count() > 128 {
            check.wrong(&path, "a tag's name has 1 to 128 characters", "use a shorter name");
        }
        if value.chars().count() > 256 {
            check.wrong(&path, "a tag's value has 256 characters at most", "shorten it");
        }
    }
    if group.is_none() {
        of_iam(labels, check);
    }
}

/// IAM takes fewer characters than EC2, and does not tell names apart by case.
fn of_iam(labels: &BTreeMap<String, String>, check: &mut Check<'_>) {
    let mut names: BTreeMap<String, &str> =
        RESERVED.into_iter().map(|name| (name.to_lowercase(), name)).collect();
    for (key, value) in labels {
        let path = format!("spec.cloudLabels[{key}]");
        if let Some(wrong) =
            [key, value].into_iter().flat_map(|text| text.chars()).find(|c| !fits(*c))
        {
            check.wrong(
                &path,
                format!("tags of IAM cannot hold {wrong:?}"),
                "use letters, digits, spaces and _ . : / = + - @",
            );
        }
        match names.insert(key.to_lowercase(), key) {
            Some(other) if other != key => {
                let message =
                    format!("{key:?} and the tag {other:?} differ only in case, which IAM ignores");
                check.wrong(&path, message, "use another name");
            }
            _ => {}
        }
    }
}

/// Whether IAM takes a character in a tag.
fn fits(c: char) -> bool {
    c.is_alphanumeric() || (c.is_whitespace() && !c.is_control()) || "_.:/=+-@".contains(c)
}

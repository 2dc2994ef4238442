//! The tags that say whose a thing is.

use std::collections::BTreeMap;

/// The tag that names a thing's cluster, which the policies' conditions ask for.
pub const CLUSTER_TAG: &str = "KubernetesCluster";

/// The key of the tag that says whether `cluster` owns a thing: `kubernetes.io/cluster/…`, with
/// the values [`OWNED`] and `shared`.
pub fn ownership_key(cluster: &str) -> String {
    format!("kubernetes.io/cluster/{cluster}")
}

/// The value of the ownership tag on what the cluster made for itself.
pub const OWNED: &str = "owned";

/// Whether these are the tags of a thing that `cluster` owns.
pub fn is_owned(tags: &BTreeMap<String, String>, cluster: &str) -> bool {
    tags.get(&ownership_key(cluster)).is_some_and(|value| value == OWNED)
}

/// The tags of a thing called `name` that `cluster` owns: its name, its cluster and that it is
/// owned, and the cluster's `spec.cloudLabels`. A label wins over a tag of the same key, as in
/// kOps, but for the ownership tag: without it we would not know our own things again.
pub fn owned(
    cluster: &str,
    name: &str,
    cloud_labels: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let mut tags = BTreeMap::from([
        ("Name".to_owned(), name.to_owned()),
        (CLUSTER_TAG.to_owned(), cluster.to_owned()),
    ]);
    tags.extend(cloud_labels.clone());
    tags.insert(ownership_key(cluster), OWNED.to_owned());
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cloud_labels_win_but_never_over_ownership() {
        let labels = BTreeMap::from([
            ("Name".to_owned(), "mine".to_owned()),
            ("kubernetes.io/cluster/a.example.com".to_owned(), "shared".to_owned()),
            ("Owner".to_owned(), "John Doe".to_owned()),
        ]);
        let tags = owned("a.example.com", "nodes.a.example.com", &labels);
        let expected = [
            ("KubernetesCluster", "a.example.com"),
            ("Name", "mine"),
            ("Owner", "John Doe"),
            ("kubernetes.io/cluster/a.example.com", "owned"),
        ];
        let tags: Vec<_> = tags.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(tags, expected);
    }

    #[test]
    fn only_the_value_owned_makes_a_thing_ours() {
        for (value, ours) in [("owned", true), ("shared", false), ("", false)] {
            let tags = BTreeMap::from([(ownership_key("a"), value.to_owned())]);
            assert_eq!(is_owned(&tags, "a"), ours, "{value:?}");
            assert!(!is_owned(&tags, "b"), "another cluster's tag");
        }
    }
}

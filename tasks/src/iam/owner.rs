//! Whose an object is, and which of its tags are ours.

use cloudup_engine::TaskError;

use crate::cloud::iam::Tags;
use crate::trouble::{conflict, invalid};

/// The cluster that owns what a task makes.
///
/// An object is owned by the cluster whose tag `kubernetes.io/cluster/<cluster>` says `owned`, as
/// kOps tags it. Only tags that are asked for, and those that every object of ours carries, are
/// ours to change: whatever else is tagged on the object stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    cluster: String,
}

/// Whose an object is, by its tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ownership {
    /// Ours.
    Ours,
    /// Nobody's that tags say.
    Nobody,
    /// Another cluster's.
    Other(String),
    /// Only used by our cluster, and kept by somebody else.
    Shared,
}

const PREFIX: &str = "kubernetes.io/cluster/";

impl Owner {
    /// The cluster with this name.
    pub fn new(cluster: impl Into<String>) -> Self {
        Self { cluster: cluster.into() }
    }

    /// The cluster's name.
    pub(crate) fn cluster(&self) -> &str {
        &self.cluster
    }

    /// The key of the tag that says who owns an object.
    pub fn tag_key(&self) -> String {
        format!("{PREFIX}{}", self.cluster)
    }

    /// The tags that an object of ours carries, whatever else is asked for.
    ///
    /// ```
    /// use cloudup_tasks::iam::Owner;
    ///
    /// let tags = Owner::new("example.com").tags("nodes.example.com");
    /// assert_eq!(tags["kubernetes.io/cluster/example.com"], "owned");
    /// assert_eq!(tags["KubernetesCluster"], "example.com");
    /// assert_eq!(tags["Name"], "nodes.example.com");
    /// ```
    pub fn tags(&self, name: &str) -> Tags {
        Tags::from([
            ("Name".to_owned(), name.to_owned()),
            ("KubernetesCluster".to_owned(), self.cluster.clone()),
            (self.tag_key(), "owned".to_owned()),
        ])
    }

    /// Whose an object with these tags is.
    pub(crate) fn of(&self, tags: &Tags) -> Ownership {
        let mut claims = tags.iter().filter_map(|(key, value)| {
            key.strip_prefix(PREFIX).map(|cluster| (cluster, value.as_str()))
        });
        match tags.get(&self.tag_key()).map(String::as_str) {
            Some("owned") => Ownership::Ours,
            Some("shared") => Ownership::Shared,
            _ => match claims.find(|(_, value)| *value == "owned") {
                Some((cluster, _)) => Ownership::Other(cluster.to_owned()),
                None => Ownership::Nobody,
            },
        }
    }

    /// Another cluster that uses an object with these tags, whosever it is.
    pub(crate) fn other<'t>(&self, tags: &'t Tags) -> Option<&'t str> {
        let mut clusters = tags.keys().filter_map(|key| key.strip_prefix(PREFIX));
        clusters.find(|cluster| *cluster != self.cluster)
    }

    /// Refuses to change what somebody else owns. `what` is the object: `role nodes`.
    pub(crate) fn check(&self, ownership: &Ownership, what: &str) -> Result<(), TaskError> {
        match ownership {
            Ownership::Ours | Ownership::Nobody => Ok(()),
            Ownership::Other(cluster) => Err(conflict(format!(
                "change {what}: it belongs to cluster {cluster}"
            ))
            .hint(format!(
                "give one of the clusters another name, or remove the tag {PREFIX}{cluster} \
                     if that cluster is gone"
            ))),
            Ownership::Shared => Err(conflict(format!(
                "change {what}: its tag {} says that it is shared, not owned",
                self.tag_key()
            ))
            .hint("set the tag to `owned` to hand it over, or name it as an existing profile")),
        }
    }

    /// The part of `found` that is to be compared with `wanted`: the tags that are asked for, those
    /// that every object of ours carries, and those with a key in a domain of kOps.
    ///
    /// IAM does not tell keys apart by case: a tag that differs only in that is the same tag.
    pub(crate) fn comparable(&self, found: &Tags, wanted: &Tags) -> Tags {
        let ours = self.tags("");
        let known = |key: &str| {
            let is_this = |other: &&String| other.eq_ignore_ascii_case(key);
            let known = wanted.keys().chain(ours.keys()).find(is_this).cloned();
            known.or_else(|| is_of_kops(key).then(|| key.to_owned()))
        };
        found.iter().filter_map(|(key, value)| Some((known(key)?, value.clone()))).collect()
    }
}

/// `kops.k8s.io/…`, `service-account.kops.k8s.io/…` and the like: on an object of ours, ours.
pub(crate) fn is_of_kops(key: &str) -> bool {
    let domain = key.split_once('/').map(|(domain, _)| domain);
    domain.is_some_and(|domain| domain == "kops.k8s.io" || domain.ends_with(".kops.k8s.io"))
}

/// What tagging calls lead from one set of tags to another.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TagChanges {
    /// To be added or overwritten: first, so that there is no moment without an owner.
    pub(crate) set: Tags,
    /// To be removed: last.
    pub(crate) remove: Vec<String>,
}

impl TagChanges {
    pub(crate) fn between(from: &Tags, to: &Tags) -> Self {
        let set = to.iter().filter(|(key, value)| from.get(*key) != Some(value));
        let remove = from.keys().filter(|key| !to.contains_key(*key));
        Self {
            set: set.map(|(key, value)| (key.clone(), value.clone())).collect(),
            remove: remove.cloned().collect(),
        }
    }
}

/// Refuses tags that IAM refuses, in sum with those that `found` has and nobody asked about.
///
/// From the IAM User Guide, "Rules for tagging in IAM and AWS STS".
pub(crate) fn check_tags(wanted: &Tags, found: &Tags) -> Result<(), TaskError> {
    const MOST: usize = 50;
    const LONGEST_KEY: usize = 128;
    const LONGEST_VALUE: usize = 256;
    let mut mistakes = Vec::new();
    for (key, value) in wanted {
        if key.is_empty() {
            mistakes.push("a tag has an empty key".to_owned());
        }
        if key.to_lowercase().starts_with("aws:") {
            mistakes.push(format!("tag {key}: keys that start with `aws:` are reserved for AWS"));
        }
        for (what, text, longest) in [("key", key, LONGEST_KEY), ("value", value, LONGEST_VALUE)] {
            if text.chars().count() > longest {
                mistakes.push(format!("tag {key}: its {what} has more than {longest} characters"));
            }
            if let Some(bad) = text.chars().find(|character| !is_for_tags(*character)) {
                mistakes.push(format!("tag {key}: its {what} contains {bad:?}, which IAM refuses"));
            }
        }
        let twin = wanted.keys().find(|other| *other < key && other.eq_ignore_ascii_case(key));
        if let Some(twin) = twin {
            mistakes.push(format!("tags {twin} and {key} differ only in case, which IAM ignores"));
        }
    }
    let is_wanted = |key: &&String| wanted.keys().any(|other| other.eq_ignore_ascii_case(key));
    let others = found.keys().filter(|key| !is_wanted(key)).count();
    if wanted.len() + others > MOST {
        mistakes.push(format!(
            "there would be {} tags, of which {others} are there already, and IAM allows {MOST}",
            wanted.len() + others
        ));
    }
    if mistakes.is_empty() {
        Ok(())
    } else {
        Err(invalid(format!("set tags: {}", mistakes.join("; "))))
    }
}

/// Letters, numbers and spaces of any script, and `_.:/=+-@`.
fn is_for_tags(character: char) -> bool {
    character.is_alphanumeric() || character == ' ' || "_.:/=+-@".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn an_object_is_owned_by_whom_its_tags_name() {
        let owner = Owner::new("a");
        let table = [
            (vec![("kubernetes.io/cluster/a", "owned")], Ownership::Ours),
            (vec![("kubernetes.io/cluster/a", "shared")], Ownership::Shared),
            (vec![("kubernetes.io/cluster/b", "owned")], Ownership::Other("b".to_owned())),
            (vec![("kubernetes.io/cluster/b", "shared")], Ownership::Nobody),
            (
                vec![("kubernetes.io/cluster/a", "owned"), ("kubernetes.io/cluster/b", "owned")],
                Ownership::Ours,
            ),
            (vec![("KubernetesCluster", "a")], Ownership::Nobody),
            (vec![], Ownership::Nobody),
        ];
        for (pairs, expected) in table {
            assert_eq!(owner.of(&tags(&pairs)), expected, "{pairs:?}");
        }
    }

    #[test]
    fn only_tags_that_are_ours_are_compared() {
        let found = tags(&[
            ("Name", "x"),
            ("kubernetes.io/cluster/a", "owned"),
            ("kubernetes.io/cluster/b", "shared"),
            ("cost-center", "7"),
            ("service-account.kops.k8s.io/name", "dns"),
            ("TEAM", "red"),
        ]);
        let comparable = Owner::new("a").comparable(&found, &tags(&[("team", "blue")]));
        let expected = tags(&[
            ("Name", "x"),
            ("kubernetes.io/cluster/a", "owned"),
            ("service-account.kops.k8s.io/name", "dns"),
            ("team", "red"),
        ]);
        assert_eq!(comparable, expected);
    }

    #[test]
    fn tags_that_iam_refuses_are_refused_all_at_once() {
        let long = "k".repeat(129);
        let mut wanted =
            tags(&[("", "x"), ("aws:x", "x"), ("a", "b\nc"), ("Team", ""), ("team", "")]);
        wanted.insert(long, "v".repeat(257));
        insta::assert_snapshot!(check_tags(&wanted, &Tags::new()).unwrap_err());

        let many: Tags = (0..49).map(|n| (n.to_string(), String::new())).collect();
        let two = tags(&[("x", ""), ("y", "")]);
        assert!(check_tags(&two, &many).is_err());
        assert!(check_tags(&tags(&[("x", "")]), &many).is_ok());
        assert!(check_tags(&tags(&[("x", ""), ("0", "")]), &many).is_ok());
    }
}

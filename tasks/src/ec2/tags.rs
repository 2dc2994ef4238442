//! Tags of EC2 and Auto Scaling.

use cloudup_engine::TaskError;

use crate::{
    cloud::iam::Tags,
    iam::owner::{Owner, is_of_kops},
    trouble::invalid,
};

/// The part of an EC2 object's tags that is to be compared with `wanted`, and what else there is.
///
/// As [`Owner::comparable`], but that EC2 tells keys apart by case, and that the tags by which kOps
/// tells nodes' roles, labels and taints are ours too.
pub(super) fn split(owner: &Owner, found: &Tags, wanted: &Tags) -> (Tags, Tags) {
    let ours = owner.tags("");
    found.clone().into_iter().partition(|(key, _)| {
        wanted.contains_key(key)
            || ours.contains_key(key)
            || is_of_kops(key)
            || OURS_ON_EC2.iter().any(|prefix| key.starts_with(prefix))
    })
}

const OURS_ON_EC2: [&str; 3] = [
    "k8s.io/role/",
    "k8s.io/cluster-autoscaler/node-template/label/",
    "k8s.io/cluster-autoscaler/node-template/taint/",
];

/// Refuses tags that EC2 and Auto Scaling refuse, together with `others` that are there and stay.
pub(super) fn check(wanted: &Tags, others: &Tags) -> Result<(), TaskError> {
    const MOST: usize = 50;
    let mut mistakes = Vec::new();
    for (key, value) in wanted {
        if key.is_empty() || key.to_lowercase().starts_with("aws:") {
            mistakes.push(format!("{key:?} is no key for a tag of ours"));
        }
        if key.chars().count() > 128 || value.chars().count() > 256 {
            mistakes.push(format!(
                "tag {key} is too long: a key has 128 characters at most, a value 256"
            ));
        }
    }
    let count = wanted.len() + others.len();
    if count > MOST {
        mistakes.push(format!("there would be {count} tags, and AWS allows {MOST}"));
    }
    if mistakes.is_empty() {
        Ok(())
    } else {
        Err(invalid(format!("set tags: {}", mistakes.join("; ")))
            .hint("labels and taints of nodes are tags too, for the cluster autoscaler"))
    }
}

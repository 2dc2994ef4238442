//! The annotations that give a group a role of its own.

use std::collections::BTreeSet;

use cloudup_tasks::arn::{IamKind, iam_arn};

use super::{Check, policies};
use crate::{
    boundaries::entries,
    group_roles::{ADDITIONAL, EXTERNAL, annotations, path},
    manifest::{InstanceGroup, Mistake},
};

/// `partition` is that of the group's cluster, if it is known.
pub(super) fn check(group: &InstanceGroup, partition: Option<&str>, check: &mut Check<'_>) {
    if group.spec.iam.profile.is_some() {
        for annotation in annotations(group) {
            let message = "the group brings a profile of its own, whose role is not changed";
            let hint = "remove it, or spec.iam.profile";
            check.wrong(&path(annotation), message, hint);
        }
    }
    if let Some(text) = group.metadata.annotations.get(EXTERNAL) {
        external(text, check);
    }
    if let Some(text) = group.metadata.annotations.get(ADDITIONAL) {
        policies::statements(&path(ADDITIONAL), text, partition, check);
    }
}

fn external(text: &str, check: &mut Check<'_>) {
    let path = path(EXTERNAL);
    let inside = check.source.inside(&path, text);
    let (mut seen, mut mistakes) = (BTreeSet::new(), Vec::new());
    for entry in entries(text) {
        let place = inside.place(entry.at.line, entry.at.column);
        let place = place.unwrap_or_else(|| check.source.place(&path));
        let mut wrong = |message: String, hint: String| {
            mistakes.push(Mistake { place: place.clone(), message, hint: Some(hint) });
        };
        if let Err(error) = iam_arn(entry.text, IamKind::Policy) {
            let example = "write it like arn:aws:iam::123456789012:policy/NAME";
            wrong(error.to_string(), error.hint().unwrap_or_else(|| example.to_owned()));
        }
        if !seen.insert(entry.text) {
            wrong(format!("{:?} is here twice", entry.text), "remove one".to_owned());
        }
    }
    if seen.is_empty() {
        check.wrong(&path, "it names no policy", "write ARNs with spaces between, or remove it");
    }
    if seen.len() > policies::MOST_ATTACHMENTS {
        let message = format!("{} policies are more than a role can have attached", seen.len());
        let hint = format!("AWS allows {} at most", policies::MOST_ATTACHMENTS);
        check.wrong(&path, message, hint);
    }
    check.mistakes.append(&mut mistakes);
}

//! The annotation that bounds single roles.

use std::collections::BTreeMap;

use cloudup_tasks::arn::{IamKind, iam_arn};

use super::Check;
use crate::{
    boundaries::{ANNOTATION, Entry, NONE, entries},
    explain::Subject,
    manifest::{Cluster, Mistake, Notice},
};

const EXAMPLE: &str = "arn:aws:iam::123456789012:policy/NAME";

pub(super) fn check(cluster: &Cluster, check: &mut Check<'_>) {
    let Some(text) = cluster.metadata.annotations.get(ANNOTATION) else { return };
    let path = format!("metadata.annotations[{ANNOTATION}]");
    let inside = check.source.inside(&path, text);
    let place = |entry: &Entry<'_>| {
        let place = inside.place(entry.at.line, entry.at.column);
        place.unwrap_or_else(|| check.source.place(&path))
    };
    let (mut mistakes, mut notices) = (Vec::new(), Vec::new());
    let mut seen: BTreeMap<Subject, &str> = BTreeMap::new();
    for entry in entries(text) {
        let mut wrong = |message: String, hint: String| {
            mistakes.push(Mistake { place: place(&entry), message, hint: Some(hint) });
        };
        let Some((role, arn)) = entry.parts() else {
            let message = format!("{:?} is not of the form ROLE=ARN", entry.text);
            wrong(message, format!("write it like node={EXAMPLE}, or node={NONE}"));
            continue;
        };
        match (Subject::named(cluster, role), Subject::spelt(role)) {
            // Of a role that no group has any more, as of the policies of such a role.
            (Err(_), Some(Subject::Instances(_))) => notices.push(Notice {
                place: Some(place(&entry)),
                message: format!("{role:?} has no effect: no instance group has this role"),
            }),
            (Err(error), _) => wrong(format!("there is no role {role:?}"), error.hint),
            // A role's own name is one more way to say the same, and one too many.
            (Ok(subject), spelt) if spelt.as_ref() != Some(&subject) => {
                wrong(format!("{role:?} is the name of a role"), format!("write {subject}"));
            }
            (Ok(subject), _) => {
                if let Some(first) = seen.insert(subject, role) {
                    let message = format!("{role:?} and {first:?} are the same role");
                    wrong(message, "keep one of them".to_owned());
                }
            }
        }
        if arn != NONE
            && let Err(error) = iam_arn(arn, IamKind::Policy)
        {
            let hint = error.hint();
            wrong(
                error.to_string(),
                hint.unwrap_or_else(|| format!("write it like {EXAMPLE}, or {NONE}")),
            );
        }
    }
    if text.trim().is_empty() {
        check.wrong(&path, "it bounds no role", format!("write ROLE={EXAMPLE}, or remove it"));
    }
    check.mistakes.append(&mut mistakes);
    check.notices.append(&mut notices);
}

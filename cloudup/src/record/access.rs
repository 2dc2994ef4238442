//! The access that comes and goes.

use std::collections::{BTreeMap, BTreeSet};

use cloudup_tasks::policy::{AccessDiff, Grant};
use maud::{Markup, html};

/// The access that each role gains and loses; none where there is no change.
pub(super) fn access(roles: &BTreeMap<String, AccessDiff>) -> Option<Markup> {
    let changed = roles.iter().filter(|(_, diff)| !diff.is_empty());
    let changed: Vec<_> = changed.collect();
    if changed.is_empty() {
        return None;
    }
    Some(html! {
        @for (role, change) in changed {
            h3 { (role) }
            (diff(change))
        }
    })
}

/// What is gained, lost, or not told; what stays is left out.
pub(super) fn diff(diff: &AccessDiff) -> Markup {
    // What cannot be told has lines of its own, with the reason.
    let told = |grant: &&Grant| !diff.unknown.iter().any(|unknown| unknown.grant == **grant);
    html! {
        ul .access {
            @for (shared, actions) in by_what_they_share(diff.added().filter(told)) {
                li .gained { (grant("+", "added", &shared, &actions)) }
            }
            @for (shared, actions) in by_what_they_share(diff.removed().filter(told)) {
                li .lost { (grant("-", "removed", &shared, &actions)) }
            }
            @for unknown in &diff.unknown { li .unknown { (unknown) } }
        }
    }
}

fn grant(sign: &str, word: &str, shared: &str, actions: &BTreeSet<String>) -> Markup {
    let actions: Vec<_> = actions.iter().map(String::as_str).collect();
    html! {
        strong { span aria-hidden="true" { (sign) " " } span .unseen { (word) ": " } (shared) }
        " " span .actions { (actions.join(", ")) }
    }
}

/// Grants that read alike but for their actions, together.
fn by_what_they_share<'g>(
    grants: impl Iterator<Item = &'g Grant>,
) -> BTreeMap<String, BTreeSet<String>> {
    let mut shared: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for grant in grants {
        let action = grant.action.to_string();
        // The grant reads `allow ACTION on …`: without the action it is what several share.
        let text = grant.to_string().replacen(&format!(" {action}"), "", 1);
        shared.entry(text).or_default().insert(action);
    }
    shared
}

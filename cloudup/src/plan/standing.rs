//! How far what a plan says has come, and whether it still holds.

use std::collections::{BTreeMap, BTreeSet};

use cloudup_engine::{ChangeKind, Entry, FieldChange, Finding, Outcome, TaskId};
use cloudup_tasks::{iam::is_interim, vpc};

use super::{
    Moved, MovedEntry, MovedPlace, SavedPlan,
    between::{is_as_planned, is_between},
};
use crate::{kinds, phase::Phase, update::UpdateReport};

/// How far a plan that still holds has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Its changes that are made already.
    pub done: Vec<TaskId>,
    /// Its changes that are still to be made, in whole or in part.
    pub left: Vec<TaskId>,
}

impl SavedPlan {
    /// Compares with what the same update would do `now`: whether that is this plan, or what is
    /// left of it to do.
    ///
    /// What a change leads to counts as done where it is so. A change that was broken off counts as
    /// left where nothing is there but what was there before and what is to be there. Anything
    /// else has moved. What is looked at and left as it is must be as it was.
    ///
    /// # Errors
    ///
    /// All that has moved since the plan was made.
    pub fn standing(&self, now: &UpdateReport) -> Result<Standing, Moved> {
        let moved = |places, entries| Moved { made_by: self.made_by.clone(), places, entries };
        let places = MovedPlace::between(&self.update, now);
        if !places.is_empty() {
            return Err(moved(places, Vec::new()));
        }
        let (standing, entries) = compare(&self.update.report.entries, &now.report.entries);
        if entries.is_empty() { Ok(standing) } else { Err(moved(Vec::new(), entries)) }
    }
}

fn compare(planned: &[Entry], now: &[Entry]) -> (Standing, Vec<MovedEntry>) {
    let found: BTreeMap<Key<'_>, &Entry> = now.iter().map(|entry| (key(entry), entry)).collect();
    let known: BTreeSet<Key<'_>> = planned.iter().map(key).collect();
    // What other tasks take values from. It may be half done: then the values are there already.
    let there: BTreeSet<String> = now
        .iter()
        .filter(|entry| known.contains(&key(entry)))
        .filter(|entry| !matches!(entry.finding, Finding::Missing { .. }))
        .map(|entry| entry.task.to_string())
        .collect();
    let has_come = |task: &str| there.contains(task);
    let (mut standing, mut moved) = (Standing::default(), Vec::new());
    for entry in planned {
        let now = found.get(&key(entry)).copied();
        match state(entry, now, &has_come) {
            State::Kept => {}
            State::Done => standing.done.push(entry.task.clone()),
            State::Left => standing.left.push(entry.task.clone()),
            State::Moved => moved.push(MovedEntry::new(Some(entry), now)),
        }
    }
    let news = now.iter().filter(|entry| !known.contains(&key(entry)));
    for entry in news.filter(|entry| !is_harmless(entry)) {
        moved.push(MovedEntry::new(None, Some(entry)));
    }
    (standing, moved)
}

/// What tells entries apart: a stray may have the name of a task that looks for others.
type Key<'e> = (&'e TaskId, Option<&'e TaskId>);

fn key(entry: &Entry) -> Key<'_> {
    (&entry.task, entry.found_by.as_ref())
}

/// How far what a plan says of a task has come.
enum State {
    /// It was to be left as it is, and is as it was.
    Kept,
    Done,
    Left,
    Moved,
}

fn state(planned: &Entry, now: Option<&Entry>, has_come: &impl Fn(&str) -> bool) -> State {
    let changes = planned.is_change();
    match now {
        Some(now) if is_same(planned, now) => {
            if changes {
                State::Left
            } else {
                State::Kept
            }
        }
        Some(now) if changes && now.finding == Finding::Same => State::Done,
        Some(now) if is_left(planned, now, has_come) => State::Left,
        // What is gone is not found any more.
        None if changes && planned.change == ChangeKind::Delete => State::Done,
        None if planned.finding == Finding::Same => State::Kept,
        Some(_) | None => State::Moved,
    }
}

/// Whether both say the same of a task.
fn is_same(planned: &Entry, now: &Entry) -> bool {
    let same_finding = match (&planned.finding, &now.finding) {
        // What a refusal says may name the session that was refused.
        (Finding::Unreadable { error: then }, Finding::Unreadable { error: now }) => {
            then.kind == now.kind
        }
        (then, now) => then == now,
    };
    same_finding
        && (planned.change, &planned.outcome) == (now.change, &now.outcome)
        && planned.lifecycle == now.lifecycle
}

/// Whether what is to be done now is the rest of what was planned.
fn is_left(planned: &Entry, now: &Entry, has_come: &impl Fn(&str) -> bool) -> bool {
    if !planned.is_change() || !now.is_change() || planned.lifecycle != now.lifecycle {
        return false;
    }
    // A thing without a name is found by its tags: if it was not there, it was made since, for this
    // cluster, and has what AWS gives new things until it is told otherwise.
    let is_made_since =
        matches!(planned.finding, Finding::Missing { .. }) && is_found_by_tags(planned.task.kind());
    let is_rest = |planned: &FieldChange, now: &FieldChange| {
        let same_end = match (&now.to, &planned.to) {
            (Some(now), Some(planned)) => is_as_planned(now, planned, has_come),
            (now, planned) => now == planned,
        };
        let on_its_way = || is_between(now.from.as_ref(), planned.from.as_ref(), now.to.as_ref());
        same_end && (is_made_since || on_its_way())
    };
    match (&planned.finding, &now.finding) {
        (
            Finding::Missing { fields: planned },
            Finding::Missing { fields: now } | Finding::Different { changes: now },
        )
        | (Finding::Different { changes: planned }, Finding::Different { changes: now })
        | (Finding::Stray { fields: planned }, Finding::Stray { fields: now }) => {
            now.iter().all(|now| {
                let planned = planned.iter().find(|planned| planned.field == now.field);
                planned.is_some_and(|planned| is_rest(planned, now))
            })
        }
        _ => false,
    }
}

/// Whether things of a kind have ids of AWS's, and no names of ours.
fn is_found_by_tags(kind: &str) -> bool {
    kinds::phase(kind) == Some(Phase::Network) || kind == vpc::kind::SECURITY_GROUP
}

/// Whether what no plan spoke of is nothing to mind: nothing becomes of it; or it is what a
/// document of the plan's leaves behind where putting it is broken off.
fn is_harmless(entry: &Entry) -> bool {
    let is_left_so = matches!(entry.outcome, Outcome::Kept | Outcome::Warned | Outcome::Deferred);
    is_left_so || is_interim(entry.task.name())
}

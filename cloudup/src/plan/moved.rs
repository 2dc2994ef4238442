//! What has moved since a plan was made, for people.

use std::fmt;

use cloudup_engine::{ChangeKind, Entry, FieldChange, Finding, TaskId};
use serde_json::Value;

use crate::{manifest::Difference, update::UpdateReport};

/// Why a plan no longer holds: all that has moved since it was made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}", told(self))]
pub struct Moved {
    /// The version of cloudup that made the plan.
    pub made_by: String,
    /// What is different about where the cluster is: then nothing else is compared.
    pub places: Vec<MovedPlace>,
    /// The tasks that have moved.
    pub entries: Vec<MovedEntry>,
}

/// Something about where a cluster is that is no longer what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedPlace {
    /// What.
    pub what: &'static str,
    /// What it was.
    pub then: String,
    /// What it is.
    pub now: String,
}

/// A task that has moved.
#[derive(Clone, Debug, PartialEq)]
pub struct MovedEntry {
    /// The task.
    pub task: TaskId,
    /// What the plan says of it, in words, if it speaks of it.
    pub then: Option<&'static str>,
    /// What is to be said now, if anything is.
    pub now: Option<&'static str>,
    /// What has moved of the values that were found.
    pub fields: Vec<Difference>,
}

impl MovedPlace {
    /// What differs about where two updates take place.
    pub(super) fn between(then: &UpdateReport, now: &UpdateReport) -> Vec<Self> {
        let place = |what, then: Option<&str>, now: Option<&str>| {
            let text = |value: Option<&str>| value.unwrap_or("(none)").to_owned();
            (then != now).then(|| Self { what, then: text(then), now: text(now) })
        };
        let (old, new) = (&then.environment, &now.environment);
        let zone = |of: &UpdateReport| of.environment.hosted_zone_id.clone();
        let (old_zone, new_zone) = (zone(then), zone(now));
        [
            place("cluster", Some(&then.cluster), Some(&now.cluster)),
            place("account", Some(&old.account), Some(&new.account)),
            place("partition", Some(&old.partition), Some(&new.partition)),
            place("region", Some(&old.region), Some(&new.region)),
            place("hosted zone", old_zone.as_deref(), new_zone.as_deref()),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl MovedEntry {
    pub(super) fn new(then: Option<&Entry>, now: Option<&Entry>) -> Self {
        let task = then.or(now).map(|entry| entry.task.clone());
        let task = task.expect("somebody spoke of it");
        let fields = then.zip(now).map(|(then, now)| fields(then, now)).unwrap_or_default();
        Self { task, then: then.map(in_words), now: now.map(in_words), fields }
    }
}

/// What a plan says of a task.
fn in_words(entry: &Entry) -> &'static str {
    match (&entry.finding, entry.is_change().then_some(entry.change)) {
        (Finding::NotLooked, _) => "not looked at",
        (Finding::Same, _) => "as it should be",
        (Finding::Unreadable { .. }, _) => "not to be read",
        (_, Some(ChangeKind::Delete)) => "to be deleted",
        (Finding::Missing { .. }, Some(_)) => "missing, to be created",
        (Finding::Different { .. }, Some(_)) => "different, to be changed",
        (Finding::Missing { .. }, None) => "missing, and left so",
        (Finding::Different { .. }, None) => "different, and left so",
        (Finding::Stray { .. }, _) => "no longer wanted, and left",
    }
}

/// What differs between the values that were found then and now, as far as either differed from
/// what is asked for.
fn fields(then: &Entry, now: &Entry) -> Vec<Difference> {
    let of = |entry: &Entry| match &entry.finding {
        Finding::Missing { fields }
        | Finding::Stray { fields }
        | Finding::Different { changes: fields } => fields.clone(),
        Finding::NotLooked | Finding::Same | Finding::Unreadable { .. } => Vec::new(),
    };
    let (old, new) = (of(then), of(now));
    // A field of which one says nothing is as it should be there.
    let found = |entry: &Entry, own: &[FieldChange], other: &[FieldChange]| -> Value {
        let value = |field: &FieldChange| match own.iter().find(|own| own.field == field.field) {
            Some(change) => change.from.clone(),
            None if matches!(entry.finding, Finding::Missing { .. }) => None,
            None => field.to.clone(),
        };
        let fields = own.iter().chain(other);
        let fields =
            fields.map(|field| (field.field.to_string(), value(field).unwrap_or_default()));
        Value::Object(fields.collect())
    };
    Difference::between(&found(then, &old, &new), &found(now, &new, &old))
}

fn told(moved: &Moved) -> String {
    let places = moved.places.iter().map(ToString::to_string);
    let lines: Vec<_> = places.chain(moved.entries.iter().map(ToString::to_string)).collect();
    lines.join("\n")
}

impl fmt::Display for MovedPlace {
    /// `account: 111122223333 when the plan was made, 444455556666 now`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, then, now } = self;
        write!(f, "{what}: {then} when the plan was made, {now} now")
    }
}

impl fmt::Display for MovedEntry {
    /// `IAMRole/nodes: as it should be when the plan was made; now different, to be changed`, then
    /// a line for each value that has moved.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { task, then, now, fields } = self;
        match then {
            Some(then) => write!(f, "{task}: {then} when the plan was made; ")?,
            None => write!(f, "{task}: not in the plan; ")?,
        }
        match now {
            Some(now) => write!(f, "now {now}")?,
            None => f.write_str("now not found")?,
        }
        fields.iter().try_for_each(|field| write!(f, "\n    {field}"))
    }
}

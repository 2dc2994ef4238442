//! When everything was in a run, and what it had to wait for.

use std::collections::BTreeMap;

use crate::{Entry, Report, TaskId, Timing};

/// What a [`Bar`] stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// A task's turn: it was looked for, compared and, if need be, rendered.
    Turn,
    /// The look for a thing that should not be there and was deleted later.
    Look,
    /// The deletion of a stray.
    Deletion,
}

/// A turn or a deletion that was tried, from its first try to its end, in milliseconds from the
/// start of the run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar<'r> {
    /// Whose it is.
    pub entry: &'r Entry,
    /// Which part of it.
    pub part: Part,
    /// Its tries and rests.
    pub timing: &'r Timing,
    /// When nothing kept it from starting but the want of a place.
    pub ready_ms: u64,
    /// When its first try began.
    pub started_ms: u64,
    /// When it was over.
    pub ended_ms: u64,
}

impl Bar<'_> {
    /// How long it rested between tries, or waited for a place after a rest.
    pub fn rested_ms(&self) -> u64 {
        let rests =
            self.timing.waits.iter().map(|wait| {
                wait.resumed_ms.unwrap_or(self.ended_ms).saturating_sub(wait.started_ms)
            });
        rests.fold(0, u64::saturating_add)
    }

    /// How long it was under way.
    pub fn worked_ms(&self) -> u64 {
        (self.ended_ms - self.started_ms).saturating_sub(self.rested_ms())
    }

    /// How long it waited for a place before its first try.
    pub fn queued_ms(&self) -> u64 {
        self.started_ms - self.ready_ms
    }
}

/// When everything was in a run, and its critical path.
///
/// The path begins with the run and ends with what was over last. Each bar of it was ready the
/// moment the one before it was over, so that the time of the run is what its bars worked, rested
/// and queued, and what the run needed to come to an end after the last.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline<'r> {
    /// What was tried, by when it began, then in the order of the report.
    pub bars: Vec<Bar<'r>>,
    /// The bars that explain how long the run took, first to last, as positions in `bars`.
    pub path: Vec<usize>,
    /// How long the run took.
    pub total_ms: u64,
}

/// Where the time of a run's critical path went, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Under way.
    pub worked_ms: u64,
    /// Resting before another try.
    pub rested_ms: u64,
    /// Waiting for a place.
    pub queued_ms: u64,
}

impl<'r> Timeline<'r> {
    /// The timeline of a run. A plan has none, nor has a run in which nothing was tried.
    pub fn of(report: &'r Report) -> Option<Self> {
        let mut bars: Vec<_> = report.entries.iter().flat_map(bars).collect();
        bars.sort_by_key(|bar| bar.started_ms);
        let total_ms = report.duration_ms?;
        let path = path(&bars)?;
        Some(Self { bars, path, total_ms })
    }

    /// The bars of the critical path, first to last.
    pub fn critical(&self) -> impl Iterator<Item = &Bar<'r>> {
        self.path.iter().map(|&bar| &self.bars[bar])
    }

    /// Where the time of the critical path went.
    pub fn share(&self) -> Share {
        self.critical().fold(Share::default(), |share, bar| Share {
            worked_ms: share.worked_ms.saturating_add(bar.worked_ms()),
            rested_ms: share.rested_ms.saturating_add(bar.rested_ms()),
            queued_ms: share.queued_ms.saturating_add(bar.queued_ms()),
        })
    }
}

fn bars(entry: &Entry) -> impl Iterator<Item = Bar<'_>> {
    let own = match (&entry.found_by, &entry.look) {
        (None, None) => Part::Turn,
        _ => Part::Deletion,
    };
    let look = entry.look.as_deref().map(|timing| (Part::Look, timing));
    let parts = look.into_iter().chain([(own, &entry.timing)]);
    parts.filter_map(move |(part, timing)| {
        let (started_ms, ended_ms) = (timing.started_ms?, timing.ended_ms()?);
        let ready_ms = timing.ready_ms?.min(started_ms);
        Some(Bar { entry, part, timing, ready_ms, started_ms, ended_ms })
    })
}

/// From what was over last back to what could start with the run.
fn path(bars: &[Bar<'_>]) -> Option<Vec<usize>> {
    let mut parts = Parts::new();
    for (nth, bar) in bars.iter().enumerate() {
        parts.insert((&bar.entry.task, bar.part == Part::Deletion, bar.ended_ms), nth);
    }
    let mut last = (0..bars.len()).rev().max_by_key(|&nth| bars[nth].ended_ms)?;
    let mut path = vec![last];
    while let Some(before) = before(&bars[last], &parts) {
        // A report that somebody wrote by hand may go round in circles.
        if path.len() > bars.len() {
            return None;
        }
        path.push(before);
        last = before;
    }
    path.reverse();
    Some(path)
}

/// Bars by whose they are, whether they are deletions, and when they were over.
type Parts<'r> = BTreeMap<(&'r TaskId, bool, u64), usize>;

/// What a bar waited for last.
fn before<'r>(bar: &Bar<'r>, parts: &Parts<'r>) -> Option<usize> {
    let after = bar.timing.after.as_ref()?;
    // A deletion waits for its own finder's look; of all others that are deleted themselves, for
    // the deletion.
    let finder = after == &bar.entry.task || bar.entry.found_by.as_ref() == Some(after);
    let deletion = bar.part == Part::Deletion && !finder;
    let part = |deletion| parts.get(&(after, deletion, bar.ready_ms)).copied();
    if deletion { part(true).or_else(|| part(false)) } else { part(false) }
}

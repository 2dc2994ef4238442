//! The strays that were found, and where each of them is.

use std::collections::BTreeMap;

use petgraph::graph::NodeIndex;

use crate::{
    Entry, TaskId,
    run::{clock::Clock, turn::Judged},
};

/// A stray, from when it is found until it is over.
#[derive(Debug)]
pub(super) struct Waste {
    pub(super) judged: Judged,
    pub(super) clock: Clock,
    /// What its deletion waited for last, and when that was over, in ms from the start of the run.
    pub(super) freed: Option<(TaskId, u64)>,
    /// What the report will say, but for the outcome.
    pub(super) entry: Entry,
    pub(super) over: bool,
}

/// All strays, by the task that found them, in the order in which they go.
#[derive(Debug, Default)]
pub(super) struct Wastes(BTreeMap<NodeIndex, Vec<Waste>>);

impl Wastes {
    pub(super) fn insert(&mut self, finder: NodeIndex, wastes: Vec<Waste>) {
        self.0.insert(finder, wastes);
    }

    pub(super) fn get(&self, finder: NodeIndex, nth: usize) -> &Waste {
        self.0.get(&finder).and_then(|found| found.get(nth)).expect("the task found this stray")
    }

    pub(super) fn get_mut(&mut self, finder: NodeIndex, nth: usize) -> &mut Waste {
        let found = self.0.get_mut(&finder).and_then(|found| found.get_mut(nth));
        found.expect("the task found this stray")
    }

    /// Those that a task found and that are not over.
    pub(super) fn pending(&self, finder: NodeIndex) -> impl Iterator<Item = usize> {
        let found = self.of(finder).enumerate();
        found.filter(|(_, waste)| !waste.over).map(|(nth, _)| nth)
    }

    /// Has the next deletion of a task's strays follow the one that is over.
    pub(super) fn free_next(&mut self, finder: NodeIndex, over: usize, next: usize) {
        let Entry { task, timing, .. } = &self.get(finder, over).entry;
        let freed = timing.ended_ms().map(|ended| (task.clone(), ended));
        self.get_mut(finder, next).freed = freed;
    }

    /// The last deletion of what a task found.
    pub(super) fn last(&self, finder: NodeIndex) -> Option<&Entry> {
        let entries = self.of(finder).map(|waste| &waste.entry);
        entries.max_by_key(|entry| entry.timing.ended_ms())
    }

    /// The entry of a task that is a stray itself.
    pub(super) fn own(&self, finder: NodeIndex) -> Option<&Entry> {
        self.of(finder).find(|waste| waste.judged.own).map(|waste| &waste.entry)
    }

    /// Those that are being deleted.
    pub(super) fn running(&self) -> impl Iterator<Item = &TaskId> {
        let running = self.0.values().flatten().filter(|waste| waste.clock.running);
        running.map(|waste| &waste.entry.task)
    }

    /// Whether a task is a stray itself.
    pub(super) fn has_own(&self, finder: NodeIndex) -> bool {
        self.own(finder).is_some()
    }

    /// The entries of what a task found. One that is a stray itself stands first, though it goes
    /// last.
    pub(super) fn take(&mut self, finder: NodeIndex) -> impl Iterator<Item = Entry> + use<> {
        let found = self.0.remove(&finder).unwrap_or_default();
        let (own, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|waste| waste.judged.own);
        own.into_iter().chain(others).map(|waste| waste.entry)
    }

    fn of(&self, finder: NodeIndex) -> impl Iterator<Item = &Waste> {
        self.0.get(&finder).into_iter().flatten()
    }
}

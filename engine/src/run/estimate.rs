//! How long the rest of a run will probably take. No clock: whoever asks tells what was seen.

use std::{collections::BinaryHeap, time::Duration};

use petgraph::graph::NodeIndex;

use super::clock::milliseconds;

/// As if so much had gone as expected before the run, so that its first tasks do not decide alone
/// about the pace.
const BELIEF: u64 = 1_000_000;

/// What is left of a run: the longest path and all the work, in expected µs; and how the work so
/// far compared with what was expected of it.
#[derive(Debug)]
pub(super) struct Estimate {
    places: u64,
    /// What is expected of everything that is not over.
    work: u64,
    turns: Paths,
    deletions: Paths,
    /// What was expected of all that is over, and what it took.
    expected: u64,
    took: u64,
}

impl Estimate {
    /// Before a run of so many tasks, of which all together is expected to take `work` µs, with so
    /// many places.
    pub(super) fn new(tasks: usize, work: u64, places: usize) -> Self {
        let turns = Paths { begun: BinaryHeap::new(), over: vec![false; tasks] };
        let places = u64::try_from(places.max(1)).unwrap_or(u64::MAX);
        let deletions = Paths::default();
        Self { places, work, turns, deletions, expected: 0, took: 0 }
    }

    /// A task's turn begins. So much is expected from its start to the last turn's end.
    pub(super) fn turn_begins(&mut self, task: NodeIndex, path: u64) {
        self.turns.begun.push((path, task));
    }

    /// A task's turn is over, and took so long, if it was tried.
    pub(super) fn turn_is_over(&mut self, task: NodeIndex, expected: u64, took: Option<Duration>) {
        self.turns.end(task);
        self.one_less(expected, took);
    }

    /// A task wants things deleted, one after the other. So much is expected of all of them, and
    /// from the start of the first to the end of all that go after the last.
    pub(super) fn deletions_found(&mut self, task: NodeIndex, expected: u64, path: u64) {
        self.work = self.work.saturating_add(expected);
        self.deletions.begun.push((path, task));
    }

    /// A deletion is over, and took so long, if it was tried; `last` says whether the task has no
    /// other.
    pub(super) fn deletion_is_over(
        &mut self,
        task: NodeIndex,
        expected: u64,
        took: Option<Duration>,
        last: bool,
    ) {
        if last {
            self.deletions.end(task);
        }
        self.one_less(expected, took);
    }

    /// How long the rest will probably take, in milliseconds, if `ready` µs are expected from the
    /// start of what may start now. It takes at least the longest path, turns first and deletions
    /// after them; and at least as long as the places need for all the work.
    pub(super) fn remaining_ms(&mut self, ready: u64) -> u64 {
        let path = self.turns.longest().max(ready).saturating_add(self.deletions.longest());
        let left = path.max(self.work.div_ceil(self.places));
        let took = u128::from(self.took.saturating_add(BELIEF));
        let expected = u128::from(self.expected.saturating_add(BELIEF));
        let micros = u64::try_from(u128::from(left) * took / expected).unwrap_or(u64::MAX);
        milliseconds(Duration::from_micros(micros))
    }

    fn one_less(&mut self, expected: u64, took: Option<Duration>) {
        self.work = self.work.saturating_sub(expected);
        if let Some(took) = took {
            self.expected = self.expected.saturating_add(expected);
            self.took = self.took.saturating_add(micros(took));
        }
    }
}

/// The longest of the paths that begin where something is under way.
#[derive(Debug, Default)]
struct Paths {
    /// What has begun, those that are over included until they come up.
    begun: BinaryHeap<(u64, NodeIndex)>,
    over: Vec<bool>,
}

impl Paths {
    fn end(&mut self, task: NodeIndex) {
        if self.over.len() <= task.index() {
            self.over.resize(task.index() + 1, false);
        }
        self.over[task.index()] = true;
    }

    fn longest(&mut self) -> u64 {
        while let Some((path, task)) = self.begun.peek() {
            if !self.over.get(task.index()).copied().unwrap_or_default() {
                return *path;
            }
            self.begun.pop();
        }
        0
    }
}

pub(super) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: u64 = 1_000_000;

    fn task(nth: usize) -> NodeIndex {
        NodeIndex::new(nth)
    }

    /// Work, places, the longest path begun and the longest ready, in seconds; what is left.
    #[test]
    fn the_longest_path_or_the_work_over_the_places_whichever_is_longer() {
        for (work, places, begun, ready, left) in [
            (0, 4, 0, 0, 0),
            (9, 1, 3, 0, 9),
            (9, 4, 3, 0, 3),
            (9, 4, 1, 5, 5),
            (8, 4, 1, 0, 2),
            (8, usize::MAX, 1, 0, 1),
            (8, 0, 1, 0, 8),
        ] {
            let mut estimate = Estimate::new(8, work * SECOND, places);
            estimate.turn_begins(task(0), begun * SECOND);
            let remaining = estimate.remaining_ms(ready * SECOND);
            assert_eq!(remaining, left * 1000, "{work} {places} {begun} {ready}");
        }
    }

    #[test]
    fn a_run_that_is_slower_than_expected_goes_on_to_be() {
        let left = |took: Duration| {
            let mut estimate = Estimate::new(2, 20 * SECOND, 1);
            estimate.turn_is_over(task(0), 10 * SECOND, Some(took));
            estimate.remaining_ms(0)
        };
        assert_eq!(left(Duration::from_secs(10)), 10_000);
        assert_eq!(left(Duration::from_secs(21)), 20_000);
        assert_eq!(left(Duration::ZERO), 909);
    }

    /// What is found to be deleted comes after the turns.
    #[test]
    fn deletions_come_on_top() {
        let mut estimate = Estimate::new(2, 2 * SECOND, 9);
        estimate.turn_begins(task(1), SECOND);
        estimate.deletions_found(task(0), 3 * SECOND, 5 * SECOND);
        assert_eq!(estimate.remaining_ms(0), 6000);
        estimate.turn_is_over(task(1), SECOND, None);
        assert_eq!(estimate.remaining_ms(0), 5000);
        estimate.deletion_is_over(task(0), 2 * SECOND, None, false);
        assert_eq!(estimate.remaining_ms(0), 5000);
        estimate.deletion_is_over(task(0), SECOND, None, true);
        assert_eq!(estimate.remaining_ms(0), 111, "a second of work at nine places");
    }

    proptest! {
        /// The less is left, the less time it takes; and nothing takes none.
        #[test]
        fn it_only_falls_while_the_pace_holds(
            tasks in prop::collection::vec((0..100 * SECOND, 0..100 * SECOND), 1..20),
            places in 1usize..9,
        ) {
            let work = tasks.iter().map(|(own, _)| own).sum();
            let mut estimate = Estimate::new(tasks.len(), work, places);
            for (nth, (own, path)) in tasks.iter().enumerate() {
                estimate.turn_begins(task(nth), own + path);
            }
            let mut last = estimate.remaining_ms(0);
            for (nth, (own, _)) in tasks.iter().enumerate() {
                estimate.turn_is_over(task(nth), *own, None);
                let now = estimate.remaining_ms(0);
                prop_assert!(now <= last, "{} after {}", now, last);
                last = now;
            }
            prop_assert_eq!(last, 0);
        }

        /// Whatever it is told, it answers.
        #[test]
        fn no_number_is_too_large(work: u64, path: u64, ready: u64, took: u64, places: usize) {
            let mut estimate = Estimate::new(1, work, places);
            estimate.turn_begins(task(0), path);
            estimate.turn_is_over(task(0), path, Some(Duration::from_micros(took)));
            estimate.deletions_found(task(0), work, path);
            estimate.remaining_ms(ready);
        }
    }
}

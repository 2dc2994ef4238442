//! When everything was, and how long the rest will take.

use petgraph::{Direction::Incoming, graph::NodeIndex};

use super::{Books, expected};
use crate::{
    Event, Failure, Mode, Progress, Provider, TaskId, Timing, Wait,
    run::{Job, clock::milliseconds, estimate::micros, schedule::Step},
};

impl<P: Provider, F: FnMut(Event<'_>)> Books<'_, P, F> {
    /// How far the run is.
    pub(super) fn progress(&mut self) -> Progress {
        let remaining_ms = match self.stopped {
            Some(_) => None,
            None => Some(self.estimate.remaining_ms(self.schedule.longest_ready())),
        };
        Progress { remaining_ms, ..self.progress }
    }

    /// When a job was, now that it is over. A plan does not say.
    pub(super) fn timing(&mut self, job: Job) -> Option<Timing> {
        if self.mode == Mode::Plan {
            return None;
        }
        let clock = *self.clock(job);
        let started_ms = clock.started(self.start).map(milliseconds);
        // From whole milliseconds to whole milliseconds, so that what follows at once begins
        // where this ends.
        let duration = started_ms.map_or(0, |started| self.now_ms().saturating_sub(started));
        let (after, ready_ms) = started_ms.and_then(|_| self.freed(job)).unzip();
        let ready_ms = started_ms.map(|_| ready_ms.unwrap_or_default());
        let waits = self.waits.remove(&job).unwrap_or_default();
        let (attempts, duration_ms) = (Some(clock.attempts), Some(duration));
        Some(Timing { attempts, after, ready_ms, started_ms, duration_ms, waits })
    }

    /// Notes that a job rests.
    pub(super) fn note_wait(&mut self, job: Job, attempt: u32, error: Failure, delay_ms: u64) {
        let started_ms = self.now_ms();
        let wait = Wait { attempt, error, started_ms, delay_ms, resumed_ms: None };
        self.waits.entry(job).or_default().push(wait);
    }

    /// Notes that a job is tried again, if it rested.
    pub(super) fn resume(&mut self, job: Job) {
        let now = self.now_ms();
        if let Some(wait) = self.waits.get_mut(&job).and_then(|waits| waits.last_mut()) {
            wait.resumed_ms = Some(now);
        }
    }

    /// Notes what let a task's deletions begin.
    pub(super) fn free_deletions(&mut self, node: NodeIndex, nth: usize) {
        let freed = match self.schedule.freed_by(Step::Delete(node)) {
            Some(Step::Turn(by)) => self.turn_ended(by),
            Some(Step::Delete(by)) => self
                .wastes
                .last(by)
                .and_then(|last| Some((last.task.clone(), last.timing.ended_ms()?))),
            None => None,
        };
        self.wastes.get_mut(node, nth).freed = freed;
    }

    /// Notes how many things a task wants deleted.
    pub(super) fn expect_deletions(&mut self, node: NodeIndex, many: usize) {
        let idle = many == 0 && self.departures.is_empty();
        if idle || self.mode == Mode::Plan {
            return;
        }
        let nodes = &self.sealed.nodes;
        self.departures.resize(nodes.node_count(), 0);
        let needs = nodes.neighbors_directed(node, Incoming);
        let after = needs.map(|need| self.departures[need.index()]).max().unwrap_or_default();
        let each = self.expected(node);
        let own = each.saturating_mul(u64::try_from(many).unwrap_or(u64::MAX));
        let path = after.saturating_add(own);
        self.departures[node.index()] = path;
        if many > 0 {
            self.estimate.deletions_found(node, own, path);
        }
    }

    pub(super) fn turn_is_over(&mut self, node: NodeIndex) {
        let clock = self.clocks[node.index()];
        let took = (clock.attempts > 0).then(|| clock.spent());
        self.estimate.turn_is_over(node, self.expected(node), took);
    }

    pub(super) fn deletion_is_over(&mut self, node: NodeIndex, nth: usize) {
        let waste = self.wastes.get(node, nth);
        let was_to_go = waste.judged.settled(self.options.prune).is_none();
        if was_to_go && self.mode == Mode::Apply {
            let took = (waste.clock.attempts > 0).then(|| waste.clock.spent());
            let last = self.wastes.pending(node).next().is_none();
            self.estimate.deletion_is_over(node, self.expected(node), took, last);
        }
    }

    /// What a job waited for last, and when that was over.
    fn freed(&self, job: Job) -> Option<(TaskId, u64)> {
        match job {
            Job::Delete(node, nth) => self.wastes.get(node, nth).freed.clone(),
            Job::Turn(node) => match self.schedule.freed_by(Step::Turn(node))? {
                Step::Turn(by) | Step::Delete(by) => self.turn_ended(by),
            },
        }
    }

    fn turn_ended(&self, node: NodeIndex) -> Option<(TaskId, u64)> {
        let timing = match &self.entries[node.index()] {
            Some(entry) => &entry.timing,
            None => self.wastes.own(node)?.look.as_deref()?,
        };
        Some((self.sealed.nodes[node].id().clone(), timing.ended_ms()?))
    }

    fn expected(&self, node: NodeIndex) -> u64 {
        micros(expected(&*self.sealed.nodes[node], self.mode, self.options))
    }

    fn now_ms(&self) -> u64 {
        milliseconds(self.start.elapsed())
    }
}

//! The end of a run.

use std::mem;

use petgraph::graph::NodeIndex;
use tracing::Span;

use super::Books;
use crate::{
    ChangeKind, Entry, Event, Mode, Outcome, Provider, Report, SCHEMA_VERSION, Warning,
    graph::IdleRule,
    run::{Job, clock::milliseconds, site::Writing},
};

impl<P: Provider, F: FnMut(Event<'_>)> Books<'_, P, F> {
    /// Ends the run. What has no entry yet was waiting, or is being left.
    pub(in crate::run) fn close(mut self, writing: &[Writing]) -> Report {
        for (job, mut tried) in mem::take(&mut self.held) {
            let in_doubt = self.clock(job).running && may_have_written(job, writing);
            if !in_doubt {
                self.clock(job).running = false;
                tried.note("the run was stopped before this could be tried again");
                self.settle(tried, &Span::none());
            }
        }
        for node in self.sealed.nodes.node_indices() {
            self.close_strays(node);
            if self.entries[node.index()].is_none() && !self.wastes.has_own(node) {
                self.close_task(node, writing);
            }
        }
        let duration = (self.mode == Mode::Apply).then(|| milliseconds(self.start.elapsed()));
        let entries = self.take_entries();
        let report = Report {
            schema_version: SCHEMA_VERSION,
            mode: self.mode,
            warnings: self.warnings(&entries),
            entries,
            stopped: self.stopped,
            duration_ms: duration,
        };
        (self.tell)(Event::RunFinished { counts: report.counts(), stopped: report.stopped });
        report
    }

    fn close_strays(&mut self, node: NodeIndex) {
        for nth in self.wastes.pending(node).collect::<Vec<_>>() {
            let running = self.wastes.get(node, nth).clock.running;
            let outcome = if running { Outcome::InDoubt } else { Outcome::NotTried };
            self.finish_stray(node, nth, outcome);
        }
    }

    fn close_task(&mut self, node: NodeIndex, writing: &[Writing]) {
        let change = writing[node.index()].change();
        let in_doubt = change != ChangeKind::None;
        let outcome = if in_doubt { Outcome::InDoubt } else { Outcome::NotTried };
        let entry = Entry { change, ..self.draft(node, outcome) };
        self.finish_task(node, entry);
    }

    fn take_entries(&mut self) -> Vec<Entry> {
        let mut entries = Vec::with_capacity(self.progress.total);
        for (node, entry) in mem::take(&mut self.entries).into_iter().enumerate() {
            entries.extend(entry);
            entries.extend(self.wastes.take(NodeIndex::new(node)));
        }
        entries
    }

    /// The overrides that selected nothing, strays included.
    fn warnings(&self, entries: &[Entry]) -> Vec<Warning> {
        let idle = self.sealed.idle.iter();
        let idle = idle.filter(|rule| entries.iter().all(|entry| entry.rule != rule.ruling));
        idle.map(IdleRule::warning).collect()
    }
}

/// Whether a try that was left half-way may have changed something.
fn may_have_written(job: Job, writing: &[Writing]) -> bool {
    match job {
        Job::Turn(node) => writing[node.index()].change() != ChangeKind::None,
        Job::Delete(..) => true,
    }
}

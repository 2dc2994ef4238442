//! What comes of a task or a stray, and what follows from it for others.

use petgraph::graph::NodeIndex;
use tracing::{Span, field};

use super::{Books, Conclusion, draft, waste::Waste};
use crate::{
    ChangeKind, Entry, Event, Failure, Finding, Mode, Outcome, Provider, TaskError, TaskId,
    Verdict,
    run::{
        Job, Tried,
        clock::Clock,
        node::Deleted,
        schedule::Culprit,
        turn::{Judged, Try, Turn},
    },
};

impl<P: Provider, F: FnMut(Event<'_>)> Books<'_, P, F> {
    /// Takes in what came of a job for good.
    pub(super) fn settle(&mut self, tried: Tried, span: &Span) -> Conclusion {
        match tried {
            Tried::Turn(node, turn, notes) => {
                let turn = turn.settled(&self.sealed.governance[node.index()]);
                self.settle_turn(node, turn, notes, span);
                Conclusion::Over
            }
            Tried::Delete(node, nth, deleted) => self.settle_deletion(node, nth, deleted, span),
        }
    }

    fn settle_turn(&mut self, node: NodeIndex, turn: Turn, notes: Vec<String>, span: &Span) {
        let turn = self.as_begun(node, turn);
        let Turn { finding, verdict, change, outcome, doubt, strays, has_output } = turn;
        self.barren[node.index()] = !has_output;
        let failed = outcome.is_err();
        let (outcome, error) = match outcome {
            Ok(outcome) => (outcome, doubt),
            Err(error) => (Outcome::Failed, Some(Failure::from(&error))),
        };
        let entry = Entry { finding, verdict, change, error, notes, ..self.draft(node, outcome) };
        record(span, &entry);
        let entry = self.take_in(node, strays, entry);
        // Before it is told how far the run is: what follows is still to come.
        if !failed {
            let deletes = self.wastes.pending(node).next().is_some();
            self.schedule.turned(node, deletes);
        }
        if let Some(entry) = entry {
            self.finish_task(node, entry);
        }
        if failed {
            self.fail(node);
        } else {
            self.block_strays(node);
        }
    }

    /// Remembers what a try set out to change that is not the last.
    pub(super) fn note_begun(&mut self, tried: &Tried) {
        if let (Mode::Apply, Tried::Turn(node, Try::Read(turn), _)) = (self.mode, tried)
            && turn.change != ChangeKind::None
        {
            self.begun.entry(*node).or_insert_with(|| (turn.finding.clone(), turn.change));
        }
    }

    /// A turn that ended well, with what an earlier try set out to change.
    fn as_begun(&mut self, node: NodeIndex, turn: Turn) -> Turn {
        match (self.begun.remove(&node), &turn.outcome) {
            (Some((finding, change)), Ok(Outcome::Kept | Outcome::Done)) => Turn {
                finding,
                verdict: Some(Verdict::Render),
                change,
                outcome: Ok(Outcome::Done),
                ..turn
            },
            _ => turn,
        }
    }

    /// Takes in the strays that a task found. Gives its own entry back, unless it is a stray
    /// itself: then it is over when it is gone.
    fn take_in(&mut self, node: NodeIndex, strays: Vec<Judged>, own: Entry) -> Option<Entry> {
        if strays.is_empty() {
            self.expect_deletions(node, 0);
            return Some(own);
        }
        let mut own = Some(own);
        let mut wastes = Vec::with_capacity(strays.len());
        for judged in strays {
            let entry = match own.take_if(|_| judged.own) {
                Some(own) => {
                    self.turn_is_over(node);
                    Entry { look: self.timing(Job::Turn(node)).map(Box::new), ..own }
                }
                None => self.draft_stray(node, &judged),
            };
            let (task, found_by) = (&entry.task, self.sealed.nodes[node].id());
            (self.tell)(Event::StrayFound { task, found_by, verdict: judged.verdict });
            self.progress.total += usize::from(!judged.own);
            let clock = Clock::default();
            wastes.push(Waste { judged, clock, freed: None, entry, over: false });
        }
        let prune = self.options.prune;
        let settled: Vec<_> = wastes.iter().map(|waste| waste.judged.settled(prune)).collect();
        self.wastes.insert(node, wastes);
        let going = settled.iter().filter(|settled| settled.is_none()).count();
        self.expect_deletions(node, going);
        for (nth, settled) in settled.into_iter().enumerate() {
            match settled {
                None => {}
                Some(Ok(outcome)) => self.finish_stray(node, nth, outcome),
                Some(Err(error)) => self.fail_stray(node, nth, &error),
            }
        }
        own
    }

    fn settle_deletion(
        &mut self,
        node: NodeIndex,
        nth: usize,
        (result, notes): Deleted,
        span: &Span,
    ) -> Conclusion {
        self.wastes.get_mut(node, nth).entry.notes.extend(notes);
        match result {
            Ok(()) => self.finish_stray(node, nth, Outcome::Done),
            Err(error) => self.fail_stray(node, nth, &error),
        }
        record(span, &self.wastes.get(node, nth).entry);
        let next = self.wastes.pending(node).next();
        if let Some(next) = next {
            self.wastes.free_next(node, nth, next);
            return Conclusion::More(Job::Delete(node, next));
        }
        if self.schedule.barred_by(node).is_none() {
            self.schedule.deleted(node);
        }
        Conclusion::Over
    }

    /// Says of each deletion that it would be made.
    pub(super) fn plan_deletions(&mut self, node: NodeIndex) {
        for nth in self.wastes.pending(node).collect::<Vec<_>>() {
            self.finish_stray(node, nth, Outcome::Planned);
        }
        self.schedule.deleted(node);
    }

    /// Rules out all that follows from a task's failure.
    fn fail(&mut self, node: NodeIndex) {
        let by = self.sealed.nodes[node].id().clone();
        let culprit = self.culprit(by.clone());
        let fallout = self.schedule.failed(node, culprit);
        for doomed in fallout.doomed {
            let entry = if self.is_left_alone(doomed) {
                Entry { verdict: Some(Verdict::Keep), ..self.draft(doomed, Outcome::Kept) }
            } else {
                let task = self.sealed.nodes[doomed].id();
                (self.tell)(Event::TaskBlocked { task, by: &by });
                self.draft(doomed, Outcome::Blocked { by: by.clone() })
            };
            self.finish_task(doomed, entry);
        }
        for barred in fallout.barred {
            self.block_strays(barred);
        }
    }

    /// Rules out all deletions that follow the failed one.
    fn fail_stray(&mut self, node: NodeIndex, nth: usize, error: &TaskError) {
        let entry = &mut self.wastes.get_mut(node, nth).entry;
        entry.error = Some(error.into());
        let by = entry.task.clone();
        self.finish_stray(node, nth, Outcome::Failed);
        let culprit = self.culprit(by);
        for barred in self.schedule.stuck(node, culprit) {
            self.block_strays(barred);
        }
    }

    /// Blocks what a task wanted deleted, if that has been ruled out.
    fn block_strays(&mut self, node: NodeIndex) {
        let Some(Culprit(culprit)) = self.schedule.barred_by(node) else { return };
        let by = self.culprits[culprit as usize].clone();
        for nth in self.wastes.pending(node).collect::<Vec<_>>() {
            let task = &self.wastes.get(node, nth).entry.task;
            (self.tell)(Event::TaskBlocked { task, by: &by });
            self.finish_stray(node, nth, Outcome::Blocked { by: by.clone() });
        }
    }

    fn culprit(&mut self, failed: TaskId) -> Culprit {
        let culprit = u32::try_from(self.culprits.len()).expect("a graph has fewer tasks");
        self.culprits.push(failed);
        Culprit(culprit)
    }

    pub(super) fn finish_task(&mut self, node: NodeIndex, mut entry: Entry) {
        self.turn_is_over(node);
        entry.timing = self.timing(Job::Turn(node)).unwrap_or_default();
        self.progress.finished += 1;
        let progress = self.progress();
        let entry = self.entries[node.index()].insert(entry);
        (self.tell)(Event::TaskFinished { entry, progress });
    }

    pub(super) fn finish_stray(&mut self, node: NodeIndex, nth: usize, outcome: Outcome) {
        let timing = self.timing(Job::Delete(node, nth)).unwrap_or_default();
        let waste = self.wastes.get_mut(node, nth);
        waste.entry.outcome = outcome;
        waste.entry.timing = timing;
        waste.over = true;
        self.deletion_is_over(node, nth);
        self.progress.finished += 1;
        let progress = self.progress();
        let entry = &self.wastes.get(node, nth).entry;
        (self.tell)(Event::TaskFinished { entry, progress });
    }

    fn draft_stray(&self, node: NodeIndex, judged: &Judged) -> Entry {
        Entry {
            found_by: Some(self.sealed.nodes[node].id().clone()),
            finding: Finding::Stray { fields: judged.stray.fields.clone() },
            verdict: Some(judged.verdict),
            change: ChangeKind::of_stray(judged.verdict),
            ..draft((&judged.stray).into(), &judged.governance, Outcome::Planned)
        }
    }
}

/// Writes into a try's span what came of it.
fn record(span: &Span, entry: &Entry) {
    span.record("finding", entry.finding.name());
    span.record("outcome", entry.outcome.name());
    if let Some(error) = &entry.error {
        span.record("error", field::display(error));
    }
}

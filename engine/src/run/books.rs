//! What a run knows about its tasks: who is where, what came of whom, and who is told.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use petgraph::{
    Direction::{Incoming, Outgoing},
    graph::NodeIndex,
    visit::EdgeRef as _,
};
use tokio::time::Instant;
use tracing::{Span, field::Empty};

use super::{
    Job, Options, Tries,
    schedule::{Culprit, Schedule, Step, topological},
    turn::{Deleted, Judged, Node, Try, Turn, Writing},
};
use crate::{
    ChangeKind, Entry, Event, Failure, Finding, Mode, Outcome, Progress, Provider, Report,
    SCHEMA_VERSION, StopLevel, Stray, TaskError, TaskId,
    graph::{Need, Sealed},
    rule::Governance,
};

/// The state of a run. Every change to it is told as it is made.
pub(super) struct Books<'r, P: Provider, F> {
    sealed: &'r Sealed<P>,
    mode: Mode,
    options: &'r Options,
    tell: F,
    schedule: Schedule<'r, Box<dyn Node<P>>, Need>,
    /// Whether a task that is not compared is looked up all the same, for its values. Empty if
    /// every task is compared.
    needed: Vec<bool>,
    clocks: Vec<Clock>,
    entries: Vec<Option<Entry>>,
    /// Which tasks ended without the values that others take from them.
    barren: Vec<bool>,
    strays: BTreeMap<NodeIndex, Vec<Waste>>,
    /// What is to be tried again, with what it would come to if it were not.
    held: BTreeMap<Job, Tries>,
    /// What failed, by [`Culprit`].
    culprits: Vec<TaskId>,
    finished: usize,
    total: usize,
    stopped: Option<StopLevel>,
    start: Instant,
}

/// What comes after a try.
pub(super) enum Conclusion {
    /// Nothing.
    Over,
    /// This, before anything else.
    More(Job),
    /// The same, after a rest.
    Again(Duration),
}

/// A stray, from when it is found until it is over.
struct Waste {
    judged: Judged,
    clock: Clock,
    /// What the report will say, but for the outcome.
    entry: Entry,
    over: bool,
}

/// How often something was tried and since when.
#[derive(Clone, Copy, Debug, Default)]
struct Clock {
    attempts: u32,
    since: Option<Instant>,
    running: bool,
}

impl Clock {
    fn begin(&mut self) -> u32 {
        self.attempts += 1;
        self.running = true;
        self.since.get_or_insert_with(Instant::now);
        self.attempts
    }

    fn spent(&self) -> Duration {
        self.since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// Writes into an entry what a plan leaves out.
    fn stamp(&self, entry: &mut Entry, mode: Mode) {
        if mode == Mode::Apply {
            entry.attempts = Some(self.attempts);
            entry.duration_ms = Some(milliseconds(self.spent()));
        }
    }
}

impl<'r, P: Provider, F: FnMut(Event<'_>)> Books<'r, P, F> {
    pub(super) fn new(sealed: &'r Sealed<P>, mode: Mode, options: &'r Options, tell: F) -> Self {
        let nodes = &sealed.nodes;
        let order = topological(nodes);
        let expected = |node: NodeIndex| {
            let node = &nodes[node];
            let known = options.expected.get(node.id().kind());
            known.copied().unwrap_or_else(|| node.expected_duration())
        };
        let total = nodes.node_count();
        let mut books = Self {
            sealed,
            mode,
            options,
            tell,
            schedule: Schedule::new(nodes, &order, expected),
            needed: needed(sealed, &order),
            clocks: vec![Clock::default(); total],
            entries: vec![None; total],
            barren: vec![false; total],
            strays: BTreeMap::new(),
            held: BTreeMap::new(),
            culprits: Vec::new(),
            finished: 0,
            total,
            stopped: None,
            start: Instant::now(),
        };
        (books.tell)(Event::RunStarted { mode, tasks: total });
        books
    }

    /// What to try next.
    pub(super) fn next(&mut self) -> Option<Job> {
        loop {
            let node = match self.schedule.pop()? {
                Step::Turn(node) => return Some(Job::Turn(node)),
                Step::Delete(node) => node,
            };
            let nth = self.pending(node).next();
            match (self.mode, nth) {
                (Mode::Apply, Some(nth)) => return Some(Job::Delete(node, nth)),
                (Mode::Apply, None) => self.schedule.deleted(node),
                (Mode::Plan, _) => self.plan_deletions(node),
            }
        }
    }

    pub(super) fn is_needed(&self, node: NodeIndex) -> bool {
        self.needed.get(node.index()).copied().unwrap_or(true)
    }

    pub(super) fn stray(&self, node: NodeIndex, nth: usize) -> &Stray {
        &self.strays[&node][nth].judged.stray
    }

    pub(super) fn stopped(&self) -> Option<StopLevel> {
        self.stopped
    }

    /// Why a value that the task takes will never come, if one will not.
    pub(super) fn lacking(&self, node: NodeIndex) -> Option<String> {
        let mut takes = self.sealed.nodes.edges_directed(node, Incoming);
        let edge = takes
            .find(|edge| *edge.weight() == Need::Value && self.barren[edge.source().index()])?;
        let entry = self.entries[edge.source().index()].as_ref()?;
        let (task, lifecycle, rule) = (&entry.task, &entry.lifecycle, &entry.rule);
        let state = match entry.finding {
            Finding::Unreadable { .. } => "could not be looked at",
            _ => "is not there",
        };
        Some(format!(
            "takes a value from {task}, which {state} and is left so \
             (lifecycle {lifecycle}, set by {rule})"
        ))
    }

    /// Marks the start of a try.
    pub(super) fn begin(&mut self, job: Job, running: usize) -> Span {
        let progress = self.progress(running);
        let finder = self.sealed.nodes[job.node()].id();
        let governance = &self.sealed.governance[job.node().index()];
        match job {
            Job::Turn(node) => {
                let attempt = self.clocks[node.index()].begin();
                (self.tell)(Event::TaskStarted { task: finder, attempt, progress });
                span(finder, governance, attempt, None)
            }
            Job::Delete(node, nth) => {
                let waste = waste(&mut self.strays, node, nth);
                let attempt = waste.clock.begin();
                let task = &waste.entry.task;
                (self.tell)(Event::DeletionStarted { task, attempt, progress });
                span(task, &waste.judged.governance, attempt, Some(finder))
            }
        }
    }

    /// Takes in what came of a try.
    pub(super) fn conclude(
        &mut self,
        job: Job,
        result: Tries,
        running: usize,
        span: &Span,
    ) -> Conclusion {
        self.clock(job).running = false;
        if let Some(delay) = self.wait(job, &result) {
            self.held.insert(job, result);
            return Conclusion::Again(delay);
        }
        self.held.remove(&job);
        self.settle(job, result, running, span)
    }

    /// Stops the run: nothing new is started from here on.
    pub(super) fn stop(&mut self, level: StopLevel) {
        self.stopped = Some(level);
        let tasks = self.sealed.nodes.node_weights().zip(&self.clocks);
        let tasks = tasks.filter(|(_, clock)| clock.running).map(|(node, _)| node.id());
        let strays = self.strays.values().flatten();
        let strays = strays.filter(|waste| waste.clock.running).map(|waste| &waste.entry.task);
        let running = tasks.chain(strays).collect();
        (self.tell)(Event::Stopping { level, running });
    }

    /// Ends the run. What has no entry yet was waiting, or is being left.
    pub(super) fn close(mut self, writing: &[Writing]) -> Report {
        for (job, result) in std::mem::take(&mut self.held) {
            // What ran once more when the run was left is in doubt, whatever its last try came to.
            if !self.clock(job).running {
                self.settle(job, result, 0, &Span::none());
            }
        }
        for node in self.sealed.nodes.node_indices() {
            self.close_task(node, &writing[node.index()]);
        }
        let duration = (self.mode == Mode::Apply).then(|| milliseconds(self.start.elapsed()));
        let report = Report {
            schema_version: SCHEMA_VERSION,
            mode: self.mode,
            entries: self.take_entries(),
            warnings: self.sealed.warnings.clone(),
            stopped: self.stopped,
            duration_ms: duration,
        };
        (self.tell)(Event::RunFinished { counts: report.counts(), stopped: report.stopped });
        report
    }

    fn close_task(&mut self, node: NodeIndex, writing: &Writing) {
        for nth in self.pending(node).collect::<Vec<_>>() {
            let running = self.strays[&node][nth].clock.running;
            let outcome = if running { Outcome::InDoubt } else { Outcome::NotTried };
            self.finish_stray(node, nth, outcome, 0);
        }
        if !self.has_entry(node) {
            let change = writing.change();
            let in_doubt = self.clocks[node.index()].running && change != ChangeKind::None;
            let outcome = if in_doubt { Outcome::InDoubt } else { Outcome::NotTried };
            let entry = Entry { change, ..self.draft(node, outcome) };
            self.finish_task(node, entry, 0);
        }
    }

    fn take_entries(&mut self) -> Vec<Entry> {
        let mut entries = Vec::with_capacity(self.total);
        for (node, entry) in std::mem::take(&mut self.entries).into_iter().enumerate() {
            entries.extend(entry);
            let wastes = self.strays.remove(&NodeIndex::new(node)).unwrap_or_default();
            // What is not wanted itself stands first, though it goes last.
            let (own, found): (Vec<_>, _) = wastes.into_iter().partition(|waste| waste.judged.own);
            entries.extend(own.into_iter().chain(found).map(|waste| waste.entry));
        }
        entries
    }

    fn clock(&mut self, job: Job) -> &mut Clock {
        match job {
            Job::Turn(node) => &mut self.clocks[node.index()],
            Job::Delete(node, nth) => &mut waste(&mut self.strays, node, nth).clock,
        }
    }

    /// How long to rest before the same is tried again, if it is.
    fn wait(&mut self, job: Job, result: &Tries) -> Option<Duration> {
        let error = match result {
            Tries::Turn(turn, _) => turn.error()?,
            Tries::Delete((result, _)) => result.as_ref().err()?,
        };
        if !error.kind().is_passing() || self.stopped.is_some() {
            return None;
        }
        let clock = *self.clock(job);
        let (attempts, spent) = (clock.attempts, clock.spent());
        let draw = draw(self.options.seed, job, attempts);
        let delay = self.options.retry.wait(draw, attempts, spent)?;
        let failure = Failure::from(error);
        let task = match job {
            Job::Turn(node) => self.sealed.nodes[node].id(),
            Job::Delete(node, nth) => &self.strays[&node][nth].entry.task,
        };
        let delay_ms = milliseconds(delay);
        (self.tell)(Event::TaskWaiting { task, attempt: attempts, error: &failure, delay_ms });
        Some(delay)
    }

    fn settle(&mut self, job: Job, result: Tries, running: usize, span: &Span) -> Conclusion {
        match (job, result) {
            (Job::Turn(node), Tries::Turn(turn, notes)) => {
                self.settle_turn(node, turn, notes, running, span);
                Conclusion::Over
            }
            (Job::Delete(node, nth), Tries::Delete(deleted)) => {
                self.settle_deletion(node, nth, deleted, running, span)
            }
            (Job::Turn(_), Tries::Delete(_)) | (Job::Delete(..), Tries::Turn(..)) => {
                unreachable!("a job's result is of the job's kind")
            }
        }
    }

    fn settle_turn(
        &mut self,
        node: NodeIndex,
        turn: Try,
        notes: Vec<String>,
        running: usize,
        span: &Span,
    ) {
        let Turn { finding, verdict, change, outcome, doubt, strays, has_output } =
            turn.settled(&self.sealed.governance[node.index()]);
        self.barren[node.index()] = !has_output;
        span.record("finding", finding.name());
        let failed = outcome.is_err();
        let (outcome, error) = match outcome {
            Ok(outcome) => (outcome, doubt),
            Err(error) => (Outcome::Failed, Some(Failure::from(&error))),
        };
        let entry = Entry { finding, verdict, change, error, notes, ..self.draft(node, outcome) };
        let entry = self.take_in(node, strays, entry);
        if let Some(entry) = entry {
            span.record("outcome", entry.outcome.name());
            self.finish_task(node, entry, running);
        }
        if failed {
            self.fail(node, running);
        } else {
            let deletes = self.pending(node).next().is_some();
            self.schedule.turned(node, deletes);
            self.block_strays(node, running);
        }
    }

    /// Takes in the strays that a task found. Gives its own entry back, unless it is a stray
    /// itself: then it is over when it is gone.
    fn take_in(&mut self, node: NodeIndex, strays: Vec<Judged>, own: Entry) -> Option<Entry> {
        if strays.is_empty() {
            return Some(own);
        }
        let mut own = Some(own);
        let mut wastes = Vec::with_capacity(strays.len());
        for judged in strays {
            let entry = match own.take_if(|_| judged.own) {
                Some(own) => own,
                None => self.draft_stray(node, &judged),
            };
            let (task, found_by) = (&entry.task, self.sealed.nodes[node].id());
            (self.tell)(Event::StrayFound { task, found_by, verdict: judged.verdict });
            wastes.push(Waste { judged, clock: Clock::default(), entry, over: false });
        }
        self.total += wastes.iter().filter(|waste| !waste.judged.own).count();
        let settled: Vec<_> =
            wastes.iter().map(|waste| waste.judged.settled(self.options.prune)).collect();
        self.strays.insert(node, wastes);
        for (nth, settled) in settled.into_iter().enumerate() {
            match settled {
                None => {}
                Some(Ok(outcome)) => self.finish_stray(node, nth, outcome, 0),
                Some(Err(error)) => self.fail_stray(node, nth, &error, 0),
            }
        }
        own
    }

    fn settle_deletion(
        &mut self,
        node: NodeIndex,
        nth: usize,
        (result, notes): Deleted,
        running: usize,
        span: &Span,
    ) -> Conclusion {
        waste(&mut self.strays, node, nth).entry.notes.extend(notes);
        match result {
            Ok(()) => self.finish_stray(node, nth, Outcome::Done, running),
            Err(error) => self.fail_stray(node, nth, &error, running),
        }
        span.record("outcome", self.strays[&node][nth].entry.outcome.name());
        if let Some(next) = self.pending(node).next() {
            return Conclusion::More(Job::Delete(node, next));
        }
        if self.schedule.barred_by(node).is_none() {
            self.schedule.deleted(node);
        }
        Conclusion::Over
    }

    /// Says of each deletion that it would be made.
    fn plan_deletions(&mut self, node: NodeIndex) {
        for nth in self.pending(node).collect::<Vec<_>>() {
            self.finish_stray(node, nth, Outcome::Planned, 0);
        }
        self.schedule.deleted(node);
    }

    /// Rules out all that follows from a task's failure.
    fn fail(&mut self, node: NodeIndex, running: usize) {
        let by = self.sealed.nodes[node].id().clone();
        let culprit = self.culprit(by.clone());
        let fallout = self.schedule.failed(node, culprit);
        for doomed in fallout.doomed {
            let task = self.sealed.nodes[doomed].id();
            (self.tell)(Event::TaskBlocked { task, by: &by });
            let entry = self.draft(doomed, Outcome::Blocked { by: by.clone() });
            self.finish_task(doomed, entry, running);
        }
        for barred in fallout.barred {
            self.block_strays(barred, running);
        }
    }

    /// Rules out all deletions that follow the failed one.
    fn fail_stray(&mut self, node: NodeIndex, nth: usize, error: &TaskError, running: usize) {
        let waste = waste(&mut self.strays, node, nth);
        waste.entry.error = Some(error.into());
        let by = waste.entry.task.clone();
        self.finish_stray(node, nth, Outcome::Failed, running);
        let culprit = self.culprit(by);
        for barred in self.schedule.stuck(node, culprit) {
            self.block_strays(barred, running);
        }
    }

    /// Blocks what a task wanted deleted, if that has been ruled out.
    fn block_strays(&mut self, node: NodeIndex, running: usize) {
        let Some(Culprit(culprit)) = self.schedule.barred_by(node) else { return };
        let by = self.culprits[culprit as usize].clone();
        for nth in self.pending(node).collect::<Vec<_>>() {
            let task = &self.strays[&node][nth].entry.task;
            (self.tell)(Event::TaskBlocked { task, by: &by });
            self.finish_stray(node, nth, Outcome::Blocked { by: by.clone() }, running);
        }
    }

    fn culprit(&mut self, failed: TaskId) -> Culprit {
        let culprit = u32::try_from(self.culprits.len()).expect("there are fewer tasks than that");
        self.culprits.push(failed);
        Culprit(culprit)
    }

    /// The strays that a task found and that are not over, in the order in which they go.
    fn pending(&self, node: NodeIndex) -> impl Iterator<Item = usize> + use<'_, P, F> {
        let wastes = self.strays.get(&node).into_iter().flatten().enumerate();
        wastes.filter(|(_, waste)| !waste.over).map(|(nth, _)| nth)
    }

    fn has_entry(&self, node: NodeIndex) -> bool {
        let own = || self.strays.get(&node).into_iter().flatten().any(|waste| waste.judged.own);
        self.entries[node.index()].is_some() || own()
    }

    fn finish_task(&mut self, node: NodeIndex, mut entry: Entry, running: usize) {
        self.clocks[node.index()].stamp(&mut entry, self.mode);
        self.finished += 1;
        let progress = self.progress(running);
        let entry = self.entries[node.index()].insert(entry);
        (self.tell)(Event::TaskFinished { entry, progress });
    }

    fn finish_stray(&mut self, node: NodeIndex, nth: usize, outcome: Outcome, running: usize) {
        self.finished += 1;
        let progress = self.progress(running);
        let Waste { clock, entry, over, .. } = waste(&mut self.strays, node, nth);
        entry.outcome = outcome;
        clock.stamp(entry, self.mode);
        *over = true;
        (self.tell)(Event::TaskFinished { entry, progress });
    }

    fn draft(&self, node: NodeIndex, outcome: Outcome) -> Entry {
        let task = self.sealed.nodes[node].id().clone();
        draft(task, &self.sealed.governance[node.index()], outcome)
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

    fn progress(&self, running: usize) -> Progress {
        Progress { finished: self.finished, running, total: self.total }
    }
}

fn draft(task: TaskId, governance: &Governance, outcome: Outcome) -> Entry {
    Entry {
        task,
        found_by: None,
        lifecycle: Arc::clone(&governance.name),
        rule: governance.ruling.clone(),
        finding: Finding::NotLooked,
        verdict: None,
        change: ChangeKind::None,
        outcome,
        error: None,
        notes: Vec::new(),
        attempts: None,
        duration_ms: None,
    }
}

fn waste(strays: &mut BTreeMap<NodeIndex, Vec<Waste>>, node: NodeIndex, nth: usize) -> &mut Waste {
    let wastes = strays.get_mut(&node).expect("the task has found strays");
    wastes.get_mut(nth).expect("the task has found this stray")
}

/// Which tasks that are not compared are looked up all the same: those that another task, which
/// is looked at itself, takes a value from.
fn needed<P: Provider>(sealed: &Sealed<P>, order: &[NodeIndex]) -> Vec<bool> {
    let reads = |node: NodeIndex| sealed.governance[node.index()].lifecycle.reads();
    if order.iter().all(|&node| reads(node)) {
        return Vec::new();
    }
    let mut needed = vec![false; order.len()];
    for &node in order.iter().rev() {
        let mut takers = sealed.nodes.edges_directed(node, Outgoing);
        needed[node.index()] = takers.any(|edge| {
            let taker = edge.target();
            *edge.weight() == Need::Value && (reads(taker) || needed[taker.index()])
        });
    }
    needed
}

/// What the jitter of one rest is drawn from: the same whatever else happens in the run.
fn draw(seed: u64, job: Job, attempt: u32) -> u64 {
    let (node, nth) = match job {
        Job::Turn(node) => (node.index(), 0),
        Job::Delete(node, nth) => (node.index(), nth + 1),
    };
    [node, nth].iter().fold(seed ^ u64::from(attempt), |draw, &part| {
        draw.rotate_left(23).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ part as u64
    })
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn span(task: &TaskId, governance: &Governance, attempt: u32, found_by: Option<&TaskId>) -> Span {
    let (kind, name, lifecycle) = (task.kind(), task.name(), &*governance.name);
    let span = tracing::info_span!(
        "task", %task, kind, name, lifecycle, rule = %governance.ruling, attempt,
        found_by = Empty, finding = Empty, outcome = Empty, error = Empty,
    );
    if let Some(finder) = found_by {
        span.record("found_by", tracing::field::display(finder));
    }
    span
}

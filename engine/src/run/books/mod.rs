//! What a run knows about its tasks: who is where, what came of whom, and who is told.

mod close;
mod settle;
mod timing;
mod waste;

use std::{collections::BTreeMap, time::Duration};

use petgraph::{
    Direction::{Incoming, Outgoing},
    graph::NodeIndex,
    visit::EdgeRef as _,
};
use tokio::time::Instant;
use tracing::{Span, field::Empty};

use self::waste::Wastes;
use super::{
    Job, Options, Tried,
    clock::{Clock, milliseconds},
    estimate::{Estimate, micros},
    node::Node,
    schedule::{Schedule, Step, topological},
};
use crate::{
    ChangeKind, Entry, Event, Failure, Finding, Mode, Outcome, Progress, Provider, StopLevel,
    Stray, TaskId, Timing, Wait,
    graph::{Need, Sealed},
    rule::Governance,
};

/// How long a look usually takes.
const LOOK: Duration = Duration::from_millis(200);

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
    wastes: Wastes,
    /// What rests, or waits for a place after a rest: what it came to so far.
    held: BTreeMap<Job, Tried>,
    /// The rests so far of what is not over.
    waits: BTreeMap<Job, Vec<Wait>>,
    /// What tasks set out to change in a try that was not the last: that it is done by then, or in
    /// part, does not make it undone.
    begun: BTreeMap<NodeIndex, (Finding, ChangeKind)>,
    /// What failed, by [`Culprit`](super::schedule::Culprit).
    culprits: Vec<TaskId>,
    progress: Progress,
    estimate: Estimate,
    /// How long it is expected to take until what each task wants deleted, and all that goes after
    /// it, is gone, in µs. Empty until something is found.
    departures: Vec<u64>,
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

impl<'r, P: Provider, F: FnMut(Event<'_>)> Books<'r, P, F> {
    pub(super) fn new(sealed: &'r Sealed<P>, mode: Mode, options: &'r Options, tell: F) -> Self {
        let nodes = &sealed.nodes;
        let order = topological(nodes);
        let total = nodes.node_count();
        let mut work = 0u64;
        let expected = |node: NodeIndex| {
            let expected = expected(&*nodes[node], mode, options);
            work = work.saturating_add(micros(expected));
            expected
        };
        let schedule = Schedule::new(nodes, &order, |need| *need != Need::Deletion, expected);
        let mut books = Self {
            sealed,
            mode,
            options,
            tell,
            schedule,
            needed: needed(sealed, &order),
            clocks: vec![Clock::default(); total],
            entries: vec![None; total],
            barren: vec![false; total],
            wastes: Wastes::default(),
            held: BTreeMap::new(),
            waits: BTreeMap::new(),
            begun: BTreeMap::new(),
            culprits: Vec::new(),
            progress: Progress { total, ..Progress::default() },
            estimate: Estimate::new(total, work, options.concurrency),
            departures: Vec::new(),
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
            let nth = self.wastes.pending(node).next();
            match (self.mode, nth) {
                (Mode::Apply, Some(nth)) => {
                    self.free_deletions(node, nth);
                    return Some(Job::Delete(node, nth));
                }
                (Mode::Apply, None) => self.schedule.deleted(node),
                (Mode::Plan, _) => self.plan_deletions(node),
            }
        }
    }

    /// Whether nothing would be done about a task anyway: it is neither compared nor looked up.
    fn is_left_alone(&self, node: NodeIndex) -> bool {
        !self.sealed.governance[node.index()].lifecycle.reads() && !self.is_needed(node)
    }

    /// Whether another task takes a value from this one.
    pub(super) fn is_needed(&self, node: NodeIndex) -> bool {
        self.needed.get(node.index()).copied().unwrap_or(true)
    }

    /// The nth stray that a task found.
    pub(super) fn stray(&self, node: NodeIndex, nth: usize) -> &Stray {
        &self.wastes.get(node, nth).judged.stray
    }

    /// How far the run was told to stop.
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
            "take a value from {task}, which {state} and is left so \
             (lifecycle {lifecycle}, set by {rule})"
        ))
    }

    /// Marks the start of a try.
    pub(super) fn begin(&mut self, job: Job) -> Span {
        self.progress.running += 1;
        if !self.waits.is_empty() {
            self.resume(job);
        }
        let attempt = self.clock(job).begin();
        if let (Job::Turn(node), 1) = (job, attempt) {
            self.estimate.turn_begins(node, self.schedule.path(node));
        }
        let progress = self.progress();
        let finder = self.sealed.nodes[job.node()].id();
        match job {
            Job::Turn(node) => {
                (self.tell)(Event::TaskStarted { task: finder, attempt, progress });
                span(finder, &self.sealed.governance[node.index()], attempt, None)
            }
            Job::Delete(node, nth) => {
                let waste = self.wastes.get(node, nth);
                let task = &waste.entry.task;
                (self.tell)(Event::DeletionStarted { task, attempt, progress });
                span(task, &waste.judged.governance, attempt, Some(finder))
            }
        }
    }

    /// Takes in what came of a try.
    pub(super) fn conclude(&mut self, tried: Tried, span: &Span) -> Conclusion {
        let job = tried.job();
        self.progress.running -= 1;
        self.clock(job).running = false;
        if let Some(delay) = self.wait(&tried) {
            self.note_begun(&tried);
            self.held.insert(job, tried);
            return Conclusion::Again(delay);
        }
        self.held.remove(&job);
        self.settle(tried, span)
    }

    /// Stops the run: nothing new is started from here on.
    pub(super) fn stop(&mut self, level: StopLevel) {
        self.stopped = Some(level);
        let tasks = self.sealed.nodes.node_weights().zip(&self.clocks);
        let tasks = tasks.filter(|(_, clock)| clock.running).map(|(node, _)| node.id());
        let running = tasks.chain(self.wastes.running()).collect();
        (self.tell)(Event::Stopping { level, running });
    }

    fn clock(&mut self, job: Job) -> &mut Clock {
        match job {
            Job::Turn(node) => &mut self.clocks[node.index()],
            Job::Delete(node, nth) => &mut self.wastes.get_mut(node, nth).clock,
        }
    }

    /// How long to rest before the same is tried again, if it is.
    fn wait(&mut self, tried: &Tried) -> Option<Duration> {
        let error = tried.error().filter(|error| error.kind().is_passing())?;
        if self.stopped.is_some() {
            return None;
        }
        let job = tried.job();
        let clock = *self.clock(job);
        let draw = draw(self.options.seed, job, clock.attempts);
        let delay = self.options.retry.wait(draw, clock.attempts, clock.spent())?;
        let failure = Failure::from(error);
        let task = match job {
            Job::Turn(node) => self.sealed.nodes[node].id(),
            Job::Delete(node, nth) => &self.wastes.get(node, nth).entry.task,
        };
        let (attempt, delay_ms) = (clock.attempts, milliseconds(delay));
        (self.tell)(Event::TaskWaiting { task, attempt, error: &failure, delay_ms });
        if self.mode == Mode::Apply {
            self.note_wait(job, attempt, failure, delay_ms);
        }
        Some(delay)
    }

    fn draft(&self, node: NodeIndex, outcome: Outcome) -> Entry {
        let task = self.sealed.nodes[node].id().clone();
        draft(task, &self.sealed.governance[node.index()], outcome)
    }
}

/// An entry that says nothing yet but who decides.
fn draft(task: TaskId, governance: &Governance, outcome: Outcome) -> Entry {
    Entry {
        task,
        found_by: None,
        lifecycle: governance.name.clone(),
        rule: governance.ruling.clone(),
        finding: Finding::NotLooked,
        verdict: None,
        change: ChangeKind::None,
        outcome,
        error: None,
        notes: Vec::new(),
        timing: Timing::default(),
        look: None,
    }
}

/// How long a task's turn usually takes. In a plan each only looks, and one look is like another.
fn expected<P: Provider>(node: &dyn Node<P>, mode: Mode, options: &Options) -> Duration {
    if mode == Mode::Plan {
        return LOOK;
    }
    let known = options.expected.get(node.id().kind());
    known.copied().unwrap_or_else(|| node.expected_duration())
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

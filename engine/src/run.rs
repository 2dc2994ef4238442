//! Runs a graph: one loop owns all of a run's state.

use std::{collections::BTreeMap, time::Duration};

use futures::{StreamExt, stream::FuturesUnordered};
use petgraph::graph::{DiGraph, NodeIndex};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{
    Entry, ErrorKind, Event, Finding, Outcome, Provider, Report, Target, TaskError, Verdict,
    erased::{Node, Turn, whole_story},
    schedule::Schedule,
};

/// How a graph is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many tasks may be under way at once.
    pub concurrency: usize,
    /// How often a task that is not ready is tried.
    pub attempts: u32,
    /// How long to wait between tries.
    pub delay: Duration,
    /// Asks the run to stop: no new turns, but those under way are seen through.
    pub stop: CancellationToken,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            concurrency: 16,
            attempts: 12,
            delay: Duration::from_secs(5),
            stop: CancellationToken::new(),
        }
    }
}

impl Options {
    fn retries(&self, error: &TaskError, attempt: u32) -> bool {
        error.kind() == ErrorKind::NotReady && attempt < self.attempts
    }
}

pub(crate) async fn run<P: Provider>(
    nodes: &DiGraph<Box<dyn Node<P>>, ()>,
    target: &Target<'_, P>,
    options: &Options,
    mut tell: impl FnMut(Event<'_>),
) -> Report {
    let mut schedule = Schedule::new(nodes);
    let mut running = FuturesUnordered::new();
    let mut resting = FuturesUnordered::new();
    let mut rested = Vec::new();
    let mut entries = BTreeMap::new();
    tell(Event::RunStarted { tasks: nodes.node_count() });

    loop {
        let stopped = options.stop.is_cancelled();
        while !stopped && running.len() < options.concurrency {
            let again = rested.pop();
            let Some((task, attempt)) = again.or_else(|| Some((schedule.pop()?, 1))) else { break };
            tell(Event::TaskStarted { task: nodes[task].id(), attempt });
            let needed = nodes.neighbors(task).next().is_some();
            running.push(turn(task, &*nodes[task], target, needed, attempt));
        }
        if running.is_empty() && (stopped || resting.is_empty()) {
            break;
        }
        let Finished { task, attempt, turn } = tokio::select! {
            Some(finished) = running.next() => finished,
            Some(again) = resting.next() => {
                rested.push(again);
                continue;
            }
            () = options.stop.cancelled(), if !stopped => continue,
        };
        let node = &*nodes[task];
        let (finding, verdict, outcome) = match turn {
            Turn::Failed { error, .. } if options.retries(&error, attempt) => {
                let reason = whole_story(&error);
                tell(Event::TaskWaiting { task: node.id(), reason, delay: options.delay });
                resting.push(rest(task, attempt + 1, options.delay));
                continue;
            }
            Turn::Failed { finding, verdict, error } => {
                schedule.failed(task);
                (finding, verdict, failed(&error))
            }
            Turn::Done { finding, verdict, outcome } => {
                schedule.done(task);
                (finding, verdict, outcome)
            }
        };
        entries.insert(task, entry(node, finding, verdict, outcome));
        tell(Event::TaskFinished { entry: &entries[&task] });
    }

    let report = Report {
        entries: nodes
            .node_indices()
            .map(|task| entries.remove(&task).unwrap_or_else(|| untried(nodes, &schedule, task)))
            .collect(),
    };
    let (changes, failures) = (report.changes().count(), report.failures().count());
    tell(Event::RunFinished { changes, failures });
    report
}

struct Finished {
    task: NodeIndex,
    attempt: u32,
    turn: Turn,
}

async fn turn<P: Provider>(
    task: NodeIndex,
    node: &dyn Node<P>,
    target: &Target<'_, P>,
    needed: bool,
    attempt: u32,
) -> Finished {
    Finished { task, attempt, turn: node.reconcile(target, needed).await }
}

async fn rest(task: NodeIndex, attempt: u32, delay: Duration) -> (NodeIndex, u32) {
    sleep(delay).await;
    (task, attempt)
}

fn entry<P: Provider>(
    node: &dyn Node<P>,
    finding: Finding,
    verdict: Verdict,
    outcome: Outcome,
) -> Entry {
    Entry { task: node.id().clone(), lifecycle: node.lifecycle(), finding, verdict, outcome }
}

fn failed(error: &TaskError) -> Outcome {
    Outcome::Failed { error: whole_story(error), hint: error.hints().map(Into::into) }
}

fn untried<P: Provider>(
    nodes: &DiGraph<Box<dyn Node<P>>, ()>,
    schedule: &Schedule<'_, Box<dyn Node<P>>>,
    task: NodeIndex,
) -> Entry {
    let outcome = match schedule.doomed_by(task) {
        Some(broken) => Outcome::Skipped { because: nodes[broken].id().clone() },
        None => Outcome::Stopped,
    };
    entry(&*nodes[task], Finding::NotLooked, Verdict::Keep, outcome)
}

//! Runs a graph: one loop owns all of a run's state.

mod books;
mod clock;
mod estimate;
mod node;
mod options;
mod schedule;
mod site;
mod stop;
mod turn;

use std::{collections::VecDeque, pin::pin};

use futures::{FutureExt as _, StreamExt as _, stream::FuturesUnordered};
use petgraph::graph::NodeIndex;
use tokio::time::sleep;
use tracing::{Instrument as _, Span, field::Empty};

pub(crate) use self::node::{Added, Node, Purpose};
use self::{
    books::{Books, Conclusion},
    node::Deleted,
    site::{Site, Writing},
    turn::Try,
};
pub use self::{
    options::{Options, Retry},
    stop::Stop,
};
use crate::{Event, Mode, Provider, Report, StopLevel, Stray, Target, TaskError, graph::Sealed};

/// Something to be tried: a task's turn, or the deletion of the nth stray that it found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Job {
    Turn(NodeIndex),
    Delete(NodeIndex, usize),
}

impl Job {
    fn node(self) -> NodeIndex {
        match self {
            Self::Turn(node) | Self::Delete(node, _) => node,
        }
    }
}

/// A try that is over.
enum Tried {
    Turn(NodeIndex, Try, Vec<String>),
    Delete(NodeIndex, usize, Deleted),
}

impl Tried {
    fn job(&self) -> Job {
        match self {
            Self::Turn(node, ..) => Job::Turn(*node),
            Self::Delete(node, nth, _) => Job::Delete(*node, *nth),
        }
    }

    fn error(&self) -> Option<&TaskError> {
        match self {
            Self::Turn(_, turn, _) => turn.error(),
            Self::Delete(_, _, (result, _)) => result.as_ref().err(),
        }
    }

    fn note(&mut self, text: &str) {
        match self {
            Self::Turn(_, _, notes) | Self::Delete(_, _, (_, notes)) => notes.push(text.to_owned()),
        }
    }
}

pub(crate) async fn run<P: Provider>(
    sealed: &Sealed<P>,
    target: &Target<'_, P>,
    mode: Mode,
    options: &Options,
    tell: impl FnMut(Event<'_>),
) -> Report {
    let tasks = sealed.nodes.node_count();
    let (changes, failures) = (Empty, Empty);
    let span =
        tracing::info_span!("run", ?mode, tasks, options.prune, changes, failures, stopped = Empty);
    let report = drive(sealed, target, mode, options, tell).instrument(span.clone()).await;
    let counts = report.counts();
    span.record("changes", counts.changes());
    span.record("failures", counts.failed);
    if let Some(level) = report.stopped {
        span.record("stopped", tracing::field::debug(level));
    }
    report
}

async fn drive<P: Provider>(
    sealed: &Sealed<P>,
    target: &Target<'_, P>,
    mode: Mode,
    options: &Options,
    tell: impl FnMut(Event<'_>),
) -> Report {
    let writing: Vec<Writing> = sealed.nodes.node_indices().map(|_| Writing::default()).collect();
    let mut books = Books::new(sealed, mode, options, tell);
    let mut running = FuturesUnordered::new();
    let mut resting = FuturesUnordered::new();
    let mut rested = VecDeque::new();
    let mut finishing = pin!(options.stop.finishing().fuse());
    let mut leaving = pin!(options.stop.leaving().fuse());
    let concurrency = options.concurrency.max(1);

    loop {
        let level = options.stop.level();
        if let Some(level) = level.filter(|level| Some(*level) > books.stopped()) {
            books.stop(level);
        }
        if level == Some(StopLevel::Leave) {
            break;
        }
        let stopping = level.is_some();
        while !stopping && running.len() < concurrency {
            let Some(job) = rested.pop_front().or_else(|| books.next()) else { break };
            let work = match (job, target) {
                (Job::Turn(node), _) => Work::Turn(Site {
                    target,
                    sealed,
                    node,
                    needed: books.is_needed(node),
                    prune: options.prune,
                    lacking: books.lacking(node),
                    writing: &writing[node.index()],
                }),
                (Job::Delete(node, nth), Target::Apply(writer)) => {
                    Work::Delete(*writer, node, nth, books.stray(node, nth).clone())
                }
                // A plan's books hand out no deletions.
                (Job::Delete(..), Target::DryRun(_)) => continue,
            };
            let (node, span) = (&*sealed.nodes[job.node()], books.begin(job));
            running.push(attempt(node, work, span.clone()).instrument(span));
        }
        if running.is_empty() && (stopping || resting.is_empty()) {
            break;
        }
        tokio::select! {
            biased;
            // What there is to do about a stop is done at the top.
            () = &mut leaving => {}
            () = &mut finishing, if !stopping => {}
            Some((tried, span)) = running.next() => {
                let job = Tried::job(&tried);
                match books.conclude(tried, &span) {
                    Conclusion::Over => {}
                    Conclusion::More(next) => rested.push_front(next),
                    Conclusion::Again(delay) => resting.push(sleep(delay).map(move |()| job)),
                }
            }
            Some(job) = resting.next(), if !stopping => rested.push_back(job),
        }
    }
    // What still runs is left where it is.
    drop(running);
    books.close(&writing)
}

/// What is to be tried, with all that it may know.
enum Work<'a, P: Provider> {
    Turn(Site<'a, P>),
    Delete(&'a P::Writer, NodeIndex, usize, Stray),
}

async fn attempt<'a, P: Provider>(
    node: &'a dyn Node<P>,
    work: Work<'a, P>,
    span: Span,
) -> (Tried, Span) {
    let tried = match work {
        Work::Turn(site) => {
            let place = site.node;
            let (turn, notes) = node.turn(site).await;
            Tried::Turn(place, turn, notes)
        }
        Work::Delete(writer, place, nth, stray) => {
            Tried::Delete(place, nth, node.delete(writer, stray).await)
        }
    };
    (tried, span)
}

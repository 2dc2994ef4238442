//! Runs a graph: one loop owns all of a run's state.

mod books;
mod options;
mod schedule;
mod stop;
mod turn;

use std::{collections::VecDeque, pin::pin};

use futures::{FutureExt as _, StreamExt as _, stream::FuturesUnordered};
use petgraph::graph::NodeIndex;
use tokio::time::sleep;
use tracing::{Instrument as _, Span, field::Empty};

pub(crate) use self::turn::{Added, Node, Purpose};
use self::{
    books::{Books, Conclusion},
    turn::{Deleted, Site, Try, Writing},
};
pub use self::{
    options::{Options, Retry},
    stop::Stop,
};
use crate::{Event, Mode, Provider, Report, StopLevel, Stray, Target, graph::Sealed};

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
struct Tried {
    job: Job,
    span: Span,
    result: Tries,
}

enum Tries {
    Turn(Try, Vec<String>),
    Delete(Deleted),
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
        let stopping = books.stopped().is_some();
        while !stopping && running.len() < concurrency {
            let Some(job) = rested.pop_front().or_else(|| books.next()) else { break };
            let span = books.begin(job, running.len() + 1);
            let work = match job {
                Job::Turn(node) => {
                    let site = Site {
                        target,
                        sealed,
                        node,
                        needed: books.is_needed(node),
                        prune: options.prune,
                        lacking: books.lacking(node),
                        writing: &writing[node.index()],
                    };
                    Work::Turn(site)
                }
                Job::Delete(node, nth) => match target {
                    Target::Apply(writer) => Work::Delete(*writer, books.stray(node, nth).clone()),
                    // A plan's books hand out no deletions.
                    Target::DryRun(_) => continue,
                },
            };
            let node = &*sealed.nodes[job.node()];
            running.push(attempt(node, job, work, span.clone()).instrument(span));
        }
        if running.is_empty() && (stopping || resting.is_empty()) {
            break;
        }
        tokio::select! {
            biased;
            () = &mut leaving => {
                books.stop(StopLevel::Leave);
                break;
            }
            () = &mut finishing, if !stopping => books.stop(StopLevel::Finish),
            Some(Tried { job, span, result }) = running.next() => {
                match books.conclude(job, result, running.len(), &span) {
                    Conclusion::Over => {}
                    Conclusion::More(job) => rested.push_front(job),
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

enum Work<'a, P: Provider> {
    Turn(Site<'a, P>),
    Delete(&'a P::Writer, Stray),
}

async fn attempt<'a, P: Provider>(
    node: &'a dyn Node<P>,
    job: Job,
    work: Work<'a, P>,
    span: Span,
) -> Tried {
    let result = match work {
        Work::Turn(site) => {
            let (turn, notes) = node.turn(site).await;
            Tries::Turn(turn, notes)
        }
        Work::Delete(writer, stray) => Tries::Delete(node.delete(writer, stray).await),
    };
    Tried { job, span, result }
}

//! Runs that are stopped.

use std::time::Duration;

use cloudup_engine::{
    ChangeKind, ErrorKind, Event, Graph, Options, Report, Source, Stop, StopLevel, lifecycle,
};
use tokio::time::{Instant, sleep};

use crate::world::{Fault, Op, World, lines, stray, thing};

/// Two things apart and one that needs the first.
fn graph() -> Graph<World> {
    let mut graph = Graph::new();
    let mut sync = graph.under(lifecycle::Sync, Source::Default);
    let a = sync.add(thing("a"));
    sync.add(thing("b"));
    sync.after(&a).add(thing("c"));
    graph
}

/// Runs the graph and stops it after so many milliseconds.
async fn stopped(world: &World, graph: Graph<World>, after: u64, stop: fn(&Stop)) -> Report {
    let options = Options::default();
    let handle = options.stop.clone();
    let run = async { graph.apply(world, &options, |_| ()).await.expect("the graph is sound") };
    let stopper = async {
        sleep(Duration::from_millis(after)).await;
        stop(&handle);
    };
    tokio::join!(run, stopper).0
}

#[tokio::test(start_paused = true)]
async fn the_first_step_sees_through_what_runs_and_starts_nothing_new() {
    let world = World::default().slow(Op::Render, "a", 100).slow(Op::Render, "b", 200);
    let start = Instant::now();
    let report = stopped(&world, graph(), 50, Stop::finish).await;
    assert_eq!(lines(&report), ["Thing/a done", "Thing/b done", "Thing/c not-tried"]);
    assert_eq!(start.elapsed(), Duration::from_millis(200));
    assert_eq!(report.stopped, Some(StopLevel::Finish));
    assert!(!report.succeeded() && !report.is_settled());
}

#[tokio::test(start_paused = true)]
async fn the_second_step_leaves_at_once_and_says_what_is_in_doubt() {
    let world = World::holding(&[("d", "old")]).slow(Op::Render, "a", 1000);
    let world = world.slow(Op::Find, "b", 1000).slow(Op::Render, "d", 1000);
    let mut graph = graph();
    graph.under(lifecycle::Sync, Source::Default).add(thing("d"));
    let start = Instant::now();
    let report = stopped(&world, graph, 50, Stop::leave).await;
    assert_eq!(start.elapsed(), Duration::from_millis(50));
    assert_eq!(
        lines(&report),
        [
            "Thing/a in-doubt",
            // It was only being looked at.
            "Thing/b not-tried",
            "Thing/c not-tried",
            "Thing/d in-doubt",
        ]
    );
    let changes = [report.entries[0].change, report.entries[3].change];
    assert_eq!(changes, [ChangeKind::Create, ChangeKind::Update]);
    assert_eq!(report.stopped, Some(StopLevel::Leave));
}

#[tokio::test(start_paused = true)]
async fn deletions_are_stopped_like_anything_else() {
    let world = || {
        let names = ["first", "second"].into_iter();
        let world = World::holding(&[("a", "new")]).slow(Op::Delete, "first", 100);
        names.fold(world, |world, name| world.littered("a", stray("Thing", name)))
    };
    let graph = || {
        let mut graph = Graph::new();
        graph.under(lifecycle::Sync, Source::Default).add(thing("a"));
        graph
    };
    let finished = stopped(&world(), graph(), 50, Stop::finish).await;
    let told = ["Thing/a kept", "Thing/first done", "Thing/second not-tried"];
    assert_eq!(lines(&finished), told);
    let left = stopped(&world(), graph(), 50, Stop::leave).await;
    let told = ["Thing/a kept", "Thing/first in-doubt", "Thing/second not-tried"];
    assert_eq!(lines(&left), told);
}

#[tokio::test(start_paused = true)]
async fn what_rests_is_not_waited_for() {
    let always = Fault::Error(ErrorKind::NotReady);
    let world = World::default().faulty(Op::Render, "a", usize::MAX, always);
    let report = stopped(&world, graph(), 50, Stop::finish).await;
    let told = ["Thing/a failed", "Thing/b done", "Thing/c blocked by Thing/a"];
    assert_eq!(lines(&report), told);
    let entry = &report.entries[0];
    assert_eq!(entry.error.as_ref().map(|error| error.kind), Some(ErrorKind::NotReady));
    assert_eq!(entry.notes, ["the run was stopped before this could be tried again"]);
    assert!(entry.timing.duration_ms < Some(1000), "{:?}", entry.timing.duration_ms);
}

#[tokio::test]
async fn a_run_stopped_beforehand_calls_nothing() {
    for stop in [Stop::finish, Stop::leave] {
        let world = World::default();
        let options = Options::default();
        stop(&options.stop);
        let report = graph().apply(&world, &options, |_| ()).await.expect("the graph is sound");
        assert_eq!(report.counts().not_tried, 3);
        assert!(world.state().calls.is_empty());
    }
}

#[tokio::test]
async fn a_listener_may_stop_the_run() {
    let world = World::default();
    let options = Options { concurrency: 1, ..Options::default() };
    let stop = options.stop.clone();
    let mut steps = Vec::new();
    let tell = |event: Event<'_>| match event {
        Event::TaskFinished { entry, .. } if entry.task.name() == "a" => {
            steps.push(stop.escalate());
        }
        Event::Stopping { level, running } => {
            assert_eq!((level, running), (StopLevel::Finish, vec![]));
        }
        _ => {}
    };
    let report = graph().apply(&world, &options, tell).await.expect("the graph is sound");
    assert_eq!(lines(&report), ["Thing/a done", "Thing/b not-tried", "Thing/c not-tried"]);
    assert_eq!(steps, [StopLevel::Finish]);
    assert_eq!(options.stop.escalate(), StopLevel::Leave);
    assert_eq!(options.stop.level(), Some(StopLevel::Leave));
}

#[tokio::test(start_paused = true)]
async fn what_is_tried_again_when_the_run_is_left_is_in_doubt_only_if_it_may_have_written() {
    let table = [(Op::Render, "in-doubt"), (Op::Find, "failed")];
    for (op, outcome) in table {
        // Fails once, rests for less than a millisecond, and is then slow.
        let world = World::default().faulty(op, "a", 1, Fault::Error(ErrorKind::NotReady));
        let world = world.slow(op, "a", 100);
        let mut graph = Graph::new();
        graph.under(lifecycle::Sync, Source::Default).add(thing("a"));
        let base = Duration::from_micros(1);
        let retry = cloudup_engine::Retry { base, ..cloudup_engine::Retry::default() };
        let options = Options { retry, ..Options::default() };
        let stop = options.stop.clone();
        let run = async { graph.apply(&world, &options, |_| ()).await.expect("a sound graph") };
        let stopper = async {
            sleep(Duration::from_millis(150)).await;
            stop.leave();
        };
        let report = tokio::join!(run, stopper).0;
        assert_eq!(world.calls(op).len(), 2);
        assert_eq!(lines(&report), [format!("Thing/a {outcome}")]);
        assert_eq!(report.entries[0].timing.attempts, Some(2));
    }
}

#[tokio::test(start_paused = true)]
async fn what_fails_while_the_run_stops_is_not_tried_again() {
    let always = Fault::Error(ErrorKind::NotReady);
    let world = World::default().faulty(Op::Render, "a", usize::MAX, always);
    let world = world.slow(Op::Render, "a", 100);
    let mut graph = Graph::new();
    graph.under(lifecycle::Sync, Source::Default).add(thing("a"));
    let options = Options::default();
    let stop = options.stop.clone();
    let mut waits = 0;
    let run = graph.apply(&world, &options, |event| {
        waits += usize::from(matches!(event, Event::TaskWaiting { .. }));
    });
    let stopper = async {
        sleep(Duration::from_millis(50)).await;
        stop.finish();
    };
    let report = tokio::join!(run, stopper).0.expect("the graph is sound");
    assert_eq!(lines(&report), ["Thing/a failed"]);
    assert_eq!((waits, world.calls(Op::Render).len()), (0, 1));
}

//! What is told while a run goes on.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use cloudup_engine::{ErrorKind, Event, Graph, Options, Source, lifecycle};
use tracing_subscriber::fmt::{MakeWriter, format::FmtSpan};

use crate::world::{Fault, Op, World, stray, thing};

fn graph() -> Graph<World> {
    let mut graph = Graph::new();
    let mut sync = graph.under(lifecycle::Sync, Source::Default);
    let a = sync.add(thing("a"));
    let b = sync.after(&a).add(thing("b"));
    sync.after(&b).add(thing("c"));
    graph
}

fn world() -> World {
    World::holding(&[("a", "new")])
        .littered("a", stray("Thing", "old"))
        .faulty(Op::Find, "a", 1, Fault::Error(ErrorKind::Throttled))
        .faulty(Op::Render, "b", 1, Fault::Error(ErrorKind::Denied))
}

#[tokio::test(start_paused = true)]
async fn a_run_is_told_from_start_to_end() {
    let mut told = Vec::new();
    let tell = |event: Event<'_>| {
        let mut json = serde_json::to_value(&event).expect("it serialises");
        if let Some(entry) = json.get_mut("entry") {
            *entry = serde_json::json!({ "task": entry["task"], "outcome": entry["outcome"] });
        }
        told.push(json.to_string());
    };
    graph().apply(&world(), &Options::default(), tell).await.expect("the graph is sound");
    insta::assert_snapshot!(told.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn every_task_and_stray_is_told_to_be_over_exactly_once() {
    let (mut over, mut last) = (Vec::new(), None);
    let tell = |event: Event<'_>| {
        if let Event::TaskFinished { entry, progress } = &event {
            over.push(entry.task.clone());
            last = Some(*progress);
        }
    };
    let report = graph().apply(&world(), &Options::default(), tell).await.expect("a sound graph");
    let mut entries: Vec<_> = report.entries.iter().map(|entry| entry.task.clone()).collect();
    entries.sort();
    over.sort();
    assert_eq!(over, entries);
    let last = last.expect("something was told");
    assert_eq!((last.finished, last.total, last.running), (4, 4, 0));
}

#[tokio::test]
async fn what_is_not_wanted_counts_once() {
    let world = World::holding(&[("a", "old")]).littered("a", stray("Thing", "held"));
    let mut graph = Graph::new();
    graph.under(lifecycle::Sync, Source::Default).unwanted(thing("a"));
    let mut last = None;
    let tell = |event: Event<'_>| {
        if let Event::TaskFinished { progress, .. } = event {
            last = Some(progress);
        }
    };
    graph.apply(&world, &Options::default(), tell).await.expect("the graph is sound");
    let last = last.expect("something was told");
    assert_eq!((last.finished, last.total), (2, 2));
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test(start_paused = true)]
async fn spans_carry_what_one_would_search_by() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(log.clone())
        .with_ansi(false)
        .without_time()
        .with_span_events(FmtSpan::CLOSE)
        .finish();
    {
        let _guard = tracing::subscriber::set_default(subscriber);
        let options = Options::default();
        graph().apply(&world(), &options, |_| ()).await.expect("the graph is sound");
    }
    let text = String::from_utf8(log.0.lock().unwrap().clone()).expect("text");
    let lines: Vec<_> = text.lines().collect();
    let has = |parts: &[&str]| lines.iter().any(|line| parts.iter().all(|p| line.contains(p)));
    assert!(has(&["run{mode=Apply tasks=3", "task{task=Thing/a", "attempt=1"]), "{text}");
    let read_again = ["task=Thing/a kind=\"Thing\" name=\"a\"", "attempt=2", "outcome=\"kept\""];
    assert!(has(&read_again), "{text}");
    let failed = ["task=Thing/b", "finding=\"missing\"", "outcome=\"failed\"", "error=Render b"];
    assert!(has(&failed), "{text}");
    assert!(has(&["run{", "changes=0 failures=1"]), "{text}");
}

/// As a run is told: how long the rest would probably take.
async fn estimates(graph: Graph<World>, world: &World, options: &Options) -> Vec<Option<u64>> {
    let mut told = Vec::new();
    let tell = |event: Event<'_>| {
        if let Event::TaskFinished { progress, .. } = event {
            told.push(progress.remaining_ms);
        }
    };
    graph.apply(world, options, tell).await.expect("the graph is sound");
    told
}

#[tokio::test(start_paused = true)]
async fn the_rest_is_estimated_from_what_is_known_and_what_was_seen() {
    let kind = |millis| [("Thing".to_owned(), Duration::from_millis(millis))].into();
    let world = || {
        let world = World::default();
        ["a", "b", "c"].iter().fold(world, |world, name| world.slow(Op::Render, name, 4000))
    };
    let right = Options { expected: kind(4000), ..Options::default() };
    assert_eq!(estimates(graph(), &world(), &right).await, [Some(8000), Some(4000), Some(0)]);
    let hopeful = Options { expected: kind(1000), ..Options::default() };
    let told = estimates(graph(), &world(), &hopeful).await;
    assert_eq!(told, [Some(5000), Some(3000), Some(0)]);
}

/// Deletions count from when they are found, and a failure ends the wait for what it blocks.
#[tokio::test(start_paused = true)]
async fn nothing_is_left_at_the_end() {
    let told = estimates(graph(), &world(), &Options::default()).await;
    assert_eq!(told.last(), Some(&Some(0)));
    assert!(told[0] > Some(0), "{told:?}");
    let world = World::holding(&[("a", "new"), ("b", "new"), ("c", "new")])
        .littered("a", stray("Thing", "old"));
    let told = estimates(graph(), &world, &Options::default()).await;
    assert_eq!((told[2] > Some(0), told[3]), (true, Some(0)), "{told:?}");
}

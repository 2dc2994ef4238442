//! Failures that pass, tried again.

use std::time::Duration;

use cloudup_engine::{
    ChangeKind, ErrorKind, Event, Graph, Options, Outcome, Retry, Source, lifecycle,
};
use tokio::time::Instant;

use crate::world::{Fault, Op, World, apply, apply_with, lines, stray, thing};

fn graph(names: &[&str]) -> Graph<World> {
    let mut graph = Graph::new();
    let mut sync = graph.under(lifecycle::Sync, Source::Default);
    for name in names {
        sync.add(thing(name));
    }
    graph
}

#[tokio::test(start_paused = true)]
async fn only_what_passes_is_tried_again() {
    use ErrorKind::{Conflict, Denied, Invalid, NotFound, NotReady, Other, Quota, Throttled};
    for kind in [Denied, NotFound, Conflict, Throttled, NotReady, Invalid, Quota, Other] {
        for op in [Op::Find, Op::Render, Op::Strays, Op::Delete] {
            let world = World::default().littered("a", stray("Thing", "old"));
            let name = if op == Op::Delete { "old" } else { "a" };
            let world = world.faulty(op, name, 2, Fault::Error(kind));
            let report = apply(graph(&["a"]), &world).await;
            let passes = matches!(kind, Throttled | NotReady);
            assert_eq!(report.succeeded(), passes, "{kind:?} in {op:?}");
            assert_eq!(world.calls(op).len(), if passes { 3 } else { 1 }, "{kind:?} in {op:?}");
            let nth = usize::from(op == Op::Delete);
            assert_eq!(report.entries[nth].timing.attempts, Some(if passes { 3 } else { 1 }));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_try_did_is_reported_as_done() {
    for (before, change) in
        [(&[] as &[_], ChangeKind::Create), (&[("a", "old")], ChangeKind::Update)]
    {
        let world = World::holding(before).faulty(Op::Render, "a", 1, Fault::Lost);
        let planned = crate::world::plan(graph(&["a"]), &world).await;
        let report = apply(graph(&["a"]), &world).await;
        let (said, done) = (&planned.entries[0], &report.entries[0]);
        assert_eq!(world.writes(), ["Render a"]);
        assert_eq!((done.change, &done.outcome), (change, &Outcome::Done));
        assert_eq!((said.change, &said.finding), (done.change, &done.finding));
        assert_eq!(done.timing.attempts, Some(2));
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_is_given_up_when_its_budget_is_spent() {
    let always = Fault::Error(ErrorKind::Throttled);
    let world = World::default().faulty(Op::Find, "a", usize::MAX, always);
    let retry = Retry {
        base: Duration::from_secs(1),
        max: Duration::from_secs(8),
        budget: Duration::from_mins(1),
    };
    let options = Options { retry, ..Options::default() };
    let start = Instant::now();
    let report = apply_with(graph(&["a", "b"]), &world, &options).await;
    assert_eq!(lines(&report), ["Thing/a failed", "Thing/b done"]);
    assert_eq!(start.elapsed().as_secs(), 60, "the last try is made as the budget ends");
    let entry = &report.entries[0];
    assert_eq!(entry.timing.duration_ms.map(|ms| ms / 1000), Some(60));
    let attempts = entry.timing.attempts.expect("it was tried");
    assert!((8..40).contains(&attempts), "{attempts} tries in a minute, at most 8 s apart");
    assert_eq!(entry.error.as_ref().map(|error| error.kind), Some(ErrorKind::Throttled));
}

/// How long each rest of a run was.
async fn rests(seed: u64, names: &[&str]) -> Vec<(String, u64)> {
    let world = names.iter().fold(World::default(), |world, name| {
        world.faulty(Op::Render, name, 6, Fault::Error(ErrorKind::NotReady))
    });
    let options = Options { seed, ..Options::default() };
    let mut rests = Vec::new();
    let tell = |event: Event<'_>| {
        if let Event::TaskWaiting { task, delay_ms, .. } = event {
            rests.push((task.to_string(), delay_ms));
        }
    };
    graph(names).apply(&world, &options, tell).await.expect("the graph is sound");
    rests
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_rests_and_another_gives_others() {
    let names = ["a", "b", "c"];
    assert_eq!(rests(1, &names).await, rests(1, &names).await);
    assert_ne!(rests(1, &names).await, rests(2, &names).await);
}

#[tokio::test(start_paused = true)]
async fn tasks_that_fail_together_do_not_come_back_together() {
    let rests = rests(1, &["a", "b", "c", "d"]).await;
    let first: Vec<_> = rests[..4].iter().map(|(_, delay)| delay).collect();
    let mut apart = first.clone();
    apart.sort();
    apart.dedup();
    assert_eq!(apart.len(), 4, "{first:?}");
}

#[tokio::test(start_paused = true)]
async fn a_task_at_rest_holds_no_place() {
    let passing = Fault::Error(ErrorKind::NotReady);
    let world = World::default().faulty(Op::Find, "a", 3, passing).slow(Op::Find, "b", 1);
    let options = Options { concurrency: 1, ..Options::default() };
    let report = apply_with(graph(&["a", "b"]), &world, &options).await;
    assert!(report.succeeded());
    assert_eq!(world.state().most_running, 1);
    let order = world.calls(Op::Find);
    assert_eq!(order, ["a", "b", "a", "a", "a"], "b goes while a rests");
}

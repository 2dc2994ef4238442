//! When everything was in a run: properties of whole runs, on a paused clock.

use cloudup_engine::{
    Bar, ErrorKind, Graph, Options, Part, Source, TaskId, Timeline, Timing, lifecycle,
};
use proptest::prelude::*;

use crate::{
    order::{Plan, name, plans},
    world::{Fault, Op, World, apply, apply_with, plan, stray, thing},
};

fn is_under_way(bar: &Bar<'_>, from: u64, until: u64) -> bool {
    let mut begin = bar.started_ms;
    for wait in &bar.timing.waits {
        if begin <= from && until <= wait.started_ms {
            return true;
        }
        begin = wait.resumed_ms.unwrap_or(u64::MAX);
    }
    begin <= from && until <= bar.ended_ms
}

/// Whether one bar may only start when the other is over.
fn waits_for(plan: &Plan, bar: &Bar<'_>, other: &Bar<'_>) -> bool {
    let place = |bar: &Bar<'_>| bar.entry.task.name()[..2].parse::<usize>().expect("a number");
    let (one, two) = (place(bar), place(other));
    match (bar.part, other.part) {
        (Part::Turn, Part::Turn) => plan.needs[one].contains(&two),
        (Part::Deletion, Part::Turn) => one == two || plan.all_needs()[two][one],
        (Part::Deletion, Part::Deletion) => plan.all_needs()[two][one],
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// It is a path of the graph from the start of the run to its end, and between the end of one
    /// and the start of the next every place is taken.
    #[test]
    fn the_critical_path_explains_the_time_of_a_run(
        plan in plans(),
        concurrency in 1usize..5,
        throttled in prop::collection::btree_set(0usize..16, 0..4),
    ) {
        let world = throttled.iter().fold(plan.world(), |world, task| {
            world.faulty(Op::Render, &name(*task), 2, Fault::Error(ErrorKind::Throttled))
        });
        let options = Options { concurrency, ..Options::default() };
        let report = plan.run(&world, &options);
        let timeline = Timeline::of(&report).expect("something was tried");
        let path: Vec<_> = timeline.critical().collect();

        prop_assert_eq!(path[0].ready_ms, 0);
        for pair in path.windows(2) {
            prop_assert_eq!(pair[1].ready_ms, pair[0].ended_ms);
            prop_assert!(waits_for(&plan, pair[1], pair[0]), "{:?} after {:?}", pair[1], pair[0]);
        }
        prop_assert_eq!(path.last().map(|bar| bar.ended_ms), Some(timeline.total_ms));

        let share = timeline.share();
        prop_assert_eq!(share.worked_ms + share.rested_ms + share.queued_ms, timeline.total_ms);
        let longest = plan.milliseconds.iter().max().expect("a task");
        prop_assert!(path.iter().all(|bar| bar.worked_ms() <= 3 * longest));
        for bar in path.iter().filter(|bar| bar.queued_ms() > 0) {
            for at in bar.ready_ms..bar.started_ms {
                let taken = timeline.bars.iter().filter(|bar| is_under_way(bar, at, at + 1)).count();
                prop_assert_eq!(taken, concurrency, "at {} of {:?}", at, bar);
            }
        }
    }

    /// Where there are places enough nothing queues.
    #[test]
    fn with_places_enough_all_time_is_work(plan in plans()) {
        let options = Options { concurrency: usize::MAX, ..Options::default() };
        let report = plan.run(&plan.world(), &options);
        let timeline = Timeline::of(&report).expect("something was tried");
        prop_assert!(timeline.bars.iter().all(|bar| bar.queued_ms() == 0));
        prop_assert_eq!(timeline.share().worked_ms, timeline.total_ms);
    }

    /// There is a bar for every try that the world saw.
    #[test]
    fn everything_that_was_tried_has_a_bar(plan in plans(), concurrency in 1usize..5) {
        let options = Options { concurrency, ..Options::default() };
        let report = plan.run(&plan.world(), &options);
        let timeline = Timeline::of(&report).expect("something was tried");
        prop_assert_eq!(timeline.bars.len(), report.entries.len());
        prop_assert!(timeline.bars.is_sorted_by_key(|bar| bar.started_ms));
    }
}

fn after(timing: &Timing) -> Option<String> {
    timing.after.as_ref().map(TaskId::to_string)
}

#[tokio::test(start_paused = true)]
async fn a_rest_says_when_why_and_how_long() {
    let throttled = Fault::Error(ErrorKind::Throttled);
    let world = World::default().slow(Op::Find, "a", 7).slow(Op::Render, "a", 20).faulty(
        Op::Render,
        "a",
        1,
        throttled,
    );
    let mut graph = Graph::new();
    graph.under(lifecycle::Sync, Source::Default).add(thing("a"));
    let report = apply(graph, &world).await;
    let Timing { waits, started_ms, duration_ms, .. } = &report.entries[0].timing;
    assert_eq!((started_ms, waits.len()), (&Some(0), 1));
    let wait = &waits[0];
    assert_eq!((wait.attempt, wait.started_ms), (1, 27));
    assert_eq!(wait.error.to_string(), "Render a");
    assert!(wait.delay_ms > 0);
    let resumed = wait.resumed_ms.expect("it was tried again");
    assert!((resumed - 27).abs_diff(wait.delay_ms) <= 1, "{wait:?}");
    assert_eq!(*duration_ms, Some(resumed + 27));
    let timeline = Timeline::of(&report).expect("it was tried");
    assert_eq!(timeline.share().rested_ms, resumed - 27);
    assert_eq!(timeline.share().worked_ms, 54);
}

/// A rest that ends where no place is free goes on until one is.
#[tokio::test(start_paused = true)]
async fn a_rest_ends_when_there_is_a_place() {
    let world = World::default().slow(Op::Find, "b", 60_000).faulty(
        Op::Find,
        "a",
        1,
        Fault::Error(ErrorKind::NotReady),
    );
    let mut graph = Graph::new();
    let mut sync = graph.under(lifecycle::Sync, Source::Default);
    sync.add(thing("a"));
    sync.add(thing("b"));
    let options = Options { concurrency: 1, ..Options::default() };
    let report = apply_with(graph, &world, &options).await;
    assert_eq!(report.entries[0].timing.waits[0].resumed_ms, Some(60_000));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_wanted_has_a_look_and_a_deletion() {
    let world = World::holding(&[("a", "old"), ("b", "old")])
        .littered("a", stray("Thing", "held"))
        .slow(Op::Find, "a", 10)
        .slow(Op::Find, "b", 20)
        .slow(Op::Delete, "a", 100)
        .slow(Op::Delete, "b", 200)
        .slow(Op::Delete, "held", 50);
    let mut graph = Graph::new();
    let mut sync = graph.under(lifecycle::Sync, Source::Default);
    let a = sync.unwanted(thing("a"));
    sync.after(&a).unwanted(thing("b"));
    let report = apply(graph, &world).await;
    let [a, held, b] = &report.entries[..] else { panic!("{report:?}") };

    let look = a.look.as_ref().expect("it was looked for");
    assert_eq!((look.started_ms, look.duration_ms, after(look)), (Some(0), Some(10), None));
    let look = b.look.as_ref().expect("it was looked for");
    assert_eq!((look.started_ms, look.duration_ms), (Some(10), Some(20)));
    assert_eq!(after(look).as_deref(), Some("Thing/a"));

    assert_eq!((b.timing.started_ms, after(&b.timing).as_deref()), (Some(30), Some("Thing/b")));
    assert_eq!(
        (held.timing.started_ms, after(&held.timing).as_deref()),
        (Some(230), Some("Thing/b"))
    );
    assert_eq!((a.timing.started_ms, after(&a.timing).as_deref()), (Some(280), Some("Thing/held")));

    let timeline = Timeline::of(&report).expect("it was tried");
    let path: Vec<_> = timeline.critical().map(|bar| (bar.entry.task.name(), bar.part)).collect();
    let deletions = [("b", Part::Deletion), ("held", Part::Deletion), ("a", Part::Deletion)];
    assert_eq!(path, [&[("a", Part::Look), ("b", Part::Look)][..], &deletions].concat());
    assert_eq!(timeline.total_ms, 380);
}

#[tokio::test]
async fn a_plan_has_no_timeline() {
    let mut graph = Graph::new();
    graph.under(lifecycle::Sync, Source::Default).add(thing("a"));
    let report = plan(graph, &World::default()).await;
    assert_eq!(report.entries[0].timing, Timing::default());
    assert_eq!(Timeline::of(&report), None);
}

/// What never ran, and what was left, has as much of a timeline as it had time.
#[tokio::test(start_paused = true)]
async fn a_run_that_was_stopped_has_a_timeline_too() {
    let world = World::default().slow(Op::Render, "a", 1000);
    let mut graph = Graph::new();
    let mut sync = graph.under(lifecycle::Sync, Source::Default);
    let a = sync.add(thing("a"));
    sync.after(&a).add(thing("b"));
    let options = Options::default();
    let stop = options.stop.clone();
    let (report, ()) = tokio::join!(apply_with(graph, &world, &options), async {
        tokio::time::sleep(std::time::Duration::from_millis(400)).await;
        stop.leave();
    });
    let timeline = Timeline::of(&report).expect("something was tried");
    assert_eq!(timeline.bars.len(), 1);
    assert_eq!((timeline.bars[0].ended_ms, timeline.total_ms), (400, 400));
    assert_eq!(report.entries[1].timing.started_ms, None);
}

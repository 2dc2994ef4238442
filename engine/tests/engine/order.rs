//! When tasks run: properties of whole runs on random graphs, on a paused clock.

use std::{collections::BTreeMap, time::Duration};

use cloudup_engine::{ErrorKind, Graph, Options, Outcome, Ref, Report, Source, lifecycle};
use proptest::prelude::*;
use tokio::time::Instant;

use crate::world::{Fault, Op, Thing, World, stray, thing};

/// What each task takes (always earlier ones), how long it takes, and whether it finds a stray.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) needs: Vec<Vec<usize>>,
    pub(crate) milliseconds: Vec<u64>,
    strays: Vec<bool>,
}

pub(crate) fn plans() -> impl Strategy<Value = Plan> {
    (1usize..16).prop_flat_map(|size| {
        let needs = (0..size).map(|task| prop::collection::btree_set(0..task.max(1), 0..4));
        let needs = needs.collect::<Vec<_>>();
        let milliseconds = prop::collection::vec(1u64..50, size);
        let strays = prop::collection::vec(any::<bool>(), size);
        (needs, milliseconds, strays).prop_map(|(needs, milliseconds, strays)| Plan {
            needs: needs
                .into_iter()
                .enumerate()
                .map(|(task, needs)| needs.into_iter().filter(|need| *need < task).collect())
                .collect(),
            milliseconds,
            strays,
        })
    })
}

pub(crate) fn name(task: usize) -> String {
    format!("{task:02}")
}

impl Plan {
    fn size(&self) -> usize {
        self.needs.len()
    }

    fn graph(&self) -> Graph<World> {
        let mut graph = Graph::new();
        let mut sync = graph.under(lifecycle::Sync, Source::Default);
        let mut refs: Vec<Ref<Thing>> = Vec::new();
        for (task, needs) in self.needs.iter().enumerate() {
            let mut described = thing(&name(task));
            let takes = needs.iter().map(|need| refs[*need].get(Clone::clone));
            described.takes = takes.collect();
            refs.push(sync.add(described));
        }
        graph
    }

    pub(crate) fn world(&self) -> World {
        let mut world = World::default();
        for (task, (milliseconds, has_stray)) in
            self.milliseconds.iter().zip(&self.strays).enumerate()
        {
            world = world.slow(Op::Render, &name(task), *milliseconds);
            if *has_stray {
                world = world.littered(&name(task), stray("Thing", &format!("{}-old", name(task))));
            }
        }
        world
    }

    pub(crate) fn run(&self, world: &World, options: &Options) -> Report {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build().expect("a runtime");
        let run = self.graph().apply(world, options, |_| ());
        runtime.block_on(run).expect("the graph is sound")
    }

    /// Which tasks each task needs, however far off.
    pub(crate) fn all_needs(&self) -> Vec<Vec<bool>> {
        let mut all: Vec<Vec<bool>> = Vec::new();
        for needs in &self.needs {
            let mut reached = vec![false; self.size()];
            for need in needs {
                reached[*need] = true;
                for (far, yes) in all[*need].clone().into_iter().enumerate() {
                    reached[far] |= yes;
                }
            }
            all.push(reached);
        }
        all
    }
}

/// When each call of one sort began and ended, by name.
fn times(world: &World, op: Op) -> BTreeMap<String, (Instant, Instant)> {
    let state = world.state();
    let calls = state.calls.iter().filter(|call| call.op == op);
    calls.map(|call| (call.name.clone(), (call.begin, call.end.expect("it ended")))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// No waves: a task starts the moment the last of its needs is met.
    #[test]
    fn a_task_starts_the_moment_its_needs_are_met(plan in plans()) {
        let world = plan.world();
        let options = Options { concurrency: usize::MAX, ..Options::default() };
        prop_assert!(plan.run(&world, &options).succeeded());
        let renders = times(&world, Op::Render);
        let start = renders.values().map(|(begin, _)| *begin).min().expect("there is a task");
        for (task, needs) in plan.needs.iter().enumerate() {
            let met = needs.iter().map(|need| renders[&name(*need)].1).max().unwrap_or(start);
            prop_assert_eq!(renders[&name(task)].0, met, "task {}", task);
        }
    }

    /// What is deleted goes when all that needs its finder is done, and not before.
    #[test]
    fn deletions_run_in_reverse(plan in plans(), concurrency in 1usize..5) {
        let world = plan.world();
        let options = Options { concurrency, ..Options::default() };
        prop_assert!(plan.run(&world, &options).succeeded());
        let (renders, deletions) = (times(&world, Op::Render), times(&world, Op::Delete));
        prop_assert_eq!(deletions.len(), plan.strays.iter().filter(|stray| **stray).count());
        let old = |task: usize| deletions.get(&format!("{}-old", name(task)));
        for (task, needs) in plan.all_needs().into_iter().enumerate() {
            for need in (0..plan.size()).filter(|need| needs[*need]) {
                if let Some((begin, _)) = old(need) {
                    prop_assert!(*begin >= renders[&name(task)].1, "{} before {}", need, task);
                    if let Some((_, end)) = old(task) {
                        prop_assert!(begin >= end, "{}'s stray before {}'s", need, task);
                    }
                }
            }
        }
    }

    #[test]
    fn no_more_run_at_once_than_may(plan in plans(), concurrency in 1usize..5) {
        let world = plan.world();
        let options = Options { concurrency, ..Options::default() };
        prop_assert!(plan.run(&world, &options).succeeded());
        prop_assert!(world.state().most_running <= concurrency);
    }

    /// A failure blocks exactly what needs it, and the strays of whatever any of those needs.
    #[test]
    fn a_failure_blocks_exactly_what_depends_on_it(plan in plans(), pick in any::<prop::sample::Index>()) {
        let broken = pick.index(plan.size());
        let world = plan.world();
        let invalid = Fault::Error(ErrorKind::Invalid);
        let world = world.faulty(Op::Render, &name(broken), 1, invalid);
        let report = plan.run(&world, &Options::default());
        let needs = plan.all_needs();
        let hit = |task: usize| task == broken || needs[task][broken];
        for (task, found) in plan.strays.iter().enumerate() {
            let outcome = |name: &str| {
                report.entries.iter().find(|e| e.task.name() == name).map(|e| e.outcome.clone())
            };
            let by = format!("Thing/{}", name(broken));
            let blocked = Outcome::Blocked { by: by.parse().expect("an id") };
            let expected = match (task == broken, hit(task)) {
                (true, _) => Outcome::Failed,
                (false, true) => blocked.clone(),
                (false, false) => Outcome::Done,
            };
            prop_assert_eq!(outcome(&name(task)), Some(expected), "task {}", task);
            let found = *found && (task == broken || !hit(task));
            let held = hit(task) || (0..plan.size()).any(|other| hit(other) && needs[other][task]);
            let expected = found.then_some(if held { blocked } else { Outcome::Done });
            prop_assert_eq!(outcome(&format!("{}-old", name(task))), expected, "stray of {}", task);
        }
    }

    /// A report does not depend on who happened to be first.
    #[test]
    fn the_report_comes_in_the_order_of_adding(plan in plans()) {
        let report = plan.run(&plan.world(), &Options::default());
        let tasks = report.entries.iter().filter(|entry| entry.found_by.is_none());
        let names: Vec<_> = tasks.map(|entry| entry.task.name().to_owned()).collect();
        prop_assert_eq!(names, (0..plan.size()).map(name).collect::<Vec<_>>());
    }
}

/// With two places, two short tasks, and a long chain added last: the chain is begun at once.
#[tokio::test(start_paused = true)]
async fn the_longest_path_goes_first() {
    let world = ["s1", "s2", "s3", "c1", "c2", "c3"]
        .into_iter()
        .fold(World::default(), |world, name| world.slow(Op::Render, name, 100));
    let mut graph = Graph::new();
    let mut sync = graph.under(lifecycle::Sync, Source::Default);
    for name in ["s1", "s2", "s3"] {
        sync.add(thing(name));
    }
    let c1 = sync.add(thing("c1"));
    let c2 = sync.after(&c1).add(thing("c2"));
    sync.after(&c2).add(thing("c3"));
    let options = Options { concurrency: 2, ..Options::default() };
    let start = Instant::now();
    graph.apply(&world, &options, |_| ()).await.expect("the graph is sound");
    assert_eq!(start.elapsed(), Duration::from_millis(300));
    assert_eq!(world.calls(Op::Find)[..2], ["c1", "s1"]);
}

/// The expected duration of a kind can be told, and then counts instead of the kind's own.
#[tokio::test]
async fn what_is_known_about_a_kind_decides_what_is_long() {
    let first = |followers: u64| async move {
        let world = World::default();
        let mut graph = Graph::new();
        let mut sync = graph.under(lifecycle::Sync, Source::Default);
        sync.add(thing("thing"));
        let value = "new".to_owned().into();
        sync.add(crate::world::Follower { name: "follower".into(), value });
        let expected = [("Follower".to_owned(), Duration::from_millis(followers))];
        let options = Options { concurrency: 1, expected: expected.into(), ..Options::default() };
        graph.apply(&world, &options, |_| ()).await.expect("the graph is sound");
        world.calls(Op::Find)[0].clone()
    };
    assert_eq!(first(1).await, "thing");
    assert_eq!(first(10_000).await, "follower");
}

#[tokio::test]
async fn a_limit_of_nothing_is_a_limit_of_one() {
    let world = World::default();
    let mut graph = Graph::new();
    graph.under(lifecycle::Sync, Source::Default).add(thing("a"));
    let options = Options { concurrency: 0, ..Options::default() };
    let report = graph.apply(&world, &options, |_| ()).await.expect("the graph is sound");
    assert!(report.succeeded());
}

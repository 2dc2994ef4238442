//! Things that are there and no longer wanted.

use cloudup_engine::{
    ErrorKind, Finding, Graph, Options, Overrides, Ref, Registry, Source, Stray, lifecycle,
};

use crate::world::{Fault, Op, Thing, World, apply, apply_with, lines, plan, stray, thing};

/// A thing, one that needs it, and one that needs that.
fn tower() -> Graph<World> {
    let mut graph = Graph::new();
    let mut sync = graph.under(lifecycle::Sync, Source::Default);
    let a = sync.add(thing("a"));
    let b = sync.after(&a).add(thing("b"));
    sync.after(&b).add(thing("c"));
    graph
}

/// The tower's world, in which each thing has a stray of its own name with `-old`.
fn littered_tower() -> World {
    ["a", "b", "c"].into_iter().fold(World::default(), |world, name| {
        world.littered(name, stray("Thing", &format!("{name}-old")))
    })
}

fn overrides(text: &str) -> Overrides {
    let flag = Source::Flag("--flag".into());
    Overrides::parse(text, &flag, &Registry::default()).expect("sound overrides")
}

#[tokio::test]
async fn strays_go_after_everything_that_replaces_them_and_in_reverse_order() {
    let world = littered_tower();
    let report = apply(tower(), &world).await;
    let order =
        ["Render a", "Render b", "Render c", "Delete c-old", "Delete b-old", "Delete a-old"];
    assert_eq!(world.writes(), order);
    assert_eq!(
        lines(&report),
        [
            "Thing/a done",
            "Thing/a-old done",
            "Thing/b done",
            "Thing/b-old done",
            "Thing/c done",
            "Thing/c-old done"
        ]
    );
    assert!(plan(tower(), &world).await.is_settled());
}

#[tokio::test(start_paused = true)]
async fn strays_wait_for_nothing_but_what_needs_their_finder() {
    let world = World::default().littered("a", stray("Thing", "a-old"));
    let world = world.slow(Op::Render, "elsewhere", 1000);
    let mut graph = Graph::new();
    let mut sync = graph.under(lifecycle::Sync, Source::Default);
    sync.add(thing("a"));
    sync.add(thing("elsewhere"));
    apply(graph, &world).await;
    let state = world.state();
    let end = |name| state.calls.iter().rev().find(|call| call.name == name).and_then(|c| c.end);
    assert!(end("a-old") < end("elsewhere"), "{:#?}", state.calls);
}

#[tokio::test]
async fn a_plan_lists_the_deletions_that_an_apply_makes() {
    let report = plan(tower(), &littered_tower()).await;
    let planned: Vec<_> =
        lines(&report).iter().map(|line| line.replace("planned", "done")).collect();
    assert_eq!(planned, lines(&apply(tower(), &littered_tower()).await));
    let entry = &report.entries[1];
    assert_eq!(entry.found_by.as_ref().map(ToString::to_string).as_deref(), Some("Thing/a"));
    assert!(matches!(&entry.finding, Finding::Stray { fields } if fields.len() == 1));
}

#[tokio::test]
async fn a_failure_blocks_the_deletions_of_all_that_it_needs_and_no_others() {
    let broken = |op, name| {
        let world = littered_tower().littered("other", stray("Thing", "other-old"));
        world.faulty(op, name, usize::MAX, Fault::Error(ErrorKind::Invalid))
    };
    let graph = || {
        let mut graph = tower();
        graph.under(lifecycle::Sync, Source::Default).add(thing("other"));
        graph
    };
    let rest = ["Thing/other done", "Thing/other-old done"];

    let report = apply(graph(), &broken(Op::Render, "b")).await;
    let told = [
        "Thing/a done",
        "Thing/a-old blocked by Thing/b",
        "Thing/b failed",
        "Thing/b-old blocked by Thing/b",
        "Thing/c blocked by Thing/b",
    ];
    assert_eq!(lines(&report), [&told[..], &rest].concat());

    let report = apply(graph(), &broken(Op::Delete, "b-old")).await;
    let told = [
        "Thing/a done",
        "Thing/a-old blocked by Thing/b-old",
        "Thing/b done",
        "Thing/b-old failed",
        "Thing/c done",
        "Thing/c-old done",
    ];
    assert_eq!(lines(&report), [&told[..], &rest].concat());
}

#[tokio::test]
async fn strays_of_one_task_go_in_the_order_listed_and_one_that_fails_holds_up_the_rest() {
    let world = || {
        ["first", "second", "third"]
            .into_iter()
            .fold(World::default(), |world, name| world.littered("a", stray("Thing", name)))
    };
    let graph = || {
        let mut graph = Graph::new();
        graph.under(lifecycle::Sync, Source::Default).add(thing("a"));
        graph
    };
    let sound = world();
    apply(graph(), &sound).await;
    assert_eq!(sound.calls(Op::Delete), ["first", "second", "third"]);

    let broken = world().faulty(Op::Delete, "second", 1, Fault::Error(ErrorKind::Conflict));
    let report = apply(graph(), &broken).await;
    let told = [
        "Thing/a done",
        "Thing/first done",
        "Thing/second failed",
        "Thing/third blocked by Thing/second",
    ];
    assert_eq!(lines(&report), told);
    assert!(apply(graph(), &broken).await.succeeded(), "again");
}

#[tokio::test]
async fn a_deferred_stray_is_deleted_only_when_told_to_prune() {
    let world = || {
        World::holding(&[("a", "new")])
            .littered("a", Stray { deferred: true, ..stray("Thing", "old") })
    };
    let graph = || {
        let mut graph = Graph::new();
        graph.under(lifecycle::Sync, Source::Default).add(thing("a"));
        graph
    };
    for (prune, outcome) in [(false, "deferred"), (true, "done")] {
        let world = world();
        let options = Options { prune, ..Options::default() };
        let report = apply_with(graph(), &world, &options).await;
        assert_eq!(lines(&report), ["Thing/a kept".to_owned(), format!("Thing/old {outcome}")]);
        assert_eq!(world.calls(Op::Delete).len(), usize::from(prune));
    }
    assert!(plan(graph(), &world()).await.is_settled(), "a deferred stray is nothing to do");
}

#[tokio::test]
async fn a_stray_has_the_lifecycle_of_its_own_kind_and_name() {
    // What is said, and what becomes of a `Follower` and of a `Thing` that `Thing/a` found.
    let table = [
        ("", ["done", "done"], ["default", "default"]),
        (
            "Thing=ExistsAndWarnIfChanges",
            ["warned", "warned"],
            ["Thing in --flag", "Thing in --flag"],
        ),
        ("Follower=ExistsAndWarnIfChanges", ["warned", "done"], ["Follower in --flag", "default"]),
        (
            "Thing=Sync,Follower=ExistsAndValidates",
            ["failed", "blocked"],
            ["Follower in --flag", "Thing in --flag"],
        ),
        ("Thing/a=WarnIfInsufficientAccess", ["done", "done"], ["default", "default"]),
        (
            "Thing/*=ExistsAndWarnIfChanges",
            ["warned", "warned"],
            ["Thing/* in --flag", "Thing/* in --flag"],
        ),
    ];
    for (text, outcomes, rules) in table {
        let world = World::holding(&[("a", "new"), ("f", "new")]);
        let world = world.littered("a", stray("Follower", "x")).littered("a", stray("Thing", "y"));
        let mut graph = Graph::new();
        graph.overrides(overrides(text));
        let mut sync = graph.under(lifecycle::Sync, Source::Default);
        sync.add(thing("a"));
        let value = "new".to_owned().into();
        sync.add(crate::world::Follower { name: "f".into(), value });
        let report = apply(graph, &world).await;
        let strays = &report.entries[1..3];
        let told = [strays[0].outcome.name(), strays[1].outcome.name()];
        assert_eq!(told, outcomes, "{text}");
        let by = [strays[0].rule.to_string(), strays[1].rule.to_string()];
        assert_eq!(by, rules, "{text}");
    }
}

#[tokio::test]
async fn a_render_is_told_which_strays_it_may_remove() {
    let world = World::holding(&[("a", "old")]).littered("a", stray("Thing", "goes"));
    let world = world.littered("a", Stray { deferred: true, ..stray("Thing", "waits") });
    let world = world.littered("a", stray("Follower", "stays"));
    let mut graph = Graph::new();
    graph.known_kinds(["Follower"]).overrides(overrides("Follower=Ignore"));
    graph.under(lifecycle::Sync, Source::Default).add(thing("a"));
    let report = apply(graph, &world).await;
    assert_eq!(report.entries[0].notes, ["may remove goes"]);
    assert_eq!(report.warnings, [], "the rule decided about a stray");
}

#[tokio::test]
async fn strays_that_cannot_be_listed_are_for_the_lifecycle_to_judge() {
    let table = [
        ("Sync", ErrorKind::Denied, "failed", 0),
        ("WarnIfInsufficientAccess", ErrorKind::Denied, "done", 1),
        ("WarnIfInsufficientAccess", ErrorKind::Other, "failed", 0),
    ];
    for (lifecycle, kind, outcome, renders) in table {
        let world = World::default().littered("a", stray("Thing", "old"));
        let world = world.faulty(Op::Strays, "a", 1, Fault::Error(kind));
        let lifecycle = Registry::default().get(lifecycle).expect("a built-in");
        let mut graph = Graph::new();
        graph.under(lifecycle, Source::Default).add(thing("a"));
        let report = apply(graph, &world).await;
        assert_eq!(lines(&report), [format!("Thing/a {outcome}")]);
        assert_eq!(world.calls(Op::Render).len(), renders);
        assert!(report.entries[0].error.is_some(), "the trouble is told either way");
    }
}

fn unwanted(graph: &mut Graph<World>) -> Ref<Thing> {
    graph.under(lifecycle::Sync, Source::Default).unwanted(thing("a"))
}

#[tokio::test]
async fn what_is_not_wanted_goes_after_what_it_holds() {
    let world = || World::holding(&[("a", "anything")]).littered("a", stray("Follower", "held"));
    let graph = || {
        let mut graph = Graph::new();
        let a = unwanted(&mut graph);
        graph.under(lifecycle::Sync, Source::Default).after(&a).add(thing("b"));
        graph
    };
    let told = ["Thing/a planned", "Follower/held planned", "Thing/b planned"];
    assert_eq!(lines(&plan(graph(), &world()).await), told);

    let world = world();
    let report = apply(graph(), &world).await;
    assert_eq!(lines(&report), ["Thing/a done", "Follower/held done", "Thing/b done"]);
    assert_eq!(world.writes(), ["Render b", "Delete held", "Delete a"]);
    assert_eq!(report.counts().deleted, 2);
    assert!(plan(graph(), &world).await.is_settled());
}

#[tokio::test]
async fn what_is_not_wanted_is_judged_by_its_lifecycle() {
    let table = [
        ("Sync", "done"),
        ("Ignore", "kept"),
        ("ExistsAndWarnIfChanges", "warned"),
        ("ExistsAndValidates", "failed"),
    ];
    for (lifecycle, outcome) in table {
        for there in [true, false] {
            let world = World::holding(if there { &[("a", "new")] } else { &[] });
            let of_a = Registry::default().get(lifecycle).expect("a built-in");
            let mut graph = Graph::new();
            graph.under(of_a, Source::Default).unwanted(thing("a"));
            let report = apply(graph, &world).await;
            let expected = if there { outcome } else { "kept" };
            assert_eq!(lines(&report), [format!("Thing/a {expected}")], "{lifecycle}");
        }
    }
}

#[tokio::test]
async fn what_is_not_wanted_waits_with_what_it_holds() {
    let world = World::holding(&[("a", "anything")]);
    let world = world.littered("a", Stray { deferred: true, ..stray("Follower", "held") });
    let mut graph = Graph::new();
    unwanted(&mut graph);
    let report = apply(graph, &world).await;
    assert_eq!(lines(&report), ["Thing/a deferred", "Follower/held deferred"]);
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test]
async fn a_failed_deletion_of_what_it_holds_keeps_what_is_not_wanted() {
    let world = World::holding(&[("a", "anything")]).littered("a", stray("Follower", "held"));
    let world = world.faulty(Op::Delete, "held", 1, Fault::Error(ErrorKind::Denied));
    let mut graph = Graph::new();
    unwanted(&mut graph);
    let report = apply(graph, &world).await;
    assert_eq!(lines(&report), ["Thing/a blocked by Follower/held", "Follower/held failed"]);
    assert!(world.state().things.contains_key("a"));
}

//! What can be wrong with a graph, and who decides about its tasks.

use cloudup_engine::{Graph, Link, Overrides, Registry, Source, TaskId, Why, lifecycle};

use crate::world::{Follower, Thing, World, apply, lines, plan, thing};

fn id(name: &str) -> TaskId {
    TaskId::new("Thing", name)
}

fn overrides(text: &str, source: &Source) -> Overrides {
    Overrides::parse(text, source, &Registry::default()).expect("sound overrides")
}

fn flag(text: &str) -> Overrides {
    overrides(text, &Source::Flag("--flag".into()))
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once_and_nothing_is_called() {
    let mut other = Graph::<World>::new();
    let foreign = other.under(lifecycle::Sync, Source::Default).add(thing("foreign"));

    let mut graph = Graph::new();
    graph.known_kinds(["VPC"]).overrides(flag("Thin=Ignore,Thing/tweni=Sync,VPC=Ignore,VCP=Sync"));
    let mut sync = graph.under(lifecycle::Sync, Source::Default);
    sync.add(thing("twin"));
    sync.add(thing("twin"));
    sync.after(&foreign).add(thing("guest"));
    let mut taker = thing("taker");
    taker.value = foreign.get(Clone::clone);
    sync.add(taker);
    for name in ["x", "y", "z", "alone"] {
        sync.add(thing(name));
    }
    graph
        .order(id("x"), id("y"))
        .order(id("y"), id("z"))
        .order(id("z"), id("x"))
        .order(id("alone"), id("alone"))
        .order(id("nobody"), id("x"))
        .order(id("x"), id("no-one"));

    let checked = graph.check().expect_err("it is all wrong");
    let world = World::default();
    let options = cloudup_engine::Options::default();
    let refused = graph.apply(&world, &options, |_| ()).await.expect_err("it is all wrong");
    assert_eq!(refused, checked);
    assert!(world.state().calls.is_empty());
    insta::assert_snapshot!(refused);
}

#[tokio::test]
async fn an_order_between_names_holds_whichever_was_added_first() {
    let world = World::default();
    let mut graph = Graph::new();
    graph.order(id("second"), id("first"));
    let mut sync = graph.under(lifecycle::Sync, Source::Default);
    sync.add(thing("first"));
    sync.add(thing("second"));
    apply(graph, &world).await;
    assert_eq!(world.writes(), ["Render second", "Render first"]);
}

#[tokio::test]
async fn an_override_for_a_kind_that_this_run_has_not_is_worth_a_warning() {
    let mut graph = Graph::new();
    graph.known_kinds(["VPC", "Subnet"]).overrides(flag("VPC=Ignore"));
    graph.under(lifecycle::Sync, Source::Default).add(thing("a"));
    let expected = "VPC in --flag: this run has no VPC, so the rule does nothing here";
    assert_eq!(graph.warnings()[0].message, expected);
    let report = plan(graph, &World::default()).await;
    assert_eq!(report.warnings.len(), 1);
    assert_eq!(report.warnings[0].message, expected);
    assert!(report.succeeded());
}

#[tokio::test]
async fn the_report_names_the_rule_that_won() {
    let mut graph = Graph::new();
    graph.overrides(overrides("Thing=ExistsAndWarnIfChanges", &Source::Environment("VAR".into())));
    graph.overrides(overrides("*/b=Sync", &Source::Manifest("annotation of Cluster x".into())));
    graph.overrides(flag("Thing/c*=ExistsAndValidates"));
    let mut base = graph.under(lifecycle::Ignore, Source::Phase("phase network".into()));
    for name in ["a", "b", "cc"] {
        base.add(thing(name));
    }
    let value = "new".to_owned().into();
    base.add(Follower { name: "c".into(), value });
    let told: Vec<_> = graph
        .governed()
        .iter()
        .map(|governed| format!("{} {}, {}", governed.task, governed.lifecycle, governed.rule))
        .collect();
    assert_eq!(
        told,
        [
            "Thing/a ExistsAndWarnIfChanges, Thing in VAR",
            "Thing/b ExistsAndWarnIfChanges, Thing in VAR",
            "Thing/cc ExistsAndValidates, Thing/c* in --flag",
            "Follower/c ExistsAndValidates, Thing/c* in --flag",
        ]
    );
    let report = apply(graph, &World::default()).await;
    let said = report.entries.iter().map(|e| format!("{} {}, {}", e.task, e.lifecycle, e.rule));
    assert_eq!(said.collect::<Vec<_>>(), told);
    let outcomes = ["warned", "warned", "failed", "failed"];
    let names = report.entries.iter().map(|entry| entry.outcome.name());
    assert_eq!(names.collect::<Vec<_>>(), outcomes);
}

#[tokio::test]
async fn an_override_may_also_bring_back_what_a_phase_left_out() {
    let world = World::default();
    let mut graph = Graph::new();
    graph.overrides(flag("Thing/a=Sync"));
    let mut out = graph.under(lifecycle::Ignore, Source::Phase("phase network".into()));
    out.add(thing("a"));
    out.add(thing("b"));
    assert_eq!(lines(&apply(graph, &world).await), ["Thing/a done", "Thing/b kept"]);
}

#[test]
fn a_task_may_wait_for_several_others() {
    let mut graph = Graph::<World>::new();
    let mut sync = graph.under(lifecycle::Sync, Source::Default);
    let (a, b) = (sync.add(thing("a")), sync.add(thing("b")));
    let c: cloudup_engine::Ref<Thing> = sync.after(&a).after(&b).add(thing("c"));
    assert_eq!(c.id(), &id("c"));
    let link = |first| Link { first, then: 2, why: Why::Order };
    assert_eq!(graph.drawing().links, [link(0), link(1)]);
    assert_eq!(graph.len(), 3);
}

//! Things that are to go, in an order of their own.

use cloudup_engine::{ErrorKind, Graph, GraphError, Problem, Source, TaskId, lifecycle};

use crate::world::{Fault, Op, World, apply, lines, plan, thing};

fn id(name: &str) -> TaskId {
    TaskId::new("Thing", name)
}

/// What is in a house goes before the house, and the house before its ground.
fn house() -> Graph<World> {
    let mut graph = Graph::new();
    let mut sync = graph.under(lifecycle::Sync, Source::Default);
    for name in ["ground", "house", "table", "chair"] {
        sync.unwanted(thing(name));
    }
    graph
        .order_deletions(id("house"), id("ground"))
        .order_deletions(id("table"), id("house"))
        .order_deletions(id("chair"), id("house"));
    graph
}

fn world() -> World {
    World::holding(&["ground", "house", "table", "chair"].map(|name| (name, "there")))
}

fn broken(op: Op, name: &str) -> World {
    world().faulty(op, name, usize::MAX, Fault::Error(ErrorKind::Denied))
}

#[tokio::test]
async fn what_is_in_it_goes_first() {
    let world = world();
    let report = apply(house(), &world).await;
    assert!(report.succeeded());
    assert_eq!(world.writes(), ["Delete table", "Delete chair", "Delete house", "Delete ground"]);
    assert!(plan(house(), &world).await.is_settled());
}

#[tokio::test]
async fn what_cannot_be_looked_at_keeps_what_it_is_in_and_nothing_else() {
    for (broken_one, told, deleted) in [
        (
            "table",
            [
                "ground blocked by Thing/table",
                "house blocked by Thing/table",
                "table failed",
                "chair done",
            ],
            &["Delete chair"][..],
        ),
        (
            "house",
            ["ground blocked by Thing/house", "house failed", "table done", "chair done"],
            &["Delete table", "Delete chair"],
        ),
        (
            "ground",
            ["ground failed", "house done", "table done", "chair done"],
            &["Delete table", "Delete chair", "Delete house"],
        ),
    ] {
        let world = broken(Op::Find, broken_one);
        let report = apply(house(), &world).await;
        assert_eq!(lines(&report), told.map(|line| format!("Thing/{line}")), "{broken_one}");
        assert_eq!(world.writes(), deleted, "{broken_one}");
        let planned = plan(house(), &broken(Op::Find, broken_one)).await;
        let planned: Vec<_> =
            lines(&planned).iter().map(|line| line.replace("planned", "done")).collect();
        assert_eq!(planned, told.map(|line| format!("Thing/{line}")), "{broken_one}");
    }
}

#[tokio::test]
async fn what_cannot_be_deleted_keeps_what_it_is_in() {
    let world = broken(Op::Delete, "chair");
    let report = apply(house(), &world).await;
    let told = ["ground blocked by Thing/chair", "house blocked by Thing/chair", "table done"];
    assert_eq!(lines(&report)[..3], told.map(|line| format!("Thing/{line}")));
    assert_eq!(world.writes(), ["Delete table", "Delete chair"]);
}

#[tokio::test]
async fn what_is_gone_already_holds_up_nothing() {
    let world = world();
    world.state().things.remove("house");
    let report = apply(house(), &world).await;
    assert!(report.succeeded());
    assert_eq!(world.writes(), ["Delete table", "Delete chair", "Delete ground"]);
}

#[test]
fn an_order_of_deletions_in_a_circle_is_told() {
    let mut graph = house();
    graph.order_deletions(id("ground"), id("chair"));
    let Err(GraphError { problems }) = graph.check() else { panic!("it is a circle") };
    let circle = Problem::Cycle(["ground", "house", "chair"].map(id).into());
    assert_eq!(problems, [circle]);
}

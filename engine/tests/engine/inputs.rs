//! Values that travel from one task to another.

use cloudup_engine::{Finding, Graph, Source, lifecycle};
use serde_json::json;

use crate::world::{Follower, Op, World, apply, lines, plan, thing};

/// A thing that takes its value from another under `of`, and one that takes its value in turn.
fn chain(of: impl cloudup_engine::Lifecycle + 'static) -> Graph<World> {
    let mut graph = Graph::new();
    let a = graph.under(of, Source::Default).add(thing("a"));
    let mut b = thing("b");
    b.value = a.get(Clone::clone);
    graph.under(lifecycle::Sync, Source::Default).add(b);
    graph
}

#[tokio::test]
async fn a_value_of_something_to_be_made_is_known_after_it() {
    let report = plan(chain(lifecycle::Sync), &World::default()).await;
    assert_eq!(lines(&report), ["Thing/a planned", "Thing/b planned"]);
    let Finding::Missing { fields } = &report.entries[1].finding else { panic!("it is there") };
    assert_eq!(fields[0].to, Some(json!({ "known-after": ["Thing/a"] })));
}

#[tokio::test]
async fn a_value_travels_to_the_task_that_takes_it() {
    let world = World::default();
    let report = apply(chain(lifecycle::Sync), &world).await;
    assert_eq!(lines(&report), ["Thing/a done", "Thing/b done"]);
    assert_eq!(world.state().things["b"], "new");
    assert!(plan(chain(lifecycle::Sync), &world).await.is_settled());
}

#[tokio::test]
async fn an_update_keeps_the_value_unless_the_kind_says_that_it_moves() {
    let planned = |moves: bool| async move {
        let world = World::holding(&[("a", "old"), ("b", "old")]);
        let mut graph = Graph::new();
        let mut sync = graph.under(lifecycle::Sync, Source::Default);
        let value = if moves {
            let value = "new".to_owned().into();
            sync.add(Follower { name: "a".into(), value }).get(Clone::clone)
        } else {
            sync.add(thing("a")).get(Clone::clone)
        };
        let mut b = thing("b");
        b.value = value;
        sync.add(b);
        lines(&plan(graph, &world).await)
    };
    assert_eq!(planned(true).await, ["Follower/a planned", "Thing/b planned"]);
    assert_eq!(planned(false).await, ["Thing/a planned", "Thing/b kept"]);
}

#[tokio::test]
async fn what_is_missing_and_left_so_is_missed_by_name() {
    let world = World::default();
    let left = lifecycle::ExistsAndWarnIfChanges;
    for report in [plan(chain(left), &world).await, apply(chain(left), &world).await] {
        assert_eq!(lines(&report), ["Thing/a warned", "Thing/b failed"]);
        assert_eq!(
            report.entries[1].error.as_ref().map(ToString::to_string).as_deref(),
            Some(
                "take a value from Thing/a, which is not there and is left so \
                 (lifecycle ExistsAndWarnIfChanges, set by default)"
            )
        );
    }
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test]
async fn what_only_comes_after_something_missing_goes_on() {
    let world = World::default();
    let mut graph = Graph::new();
    let a = graph.under(lifecycle::ExistsAndWarnIfChanges, Source::Default).add(thing("a"));
    graph.under(lifecycle::Sync, Source::Default).after(&a).add(thing("b"));
    assert_eq!(lines(&apply(graph, &world).await), ["Thing/a warned", "Thing/b done"]);
}

#[tokio::test]
async fn what_is_ignored_is_looked_up_only_for_a_value_that_somebody_uses() {
    // How b relates to a, b's lifecycle, and whether a is looked up.
    #[derive(Clone, Copy)]
    enum B {
        Takes,
        Follows,
        Apart,
    }
    let table = [
        (B::Takes, "Sync", true),
        (B::Takes, "Ignore", false),
        (B::Follows, "Sync", false),
        (B::Apart, "Sync", false),
    ];
    for (relation, of_b, looked) in table {
        let world = World::holding(&[("a", "lent"), ("b", "old")]);
        let mut graph = Graph::new();
        let a = graph.under(lifecycle::Ignore, Source::Default).add(thing("a"));
        let of_b = cloudup_engine::Registry::default().get(of_b).expect("a built-in");
        let mut adder = graph.under(of_b, Source::Default);
        let mut b = thing("b");
        match relation {
            B::Takes => {
                b.value = a.get(Clone::clone);
                adder.add(b);
            }
            B::Follows => drop(adder.after(&a).add(b)),
            B::Apart => drop(adder.add(b)),
        }
        let report = apply(graph, &world).await;
        assert_eq!(world.calls(Op::Find).contains(&"a".to_owned()), looked);
        assert_eq!(report.entries[0].finding, Finding::NotLooked);
        assert_eq!(world.state().things["a"], "lent", "what is ignored is not changed");
        if looked {
            assert_eq!(world.state().things["b"], "lent");
        }
    }
}

#[tokio::test]
async fn what_is_ignored_is_looked_up_for_what_is_lent_in_turn() {
    let world = World::holding(&[("a", "1"), ("b", "2"), ("c", "3")]);
    let mut graph = Graph::new();
    let mut ignored = graph.under(lifecycle::Ignore, Source::Default);
    let a = ignored.add(thing("a"));
    let mut b = thing("b");
    b.takes = [a.get(Clone::clone)].into_iter().collect();
    let b = ignored.add(b);
    let mut c = thing("c");
    c.value = b.get(Clone::clone);
    graph.under(lifecycle::Sync, Source::Default).add(c);
    apply(graph, &world).await;
    assert_eq!(world.calls(Op::Find), ["a", "b", "c"]);
    assert_eq!(world.state().things["c"], "2");
}

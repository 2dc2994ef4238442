//! The graph as a picture.

use std::collections::BTreeSet;

use cloudup_engine::{Drawing, Graph, Link, Mark, Source, TaskId, Thing, Why, lifecycle};
use proptest::prelude::*;

use crate::world::{World, plan, stray, thing};

fn graph() -> Graph<World> {
    let mut graph = Graph::new();
    graph.order(TaskId::new("Thing", "a"), TaskId::new("Thing", "say \"c\" <&> #1; `d`\\"));
    graph.order_deletions(TaskId::new("Thing", "b"), TaskId::new("Thing", "größe"));
    let mut sync = graph.under(lifecycle::Sync, Source::Default);
    let a = sync.add(thing("a"));
    let mut b = thing("b");
    b.value = a.get(Clone::clone);
    sync.after(&a).add(b);
    sync.add(thing("say \"c\" <&> #1; `d`\\"));
    let mut ignored = graph.under(lifecycle::Ignore, Source::Default);
    ignored.add(thing("größe"));
    graph
}

#[test]
fn a_graph_is_drawn_for_graphviz_and_for_documents() {
    let drawing = graph().drawing();
    insta::assert_snapshot!("dot", drawing.dot());
    insta::assert_snapshot!("mermaid", drawing.mermaid());
}

#[tokio::test]
async fn a_drawing_shows_what_came_of_each_task_its_strays_and_groups() {
    let world = World::holding(&[("a", "new")]).littered("a", stray("Thing", "a-old"));
    let report = plan(graph(), &world).await;
    let drawing = graph().drawing().marked(&report);
    let drawing = drawing.grouped(["first", "empty", "<last>"], |task| match task.name() {
        "a" | "a-old" => Some(0),
        "b" => Some(2),
        _ => None,
    });
    insta::assert_snapshot!("dot-with-outcomes", drawing.dot());
    insta::assert_snapshot!("mermaid-with-outcomes", drawing.mermaid());
    let used: Vec<_> = drawing.marks().collect();
    assert_eq!(used, [Mark::Create, Mark::Delete, Mark::Kept, Mark::Ignored]);
    for thing in &drawing.things {
        let entry = &report.entries[thing.entry.expect("all have entries")];
        assert_eq!((&entry.task, Mark::of(entry)), (&thing.task, thing.mark.expect("a mark")));
    }
}

#[tokio::test]
async fn what_is_neither_wanted_nor_there_can_be_left_out() {
    let graph = || {
        let mut graph = Graph::new();
        let mut sync = graph.under(lifecycle::Sync, Source::Default);
        let gone = sync.unwanted(thing("gone"));
        sync.after(&gone).add(thing("a"));
        let there = sync.unwanted(thing("there"));
        sync.after(&there).add(thing("b"));
        graph
    };
    let report = plan(graph(), &World::holding(&[("there", "anything")])).await;
    let tasks = |drawing: &Drawing| -> Vec<_> {
        drawing.things.iter().map(|thing| thing.task.name().to_owned()).collect()
    };
    let mut drawing = graph().drawing().marked(&report);
    assert_eq!(drawing.leave_out_absent(), 1);
    assert_eq!(tasks(&drawing), ["a", "there", "b"]);
    assert_eq!(drawing.links, [Link { first: 1, then: 2, why: Why::Order }]);
    // Nobody has looked.
    let mut drawing = graph().drawing();
    assert_eq!(drawing.leave_out_absent(), 2);
    assert_eq!((tasks(&drawing), drawing.links), (vec!["a".to_owned(), "b".to_owned()], vec![]));
}

#[test]
fn no_two_marks_look_the_same_without_colours() {
    let signs: BTreeSet<_> = Mark::ALL.iter().map(|mark| mark.sign()).collect();
    let names: BTreeSet<_> = Mark::ALL.iter().map(|mark| mark.name()).collect();
    assert_eq!((signs.len(), names.len()), (Mark::ALL.len(), Mark::ALL.len()));
}

#[test]
fn order_that_others_imply_can_be_left_out_and_values_cannot() {
    let link = |first, then, why| Link { first, then, why };
    let table = [
        // Implied by way of 1, whatever carries the rest.
        (
            vec![link(0, 1, Why::Order), link(0, 2, Why::Order), link(1, 2, Why::Order)],
            vec![(0, 2)],
        ),
        (
            vec![link(0, 1, Why::Value), link(0, 2, Why::Order), link(1, 2, Why::Value)],
            vec![(0, 2)],
        ),
        // A value is more than order.
        (vec![link(0, 1, Why::Order), link(0, 2, Why::Value), link(1, 2, Why::Order)], vec![]),
        // Deletions go their own way.
        (vec![link(0, 1, Why::Deletion), link(0, 2, Why::Order), link(1, 2, Why::Order)], vec![]),
        (vec![link(0, 1, Why::Order), link(0, 2, Why::Deletion), link(1, 2, Why::Order)], vec![]),
        (vec![link(0, 1, Why::Order), link(1, 2, Why::Order)], vec![]),
    ];
    for (links, left_out) in table {
        let mut drawing = drawing_of(3, links.clone());
        assert_eq!(drawing.reduce(), left_out.len());
        let pairs = |links: &[Link]| -> BTreeSet<_> {
            links.iter().map(|link| (link.first, link.then)).collect()
        };
        let gone: Vec<_> = pairs(&links).difference(&pairs(&drawing.links)).copied().collect();
        assert_eq!(gone, left_out, "{links:?}");
    }
}

fn drawing_of(things: usize, links: Vec<Link>) -> Drawing {
    let thing = |nth| Thing {
        task: TaskId::new("Thing", format!("{nth}")),
        wanted: true,
        group: None,
        mark: None,
        entry: None,
    };
    Drawing { things: (0..things).map(thing).collect(), links, groups: Vec::new() }
}

/// Which things come before which others, deletions aside.
fn comes_before(drawing: &Drawing) -> BTreeSet<(usize, usize)> {
    let forward = drawing.links.iter().filter(|link| link.why != Why::Deletion);
    let mut before: BTreeSet<_> = forward.map(|link| (link.first, link.then)).collect();
    for by in 0..drawing.things.len() {
        let ends: Vec<_> = before.iter().filter(|(first, _)| *first == by).copied().collect();
        let starts: Vec<_> = before.iter().filter(|(_, then)| *then == by).copied().collect();
        let through =
            |&(first, _): &(usize, usize)| ends.iter().map(move |&(_, then)| (first, then));
        before.extend(starts.iter().flat_map(through).collect::<Vec<_>>());
    }
    before
}

fn drawings() -> impl Strategy<Value = Drawing> {
    let why = prop::sample::select(vec![Why::Value, Why::Order, Why::Order, Why::Deletion]);
    let link = (0..12_usize, 1..12_usize, why);
    prop::collection::vec(link, 0..40).prop_map(|links| {
        let link = |(first, further, why)| Link { first, then: first + further, why };
        let mut links: Vec<_> = links.into_iter().map(link).filter(|link| link.then < 12).collect();
        links.sort_unstable();
        links.dedup();
        drawing_of(12, links)
    })
}

proptest! {
    #[test]
    fn what_is_left_out_is_implied_and_nothing_more_could_be(drawing in drawings()) {
        let mut reduced = drawing.clone();
        reduced.reduce();
        prop_assert_eq!(comes_before(&reduced), comes_before(&drawing));
        for link in &reduced.links {
            let mut without = reduced.clone();
            without.links.retain(|other| other != link);
            if link.why == Why::Order {
                prop_assert_ne!(comes_before(&without), comes_before(&drawing), "{:?}", link);
            }
        }
        let gone = drawing.links.iter().filter(|link| !reduced.links.contains(link));
        prop_assert!(gone.clone().all(|link| link.why == Why::Order), "{:?}", gone.collect::<Vec<_>>());
    }

    #[test]
    fn every_task_and_link_is_in_each_picture(drawing in drawings()) {
        let (dot, mermaid) = (drawing.dot(), drawing.mermaid());
        for (nth, thing) in drawing.things.iter().enumerate() {
            let (boxed, named) = (format!("t{nth} [label = \"{}\"]", thing.task), format!("t{nth}[\"{}\"]", thing.task));
            prop_assert!(dot.contains(&boxed) && mermaid.contains(&named));
        }
        prop_assert_eq!(dot.matches(" -> ").count(), drawing.links.len());
        prop_assert_eq!(mermaid.matches("> t").count(), drawing.links.len());
        for Link { first, then, .. } in &drawing.links {
            let (start, end) = (format!("    t{first} "), format!("> t{then}\n"));
            let arrow = format!("    t{first} -> t{then}");
            prop_assert!(dot.contains(&arrow));
            prop_assert!(mermaid.split_inclusive('\n').any(|line| line.starts_with(&start) && line.ends_with(&end)));
        }
    }
}

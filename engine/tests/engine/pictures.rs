//! The graph as a picture.

use cloudup_engine::{Graph, Source, TaskId, lifecycle};

use crate::world::{World, plan, thing};

fn graph() -> Graph<World> {
    let mut graph = Graph::new();
    graph.order(TaskId::new("Thing", "a"), TaskId::new("Thing", "say \"c\""));
    let mut sync = graph.under(lifecycle::Sync, Source::Default);
    let a = sync.add(thing("a"));
    let mut b = thing("b");
    b.value = a.get(Clone::clone);
    sync.after(&a).add(b);
    sync.add(thing("say \"c\""));
    graph
}

#[test]
fn a_graph_is_drawn_for_graphviz_and_for_documents() {
    let drawing = graph().drawing();
    insta::assert_snapshot!("dot", drawing.dot(None));
    insta::assert_snapshot!("mermaid", drawing.mermaid(None));
}

#[tokio::test]
async fn a_drawing_shows_what_came_of_each_task() {
    let drawing = graph().drawing();
    let report = plan(graph(), &World::holding(&[("a", "new")])).await;
    insta::assert_snapshot!("dot-with-outcomes", drawing.dot(Some(&report)));
    insta::assert_snapshot!("mermaid-with-outcomes", drawing.mermaid(Some(&report)));
}

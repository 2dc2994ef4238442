//! Values of one run cannot leak into another.

use cloudup_engine::{Graph, Options, Provider};

async fn twice<P: Provider>(graph: Graph<P>, reader: &P::Reader) {
    let _ = graph.plan(reader, &Options::default(), |_| ()).await;
    let _ = graph.plan(reader, &Options::default(), |_| ()).await;
}

fn main() {}

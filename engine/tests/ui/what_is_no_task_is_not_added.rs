//! Only tasks can be added.

use cloudup_engine::{Graph, Provider, Source, lifecycle};

fn add<P: Provider>(graph: &mut Graph<P>) {
    graph.under(lifecycle::Sync, Source::Default).add("IAMRole");
}

fn main() {}

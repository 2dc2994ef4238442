//! Which tasks may go next. No clocks, no futures: just the order.

use petgraph::{
    Direction::Outgoing,
    graph::{DiGraph, NodeIndex},
};

/// Walks a graph from what needs nothing to what nothing needs.
///
/// An edge runs from a task to one that needs it.
#[derive(Debug)]
pub(crate) struct Schedule<'g, N> {
    graph: &'g DiGraph<N, ()>,
    /// How many needs each task still waits for.
    waiting: Vec<usize>,
    /// The failed task that rules each task out, if one does.
    doomed: Vec<Option<NodeIndex>>,
    ready: Vec<NodeIndex>,
}

impl<'g, N> Schedule<'g, N> {
    pub(crate) fn new(graph: &'g DiGraph<N, ()>) -> Self {
        let mut waiting = vec![0; graph.node_count()];
        for edge in graph.edge_indices() {
            let (_, needer) = graph.edge_endpoints(edge).expect("the edge is the graph's own");
            waiting[needer.index()] += 1;
        }
        // Reversed, so that `pop` hands tasks out in the order they were added.
        let ready = graph.node_indices().filter(|n| waiting[n.index()] == 0).rev().collect();
        Self { graph, doomed: vec![None; waiting.len()], waiting, ready }
    }

    /// A task whose needs are all met.
    pub(crate) fn pop(&mut self) -> Option<NodeIndex> {
        self.ready.pop()
    }

    /// A task went well: those it held up may follow.
    pub(crate) fn done(&mut self, task: NodeIndex) {
        for needer in self.graph.neighbors_directed(task, Outgoing) {
            self.waiting[needer.index()] -= 1;
            if self.waiting[needer.index()] == 0 && self.doomed[needer.index()].is_none() {
                self.ready.push(needer);
            }
        }
    }

    /// A task failed: all that need it, however far off, are ruled out.
    pub(crate) fn failed(&mut self, task: NodeIndex) {
        let mut reached = vec![task];
        while let Some(next) = reached.pop() {
            for needer in self.graph.neighbors_directed(next, Outgoing) {
                if self.doomed[needer.index()].is_none() {
                    self.doomed[needer.index()] = Some(task);
                    reached.push(needer);
                }
            }
        }
    }

    /// The failed task that ruled this one out.
    pub(crate) fn doomed_by(&self, task: NodeIndex) -> Option<NodeIndex> {
        self.doomed[task.index()]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// Edges only run forward, as they do in a graph that was added.
    fn graphs() -> impl Strategy<Value = DiGraph<(), ()>> {
        (1usize..20).prop_flat_map(|size| {
            prop::collection::btree_set((0..size, 0..size), 0..40).prop_map(move |pairs| {
                let mut graph = DiGraph::new();
                let nodes: Vec<_> = (0..size).map(|_| graph.add_node(())).collect();
                for (a, b) in pairs.into_iter().filter(|(a, b)| a < b) {
                    graph.add_edge(nodes[a], nodes[b], ());
                }
                graph
            })
        })
    }

    proptest! {
        #[test]
        fn every_task_follows_what_it_needs(graph in graphs()) {
            let mut schedule = Schedule::new(&graph);
            let mut done = BTreeSet::new();
            while let Some(task) = schedule.pop() {
                for need in graph.neighbors_directed(task, petgraph::Direction::Incoming) {
                    prop_assert!(done.contains(&need));
                }
                prop_assert!(done.insert(task), "a task had two turns");
                schedule.done(task);
            }
            prop_assert_eq!(done.len(), graph.node_count());
        }

        #[test]
        fn a_failure_rules_out_exactly_what_needs_it(graph in graphs(), pick in any::<prop::sample::Index>()) {
            let broken = NodeIndex::new(pick.index(graph.node_count()));
            let mut schedule = Schedule::new(&graph);
            let mut ran = BTreeSet::new();
            while let Some(task) = schedule.pop() {
                ran.insert(task);
                if task == broken { schedule.failed(task) } else { schedule.done(task) }
            }
            for task in graph.node_indices() {
                let needs_broken = task != broken
                    && petgraph::algo::has_path_connecting(&graph, broken, task, None);
                prop_assert_eq!(schedule.doomed_by(task).is_some(), needs_broken);
                prop_assert_eq!(ran.contains(&task), !needs_broken);
            }
        }
    }
}

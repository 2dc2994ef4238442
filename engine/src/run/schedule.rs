//! What may go next. No clocks, no futures: just the order.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    time::Duration,
};

use petgraph::{
    Direction::{Incoming, Outgoing},
    graph::{DiGraph, NodeIndex},
    visit::EdgeRef as _,
};

/// Walks a graph twice at once: every task has its turn after the turns of all it needs; and what
/// a task wants deleted goes after the deletions of all that need it.
///
/// An edge runs from a task to one that needs it; some order deletions alone. The graph has no
/// cycle.
#[derive(Debug)]
pub(crate) struct Schedule<'g, N, E> {
    graph: &'g DiGraph<N, E>,
    /// Whether an edge orders turns too.
    orders_turns: fn(&E) -> bool,
    /// How many needs each task's turn still waits for.
    waiting: Vec<u32>,
    /// How many things each task's deletions still wait for: its own turn, and the deletions of
    /// all that need it.
    holding: Vec<u32>,
    /// The failure that rules each task's turn out, if one does.
    doomed: Vec<Option<Culprit>>,
    /// The failure that rules each task's deletions out, if one does.
    barred: Vec<Option<Culprit>>,
    /// Whether a task has had its turn and has something to delete.
    deletes: Vec<bool>,
    /// How long the longest path from each task's start to the end is expected to take, in µs.
    remaining: Vec<u64>,
    ready: BinaryHeap<(u64, Reverse<Step>)>,
    /// The last of the needs that each task's turn waited for, if it waited.
    turn_freed: Vec<Option<NodeIndex>>,
    /// The last thing that each task's deletions waited for.
    deletions_freed: BTreeMap<NodeIndex, Step>,
}

/// Something to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// A task's turn.
    Turn(NodeIndex),
    /// The deletion of what a task no longer wants.
    Delete(NodeIndex),
}

/// Stands for what failed, in the caller's books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Culprit(pub(crate) u32);

/// What a failure rules out that was not ruled out before.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Fallout {
    /// Tasks that will have no turn.
    pub(crate) doomed: Vec<NodeIndex>,
    /// Tasks that will have nothing deleted.
    pub(crate) barred: Vec<NodeIndex>,
}

impl<'g, N, E> Schedule<'g, N, E> {
    pub(crate) fn new(
        graph: &'g DiGraph<N, E>,
        order: &[NodeIndex],
        orders_turns: fn(&E) -> bool,
        mut expected: impl FnMut(NodeIndex) -> Duration,
    ) -> Self {
        let size = graph.node_count();
        let (mut waiting, mut holding) = (vec![0; size], vec![1; size]);
        let mut remaining = vec![0; size];
        for &task in order.iter().rev() {
            let mut longest = 0u64;
            for edge in graph.edges_directed(task, Outgoing) {
                let needer = edge.target();
                waiting[needer.index()] += u32::from(orders_turns(edge.weight()));
                holding[task.index()] += 1;
                longest = longest.max(remaining[needer.index()]);
            }
            let own = u64::try_from(expected(task).as_micros()).unwrap_or(u64::MAX);
            remaining[task.index()] = longest.saturating_add(own);
        }
        let mut schedule = Self {
            graph,
            orders_turns,
            waiting,
            holding,
            doomed: vec![None; size],
            barred: vec![None; size],
            deletes: vec![false; size],
            remaining,
            ready: BinaryHeap::new(),
            turn_freed: vec![None; size],
            deletions_freed: BTreeMap::new(),
        };
        for task in graph.node_indices() {
            if schedule.waiting[task.index()] == 0 {
                schedule.offer(task);
            }
        }
        schedule
    }

    /// What to do next: of all that may be done, what lies on the longest path, then what was
    /// added first.
    pub(crate) fn pop(&mut self) -> Option<Step> {
        self.ready.pop().map(|(_, Reverse(step))| step)
    }

    /// A task's turn went well: those it held up may follow. `deletes` says whether it has
    /// something to delete.
    pub(crate) fn turned(&mut self, task: NodeIndex, deletes: bool) {
        for needer in self.followers(task) {
            self.waiting[needer.index()] -= 1;
            if self.waiting[needer.index()] == 0 && self.doomed[needer.index()].is_none() {
                self.turn_freed[needer.index()] = Some(task);
                self.offer(needer);
            }
        }
        self.deletes[task.index()] = deletes;
        let by = Step::Turn(task);
        if self.let_go(task, by) {
            self.let_go_needs(task, by);
        }
    }

    /// Everything that a task wanted deleted is gone or stays: what it needs may follow.
    pub(crate) fn deleted(&mut self, task: NodeIndex) {
        self.let_go_needs(task, Step::Delete(task));
    }

    /// What a step waited for last, if it waited.
    pub(crate) fn freed_by(&self, step: Step) -> Option<Step> {
        match step {
            Step::Turn(task) => self.turn_freed[task.index()].map(Step::Turn),
            Step::Delete(task) => self.deletions_freed.get(&task).copied(),
        }
    }

    /// How long the longest path from a task's start is expected to take, in µs.
    pub(crate) fn path(&self, task: NodeIndex) -> u64 {
        self.remaining[task.index()]
    }

    /// The longest path from what may start now, in µs.
    pub(crate) fn longest_ready(&self) -> u64 {
        self.ready.peek().map_or(0, |(path, _)| *path)
    }

    /// A task's turn failed: all that need it, however far off, are ruled out; and so are the
    /// deletions of all that any of those need.
    pub(crate) fn failed(&mut self, task: NodeIndex, culprit: Culprit) -> Fallout {
        let mut fallout = Fallout::default();
        let mut reached = vec![task];
        while let Some(next) = reached.pop() {
            self.bar(next, culprit, &mut fallout.barred);
            for needer in self.followers(next) {
                if self.doomed[needer.index()].is_none() {
                    self.doomed[needer.index()] = Some(culprit);
                    fallout.doomed.push(needer);
                    reached.push(needer);
                }
            }
        }
        fallout.doomed.sort_unstable();
        fallout.barred.sort_unstable();
        fallout
    }

    /// A task's deletion failed: the deletions of all that it needs, however far off, are ruled
    /// out.
    pub(crate) fn stuck(&mut self, task: NodeIndex, culprit: Culprit) -> Vec<NodeIndex> {
        let mut barred = Vec::new();
        self.bar(task, culprit, &mut barred);
        barred.sort_unstable();
        barred
    }

    /// What rules a task's deletions out, if anything does.
    pub(crate) fn barred_by(&self, task: NodeIndex) -> Option<Culprit> {
        self.barred[task.index()]
    }

    fn bar(&mut self, task: NodeIndex, culprit: Culprit, barred: &mut Vec<NodeIndex>) {
        let mut reached = vec![task];
        while let Some(next) = reached.pop() {
            if self.barred[next.index()].is_none() {
                self.barred[next.index()] = Some(culprit);
                barred.push(next);
                reached.extend(needs(self.graph, next));
            }
        }
    }

    /// The tasks whose turns wait for this one's.
    fn followers(&self, task: NodeIndex) -> impl Iterator<Item = NodeIndex> + use<'g, N, E> {
        let orders_turns = self.orders_turns;
        let edges = self.graph.edges_directed(task, Outgoing);
        edges.filter(move |edge| orders_turns(edge.weight())).map(|edge| edge.target())
    }

    fn offer(&mut self, task: NodeIndex) {
        self.ready.push((self.remaining[task.index()], Reverse(Step::Turn(task))));
    }

    /// What a task needs waits for its deletions no more, because of `by`.
    fn let_go_needs(&mut self, task: NodeIndex, by: Step) {
        let mut gone = vec![task];
        while let Some(next) = gone.pop() {
            for need in needs(self.graph, next) {
                if self.let_go(need, by) {
                    gone.push(need);
                }
            }
        }
    }

    /// One thing less that a task's deletions wait for, because of `by`. Says whether it turns out
    /// to have none, so that what it needs may follow at once.
    fn let_go(&mut self, task: NodeIndex, by: Step) -> bool {
        let held = &mut self.holding[task.index()];
        *held -= 1;
        if *held > 0 || self.barred[task.index()].is_some() {
            return false;
        }
        if self.deletes[task.index()] {
            self.deletions_freed.insert(task, by);
            self.ready.push((0, Reverse(Step::Delete(task))));
        }
        !self.deletes[task.index()]
    }
}

/// What a task needs, without holding on to whoever holds the graph.
fn needs<N, E>(
    graph: &DiGraph<N, E>,
    task: NodeIndex,
) -> impl Iterator<Item = NodeIndex> + use<'_, N, E> {
    graph.neighbors_directed(task, Incoming)
}

/// The tasks in an order in which each comes after all that it needs.
pub(crate) fn topological<N, E>(graph: &DiGraph<N, E>) -> Vec<NodeIndex> {
    let mut waiting = vec![0u32; graph.node_count()];
    for edge in graph.raw_edges() {
        waiting[edge.target().index()] += 1;
    }
    let mut order: Vec<_> =
        graph.node_indices().filter(|task| waiting[task.index()] == 0).collect();
    let mut next = 0;
    while let Some(&task) = order.get(next) {
        next += 1;
        for needer in graph.neighbors_directed(task, Outgoing) {
            waiting[needer.index()] -= 1;
            if waiting[needer.index()] == 0 {
                order.push(needer);
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use petgraph::algo::has_path_connecting;
    use proptest::{prelude::*, sample::Index};

    use super::*;

    /// Edges run both ways between numbers, but never in a circle.
    fn graphs() -> impl Strategy<Value = DiGraph<u64, ()>> {
        let pairs = prop::collection::btree_set((0usize..20, 0usize..20), 0..40);
        let names = Just((0u64..20).collect::<Vec<_>>()).prop_shuffle();
        (1usize..20, pairs, names).prop_map(|(size, pairs, names)| {
            let mut graph = DiGraph::new();
            let nodes: Vec<_> = names.iter().take(size).map(|n| graph.add_node(*n)).collect();
            for (a, b) in pairs.into_iter().filter(|(a, b)| *a < size && *b < size) {
                if graph[nodes[a]] < graph[nodes[b]] {
                    graph.add_edge(nodes[a], nodes[b], ());
                }
            }
            graph
        })
    }

    fn schedule(graph: &DiGraph<u64, ()>) -> Schedule<'_, u64, ()> {
        let expected = |node: NodeIndex| Duration::from_micros(1 + graph[node] % 7);
        Schedule::new(graph, &topological(graph), |()| true, expected)
    }

    fn is_needed(graph: &DiGraph<u64, ()>, task: NodeIndex, other: NodeIndex) -> bool {
        task != other && has_path_connecting(graph, other, task, None)
    }

    proptest! {
        #[test]
        fn turns_follow_needs_and_deletions_follow_those_who_need(
            graph in graphs(),
            deletes in prop::collection::vec(any::<bool>(), 20),
        ) {
            let deletes = |task: NodeIndex| deletes[task.index()];
            let mut schedule = schedule(&graph);
            let mut done = BTreeSet::new();
            while let Some(step) = schedule.pop() {
                match step {
                    Step::Turn(task) => {
                        for other in graph.node_indices().filter(|o| is_needed(&graph, task, *o)) {
                            prop_assert!(done.contains(&Step::Turn(other)));
                        }
                        schedule.turned(task, deletes(task));
                    }
                    Step::Delete(task) => {
                        prop_assert!(deletes(task) && done.contains(&Step::Turn(task)));
                        for other in graph.node_indices().filter(|o| is_needed(&graph, *o, task)) {
                            prop_assert!(done.contains(&Step::Turn(other)));
                            prop_assert!(!deletes(other) || done.contains(&Step::Delete(other)));
                        }
                        schedule.deleted(task);
                    }
                }
                prop_assert!(done.insert(step), "{:?} came twice", step);
            }
            let deletions = graph.node_indices().filter(|task| deletes(*task)).count();
            prop_assert_eq!(done.len(), graph.node_count() + deletions);
        }

        #[test]
        fn what_comes_next_is_on_the_longest_path(graph in graphs()) {
            let mut schedule = schedule(&graph);
            let mut last = None;
            // Nothing becomes ready while nothing is done, so what is handed out only gets shorter.
            while let Some(Step::Turn(task)) = schedule.pop() {
                let remaining = schedule.remaining[task.index()];
                prop_assert!(last.is_none_or(|last| last >= (remaining, Reverse(task))));
                last = Some((remaining, Reverse(task)));
            }
            for task in graph.node_indices() {
                let longest = graph.neighbors(task).map(|n| schedule.remaining[n.index()]).max();
                let own = 1 + graph[task] % 7;
                prop_assert_eq!(schedule.remaining[task.index()], own + longest.unwrap_or(0));
            }
        }

        #[test]
        fn a_failed_turn_rules_out_exactly_what_follows_from_it(graph in graphs(), pick in any::<Index>()) {
            let broken = NodeIndex::new(pick.index(graph.node_count()));
            let doomed = |task| is_needed(&graph, task, broken);
            let barred = |task| {
                let hit = |other| other == broken || doomed(other);
                graph.node_indices().any(|o| hit(o) && (o == task || is_needed(&graph, o, task)))
            };
            let mut schedule = schedule(&graph);
            let (mut turned, mut deleted) = (BTreeSet::new(), BTreeSet::new());
            while let Some(step) = schedule.pop() {
                match step {
                    Step::Turn(task) if task == broken => {
                        let fallout = schedule.failed(task, Culprit(7));
                        let expected: Vec<_> =
                            graph.node_indices().filter(|task| doomed(*task)).collect();
                        prop_assert_eq!(fallout.doomed, expected);
                        let expected: Vec<_> =
                            graph.node_indices().filter(|task| barred(*task)).collect();
                        prop_assert_eq!(fallout.barred, expected);
                    }
                    Step::Turn(task) => {
                        turned.insert(task);
                        schedule.turned(task, true);
                    }
                    Step::Delete(task) => {
                        deleted.insert(task);
                        schedule.deleted(task);
                    }
                }
            }
            for task in graph.node_indices() {
                prop_assert_eq!(turned.contains(&task), task != broken && !doomed(task));
                prop_assert_eq!(deleted.contains(&task), !barred(task));
                let culprit = barred(task).then_some(Culprit(7));
                prop_assert_eq!(schedule.barred_by(task), culprit);
            }
        }

        #[test]
        fn a_stuck_deletion_rules_out_exactly_those_of_its_needs(graph in graphs(), pick in any::<Index>()) {
            let broken = NodeIndex::new(pick.index(graph.node_count()));
            let mut schedule = schedule(&graph);
            let mut deleted = BTreeSet::new();
            while let Some(step) = schedule.pop() {
                match step {
                    Step::Turn(task) => schedule.turned(task, true),
                    Step::Delete(task) if task == broken => {
                        let barred = schedule.stuck(task, Culprit(7));
                        let expected: Vec<_> = graph
                            .node_indices()
                            .filter(|other| *other == broken || is_needed(&graph, broken, *other))
                            .collect();
                        prop_assert_eq!(barred, expected);
                    }
                    Step::Delete(task) => {
                        deleted.insert(task);
                        schedule.deleted(task);
                    }
                }
            }
            for task in graph.node_indices() {
                let expected = task != broken && !is_needed(&graph, broken, task);
                prop_assert_eq!(deleted.contains(&task), expected);
            }
        }
    }
}

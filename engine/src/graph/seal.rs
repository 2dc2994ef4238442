//! The last look at a graph before it runs.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::{
    algo::tarjan_scc,
    graph::{DiGraph, NodeIndex},
};

use super::{Graph, GraphError, Need, Problem};
use crate::{
    Overrides, Provider, Rule, Ruling, Stray, TaskId, Warning, rule::Governance, run::Node,
    spelling::nearest,
};

/// A graph that has been found sound, with every task's lifecycle settled.
pub(crate) struct Sealed<P: Provider> {
    pub(crate) nodes: DiGraph<Box<dyn Node<P>>, Need>,
    /// Who decides about each task, overrides included.
    pub(crate) governance: Vec<Governance>,
    /// The overrides that select no task, though there is their kind.
    pub(crate) idle: Vec<IdleRule>,
    /// Who would decide about each task's strays if no override did.
    bases: Vec<Governance>,
    overrides: Overrides,
    /// Which kind each kind follows.
    follows: BTreeMap<String, &'static str>,
}

impl<P: Provider> Sealed<P> {
    pub(crate) fn new(mut graph: Graph<P>) -> Result<Self, GraphError> {
        let idle = check(&graph)?;
        let nodes = graph.nodes.node_weights().zip(&graph.bases);
        let governance = nodes.map(|(node, base)| graph.govern(&**node, base)).collect();
        for (first, then, need) in &graph.orders {
            let (first, then) = (graph.index[first], graph.index[then]);
            graph.nodes.add_edge(first, then, *need);
        }
        let follows = graph.nodes.node_weights().filter_map(|node| {
            node.follows().map(|follows| (node.id().kind().to_owned(), follows))
        });
        let follows =
            if graph.overrides.rules().is_empty() { BTreeMap::new() } else { follows.collect() };
        let Graph { nodes, bases, overrides, .. } = graph;
        Ok(Self { nodes, governance, idle, bases, overrides, follows })
    }

    /// Who decides about a stray that a task found: whoever an override says, or else whoever
    /// would decide about the task if no override did.
    pub(crate) fn govern_stray(&self, finder: NodeIndex, stray: &Stray) -> Governance {
        let follows = self.follows.get(stray.kind).copied();
        self.overrides.govern(stray.kind, follows, &stray.name, &self.bases[finder.index()])
    }
}

/// An override that selects no task of this run.
pub(crate) struct IdleRule {
    pub(crate) ruling: Ruling,
    kind: String,
}

impl IdleRule {
    pub(crate) fn warning(&self) -> Warning {
        let Self { ruling, kind } = self;
        let message = format!("{ruling}: this run has no {kind}, so the rule does nothing here");
        Warning { task: None, message }
    }
}

/// Every problem there is, or else which overrides select nothing.
pub(super) fn check<P: Provider>(graph: &Graph<P>) -> Result<Vec<IdleRule>, GraphError> {
    let mut problems = graph.problems.clone();
    for (first, then, _) in &graph.orders {
        let (first, task) = (first.clone(), then.clone());
        if !graph.index.contains_key(&task) {
            problems.push(Problem::NotAdded { task, first });
        } else if !graph.index.contains_key(&first) {
            problems.push(Problem::Stranger { task, needs: first });
        }
    }
    let (mistaken, idle) = graph.check_overrides();
    problems.extend(mistaken);
    problems.extend(cycles(graph));
    if problems.is_empty() { Ok(idle) } else { Err(GraphError { problems }) }
}

/// Values run only forwards, so cycles come from [`Graph::order`] alone; without it there are none.
fn cycles<P: Provider>(graph: &Graph<P>) -> Vec<Problem> {
    if graph.orders.is_empty() {
        return Vec::new();
    }
    let mut plain = graph.nodes.map(|_, node| node.id().clone(), |_, _| ());
    let mut selfish = BTreeSet::new();
    for (first, then, _) in &graph.orders {
        if let (Some(&first), Some(&then)) = (graph.index.get(first), graph.index.get(then)) {
            plain.add_edge(first, then, ());
            if first == then {
                selfish.insert(first);
            }
        }
    }
    let mut cycles: Vec<_> = tarjan_scc(&plain)
        .into_iter()
        .filter(|tasks| tasks.len() > 1 || tasks.iter().any(|task| selfish.contains(task)))
        .collect();
    for tasks in &mut cycles {
        tasks.sort();
    }
    cycles.sort();
    let named = |tasks: Vec<NodeIndex>| tasks.into_iter().map(|task| plain[task].clone()).collect();
    cycles.into_iter().map(|tasks| Problem::Cycle(named(tasks))).collect()
}

impl<P: Provider> Graph<P> {
    /// What is wrong with the overrides, and which of them select nothing here.
    pub(super) fn check_overrides(&self) -> (Vec<Problem>, Vec<IdleRule>) {
        let (mut problems, mut idle) = (Vec::new(), Vec::new());
        if self.overrides.rules().is_empty() {
            return (problems, idle);
        }
        let ids: Vec<&TaskId> = self.nodes.node_weights().map(|node| node.id()).collect();
        let follows: Vec<_> = self.nodes.node_weights().map(|node| node.follows()).collect();
        let here: BTreeSet<&str> =
            ids.iter().map(|id| id.kind()).chain(follows.iter().copied().flatten()).collect();
        let known: BTreeSet<&str> =
            here.iter().copied().chain(self.known_kinds.iter().map(String::as_str)).collect();
        for Rule { selector, source, .. } in self.overrides.rules() {
            let selects = |(id, follows): (&TaskId, Option<&str>)| {
                selector.matches(id.kind(), id.name())
                    || follows.is_some_and(|kind| selector.matches(kind, id.name()))
            };
            if ids.iter().copied().zip(follows.iter().copied()).any(selects) {
                continue;
            }
            let rule =
                Ruling { selector: Some(selector.to_string().into()), source: source.clone() };
            let kind = selector.kind().to_owned();
            if here.iter().any(|kind| selector.matches_kind(kind)) {
                let named = ids.iter().filter(|id| selector.matches_kind(id.kind()));
                let name = selector.name().unwrap_or_default();
                let suggestion = nearest(name, named.map(|id| id.name()));
                problems.push(Problem::NothingSelected { rule, kind, suggestion });
            } else if known.iter().any(|kind| selector.matches_kind(kind)) {
                idle.push(IdleRule { ruling: rule, kind });
            } else {
                let suggestion = nearest(&kind, known.iter().copied());
                problems.push(Problem::UnknownKind { rule, kind, suggestion });
            }
        }
        (problems, idle)
    }
}

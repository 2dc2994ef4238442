//! Tasks and what they need from each other.

use std::{collections::BTreeMap, sync::Arc};

use petgraph::graph::{DiGraph, NodeIndex};

use crate::{
    Event, Lifecycle, Options, Provider, Ref, Report, Target, Task, TaskId,
    erased::{Added, Node},
    input::{GraphSerial, Origin, Slot},
    run,
};

/// Tasks, ready to be planned or applied.
pub struct Graph<P: Provider> {
    pub(crate) nodes: DiGraph<Box<dyn Node<P>>, ()>,
    index: BTreeMap<TaskId, NodeIndex>,
    serial: GraphSerial,
    problems: Vec<GraphError>,
}

/// What can be wrong with a graph.
///
/// A cycle cannot: a task is given its inputs when it is added, and only tasks
/// added earlier have any to give.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum GraphError {
    /// Two tasks have one name.
    #[error("{0} is described twice")]
    Duplicate(TaskId),
    /// A task takes an input from another graph's task.
    #[error("{task} needs {needs}, which is not in this graph")]
    Stranger {
        /// The task.
        task: TaskId,
        /// The task it needs.
        needs: TaskId,
    },
}

impl<P: Provider> Graph<P> {
    /// An empty graph.
    pub fn new() -> Self {
        Self {
            nodes: DiGraph::new(),
            index: BTreeMap::new(),
            serial: GraphSerial::next(),
            problems: Vec::new(),
        }
    }

    /// Plants tasks that `lifecycle` decides about.
    pub fn under(&mut self, lifecycle: impl Lifecycle + 'static) -> Planter<'_, P> {
        Planter { graph: self, lifecycle: Arc::new(lifecycle), after: Vec::new() }
    }

    fn insert<T: Task<Provider = P>>(
        &mut self,
        task: T,
        lifecycle: Arc<dyn Lifecycle>,
        after: Vec<Origin>,
    ) -> Ref<T> {
        let id = TaskId::of(&task);
        let slot = Slot::<T::Output>::default();
        let added = Added { id: id.clone(), task, slot: Arc::clone(&slot), lifecycle, after };
        let needs = added.needs();
        let node = self.nodes.add_node(Box::new(added));
        for need in needs {
            match self.index.get(&need.task) {
                Some(&first) if need.graph == self.serial => {
                    self.nodes.update_edge(first, node, ());
                }
                _ => {
                    self.problems.push(GraphError::Stranger { task: id.clone(), needs: need.task });
                }
            }
        }
        if self.index.insert(id.clone(), node).is_some() {
            self.problems.push(GraphError::Duplicate(id.clone()));
        }
        Ref { origin: Origin { task: id, graph: self.serial }, slot }
    }

    /// Says what would change. It is given no way to change anything.
    pub async fn plan(
        self,
        cloud: &P::Reader,
        options: &Options,
        tell: impl FnMut(Event<'_>),
    ) -> Result<Report, Vec<GraphError>> {
        self.run(&Target::DryRun(cloud), options, tell).await
    }

    /// Makes the cloud be as described.
    pub async fn apply(
        self,
        cloud: &P::Writer,
        options: &Options,
        tell: impl FnMut(Event<'_>),
    ) -> Result<Report, Vec<GraphError>> {
        self.run(&Target::Apply(cloud), options, tell).await
    }

    async fn run(
        self,
        target: &Target<'_, P>,
        options: &Options,
        tell: impl FnMut(Event<'_>),
    ) -> Result<Report, Vec<GraphError>> {
        if !self.problems.is_empty() {
            return Err(self.problems);
        }
        Ok(run::run(&self.nodes, target, options, tell).await)
    }
}

impl<P: Provider> Default for Graph<P> {
    fn default() -> Self {
        Self::new()
    }
}

/// Plants tasks under one lifecycle. Made by [`Graph::under`].
pub struct Planter<'g, P: Provider> {
    graph: &'g mut Graph<P>,
    lifecycle: Arc<dyn Lifecycle>,
    after: Vec<Origin>,
}

impl<P: Provider> Planter<'_, P> {
    /// Plants a task.
    pub fn add<T: Task<Provider = P>>(&mut self, task: T) -> Ref<T> {
        self.graph.insert(task, Arc::clone(&self.lifecycle), self.after.clone())
    }

    /// Plants tasks that wait for `first`, though they take nothing from it.
    pub fn after<T: Task>(&mut self, first: &Ref<T>) -> Planter<'_, P> {
        let mut after = self.after.clone();
        after.push(first.origin.clone());
        Planter { graph: self.graph, lifecycle: Arc::clone(&self.lifecycle), after }
    }
}

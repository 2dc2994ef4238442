//! Tasks and what they need from each other.

mod draw;
mod problem;
mod seal;

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use petgraph::graph::{DiGraph, NodeIndex};

pub(crate) use self::seal::{IdleRule, Sealed};
pub use self::{
    draw::{Drawing, Link, Thing, Why},
    problem::{GraphError, Problem},
};
use crate::{
    Event, Lifecycle, Mode, Options, Overrides, Provider, Ref, Report, Source, Target, Task,
    TaskId, Warning,
    input::{GraphSerial, Origin, Slot},
    rule::{Governance, Ruling},
    run::{self, Added, Node, Purpose},
};

/// What a task needs another for. The edge runs from the one needed to the one that needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// It takes a value from it.
    Value,
    /// It only comes after it.
    Order,
    /// What it wants deleted goes before what the other wants deleted.
    Deletion,
}

/// Tasks, ready to be planned or applied.
///
/// Problems are collected while tasks are added and told together when the graph is run, so that
/// adding reads as a list.
pub struct Graph<P: Provider> {
    nodes: DiGraph<Box<dyn Node<P>>, Need>,
    index: BTreeMap<TaskId, NodeIndex>,
    bases: Vec<Governance>,
    serial: GraphSerial,
    orders: Vec<(TaskId, TaskId, Need)>,
    overrides: Overrides,
    known_kinds: Vec<String>,
    problems: Vec<Problem>,
}

/// Which lifecycle a task has, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Governed {
    /// The task.
    pub task: TaskId,
    /// Its lifecycle's name.
    pub lifecycle: Arc<str>,
    /// The rule that set it.
    pub rule: Ruling,
    /// The names of the fields that are compared.
    pub fields: Vec<Cow<'static, str>>,
}

impl<P: Provider> Graph<P> {
    /// An empty graph.
    pub fn new() -> Self {
        Self {
            nodes: DiGraph::new(),
            index: BTreeMap::new(),
            bases: Vec::new(),
            serial: GraphSerial::next(),
            orders: Vec::new(),
            overrides: Overrides::default(),
            known_kinds: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// Lets these overrides decide, over the lifecycles that tasks are added under. An override
    /// for an unknown kind, or for a name that no task has, is a problem of the graph.
    pub fn overrides(&mut self, overrides: Overrides) -> &mut Self {
        self.overrides.extend(overrides);
        self
    }

    /// Kinds that exist, though this graph may have no task of them. An override for one that has
    /// none is worth a warning and no more: it may matter to another run.
    pub fn known_kinds<K: Into<String>>(
        &mut self,
        kinds: impl IntoIterator<Item = K>,
    ) -> &mut Self {
        self.known_kinds.extend(kinds.into_iter().map(Into::into));
        self
    }

    /// Adds tasks that `lifecycle` decides about unless an override does, because `source` says so.
    pub fn under(&mut self, lifecycle: impl Lifecycle + 'static, source: Source) -> Adder<'_, P> {
        let base = Governance::new(Arc::new(lifecycle), Ruling { selector: None, source });
        Adder { graph: self, base, after: Vec::new() }
    }

    /// Has the task `then` wait for the task `first`, either of which may be added later.
    pub fn order(&mut self, first: TaskId, then: TaskId) -> &mut Self {
        self.orders.push((first, then, Need::Order));
        self
    }

    /// Has what the task `first` wants deleted go before what the task `then` wants deleted, either
    /// of which may be added later. If the first cannot be deleted, the other stays. Both are
    /// looked at whenever they like, and whatever comes of the other's look.
    pub fn order_deletions(&mut self, first: TaskId, then: TaskId) -> &mut Self {
        self.orders.push((then, first, Need::Deletion));
        self
    }

    /// How many tasks there are.
    pub fn len(&self) -> usize {
        self.nodes.node_count()
    }

    /// Whether there are no tasks.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Which lifecycle each task has, and why, in the order in which they were added.
    pub fn governed(&self) -> Vec<Governed> {
        let governed = |(node, base)| {
            let node: &dyn Node<P> = node;
            let Governance { name, ruling, .. } = self.govern(node, base);
            let (task, fields) = (node.id().clone(), node.fields());
            Governed { task, lifecycle: name, rule: ruling, fields }
        };
        let nodes = self.nodes.node_weights().map(|node| &**node);
        nodes.zip(&self.bases).map(governed).collect()
    }

    /// The overrides that select nothing here though their kind exists, each with its reason.
    pub fn warnings(&self) -> Vec<Warning> {
        self.check_overrides().1.iter().map(IdleRule::warning).collect()
    }

    /// Everything that is wrong with the graph. A run refuses to start for the same reasons.
    pub fn check(&self) -> Result<(), GraphError> {
        seal::check(self).map(drop)
    }

    /// The graph as a picture to be drawn.
    pub fn drawing(&self) -> Drawing {
        Drawing::of(self)
    }

    /// Says what would change. It is given no way to change anything.
    pub async fn plan(
        self,
        reader: &P::Reader,
        options: &Options,
        tell: impl FnMut(Event<'_>),
    ) -> Result<Report, GraphError> {
        let sealed = Sealed::new(self)?;
        Ok(run::run(&sealed, &Target::DryRun(reader), Mode::Plan, options, tell).await)
    }

    /// Makes the world be as described.
    pub async fn apply(
        self,
        writer: &P::Writer,
        options: &Options,
        tell: impl FnMut(Event<'_>),
    ) -> Result<Report, GraphError> {
        let sealed = Sealed::new(self)?;
        Ok(run::run(&sealed, &Target::Apply(writer), Mode::Apply, options, tell).await)
    }

    fn govern(&self, node: &dyn Node<P>, base: &Governance) -> Governance {
        let id = node.id();
        self.overrides.govern(id.kind(), node.follows(), id.name(), base)
    }

    fn insert<T: Task<Provider = P>>(
        &mut self,
        task: T,
        purpose: Purpose,
        base: Governance,
        after: &[Origin],
    ) -> Ref<T> {
        let id = TaskId::of(&task);
        let slot = Slot::<T::Output>::default();
        let mut needs = Vec::new();
        task.needs(&mut |origin| needs.push((origin.clone(), Need::Value)));
        needs.extend(after.iter().map(|origin| (origin.clone(), Need::Order)));
        // A value also orders: of two edges between the same tasks, one for a value will do.
        needs.sort_by_key(|(origin, need)| (origin.node, *need == Need::Order));
        needs.dedup_by_key(|(origin, _)| (origin.graph, origin.node));

        let added = Added { id: id.clone(), task, slot: Arc::clone(&slot), purpose };
        let node = self.nodes.add_node(Box::new(added));
        self.bases.push(base);
        for (origin, need) in needs {
            if origin.graph == self.serial {
                self.nodes.add_edge(origin.node, node, need);
            } else {
                let (task, needs) = (id.clone(), origin.task);
                self.problems.push(Problem::Stranger { task, needs });
            }
        }
        if self.index.insert(id.clone(), node).is_some() {
            self.problems.push(Problem::Duplicate(id.clone()));
        }
        Ref { origin: Origin { task: id, graph: self.serial, node }, slot }
    }
}

impl<P: Provider> Default for Graph<P> {
    fn default() -> Self {
        Self::new()
    }
}

/// Adds tasks under one lifecycle. Made by [`Graph::under`].
pub struct Adder<'g, P: Provider> {
    graph: &'g mut Graph<P>,
    base: Governance,
    after: Vec<Origin>,
}

impl<P: Provider> Adder<'_, P> {
    /// Adds a task: something that should exist.
    pub fn add<T: Task<Provider = P>>(&mut self, task: T) -> Ref<T> {
        self.graph.insert(task, Purpose::Wanted, self.base.clone(), &self.after)
    }

    /// Adds something that should not exist. It is looked for, and is a stray if it is there:
    /// what its own [`strays`](Task::strays) lists goes first, then the thing itself.
    pub fn unwanted<T: Task<Provider = P>>(&mut self, task: T) -> Ref<T> {
        self.graph.insert(task, Purpose::Unwanted, self.base.clone(), &self.after)
    }

    /// Has the task `then` wait for the task `first`: see [`Graph::order`].
    pub fn order(&mut self, first: TaskId, then: TaskId) -> &mut Self {
        self.graph.order(first, then);
        self
    }

    /// Adds tasks that wait for `first`, though they take nothing from it.
    pub fn after<T: Task>(&mut self, first: &Ref<T>) -> Adder<'_, P> {
        let mut after = self.after.clone();
        after.push(first.origin.clone());
        Adder { graph: self.graph, base: self.base.clone(), after }
    }
}

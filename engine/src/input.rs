//! How tasks name each other, and how a value travels between them.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use petgraph::graph::NodeIndex;

use crate::{Task, TaskError, TaskId};

/// Where a task leaves its output for others.
pub(crate) type Slot<O> = Arc<OnceLock<O>>;

/// Where a value comes from: a task, and the graph it was added to.
#[derive(Clone)]
pub struct Origin {
    pub(crate) task: TaskId,
    pub(crate) graph: GraphSerial,
    pub(crate) node: NodeIndex,
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.task.fmt(f)
    }
}

/// Tells graphs apart, so that one's values are not taken for another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GraphSerial(u64);

impl GraphSerial {
    pub(crate) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// A task that has been added to a graph.
///
/// Only [`Graph`](crate::Graph) makes these, so values run only from tasks added earlier to
/// tasks added later.
pub struct Ref<T: Task> {
    pub(crate) origin: Origin,
    pub(crate) slot: Slot<T::Output>,
}

impl<T: Task> Ref<T> {
    /// The task's name.
    pub fn id(&self) -> &TaskId {
        &self.origin.task
    }

    /// A value this task will have once it exists.
    pub fn get<V: 'static>(
        &self,
        read: impl Fn(&T::Output) -> V + Send + Sync + 'static,
    ) -> Input<V> {
        let slot = Arc::clone(&self.slot);
        let read = Arc::new(move || slot.get().map(&read));
        Input(Source::From { origins: vec![self.origin.clone()], read })
    }

    /// What the task produced, once it has run.
    pub fn output(&self) -> Option<&T::Output> {
        self.slot.get()
    }
}

impl<T: Task> Clone for Ref<T> {
    fn clone(&self) -> Self {
        Self { origin: self.origin.clone(), slot: Arc::clone(&self.slot) }
    }
}

impl<T: Task> fmt::Debug for Ref<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ref({})", self.origin.task)
    }
}

/// A value that is either given outright or will come from another task.
#[derive(Clone)]
pub struct Input<V>(Source<V>);

#[derive(Clone)]
enum Source<V> {
    Given(V),
    From { origins: Vec<Origin>, read: Arc<dyn Fn() -> Option<V> + Send + Sync> },
}

impl<V> Input<V> {
    /// Where this value comes from: nowhere, if it was given.
    pub(crate) fn origins(&self) -> &[Origin] {
        match &self.0 {
            Source::Given(_) => &[],
            Source::From { origins, .. } => origins,
        }
    }
}

impl<V: Clone> Input<V> {
    /// The value, or `None` while its task has yet to produce it.
    pub fn known(&self) -> Option<V> {
        match &self.0 {
            Source::Given(value) => Some(value.clone()),
            Source::From { read, .. } => read(),
        }
    }

    /// The value, or an error that says whose it is.
    pub fn value(&self) -> Result<V, TaskError> {
        self.known().ok_or_else(|| TaskError::unresolved(self.origins()))
    }
}

impl<V: Clone + Send + Sync + 'static> Input<V> {
    /// What `f` makes of the value, known when the value is.
    pub fn map<U>(&self, f: impl Fn(V) -> U + Send + Sync + 'static) -> Input<U> {
        match &self.0 {
            Source::Given(value) => f(value.clone()).into(),
            Source::From { origins, read } => {
                let (origins, read) = (origins.clone(), Arc::clone(read));
                Input(Source::From { origins, read: Arc::new(move || read().map(&f)) })
            }
        }
    }

    /// Both values, known when both are.
    pub fn with<U: Clone + Send + Sync + 'static>(&self, other: &Input<U>) -> Input<(V, U)> {
        let (this, that) = (self.clone(), other.clone());
        let origins = [self.origins(), other.origins()].concat();
        Input(Source::From { origins, read: Arc::new(move || this.known().zip(that.known())) })
    }
}

impl<V> From<V> for Input<V> {
    fn from(value: V) -> Self {
        Self(Source::Given(value))
    }
}

impl<V: Clone + fmt::Debug> fmt::Debug for Input<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.known() {
            Some(value) => value.fmt(f),
            None => write!(f, "(known after {:?})", self.origins()),
        }
    }
}

/// A set of inputs, as security groups are: their order means nothing.
#[derive(Clone)]
pub struct Inputs<V>(pub(crate) Vec<Input<V>>);

impl<V: Clone + Ord> Inputs<V> {
    /// The values, once every one of them is known.
    pub fn known(&self) -> Option<BTreeSet<V>> {
        self.0.iter().map(Input::known).collect()
    }

    /// The values, or an error that names the first task still to produce one.
    pub fn values(&self) -> Result<BTreeSet<V>, TaskError> {
        self.0.iter().map(Input::value).collect()
    }
}

impl<V> FromIterator<Input<V>> for Inputs<V> {
    fn from_iter<I: IntoIterator<Item = Input<V>>>(iter: I) -> Self {
        Self(iter.into_iter().collect())
    }
}

impl<V> From<Vec<V>> for Inputs<V> {
    fn from(values: Vec<V>) -> Self {
        values.into_iter().map(Input::from).collect()
    }
}

impl<V: Clone + fmt::Debug> fmt::Debug for Inputs<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(&self.0).finish()
    }
}

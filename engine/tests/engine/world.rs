//! A world in memory that remembers every call and fails on cue.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use cloudup_engine::{
    Change, Diff, Entry, ErrorKind, FieldChange, Found, Graph, Input, Inputs, Options, Provider,
    Report, Stray, Task, TaskError, note,
};
use tokio::time::{Instant, sleep};

/// What can be done to a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Op {
    Find,
    Check,
    Strays,
    Render,
    Delete,
}

/// How a call goes wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    Error(ErrorKind),
    /// It is done, if it is a render, and the answer is lost.
    Lost,
    Panic,
}

/// What a call whose answer was lost could not do.
const LOST: &str = "hear the answer";

/// One call, from when to when. It has no end if it was left.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) op: Op,
    pub(crate) name: String,
    pub(crate) begin: Instant,
    pub(crate) end: Option<Instant>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    /// What is there: values by name.
    pub(crate) things: BTreeMap<String, String>,
    /// What is there and no longer wanted, by the name of the thing that finds it.
    pub(crate) strays: BTreeMap<String, Vec<Stray>>,
    /// How many times each call goes wrong, and how.
    pub(crate) faults: BTreeMap<(Op, String), (usize, Fault)>,
    /// How long each call takes.
    pub(crate) latency: BTreeMap<(Op, String), Duration>,
    pub(crate) calls: Vec<Call>,
    running: usize,
    pub(crate) most_running: usize,
}

/// The half that reads.
#[derive(Debug, Default)]
pub(crate) struct Reads(Mutex<State>);

/// The half that writes.
#[derive(Debug, Default)]
pub(crate) struct World(Reads);

impl Reads {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    async fn call(&self, op: Op, name: &str) -> Result<(), TaskError> {
        let key = (op, name.to_owned());
        let (nth, latency) = {
            let mut state = self.state();
            state.running += 1;
            state.most_running = state.most_running.max(state.running);
            let (begin, name) = (Instant::now(), name.to_owned());
            state.calls.push(Call { op, name, begin, end: None });
            (state.calls.len() - 1, state.latency.get(&key).copied())
        };
        if let Some(latency) = latency {
            sleep(latency).await;
        }
        let mut state = self.state();
        state.running -= 1;
        state.calls[nth].end = Some(Instant::now());
        if let Some((times, fault)) = state.faults.get_mut(&key).filter(|(times, _)| *times > 0) {
            *times -= 1;
            let fault = *fault;
            drop(state);
            return fault.happen(op, name);
        }
        Ok(())
    }
}

impl Fault {
    fn happen(self, op: Op, name: &str) -> Result<(), TaskError> {
        match self {
            Self::Lost => Err(TaskError::new(ErrorKind::NotReady, LOST)),
            Self::Error(kind) => Err(TaskError::new(kind, format!("{op:?} {name}"))),
            Self::Panic => panic!("{op:?} {name} fell over"),
        }
    }
}

impl World {
    pub(crate) fn reads(&self) -> &Reads {
        &self.0
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.state()
    }

    pub(crate) fn holding(things: &[(&str, &str)]) -> Self {
        let world = Self::default();
        let owned = things.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        world.state().things = owned.collect();
        world
    }

    /// Has the call go wrong the first so many times.
    pub(crate) fn faulty(self, op: Op, name: &str, times: usize, fault: Fault) -> Self {
        self.state().faults.insert((op, name.to_owned()), (times, fault));
        self
    }

    /// Has the call take so many milliseconds.
    pub(crate) fn slow(self, op: Op, name: &str, milliseconds: u64) -> Self {
        let latency = Duration::from_millis(milliseconds);
        self.state().latency.insert((op, name.to_owned()), latency);
        self
    }

    /// Lets the thing `finder` find a stray.
    pub(crate) fn littered(self, finder: &str, stray: Stray) -> Self {
        self.state().strays.entry(finder.to_owned()).or_default().push(stray);
        self
    }

    /// Each call of one sort, by name, in the order in which they were made.
    pub(crate) fn calls(&self, op: Op) -> Vec<String> {
        let state = self.state();
        state.calls.iter().filter(|call| call.op == op).map(|call| call.name.clone()).collect()
    }

    /// Every call that changed something.
    pub(crate) fn writes(&self) -> Vec<String> {
        let state = self.state();
        let writes = state.calls.iter().filter(|call| call.op >= Op::Render);
        writes.map(|call| format!("{:?} {}", call.op, call.name)).collect()
    }
}

impl Provider for World {
    type Reader = Reads;
    type Writer = World;

    fn reader(world: &World) -> &Reads {
        &world.0
    }
}

pub(crate) fn stray(kind: &'static str, name: &str) -> Stray {
    let fields = vec![FieldChange::removed("value", &"old")];
    Stray { kind, name: name.to_owned(), fields, deferred: false }
}

/// A thing with a value. Its output is its value.
#[derive(Clone, Debug, Diff)]
pub(crate) struct Thing {
    #[diff(skip)]
    pub(crate) name: String,
    pub(crate) value: Input<String>,
    #[diff(immutable)]
    pub(crate) shape: String,
    /// Values it only wants to be there.
    #[diff(skip)]
    pub(crate) takes: Inputs<String>,
}

pub(crate) fn thing(name: &str) -> Thing {
    let name = name.to_owned();
    Thing { name, value: "new".to_owned().into(), shape: "round".into(), takes: vec![].into() }
}

impl Task for Thing {
    const KIND: &'static str = "Thing";
    type Provider = World;
    type Output = String;

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, world: &Reads) -> Result<Option<Found<Self>>, TaskError> {
        world.call(Op::Find, &self.name).await?;
        let value = world.state().things.get(&self.name).cloned();
        Ok(value.map(|output| {
            let (value, shape) = match output.split_once('|') {
                Some((value, shape)) => (value.to_owned(), shape.to_owned()),
                None => (output.clone(), "round".to_owned()),
            };
            let state = Self { value: value.into(), shape, ..thing(&self.name) };
            Found { state, output }
        }))
    }

    fn check_changes(&self, _: &Change<'_, Self>) -> Result<(), TaskError> {
        match self.shape.as_str() {
            "impossible" => Err(TaskError::new(ErrorKind::Invalid, "be of an impossible shape")),
            "panics" => panic!("no such shape"),
            _ => Ok(()),
        }
    }

    async fn render(&self, world: &World, change: Change<'_, Self>) -> Result<String, TaskError> {
        let lost = match world.0.call(Op::Render, &self.name).await {
            Err(error) if error.to_string() == LOST => Some(error),
            called => called.map(|()| None)?,
        };
        if let Change::Update { strays, .. } = change {
            for stray in strays {
                note(format!("may remove {}", stray.name));
            }
        }
        let value = self.value.value()?;
        world.state().things.insert(self.name.clone(), value.clone());
        lost.map_or(Ok(value), Err)
    }

    async fn strays(
        &self,
        world: &Reads,
        _: Option<&Found<Self>>,
    ) -> Result<Vec<Stray>, TaskError> {
        let strays = world.state().strays.get(&self.name).cloned();
        let Some(strays) = strays else { return Ok(Vec::new()) };
        world.call(Op::Strays, &self.name).await?;
        Ok(strays)
    }

    async fn delete(&self, world: &World, stray: &Stray) -> Result<(), TaskError> {
        world.0.call(Op::Delete, &stray.name).await?;
        let mut state = world.state();
        for strays in state.strays.values_mut() {
            strays.retain(|other| other != stray);
        }
        state.things.remove(&stray.name);
        Ok(())
    }
}

/// A kind that follows the rules of [`Thing`], and whose values move with every update.
#[derive(Clone, Debug, Diff)]
pub(crate) struct Follower {
    #[diff(skip)]
    pub(crate) name: String,
    pub(crate) value: Input<String>,
}

impl Task for Follower {
    const KIND: &'static str = "Follower";
    const FOLLOWS: Option<&'static str> = Some(Thing::KIND);
    const OUTPUT_SURVIVES_UPDATE: bool = false;
    type Provider = World;
    type Output = String;

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, world: &Reads) -> Result<Option<Found<Self>>, TaskError> {
        world.call(Op::Find, &self.name).await?;
        let value = world.state().things.get(&self.name).cloned();
        Ok(value.map(|output| Found {
            state: Self { name: self.name.clone(), value: output.clone().into() },
            output,
        }))
    }

    async fn render(&self, world: &World, _: Change<'_, Self>) -> Result<String, TaskError> {
        world.0.call(Op::Render, &self.name).await?;
        let value = self.value.value()?;
        world.state().things.insert(self.name.clone(), value.clone());
        Ok(value)
    }
}

pub(crate) async fn plan(graph: Graph<World>, world: &World) -> Report {
    graph.plan(world.reads(), &Options::default(), |_| ()).await.expect("the graph is sound")
}

pub(crate) async fn apply(graph: Graph<World>, world: &World) -> Report {
    apply_with(graph, world, &Options::default()).await
}

pub(crate) async fn apply_with(graph: Graph<World>, world: &World, options: &Options) -> Report {
    graph.apply(world, options, |_| ()).await.expect("the graph is sound")
}

/// A report in a line per entry.
pub(crate) fn lines(report: &Report) -> Vec<String> {
    report.entries.iter().map(line).collect()
}

fn line(entry: &Entry) -> String {
    let by = match &entry.outcome {
        cloudup_engine::Outcome::Blocked { by } => format!(" by {by}"),
        _ => String::new(),
    };
    format!("{} {}{by}", entry.task, entry.outcome.name())
}

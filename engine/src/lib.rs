//! A task graph that brings the world to a described state, with lifecycles one can plug in.
//!
//! In the order of use:
//!
//! 1. Say where tasks live: a [`Provider`], with a half that reads and a half that writes.
//! 2. Describe one thing that should exist: a struct that derives [`Diff`] and is a [`Task`]. It
//!    says how to [`find`](Task::find) the thing and how to [`render`](Task::render) it; and, if
//!    need be, what to refuse ([`check_changes`](Task::check_changes)), what is no longer wanted
//!    ([`strays`](Task::strays)) and how to [`delete`](Task::delete) that.
//! 3. Add tasks to a [`Graph`], [`under`](Graph::under) the [`Lifecycle`] that decides about them
//!    and with the [`Source`] that says so. Each [`add`](Adder::add) hands back a [`Ref`]; feed one
//!    task's output to another with [`Ref::get`], or only order them with [`Adder::after`].
//!    [`Adder::unwanted`] is for what should not exist.
//! 4. Let people choose other lifecycles: [`Overrides::parse`] reads `IAMRole=Ignore` and the like,
//!    with the lifecycles of a [`Registry`], one's own among them; [`Graph::overrides`] takes them.
//! 5. [`Graph::plan`] says what would change and is given no way to change anything;
//!    [`Graph::apply`] makes it so. [`Options`] say how: how many at once, how failures that pass
//!    are tried again, and by which [`Stop`] the run is stopped.
//! 6. Listen to [`Event`]s while it runs, and read the [`Report`] when it is over: one form for both,
//!    with a published [schema](report_schema). [`Graph::drawing`] is a picture of it all.
//!
//! ```
//! use std::{collections::BTreeMap, sync::Mutex};
//!
//! use cloudup_engine::{
//!     Change, Diff, Found, Graph, Input, Options, Provider, Source, Task, TaskError, lifecycle,
//! };
//!
//! /// Where tasks live: names and values. (Here, one may change it whenever one may read it.)
//! #[derive(Default)]
//! struct Shelf(Mutex<BTreeMap<String, String>>);
//!
//! impl Provider for Shelf {
//!     type Reader = Shelf;
//!     type Writer = Shelf;
//!
//!     fn reader(shelf: &Shelf) -> &Shelf {
//!         shelf
//!     }
//! }
//!
//! /// Something that should exist.
//! #[derive(Debug, Diff)]
//! struct Label {
//!     #[diff(skip)]
//!     name: String,
//!     text: Input<String>,
//! }
//!
//! impl Task for Label {
//!     const KIND: &'static str = "Label";
//!     type Provider = Shelf;
//!     type Output = String;
//!
//!     fn name(&self) -> &str {
//!         &self.name
//!     }
//!
//!     async fn find(&self, shelf: &Shelf) -> Result<Option<Found<Self>>, TaskError> {
//!         let text = shelf.0.lock().unwrap().get(&self.name).cloned();
//!         Ok(text.map(|text| Found {
//!             output: text.clone(),
//!             state: Label { name: self.name.clone(), text: text.into() },
//!         }))
//!     }
//!
//!     async fn render(&self, shelf: &Shelf, _: Change<'_, Self>) -> Result<String, TaskError> {
//!         let text = self.text.value()?;
//!         shelf.0.lock().unwrap().insert(self.name.clone(), text.clone());
//!         Ok(text)
//!     }
//! }
//!
//! fn graph() -> Graph<Shelf> {
//!     let mut graph = Graph::new();
//!     let mut labels = graph.under(lifecycle::Sync, Source::Default);
//!     let role = labels.add(Label { name: "role".into(), text: "nodes".to_owned().into() });
//!     let text = role.get(|role| format!("profile of {role}"));
//!     labels.add(Label { name: "profile".into(), text });
//!     graph
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), cloudup_engine::GraphError> {
//! let (shelf, options) = (Shelf::default(), Options::default());
//! let plan = graph().plan(&shelf, &options, |_| ()).await?;
//! assert_eq!(plan.counts().created, 2);
//!
//! let report = graph().apply(&shelf, &options, |event| println!("{event:?}")).await?;
//! assert!(report.succeeded());
//! assert_eq!(shelf.0.lock().unwrap()["profile"], "profile of nodes");
//!
//! assert!(graph().plan(&shelf, &options, |_| ()).await?.is_settled());
//! # Ok(())
//! # }
//! ```
//!
//! # Guarantees
//!
//! - Nothing is called before the whole graph was found sound; all that is wrong with it is told at
//!   once.
//! - A task starts the moment its needs are met and there is a place for it. Among those that could
//!   start, the one on the longest path goes first, by the expected duration of kinds.
//! - What a task no longer wants is deleted after its own render and after the renders and deletions
//!   of all that need it, however far off; if any of those fails, not at all.
//! - A lifecycle decides about every effect, deletions included. Nothing is rendered that is as
//!   described; nothing is changed that could not be read or was not compared.
//! - Only what passes is tried again. A task at rest holds no place.
//! - A panic in a task is that task's failure.
//!
//! # Assumptions
//!
//! The run needs a tokio runtime with time enabled. It is one future on one task, and polls the
//! tasks' futures in place: a task that blocks its thread blocks the run.

mod diff;
mod error;
mod event;
mod finding;
mod graph;
mod id;
mod input;
pub mod lifecycle;
mod mark;
mod note;
mod report;
mod rule;
mod run;
mod schema;
mod spelling;
mod task;
mod timeline;
mod value;

extern crate self as cloudup_engine;

pub use cloudup_engine_derive::Diff;
#[doc(hidden)]
pub use diff::__private;
pub use diff::{Changes, Delta, Diff, Field, FieldChange};
pub use error::{ErrorKind, Failure, TaskError};
pub use event::{Event, Progress};
pub use finding::Finding;
pub use graph::{Adder, Drawing, Governed, Graph, GraphError, Link, Problem, Thing, Why};
pub use id::{NotATaskId, TaskId};
pub use input::{Input, Inputs, Origin, Ref};
pub use lifecycle::{Lifecycle, Registry, RegistryError, UnknownLifecycle, Verdict};
pub use mark::Mark;
pub use note::note;
pub use report::{
    ChangeKind, Counts, Entry, Mode, Outcome, Report, SCHEMA_VERSION, StopLevel, Timing, Wait,
    Warning,
};
pub use rule::{
    Mistake, NotASelector, OverrideError, Overrides, Rule, Ruling, Selector, Source, Specificity,
};
pub use run::{Options, Retry, Stop};
pub use schema::{event_schema, report_schema};
pub use spelling::Suggestion;
pub use task::{Change, Found, Provider, Reader, Stray, Target, Task, Writer};
pub use timeline::{Bar, Part, Share, Timeline};
pub use value::{Managed, Sensitive};

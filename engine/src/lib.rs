//! A task graph that brings the world to a described state.
//!
//! Start at [`Task`]: one thing that should exist. Plant tasks in a [`Graph`],
//! which hands back a [`Ref`] to each; feed one task's output to another with
//! [`Ref::get`]. [`Graph::plan`] says what would change, [`Graph::apply`] makes it so,
//! and a [`Lifecycle`] decides, task by task, what becomes of a difference.

mod diff;
mod error;
mod event;
mod finding;
mod graph;
mod id;
mod input;
pub mod lifecycle;
mod note;
mod report;
mod rule;
mod run;
mod schema;
mod spelling;
mod task;
mod value;

extern crate self as cloudup_engine;

pub use cloudup_engine_derive::Diff;
#[doc(hidden)]
pub use diff::__private;
pub use diff::{Changes, Delta, Diff, Field, FieldChange};
pub use error::{ErrorKind, Failure, TaskError};
pub use event::{Event, Progress};
pub use finding::Finding;
pub use graph::{Adder, Drawing, Governed, Graph, GraphError, Problem};
pub use id::{NotATaskId, TaskId};
pub use input::{Input, Inputs, Origin, Ref};
pub use lifecycle::{Lifecycle, Registry, RegistryError, UnknownLifecycle, Verdict};
pub use note::note;
pub use report::{
    ChangeKind, Counts, Entry, Mode, Outcome, Report, SCHEMA_VERSION, StopLevel, Warning,
};
pub use rule::{
    Mistake, NotASelector, OverrideError, Overrides, Rule, Ruling, Selector, Source, Specificity,
};
pub use run::{Options, Retry, Stop};
pub use schema::{event_schema, report_schema};
pub use spelling::Suggestion;
pub use task::{Change, Found, Provider, Reader, Stray, Target, Task, Writer};
pub use value::{Managed, Sensitive};

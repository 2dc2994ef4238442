//! A task graph that brings the world to a described state.
//!
//! Start at [`Task`]: one thing that should exist. Plant tasks in a [`Graph`],
//! which hands back a [`Ref`] to each; feed one task's output to another with
//! [`Ref::get`]. [`Graph::plan`] says what would change, [`Graph::apply`] makes it so,
//! and a [`Lifecycle`] decides, task by task, what becomes of a difference.

mod diff;
mod erased;
mod error;
mod event;
mod graph;
mod input;
pub mod lifecycle;
mod report;
mod run;
mod schedule;
mod task;

extern crate self as cloudup_engine;

pub use cloudup_engine_derive::Diff;
#[doc(hidden)]
pub use diff::__private;
pub use diff::{Changes, Delta, Diff, Field, FieldChange, Managed, Sensitive};
pub use error::{ErrorKind, TaskError};
pub use event::Event;
pub use graph::{Graph, GraphError, Planter};
pub use input::{Input, Inputs, Origin, Ref, TaskId};
pub use lifecycle::{Lifecycle, Verdict};
pub use report::{Entry, Finding, Outcome, Report};
pub use run::Options;
pub use task::{Change, Found, Provider, Reader, Stray, Target, Task, Writer};

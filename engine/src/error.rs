//! What can go wrong with a task, sorted by what can be done about it.

use std::error::Error;

use serde::Serialize;

use crate::Origin;

/// What kind of trouble it is: the only thing the engine decides on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorKind {
    /// We are not allowed to.
    Denied,
    /// Something that must be there is not.
    NotFound,
    /// Something stands in the way: it exists already, is in use, or somebody else changed it.
    Conflict,
    /// Too many calls: tried again, slower.
    Throttled,
    /// Not yet: something made a moment ago has not arrived everywhere. Tried again.
    NotReady,
    /// What was asked for cannot be done.
    Invalid,
    /// An account's limit is reached.
    Quota,
    /// Anything else.
    Other,
}

/// A task's failure.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct TaskError {
    kind: ErrorKind,
    message: String,
    hint: Option<String>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl TaskError {
    /// A failure of the given kind. `message` is a fragment: `create role nodes`.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None, source: None }
    }

    /// The failure behind this one.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What the reader could try.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What kind of trouble it is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What the reader could try, if we know.
    pub fn hints(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    pub(crate) fn unresolved(origins: &[Origin]) -> Self {
        let tasks: Vec<_> = origins.iter().map(|origin| origin.task.to_string()).collect();
        let task = tasks.join(" or ");
        Self::new(ErrorKind::Invalid, format!("needs a value that {task} did not produce"))
            .hint("a task that is missing and left so has no values; create it, or give the value outright")
    }
}

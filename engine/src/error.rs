//! What can go wrong with a task, sorted by what can be done about it.

use std::{error::Error, fmt, iter};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Origin;

/// What kind of trouble it is: the only thing the engine decides on.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
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

impl ErrorKind {
    /// Whether the same call may well succeed a little later.
    pub fn is_passing(self) -> bool {
        matches!(self, Self::Throttled | Self::NotReady)
    }
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
        Self::new(ErrorKind::Invalid, format!("needs a value that {task} did not produce")).hint(
            "a task that is missing and left so has no values: \
             create it, or give the value outright",
        )
    }

    /// Takes the text out of a panic, which is the failure of the task it happened in.
    pub(crate) fn panicked(payload: &(dyn std::any::Any + Send)) -> Self {
        let text = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("(no message)");
        Self::new(ErrorKind::Other, format!("go on: it panicked: {text}"))
            .hint("this is a bug in the task: please report it")
    }
}

/// A [`TaskError`] as a report keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// What kind of trouble it is.
    pub kind: ErrorKind,
    /// What could not be done.
    pub message: String,
    /// What was behind it, from the nearest cause to the first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
    /// What the reader could try, if we know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl From<&TaskError> for Failure {
    fn from(error: &TaskError) -> Self {
        let causes = iter::successors(error.source(), |&cause| cause.source());
        Self {
            kind: error.kind,
            message: error.message.clone(),
            causes: causes.map(ToString::to_string).collect(),
            hint: error.hint.clone(),
        }
    }
}

/// The message and its causes on one line.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.causes.iter().try_for_each(|cause| write!(f, ": {cause}"))
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn a_failure_keeps_every_cause_and_the_hint() {
        let refused =
            TaskError::new(ErrorKind::Other, "connect").because(io::Error::other("refused"));
        let error = TaskError::new(ErrorKind::Denied, "create role nodes")
            .because(refused)
            .hint("ask for iam:CreateRole");
        let failure = Failure::from(&error);
        assert_eq!(failure.to_string(), "create role nodes: connect: refused");
        assert_eq!(failure.causes, ["connect", "refused"]);
        assert_eq!(failure.hint.as_deref(), Some("ask for iam:CreateRole"));
        assert_eq!(failure.kind, ErrorKind::Denied);
    }
}

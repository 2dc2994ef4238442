//! What can be wrong with a graph.

use std::fmt;

use crate::{Ruling, TaskId, spelling::Suggestion};

/// Everything that is wrong with a graph. Nothing was called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphError {
    /// Each problem: cycles last, after those of single tasks and of overrides.
    pub problems: Vec<Problem>,
}

impl fmt::Display for GraphError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, problem) in self.problems.iter().enumerate() {
            let line = if nth == 0 { "" } else { "\n" };
            write!(f, "{line}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for GraphError {}

/// One thing that is wrong with a graph.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Two tasks have one name.
    #[error("{0} is described twice: describe it once, or give one of them another name")]
    Duplicate(TaskId),
    /// A task needs one that is not in the graph.
    #[error("{task} needs {needs}, which is not in this graph: add it, or drop the need")]
    Stranger {
        /// The task.
        task: TaskId,
        /// The task it needs.
        needs: TaskId,
    },
    /// A task is to come after another, and is not in the graph itself.
    #[error("{task} is to come after {first}, but is not in this graph: add it, or drop the order")]
    NotAdded {
        /// The task.
        task: TaskId,
        /// What it is to come after.
        first: TaskId,
    },
    /// Tasks wait for each other.
    #[error("{}", circle(.0))]
    Cycle(Vec<TaskId>),
    /// An override selects a kind that there is not.
    #[error("{rule}: there is no kind `{kind}`{suggestion}")]
    UnknownKind {
        /// The override.
        rule: Ruling,
        /// The kind, as written.
        kind: String,
        /// What was probably meant.
        suggestion: Suggestion,
    },
    /// An override selects nothing, though there are tasks of its kind.
    #[error("{rule}: there is no such {kind}{suggestion}")]
    NothingSelected {
        /// The override.
        rule: Ruling,
        /// The kind, as written.
        kind: String,
        /// What was probably meant.
        suggestion: Suggestion,
    },
}

fn circle(tasks: &[TaskId]) -> String {
    match tasks {
        [one] => format!("{one} waits for itself: drop that need"),
        many => {
            let names: Vec<_> = many.iter().map(ToString::to_string).collect();
            format!("{} wait for each other: drop one of the needs between them", names.join(", "))
        }
    }
}

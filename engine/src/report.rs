//! What a run found and did, as data.

use serde::Serialize;

use crate::{ErrorKind, FieldChange, TaskId, Verdict};

/// What looking for a task came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "finding", rename_all = "kebab-case")]
pub enum Finding {
    /// We did not look.
    NotLooked,
    /// It is not there.
    Missing {
        /// What it would be created with.
        fields: Vec<FieldChange>,
    },
    /// It is there, as described.
    Same,
    /// It is there, and differs.
    Different {
        /// How.
        changes: Vec<FieldChange>,
    },
    /// We could not look.
    Unreadable {
        /// What kind of trouble.
        kind: ErrorKind,
        /// The whole story, causes and all.
        error: String,
    },
}

/// What came of a task.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// It was left as it is.
    Kept,
    /// It was left as it is, and that is worth a word.
    Warned,
    /// It would be created or updated.
    Planned,
    /// It was created or updated.
    Rendered,
    /// It failed.
    Failed {
        /// The whole story, causes and all.
        error: String,
        /// What to try.
        #[serde(skip_serializing_if = "Option::is_none")]
        hint: Option<String>,
    },
    /// Its turn never came: the run was stopped.
    Stopped,
    /// It was not tried, because another task failed.
    Skipped {
        /// The task that failed first.
        because: TaskId,
    },
}

/// One task's part of a [`Report`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// The task.
    pub task: TaskId,
    /// The lifecycle that decided.
    pub lifecycle: &'static str,
    /// What was found.
    #[serde(flatten)]
    pub finding: Finding,
    /// What was decided.
    pub verdict: Verdict,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What a run found and did, task by task, in the order the tasks were added.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// One entry per task.
    pub entries: Vec<Entry>,
}

impl Report {
    /// The tasks that changed, or would.
    pub fn changes(&self) -> impl Iterator<Item = &Entry> {
        self.entries
            .iter()
            .filter(|entry| matches!(entry.outcome, Outcome::Planned | Outcome::Rendered))
    }

    /// The tasks that failed, without those that were skipped because of them.
    pub fn failures(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| matches!(entry.outcome, Outcome::Failed { .. }))
    }

    /// Whether everything is as described and nothing went wrong.
    pub fn is_settled(&self) -> bool {
        self.entries.iter().all(|entry| matches!(entry.outcome, Outcome::Kept | Outcome::Warned))
    }

    /// The entry of one task.
    pub fn entry(&self, task: &TaskId) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.task == *task)
    }
}

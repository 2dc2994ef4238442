//! What a run found and did, as data.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Failure, Finding, Ruling, TaskId, Verdict, id::parts};

/// The version of [`Report`]'s and [`Event`](crate::Event)'s form. It goes up when a reader of the
/// last one would misread the next.
pub const SCHEMA_VERSION: u32 = 1;

/// Whether a run says or does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// It says what it would do.
    Plan,
    /// It does it.
    Apply,
}

/// What would be, or was, done to a thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// Nothing.
    #[default]
    None,
    /// It is made.
    Create,
    /// It is changed.
    Update,
    /// It is removed.
    Delete,
}

/// What came of a task or of a stray.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// It was left as it is.
    Kept,
    /// It was left as it is, and that is worth a word.
    Warned,
    /// It would be changed.
    Planned,
    /// It was changed.
    Done,
    /// It failed.
    Failed,
    /// It was not tried, because something that comes first failed.
    Blocked {
        /// What failed.
        #[serde(rename = "blocked_by")]
        by: TaskId,
    },
    /// It was not tried: the run was stopped before its turn came.
    NotTried,
    /// It was being changed when the run was left: what became of it is not known.
    InDoubt,
    /// It is to be deleted, once the run is told to prune.
    Deferred,
}

impl Outcome {
    /// Its name, as reports spell it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Warned => "warned",
            Self::Planned => "planned",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Blocked { .. } => "blocked",
            Self::NotTried => "not-tried",
            Self::InDoubt => "in-doubt",
            Self::Deferred => "deferred",
        }
    }
}

/// One task's part of a [`Report`], or one stray's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// What it is about.
    #[serde(flatten, with = "parts")]
    #[schemars(with = "parts::Parts<'static>")]
    pub task: TaskId,
    /// For a stray, the task that found it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found_by: Option<TaskId>,
    /// The lifecycle that decides.
    pub lifecycle: Arc<str>,
    /// The rule that set the lifecycle.
    pub rule: Ruling,
    /// What was found.
    #[serde(flatten)]
    pub finding: Finding,
    /// What the lifecycle decided, if it came to that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// What would be, or was, done; or was tried.
    pub change: ChangeKind,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Why it failed, if it did; or why it could not be looked at, where that is worth a word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    /// What the task had to say to people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// When it was tried. A plan leaves all of it out, so that equal plans are equal bytes.
    #[serde(flatten)]
    pub timing: Timing,
    /// For a thing that should not be there and was deleted: when it was looked for before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look: Option<Box<Timing>>,
}

/// When a task's turn, or a deletion, was; in milliseconds from the start of the run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Timing {
    /// How often it was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
    /// The last of all that it waited for: the task whose turn, or the task or stray whose
    /// deletion, let it start. None if it could start with the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<TaskId>,
    /// When nothing kept it from starting any more but the want of a place, if it was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready_ms: Option<u64>,
    /// When its first try began, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_ms: Option<u64>,
    /// How long it took from its first try to its end, rests included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Its rests between tries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waits: Vec<Wait>,
}

impl Timing {
    /// When it was over, in milliseconds from the start of the run, if it was tried.
    pub fn ended_ms(&self) -> Option<u64> {
        Some(self.started_ms?.saturating_add(self.duration_ms?))
    }
}

/// A rest between two tries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Wait {
    /// Which try failed, from 1.
    pub attempt: u32,
    /// Why it failed.
    pub error: Failure,
    /// When it failed, in milliseconds from the start of the run.
    pub started_ms: u64,
    /// How long it was to rest, in milliseconds.
    pub delay_ms: u64,
    /// When it was tried again, in milliseconds from the start of the run: later than the rest
    /// ended where there was no place. None if the run was stopped before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumed_ms: Option<u64>,
}

impl Entry {
    /// Whether it was changed, or would be.
    pub fn is_change(&self) -> bool {
        matches!(self.outcome, Outcome::Planned | Outcome::Done)
    }
}

/// Something worth a word that fails nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Warning {
    /// The task it is about, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    /// The word.
    pub message: String,
}

/// How thoroughly a run was stopped.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum StopLevel {
    /// Nothing new was started, and what ran was seen through.
    Finish,
    /// What ran was left where it was.
    Leave,
}

/// What a run found and did, in the order in which the tasks were added, each stray after the task
/// that found it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The version of this form: [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Whether it says or did.
    pub mode: Mode,
    /// One entry per task and per stray.
    pub entries: Vec<Entry>,
    /// What is worth a word beyond the entries that say `warned`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
    /// Whether the run was stopped, and how.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<StopLevel>,
    /// How long the run took, in milliseconds. A plan leaves it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
}

/// How many entries of each sort a [`Report`] has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Created, or would be.
    pub created: usize,
    /// Updated, or would be.
    pub updated: usize,
    /// Deleted, or would be.
    pub deleted: usize,
    /// As described, or left as they are without a word.
    pub kept: usize,
    /// Left as they are, with a word.
    pub warned: usize,
    /// Failed.
    pub failed: usize,
    /// Not tried because something else failed.
    pub blocked: usize,
    /// Not tried because the run was stopped.
    pub not_tried: usize,
    /// Left half-way.
    pub in_doubt: usize,
    /// Waiting for a run that prunes.
    pub deferred: usize,
}

impl Counts {
    /// How many were changed, or would be.
    pub fn changes(&self) -> usize {
        self.created + self.updated + self.deleted
    }
}

impl Report {
    /// What was changed, or would be.
    pub fn changes(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.is_change())
    }

    /// What failed, without what was blocked by it.
    pub fn failures(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.outcome == Outcome::Failed)
    }

    /// What was not tried because something else failed.
    pub fn blocked(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| matches!(entry.outcome, Outcome::Blocked { .. }))
    }

    /// How many entries of each sort there are.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for entry in &self.entries {
            let slot = match entry.outcome {
                Outcome::Kept => &mut counts.kept,
                Outcome::Warned => &mut counts.warned,
                Outcome::Failed => &mut counts.failed,
                Outcome::Blocked { .. } => &mut counts.blocked,
                Outcome::NotTried => &mut counts.not_tried,
                Outcome::InDoubt => &mut counts.in_doubt,
                Outcome::Deferred => &mut counts.deferred,
                Outcome::Planned | Outcome::Done => match entry.change {
                    ChangeKind::Create => &mut counts.created,
                    ChangeKind::Update => &mut counts.updated,
                    ChangeKind::Delete => &mut counts.deleted,
                    ChangeKind::None => &mut counts.kept,
                },
            };
            *slot += 1;
        }
        counts
    }

    /// Whether everything is as it should be, or is left as it is on purpose: nothing to change,
    /// nothing failed, nothing left untried.
    pub fn is_settled(&self) -> bool {
        let settled = |outcome: &Outcome| {
            matches!(outcome, Outcome::Kept | Outcome::Warned | Outcome::Deferred)
        };
        self.entries.iter().all(|entry| settled(&entry.outcome))
    }

    /// Whether everything that was to be done was done, or could be planned.
    pub fn succeeded(&self) -> bool {
        let Counts { failed, blocked, not_tried, in_doubt, .. } = self.counts();
        self.stopped.is_none() && failed + blocked + not_tried + in_doubt == 0
    }

    /// The entry of one task or stray.
    pub fn entry(&self, task: &TaskId) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.task == *task)
    }
}

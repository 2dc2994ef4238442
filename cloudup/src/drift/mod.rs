//! Drift: what of a cluster in the account is not as its manifests say, found without any means
//! to change it.
//!
//! What is compared is what an [`Update`] compares, under the same lifecycles: a difference counts
//! whether an update would mend it, warn of it or refuse it. What nobody looks at (`Ignore`, the
//! phases that come later) is left out. What an update leaves for `--prune` counts only where the
//! update is told to prune. Known differences can be [`Ignored`] for one run.

mod compared;
mod ignored;

pub use self::ignored::{Ignored, IgnoredError, NotIgnorable};

use std::sync::Arc;

use cloudup_engine::{
    Entry, ErrorKind, Event, Finding, GraphError, Mode, Options, Outcome, Report, StopLevel, TaskId,
};
use cloudup_tasks::cloud::CloudReader;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::compared::Compared;
use crate::{
    environment::Environment,
    manifest::Notice,
    phase::Phase,
    update::{Update, UpdateReport},
};

/// The version of [`DriftReport`]'s form. It goes up when a reader of the last one would misread
/// the next.
pub const SCHEMA_VERSION: u32 = 1;

/// Finds drift. It is given what an update is made of, and never anything that can write.
#[derive(Debug)]
pub struct Drift {
    update: Update,
    ignored: Vec<Ignored>,
}

/// What has drifted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DriftReport {
    /// The version of this form: [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The cluster's name.
    pub cluster: String,
    /// Where it is.
    #[serde(flatten)]
    pub environment: Environment,
    /// The phase that the comparison was restricted to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// Whether anything has drifted.
    pub drifted: bool,
    /// How many things of each sort there are.
    pub counts: DriftCounts,
    /// What is worth knowing and is about no task.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
    /// What has drifted. `change` and `outcome` say what an update would do about it.
    pub drift: Vec<Entry>,
    /// What could not be compared, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<Entry>,
    /// Whether the run was stopped, and how.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<StopLevel>,
}

/// How many things there are of each sort.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DriftCounts {
    /// Not there, though the manifests want them.
    pub missing: usize,
    /// There, and not as the manifests want them.
    pub different: usize,
    /// There and ours, though the manifests do not want them.
    pub unwanted: usize,
    /// As the manifests want them.
    pub same: usize,
    /// Drifted, and ignored in this run.
    pub ignored: usize,
    /// Unwanted, and left for a run that prunes.
    pub deferred: usize,
    /// Not to be looked at: their lifecycle says so.
    pub not_compared: usize,
    /// Not to be compared, though they should be.
    pub unknown: usize,
}

impl Drift {
    /// Finds the drift from what an update would do, but for what is to be ignored: `--ignore`'s
    /// values as they were given.
    ///
    /// # Errors
    ///
    /// All that is wrong with what is to be ignored.
    pub fn new(update: Update, ignore: &[String]) -> Result<Self, IgnoredError> {
        let ignored = ignored::read(ignore, &update.governed(Mode::Plan))?;
        let update = update.overriding(|lifecycle| Arc::new(Compared(lifecycle)));
        Ok(Self { update, ignored })
    }

    /// Compares.
    ///
    /// # Errors
    ///
    /// Where the graph is not sound, which preparing the update has ruled out.
    pub async fn find(
        &self,
        reader: &(dyn CloudReader + 'static),
        options: &Options,
        tell: impl FnMut(Event<'_>),
    ) -> Result<DriftReport, GraphError> {
        let planned = self.update.plan(reader, options, tell).await?;
        Ok(self.report(planned))
    }

    fn report(&self, planned: UpdateReport) -> DriftReport {
        let UpdateReport { cluster, environment, phase, report, .. } = planned;
        let Report { entries, stopped, .. } = report;
        let mut counts = DriftCounts::default();
        let (mut drift, mut unknown) = (Vec::new(), Vec::new());
        let mut used = vec![false; self.ignored.len()];
        for entry in entries {
            let kept = self.without_ignored(entry, &mut used);
            let Some(entry) = kept else {
                counts.ignored += 1;
                continue;
            };
            match Sort::of(&entry) {
                Sort::Same => counts.same += 1,
                Sort::Deferred => counts.deferred += 1,
                Sort::NotCompared => counts.not_compared += 1,
                Sort::Unknown => {
                    counts.unknown += 1;
                    unknown.push(entry);
                }
                Sort::Drift(slot) => {
                    *slot(&mut counts) += 1;
                    drift.push(entry);
                }
            }
        }
        let idle = self.ignored.iter().zip(used).filter(|(_, used)| !used);
        let idle = idle.map(|(ignored, _)| Notice {
            place: None,
            message: format!("--ignore {ignored}: nothing of that has drifted"),
        });
        DriftReport {
            schema_version: SCHEMA_VERSION,
            cluster,
            environment,
            phase,
            drifted: !drift.is_empty(),
            counts,
            notices: self.update.notices().iter().cloned().chain(idle).collect(),
            drift,
            unknown,
            stopped,
        }
    }

    /// The entry without what is ignored of it; nothing, if that is all of it.
    fn without_ignored(&self, entry: Entry, used: &mut [bool]) -> Option<Entry> {
        let has_drifted = !matches!(Sort::of(&entry), Sort::Same | Sort::NotCompared);
        let ignored = self.ignored.iter().zip(used).filter(|_| has_drifted);
        let mut left = Some(entry);
        for (ignored, used) in ignored {
            let Some(entry) = left.take() else { break };
            let before = entry.clone();
            left = ignored.taken_from(entry);
            *used |= left.as_ref() != Some(&before);
        }
        left
    }
}

/// What an entry comes to here.
enum Sort {
    Same,
    Drift(fn(&mut DriftCounts) -> &mut usize),
    Deferred,
    NotCompared,
    Unknown,
}

impl Sort {
    fn of(entry: &Entry) -> Self {
        match (&entry.finding, &entry.outcome) {
            (Finding::Stray { .. }, Outcome::Deferred) => Self::Deferred,
            (Finding::Missing { .. }, _) => Self::Drift(|counts| &mut counts.missing),
            (Finding::Different { .. }, _) => Self::Drift(|counts| &mut counts.different),
            (Finding::Stray { .. }, _) => Self::Drift(|counts| &mut counts.unwanted),
            (Finding::Same, outcome) if *outcome != Outcome::Failed => Self::Same,
            (Finding::NotLooked, Outcome::Kept) => Self::NotCompared,
            (Finding::Same | Finding::NotLooked | Finding::Unreadable { .. }, _) => Self::Unknown,
        }
    }
}

impl DriftReport {
    /// What kept the comparison from being whole, where that is a failure and not a matter of
    /// lifecycles: the gravest.
    pub fn failure(&self) -> Option<ErrorKind> {
        let failed = self.unknown.iter().filter(|entry| entry.outcome == Outcome::Failed);
        let kinds = failed.filter_map(|entry| entry.error.as_ref().map(|error| error.kind));
        kinds.min()
    }

    /// What is to be seen of it, as a plan's report.
    pub fn to_report(&self) -> Report {
        let entries = self.drift.iter().chain(&self.unknown).cloned().collect();
        Report {
            schema_version: cloudup_engine::SCHEMA_VERSION,
            mode: Mode::Plan,
            entries,
            warnings: Vec::new(),
            stopped: self.stopped,
            duration_ms: None,
        }
    }

    /// The entry of a task that has drifted.
    pub fn entry(&self, task: &TaskId) -> Option<&Entry> {
        self.drift.iter().find(|entry| entry.task == *task)
    }
}

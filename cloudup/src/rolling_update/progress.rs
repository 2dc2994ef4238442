//! How far a rolling update is: what outlives a run that is stopped or killed.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::store::StoreError;

/// The version of the format.
const SCHEMA_VERSION: u32 = 1;

/// How far a rolling update is. What is about to be done is written down before it is done: where a
/// run is killed between, the next one finds it, and does it again or takes it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// The version of the format.
    pub schema_version: u32,
    /// The instances that `--force` is about, by the instance group: those that were there when it
    /// began. Those that take their place are not replaced again.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub forced: BTreeMap<String, BTreeSet<String>>,
    /// The instances that are being replaced, by their ids.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub replacing: BTreeMap<String, Replacing>,
    /// The nodes that carry something of ours, each with its instance's id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub nodes: BTreeMap<String, String>,
}

/// An instance that is being replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Replacing {
    /// Its instance group.
    pub group: String,
    /// How far it is.
    pub step: Step,
}

/// How far the replacement of an instance is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// It is about to be detached from its group, or has just been.
    Detaching,
    /// Its node is about to be drained, or is being drained.
    Draining,
    /// It is drained, and about to be terminated.
    Terminating,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            forced: BTreeMap::new(),
            replacing: BTreeMap::new(),
            nodes: BTreeMap::new(),
        }
    }
}

impl Progress {
    /// Whether there is nothing to be kept.
    pub fn is_empty(&self) -> bool {
        let Self { schema_version: _, forced, replacing, nodes } = self;
        forced.is_empty() && replacing.is_empty() && nodes.is_empty()
    }

    /// Whether it is of a format that this version knows.
    pub(crate) fn is_known(&self) -> bool {
        self.schema_version <= SCHEMA_VERSION
    }

    /// The instances of a group that are being replaced.
    pub(super) fn of<'a>(&'a self, group: &'a str) -> impl Iterator<Item = (&'a str, Step)> {
        let of = self.replacing.iter().filter(move |(_, it)| it.group == group);
        of.map(|(id, it)| (id.as_str(), it.step))
    }

    pub(super) fn step(&self, id: &str) -> Option<Step> {
        self.replacing.get(id).map(|it| it.step)
    }

    pub(super) fn put(&mut self, group: &str, id: &str, step: Step) {
        self.replacing.insert(id.to_owned(), Replacing { group: group.to_owned(), step });
    }
}

/// Where progress is kept.
#[async_trait]
pub trait Journal: Send {
    /// What an earlier run left behind.
    ///
    /// # Errors
    ///
    /// Where it cannot be read.
    async fn load(&mut self) -> Result<Option<Progress>, StoreError>;

    /// Puts it in the place of what is there. `None`: there is nothing left to be done.
    ///
    /// # Errors
    ///
    /// Where it cannot be written; [`StoreError::Lost`] or [`StoreError::Changed`] where somebody
    /// else is at work.
    async fn save(&mut self, progress: Option<&Progress>) -> Result<(), StoreError>;
}

//! What is to become of a cluster's documents.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Stored;

/// What is to become of a cluster's documents, given what they were.
#[derive(Clone, Debug)]
pub struct Change {
    cluster: String,
    read: BTreeMap<String, String>,
    steps: BTreeMap<String, Option<String>>,
}

/// One document, before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Step {
    /// Its key below the cluster.
    pub(super) key: String,
    /// Its text before; `None` where there is no such document.
    pub(super) from: Option<String>,
    /// Its text afterwards; `None` where it goes.
    pub(super) to: Option<String>,
}

impl Change {
    pub(super) fn of(stored: &Stored) -> Self {
        let read = stored.documents.iter();
        Self {
            cluster: stored.cluster.clone(),
            read: read.map(|(key, document)| (key.clone(), document.text.clone())).collect(),
            steps: BTreeMap::new(),
        }
    }

    /// The cluster that it is a change of.
    pub fn cluster(&self) -> &str {
        &self.cluster
    }

    /// Has a document of a text that is not empty in place of what is under the key (`config`,
    /// `instancegroup/nodes`), if anything is.
    pub fn put(&mut self, key: impl Into<String>, text: impl Into<String>) {
        self.steps.insert(key.into(), Some(text.into()));
    }

    /// Has no document under the key.
    pub fn remove(&mut self, key: impl Into<String>) {
        self.steps.insert(key.into(), None);
    }

    /// Whether it comes to nothing.
    pub fn is_empty(&self) -> bool {
        self.steps().is_empty()
    }

    /// The documents that really change, in the order in which they are written: the cluster before
    /// its groups, and gone after them, so that no group is ever without its cluster.
    pub(super) fn steps(&self) -> Vec<Step> {
        let steps = self.steps.iter().map(|(key, to)| Step {
            key: key.clone(),
            from: self.read.get(key).cloned(),
            to: to.clone(),
        });
        let (written, gone): (Vec<_>, Vec<_>) =
            steps.filter(|step| step.from != step.to).partition(|step| step.to.is_some());
        written.into_iter().chain(gone.into_iter().rev()).collect()
    }
}

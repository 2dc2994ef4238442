//! Saved plans: what an update would do, in a file, for somebody to approve and for somebody to
//! carry out later, exactly so.
//!
//! A [`SavedPlan`] holds all that it was made from: the manifests' text and the options; and what
//! came of it, the report. To carry it out, the same is planned again from these, and the two are
//! compared entry by entry: see [`SavedPlan::standing`]. Whatever has moved since is named, and
//! then nothing may be changed.
//!
//! The file holds no secrets of ours: public keys alone, no credentials. What the manifests say it
//! says too, and what the account said of the objects that it is about.

mod between;
mod moved;
mod standing;

pub use self::{
    moved::{Moved, MovedEntry, MovedPlace},
    standing::Standing,
};

use std::collections::{BTreeMap, BTreeSet};

use cloudup_engine::{Registry, Source};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    manifest::{Cluster, Excerpt, Home, Manifest, ManifestErrors, Notice},
    phase::Phase,
    ssh::PublicKey,
    store::Stored,
    update::{UpdateOptions, UpdateReport},
};

/// The version of [`SavedPlan`]'s form. It goes up when a reader of the last one would misread the
/// next. Plans of another version are refused.
pub const PLAN_VERSION: u32 = 1;

/// A plan in a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SavedPlan {
    /// The version of this form: [`PLAN_VERSION`].
    pub plan_version: u32,
    /// The version of cloudup that made it.
    pub made_by: String,
    /// The kind of cloud that it is about: `aws`, or `local` for the embedded account.
    pub cloud: String,
    /// The manifests that it was made from.
    pub manifests: SavedManifests,
    /// What the update was asked for besides.
    pub options: SavedOptions,
    /// What it would do, as `update -o json` tells it.
    pub update: UpdateReport,
}

/// The manifests that a plan was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SavedManifests {
    /// Files, in the order in which they were given.
    Files(Vec<SavedFile>),
    /// A cluster of a state store.
    Store {
        /// Where the store is.
        store: String,
        /// The cluster's documents, by key: `config`, `instancegroup/nodes`.
        documents: BTreeMap<String, String>,
    },
}

/// A file that a plan was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SavedFile {
    /// What it is called in messages.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// What an update was asked for besides its manifests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SavedOptions {
    /// The phase that it was restricted to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// Lifecycle overrides from outside the manifests, in the order in which they were given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<SavedOverrides>,
    /// Whether what is deferred was to go too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub prune: bool,
    /// The public key that instances are reached with, a line as OpenSSH writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssh_public_key: Option<String>,
}

/// Lifecycle overrides of one source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SavedOverrides {
    /// Who said so.
    #[serde(flatten)]
    pub source: Source,
    /// What: `SELECTOR=LIFECYCLE,…`.
    pub text: String,
}

/// A text that is no plan that can be used here.
#[derive(Debug, thiserror::Error)]
pub enum NotAPlan {
    /// It is no JSON, or another one.
    #[error("it is not a plan: {0}")]
    Form(serde_json::Error),
    /// It has no version: it is some other JSON.
    #[error("it is not a plan: it has no plan_version")]
    NoVersion,
    /// It is a plan of a form that is not known here.
    #[error(
        "it has the form {found} of plans, and this cloudup knows form {PLAN_VERSION}{}",
        made_by(.by.as_deref())
    )]
    Version {
        /// The version of its form.
        found: u64,
        /// The version of cloudup that made it, if it says so.
        by: Option<String>,
    },
    /// The key in it is none.
    #[error("its ssh_public_key is not an SSH public key")]
    Key,
}

fn made_by(version: Option<&str>) -> String {
    version.map(|version| format!("; it was made by cloudup {version}")).unwrap_or_default()
}

impl SavedPlan {
    /// A plan to be saved: what an update with these manifests and options would do.
    pub fn new(
        cloud: impl Into<String>,
        manifests: SavedManifests,
        options: SavedOptions,
        update: UpdateReport,
    ) -> Self {
        Self {
            plan_version: PLAN_VERSION,
            made_by: env!("CARGO_PKG_VERSION").to_owned(),
            cloud: cloud.into(),
            manifests,
            options,
            update,
        }
    }

    /// Reads a plan's file.
    ///
    /// # Errors
    ///
    /// Where it is none, or one of a form that is not known here.
    pub fn read(text: &str) -> Result<Self, NotAPlan> {
        // Its version decides how the rest is to be read.
        let value: serde_json::Value = serde_json::from_str(text).map_err(NotAPlan::Form)?;
        let version = value.get("plan_version").and_then(serde_json::Value::as_u64);
        let found = version.ok_or(NotAPlan::NoVersion)?;
        if found != u64::from(PLAN_VERSION) {
            let by = value.get("made_by").and_then(serde_json::Value::as_str);
            return Err(NotAPlan::Version { found, by: by.map(str::to_owned) });
        }
        let plan: Self = serde_json::from_str(text).map_err(NotAPlan::Form)?;
        plan.options.key().map(|_| plan)
    }

    /// The text of a plan's file.
    ///
    /// # Errors
    ///
    /// Where the report has values that JSON does not.
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }

    /// What the update is to be asked for, as it was asked for when the plan was made; nothing of
    /// the environment or of flags is added. `lifecycles` are those that overrides may name.
    ///
    /// # Errors
    ///
    /// Where the key is none, which [`read`](Self::read) has ruled out.
    pub fn options(&self, lifecycles: Registry) -> Result<UpdateOptions, NotAPlan> {
        let SavedOptions { phase, overrides, prune, ssh_public_key: _ } = &self.options;
        let overrides = overrides.iter().map(|it| (it.source.clone(), it.text.clone())).collect();
        let ssh_key = self.options.key()?;
        Ok(UpdateOptions { phase: *phase, overrides, lifecycles, prune: *prune, ssh_key })
    }
}

impl SavedOptions {
    /// What `options` say.
    pub fn of(options: &UpdateOptions) -> Self {
        let UpdateOptions { phase, overrides, lifecycles: _, prune, ssh_key } = options;
        let overrides = overrides.iter().cloned();
        Self {
            phase: *phase,
            overrides: overrides.map(|(source, text)| SavedOverrides { source, text }).collect(),
            prune: *prune,
            ssh_public_key: ssh_key.as_ref().map(|key| key.line().to_owned()),
        }
    }

    fn key(&self) -> Result<Option<PublicKey>, NotAPlan> {
        let line = self.ssh_public_key.as_ref();
        line.map(|line| line.parse().map_err(|_| NotAPlan::Key)).transpose()
    }
}

impl SavedManifests {
    /// A cluster as a store has it.
    pub fn stored(store: impl Into<String>, stored: &Stored) -> Self {
        Self::Store { store: store.into(), documents: texts(stored) }
    }

    /// The cluster of this name in the files, and what is worth knowing about them. There is none
    /// of that name in what was not made here.
    ///
    /// # Errors
    ///
    /// All that is wrong with the files.
    pub fn cluster_of_files(
        files: &[SavedFile],
        name: &str,
    ) -> Result<Option<(Cluster, Vec<Notice>)>, ManifestErrors> {
        let files: Vec<_> = files.iter().map(|file| (&file.name, &file.text)).collect();
        let Manifest { clusters, notices, .. } = Manifest::read(&files)?;
        let cluster = clusters.into_iter().find(|cluster| cluster.name() == name);
        Ok(cluster.map(|cluster| (cluster, notices)))
    }

    /// The cluster of this name as it was planned, and what is worth knowing about its manifests;
    /// nobody is asked what became of them since.
    ///
    /// # Errors
    ///
    /// All that is wrong with them.
    pub fn cluster(&self, name: &str) -> Result<Option<(Cluster, Vec<Notice>)>, ManifestErrors> {
        match self {
            Self::Files(files) => Self::cluster_of_files(files, name),
            Self::Store { store, documents } => {
                let base = format!("{store}/{name}");
                let base = store.starts_with("s3://").then_some(&*base);
                let home = Home { cluster: name, base };
                let excerpts = documents.iter();
                let excerpts: Vec<_> =
                    excerpts.map(|(key, text)| Excerpt::whole(key, text)).collect();
                let Manifest { clusters, notices, .. } =
                    Manifest::read_excerpts(Some(home), &excerpts)?;
                let cluster = clusters.into_iter().find(|cluster| cluster.name() == name);
                Ok(cluster.map(|cluster| (cluster, notices)))
            }
        }
    }

    /// The keys of the documents that a store has no longer as they are here, and of those that it
    /// has and that are not here. None of files, which are all here.
    pub fn changed_since(&self, stored: &Stored) -> Vec<String> {
        let Self::Store { documents, .. } = self else { return Vec::new() };
        let now = texts(stored);
        let keys: BTreeSet<_> = documents.keys().chain(now.keys()).collect();
        let changed = keys.into_iter().filter(|key| documents.get(*key) != now.get(*key));
        changed.cloned().collect()
    }
}

fn texts(stored: &Stored) -> BTreeMap<String, String> {
    let documents = stored.documents().iter();
    documents.map(|(key, document)| (key.clone(), document.text.clone())).collect()
}

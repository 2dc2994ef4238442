//! A cluster as the store has it.

use std::collections::BTreeMap;

use crate::manifest::{Excerpt, Home, Manifest, ManifestErrors, Mistake, Source};

use super::{ADDITIONAL, CLUSTER, Change, Draft, GROUPS, Store, StoreError, commit};

/// How often a cluster is read again where it changes while it is read.
const ATTEMPTS: usize = 5;

/// A cluster's documents.
#[derive(Clone, Debug)]
pub struct Stored {
    pub(super) cluster: String,
    /// What the cluster's machines know it by, if they can read it where it is.
    base: Option<String>,
    /// By key below the cluster: `config`, `instancegroup/nodes`.
    pub(super) documents: BTreeMap<String, Document>,
}

/// A document of a store.
#[derive(Clone, Debug)]
pub struct Document {
    /// What it is called: `s3://state/demo.example.com/config`.
    pub place: String,
    /// Its text.
    pub text: String,
}

impl Stored {
    /// The cluster's name.
    pub fn cluster(&self) -> &str {
        &self.cluster
    }

    /// Whether there is such a cluster.
    pub fn exists(&self) -> bool {
        self.documents.contains_key(CLUSTER)
    }

    /// Its documents, by key: `config`, `instancegroup/nodes`.
    pub fn documents(&self) -> &BTreeMap<String, Document> {
        &self.documents
    }

    /// The names of its instance groups, in order.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        let below = |key: &'_ str| key.len() > GROUPS.len() + 1;
        self.documents
            .keys()
            .filter(move |key| below(key))
            .filter_map(|key| key.strip_prefix(GROUPS)?.strip_prefix('/'))
    }

    /// The cluster with its instance groups, and what is worth knowing about them.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with them, each with the object that it is in.
    pub fn manifest(&self) -> Result<Manifest, ManifestErrors> {
        let excerpts = self.documents.values();
        let excerpts: Vec<_> =
            excerpts.map(|Document { place, text }| Excerpt::whole(place, text)).collect();
        self.manifest_of(&excerpts)
    }

    /// The same of other documents in place of what is stored.
    ///
    /// # Errors
    ///
    /// As for [`manifest`](Self::manifest).
    pub fn manifest_of(&self, documents: &[Excerpt]) -> Result<Manifest, ManifestErrors> {
        let home = Home { cluster: &self.cluster, base: self.base.as_deref() };
        let manifest = Manifest::read_excerpts(Some(home), documents)?;
        let mistakes = self.misplaced(&manifest);
        if mistakes.is_empty() { Ok(manifest) } else { Err(ManifestErrors { mistakes }) }
    }

    /// Documents under another name than their own.
    fn misplaced(&self, manifest: &Manifest) -> Vec<Mistake> {
        let Self { cluster: home, documents, .. } = self;
        let mut mistakes = Vec::new();
        let mut check = |name: &str, source: &Source, expected: &str| {
            if name != expected {
                let message = format!("{name:?} is kept under the name {expected:?}");
                let hint = Some("give it the name that it is kept under".to_owned());
                let place = source.place("metadata.name");
                mistakes.push(Mistake { place, message, hint });
            }
        };
        for cluster in &manifest.clusters {
            check(cluster.name(), &cluster.source, home);
            for group in &cluster.groups {
                let kept = documents.iter().find(|(_, kept)| kept.place == group.source.file);
                let key = kept.and_then(|(key, _)| key.strip_prefix(GROUPS)?.strip_prefix('/'));
                check(group.name(), &group.source, key.unwrap_or(group.name()));
            }
        }
        mistakes
    }

    /// It as it is to be: as it is, until something is put in it.
    pub fn draft(&self) -> Draft<'_> {
        Draft::of(self)
    }

    /// A change of it that changes nothing yet.
    pub fn change(&self) -> Change {
        Change::of(self)
    }
}

impl Store {
    /// A cluster's documents: with all of a change of several of them, or nothing of it. A cluster
    /// that is not there has none.
    ///
    /// # Errors
    ///
    /// Where they cannot be read, or will not stop changing.
    pub async fn read(&self, cluster: &str) -> Result<Stored, StoreError> {
        for _ in 0..ATTEMPTS {
            let before = self.journal(cluster).await?;
            let mut stored = self.read_once(cluster).await?;
            let after = self.journal(cluster).await?;
            if before.version == after.version {
                commit::overlay(self, &after, &mut stored);
                return Ok(stored);
            }
        }
        Err(StoreError::Unreadable {
            place: self.place(cluster),
            problem: "it changes all the time".to_owned(),
        })
    }

    /// The names of a cluster's instance groups, in order, without reading them: what a change that
    /// is under way does to them may not show.
    ///
    /// # Errors
    ///
    /// Where they cannot be listed.
    pub async fn groups(&self, cluster: &str) -> Result<Vec<String>, StoreError> {
        let folder = format!("{cluster}/{GROUPS}");
        let listed = self.list(&folder).await?;
        let names = listed.iter().filter_map(|key| key.strip_prefix(&folder)?.strip_prefix('/'));
        Ok(names.filter(|name| !name.ends_with('/')).map(str::to_owned).collect())
    }

    async fn read_once(&self, cluster: &str) -> Result<Stored, StoreError> {
        let folder = format!("{cluster}/{GROUPS}");
        let listed = self.list(&folder).await?.into_iter().filter(|key| !key.ends_with('/'));
        let fixed = [CLUSTER, ADDITIONAL].map(|key| format!("{cluster}/{key}"));
        let mut documents = BTreeMap::new();
        for key in fixed.into_iter().chain(listed) {
            // What went since it was listed is not there.
            let Some(object) = self.get(&key).await? else { continue };
            let text = self.text(&key, object.bytes)?;
            let below = key[cluster.len() + 1..].to_owned();
            let place = self.place(&key);
            documents.insert(below, Document { place, text });
        }
        let base = self.name.starts_with("s3://").then(|| self.place(cluster));
        Ok(Stored { cluster: cluster.to_owned(), base, documents })
    }
}

//! A cluster as it is to be.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::{ADDITIONAL, CLUSTER, Change, GROUPS, Stored};
use crate::manifest::{Difference, Excerpt, Manifest, ManifestErrors, Mistake, Source};

/// A cluster's documents as they are to be, over what is stored.
#[derive(Clone, Debug)]
pub struct Draft<'a> {
    stored: &'a Stored,
    documents: BTreeMap<String, Excerpt>,
}

/// What becomes of one document.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Revision {
    /// Its kind: `Cluster`, `InstanceGroup`, or `Object`.
    pub kind: &'static str,
    /// Its name; for other objects, what they are in the store.
    pub name: String,
    /// What becomes of it.
    #[serde(flatten)]
    pub what: What,
}

/// What becomes of a document.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "what", content = "fields", rename_all = "kebab-case")]
pub enum What {
    /// It is new.
    Created,
    /// These fields change; none where only its text does.
    Changed(Vec<Difference>),
    /// It goes.
    Removed,
}

impl<'a> Draft<'a> {
    pub(super) fn of(stored: &'a Stored) -> Self {
        let documents = stored.documents.iter();
        let documents = documents
            .map(|(key, document)| {
                (key.clone(), Excerpt::whole(&document.place, document.text.as_str()))
            })
            .collect();
        Self { stored, documents }
    }

    /// Puts a document in place of what is under a key (`config`, `instancegroup/nodes`).
    pub fn put(&mut self, key: impl Into<String>, document: Excerpt) {
        self.documents.insert(key.into(), document);
    }

    /// Removes what is under a key.
    pub fn remove(&mut self, key: &str) {
        self.documents.remove(key);
    }

    /// The cluster with its groups, as they are to be.
    ///
    /// # Errors
    ///
    /// Everything that would be wrong, each with the file or the object that it is in.
    pub fn manifest(&self) -> Result<Manifest, ManifestErrors> {
        let documents: Vec<_> = self.documents.values().cloned().collect();
        self.stored.manifest_of(&documents)
    }

    /// What is to be written.
    pub fn change(&self) -> Change {
        let mut change = self.stored.change();
        for (key, document) in &self.documents {
            change.put(key.clone(), document.text.clone());
        }
        for key in self.stored.documents.keys() {
            if !self.documents.contains_key(key) {
                change.remove(key.clone());
            }
        }
        change
    }

    /// What becomes of each document that does not stay as it is.
    pub fn revisions(&self) -> Vec<Revision> {
        let before = &self.stored.documents;
        let mut keys: Vec<_> = before.keys().chain(self.documents.keys()).collect();
        keys.sort();
        keys.dedup();
        let revision = |key: &String| {
            let old = before.get(key).map(|document| document.text.as_str());
            let new = self.documents.get(key).map(|document| document.text.as_str());
            let what = match (old, new) {
                (None, None) => return None,
                (Some(old), Some(new)) if old == new => return None,
                (Some(old), Some(new)) => What::Changed(differences(old, new)),
                (None, Some(_)) => What::Created,
                (Some(_), None) => What::Removed,
            };
            let group = key.strip_prefix(GROUPS).and_then(|rest| rest.strip_prefix('/'));
            let (kind, name) = match group {
                Some(group) => ("InstanceGroup", group),
                None if key == CLUSTER => ("Cluster", self.stored.cluster.as_str()),
                None => ("Object", key.as_str()),
            };
            Some(Revision { kind, name: name.to_owned(), what })
        };
        keys.into_iter().filter_map(revision).collect()
    }
}

/// What differs between two texts of as many documents.
fn differences(old: &str, new: &str) -> Vec<Difference> {
    let [old, new] = [old, new].map(Excerpt::values);
    let count = old.len().max(new.len());
    let null = serde_json::Value::Null;
    let pair = |nth| (old.get(nth).unwrap_or(&null), new.get(nth).unwrap_or(&null));
    (0..count).map(pair).flat_map(|(old, new)| Difference::between(old, new)).collect()
}

/// The documents of files, each where a store keeps it.
#[derive(Clone, Debug, Default)]
pub struct Placed {
    /// By cluster, then by key.
    pub clusters: BTreeMap<String, BTreeMap<String, Excerpt>>,
}

impl Placed {
    /// Finds out where the documents of files belong.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with them, and documents that have no place in a store.
    pub fn read(files: &[(String, String)]) -> Result<Self, ManifestErrors> {
        let manifest = Manifest::read(files)?;
        let excerpts: Vec<_> =
            files.iter().flat_map(|(name, text)| Excerpt::all(name, text)).collect();
        let excerpt = |source: &Source| {
            let found = excerpts.iter().find(|excerpt| {
                excerpt.file == source.file && excerpt.documents_before + 1 == source.document
            });
            // A file that holds nothing else is kept as it is, to the last byte.
            found
                .map(|excerpt| whole(files, &excerpts, &excerpt.file, 1).unwrap_or(excerpt.clone()))
        };
        let (mut placed, mut mistakes) = (Self::default(), Vec::new());
        let mut put = |cluster: &str, key: String, source: &Source| {
            if let Some(excerpt) = excerpt(source) {
                placed.clusters.entry(cluster.to_owned()).or_default().insert(key, excerpt);
            }
        };
        for cluster in &manifest.clusters {
            put(cluster.name(), CLUSTER.to_owned(), &cluster.source);
        }
        let of_clusters = manifest.clusters.iter().flat_map(|cluster| &cluster.groups);
        for group in of_clusters.chain(&manifest.groups) {
            let cluster = group.cluster_name().unwrap_or_default();
            put(cluster, format!("{GROUPS}/{}", group.name()), &group.source);
        }
        let mut refuse = |source: &Source, message: &str, hint: &str| {
            let place = source.place("kind");
            mistakes.push(Mistake {
                place,
                message: message.to_owned(),
                hint: Some(hint.to_owned()),
            });
        };
        for credential in &manifest.credentials {
            let message = "SSH keys are not kept in the store by this version";
            refuse(&credential.source, message, "leave the document out");
        }
        match (manifest.clusters.as_slice(), manifest.additional.as_slice()) {
            (_, []) => {}
            ([cluster], objects) => {
                let texts = objects.iter().filter_map(|object| excerpt(&object.source));
                let file = objects.first().map(|object| object.source.file.as_str());
                let joined = file
                    .and_then(|file| whole(files, &excerpts, file, objects.len()))
                    .or_else(|| joined(texts.collect()));
                let of_cluster = placed.clusters.entry(cluster.name().to_owned()).or_default();
                of_cluster.extend(joined.map(|joined| (ADDITIONAL.to_owned(), joined)));
            }
            (_, objects) => {
                for object in objects {
                    let message = "it cannot be told which cluster this object belongs to";
                    refuse(&object.source, message, "give it together with one Cluster");
                }
            }
        }
        if mistakes.is_empty() { Ok(placed) } else { Err(ManifestErrors { mistakes }) }
    }
}

/// A file as a whole, if it holds so many documents and no others.
fn whole(
    files: &[(String, String)],
    excerpts: &[Excerpt],
    file: &str,
    documents: usize,
) -> Option<Excerpt> {
    let count = excerpts.iter().filter(|excerpt| excerpt.file == file).count();
    let mut same = files.iter().filter(|(name, _)| name == file);
    match (same.next(), same.next()) {
        (Some((name, text)), None) if count == documents => Some(Excerpt::whole(name, text)),
        _ => None,
    }
}

/// Several documents as one text, in the place of the first.
fn joined(excerpts: Vec<Excerpt>) -> Option<Excerpt> {
    excerpts
        .into_iter()
        .reduce(|all, next| Excerpt { text: format!("{}---\n{}", all.text, next.text), ..all })
}

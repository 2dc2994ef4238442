//! From the text of files to clusters and instance groups.

use std::{collections::BTreeMap, path::Path};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{
    Cluster, Excerpt, InstanceGroup, Manifest, ManifestErrors, Mistake, Notice, Object, Source,
    classify::{Class, classify, text_of},
    decode::{Decoder, duplicates},
    mistake::Place,
    schema::Kind,
    source::FieldPath,
    spec::{ClusterSpec, InstanceGroupSpec, Metadata, Role},
    suggest::did_you_mean,
    unused, validate,
    yaml::{self, Node, Tree},
};

/// The most bytes that one file may have.
const MAX_BYTES: usize = 8 << 20;

/// Why manifests could not be read from files.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A file could not be read.
    #[error("{path}: {error}")]
    File {
        /// Its path.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// What is in them is wrong.
    #[error(transparent)]
    Manifest(#[from] ManifestErrors),
}

impl Manifest {
    /// Reads manifests from the text of files, each with the name it is called by in messages.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, in all files, at once.
    pub fn read<N: AsRef<str>, T: AsRef<str>>(files: &[(N, T)]) -> Result<Self, ManifestErrors> {
        let files: Vec<_> =
            files.iter().map(|(name, text)| Excerpt::whole(name.as_ref(), text.as_ref())).collect();
        Self::read_excerpts(None, &files)
    }

    /// Reads documents of one cluster's from wherever each is kept; with its `home`, as a state store
    /// keeps them: an instance group without a label belongs to the cluster, and so on.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn read_excerpts(
        home: Option<Home<'_>>,
        files: &[Excerpt],
    ) -> Result<Self, ManifestErrors> {
        let mut reader = Reader { home, ..Reader::default() };
        for excerpt in files {
            reader.file(excerpt);
        }
        let manifest = reader.assemble();
        let mut mistakes = reader.mistakes;
        let mut notices = manifest.notices.clone();
        validate::manifest(&manifest, &mut mistakes, &mut notices);
        let order: BTreeMap<&str, usize> = files
            .iter()
            .enumerate()
            .rev()
            .map(|(index, excerpt)| (excerpt.file.as_str(), index))
            .collect();
        let position =
            |place: &Place| (order.get(place.file.as_str()).copied(), place.line, place.column);
        if mistakes.is_empty() {
            notices.sort_by_cached_key(|notice| notice.place.as_ref().map(position));
            notices.extend(unused::notice(&manifest));
            return Ok(Self { notices, ..manifest });
        }
        mistakes.sort_by_cached_key(|mistake| (position(&mistake.place), mistake.clone()));
        mistakes.dedup();
        Err(ManifestErrors { mistakes })
    }

    /// Reads manifests from files.
    ///
    /// # Errors
    ///
    /// Where a file cannot be read, or as [`read`](Self::read).
    pub fn read_files<P: AsRef<Path>>(paths: &[P]) -> Result<Self, ReadError> {
        let mut files = Vec::new();
        for path in paths {
            let path = path.as_ref();
            let name = path.display().to_string();
            match std::fs::read_to_string(path) {
                Ok(text) => files.push((name, text)),
                Err(error) => return Err(ReadError::File { path: name, error }),
            }
        }
        Ok(Self::read(&files)?)
    }
}

/// The cluster whose documents a state store keeps together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Home<'a> {
    /// Its name.
    pub cluster: &'a str,
    /// Where they are kept, if the cluster's machines can read it there: `s3://state/NAME`. It is
    /// the cluster's `configBase` unless that says otherwise.
    pub base: Option<&'a str>,
}

#[derive(Default)]
struct Reader<'a> {
    home: Option<Home<'a>>,
    clusters: Vec<Cluster>,
    groups: Vec<InstanceGroup>,
    credentials: Vec<Object>,
    additional: Vec<Object>,
    mistakes: Vec<Mistake>,
    notices: Vec<Notice>,
    /// Whether some document could not be recognised, so that what is missing may be in it.
    incomplete: bool,
}

impl Reader<'_> {
    fn file(&mut self, excerpt: &Excerpt) {
        let Excerpt { file: name, text, documents_before, .. } = excerpt;
        let mut number = *documents_before;
        if text.len() > MAX_BYTES {
            self.fault(
                name,
                1,
                yaml::Fault {
                    at: yaml::Position { line: 1, column: 1 },
                    message: format!("the file is larger than {} MiB", MAX_BYTES >> 20),
                    hint: None,
                },
            );
            return;
        }
        for part in excerpt.parts() {
            let (documents, fault) = yaml::parse(part);
            for document in &documents {
                number += 1;
                self.document(document, Source::new(name, number, document.at));
            }
            if let Some(fault) = fault {
                number += 1;
                self.fault(name, number, fault);
            }
        }
        if number == *documents_before {
            self.fault(
                name,
                1,
                yaml::Fault {
                    at: yaml::Position { line: 1, column: 1 },
                    message: "the file holds no document".to_owned(),
                    hint: None,
                },
            );
        }
    }

    fn fault(&mut self, file: &str, document: usize, fault: yaml::Fault) {
        self.incomplete = true;
        let place = Source::new(file, document, fault.at).place_at("", fault.at);
        self.mistakes.push(Mistake { place, message: fault.message, hint: fault.hint });
    }

    fn document(&mut self, node: &Node, source: Source) {
        match classify(node) {
            Ok(Class::Known(kind)) => self.known(kind, node, source),
            Ok(Class::Foreign { api_version, kind }) => {
                self.foreign(node, source, api_version, kind);
            }
            Err((path, message, hint)) => {
                self.incomplete = true;
                let at = node.get(path).map_or(node.at, |value| value.at);
                let place = source.place_at(path, at);
                self.mistakes.push(Mistake { place, message, hint });
            }
        }
    }

    fn known(&mut self, kind: Kind, node: &Node, source: Source) {
        let (mistakes, notices) = (&mut self.mistakes, &mut self.notices);
        let mut decoder = Decoder { kind, source, mistakes, notices };
        let mut given = decoder.document(node);
        let source = decoder.source;
        let name = given.get("metadata").and_then(|metadata| metadata.get("name"));
        if name.is_none_or(|name| name == "")
            && node.get("metadata").is_none_or(|metadata| metadata.get("name").is_none())
        {
            let place = source.place("metadata.name");
            let message = format!("the {} has no name", kind.name());
            self.mistakes.push(Mistake {
                place,
                message,
                hint: Some("give it one: metadata.name".to_owned()),
            });
            self.incomplete |= kind == Kind::Cluster;
        }
        let raw = node.to_value();
        let metadata: Metadata = self.typed(&mut given, "metadata", &source).unwrap_or_default();
        match kind {
            Kind::Cluster => {
                let mut spec: ClusterSpec =
                    self.typed(&mut given, "spec", &source).unwrap_or_default();
                if let Some(base) = self.home.and_then(|home| home.base) {
                    spec.config_base.get_or_insert_with(|| base.to_owned());
                }
                self.clusters.push(Cluster { metadata, spec, groups: Vec::new(), raw, source });
            }
            Kind::InstanceGroup => {
                self.require_role(node, &mut given, &source);
                let spec: Option<InstanceGroupSpec> = self.typed(&mut given, "spec", &source);
                let group = spec.map(|spec| InstanceGroup { metadata, spec, raw, source });
                self.groups.extend(group);
            }
            Kind::SshCredential => {
                let api_version = text_of(node, "apiVersion");
                let kind = text_of(node, "kind");
                self.credentials.push(Object { api_version, kind, metadata, raw, source });
            }
        }
    }

    /// A group whose role is missing or misspelt goes on as one of nodes, to find its other mistakes.
    fn require_role(&mut self, node: &Node, given: &mut Map<String, Value>, source: &Source) {
        let spec = given.entry("spec").or_insert_with(|| Value::Object(Map::new()));
        let Value::Object(spec) = spec else { return };
        if spec.contains_key("role") {
            return;
        }
        spec.insert("role".to_owned(), Value::from(Role::Node.manifest_name()));
        let written = node.get("spec").and_then(|spec| spec.get("role")).and_then(Node::text);
        if written.is_none_or(str::is_empty) {
            let place = source.place("spec.role");
            let message = "the instance group has no role".to_owned();
            let hint = Some("give it one: role: Master, APIServer, Node or Bastion".to_owned());
            self.mistakes.push(Mistake { place, message, hint });
        }
    }

    fn typed<T: DeserializeOwned>(
        &mut self,
        given: &mut Map<String, Value>,
        path: &str,
        source: &Source,
    ) -> Option<T> {
        let value = given.remove(path).unwrap_or_else(|| Value::Object(Map::new()));
        serde_json::from_value(value)
            .map_err(|error| {
                let place = source.place(path);
                self.mistakes.push(Mistake { place, message: error.to_string(), hint: None });
            })
            .ok()
    }

    fn foreign(&mut self, node: &Node, mut source: Source, api_version: String, kind: String) {
        report_duplicates(node, &FieldPath::default(), &source, &mut self.mistakes);
        let raw = node.to_value();
        let metadata = raw.get("metadata").cloned().unwrap_or_default();
        let metadata: Metadata = serde_json::from_value(metadata).unwrap_or_default();
        source.insert(&FieldPath::default(), node.at);
        self.additional.push(Object { api_version, kind, metadata, raw, source });
    }

    /// Gives each cluster its groups.
    fn assemble(&mut self) -> Manifest {
        let mut clusters = std::mem::take(&mut self.clusters);
        let mut strangers = Vec::new();
        let known: Vec<String> =
            clusters.iter().map(|cluster| cluster.metadata.name.clone()).collect();
        for mut group in std::mem::take(&mut self.groups) {
            if let Some(home) = self.home {
                let labels = &mut group.metadata.labels;
                let label = labels.entry(InstanceGroup::CLUSTER_LABEL.to_owned()).or_default();
                if label.is_empty() {
                    home.cluster.clone_into(label);
                }
            }
            let label = group.cluster_name().unwrap_or_default().to_owned();
            let home =
                clusters.iter_mut().find(|cluster| !label.is_empty() && cluster.name() == label);
            if let Some(cluster) = home {
                cluster.groups.push(group);
                continue;
            }
            let place =
                group.source.place(&format!("metadata.labels[{}]", InstanceGroup::CLUSTER_LABEL));
            if label.is_empty() {
                let message =
                    "the instance group does not say which cluster it belongs to".to_owned();
                let example = known.first().map_or("NAME", String::as_str);
                let hint = format!("label it: {}: {example}", InstanceGroup::CLUSTER_LABEL);
                self.mistakes.push(Mistake { place, message, hint: Some(hint) });
            } else if !known.is_empty() && !self.incomplete {
                let message = format!("there is no cluster {label:?} in these files");
                let hint = did_you_mean(&label, known.iter().map(String::as_str));
                self.mistakes.push(Mistake { place, message, hint });
            }
            // With one cluster it is clear enough where the group belongs to look for more mistakes.
            match clusters.as_mut_slice() {
                [cluster] => cluster.groups.push(group),
                _ => strangers.push(group),
            }
        }
        let additional = std::mem::take(&mut self.additional);
        let mut notices = std::mem::take(&mut self.notices);
        notices.extend(additional.iter().map(|object| Notice {
            place: Some(object.source.place("")),
            message: format!(
                "{} {:?} of {} is kept, and not acted on",
                object.kind, object.metadata.name, object.api_version
            ),
        }));
        let credentials = std::mem::take(&mut self.credentials);
        Manifest { clusters, groups: strangers, credentials, additional, notices }
    }
}

fn report_duplicates(node: &Node, path: &FieldPath, source: &Source, mistakes: &mut Vec<Mistake>) {
    match &node.tree {
        Tree::Scalar(_) => {}
        Tree::List(items) => {
            for (index, item) in items.iter().enumerate() {
                report_duplicates(item, &path.key(index), source, mistakes);
            }
        }
        Tree::Map(entries) => {
            let once = duplicates(entries, |entry, first| {
                let place: Place = source.place_at(path.field(&entry.key).as_str(), entry.key_at);
                let message = format!("{:?} is here twice", entry.key);
                let hint = format!("it is on line {} already: remove one", first.key_at.line);
                mistakes.push(Mistake { place, message, hint: Some(hint) });
            });
            for entry in once {
                report_duplicates(&entry.value, &path.field(&entry.key), source, mistakes);
            }
        }
    }
}

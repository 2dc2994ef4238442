//! What of the line that is being typed says which names there are, and these names.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _};
use cloudup::{
    environment::Environment as Place,
    manifest::{Cluster, Excerpt, Manifest},
    model::{Blueprint, Run},
    rolling_update::{Listed, list},
    store::Store,
};
use cloudup_engine::{Governed, Mode};
use cloudup_tasks::{cloud::CloudWriter as _, local::Account};
use serde_json::Value;

use crate::{
    args::{Cli, CloudArg, Global},
    config::{CLUSTER, Configuration, Given},
    environment::Environment,
    spelling, verb,
};

/// How long somebody at a prompt is kept waiting for a store that is far away.
const PATIENCE: Duration = Duration::from_secs(2);

/// A line that is being typed.
#[derive(Debug)]
pub(super) struct Line {
    global: Option<Global>,
    environment: Environment,
    /// The command's name, without `cloudup` and what groups it: `instancegroup`.
    pub(super) command: String,
    files: Vec<PathBuf>,
    cluster: Option<String>,
}

impl Line {
    /// Reads the words, however little they make sense yet.
    pub(super) fn read(words: &[OsString], environment: &Environment) -> Self {
        let words = spelling::normal(words.iter().cloned(), &Cli::command());
        let named = spelling::config(&words);
        let configuration = Configuration::read(environment, named, &Cli::command());
        let configuration = configuration.unwrap_or_default();
        // The command line takes options behind what is wrong with it, too.
        let command = configuration.command(Cli::command()).ignore_errors(true);
        let parsed = command.try_get_matches_from(words);
        let mut matches = parsed.unwrap_or_default();
        let mut name_of_command = String::new();
        while let Some((name, below)) = matches.remove_subcommand() {
            (name_of_command, matches) = (name, below);
        }
        let given = matches.try_get_many::<PathBuf>("filename").ok().flatten();
        let files = given.into_iter().flatten().map(|path| expanded(path, environment)).collect();
        let set = || configuration.winner(CLUSTER).map(Given::text);
        let cluster = ["name", "named", "cluster"].iter().find_map(|id| name(&matches, id));
        let cluster = cluster.or_else(set);
        let global = Global::from_arg_matches(&matches).ok();
        let environment = Environment { configuration, ..environment.clone() };
        Self { global, environment, command: name_of_command, files, cluster }
    }

    /// The names of clusters.
    pub(super) fn clusters(&self) -> Vec<String> {
        if self.files.is_empty() {
            let all = self.in_time(async |store: Store| store.clusters().await.ok());
            return all.unwrap_or_default();
        }
        self.documents("Cluster").filter_map(|document| text(&document, "/metadata/name")).collect()
    }

    /// The names of the cluster's instance groups; of all clusters', while none is named.
    pub(super) fn groups(&self) -> Vec<String> {
        if !self.files.is_empty() {
            let is_meant = |document: &Value| match &self.cluster {
                Some(name) => {
                    let label = document.pointer("/metadata/labels/kops.k8s.io~1cluster");
                    label.is_none_or(|label| label == name)
                }
                None => true,
            };
            let groups = self.documents("InstanceGroup").filter(is_meant);
            return groups.filter_map(|document| text(&document, "/metadata/name")).collect();
        }
        let groups = self.in_time(async |store: Store| {
            let clusters = match &self.cluster {
                Some(name) => vec![name.clone()],
                None => store.clusters().await.ok()?,
            };
            let mut groups = Vec::new();
            for cluster in clusters {
                groups.extend(store.groups(&cluster).await.ok()?);
            }
            Some(groups)
        });
        groups.unwrap_or_default()
    }

    /// The tasks of the cluster, as far as they can be told without its account.
    pub(super) fn tasks(&self) -> Vec<Governed> {
        let Some(cluster) = self.cluster() else { return Vec::new() };
        let Ok(place) = Place::sketch(&cluster) else { return Vec::new() };
        let run = Run { phase: None, mode: Mode::Plan, prune: true };
        let blueprint = Blueprint::new(cluster, place);
        blueprint.map(|blueprint| blueprint.graph(run).governed()).unwrap_or_default()
    }

    /// The instances of the cluster, where the account is an embedded one.
    pub(super) fn instances(&self) -> Vec<Listed> {
        let Some(CloudArg::Local(path)) = self.global.as_ref().map(|global| &global.cloud) else {
            return Vec::new();
        };
        let (Some(cluster), Ok(account)) = (self.cluster(), Account::open(path)) else {
            return Vec::new();
        };
        // The account itself counts its calls.
        let Ok(state) = account.state() else { return Vec::new() };
        let copy = Account::in_memory(state);
        let listed = wait(async { list(copy.reader(), None, &cluster).await.ok() });
        listed.map(|listing| listing.instances).unwrap_or_default()
    }

    /// The cluster that is meant, if there is nothing wrong with it.
    pub(super) fn cluster(&self) -> Option<Cluster> {
        let of = |manifest: Manifest| {
            let mut clusters = manifest.clusters;
            match &self.cluster {
                Some(name) => clusters.into_iter().find(|cluster| cluster.name() == name),
                None if clusters.len() == 1 => clusters.pop(),
                None => None,
            }
        };
        if !self.files.is_empty() {
            return of(Manifest::read(&self.texts()).ok()?);
        }
        self.in_time(async |store: Store| {
            let name = match &self.cluster {
                Some(name) => name.clone(),
                None => match store.clusters().await.ok()?.as_slice() {
                    [only] => only.clone(),
                    _ => return None,
                },
            };
            of(store.read(&name).await.ok()?.manifest().ok()?)
        })
    }

    fn documents(&self, kind: &str) -> impl Iterator<Item = Value> {
        let values = self.texts().into_iter().flat_map(|(_, text)| Excerpt::values(&text));
        values.filter(move |document| document["kind"] == kind)
    }

    /// The files that can be read without taking from somebody what is read but once.
    fn texts(&self) -> Vec<(String, String)> {
        let files = self.files.iter().filter(|path| path.is_file());
        let texts =
            files.map(|path| Some((path.display().to_string(), fs::read_to_string(path).ok()?)));
        texts.flatten().collect()
    }

    /// What the state store has to say, if it does so in time.
    fn in_time<T>(&self, ask: impl AsyncFnOnce(Store) -> Option<T>) -> Option<T> {
        let global = self.global.as_ref()?;
        wait(async { ask(verb::store_quietly(global, &self.environment).await?).await })
    }
}

/// What a call says, if it does so in time.
fn wait<T>(call: impl Future<Output = Option<T>>) -> Option<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let answer = runtime.block_on(async { tokio::time::timeout(PATIENCE, call).await });
    runtime.shutdown_background();
    answer.ok().flatten()
}

fn name(matches: &ArgMatches, id: &str) -> Option<String> {
    matches.try_get_one::<String>(id).ok().flatten().filter(|name| !name.is_empty()).cloned()
}

fn text(document: &Value, pointer: &str) -> Option<String> {
    document.pointer(pointer)?.as_str().map(str::to_owned)
}

/// A path as the shell will pass it on: home is still `~` while it is typed.
fn expanded(path: &Path, environment: &Environment) -> PathBuf {
    match (path.strip_prefix("~"), &environment.home) {
        (Ok(below), Some(home)) => home.join(below),
        _ => path.to_owned(),
    }
}

//! `cloudup create`, `replace`, `diff` and `check`: manifests into the state store, and against it.

use std::{collections::BTreeMap, path::PathBuf};

use cloudup::{
    manifest::{Excerpt, Manifest},
    store::{CLUSTER, Draft, GROUPS, Placed, Revision, Store, Stored},
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{input, lock, print, state};
use crate::{
    args::{CheckArgs, DiffArgs, FilesArgs, Global, OutputArg, ReplaceArgs},
    environment::Environment,
    exit::{Exit, Failure},
    tell::{self, revisions},
};

/// What may be done with a document that is, or is not, there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// It is new.
    Create,
    /// It is there.
    Replace,
    /// Either.
    Either,
}

/// Runs `create -f`.
pub(super) async fn create(
    global: &Global,
    args: &FilesArgs,
    environment: &Environment,
) -> Result<Exit, Failure> {
    write(global, args, Mode::Create, "create", environment).await
}

/// Runs `replace -f`.
pub(super) async fn replace(
    global: &Global,
    args: &ReplaceArgs,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let mode = if args.force { Mode::Either } else { Mode::Replace };
    write(global, &args.files, mode, "replace", environment).await
}

/// Runs `diff -f`.
pub(super) async fn diff(
    global: &Global,
    args: &DiffArgs,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let placed = placed(&args.files.filename)?;
    let store = state::open(global, environment).await?;
    let mut shown = Vec::new();
    for (cluster, documents) in placed.clusters {
        let stored = read(&store, &cluster).await?;
        shown.push(Shown::of(&cluster, &draft(&stored, documents)));
    }
    show(args.files.format.output, &shown)?;
    let differs = shown.iter().any(|shown| !shown.documents.is_empty());
    Ok(if differs && args.detailed_exitcode { Exit::Changes } else { Exit::Done })
}

/// Runs `check`: says whether manifests are right, and what is worth knowing about them.
pub(super) async fn check(
    global: &Global,
    CheckArgs { source, format }: &CheckArgs,
    environment: &Environment,
) -> Result<Exit, Failure> {
    if !source.filename.is_empty() {
        return check_files(&source.filename, format.output);
    }
    let store = state::open(global, environment).await?;
    let name = state::choose(&store, source.name.as_deref(), environment).await?;
    let stored = state::stored(&store, &name).await?;
    let manifest = stored.manifest().map_err(|errors| input::mistakes(&errors))?;
    checked(&manifest, format.output)
}

/// Runs `check -f`, which is `validate -f` too.
pub(super) fn check_files(files: &[PathBuf], output: OutputArg) -> Result<Exit, Failure> {
    let manifest = Manifest::read(&input::files(files)?);
    checked(&manifest.map_err(|errors| input::mistakes(&errors))?, output)
}

/// Tells of manifests that there is nothing wrong with.
fn checked(manifest: &Manifest, output: OutputArg) -> Result<Exit, Failure> {
    if output == OutputArg::Json {
        let text = serde_json::to_string_pretty(&manifest.notices)
            .map_err(|error| Failure::because(Exit::Failed, "write the result", &error))?;
        return print(|out| writeln!(out, "{text}"));
    }
    for notice in &manifest.notices {
        tell::note(&notice.to_string());
    }
    let groups = manifest.clusters.iter().map(|cluster| cluster.groups.len()).sum::<usize>();
    let groups = groups + manifest.groups.len();
    print(|out| {
        writeln!(
            out,
            "Nothing is wrong: {}, {}.",
            count(manifest.clusters.len(), "cluster"),
            count(groups, "instance group")
        )
    })
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

async fn write(
    global: &Global,
    FilesArgs { filename, format }: &FilesArgs,
    mode: Mode,
    verb: &str,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let placed = placed(filename)?;
    let store = state::open(global, environment).await?;
    // All that is wrong is told before anything is written, a lease included.
    let mut failures = Vec::new();
    for (cluster, documents) in &placed.clusters {
        let stored = read(&store, cluster).await?;
        failures.extend(refusals(&store, &stored, documents, mode).await?);
        let draft = draft(&stored, documents.clone());
        if let Err(errors) = draft.manifest() {
            failures.push(input::mistakes(&errors));
        }
    }
    if let Some(all) = failures.into_iter().reduce(Failure::and) {
        return Err(all);
    }
    let mut shown = Vec::new();
    for (cluster, documents) in placed.clusters {
        let keeper = lock::take(&store, &cluster, verb, environment).await?;
        let done = async {
            let stored = read(&store, &cluster).await?;
            let refused = refusals(&store, &stored, &documents, mode).await?;
            if let Some(all) = refused.into_iter().reduce(Failure::and) {
                return Err(all);
            }
            let draft = draft(&stored, documents);
            draft.manifest().map_err(|errors| input::mistakes(&errors))?;
            keeper.commit(&draft.change()).await?;
            Ok(Shown::of(&cluster, &draft))
        };
        let done = done.await;
        keeper.release().await;
        shown.push(done?);
    }
    show(format.output, &shown)
}

/// The documents of files, each where it belongs.
fn placed(files: &[PathBuf]) -> Result<Placed, Failure> {
    Placed::read(&input::files(files)?).map_err(|errors| input::mistakes(&errors))
}

pub(super) async fn read(store: &Store, cluster: &str) -> Result<Stored, Failure> {
    let read = store.read(cluster).await;
    read.map_err(|error| state::failure("read the cluster", &error))
}

fn draft(stored: &Stored, documents: BTreeMap<String, Excerpt>) -> Draft<'_> {
    let mut draft = stored.draft();
    for (key, document) in documents {
        draft.put(key, document);
    }
    draft
}

/// What speaks against writing these documents.
async fn refusals(
    store: &Store,
    stored: &Stored,
    documents: &BTreeMap<String, Excerpt>,
    mode: Mode,
) -> Result<Vec<Failure>, Failure> {
    let cluster = stored.cluster();
    if !stored.exists() && !documents.contains_key(CLUSTER) {
        let failure = state::missing(store, cluster).await;
        return Ok(vec![failure.hint("give the file with the Cluster, too")]);
    }
    let mut failures = Vec::new();
    for (key, document) in documents {
        let what = match key.strip_prefix(GROUPS).and_then(|rest| rest.strip_prefix('/')) {
            Some(group) => format!("instance group {group} of {cluster}"),
            None if key == CLUSTER => format!("cluster {cluster}"),
            None => format!("collection of other objects of {cluster}"),
        };
        let place = format!("{}:{}", document.file, document.lines_before + 1);
        let there = stored.documents().contains_key(key);
        let refused = match mode {
            Mode::Create if there => {
                let text = format!("{place}: there is a {what} already, in {}", store.name());
                let text = text.replace("a instance", "an instance");
                Failure::invalid(text)
                    .hint("to change it: cloudup replace -f FILE, or cloudup edit")
            }
            Mode::Replace if !there => {
                let text = format!("{place}: there is no {what} in {}", store.name());
                let group = key.rsplit('/').next().unwrap_or_default();
                let failure = Failure::invalid(text);
                match input::nearest(group, stored.groups()).filter(|_| key != CLUSTER) {
                    Some(nearest) => failure
                        .hint(format!("did you mean {nearest}? To put it there anyway: --force")),
                    None => failure.hint("to put it there: --force, or cloudup create -f FILE"),
                }
            }
            _ => continue,
        };
        failures.push(refused);
    }
    Ok(failures)
}

/// What becomes of a cluster's documents, as `-o json` prints it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Shown {
    /// The cluster.
    cluster: String,
    /// What becomes of its documents.
    documents: Vec<Revision>,
}

impl Shown {
    pub(super) fn of(cluster: &str, draft: &Draft<'_>) -> Self {
        Self { cluster: cluster.to_owned(), documents: draft.revisions() }
    }
}

pub(super) fn show(output: OutputArg, shown: &[Shown]) -> Result<Exit, Failure> {
    if output == OutputArg::Json {
        let text = serde_json::to_string_pretty(shown)
            .map_err(|error| Failure::because(Exit::Failed, "write the result", &error))?;
        return print(|out| writeln!(out, "{text}"));
    }
    print(|out| shown.iter().try_for_each(|shown| revisions(out, &shown.cluster, &shown.documents)))
}

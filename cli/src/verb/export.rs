//! `cloudup export`: what the state store has of a cluster, as files.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use cloudup::store::{ADDITIONAL, CLUSTER, GROUPS, Stored};
use schemars::JsonSchema;
use serde::Serialize;

use super::{print, state};
use crate::{
    args::{ExportArgs, Global, OutputArg},
    environment::Environment,
    exit::{Exit, Failure},
    tell,
};

/// What `export cluster -o json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Shown<'a> {
    /// The cluster's name.
    cluster: &'a str,
    /// The files, by what they hold: `config`, `instancegroup/nodes`.
    files: BTreeMap<&'a str, PathBuf>,
}

/// Runs `export cluster`.
pub(super) async fn cluster(
    global: &Global,
    args: &ExportArgs,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let store = state::open(global, environment).await?;
    let name = state::choose(&store, args.name.as_deref(), environment).await?;
    let stored = state::stored(&store, &name).await?;
    let files = files(&stored, &args.out);
    let failed = |doing: &str, path: &Path, error: &io::Error| {
        Failure::because(Exit::Failed, &format!("{doing} {}", path.display()), error)
    };
    let others = strangers(&files, &args.out);
    let others = others.map_err(|error| failed("look into", &args.out, &error))?;
    if !args.force {
        refuse_overwriting(&stored, &files)?;
        refuse_strangers(&others)?;
    }
    fs::create_dir_all(&args.out).map_err(|error| failed("make", &args.out, &error))?;
    for (key, path) in &files {
        let text = &stored.documents()[*key].text;
        fs::write(path, text).map_err(|error| failed("write", path, &error))?;
    }
    if !others.is_empty() {
        tell::note(&format!("not of this cluster, and left as they are: {}", listed(&others)));
    }
    show(args.format.output, &Shown { cluster: &name, files })
}

/// Runs `export kubeconfig`.
pub(super) fn kubeconfig() -> Failure {
    Failure::invalid("credentials are not made here, so that there is no kubeconfig to export").hint(
        "make one with `kops export kubeconfig NAME --admin`, or with what the cluster's users log \
         in with; the context that is named after the cluster is used",
    )
}

/// Where each of a cluster's documents goes.
fn files<'s>(stored: &'s Stored, folder: &Path) -> BTreeMap<&'s str, PathBuf> {
    let file = |key: &str| match key.strip_prefix(GROUPS).and_then(|rest| rest.strip_prefix('/')) {
        Some(group) => format!("instancegroup-{group}.yaml"),
        None if key == CLUSTER => "cluster.yaml".to_owned(),
        None if key == ADDITIONAL => "objects.yaml".to_owned(),
        None => format!("{}.yaml", key.replace('/', "-")),
    };
    stored.documents().keys().map(|key| (key.as_str(), folder.join(file(key)))).collect()
}

/// What would be read together with these files, and is none of them.
fn strangers(files: &BTreeMap<&str, PathBuf>, folder: &Path) -> io::Result<Vec<PathBuf>> {
    let found = match super::input::manifests_in(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        found => found?,
    };
    Ok(found.into_iter().filter(|path| !files.values().any(|file| file == path)).collect())
}

fn refuse_strangers(others: &[PathBuf]) -> Result<(), Failure> {
    if others.is_empty() {
        return Ok(());
    }
    let text = format!("there are other manifests in the folder: {}", listed(others));
    Err(Failure::invalid(text).hint("give a folder of its own, or --force to leave them there"))
}

fn refuse_overwriting(stored: &Stored, files: &BTreeMap<&str, PathBuf>) -> Result<(), Failure> {
    let differs = |(key, path): &(&&str, &PathBuf)| match fs::read(path) {
        Ok(bytes) => bytes != stored.documents()[**key].text.as_bytes(),
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    };
    let there: Vec<_> = files.iter().filter(differs).map(|(_, path)| path.clone()).collect();
    if there.is_empty() {
        return Ok(());
    }
    let text = format!("there are such files, and not the same: {}", listed(&there));
    Err(Failure::invalid(text).hint("give another folder, or --force to write over them"))
}

fn listed(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

fn show(output: OutputArg, shown: &Shown<'_>) -> Result<Exit, Failure> {
    if output == OutputArg::Json {
        let text = serde_json::to_string_pretty(shown)
            .map_err(|error| Failure::because(Exit::Failed, "write the result", &error))?;
        return print(|out| writeln!(out, "{text}"));
    }
    print(|out| shown.files.values().try_for_each(|path| writeln!(out, "{}", path.display())))
}

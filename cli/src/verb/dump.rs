//! `cloudup toolbox dump`: what a cluster owns in the account.

use cloudup::{dump, manifest::Cluster};
use cloudup_engine::ErrorKind;
use cloudup_tasks::cloud::CloudWriter as _;

use super::{input, print, state, update};
use crate::{
    args::{DumpArgs, Global},
    environment::Environment,
    exit::{Exit, Failure},
};

/// Runs `toolbox dump`. The result is JSON, whatever `-o` says: there is no other form of it.
pub(super) async fn run(
    global: &Global,
    args: &DumpArgs,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let name = args.name.as_deref();
    let cluster = match args.filename.as_slice() {
        [] => stored(global, environment, name.unwrap_or_default()).await?,
        files => Some(input::cluster_of_files(files, name, "cloudup toolbox dump NAME -f FILE")?.0),
    };
    let cloud = update::cloud(&global.cloud, cluster.as_ref()).await?;
    let (name, groups) = match &cluster {
        Some(cluster) => (cluster.name(), cluster.groups.as_slice()),
        // Without a manifest there is a name: one of the two is required.
        None => (name.unwrap_or_default(), [].as_slice()),
    };
    let dump = dump::dump(cloud.reader(), name, groups).await.map_err(|error| {
        let denied = error.source.kind() == ErrorKind::Denied;
        let exit = if denied { Exit::Denied } else { Exit::Failed };
        Failure::because(exit, "tell what the cluster owns", &error)
    })?;
    let text = serde_json::to_string_pretty(&dump)
        .map_err(|error| Failure::because(Exit::Failed, "write the result", &error))?;
    print(|out| writeln!(out, "{text}"))
}

/// A cluster of the state store, if it is there: what it owns can be told without.
async fn stored(
    global: &Global,
    environment: &Environment,
    name: &str,
) -> Result<Option<Cluster>, Failure> {
    let store = state::open(global, environment).await?;
    let stored = store.read(name).await;
    let stored = stored.map_err(|error| state::failure("read the cluster", &error))?;
    if stored.exists() {
        state::cluster(&stored).map(|(cluster, _)| Some(cluster))
    } else {
        Ok(None)
    }
}

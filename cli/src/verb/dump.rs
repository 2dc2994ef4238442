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
    let (name, cluster) = if args.filename.is_empty() {
        stored(global, environment, name).await?
    } else {
        let naming = "cloudup toolbox dump NAME -f FILE";
        let (cluster, _) = input::cluster_of_files(&args.filename, name, naming, environment)?;
        (cluster.name().to_owned(), Some(cluster))
    };
    let cloud = update::cloud(&global.cloud, cluster.as_ref()).await?;
    let groups = cluster.as_ref().map_or(&[][..], |cluster| &cluster.groups);
    let dump = dump::dump(cloud.reader(), &name, groups).await.map_err(|error| {
        let denied = error.source.kind() == ErrorKind::Denied;
        let exit = if denied { Exit::Denied } else { Exit::Failed };
        Failure::because(exit, "tell what the cluster owns", &error)
    })?;
    let text = serde_json::to_string_pretty(&dump)
        .map_err(|error| Failure::because(Exit::Failed, "write the result", &error))?;
    print(|out| writeln!(out, "{text}"))
}

/// The name of the cluster that is meant, and the cluster, if it is in the state store: what it owns
/// can be told without.
async fn stored(
    global: &Global,
    environment: &Environment,
    name: Option<&str>,
) -> Result<(String, Option<Cluster>), Failure> {
    let store = state::open(global, environment).await?;
    let name = state::choose(&store, name, environment).await?;
    let stored = store.read(&name).await;
    let stored = stored.map_err(|error| state::failure("read the cluster", &error))?;
    if stored.exists() {
        state::cluster(&stored).map(|(cluster, _)| (name, Some(cluster)))
    } else {
        Ok((name, None))
    }
}

//! The state store, as the flags and the environment name it.

use std::sync::Arc;

use cloudup::{
    manifest::{Cluster, Notice},
    store::{Location, Store, StoreError, Stored},
};
use cloudup_engine::ErrorKind;

use super::input;
use crate::{
    args::Global,
    config::{CLUSTER, Layer, STATE},
    environment::Environment,
    exit::{Exit, Failure},
    kops, tell,
};

/// Opens the store. Nothing is called yet, but what tells a bucket's region.
pub(super) async fn open(global: &Global, environment: &Environment) -> Result<Store, Failure> {
    let location = located(global)?;
    let is_folder = matches!(location, Location::Folder(_));
    if let Some(place) = surprising(STATE, !is_folder, environment) {
        tell::note(&format!("the state store is {location}, from {place}"));
    }
    connect(&location, environment).await
}

/// The store, if it can be opened, for whoever only suggests: nothing is told.
pub(crate) async fn open_quietly(global: &Global, environment: &Environment) -> Option<Store> {
    connect(&located(global).ok()?, environment).await.ok()
}

/// Where the store is.
fn located(global: &Global) -> Result<Location, Failure> {
    // What is set elsewhere was looked at when it was read.
    global.state.parse().map_err(|error| Failure::invalid(format!("{error} (from --state)")))
}

/// Where a value comes from that whoever runs this may not know of: a variable of kOps', or, where
/// it matters to others than this machine, the file of a project, which may be somebody else's.
pub(super) fn surprising<'e>(
    key: &str,
    matters: bool,
    environment: &'e Environment,
) -> Option<&'e str> {
    let given = environment.configuration.winner(key)?;
    let is_surprising = match given.layer {
        Layer::Variable => kops::is_variable(&given.place),
        Layer::Project => matters,
        Layer::User | Layer::Named | Layer::Flag => false,
    };
    is_surprising.then_some(given.place.as_str())
}

async fn connect(location: &Location, environment: &Environment) -> Result<Store, Failure> {
    match location {
        Location::Folder(path) => Ok(Store::folder(path)),
        Location::Memory => Ok(Store::memory()),
        Location::S3 { bucket, prefix } => {
            let objects = remote::s3(bucket, environment.s3_endpoint.as_deref()).await;
            bucket_store(location, objects, prefix)
        }
        Location::Google { bucket, prefix } => {
            bucket_store(location, remote::google(bucket), prefix)
        }
    }
}

#[cfg(feature = "aws")]
use cloudup_tasks::aws::objects as remote;

/// What takes the place of buckets where there are none.
#[cfg(not(feature = "aws"))]
mod remote {
    use std::sync::Arc;

    use cloudup::store::object_store::{Error, ObjectStore};

    type Opened = Result<Arc<dyn ObjectStore>, Error>;

    fn none() -> Opened {
        Err(Error::Generic { store: "bucket", source: "this binary was built without AWS".into() })
    }

    #[expect(clippy::unused_async, reason = "it takes the place of what is asynchronous")]
    pub(super) async fn s3(_bucket: &str, _endpoint: Option<&str>) -> Opened {
        none()
    }

    pub(super) fn google(_bucket: &str) -> Opened {
        none()
    }
}

fn bucket_store(
    location: &Location,
    objects: Result<
        Arc<dyn cloudup::store::object_store::ObjectStore>,
        cloudup::store::object_store::Error,
    >,
    prefix: &str,
) -> Result<Store, Failure> {
    let name = location.to_string();
    let objects = objects
        .map_err(|error| failure("open the state store", &StoreError::opening(&name, error)))?;
    Ok(Store::objects(objects, prefix.into(), name))
}

/// The name of the cluster that is meant: the one given, the one that is set, or the only one that
/// there is.
pub(super) async fn choose(
    store: &Store,
    name: Option<&str>,
    environment: &Environment,
) -> Result<String, Failure> {
    if let Some(name) = name {
        return Ok(name.to_owned());
    }
    if let Some(given) = environment.configuration.winner(CLUSTER) {
        if let Some(place) = surprising(CLUSTER, false, environment) {
            tell::note(&format!("the cluster is {}, from {place}", given.text()));
        }
        return Ok(given.text());
    }
    let clusters = store.clusters().await;
    let clusters =
        clusters.map_err(|error| failure("find out which clusters there are", &error))?;
    match clusters.as_slice() {
        [only] => Ok(only.clone()),
        [] => {
            let told = Failure::invalid(format!("there is no cluster in {}", store.name()))
                .hint("give manifests: -f FILE, or put a cluster there: cloudup create -f FILE");
            Err(match kops::own_file(environment) {
                Some(file) => told.hint(format!(
                    "kOps' own {} is not read: the state store that it names is taken with --state",
                    file.display()
                )),
                None => told,
            })
        }
        several => {
            let text = format!("which cluster is meant? There are {}", several.join(", "));
            Err(Failure::invalid(text).hint("name it"))
        }
    }
}

/// A cluster that is there, as it is stored.
pub(super) async fn stored(store: &Store, cluster: &str) -> Result<Stored, Failure> {
    let read = store.read(cluster).await;
    let stored = read.map_err(|error| failure("read the cluster", &error))?;
    if stored.exists() { Ok(stored) } else { Err(missing(store, cluster).await) }
}

/// There is no such cluster; one with a name like it, perhaps.
pub(super) async fn missing(store: &Store, cluster: &str) -> Failure {
    let told = Failure::invalid(format!("there is no cluster {cluster} in {}", store.name()));
    let clusters = store.clusters().await.unwrap_or_default();
    match input::nearest(cluster, clusters.iter().map(String::as_str)) {
        Some(nearest) => told.hint(format!("did you mean {nearest}?")),
        None if clusters.is_empty() => told.hint("there is none at all: see that it is the right store (--state), or give manifests: -f FILE"),
        None => told.hint(format!("there are: {}", clusters.join(", "))),
    }
}

/// There is no such instance group; one with a name like it, perhaps.
pub(super) fn no_group(stored: &Stored, group: &str) -> Failure {
    let told = Failure::invalid(format!("{} has no instance group {group}", stored.cluster()));
    match input::nearest(group, stored.groups()) {
        Some(nearest) => told.hint(format!("did you mean {nearest}?")),
        None if stored.groups().next().is_none() => told.hint("it has none at all"),
        None => told.hint(format!("it has {}", stored.groups().collect::<Vec<_>>().join(", "))),
    }
}

/// The cluster of what is stored, and what is worth knowing about it.
pub(super) fn cluster(stored: &Stored) -> Result<(Cluster, Vec<Notice>), Failure> {
    let manifest = stored.manifest().map_err(|errors| input::mistakes(&errors))?;
    let notices = manifest.notices;
    let cluster = manifest.clusters.into_iter().next();
    let none = || Failure::invalid(format!("{} holds no Cluster", stored.cluster()));
    cluster.map(|cluster| (cluster, notices)).ok_or_else(none)
}

/// A failure of the store.
pub(super) fn failure(doing: &str, error: &StoreError) -> Failure {
    let exit = match (error, error.kind()) {
        (StoreError::Held(_) | StoreError::Lost { .. }, _) => Exit::Locked,
        (_, ErrorKind::Denied) => Exit::Denied,
        (_, ErrorKind::Invalid) => Exit::Invalid,
        _ => Exit::Failed,
    };
    let failure = Failure::because(exit, doing, error);
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

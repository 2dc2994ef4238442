//! The state store: clusters and their instance groups as objects, laid out as kOps lays them out.
//!
//! ```text
//! demo.example.com/config                  the Cluster
//! demo.example.com/instancegroup/nodes     an InstanceGroup
//! demo.example.com/clusteraddons/default   other objects
//! .cloudup/demo.example.com/lease          who is at work on the cluster
//! .cloudup/demo.example.com/commit         a change of several objects that is under way
//! .cloudup/demo.example.com/rolling-update how far a rolling update is that is not through
//! ```
//!
//! A store that kOps made opens as it is, and kOps reads what is written here. What is our own lies
//! beside the clusters, because kOps refuses to delete a cluster among whose files is one that it
//! does not know.
//!
//! Reading writes nothing. [`Store::read`] gives a cluster's documents, a [`Change`] is made from
//! them, and [`Store::commit`] writes it where they are still what was read: whole, or not at all.
//! That takes a [`Lease`], so that nobody else is at work on the cluster.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! use cloudup::store::{Claim, Store};
//!
//! let store = Store::memory();
//! let claim = Claim {
//!     owner: "alice".into(),
//!     host: "laptop".into(),
//!     reason: "create".into(),
//!     id: "1".into(),
//! };
//! let now = "2026-11-23T12:00:00Z".parse()?;
//! let lease = store.acquire("demo.example.com", &claim, now).await?;
//!
//! let stored = store.read("demo.example.com").await?;
//! let mut change = stored.change();
//! change.put("config", "kind: Cluster\n");
//! store.commit(&lease, &change, &|| now).await?;
//! store.release(lease).await?;
//!
//! assert_eq!(store.clusters().await?, ["demo.example.com"]);
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```

mod backend;
mod change;
mod commit;
mod draft;
mod error;
mod folder;
mod lease;
mod location;
mod rolling_update;
mod stored;
#[cfg(test)]
mod tests;

use std::{path::PathBuf, sync::Arc};

use object_store::{Error, ObjectStore, memory::InMemory, path::Path};
use serde::{Serialize, de::DeserializeOwned};

use self::{
    backend::{Backend, Object, Remote, Version},
    folder::Folder,
};
pub use object_store;

pub use self::{
    change::Change,
    draft::{Draft, Placed, Revision, What},
    error::{StoreError, Trouble},
    lease::{Claim, Held, Lease, TERM},
    location::{Location, UnknownLocation},
    rolling_update::Seen,
    stored::{Document, Stored},
};

/// The folder of what is ours alone.
const OURS: &str = ".cloudup";

/// The object that holds a cluster.
pub const CLUSTER: &str = "config";

/// The folder of a cluster's instance groups.
pub const GROUPS: &str = "instancegroup";

/// The object that holds what is no kind of kOps' own.
pub const ADDITIONAL: &str = "clusteraddons/default";

/// A state store.
#[derive(Clone, Debug)]
pub struct Store {
    backend: Arc<dyn Backend>,
    name: String,
}

impl Store {
    /// A store that is gone with the process.
    pub fn memory() -> Self {
        Self::objects(Arc::new(InMemory::new()), Path::default(), Location::Memory.to_string())
    }

    /// A store in a folder, which is made when something is written.
    pub fn folder(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let name = Location::Folder(path.clone()).to_string();
        Self { backend: Arc::new(Folder::new(path)), name }
    }

    /// A store in a bucket, below a prefix; `name` is what it is called in messages:
    /// `s3://state/prefix`.
    pub fn objects(objects: Arc<dyn ObjectStore>, below: Path, name: impl Into<String>) -> Self {
        Self { backend: Arc::new(Remote::new(objects, below)), name: name.into() }
    }

    /// What it is called: `s3://state/prefix`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What an object is called: `s3://state/prefix/demo.example.com/config`.
    fn place(&self, key: &str) -> String {
        if key.is_empty() {
            self.name.clone()
        } else if self.name.ends_with('/') {
            format!("{}{key}", self.name)
        } else {
            format!("{}/{key}", self.name)
        }
    }

    /// The names of its clusters, in order.
    ///
    /// # Errors
    ///
    /// Where it cannot be listed.
    pub async fn clusters(&self) -> Result<Vec<String>, StoreError> {
        let mut clusters = Vec::new();
        for folder in self.list("").await? {
            let Some(name) = folder.strip_suffix('/').filter(|name| *name != OURS) else {
                continue;
            };
            if self.list(name).await?.contains(&format!("{name}/{CLUSTER}")) {
                clusters.push(name.to_owned());
            }
        }
        Ok(clusters)
    }

    async fn list(&self, folder: &str) -> Result<Vec<String>, StoreError> {
        let listed = self.backend.list(folder).await;
        listed.map_err(|error| StoreError::object("list", self.place(folder), error))
    }

    /// An object, unless it is not there or, because it is about to go, empty.
    async fn get(&self, key: &str) -> Result<Option<Object>, StoreError> {
        Ok(self.get_with_empty(key).await?.filter(|object| !object.bytes.is_empty()))
    }

    async fn get_with_empty(&self, key: &str) -> Result<Option<Object>, StoreError> {
        let got = self.backend.get(key).await;
        got.map_err(|error| StoreError::object("read", self.place(key), error))
    }

    /// Writes an object over a version of it, or where there is none. `None` where something else
    /// is there.
    async fn put(
        &self,
        key: &str,
        bytes: &[u8],
        over: Option<&Version>,
    ) -> Result<Option<Version>, StoreError> {
        match self.backend.put(key, bytes.to_vec(), over).await {
            Ok(version) => Ok(Some(version)),
            // An answer may get lost, and the call be made again: then what is there is ours.
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => {
                let found = self.get_with_empty(key).await?;
                Ok(found.filter(|object| object.bytes == bytes).map(|object| object.version))
            }
            Err(error) => Err(StoreError::object("write", self.place(key), error)),
        }
    }

    async fn remove(&self, key: &str) -> Result<(), StoreError> {
        let removed = self.backend.delete(key).await;
        removed.map_err(|error| StoreError::object("remove", self.place(key), error))
    }

    /// Writes a value as JSON, as [`put`](Self::put) does. An error where something else is there.
    async fn put_json(
        &self,
        key: &str,
        value: &impl Serialize,
        over: Option<&Version>,
    ) -> Result<Version, StoreError> {
        let place = || self.place(key);
        let mut bytes = serde_json::to_vec_pretty(value).map_err(|error| {
            StoreError::Unreadable { place: place(), problem: error.to_string() }
        })?;
        bytes.push(b'\n');
        let put = self.put(key, &bytes, over).await?;
        put.ok_or_else(|| StoreError::Changed { place: place() })
    }

    /// A value that was written as JSON, with its version.
    async fn get_json<T: DeserializeOwned>(
        &self,
        key: &str,
    ) -> Result<Option<(T, Version)>, StoreError> {
        let Some(object) = self.get(key).await? else { return Ok(None) };
        let value = serde_json::from_slice(&object.bytes).map_err(|error| {
            StoreError::Unreadable { place: self.place(key), problem: error.to_string() }
        })?;
        Ok(Some((value, object.version)))
    }

    /// An object's text.
    fn text(&self, key: &str, bytes: Vec<u8>) -> Result<String, StoreError> {
        String::from_utf8(bytes).map_err(|error| {
            let sound = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = sound.split(|&byte| byte == b'\n').count();
            let problem = format!("line {line} is not UTF-8 text");
            StoreError::Unreadable { place: self.place(key), problem }
        })
    }
}

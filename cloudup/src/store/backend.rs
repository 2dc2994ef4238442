//! What a store asks of whatever keeps its objects.

use std::sync::Arc;

use async_trait::async_trait;
use object_store::{
    Error, GetOptions, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, UpdateVersion,
    path::Path,
};

/// Keeps objects by key: `demo.example.com/config`. Every write says what it takes to be there.
#[async_trait]
pub(super) trait Backend: std::fmt::Debug + Send + Sync {
    /// An object, if it is there.
    async fn get(&self, key: &str) -> Result<Option<Object>, Error>;

    /// Writes an object where there is none (`None`), or over that very version of it.
    ///
    /// [`Error::AlreadyExists`] and [`Error::Precondition`] where something else is there.
    async fn put(
        &self,
        key: &str,
        bytes: Vec<u8>,
        over: Option<&Version>,
    ) -> Result<Version, Error>;

    /// Removes an object, whatever its version; one that is not there is removed.
    async fn delete(&self, key: &str) -> Result<(), Error>;

    /// What is in a folder (`""` for the whole store), in order: keys of objects, and of folders with
    /// a slash at their end.
    async fn list(&self, folder: &str) -> Result<Vec<String>, Error>;
}

/// An object as it was found.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) bytes: Vec<u8>,
    pub(super) version: Version,
}

/// Which version of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) e_tag: Option<String>,
    pub(super) generation: Option<String>,
}

/// An object store, or a part of it.
#[derive(Debug)]
pub(super) struct Remote {
    store: Arc<dyn ObjectStore>,
    below: Path,
}

impl Remote {
    pub(super) fn new(store: Arc<dyn ObjectStore>, below: Path) -> Self {
        Self { store, below }
    }

    /// Writes an object over whatever is there.
    pub(super) async fn overwrite(&self, key: &str, bytes: Vec<u8>) -> Result<Version, Error> {
        let put = self.store.put(&self.path(key), bytes.into()).await?;
        Ok(Version { e_tag: put.e_tag, generation: put.version })
    }

    fn path(&self, key: &str) -> Path {
        let parts = self.below.parts();
        parts.chain(key.split('/').filter(|part| !part.is_empty()).map(Into::into)).collect()
    }
}

#[async_trait]
impl Backend for Remote {
    async fn get(&self, key: &str) -> Result<Option<Object>, Error> {
        let found = match self.store.get_opts(&self.path(key), GetOptions::default()).await {
            Ok(found) => found,
            Err(error @ Error::NotFound { .. }) if !is_about_the_bucket(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        let version =
            Version { e_tag: found.meta.e_tag.clone(), generation: found.meta.version.clone() };
        Ok(Some(Object { bytes: found.bytes().await?.into(), version }))
    }

    async fn put(
        &self,
        key: &str,
        bytes: Vec<u8>,
        over: Option<&Version>,
    ) -> Result<Version, Error> {
        let mode = match over.cloned() {
            None => PutMode::Create,
            Some(Version { e_tag, generation }) => {
                PutMode::Update(UpdateVersion { e_tag, version: generation })
            }
        };
        let options = PutOptions { mode, ..PutOptions::default() };
        let put = self.store.put_opts(&self.path(key), bytes.into(), options).await?;
        Ok(Version { e_tag: put.e_tag, generation: put.version })
    }

    async fn delete(&self, key: &str) -> Result<(), Error> {
        match self.store.delete(&self.path(key)).await {
            Err(error @ Error::NotFound { .. }) if !is_about_the_bucket(&error) => Ok(()),
            done => done,
        }
    }

    async fn list(&self, folder: &str) -> Result<Vec<String>, Error> {
        let found = self.store.list_with_delimiter(Some(&self.path(folder))).await?;
        let key = |path: &Path| {
            let parts = path.prefix_match(&self.below)?;
            Some(parts.map(|part| part.as_ref().to_owned()).collect::<Vec<_>>().join("/"))
        };
        let folders = found.common_prefixes.iter().filter_map(key).map(|key| format!("{key}/"));
        let objects = found.objects.iter().filter_map(|meta| key(&meta.location));
        let mut keys: Vec<_> = folders.chain(objects).collect();
        keys.sort();
        Ok(keys)
    }
}

/// Whether what was not found is the bucket itself.
pub(super) fn is_about_the_bucket(error: &Error) -> bool {
    let text = super::error::chain(error);
    text.contains("NoSuchBucket") || text.contains("The specified bucket does not exist")
}

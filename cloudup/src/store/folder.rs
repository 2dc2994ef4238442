//! A store in a folder.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::PathBuf,
};

use async_trait::async_trait;
use object_store::{Error, local::LocalFileSystem, path::Path};

use super::backend::{Backend, Object, Remote, Version};

/// What names this kind of store in errors.
const FOLDER: &str = "folder";

/// A folder that need not be there as long as nothing is written.
///
/// File systems have no conditional writes, so that writers take turns: each holds a lock on a file
/// while it compares and writes. Readers need none, as a file is replaced whole.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// The folder as an object store, if it is there.
    fn opened(&self) -> Result<Option<Remote>, Error> {
        match fs::metadata(&self.0) {
            Ok(found) if !found.is_dir() => {
                Err(failed(io::Error::new(io::ErrorKind::NotADirectory, "this is not a folder")))
            }
            Ok(_) => {
                let files = LocalFileSystem::new_with_prefix(&self.0)?.with_fsync(true);
                Ok(Some(Remote::new(std::sync::Arc::new(files), Path::default())))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// The folder, made if need be, and what keeps other writers away until it is dropped.
    async fn held(&self) -> Result<(Remote, File), Error> {
        let path = self.0.join(super::OURS);
        let lock = move || {
            fs::create_dir_all(&path)?;
            let file = OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .open(path.join("writers"))?;
            file.lock()?;
            Ok(file)
        };
        let held = tokio::task::spawn_blocking(lock).await?.map_err(failed)?;
        let gone = || failed(io::Error::from(io::ErrorKind::NotFound));
        Ok((self.opened()?.ok_or_else(gone)?, held))
    }
}

#[async_trait]
impl Backend for Folder {
    async fn get(&self, key: &str) -> Result<Option<Object>, Error> {
        match self.opened()? {
            Some(files) => files.get(key).await,
            None => Ok(None),
        }
    }

    async fn put(
        &self,
        key: &str,
        bytes: Vec<u8>,
        over: Option<&Version>,
    ) -> Result<Version, Error> {
        let (files, _held) = self.held().await?;
        let found = files.get(key).await?.map(|object| object.version);
        if found.as_ref() != over {
            let source = "it has changed".into();
            return Err(Error::Precondition { path: key.to_owned(), source });
        }
        files.overwrite(key, bytes).await
    }

    async fn delete(&self, key: &str) -> Result<(), Error> {
        let (files, _held) = self.held().await?;
        files.delete(key).await
    }

    async fn list(&self, folder: &str) -> Result<Vec<String>, Error> {
        match self.opened()? {
            Some(files) => files.list(folder).await,
            None => Ok(Vec::new()),
        }
    }
}

fn failed(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            Error::PermissionDenied { path: String::new(), source: Box::new(error) }
        }
        _ => Error::Generic { store: FOLDER, source: Box::new(error) },
    }
}

//! Where a state is kept: in memory, or in a file that several processes may share.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tempfile::NamedTempFile;

use super::{AccountError, State, StateError};

/// Where a state is kept.
#[derive(Debug)]
pub(super) enum Store {
    /// In memory.
    Memory(Mutex<State>),
    /// In a file.
    File(FileStore),
}

impl Store {
    /// Looks at the state as it is now.
    pub(super) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> Result<T, AccountError> {
        match self {
            Self::Memory(state) => Ok(look(&lock(state))),
            Self::File(file) => file.read(look),
        }
    }

    /// Changes the state, and keeps the change unless `change` fails.
    ///
    /// `change` leaves the state as it is where it fails.
    pub(super) fn write<T, E>(
        &self,
        change: impl FnOnce(&mut State) -> Result<T, E>,
    ) -> Result<Result<T, E>, AccountError> {
        match self {
            Self::Memory(state) => Ok(change(&mut lock(state))),
            Self::File(file) => file.write(change),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A change either happens whole or not at all, so a panic leaves nothing half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A state in a file.
///
/// Readers take no lock: the file is replaced whole, by a rename. Writers hold a lock on a file
/// beside it, read what others wrote, and write what came of it.
#[derive(Debug)]
pub(super) struct FileStore {
    path: PathBuf,
    cached: Mutex<Option<Cached>>,
}

/// The state of one version of the file, which is held open so that its inode stays its own.
#[derive(Debug)]
struct Cached {
    file: File,
    stamp: Stamp,
    state: State,
}

#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    #[cfg(unix)]
    inode: (u64, u64),
    length: u64,
    modified: Option<std::time::SystemTime>,
}

impl From<&Metadata> for Stamp {
    fn from(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        use std::os::unix::fs::MetadataExt;
        Self {
            #[cfg(unix)]
            inode: (metadata.dev(), metadata.ino()),
            length: metadata.len(),
            modified: metadata.modified().ok(),
        }
    }
}

impl FileStore {
    pub(super) fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), cached: Mutex::new(None) }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn read<T>(&self, look: impl FnOnce(&State) -> T) -> Result<T, AccountError> {
        let mut cached = lock(&self.cached);
        Ok(look(&self.fresh(&mut cached)?.state))
    }

    fn write<T, E>(
        &self,
        change: impl FnOnce(&mut State) -> Result<T, E>,
    ) -> Result<Result<T, E>, AccountError> {
        let _held = self.hold()?;
        let mut cached = lock(&self.cached);
        let current = self.fresh(&mut cached)?;
        let answer = match change(&mut current.state) {
            Ok(answer) => answer,
            Err(refused) => return Ok(Err(refused)),
        };
        match self.replace(&current.state) {
            Ok((file, stamp)) => {
                current.file = file;
                current.stamp = stamp;
                Ok(Ok(answer))
            }
            Err(error) => {
                // The state in memory is not the one in the file.
                *cached = None;
                Err(error)
            }
        }
    }

    /// Puts a state in the file, given what is there now; `None` from `make` leaves it.
    pub(super) fn put(
        &self,
        make: impl FnOnce(Result<&State, AccountError>) -> Result<Option<State>, AccountError>,
    ) -> Result<(), AccountError> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder).map_err(|source| self.io("make the folder of", source))?;
        }
        let _held = self.hold()?;
        let mut cached = lock(&self.cached);
        let current = self.fresh(&mut cached).map(|cached| &cached.state);
        if let Some(state) = make(current)? {
            let (file, stamp) = self.replace(&state)?;
            *cached = Some(Cached { file, stamp, state });
        }
        Ok(())
    }

    /// The state of the file as it is now, read again only where the file has changed.
    fn fresh<'a>(&self, cached: &'a mut Option<Cached>) -> Result<&'a mut Cached, AccountError> {
        let current = match (fs::metadata(&self.path), cached.take()) {
            (Ok(metadata), Some(known)) if Stamp::from(&metadata) == known.stamp => known,
            (Err(error), _) => return Err(self.unread(error)),
            _ => self.load()?,
        };
        Ok(cached.insert(current))
    }

    fn load(&self) -> Result<Cached, AccountError> {
        let mut bytes = Vec::new();
        let opened = File::open(&self.path).and_then(|mut file| {
            file.read_to_end(&mut bytes)?;
            let stamp = Stamp::from(&file.metadata()?);
            Ok((file, stamp))
        });
        let (file, stamp) = opened.map_err(|error| self.unread(error))?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let sound = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let mut lines = sound.rsplit(|&byte| byte == b'\n');
            let column = lines.next().map_or(0, <[u8]>::len) + 1;
            let message = "not UTF-8 text".into();
            self.unreadable(StateError::Syntax { line: lines.count() + 1, column, message })
        })?;
        let state = State::parse(&text).map_err(|source| self.unreadable(source))?;
        Ok(Cached { file, stamp, state })
    }

    /// Replaces the file: a new one is written and made safe beside it, then takes its name.
    fn replace(&self, state: &State) -> Result<(File, Stamp), AccountError> {
        let folder = match self.path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let written = || -> io::Result<(File, Stamp)> {
            let mut new = NamedTempFile::with_prefix_in(".account-", folder)?;
            serde_json::to_writer_pretty(new.as_file_mut(), state)?;
            new.write_all(b"\n")?;
            new.as_file().sync_all()?;
            let file = new.persist(&self.path)?;
            #[cfg(unix)]
            File::open(folder)?.sync_all()?;
            let stamp = Stamp::from(&file.metadata()?);
            Ok((file, stamp))
        };
        written().map_err(|source| self.io("write", source))
    }

    /// Waits until no other writer is at it, and keeps others away until dropped.
    fn hold(&self) -> Result<File, AccountError> {
        let mut path = self.path.clone().into_os_string();
        path.push(".lock");
        let held = || -> io::Result<File> {
            let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path)?;
            file.lock()?;
            Ok(file)
        };
        held().map_err(|source| {
            if source.kind() == io::ErrorKind::NotFound {
                return AccountError::Missing(self.path.clone());
            }
            self.io("lock", source)
        })
    }

    fn unread(&self, source: io::Error) -> AccountError {
        match source.kind() {
            io::ErrorKind::NotFound => AccountError::Missing(self.path.clone()),
            _ => self.io("read", source),
        }
    }

    fn unreadable(&self, source: StateError) -> AccountError {
        AccountError::Unreadable { path: self.path.clone(), source }
    }

    fn io(&self, doing: &'static str, source: io::Error) -> AccountError {
        AccountError::Io { doing, path: self.path.clone(), source }
    }
}

//! Files that a verb writes.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

use tempfile::NamedTempFile;

/// Writes a file: whole or not at all, and for nobody else to read, as manifests may say what is
/// not for everybody.
pub(super) fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = beside(path)?;
    file.write_all(text.as_bytes())?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// Whether a file could be written there, as far as can be told without writing it.
pub(super) fn check(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    beside(path).map(drop)
}

/// A file in the same folder, which goes away unless it is put in the place of `path`.
fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    // An error of what follows would name a file that nobody knows.
    fs::metadata(folder)?;
    NamedTempFile::with_prefix_in(".cloudup-", folder)
}

//! Files that a verb writes.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

/// Writes a file: whole or not at all, and for nobody else to read, as manifests may say what is
/// not for everybody.
pub(super) fn write(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    // An error of what follows would name a file that nobody knows.
    fs::metadata(folder)?;
    let mut file = tempfile::NamedTempFile::with_prefix_in(".cloudup-", folder)?;
    file.write_all(text.as_bytes())?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

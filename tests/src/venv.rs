//! Python environments, for what tests need and Rust has not.

use std::{
    fs::{self, File},
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// A Python that has the packages of `requirements`, for what is called `name`: made by the first who
/// asks, under the target directory, and kept for as long as neither they nor Python's version change.
///
/// # Errors
///
/// What is missing, and what to do about it.
pub(crate) fn python(name: &str, requirements: &Path) -> Result<PathBuf, String> {
    let wanted = fs::read_to_string(requirements)
        .map_err(|error| format!("{} cannot be read: {error}", requirements.display()))?;
    let version = run(Command::new("python3").arg("--version"))
        .map_err(|error| format!("there is no Python (python3 --version: {error})"))?;
    let mut hash = DefaultHasher::new();
    (wanted, version).hash(&mut hash);
    let target = target_dir()?;
    let venv = target.join(format!("{name}-{:016x}", hash.finish()));
    let python = venv.join("bin/python");

    let lock = File::create(target.join(format!("{name}.lock")));
    let lock = lock.map_err(|error| error.to_string())?;
    lock.lock().map_err(|error| format!("{name}.lock cannot be locked: {error}"))?;
    if !venv.exists() {
        let part = target.join(format!("{name}.part"));
        if part.exists() {
            fs::remove_dir_all(&part).map_err(|error| error.to_string())?;
        }
        run(Command::new("python3").args(["-m", "venv"]).arg(&part))
            .map_err(|error| format!("Python has no venv (python3-venv of Debian): {error}"))?;
        let mut pip = Command::new(part.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        pip.args(["--no-input", "--retries", "2", "--only-binary", ":all:", "-r"])
            .arg(requirements);
        run(&mut pip).map_err(|error| format!("{name} cannot be installed with pip: {error}"))?;
        fs::rename(&part, &venv).map_err(|error| error.to_string())?;
    }
    Ok(python)
}

/// What a program prints.
fn run(command: &mut Command) -> Result<String, String> {
    let Output { status, stdout, stderr } = command.output().map_err(|error| error.to_string())?;
    if !status.success() {
        return Err(format!("{status}: {}", String::from_utf8_lossy(&stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&stdout).into_owned())
}

/// The directory that this test was built in: cargo marks it as one that backups may leave out.
pub(crate) fn target_dir() -> Result<PathBuf, String> {
    let test = std::env::current_exe().map_err(|error| error.to_string())?;
    let marked = test.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists());
    Ok(marked.or(test.parent()).ok_or("the test is in no directory")?.to_owned())
}

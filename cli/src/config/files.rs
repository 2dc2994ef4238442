//! The files that settings are read from.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::Layer;
use crate::{
    environment::Environment,
    exit::{Exit, Failure},
};

/// What a project's file is called.
pub(crate) const PROJECT: &str = "cloudup.toml";

/// What `--config` says to have none read.
const NONE: &str = "none";

/// A file that was read.
pub(super) struct File {
    pub(super) layer: Layer,
    pub(super) path: PathBuf,
    /// What people are told that it is called.
    pub(super) called: String,
    pub(super) text: String,
}

impl File {
    /// What paths in it are relative to.
    pub(super) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }
}

/// The files that there are, strongest first: the one that is named, or else the project's and the
/// user's.
pub(super) fn find(environment: &Environment, named: Option<&Path>) -> Result<Vec<File>, Failure> {
    let variable = environment.variables.get("CLOUDUP_CONFIG").map(Path::new);
    if let Some(path) = named.or(variable) {
        if path.as_os_str().is_empty() || path == Path::new(NONE) {
            return Ok(Vec::new());
        }
        return read(Layer::Named, path.to_owned(), None).map(|file| vec![file]);
    }
    let read = |layer, path| self::read(layer, path, environment.home.as_deref());
    let project = project(&environment.folder)?.map(|path| read(Layer::Project, path));
    let user = environment.config_home.as_ref().map(|home| home.join("cloudup/config.toml"));
    let user = user.filter(|path| path.exists()).map(|path| read(Layer::User, path));
    match (project.transpose(), user.transpose()) {
        (Err(failure), Err(other)) => Err(failure.and(other)),
        (project, user) => Ok(project?.into_iter().chain(user?).collect()),
    }
}

/// The nearest project file, from the working directory upwards, by a path relative to it.
fn project(folder: &Path) -> Result<Option<PathBuf>, Failure> {
    let mut up = PathBuf::new();
    for folder in folder.ancestors() {
        let path = up.join(PROJECT);
        if folder.join(PROJECT).is_file() {
            check_owner(&path)?;
            return Ok(Some(path));
        }
        up.push("..");
    }
    Ok(None)
}

/// Somebody else's file above the working directory, as in /tmp, says nothing about what is done
/// here.
#[cfg(unix)]
fn check_owner(path: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::MetadataExt as _;

    const ROOT: u32 = 0;
    let owner = |path: &Path| fs::metadata(path).map(|it| it.uid());
    let (Ok(file), Ok(here)) = (owner(path), owner(Path::new("."))) else { return Ok(()) };
    if file == here || file == ROOT {
        return Ok(());
    }
    let told =
        format!("{} belongs to somebody else than the folder that you are in", path.display());
    Err(Failure::invalid(told).hint(format!(
        "if it is right: --config {}; to go by none: --config {NONE}",
        path.display()
    )))
}

#[cfg(not(unix))]
fn check_owner(_path: &Path) -> Result<(), Failure> {
    Ok(())
}

fn read(layer: Layer, path: PathBuf, home: Option<&Path>) -> Result<File, Failure> {
    let called = match home.and_then(|home| path.strip_prefix(home).ok()) {
        Some(rest) => format!("~/{}", rest.display()),
        None => path.display().to_string(),
    };
    let text = fs::read(&path).and_then(|bytes| {
        String::from_utf8(bytes)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text"))
    });
    match text {
        Ok(text) => Ok(File { layer, path, called, text }),
        Err(error) => {
            let doing = format!("read the settings in {called}");
            Err(Failure::because(Exit::Invalid, &doing, &error)
                .hint(format!("to go by none: --config {NONE}")))
        }
    }
}

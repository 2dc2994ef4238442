//! Manifests and other files that are given to a verb.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use cloudup::{
    manifest::{Cluster, Manifest, ManifestErrors, Notice},
    ssh::PublicKey,
};

use super::state;
use crate::{
    args::Global,
    config::{CLUSTER, Given},
    environment::Environment,
    exit::{Exit, Failure},
    tell,
};

/// The text of a file, or of standard input for `-`.
pub(super) fn text(path: &Path) -> io::Result<String> {
    let bytes = if path.as_os_str() == "-" {
        let mut bytes = Vec::new();
        io::stdin().read_to_end(&mut bytes)?;
        bytes
    } else {
        fs::read(path)?
    };
    String::from_utf8(bytes).map_err(|error| {
        let sound = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = sound.split(|&byte| byte == b'\n').count();
        io::Error::new(io::ErrorKind::InvalidData, format!("line {line} is not UTF-8 text"))
    })
}

/// The cluster that is meant, and what is worth knowing about the manifests: from these files, or
/// where there are none, from the state store. `naming` is how a command line with files names the
/// cluster.
pub(super) async fn cluster(
    global: &Global,
    environment: &Environment,
    paths: &[PathBuf],
    name: Option<&str>,
    naming: &str,
) -> Result<(Cluster, Vec<Notice>), Failure> {
    if !paths.is_empty() {
        return cluster_of_files(paths, name, naming, environment);
    }
    let store = state::open(global, environment).await?;
    let name = state::choose(&store, name, environment).await?;
    state::cluster(&state::stored(&store, &name).await?)
}

/// What is wrong with manifests.
pub(super) fn mistakes(errors: &ManifestErrors) -> Failure {
    let count = errors.mistakes.len();
    let word = if count == 1 { "mistake" } else { "mistakes" };
    let list = errors.mistakes.iter().map(|mistake| format!("\n\n{mistake}"));
    Failure::invalid(format!("{count} {word} in the manifests{}", list.collect::<String>()))
}

/// The cluster that is meant, from these files, and what is worth knowing about the manifests.
pub(super) fn cluster_of_files(
    paths: &[PathBuf],
    name: Option<&str>,
    naming: &str,
    environment: &Environment,
) -> Result<(Cluster, Vec<Notice>), Failure> {
    cluster_of_texts(&files(paths)?, name, naming, environment)
}

/// The same from files that are read already.
pub(super) fn cluster_of_texts(
    files: &[(String, String)],
    name: Option<&str>,
    naming: &str,
    environment: &Environment,
) -> Result<(Cluster, Vec<Notice>), Failure> {
    let manifest = Manifest::read(files).map_err(|errors| mistakes(&errors))?;
    let notices = manifest.notices;
    let set = environment.configuration.winner(CLUSTER).map(Given::text);
    // What is set is for where there are several: files that are given are meant.
    let is_set = |cluster: &Cluster| Some(cluster.name()) == set.as_deref();
    let several = manifest.clusters.len() > 1 && manifest.clusters.iter().any(is_set);
    let name = name.or(set.as_deref().filter(|_| several));
    choose(manifest.clusters, name, naming).map(|cluster| (cluster, notices))
}

/// The texts of files, each with what it is called in messages.
pub(super) fn files(paths: &[PathBuf]) -> Result<Vec<(String, String)>, Failure> {
    let mut files = Vec::new();
    let mut unread = Vec::new();
    for path in &expanded(paths, &mut unread) {
        let called =
            if path.as_os_str() == "-" { "(stdin)".to_owned() } else { path.display().to_string() };
        match text(path) {
            Ok(text) => files.push((called, text)),
            Err(error) => unread.push(format!("cannot read {called}: {error}")),
        }
    }
    if !unread.is_empty() {
        return Err(Failure::invalid(unread.join("\n")));
    }
    Ok(files)
}

/// The files that are meant: those in a folder, where one is given.
fn expanded(paths: &[PathBuf], unread: &mut Vec<String>) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        match manifests_in(path) {
            Ok(found) if found.is_empty() => {
                let path = path.display();
                unread.push(format!("cannot read {path}: there is no .yaml, .yml or .json in it"));
            }
            Ok(found) => files.extend(found),
            Err(error) => unread.push(format!("cannot read {}: {error}", path.display())),
        }
    }
    files
}

/// The manifests that lie in a folder, in order: not those in folders below.
pub(super) fn manifests_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let ending = path.extension().and_then(|ending| ending.to_str());
        if matches!(ending, Some("yaml" | "yml" | "json")) && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn choose(clusters: Vec<Cluster>, name: Option<&str>, naming: &str) -> Result<Cluster, Failure> {
    let names: Vec<_> = clusters.iter().map(|cluster| cluster.name().to_owned()).collect();
    let found = match name {
        Some(name) => clusters.into_iter().find(|cluster| cluster.name() == name),
        None if names.len() == 1 => clusters.into_iter().next(),
        None => {
            let failure = if names.is_empty() {
                Failure::invalid("there is no Cluster in the manifests")
                    .hint("give the file with the Cluster too: -f FILE")
            } else {
                Failure::invalid(format!("which cluster is meant? There are {}", names.join(", ")))
                    .hint(format!("name it: {naming}"))
            };
            return Err(failure);
        }
    };
    found.ok_or_else(|| {
        let name = name.unwrap_or_default();
        let closest = nearest(name, names.iter().map(String::as_str));
        let failure = Failure::invalid(format!("there is no cluster {name} in the manifests"));
        match closest {
            Some(known) => failure.hint(format!("did you mean {known}?")),
            None => failure.hint(format!("there are: {}", names.join(", "))),
        }
    })
}

/// The name nearest to what was given, if one is near enough to have been meant.
pub(crate) fn nearest<'a>(given: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    names
        .map(|known| (strsim::damerau_levenshtein(given, known), known))
        .min()
        .filter(|(distance, _)| *distance <= given.len() / 3)
        .map(|(_, known)| known)
}

/// The OpenSSH public key that a file holds. Where a project chose it, that is told: whoever has the
/// other half reaches the instances.
pub(super) fn ssh_public_key(path: &Path, environment: &Environment) -> Result<PublicKey, Failure> {
    if let Some(place) = state::surprising("ssh-public-key", true, environment) {
        tell::note(&format!("the SSH public key is {}, from {place}", path.display()));
    }
    let text = text(path).map_err(|error| {
        let doing = format!("read the SSH public key {}", path.display());
        Failure::because(Exit::Invalid, &doing, &error)
    })?;
    text.parse().map_err(|_| {
        Failure::invalid(format!("{} is not an SSH public key", path.display()))
            .hint("give the public half, one line such as `ssh-ed25519 AAAA… somebody@somewhere`")
    })
}

//! The way to a cluster's API, as kubectl knows it.

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use hyper_util::client::proxy::matcher::Matcher;
use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig, KubeconfigError},
};
use tokio::{task::spawn_blocking, time::timeout};

use super::{KubernetesApi, KubernetesWriter, error};

/// How long a connection may take to be made.
const CONNECTING: Duration = Duration::from_secs(10);

/// How long a credentials plugin may take: it may ask its user something.
const PLUGIN: Duration = Duration::from_mins(2);

/// Where it is written how a cluster's API is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ways {
    /// A kubeconfig to use instead of the usual ones. It has to be there.
    pub kubeconfig: Option<PathBuf>,
    /// The usual ones: those of `KUBECONFIG`, or `~/.kube/config`. What is not there is passed over.
    pub usual: Vec<PathBuf>,
    /// The context. Without it, the one that is named after the cluster, as kOps names it.
    pub context: Option<String>,
}

/// Why there is no way to a cluster's API.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// A kubeconfig cannot be read.
    #[error("cannot read the kubeconfig {}: {reason}", .file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no kubeconfig, and this is no pod of a cluster either.
    #[error("there is no kubeconfig{}", nowhere(.looked))]
    NoKubeconfig {
        /// Where one was looked for.
        looked: Vec<PathBuf>,
    },
    /// The kubeconfig has no such context.
    #[error("the kubeconfig has no context {wanted}{}", known(.there))]
    NoContext {
        /// The context.
        wanted: String,
        /// The contexts that it has.
        there: Vec<String>,
        /// Whether it was asked for by its name.
        is_given: bool,
    },
    /// What the kubeconfig says of the context cannot be used.
    #[error("context {context} of the kubeconfig cannot be used: {reason}")]
    Unusable {
        /// The context.
        context: String,
        /// Why.
        reason: String,
    },
}

fn nowhere(files: &[PathBuf]) -> String {
    let files: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
    if files.is_empty() { String::new() } else { format!(": not {}", files.join(", not ")) }
}

fn known(contexts: &[String]) -> String {
    if contexts.is_empty() {
        return ": it has none at all".to_owned();
    }
    format!(": there are {}", contexts.join(", "))
}

impl ConnectError {
    /// What the reader could try.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoKubeconfig { .. } => Some(
                "name one with --kubeconfig, or in KUBECONFIG: `kops export kubeconfig` makes it",
            ),
            Self::NoContext { is_given: false, .. } => Some(
                "name the cluster's context with --context, or make one of the cluster's name with \
                 `kops export kubeconfig`",
            ),
            Self::NoContext { is_given: true, .. } => Some("name another with --context"),
            Self::Unreadable { .. } | Self::Unusable { .. } => None,
        }
    }
}

/// Finds the way to a cluster's API. The API itself is not called, but a credentials plugin may be.
///
/// A context is taken that is named, or that has the cluster's name; never simply the current one,
/// which may be another cluster's. Where there is no kubeconfig at all, and this runs in a pod, it is
/// the API of the pod's cluster.
///
/// # Errors
///
/// No kubeconfig can be read, none has the context, or what it says cannot be used.
pub async fn connect(
    ways: &Ways,
    cluster: &str,
) -> Result<Arc<dyn KubernetesWriter>, ConnectError> {
    let (context, mut config) = match kubeconfig(ways)? {
        Some(kubeconfig) => of_kubeconfig(kubeconfig, ways, cluster).await?,
        None => match Config::incluster() {
            Ok(config) => ("of this pod".to_owned(), config),
            Err(_) => return Err(ConnectError::NoKubeconfig { looked: ways.usual.clone() }),
        },
    };
    config.connect_timeout = Some(CONNECTING);
    // Whether to try again is decided call by call: an eviction that is refused is not throttled.
    config.default_retry = false;
    let unusable = |reason: String| ConnectError::Unusable { context: context.clone(), reason };
    // A plugin is waited for without regard to anything else.
    let client = timeout(PLUGIN, spawn_blocking(move || Client::try_from(config))).await;
    match client {
        Ok(Ok(Ok(client))) => Ok(Arc::new(KubernetesApi { client })),
        Ok(Ok(Err(error))) => Err(unusable(error::chain(&error))),
        Ok(Err(error)) => Err(unusable(error.to_string())),
        Err(_) => {
            let seconds = PLUGIN.as_secs();
            Err(unusable(format!("its credentials plugin did not end within {seconds} seconds")))
        }
    }
}

/// All kubeconfigs as one, if there is any.
fn kubeconfig(ways: &Ways) -> Result<Option<Kubeconfig>, ConnectError> {
    let unreadable = |file: &PathBuf, error: &KubeconfigError| ConnectError::Unreadable {
        file: file.clone(),
        reason: match error {
            KubeconfigError::ReadConfig(error, _) => error.to_string(),
            other => other.to_string(),
        },
    };
    if let Some(file) = &ways.kubeconfig {
        return Kubeconfig::read_from(file).map(Some).map_err(|error| unreadable(file, &error));
    }
    let mut all: Option<Kubeconfig> = None;
    for file in &ways.usual {
        let read = match Kubeconfig::read_from(file) {
            Err(KubeconfigError::ReadConfig(error, _))
                if error.kind() == io::ErrorKind::NotFound =>
            {
                continue;
            }
            read => read,
        };
        let merged = read.and_then(|read| match all.take() {
            Some(all) => all.merge(read),
            None => Ok(read),
        });
        all = Some(merged.map_err(|error| unreadable(file, &error))?);
    }
    Ok(all)
}

/// The context that is meant, and what a kubeconfig says of it.
async fn of_kubeconfig(
    kubeconfig: Kubeconfig,
    ways: &Ways,
    cluster: &str,
) -> Result<(String, Config), ConnectError> {
    let context = ways.context.as_deref().unwrap_or(cluster).to_owned();
    let there: Vec<_> = kubeconfig.contexts.iter().map(|context| context.name.clone()).collect();
    if !there.contains(&context) {
        let is_given = ways.context.is_some();
        return Err(ConnectError::NoContext { wanted: context, there, is_given });
    }
    let has_proxy = has_proxy(&kubeconfig, &context);
    let options =
        KubeConfigOptions { context: Some(context.clone()), ..KubeConfigOptions::default() };
    let config = Config::from_custom_kubeconfig(kubeconfig, &options).await;
    let mut config = config.map_err(|error| ConnectError::Unusable {
        context: context.clone(),
        reason: error::chain(&error),
    })?;
    // Of the environment's proxies the library knows one, for whatever it calls.
    if !has_proxy && Matcher::from_env().intercept(&config.cluster_url).is_none() {
        config.proxy_url = None;
    }
    Ok((context, config))
}

/// Whether a context's cluster is behind a proxy of its own.
fn has_proxy(kubeconfig: &Kubeconfig, context: &str) -> bool {
    let context = kubeconfig.contexts.iter().find(|named| named.name == context);
    let cluster = context.and_then(|named| named.context.as_ref()).map(|context| &context.cluster);
    let named = kubeconfig.clusters.iter().find(|named| Some(&named.name) == cluster);
    let cluster = named.and_then(|named| named.cluster.as_ref());
    cluster.is_some_and(|cluster| cluster.proxy_url.as_ref().is_some_and(|url| !url.is_empty()))
}

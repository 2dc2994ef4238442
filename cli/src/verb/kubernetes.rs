//! The way to a cluster's Kubernetes API.

use std::sync::Arc;

use cloudup::kubernetes::{KubernetesError, KubernetesWriter};

use crate::{
    args::KubernetesArgs,
    environment::Environment,
    exit::{Exit, Failure},
};

/// Finds the way to a cluster's API. Nothing is called yet, but a credentials plugin may be.
#[cfg(feature = "kubernetes")]
pub(super) async fn connect(
    args: &KubernetesArgs,
    environment: &Environment,
    cluster: &str,
) -> Result<Arc<dyn KubernetesWriter>, Failure> {
    let ways = cloudup::kubernetes::Ways {
        kubeconfig: args.kubeconfig.clone(),
        usual: environment.kubeconfigs.clone(),
        context: args.context.clone(),
    };
    cloudup::kubernetes::connect(&ways, cluster).await.map_err(|error| {
        let doing = format!("find the Kubernetes API of {cluster}");
        let failure = Failure::because(Exit::Invalid, &doing, &error);
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    })
}

/// What takes its place where Kubernetes is left out.
#[cfg(not(feature = "kubernetes"))]
#[expect(clippy::unused_async, reason = "it takes the place of what is asynchronous")]
pub(super) async fn connect(
    _args: &KubernetesArgs,
    _environment: &Environment,
    _cluster: &str,
) -> Result<Arc<dyn KubernetesWriter>, Failure> {
    Err(Failure::invalid("this binary was built without Kubernetes")
        .hint("build it with the feature `kubernetes`, which is on by default"))
}

/// A failure of Kubernetes, met while `doing` something.
pub(super) fn failure(doing: &str, error: &KubernetesError) -> Failure {
    let exit = match error {
        KubernetesError::Denied(_) | KubernetesError::NoCredentials(_) => Exit::Denied,
        KubernetesError::Unreachable(_)
        | KubernetesError::NotFound(_)
        | KubernetesError::Invalid(_) => Exit::Failed,
    };
    Failure::because(exit, doing, error)
}

//! What the API's answers mean.

use std::{error::Error, io, time::Duration};

use kube::{
    client::AuthError,
    core::{Status, response::StatusSummary},
};

use super::{Eviction, KubernetesError};

/// What becomes of an answer that is an error.
pub(super) fn answer(error: &kube::Error) -> KubernetesError {
    match error {
        kube::Error::Api(status) => {
            let message = message(status);
            match status.code {
                401 => KubernetesError::NoCredentials(message),
                403 => KubernetesError::Denied(message),
                404 => KubernetesError::NotFound(message),
                429 | 500.. => KubernetesError::Unreachable(message),
                _ => KubernetesError::Invalid(message),
            }
        }
        kube::Error::Auth(error) => KubernetesError::NoCredentials(chain(error)),
        kube::Error::Service(error) if error.is::<AuthError>() => {
            KubernetesError::NoCredentials(chain(error.as_ref()))
        }
        kube::Error::Service(error) => KubernetesError::Unreachable(chain(error.as_ref())),
        kube::Error::HyperError(error) => KubernetesError::Unreachable(chain(error)),
        kube::Error::SerdeError(error) => {
            KubernetesError::Unreachable(format!("it answers with something else: {error}"))
        }
        other => KubernetesError::Invalid(other.to_string()),
    }
}

/// What an eviction's error means. A budget refuses with 429; with 500 the API says that budgets
/// contradict each other; and of a namespace that is being deleted the pods go by themselves.
pub(super) fn eviction(error: &kube::Error) -> Result<Eviction, KubernetesError> {
    let kube::Error::Api(status) = error else { return Err(answer(error)) };
    match status.code {
        // Another pod of that name.
        404 | 409 => Ok(Eviction::Gone),
        429 | 500 => Ok(Eviction::Refused(message(status))),
        403 if has_cause(status, "NamespaceTerminating") => Ok(Eviction::Refused(message(status))),
        _ => Err(answer(error)),
    }
}

/// The error of a call that took too long.
pub(super) fn no_answer(limit: Duration) -> kube::Error {
    let message = format!("no answer within {} seconds", limit.as_secs());
    kube::Error::Service(Box::new(io::Error::new(io::ErrorKind::TimedOut, message)))
}

/// Whether the API, or what is before it, is asked for too much at the moment.
pub(super) fn is_throttled(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if matches!(status.code, 429 | 503 | 504))
}

/// How long the API wants us to wait; ten seconds at most.
pub(super) fn wanted_pause(error: &kube::Error) -> Duration {
    let kube::Error::Api(status) = error else { return Duration::ZERO };
    let seconds = status.details.as_ref().map_or(0, |details| details.retry_after_seconds);
    Duration::from_secs(seconds.min(10).into())
}

/// Whether the part of a list that is asked for is not kept any more.
pub(super) fn is_expired(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == 410)
}

/// Whether somebody else was faster.
pub(super) fn is_conflict(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == 409)
}

fn has_cause(status: &Status, reason: &str) -> bool {
    let details = status.details.as_ref();
    details.is_some_and(|details| details.causes.iter().any(|cause| cause.reason == reason))
}

/// What the API says, with the causes that it names: a budget's name is in these alone.
fn message(status: &Status) -> String {
    debug_assert_ne!(status.status, Some(StatusSummary::Success));
    let causes = status.details.iter().flat_map(|details| &details.causes);
    let mut said: Vec<_> = causes.map(|cause| cause.message.as_str()).collect();
    said.insert(0, status.message.trim());
    said.retain(|text| !text.is_empty());
    said.dedup();
    if said.is_empty() { format!("HTTP status {}", status.code) } else { said.join(" ") }
}

/// An error with its causes, those left out that a text before says already.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let said = cause.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        next = cause.source();
    }
    text
}

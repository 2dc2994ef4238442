//! Calls that are made again where that may help.

use std::time::Duration;

use cloudup_engine::{ErrorKind, Stop};
use cloudup_tasks::cloud::CloudError;
use tokio::time::{Instant, sleep};

use crate::kubernetes::KubernetesError;

/// How long a call is tried again that is throttled or gets no answer.
const PATIENCE: Duration = Duration::from_mins(5);

/// The longest pause between two tries.
const LONGEST: Duration = Duration::from_secs(30);

/// Why something could not be found out or done.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The cloud does not do it.
    #[error("could not {doing}")]
    Cloud {
        /// What was tried, as it follows "could not".
        doing: String,
        /// What it answered.
        source: Box<CloudError>,
    },
    /// Kubernetes does not do it.
    #[error("could not {doing}")]
    Kubernetes {
        /// What was tried, as it follows "could not".
        doing: String,
        /// What it answered.
        source: KubernetesError,
    },
    /// A group's template is none of the cluster's, so that its newest version is not known.
    #[error(
        "Auto Scaling group {group} starts the newest version of the launch template {template}, \
         which does not carry the cluster's tag: it cannot be told which version that is"
    )]
    Template {
        /// The Auto Scaling group.
        group: String,
        /// The template's id.
        template: String,
    },
}

impl CallError {
    /// What kind of trouble it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Cloud { source, .. } => source.kind(),
            Self::Kubernetes {
                source: KubernetesError::Denied(_) | KubernetesError::NoCredentials(_),
                ..
            } => ErrorKind::Denied,
            Self::Kubernetes { .. } => ErrorKind::Other,
            Self::Template { .. } => ErrorKind::Invalid,
        }
    }
}

/// Says what was being done.
pub(super) trait Doing<T> {
    /// `doing` follows "could not".
    fn doing(self, doing: impl Into<String>) -> Result<T, CallError>;
}

impl<T> Doing<T> for Result<T, CloudError> {
    fn doing(self, doing: impl Into<String>) -> Result<T, CallError> {
        self.map_err(|source| CallError::Cloud { doing: doing.into(), source: source.into() })
    }
}

impl<T> Doing<T> for Result<T, KubernetesError> {
    fn doing(self, doing: impl Into<String>) -> Result<T, CallError> {
        self.map_err(|source| CallError::Kubernetes { doing: doing.into(), source })
    }
}

/// How calls are tried again.
#[derive(Clone, Debug, Default)]
pub(super) struct Attempts {
    /// A run that is to stop tries nothing again.
    pub(super) stop: Stop,
}

impl Attempts {
    /// Calls the cloud until it is not throttled, within bounds.
    pub(super) async fn cloud<T>(
        &self,
        call: impl AsyncFn() -> Result<T, CloudError>,
    ) -> Result<T, CloudError> {
        let is_passing =
            |error: &CloudError| matches!(error.kind(), ErrorKind::Throttled | ErrorKind::NotReady);
        self.until_passed(call, is_passing).await
    }

    /// Calls Kubernetes until it can be reached, within bounds.
    pub(super) async fn kubernetes<T>(
        &self,
        call: impl AsyncFn() -> Result<T, KubernetesError>,
    ) -> Result<T, KubernetesError> {
        let is_passing = |error: &KubernetesError| matches!(error, KubernetesError::Unreachable(_));
        self.until_passed(call, is_passing).await
    }

    async fn until_passed<T, E>(
        &self,
        call: impl AsyncFn() -> Result<T, E>,
        is_passing: impl Fn(&E) -> bool,
    ) -> Result<T, E> {
        let (end, mut pause) = (Instant::now() + PATIENCE, Duration::from_secs(1));
        loop {
            let answer = call().await;
            let again = answer.as_ref().is_err_and(&is_passing);
            if !again || Instant::now() + pause > end || self.stop.level().is_some() {
                return answer;
            }
            tokio::select! {
                () = sleep(pause) => pause = (pause * 2).min(LONGEST),
                () = self.stop.finishing() => return answer,
            }
        }
    }
}

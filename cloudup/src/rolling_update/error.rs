//! Why a group's instances are not all replaced.

use std::time::Duration;

use cloudup_engine::ErrorKind;
use jiff::SignedDuration;

use super::calls::CallError;
use crate::{
    kubernetes::{DrainError, KubernetesError},
    store::StoreError,
};

/// Why a group's instances are not all replaced.
#[derive(Debug, thiserror::Error)]
pub enum RollError {
    /// Something could not be found out or done.
    #[error(transparent)]
    Call(#[from] CallError),
    /// A node could not be drained.
    #[error("could not {0}")]
    Drain(#[source] DrainError),
    /// The cluster did not become well in time.
    #[error(
        "the cluster is not well after {:#}:{}",
        SignedDuration::try_from(*.within).unwrap_or(SignedDuration::MAX),
        listed(.troubles)
    )]
    NotWell {
        /// How long it had.
        within: Duration,
        /// What is wrong.
        troubles: Vec<String>,
    },
    /// No instance may leave, and none is on its way.
    #[error("no further instance may be replaced: {0}")]
    Blocked(String),
    /// Instances that were to be terminated are still there.
    #[error("still there after they were told to go: {}", .0.join(", "))]
    Stuck(Vec<String>),
    /// The group would not start others.
    #[error(
        "the process Launch of Auto Scaling group {0} is suspended: nothing would take the place \
         of an instance that goes"
    )]
    NoLaunches(String),
    /// How far the update is could not be kept.
    #[error("could not keep how far the rolling update is")]
    Journal(#[source] StoreError),
}

fn listed(troubles: &[String]) -> String {
    troubles.iter().flat_map(|trouble| ["\n", trouble]).collect()
}

impl RollError {
    /// Whether nothing else is begun after it, whatever the group.
    pub(super) fn ends_the_run(&self) -> bool {
        matches!(self, Self::NotWell { .. } | Self::Journal(_))
    }

    /// Whether somebody else may be at work by now, so that nothing at all may be done any more.
    pub(super) fn is_out(&self) -> bool {
        matches!(self, Self::Journal(StoreError::Lost { .. } | StoreError::Changed { .. }))
    }

    /// What kind of trouble it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Call(error) => error.kind(),
            Self::Journal(error) => error.kind(),
            Self::Drain(DrainError::Kubernetes { source, .. }) => match source {
                KubernetesError::Denied(_) | KubernetesError::NoCredentials(_) => ErrorKind::Denied,
                _ => ErrorKind::Other,
            },
            Self::Drain(_) | Self::NotWell { .. } | Self::Blocked(_) | Self::Stuck(_) => {
                ErrorKind::Other
            }
            Self::NoLaunches(_) => ErrorKind::Conflict,
        }
    }

    /// What to try, where that can be told.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoLaunches(_) => Some("resume it first: aws autoscaling resume-processes"),
            Self::Drain(_) => Some(
                "see to what keeps the pods, or give it longer (--drain-timeout), or go on all the \
                 same (--fail-on-drain-error=false)",
            ),
            Self::NotWell { .. } => Some(
                "see to what is wrong and run it again: it goes on where it was; or give it longer \
                 (--validation-timeout)",
            ),
            Self::Call(_) | Self::Blocked(_) | Self::Stuck(_) | Self::Journal(_) => None,
        }
    }
}

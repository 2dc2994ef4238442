//! What goes wrong with a store.

use std::{fmt::Write as _, iter};

use cloudup_engine::ErrorKind;
use object_store::Error;

use super::{Held, backend::is_about_the_bucket};

/// Why a store could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Whatever keeps the objects refused, or could not be reached.
    #[error("could not {doing} {place}")]
    Object {
        /// What was being done: `read`, `write`, `list`.
        doing: &'static str,
        /// With what: `s3://state/demo.example.com/config`.
        place: String,
        /// Why.
        source: Box<Trouble>,
    },
    /// An object is not what is kept under such a key.
    #[error("{place} cannot be read: {problem}")]
    Unreadable {
        /// Which.
        place: String,
        /// Why.
        problem: String,
    },
    /// What was to be changed is no longer as it was read.
    #[error("{place} was changed by somebody else in the meantime; nothing was written")]
    Changed {
        /// What was changed.
        place: String,
    },
    /// Somebody else is at work on the cluster.
    #[error("{0}")]
    Held(Box<Held>),
    /// A change was begun, and something came between before it was through.
    #[error(
        "the change of {cluster} is not through, and counts as made: whoever reads sees it made"
    )]
    Unfinished {
        /// The cluster.
        cluster: String,
        /// What came between.
        source: Box<StoreError>,
    },
    /// The lease was taken away, or ran out.
    #[error("the lease on {cluster} is no longer ours: it ran out, or was broken")]
    Lost {
        /// The cluster.
        cluster: String,
    },
}

/// What an object store said.
#[derive(Debug, thiserror::Error)]
#[error("{}", said(.0))]
pub struct Trouble(pub(super) Error);

impl StoreError {
    /// A store could not be opened.
    pub fn opening(name: &str, error: Error) -> Self {
        Self::object("open", name.to_owned(), error)
    }

    pub(super) fn object(doing: &'static str, place: String, error: Error) -> Self {
        match error {
            Error::AlreadyExists { .. } | Error::Precondition { .. } => Self::Changed { place },
            error => Self::Object { doing, place, source: Box::new(Trouble(error)) },
        }
    }

    /// What kind of trouble it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Object { source, .. } => match &source.0 {
                Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => ErrorKind::Denied,
                Error::NotFound { .. } => ErrorKind::NotFound,
                Error::InvalidPath { .. } | Error::UnknownConfigurationKey { .. } => {
                    ErrorKind::Invalid
                }
                _ => ErrorKind::Other,
            },
            Self::Unreadable { .. } => ErrorKind::Invalid,
            Self::Unfinished { source, .. } => source.kind(),
            Self::Changed { .. } | Self::Held(_) | Self::Lost { .. } => ErrorKind::Conflict,
        }
    }

    /// What to try, where that can be told.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Object { source, .. } if is_about_the_bucket(&source.0) => {
                Some("make the bucket first, or see that its name is right".to_owned())
            }
            Self::Object { source, doing, .. } => match &source.0 {
                Error::PermissionDenied { .. } => Some(match *doing {
                    "list" => "allow s3:ListBucket on the bucket".to_owned(),
                    "read" => {
                        "allow s3:GetObject there, and s3:ListBucket on the bucket".to_owned()
                    }
                    _ => "allow s3:PutObject and s3:DeleteObject there".to_owned(),
                }),
                Error::Unauthenticated { .. } => {
                    Some("sign in, or set AWS_PROFILE to a profile that can".to_owned())
                }
                _ => None,
            },
            Self::Changed { .. } => Some("look at it again, then do it again".to_owned()),
            Self::Held(held) => Some(format!(
                "wait for it, or, if that run is gone, take the lease away: cloudup lock break {}",
                held.cluster
            )),
            Self::Unfinished { .. } => {
                Some("the next command that changes the cluster finishes it".to_owned())
            }
            Self::Unreadable { .. } | Self::Lost { .. } => None,
        }
    }
}

/// What is said, without what is known already: what was done, and with what.
fn said(error: &Error) -> String {
    match error {
        Error::Generic { source, .. }
        | Error::NotFound { source, .. }
        | Error::PermissionDenied { source, .. }
        | Error::Unauthenticated { source, .. } => chain(source.as_ref()),
        error => chain(error),
    }
}

/// An error with its causes, on one line, none of them twice.
pub(super) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    for cause in iter::successors(error.source(), |&cause| cause.source()) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            // Writing to a string cannot fail.
            let _ = write!(text, ": {cause}");
        }
    }
    text
}

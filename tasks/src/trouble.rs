//! What goes wrong with IAM, and what it means here.

use cloudup_engine::{ErrorKind, TaskError};

use crate::{
    arn::ArnError,
    cloud::CloudError,
    policy::{DocumentError, OverBudget},
};

/// What was asked for cannot be done. `message` follows "could not".
pub(crate) fn invalid(message: impl Into<String>) -> TaskError {
    TaskError::new(ErrorKind::Invalid, message)
}

/// Something stands in the way. `message` follows "could not".
pub(crate) fn conflict(message: impl Into<String>) -> TaskError {
    TaskError::new(ErrorKind::Conflict, message)
}

impl OverBudget {
    /// The task error for this one.
    pub(crate) fn while_doing(self, doing: impl Into<String>) -> TaskError {
        TaskError::new(ErrorKind::Quota, doing).because(self)
    }
}

impl DocumentError {
    /// The task error for this one.
    pub(crate) fn while_doing(self, doing: impl Into<String>) -> TaskError {
        invalid(doing).because(self)
    }
}

impl ArnError {
    /// The task error for this one.
    pub(crate) fn while_doing(self, doing: impl Into<String>) -> TaskError {
        let hint = self.hint();
        let error = invalid(doing).because(self);
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

/// What is gone already has been deleted.
pub(crate) fn deleted(
    result: Result<(), CloudError>,
    doing: impl Into<String>,
) -> Result<(), TaskError> {
    CloudError::absent(result).map(drop).map_err(|error| error.while_doing(doing))
}

/// The error of a write on something that is known to exist: that IAM does not find it means that
/// it has not arrived everywhere yet, which passes. `exists` says so.
pub(crate) fn write_error(error: CloudError, exists: bool, doing: impl Into<String>) -> TaskError {
    if exists && error.is_not_found() {
        return TaskError::new(ErrorKind::NotReady, doing).because(error);
    }
    error.while_doing(doing)
}

/// Whether the name is taken: by somebody else, or by ourselves in a call whose answer was lost.
pub(crate) fn is_taken(error: &CloudError) -> bool {
    matches!(
        error.code.as_str(),
        "EntityAlreadyExists" | "InvalidLaunchTemplateName.AlreadyExistsException"
    )
}

/// The error for a name that is taken though nothing is found under it: by one that differs only
/// in case, or by our own that was created a moment ago, in a call whose answer was lost.
pub(crate) fn taken_unseen(
    name: &str,
    others: Result<Vec<String>, CloudError>,
    doing: String,
    error: CloudError,
) -> TaskError {
    let is_twin = |other: &String| other != name && other.eq_ignore_ascii_case(name);
    match others.unwrap_or_default().into_iter().find(is_twin) {
        Some(twin) => conflict(format!("{doing}: there is {twin}"))
            .hint("names are unique in an account, whatever the case of their letters")
            .because(error),
        None => TaskError::new(ErrorKind::NotReady, doing).because(error),
    }
}

/// Whether an account's limit is reached.
pub(crate) fn is_full(error: &CloudError) -> bool {
    error.kind() == ErrorKind::Quota
}

//! What the refusal of a deletion means.

use cloudup_engine::{ErrorKind, TaskError};

use crate::{cloud::CloudError, trouble::deleted};

/// What came of a deletion. What is gone already has been deleted; what something still uses is
/// tried again: instances, gateways and their network interfaces take their time to go.
pub(super) fn gone(result: Result<(), CloudError>, doing: String) -> Result<(), TaskError> {
    match result {
        Err(error) if is_in_use(&error) => {
            let hint = match error.service {
                "iam" => "see whether a policy or an instance profile that stays still holds it",
                _ => "find out what still uses it (a load balancer, perhaps), and delete that",
            };
            Err(TaskError::new(ErrorKind::NotReady, doing).because(error).hint(hint))
        }
        result => deleted(result, doing),
    }
}

/// It is on its way out: the engine comes back to see.
pub(super) fn not_yet(doing: &str) -> TaskError {
    TaskError::new(ErrorKind::NotReady, format!("{doing}: it is still on its way out"))
}

fn is_in_use(error: &CloudError) -> bool {
    matches!(
        error.code.as_str(),
        "DependencyViolation"
            | "DeleteConflict"
            | "InvalidGroup.InUse"
            | "InvalidIPAddress.InUse"
            | "ResourceInUse"
    )
}

//! What a cloud answers when it does not do as asked.

use cloudup_engine::{ErrorKind, TaskError};

/// An AWS operation's error, as every adapter reports it.
///
/// Decisions are taken on [`code`](Self::code), never on the message: messages differ between
/// AWS and what emulates it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{service}:{operation} answered {code}: {message}")]
pub struct CloudError {
    /// The service, as IAM actions spell it: `iam`.
    pub service: &'static str,
    /// The operation: `CreateRole`.
    pub operation: &'static str,
    /// The error code on the wire: `NoSuchEntity`. Empty where no answer came.
    pub code: String,
    /// The message for people.
    pub message: String,
    /// The request's id, for AWS Support.
    pub request_id: Option<String>,
}

impl CloudError {
    /// An error of `operation`.
    pub fn new(
        service: &'static str,
        operation: &'static str,
        code: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self { service, operation, code: code.into(), message: message.into(), request_id: None }
    }

    /// What kind of trouble it is.
    pub fn kind(&self) -> ErrorKind {
        kind_of_code(&self.code)
    }

    /// Whether the thing asked for is not there.
    pub fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::NotFound
    }

    /// `None` where the thing asked for is not there.
    ///
    /// # Errors
    ///
    /// Any other error.
    pub fn absent<T>(result: Result<T, Self>) -> Result<Option<T>, Self> {
        match result {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The task error for this one, met `while_doing` something: a fragment that follows "could
    /// not", such as `create the role`.
    pub fn while_doing(self, while_doing: impl Into<String>) -> TaskError {
        let kind = self.kind();
        let error = TaskError::new(kind, while_doing);
        let error = match kind {
            ErrorKind::Denied => error.hint(format!(
                "allow {}:{} to the identity that cloudup runs as",
                self.service, self.operation
            )),
            _ => error,
        };
        error.because(self)
    }
}

/// What kind of trouble an AWS error code means.
///
/// From the error lists of the IAM, STS, Route 53 and EC2 API references. `LimitExceeded` is an
/// account's quota and stays when tried again, unlike the SDK's `LimitExceededException`.
pub fn kind_of_code(code: &str) -> ErrorKind {
    match code {
        "AccessDenied"
        | "AccessDeniedException"
        | "UnauthorizedOperation"
        | "AuthFailure"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "SignatureDoesNotMatch"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "RequestExpired"
        | "OptInRequired" => ErrorKind::Denied,
        "NoSuchEntity"
        | "NoSuchHostedZone"
        | "InvalidLaunchTemplateId.NotFound"
        | "InvalidLaunchTemplateName.NotFoundException"
        | "InvalidLaunchTemplateId.VersionNotFound" => ErrorKind::NotFound,
        "EntityAlreadyExists"
        | "DeleteConflict"
        | "ConcurrentModification"
        | "UnmodifiableEntity"
        | "InvalidLaunchTemplateName.AlreadyExistsException" => ErrorKind::Conflict,
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "RequestLimitExceeded"
        | "TooManyRequestsException"
        | "PriorRequestNotComplete"
        | "SlowDown"
        | "ServiceFailure"
        | "ServiceUnavailable"
        | "InternalFailure"
        | "InternalError"
        | "EC2ThrottledException" => ErrorKind::Throttled,
        "EntityTemporarilyUnmodifiable" => ErrorKind::NotReady,
        "LimitExceeded" => ErrorKind::Quota,
        "MalformedPolicyDocument"
        | "InvalidInput"
        | "ValidationError"
        | "PolicyNotAttachable"
        | "InvalidParameterValue" => ErrorKind::Invalid,
        _ => ErrorKind::Other,
    }
}

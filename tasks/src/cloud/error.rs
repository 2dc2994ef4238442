//! What a cloud answers when it does not do as asked.

use cloudup_engine::{ErrorKind, TaskError};

/// Codes of an adapter's own, for calls that the service did not answer or not in its own format.
/// [`CloudError::code`] has one of these or the service's.
pub mod code {
    /// No credentials could be had, so nothing was sent.
    pub const NO_CREDENTIALS: &str = "NoCredentials";
    /// No answer in time. Whether the operation was carried out is not known.
    pub const REQUEST_TIMEOUT: &str = "RequestTimeout";
    /// The connection could not be made, or broke. Whether the operation was carried out is not
    /// known.
    pub const CONNECTION_ERROR: &str = "ConnectionError";
    /// The request could not be put together, so nothing was sent.
    pub const UNSENT: &str = "Unsent";
    /// An answer that is not the service's own, or that lacks what it must hold.
    pub const UNREADABLE: &str = "UnreadableAnswer";
}

/// An AWS operation's error, as every adapter reports it.
///
/// Decisions are taken on [`code`](Self::code), never on the message: messages differ between
/// AWS and what emulates it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{service}:{operation} {}: {message}", self.answer())]
pub struct CloudError {
    /// The service, as IAM actions spell it: `iam`.
    pub service: &'static str,
    /// The operation: `CreateRole`.
    pub operation: &'static str,
    /// The error code on the wire: `NoSuchEntity`; or, where no answer came, one of [`code`].
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
        let error = TaskError::new(self.kind(), while_doing);
        let error = match self.hint() {
            Some(hint) => error.hint(hint),
            None => error,
        };
        error.because(self)
    }

    /// What the reader could try, if we know.
    pub fn hint(&self) -> Option<String> {
        let hint = match self.code.as_str() {
            code::NO_CREDENTIALS => {
                "name a profile that has credentials with AWS_PROFILE, sign in with `aws sso login`, \
                 or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            }
            "ExpiredToken" | "ExpiredTokenException" => {
                "the credentials have run out: fetch new ones, with `aws sso login` if that is \
                 where they come from"
            }
            "InvalidClientTokenId" | "UnrecognizedClientException" | "SignatureDoesNotMatch" => {
                "the credentials are not valid here: see AWS_PROFILE, AWS_ACCESS_KEY_ID, and that \
                 AWS_REGION is in their partition"
            }
            "RequestExpired" => "see that this machine's clock is right",
            "OpenIdIdpCommunicationError" => {
                "see that the provider's URL can be reached from the internet, over TLS"
            }
            code::CONNECTION_ERROR | code::REQUEST_TIMEOUT => {
                "see that the network is up, and AWS_ENDPOINT_URL and AWS_REGION where they are set"
            }
            _ if self.kind() == ErrorKind::Denied => {
                return Some(format!(
                    "allow {}:{} to the identity that cloudup runs as",
                    self.service, self.operation
                ));
            }
            _ => return None,
        };
        Some(hint.to_owned())
    }

    fn answer(&self) -> String {
        match self.code.as_str() {
            code::NO_CREDENTIALS => "was not sent for want of credentials".to_owned(),
            code::UNSENT => "could not be sent".to_owned(),
            code::CONNECTION_ERROR | code::REQUEST_TIMEOUT => {
                format!("got no answer ({})", self.code)
            }
            code => format!("answered {code}"),
        }
    }
}

/// What kind of trouble an AWS error code means.
///
/// From the error lists of the IAM, STS, Route 53, EC2 and Auto Scaling API references. `LimitExceeded` is an
/// account's quota and stays when tried again, unlike the SDK's `LimitExceededException`. A call
/// without an answer is tried again like a throttled one, by whoever looks first at what it did.
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
        | "OptInRequired"
        | code::NO_CREDENTIALS => ErrorKind::Denied,
        "NoSuchEntity"
        | "NoSuchHostedZone"
        | "NatGatewayNotFound"
        | "Gateway.NotAttached"
        | "InvalidLaunchTemplateId.NotFound"
        | "InvalidLaunchTemplateName.NotFoundException"
        | "InvalidLaunchTemplateId.VersionNotFound"
        | "InvalidAMIID.NotFound"
        | "InvalidAMIID.Unavailable"
        | "InvalidKeyPair.NotFound" => ErrorKind::NotFound,
        "EntityAlreadyExists"
        | "DeleteConflict"
        | "ConcurrentModification"
        | "UnmodifiableEntity"
        | "DependencyViolation"
        | "InvalidSubnet.Conflict"
        | "InvalidIPAddress.InUse"
        | "Resource.AlreadyAssociated"
        | "RouteAlreadyExists"
        | "InvalidLaunchTemplateName.AlreadyExistsException"
        | "InvalidKeyPair.Duplicate"
        | "AlreadyExists"
        | "ResourceInUse" => ErrorKind::Conflict,
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
        | "EC2ThrottledException"
        | code::CONNECTION_ERROR
        | code::REQUEST_TIMEOUT => ErrorKind::Throttled,
        "EntityTemporarilyUnmodifiable" | "ScalingActivityInProgress" | "ResourceContention" => {
            ErrorKind::NotReady
        }
        "LimitExceeded" | "TagLimitExceeded" | "VersionLimitExceeded" => ErrorKind::Quota,
        "MalformedPolicyDocument"
        | "InvalidInput"
        | "ValidationError"
        | "PolicyNotAttachable"
        | "InvalidParameterValue"
        | "InvalidParameterCombination"
        | "MissingParameter"
        | "InvalidInstanceType"
        | "InvalidAMIID.Malformed"
        | "InvalidKey.Format"
        | "InvalidLaunchTemplateName.MalformedException"
        | "OperationNotPermitted"
        | "InvalidAction"
        | code::UNSENT => ErrorKind::Invalid,
        code => kind_of_ending(code),
    }
}

/// EC2 has a code for each kind of thing, and says after it what is wrong with it.
fn kind_of_ending(code: &str) -> ErrorKind {
    const ENDINGS: [(&str, ErrorKind); 5] = [
        (".NotFound", ErrorKind::NotFound),
        (".Duplicate", ErrorKind::Conflict),
        (".Malformed", ErrorKind::Invalid),
        (".Range", ErrorKind::Invalid),
        ("LimitExceeded", ErrorKind::Quota),
    ];
    let known = ENDINGS.iter().find(|(ending, _)| code.ends_with(ending));
    known.map_or(ErrorKind::Other, |(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_says_what_happened_and_what_to_try() {
        let rows: Vec<_> = [
            "AccessDenied",
            "ExpiredToken",
            "InvalidClientTokenId",
            "RequestExpired",
            "LimitExceeded",
            "NoSuchEntity",
            "OpenIdIdpCommunicationError",
            code::NO_CREDENTIALS,
            code::REQUEST_TIMEOUT,
            code::CONNECTION_ERROR,
            code::UNSENT,
            code::UNREADABLE,
        ]
        .map(|code| {
            let error = CloudError::new("iam", "GetRole", code, "why");
            let (kind, hint) = (error.kind(), error.hint().unwrap_or("-".to_owned()));
            format!("{kind:?}: {error}\n    {hint}")
        })
        .into();
        insta::assert_snapshot!(rows.join("\n"));
    }

    #[test]
    fn a_task_error_has_kind_hint_and_cause() {
        let denied = CloudError::new("iam", "CreateRole", "AccessDenied", "no");
        let error = denied.clone().while_doing("create the role");
        assert_eq!(error.kind(), ErrorKind::Denied);
        assert_eq!(error.to_string(), "create the role");
        assert_eq!(
            error.hints(),
            Some("allow iam:CreateRole to the identity that cloudup runs as")
        );
        assert_eq!(
            std::error::Error::source(&error).unwrap().to_string(),
            "iam:CreateRole answered AccessDenied: no"
        );
    }
}

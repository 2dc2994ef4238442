//! The SDK's errors as [`CloudError`]s.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::{ErrorMetadata, ProvideErrorMetadata};
use aws_types::request_id::RequestId;

use crate::cloud::{CloudError, Page, code};

/// A service's operation, for its errors.
#[derive(Clone, Copy)]
pub(super) struct Operation {
    /// As IAM actions spell it: `iam`.
    pub(super) service: &'static str,
    /// `GetRole`.
    pub(super) name: &'static str,
}

impl Operation {
    /// The operation's error for the SDK's.
    pub(super) fn failed<E>(self) -> impl FnOnce(SdkError<E, HttpResponse>) -> CloudError
    where
        E: ProvideErrorMetadata + RequestId + Error + Send + Sync + 'static,
    {
        move |error| {
            let (code, message) = match &error {
                SdkError::ServiceError(answer) => {
                    answered(answer.err().meta(), answer.raw().status().as_u16())
                }
                SdkError::ResponseError(answer) => unreadable(answer.raw().status().as_u16()),
                _ => (unanswered(&error).to_owned(), causes(&error)),
            };
            let request_id = error.request_id().map(ToOwned::to_owned);
            CloudError { request_id, ..CloudError::new(self.service, self.name, code, message) }
        }
    }

    /// The operation's error for a request that cannot be put together.
    pub(super) fn unsent(self, error: &dyn Error) -> CloudError {
        CloudError::new(self.service, self.name, code::UNSENT, error.to_string())
    }

    /// What the answer must hold.
    pub(super) fn expect<T>(self, part: Option<T>, what: &str) -> Result<T, CloudError> {
        part.ok_or_else(|| {
            CloudError::new(
                self.service,
                self.name,
                code::UNREADABLE,
                format!("the answer has no {what}"),
            )
        })
    }

    /// A part of a listing. One that says there is more but not where would be taken for the
    /// whole, and what is missing from it for gone.
    pub(super) fn page<T>(
        self,
        items: Vec<T>,
        truncated: bool,
        marker: Option<&str>,
    ) -> Result<Page<T>, CloudError> {
        let next = if truncated {
            Some(self.expect(marker, "marker, though it is truncated")?.to_owned())
        } else {
            None
        };
        Ok(Page { items, next })
    }
}

/// Code and message of an error that the service answered.
fn answered(meta: &ErrorMetadata, status: u16) -> (String, String) {
    match meta.code() {
        Some(code) => (code.to_owned(), meta.message().unwrap_or("no message").to_owned()),
        None => unreadable(status),
    }
}

/// Code and message of an answer that is not in the service's own format: a proxy's, say.
fn unreadable(status: u16) -> (String, String) {
    let code = match status {
        429 => "TooManyRequestsException",
        500.. => "ServiceUnavailable",
        _ => code::UNREADABLE,
    };
    (code.to_owned(), format!("an answer of HTTP status {status} that is not the service's own"))
}

/// The code of a call that got no answer.
fn unanswered<E: Error + 'static>(error: &SdkError<E, HttpResponse>) -> &'static str {
    match (find::<CredentialsError>(error), error) {
        (Some(CredentialsError::ProviderTimedOut(_)), _) | (None, SdkError::TimeoutError(_)) => {
            code::REQUEST_TIMEOUT
        }
        (Some(_), _) => code::NO_CREDENTIALS,
        (None, SdkError::DispatchFailure(failure)) if failure.is_timeout() => code::REQUEST_TIMEOUT,
        (None, SdkError::DispatchFailure(_)) => code::CONNECTION_ERROR,
        (None, _) => code::UNSENT,
    }
}

/// What an error's causes say, from the outermost to the innermost. The error itself only says at
/// which stage it happened; so do those that lead to missing credentials.
fn causes(error: &(dyn Error + 'static)) -> String {
    let stage = find::<CredentialsError>(error).map_or(error, |credentials| credentials);
    let mut said: Vec<_> = chain(stage).skip(1).map(ToString::to_string).collect();
    said.dedup();
    if said.is_empty() { stage.to_string() } else { said.join(": ") }
}

/// The first `T` among an error and its causes.
fn find<'e, T: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e T> {
    chain(error).find_map(|error| error.downcast_ref::<T>())
}

/// An error and its causes.
fn chain<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

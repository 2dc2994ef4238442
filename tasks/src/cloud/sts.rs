//! STS: who is calling, and so which account and partition this is.

use async_trait::async_trait;

use super::CloudError;

/// The answer of `GetCallerIdentity`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerIdentity {
    /// The account's twelve digits.
    pub account: String,
    /// The caller's ARN; its second part is the partition.
    pub arn: String,
    /// The caller's unique id.
    pub user_id: String,
}

/// What can be read from STS.
#[async_trait]
pub trait StsReader: Send + Sync {
    /// `GetCallerIdentity`, which no policy can deny.
    async fn get_caller_identity(&self) -> Result<CallerIdentity, CloudError>;
}

//! STS.

use async_trait::async_trait;

use super::error::Operation;
use crate::cloud::{
    CloudError,
    sts::{CallerIdentity, StsReader},
};

/// STS through the SDK.
#[derive(Clone, Debug)]
pub(super) struct Sts(pub(super) aws_sdk_sts::Client);

#[async_trait]
impl StsReader for Sts {
    async fn get_caller_identity(&self) -> Result<CallerIdentity, CloudError> {
        let operation = Operation { service: "sts", name: "GetCallerIdentity" };
        let answer = self.0.get_caller_identity().send().await.map_err(operation.failed())?;
        Ok(CallerIdentity {
            account: operation.expect(answer.account, "account")?,
            arn: operation.expect(answer.arn, "ARN")?,
            user_id: operation.expect(answer.user_id, "user id")?,
        })
    }
}

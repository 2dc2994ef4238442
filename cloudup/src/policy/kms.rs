//! Keys of KMS, under which volumes and buckets are encrypted: for what, whoever asks says.

use super::permissions::{Permissions, only_if};

const DATA: [&str; 5] =
    ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"];

/// Hands a key on to AWS's own services, which attach encrypted volumes.
pub(super) fn grants(to: &mut Permissions<'_>, purpose: &str) {
    let condition = only_if("Bool", "kms:GrantIsForAWSResource", &["true"]);
    to.allow("KmsGrants", purpose, &["kms:CreateGrant"], ["*".to_owned()], condition);
}

/// Uses keys, by way of EC2 and S3 only.
pub(super) fn data_via_services(to: &mut Permissions<'_>, purpose: &str) {
    // These names end in `.amazonaws.com` in every partition: AWS's documentation of the key.
    let ec2 = format!("ec2.{}.amazonaws.com", to.scope.region);
    let condition = only_if("StringLike", "kms:ViaService", &[&ec2, "s3.*.amazonaws.com"]);
    to.allow("KmsData", purpose, &DATA, ["*".to_owned()], condition);
}

/// Uses keys directly, as the API server does that encrypts secrets by itself.
pub(super) fn data_directly(to: &mut Permissions<'_>) {
    to.anywhere("KmsEncryptionConfig", "The API server encrypts secrets", &DATA);
}

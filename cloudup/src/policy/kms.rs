//! Keys of KMS, under which volumes and buckets are encrypted.

use std::collections::BTreeMap;

use cloudup_tasks::policy::{Condition, OneOrMany};

use super::permissions::Permissions;

const DATA: [&str; 5] =
    ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"];

/// Hands a key on to AWS's own services, which attach encrypted volumes.
pub(super) fn grants(to: &mut Permissions<'_>) {
    let for_aws = OneOrMany::One("true".to_owned());
    let condition = Condition::from([(
        "Bool".to_owned(),
        BTreeMap::from([("kms:GrantIsForAWSResource".to_owned(), for_aws)]),
    )]);
    to.allow("KmsGrants", &["kms:CreateGrant"], ["*".to_owned()], condition);
}

/// Uses keys, by way of EC2 and S3 only.
pub(super) fn data_via_services(to: &mut Permissions<'_>) {
    // These names end in `.amazonaws.com` in every partition: AWS's documentation of the key.
    let services = OneOrMany::Many(vec![
        format!("ec2.{}.amazonaws.com", to.scope.region),
        "s3.*.amazonaws.com".to_owned(),
    ]);
    let condition = Condition::from([(
        "StringLike".to_owned(),
        BTreeMap::from([("kms:ViaService".to_owned(), services)]),
    )]);
    to.allow("KmsData", &DATA, ["*".to_owned()], condition);
}

/// Uses keys directly, as the API server does that encrypts secrets by itself.
pub(super) fn data_directly(to: &mut Permissions<'_>) {
    to.anywhere("KmsEncryptionConfig", &DATA);
}

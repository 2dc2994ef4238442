//! Managed policies: those of AWS that every account knows, and those in the account's state.

use super::{
    error::Refusal,
    grammar,
    state::{DocumentText, State},
};
use crate::cloud::iam::{self, Tags};

/// Policies of AWS that roles of nodes and their add-ons take, each with actions it allows: enough
/// to tell them apart, not AWS's full list.
const OF_AWS: &[(&str, &[&str])] = &[
    ("AdministratorAccess", &["*"]),
    ("AmazonEBSCSIDriverPolicy", &["ec2:AttachVolume", "ec2:CreateVolume", "ec2:DetachVolume"]),
    (
        "AmazonEC2ContainerRegistryPowerUser",
        &["ecr:BatchGetImage", "ecr:GetAuthorizationToken", "ecr:PutImage"],
    ),
    ("AmazonEC2ContainerRegistryPullOnly", &["ecr:BatchGetImage", "ecr:GetAuthorizationToken"]),
    (
        "AmazonEC2ContainerRegistryReadOnly",
        &["ecr:BatchGetImage", "ecr:DescribeImages", "ecr:GetAuthorizationToken"],
    ),
    ("AmazonEC2FullAccess", &["ec2:*"]),
    ("AmazonEC2ReadOnlyAccess", &["ec2:Describe*"]),
    ("AmazonEKSClusterPolicy", &["ec2:Describe*", "elasticloadbalancing:*"]),
    ("AmazonEKSWorkerNodePolicy", &["ec2:DescribeInstances", "eks:DescribeCluster"]),
    ("AmazonEKS_CNI_Policy", &["ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface"]),
    ("AmazonRoute53FullAccess", &["route53:*"]),
    ("AmazonS3FullAccess", &["s3:*"]),
    ("AmazonS3ReadOnlyAccess", &["s3:Get*", "s3:List*"]),
    ("AmazonSSMManagedInstanceCore", &["ssm:UpdateInstanceInformation", "ssmmessages:*"]),
    ("AmazonSSMPatchAssociation", &["ssm:DescribeEffectivePatchesForPatchBaseline"]),
    ("AmazonVPCFullAccess", &["ec2:*Vpc*"]),
    ("CloudWatchAgentServerPolicy", &["cloudwatch:PutMetricData", "logs:PutLogEvents"]),
    ("CloudWatchLogsFullAccess", &["logs:*"]),
    ("IAMFullAccess", &["iam:*"]),
    ("IAMReadOnlyAccess", &["iam:Get*", "iam:List*"]),
    ("PowerUserAccess", &["*"]),
    ("ReadOnlyAccess", &["ec2:Describe*", "iam:Get*", "iam:List*", "s3:Get*", "s3:List*"]),
    ("SecurityAudit", &["iam:Get*", "iam:List*"]),
    ("ViewOnlyAccess", &["ec2:Describe*", "iam:List*"]),
    ("job-function/ViewOnlyAccess", &["ec2:Describe*", "iam:List*"]),
    ("service-role/AmazonEBSCSIDriverPolicy", &["ec2:AttachVolume", "ec2:CreateVolume"]),
    ("service-role/AmazonEFSCSIDriverPolicy", &["elasticfilesystem:CreateAccessPoint"]),
];

/// The managed policy of that ARN, if the account or AWS has it.
pub(super) fn find(state: &State, arn: &str) -> Option<iam::ManagedPolicy> {
    let name = grammar::policy_arn(arn).ok()?.to_owned();
    let path = path(arn, &name)?.to_owned();
    let known = |default_version_id: &str, tags: &Tags| iam::ManagedPolicy {
        arn: arn.to_owned(),
        name,
        path,
        default_version_id: default_version_id.to_owned(),
        tags: tags.clone(),
    };
    if let Some(policy) = state.managed_policies.iter().find(|policy| policy.arn == arn) {
        return Some(known(&policy.default_version_id, &policy.tags));
    }
    of_aws(state, arn).map(|_| known("v1", &Tags::new()))
}

/// What stands before the name in an ARN: `/` or `/…/`.
fn path<'a>(arn: &'a str, name: &str) -> Option<&'a str> {
    let (_, resource) = arn.split_once(":policy")?;
    resource.strip_suffix(name)
}

/// The document of one version.
pub(super) fn version(state: &State, arn: &str, version: &str) -> Option<DocumentText> {
    if let Some(policy) = state.managed_policies.iter().find(|policy| policy.arn == arn) {
        return policy.versions.get(version).cloned();
    }
    let actions = of_aws(state, arn).filter(|_| version == "v1")?;
    Some(allowing(actions))
}

/// Refuses an ARN that names no policy; `message` says so.
pub(super) fn must_exist(state: &State, arn: &str, message: String) -> Result<(), Refusal> {
    grammar::policy_arn(arn)?;
    find(state, arn).map(drop).ok_or_else(|| Refusal::no_such_entity(message))
}

/// What a managed policy holds that was seeded without a document.
pub(super) fn default_document() -> DocumentText {
    allowing(&["sts:GetCallerIdentity"])
}

fn of_aws(state: &State, arn: &str) -> Option<&'static [&'static str]> {
    let path = arn
        .strip_prefix("arn:")?
        .strip_prefix(state.partition.as_str())?
        .strip_prefix(":iam::aws:policy/")?;
    OF_AWS.iter().find(|(known, _)| *known == path).map(|(_, actions)| *actions)
}

fn allowing(actions: &[&str]) -> DocumentText {
    DocumentText(
        serde_json::json!({
            "Version": "2012-10-17",
            "Statement": [{ "Effect": "Allow", "Action": actions, "Resource": "*" }],
        })
        .to_string(),
    )
}

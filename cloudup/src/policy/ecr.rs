//! Images from ECR.

use super::permissions::Permissions;

/// What kOps' documentation promises under this Sid.
const REGISTRY: [&str; 11] = [
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:BatchImportUpstreamImage",
    "ecr:CreateRepository",
    "ecr:DescribeRepositories",
    "ecr:GetAuthorizationToken",
    "ecr:GetDownloadUrlForLayer",
    "ecr:GetRepositoryPolicy",
    "ecr:ListImages",
    "ecr:ReplicateImage",
    "ecr:TagResource",
];

/// Pulls images, also through a cache of an upstream registry
/// (`spec.iam.allowContainerRegistry`).
pub(super) fn registry(to: &mut Permissions<'_>) {
    to.anywhere(
        "kOpsK8sECR",
        "Nodes pull images from Amazon ECR, and through its caches",
        &REGISTRY,
    );
}

/// Fills a cache of an upstream registry
/// (`spec.containerd.useECRCredentialsForMirrors`).
pub(super) fn pull_through(to: &mut Permissions<'_>) {
    to.anywhere(
        "EcrPullThroughCache",
        "Nodes pull images through Amazon ECR's caches, which they fill",
        &[
            "ecr:BatchImportUpstreamImage",
            "ecr:CreateRepository",
            "ecr:ReplicateImage",
            "ecr:TagResource",
        ],
    );
}

//! The cluster autoscaler.

use super::permissions::Permissions;

/// Grows and shrinks the cluster's groups.
pub(super) fn groups(to: &mut Permissions<'_>) {
    to.anywhere(
        "Scaling",
        "The cluster autoscaler looks at the groups and at what they could start",
        &[
            "autoscaling:DescribeAutoScalingGroups",
            "autoscaling:DescribeAutoScalingInstances",
            "autoscaling:DescribeLaunchConfigurations",
            "autoscaling:DescribeScalingActivities",
            "ec2:DescribeImages",
            "ec2:DescribeLaunchTemplateVersions",
            "ec2:GetInstanceTypesFromInstanceRequirements",
        ],
    );
    to.on_tagged(
        "ScalingOfCluster",
        "The cluster autoscaler grows and shrinks the cluster's groups",
        &["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"],
    );
}

/// Asks EC2 what instance types there are, rather than going by a list of its own.
pub(super) fn instance_types(to: &mut Permissions<'_>) {
    to.anywhere(
        "Scaling",
        "The cluster autoscaler asks EC2 which instance types there are",
        &["ec2:DescribeInstanceTypes"],
    );
}

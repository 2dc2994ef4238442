//! The node termination handler, in queue mode.

use super::permissions::Permissions;

/// Takes what AWS says about instances from a queue, and drains their nodes.
pub(super) fn queue(to: &mut Permissions<'_>) {
    to.anywhere(
        "Scaling",
        "The node termination handler takes what AWS says about instances from a queue",
        &[
            "autoscaling:DescribeAutoScalingInstances",
            "autoscaling:DescribeTags",
            "ec2:DescribeInstances",
            "sqs:DeleteMessage",
            "sqs:ReceiveMessage",
        ],
    );
    to.on_tagged(
        "ScalingOfCluster",
        "The node termination handler says when it has drained an instance's node",
        &["autoscaling:CompleteLifecycleAction"],
    );
}

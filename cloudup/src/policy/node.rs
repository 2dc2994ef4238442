//! What the machines themselves do: starting up, and letting others in.

use super::permissions::Permissions;

/// kops-controller, which checks that whoever asks to join is an instance of ours.
pub(super) fn kops_controller(to: &mut Permissions<'_>) {
    to.anywhere(
        "KopsController",
        "kops-controller checks that whoever asks to join is an instance of ours",
        &["ec2:DescribeInstances"],
    );
}

/// kops-controller, which hands out the pods' IPv6 prefixes.
pub(super) fn kops_controller_ipam(to: &mut Permissions<'_>) {
    to.anywhere(
        "KopsController",
        "kops-controller hands out the pods' IPv6 prefixes",
        &["ec2:DescribeNetworkInterfaces"],
    );
}

/// Nodeup, which asks how many addresses or GPUs its instance has.
pub(super) fn instance_types(to: &mut Permissions<'_>) {
    to.anywhere(
        "Nodeup",
        "Nodeup asks how many addresses and GPUs its instance has",
        &["ec2:DescribeInstanceTypes"],
    );
}

/// Nodeup, which takes an IPv6 prefix for its instance.
pub(super) fn ipv6_addresses(to: &mut Permissions<'_>) {
    to.anywhere(
        "Nodeup",
        "Nodeup takes an IPv6 prefix for its instance",
        &["ec2:AssignIpv6Addresses"],
    );
}

/// Nodeup in a warm pool, which says when its instance is ready to be stopped.
pub(super) fn warm_pool_hook(to: &mut Permissions<'_>) {
    to.anywhere(
        "WarmPool",
        "Nodeup finds out whether its instance waits in a warm pool",
        &["autoscaling:DescribeLifecycleHooks"],
    );
    to.on_tagged(
        "WarmPoolOfCluster",
        "Nodeup says when its instance is ready to wait in the warm pool",
        &["autoscaling:CompleteLifecycleAction"],
    );
}

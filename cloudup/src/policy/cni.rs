//! Pod networks that work on EC2's network interfaces.

use cloudup_tasks::policy::Condition;

use super::permissions::Permissions;

/// Calico, which switches off the check of source and destination.
pub(super) fn calico(to: &mut Permissions<'_>) {
    to.anywhere(
        "CalicoSourceDestCheck",
        "Calico switches off EC2's check of source and destination, which drops pods' packets",
        &["ec2:DescribeInstances", "ec2:ModifyNetworkInterfaceAttribute"],
    );
}

/// kube-router, which switches off the check of source and destination.
pub(super) fn kube_router(to: &mut Permissions<'_>) {
    to.on_tagged(
        "KubeRouterSourceDestCheck",
        "kube-router switches off EC2's check of source and destination, which drops pods' packets",
        &["ec2:ModifyInstanceAttribute"],
    );
}

/// kindnet, which switches off the check of source and destination.
pub(super) fn kindnet(to: &mut Permissions<'_>) {
    to.on_tagged(
        "KindnetSourceDestCheck",
        "kindnet switches off EC2's check of source and destination, which drops pods' packets",
        &["ec2:ModifyInstanceAttribute"],
    );
}

/// Cilium, whose operator makes network interfaces for pods.
pub(super) fn cilium_eni(to: &mut Permissions<'_>) {
    to.anywhere(
        "CiliumNetworkInterfaces",
        "Cilium's operator makes network interfaces for pods",
        &[
            "ec2:AssignPrivateIpAddresses",
            "ec2:AttachNetworkInterface",
            "ec2:CreateNetworkInterface",
            "ec2:CreateTags",
            "ec2:DeleteNetworkInterface",
            "ec2:DescribeInstances",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeRouteTables",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeTags",
            "ec2:DescribeVpcs",
            "ec2:ModifyNetworkInterfaceAttribute",
            "ec2:UnassignPrivateIpAddresses",
        ],
    );
}

/// The Amazon VPC CNI, which makes network interfaces for pods.
pub(super) fn amazon_vpc(to: &mut Permissions<'_>) {
    to.anywhere(
        "AmazonVpcNetworkInterfaces",
        "The Amazon VPC CNI makes network interfaces for pods",
        &[
            "ec2:AssignPrivateIpAddresses",
            "ec2:AttachNetworkInterface",
            "ec2:CreateNetworkInterface",
            "ec2:DeleteNetworkInterface",
            "ec2:DescribeInstanceTypes",
            "ec2:DescribeInstances",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeTags",
            "ec2:DetachNetworkInterface",
            "ec2:ModifyNetworkInterfaceAttribute",
            "ec2:UnassignPrivateIpAddresses",
        ],
    );
    let interfaces = to.scope.ec2_arn("network-interface");
    to.allow(
        "AmazonVpcTags",
        "The Amazon VPC CNI tags the network interfaces it makes",
        &["ec2:CreateTags"],
        [interfaces],
        Condition::new(),
    );
}

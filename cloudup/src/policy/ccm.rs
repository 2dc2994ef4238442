//! The AWS cloud controller manager: nodes, routes and classic or network load balancers.

use super::{permissions::Permissions, security_groups};

/// Looks after nodes and the load balancers of services.
pub(super) fn nodes_and_load_balancers(to: &mut Permissions<'_>) {
    to.anywhere(
        "LoadBalancers",
        "The cloud controller manager looks at nodes, networks and load balancers",
        &[
            "autoscaling:DescribeAutoScalingGroups",
            "autoscaling:DescribeTags",
            "ec2:DescribeAvailabilityZones",
            "ec2:DescribeInstanceTopology",
            "ec2:DescribeInstances",
            "ec2:DescribeRegions",
            "ec2:DescribeRouteTables",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
            "elasticloadbalancing:DescribeListeners",
            "elasticloadbalancing:DescribeLoadBalancerAttributes",
            "elasticloadbalancing:DescribeLoadBalancerPolicies",
            "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:DescribeTargetGroupAttributes",
            "elasticloadbalancing:DescribeTargetGroups",
            "elasticloadbalancing:DescribeTargetHealth",
            "iam:CreateServiceLinkedRole",
            "kms:DescribeKey",
        ],
    );
    to.on_tagged(
        "LoadBalancersOfCluster",
        "The cloud controller manager changes and deletes the load balancers of services",
        &[
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:DeleteSecurityGroup",
            "ec2:ModifyInstanceAttribute",
            "ec2:RevokeSecurityGroupIngress",
            "elasticloadbalancing:AddTags",
            "elasticloadbalancing:ApplySecurityGroupsToLoadBalancer",
            "elasticloadbalancing:AttachLoadBalancerToSubnets",
            "elasticloadbalancing:ConfigureHealthCheck",
            "elasticloadbalancing:CreateLoadBalancerListeners",
            "elasticloadbalancing:CreateLoadBalancerPolicy",
            "elasticloadbalancing:DeleteListener",
            "elasticloadbalancing:DeleteLoadBalancer",
            "elasticloadbalancing:DeleteLoadBalancerListeners",
            "elasticloadbalancing:DeleteTargetGroup",
            "elasticloadbalancing:DeregisterInstancesFromLoadBalancer",
            "elasticloadbalancing:DeregisterTargets",
            "elasticloadbalancing:DetachLoadBalancerFromSubnets",
            "elasticloadbalancing:ModifyListener",
            "elasticloadbalancing:ModifyLoadBalancerAttributes",
            "elasticloadbalancing:ModifyTargetGroup",
            "elasticloadbalancing:ModifyTargetGroupAttributes",
            "elasticloadbalancing:RegisterInstancesWithLoadBalancer",
            "elasticloadbalancing:RegisterTargets",
            "elasticloadbalancing:SetLoadBalancerPoliciesForBackendServer",
            "elasticloadbalancing:SetLoadBalancerPoliciesOfListener",
        ],
    );
    to.creating_tagged(
        "LoadBalancersCreate",
        "The cloud controller manager makes load balancers for services",
        &[
            "elasticloadbalancing:CreateListener",
            "elasticloadbalancing:CreateLoadBalancer",
            "elasticloadbalancing:CreateTargetGroup",
        ],
    );
    let purpose = "The cloud controller manager makes security groups for load balancers";
    security_groups::create(to, purpose);
}

/// Gives network load balancers security groups of their own.
pub(super) fn nlb_security_groups(to: &mut Permissions<'_>) {
    to.on_tagged(
        "LoadBalancersOfCluster",
        "The cloud controller manager gives network load balancers security groups of their own",
        &["elasticloadbalancing:SetSecurityGroups"],
    );
}

/// Routes each node's pods through the VPC's route table.
pub(super) fn routes(to: &mut Permissions<'_>) {
    to.on_tagged(
        "RoutesOfCluster",
        "The cloud controller manager routes each node's pods through the VPC's route table",
        &["ec2:CreateRoute", "ec2:DeleteRoute"],
    );
}

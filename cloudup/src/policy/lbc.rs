//! The AWS Load Balancer Controller: application and network load balancers.

use super::{permissions::Permissions, security_groups};

/// Looks after load balancers.
pub(super) fn load_balancers(to: &mut Permissions<'_>) {
    to.anywhere(
        "LoadBalancers",
        "The AWS load balancer controller looks at networks, certificates and load balancers",
        &[
            "acm:DescribeCertificate",
            "acm:ListCertificates",
            "cognito-idp:DescribeUserPoolClient",
            "ec2:DescribeAccountAttributes",
            "ec2:DescribeAvailabilityZones",
            "ec2:DescribeInstances",
            "ec2:DescribeInternetGateways",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcPeeringConnections",
            "ec2:DescribeVpcs",
            "ec2:GetSecurityGroupsForVpc",
            "elasticloadbalancing:DescribeCapacityReservation",
            "elasticloadbalancing:DescribeListenerAttributes",
            "elasticloadbalancing:DescribeListenerCertificates",
            "elasticloadbalancing:DescribeListeners",
            "elasticloadbalancing:DescribeLoadBalancerAttributes",
            "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:DescribeRules",
            "elasticloadbalancing:DescribeTags",
            "elasticloadbalancing:DescribeTargetGroupAttributes",
            "elasticloadbalancing:DescribeTargetGroups",
            "elasticloadbalancing:DescribeTargetHealth",
            "elasticloadbalancing:DescribeTrustStores",
            "elasticloadbalancing:SetRulePriorities",
        ],
    );
    to.on_tagged(
        "LoadBalancersOfCluster",
        "The AWS load balancer controller changes and deletes the load balancers it has made",
        &[
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:DeleteSecurityGroup",
            "ec2:RevokeSecurityGroupIngress",
            "elasticloadbalancing:AddListenerCertificates",
            "elasticloadbalancing:AddTags",
            "elasticloadbalancing:DeleteListener",
            "elasticloadbalancing:DeleteLoadBalancer",
            "elasticloadbalancing:DeleteRule",
            "elasticloadbalancing:DeleteTargetGroup",
            "elasticloadbalancing:DeregisterTargets",
            "elasticloadbalancing:ModifyCapacityReservation",
            "elasticloadbalancing:ModifyListener",
            "elasticloadbalancing:ModifyListenerAttributes",
            "elasticloadbalancing:ModifyLoadBalancerAttributes",
            "elasticloadbalancing:ModifyRule",
            "elasticloadbalancing:ModifyTargetGroup",
            "elasticloadbalancing:ModifyTargetGroupAttributes",
            "elasticloadbalancing:RegisterTargets",
            "elasticloadbalancing:RemoveListenerCertificates",
            "elasticloadbalancing:RemoveTags",
            "elasticloadbalancing:SetIpAddressType",
            "elasticloadbalancing:SetSecurityGroups",
            "elasticloadbalancing:SetSubnets",
        ],
    );
    to.creating_tagged(
        "LoadBalancersCreate",
        "The AWS load balancer controller makes load balancers for services and ingresses",
        &[
            "elasticloadbalancing:CreateListener",
            "elasticloadbalancing:CreateLoadBalancer",
            "elasticloadbalancing:CreateRule",
            "elasticloadbalancing:CreateTargetGroup",
        ],
    );
    let purpose = "The AWS load balancer controller makes security groups for load balancers";
    security_groups::create(to, purpose);
}

/// Puts the regional web application firewall in front (`enableWAF`).
pub(super) fn waf(to: &mut Permissions<'_>) {
    to.anywhere(
        "LoadBalancersWaf",
        "The AWS load balancer controller puts the regional web application firewall in front",
        &[
            "elasticloadbalancing:SetWebACL",
            "waf-regional:AssociateWebACL",
            "waf-regional:DisassociateWebACL",
            "waf-regional:GetWebACL",
            "waf-regional:GetWebACLForResource",
        ],
    );
}

/// Puts the web application firewall's second version in front (`enableWAFv2`).
pub(super) fn waf_v2(to: &mut Permissions<'_>) {
    to.anywhere(
        "LoadBalancersWafV2",
        "The AWS load balancer controller puts the web application firewall's version 2 in front",
        &[
            "elasticloadbalancing:SetWebACL",
            "wafv2:AssociateWebACL",
            "wafv2:DisassociateWebACL",
            "wafv2:GetWebACL",
            "wafv2:GetWebACLForResource",
        ],
    );
}

/// Puts AWS Shield in front (`enableShield`).
pub(super) fn shield(to: &mut Permissions<'_>) {
    to.anywhere(
        "LoadBalancersShield",
        "The AWS load balancer controller has load balancers protected by AWS Shield",
        &[
            "shield:CreateProtection",
            "shield:DeleteProtection",
            "shield:DescribeProtection",
            "shield:GetSubscriptionState",
        ],
    );
}

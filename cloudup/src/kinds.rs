//! Every kind of task that an override may name, with its phase.

use cloudup_engine::{Graph, Task as _};
use cloudup_tasks::{
    cloud::Aws,
    iam::{IamManagedPolicy, IamRolePolicyAttachment},
};

use crate::phase::Phase;

/// The kinds of kOps' tasks on AWS, and ours, in alphabetical order. Those that no task has yet
/// are known, so that command lines written for kOps are not refused.
pub const KINDS: [(&str, Phase); 44] = [
    ("AutoscalingGroup", Phase::Cluster),
    ("AutoscalingLifecycleHook", Phase::Cluster),
    ("ClassicLoadBalancer", Phase::Cluster),
    ("DHCPOptions", Phase::Network),
    ("DNSName", Phase::Cluster),
    ("DNSZone", Phase::Cluster),
    ("EBSVolume", Phase::Cluster),
    ("EgressOnlyInternetGateway", Phase::Network),
    ("ElasticIP", Phase::Network),
    ("EventBridgeRule", Phase::Cluster),
    ("EventBridgeTarget", Phase::Cluster),
    ("IAMInstanceProfile", Phase::Security),
    ("IAMInstanceProfileRole", Phase::Security),
    ("IAMManagedPolicy", Phase::Security),
    ("IAMOIDCProvider", Phase::Security),
    ("IAMRole", Phase::Security),
    ("IAMRolePolicy", Phase::Security),
    ("IAMRolePolicyAttachment", Phase::Security),
    ("Instance", Phase::Cluster),
    ("InternetGateway", Phase::Network),
    ("Keypair", Phase::Cluster),
    ("LaunchTemplate", Phase::Cluster),
    ("ManagedFile", Phase::Cluster),
    ("MirrorKeystore", Phase::Cluster),
    ("MirrorSecrets", Phase::Cluster),
    ("NatGateway", Phase::Network),
    ("NetworkLoadBalancer", Phase::Cluster),
    ("NetworkLoadBalancerListener", Phase::Cluster),
    ("Route", Phase::Network),
    ("RouteTable", Phase::Network),
    ("RouteTableAssociation", Phase::Network),
    ("SQS", Phase::Cluster),
    ("SSHKey", Phase::Security),
    ("Secret", Phase::Cluster),
    ("SecurityGroup", Phase::Security),
    ("SecurityGroupRule", Phase::Security),
    ("SharedTag", Phase::Network),
    ("Subnet", Phase::Network),
    ("TargetGroup", Phase::Cluster),
    ("VPC", Phase::Network),
    ("VPCAmazonIPv6CIDRBlock", Phase::Network),
    ("VPCCIDRBlock", Phase::Network),
    ("VPCDHCPOptionsAssociation", Phase::Network),
    ("WarmPool", Phase::Cluster),
];

/// The phase of a kind.
pub fn phase(kind: &str) -> Option<Phase> {
    KINDS.iter().find(|(known, _)| *known == kind).map(|(_, phase)| *phase)
}

/// The kind whose overrides a kind follows where none names itself.
pub fn follows(kind: &str) -> Option<&'static str> {
    match kind {
        IamManagedPolicy::KIND => IamManagedPolicy::FOLLOWS,
        IamRolePolicyAttachment::KIND => IamRolePolicyAttachment::FOLLOWS,
        _ => None,
    }
}

/// A graph without tasks, which knows every kind.
pub(crate) fn empty_graph() -> Graph<Aws> {
    let mut graph = Graph::new();
    graph.known_kinds(KINDS.map(|(kind, _)| kind));
    graph
}

#[cfg(test)]
mod tests {
    use cloudup_tasks::{iam::kind, vpc};

    use super::*;

    #[test]
    fn kinds_are_in_order_and_have_the_phases_that_they_have_in_kops() {
        assert!(KINDS.is_sorted_by(|(a, _), (b, _)| a < b));
        for kind in [
            kind::ROLE,
            kind::ROLE_POLICY,
            kind::ROLE_POLICY_ATTACHMENT,
            kind::MANAGED_POLICY,
            kind::INSTANCE_PROFILE,
            kind::INSTANCE_PROFILE_ROLE,
            kind::OIDC_PROVIDER,
        ] {
            assert_eq!(phase(kind), Some(Phase::Security), "{kind}");
        }
        for kind in [
            vpc::kind::VPC,
            vpc::kind::VPC_CIDR_BLOCK,
            vpc::kind::VPC_AMAZON_IPV6_CIDR_BLOCK,
            vpc::kind::DHCP_OPTIONS,
            vpc::kind::VPC_DHCP_OPTIONS_ASSOCIATION,
            vpc::kind::SUBNET,
            vpc::kind::INTERNET_GATEWAY,
            vpc::kind::EGRESS_ONLY_INTERNET_GATEWAY,
            vpc::kind::ROUTE_TABLE,
            vpc::kind::ROUTE,
            vpc::kind::ROUTE_TABLE_ASSOCIATION,
            vpc::kind::ELASTIC_IP,
            vpc::kind::NAT_GATEWAY,
        ] {
            assert_eq!(phase(kind), Some(Phase::Network), "{kind}");
        }
        for kind in [vpc::kind::SECURITY_GROUP, vpc::kind::SECURITY_GROUP_RULE] {
            assert_eq!(phase(kind), Some(Phase::Security), "{kind}");
        }
        assert_eq!(phase("LaunchTemplate"), Some(Phase::Cluster));
        assert_eq!(phase("SecurityGroups"), None);
    }
}

//! Every kind of task that an override may name, with its phase.

use crate::phase::Phase;

/// The kinds of kOps' tasks on AWS, and ours, in alphabetical order. Those that no task has yet
/// are known, so that command lines written for kOps are not refused.
pub const KINDS: [(&str, Phase); 42] = [
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

//! The network as tasks: VPCs, subnets, gateways, routes, addresses and security groups.
//!
//! What EC2 makes has an id that nobody knows beforehand, so these tasks take each other's ids as
//! inputs, and find what is theirs by its tags: the owner's, and the name. What belongs to
//! somebody else and is only used is named by its id and `existing`: it is looked at, tagged
//! where kOps tags it, and otherwise never changed.

mod addresses;
mod associations;
mod cidr_blocks;
mod dhcp_options;
mod gateways;
mod group_rule;
mod nat_gateway;
mod ours;
mod routes;
mod security_group;
mod subnet;
#[expect(clippy::module_inception, reason = "the task VPC, beside the others")]
mod vpc;

pub use addresses::{ElasticIp, ElasticIpChanges};
pub use associations::{RouteTableAssociation, RouteTableAssociationChanges};
pub use cidr_blocks::{
    Ipv6Output, VpcAmazonIpv6CidrBlock, VpcAmazonIpv6CidrBlockChanges, VpcCidrBlock,
    VpcCidrBlockChanges,
};
pub use dhcp_options::{
    DhcpOptions, DhcpOptionsChanges, VpcDhcpOptionsAssociation, VpcDhcpOptionsAssociationChanges,
};
pub use gateways::{
    EgressOnlyInternetGateway, EgressOnlyInternetGatewayChanges, InternetGateway,
    InternetGatewayChanges,
};
pub use group_rule::{SecurityGroupRule, SecurityGroupRuleChanges};
pub use nat_gateway::{NatGateway, NatGatewayChanges};
pub use routes::{Route, RouteChanges, RouteTable, RouteTableChanges};
pub use security_group::{SecurityGroup, SecurityGroupChanges};
pub use subnet::{Subnet, SubnetChanges, SubnetSettings};
pub use vpc::{Vpc, VpcChanges, VpcOutput};

/// The kinds of these tasks, as kOps spells them.
pub mod kind {
    /// A VPC.
    pub const VPC: &str = "VPC";
    /// Further IPv4 addresses of a VPC.
    pub const VPC_CIDR_BLOCK: &str = "VPCCIDRBlock";
    /// IPv6 addresses of a VPC that Amazon chooses.
    pub const VPC_AMAZON_IPV6_CIDR_BLOCK: &str = "VPCAmazonIPv6CIDRBlock";
    /// DHCP options.
    pub const DHCP_OPTIONS: &str = "DHCPOptions";
    /// The DHCP options of a VPC.
    pub const VPC_DHCP_OPTIONS_ASSOCIATION: &str = "VPCDHCPOptionsAssociation";
    /// A subnet.
    pub const SUBNET: &str = "Subnet";
    /// An internet gateway.
    pub const INTERNET_GATEWAY: &str = "InternetGateway";
    /// An egress-only internet gateway.
    pub const EGRESS_ONLY_INTERNET_GATEWAY: &str = "EgressOnlyInternetGateway";
    /// A route table.
    pub const ROUTE_TABLE: &str = "RouteTable";
    /// A route.
    pub const ROUTE: &str = "Route";
    /// The route table that a subnet has chosen.
    pub const ROUTE_TABLE_ASSOCIATION: &str = "RouteTableAssociation";
    /// An Elastic IP address.
    pub const ELASTIC_IP: &str = "ElasticIP";
    /// A NAT gateway.
    pub const NAT_GATEWAY: &str = "NatGateway";
    /// A security group.
    pub const SECURITY_GROUP: &str = "SecurityGroup";
    /// A rule of a security group.
    pub const SECURITY_GROUP_RULE: &str = "SecurityGroupRule";
}

/// What others may know about something of EC2: its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdOutput {
    /// The id.
    pub id: String,
}

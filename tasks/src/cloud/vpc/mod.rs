//! The network of EC2: VPCs, subnets, gateways, routes, addresses and security groups.
//!
//! Listings are asked for a whole cluster or a whole VPC at once, by [`Which`], so that one call
//! answers every task that asks the same.

mod types;
mod whole;

use async_trait::async_trait;

pub use self::types::{
    Address, CidrAssociation, DhcpOptions, Gateway, HostnameType, NatGateway, NatState,
    NewCidrBlock, NewSecurityGroup, NewSubnet, Peer, Permission, Route, RouteTable,
    RouteTableAssociation, SecurityGroup, SecurityGroupRule, Subnet, SubnetAttribute,
    SubnetAttributes, Tagged, Tags, Vpc, VpcAttribute, Which,
};
pub use self::whole::{
    all_dhcp_options, all_egress_only_internet_gateways, all_internet_gateways, all_nat_gateways,
    all_route_tables, all_security_group_rules, all_security_groups, all_subnets, all_vpcs,
};
use super::{CloudError, Page};

/// What can be read of the network. A listing of something that is not there is empty.
#[async_trait]
pub trait VpcReader: Send + Sync {
    /// `DescribeVpcs`, a part at a time.
    async fn describe_vpcs(
        &self,
        which: Which<'_>,
        marker: Option<&str>,
    ) -> Result<Page<Vpc>, CloudError>;
    /// `DescribeVpcAttribute`.
    async fn describe_vpc_attribute(
        &self,
        vpc: &str,
        attribute: VpcAttribute,
    ) -> Result<bool, CloudError>;
    /// `DescribeDhcpOptions`, a part at a time.
    async fn describe_dhcp_options(
        &self,
        which: Which<'_>,
        marker: Option<&str>,
    ) -> Result<Page<DhcpOptions>, CloudError>;
    /// `DescribeSubnets`, a part at a time.
    async fn describe_subnets(
        &self,
        which: Which<'_>,
        marker: Option<&str>,
    ) -> Result<Page<Subnet>, CloudError>;
    /// `DescribeInternetGateways`, a part at a time.
    async fn describe_internet_gateways(
        &self,
        which: Which<'_>,
        marker: Option<&str>,
    ) -> Result<Page<Gateway>, CloudError>;
    /// `DescribeEgressOnlyInternetGateways`, a part at a time. EC2 does not tell them apart by
    /// VPC, so that the answer for one may hold others.
    async fn describe_egress_only_internet_gateways(
        &self,
        which: Which<'_>,
        marker: Option<&str>,
    ) -> Result<Page<Gateway>, CloudError>;
    /// `DescribeRouteTables`, a part at a time.
    async fn describe_route_tables(
        &self,
        which: Which<'_>,
        marker: Option<&str>,
    ) -> Result<Page<RouteTable>, CloudError>;
    /// `DescribeAddresses`, which answers all at once. An address is in no VPC.
    async fn describe_addresses(&self, which: Which<'_>) -> Result<Vec<Address>, CloudError>;
    /// `DescribeNatGateways`, a part at a time, those of late that failed or went included.
    async fn describe_nat_gateways(
        &self,
        which: Which<'_>,
        marker: Option<&str>,
    ) -> Result<Page<NatGateway>, CloudError>;
    /// `DescribeSecurityGroups`, a part at a time.
    async fn describe_security_groups(
        &self,
        which: Which<'_>,
        marker: Option<&str>,
    ) -> Result<Page<SecurityGroup>, CloudError>;
    /// `DescribeSecurityGroupRules` of a group, a part at a time.
    async fn describe_security_group_rules(
        &self,
        group: &str,
        marker: Option<&str>,
    ) -> Result<Page<SecurityGroupRule>, CloudError>;
}

/// What can be written to the network. Tags come with what is created, so that it is never
/// without an owner.
#[async_trait]
pub trait VpcWriter: Send + Sync {
    /// `CreateVpc`. Its id.
    async fn create_vpc(&self, cidr_block: &str, tags: &Tags) -> Result<String, CloudError>;
    /// `ModifyVpcAttribute`.
    async fn modify_vpc_attribute(
        &self,
        vpc: &str,
        attribute: VpcAttribute,
        value: bool,
    ) -> Result<(), CloudError>;
    /// `AssociateVpcCidrBlock`.
    async fn associate_vpc_cidr_block(
        &self,
        vpc: &str,
        block: NewCidrBlock<'_>,
    ) -> Result<(), CloudError>;
    /// `DisassociateVpcCidrBlock`, which no subnet may use any more.
    async fn disassociate_vpc_cidr_block(&self, association: &str) -> Result<(), CloudError>;
    /// `DeleteVpc`, in which nothing may be left.
    async fn delete_vpc(&self, vpc: &str) -> Result<(), CloudError>;

    /// `CreateDhcpOptions`. Their id.
    async fn create_dhcp_options(
        &self,
        domain_name: Option<&str>,
        domain_name_servers: &[String],
        tags: &Tags,
    ) -> Result<String, CloudError>;
    /// `AssociateDhcpOptions`: these in the place of those that the VPC had.
    async fn associate_dhcp_options(&self, options: &str, vpc: &str) -> Result<(), CloudError>;
    /// `DeleteDhcpOptions`, which no VPC may have any more.
    async fn delete_dhcp_options(&self, options: &str) -> Result<(), CloudError>;

    /// `CreateSubnet`. Its id.
    async fn create_subnet(&self, subnet: NewSubnet<'_>) -> Result<String, CloudError>;
    /// `AssociateSubnetCidrBlock`: IPv6 addresses for a subnet that has none.
    async fn associate_subnet_cidr_block(
        &self,
        subnet: &str,
        ipv6_cidr_block: &str,
    ) -> Result<(), CloudError>;
    /// `ModifySubnetAttribute`.
    async fn modify_subnet_attribute(
        &self,
        subnet: &str,
        attribute: SubnetAttribute,
    ) -> Result<(), CloudError>;
    /// `DeleteSubnet`, in which nothing may be left.
    async fn delete_subnet(&self, subnet: &str) -> Result<(), CloudError>;

    /// `CreateInternetGateway`. Its id.
    async fn create_internet_gateway(&self, tags: &Tags) -> Result<String, CloudError>;
    /// `AttachInternetGateway`. A VPC has one at most.
    async fn attach_internet_gateway(&self, gateway: &str, vpc: &str) -> Result<(), CloudError>;
    /// `DetachInternetGateway`.
    async fn detach_internet_gateway(&self, gateway: &str, vpc: &str) -> Result<(), CloudError>;
    /// `DeleteInternetGateway`, which must be detached.
    async fn delete_internet_gateway(&self, gateway: &str) -> Result<(), CloudError>;
    /// `CreateEgressOnlyInternetGateway`. Its id.
    async fn create_egress_only_internet_gateway(
        &self,
        vpc: &str,
        tags: &Tags,
    ) -> Result<String, CloudError>;
    /// `DeleteEgressOnlyInternetGateway`.
    async fn delete_egress_only_internet_gateway(&self, gateway: &str) -> Result<(), CloudError>;

    /// `CreateRouteTable`. Its id.
    async fn create_route_table(&self, vpc: &str, tags: &Tags) -> Result<String, CloudError>;
    /// `CreateRoute`. See [`Route::target`].
    async fn create_route(
        &self,
        table: &str,
        destination: &str,
        target: &str,
    ) -> Result<(), CloudError>;
    /// `ReplaceRoute`: another target for a destination that has one.
    async fn replace_route(
        &self,
        table: &str,
        destination: &str,
        target: &str,
    ) -> Result<(), CloudError>;
    /// `DeleteRoute`.
    async fn delete_route(&self, table: &str, destination: &str) -> Result<(), CloudError>;
    /// `AssociateRouteTable` with a subnet that has chosen none.
    async fn associate_route_table(&self, table: &str, subnet: &str) -> Result<(), CloudError>;
    /// `ReplaceRouteTableAssociation`: another table for a subnet that has chosen one.
    async fn replace_route_table_association(
        &self,
        association: &str,
        table: &str,
    ) -> Result<(), CloudError>;
    /// `DisassociateRouteTable`.
    async fn disassociate_route_table(&self, association: &str) -> Result<(), CloudError>;
    /// `DeleteRouteTable`, which no subnet may have chosen.
    async fn delete_route_table(&self, table: &str) -> Result<(), CloudError>;

    /// `AllocateAddress`. Its id.
    async fn allocate_address(&self, tags: &Tags) -> Result<String, CloudError>;
    /// `ReleaseAddress`, which nothing may use any more.
    async fn release_address(&self, allocation: &str) -> Result<(), CloudError>;
    /// `CreateNatGateway`. Its id; it is pending for a while.
    async fn create_nat_gateway(
        &self,
        subnet: &str,
        allocation: &str,
        tags: &Tags,
    ) -> Result<String, CloudError>;
    /// `DeleteNatGateway`.
    async fn delete_nat_gateway(&self, gateway: &str) -> Result<(), CloudError>;

    /// `CreateSecurityGroup`. Its id.
    async fn create_security_group(
        &self,
        group: NewSecurityGroup<'_>,
    ) -> Result<String, CloudError>;
    /// `DeleteSecurityGroup`, which nothing may use any more, rules of other groups included.
    async fn delete_security_group(&self, group: &str) -> Result<(), CloudError>;
    /// `AuthorizeSecurityGroupIngress` or `AuthorizeSecurityGroupEgress`.
    async fn authorize_security_group(
        &self,
        group: &str,
        permission: &Permission,
        tags: &Tags,
    ) -> Result<(), CloudError>;
    /// `RevokeSecurityGroupIngress` or `RevokeSecurityGroupEgress`, by the rule's id.
    async fn revoke_security_group_rule(
        &self,
        group: &str,
        rule: &str,
        egress: bool,
    ) -> Result<(), CloudError>;

    /// `CreateTags`: adds tags and overwrites those with the same keys.
    async fn create_tags(&self, id: &str, tags: &Tags) -> Result<(), CloudError>;
    /// `DeleteTags`, whatever their values.
    async fn delete_tags(&self, id: &str, keys: &[String]) -> Result<(), CloudError>;
}

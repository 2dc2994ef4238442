//! The account's network, as the ports of [`cloud::vpc`](crate::cloud::vpc) see it.

mod cidr;
mod gateways;
mod groups;
mod routes;
mod seed;
pub(super) mod state;
mod subnets;
mod tags;
mod vpcs;

use async_trait::async_trait;

use super::{Account, Call, State, error::Refusal, page::page};
use crate::cloud::{
    CloudError, Page,
    vpc::{
        Address, DhcpOptions, Gateway, NatGateway, NewCidrBlock, NewSecurityGroup, NewSubnet,
        Permission, RouteTable, SecurityGroup, SecurityGroupRule, Subnet, SubnetAttribute, Tagged,
        Tags, Vpc, VpcAttribute, VpcReader, VpcWriter, Which,
    },
};

/// A call about something with an id. The kind of what a call is about is not told here: the
/// account finds out by itself what of the network has not arrived yet.
fn call(operation: &'static str, resource: impl Into<String>) -> Call {
    Call { service: "ec2", operation, kind: "", resource: resource.into(), writes: false }
}

fn writing(operation: &'static str, resource: impl Into<String>) -> Call {
    Call { writes: true, ..call(operation, resource) }
}

/// A call that makes something, told by the name that its tags give it.
fn creating(operation: &'static str, tags: &Tags) -> Call {
    writing(operation, tags.get("Name").cloned().unwrap_or_default())
}

/// Under which kind the account notes what has not arrived yet.
const LATE: &str = "ec2";

/// What of EC2 a listing is about.
fn subject(which: Which<'_>) -> String {
    match which {
        Which::All => String::new(),
        Which::Id(text) | Which::TagKey(text) | Which::Vpc(text) => text.to_owned(),
    }
}

fn is_listed(thing: &impl Tagged, which: Which<'_>, vpc: &str) -> bool {
    match which {
        Which::All => true,
        Which::Id(id) => thing.id() == id,
        Which::TagKey(key) => thing.tags().contains_key(key),
        Which::Vpc(id) => vpc == id,
    }
}

impl Account {
    /// A part of a listing, without what has not arrived yet.
    async fn list<T: Tagged>(
        &self,
        call: Call,
        which: Which<'_>,
        marker: Option<&str>,
        things: impl FnOnce(&State) -> Vec<T>,
        vpc: impl Fn(&T) -> &str,
    ) -> Result<Page<T>, CloudError> {
        let mut awaited = Vec::new();
        let listing = format!("{} {which:?}", call.operation);
        let answer = self.read(call.clone(), |state| {
            let mut all = things(state);
            all.retain(|thing| is_listed(thing, which, vpc(thing)));
            let is_late = |thing: &T| state.late.contains_key(&format!("{LATE}/{}", thing.id()));
            awaited.extend(all.iter().filter(|thing| is_late(thing)).map(|it| it.id().to_owned()));
            all.retain(|thing| !is_late(thing));
            let all = all.into_iter().map(|thing| (thing.id().to_owned(), thing));
            page(&listing, all, marker, state.page_size)
        });
        let answer = answer.await?;
        for id in awaited {
            self.is_late(&call, LATE, &id)?;
        }
        Ok(answer)
    }

    /// Changes something, where everything that the call names has arrived.
    async fn change_network<T>(
        &self,
        call: Call,
        names: &[&str],
        change: impl FnOnce(&mut State) -> Result<T, Refusal>,
    ) -> Result<T, CloudError> {
        self.arrived(&call, names)?;
        self.write(call, change).await
    }

    /// Makes something. Its id.
    async fn create(
        &self,
        call: Call,
        names: &[&str],
        make: impl FnOnce(&mut State) -> Result<String, Refusal>,
    ) -> Result<String, CloudError> {
        self.arrived(&call, names)?;
        self.write_about(call, make, |id| Some(format!("{LATE}/{id}"))).await
    }

    fn arrived(&self, call: &Call, ids: &[&str]) -> Result<(), CloudError> {
        for id in ids {
            if self.is_late(call, LATE, id)? {
                let refusal = vpcs::no_such(missing(id), "resource", id);
                return Err(refusal.of(call.service, call.operation));
            }
        }
        Ok(())
    }
}

/// What EC2's code for something that is not there starts with.
fn missing(id: &str) -> &'static str {
    match id.split_once('-').map(|(kind, _)| kind) {
        Some("vpc") => "InvalidVpcID",
        Some("dopt") => "InvalidDhcpOptionID",
        Some("subnet") => "InvalidSubnetID",
        Some("igw") => "InvalidInternetGatewayID",
        Some("rtb") => "InvalidRouteTableID",
        Some("eipalloc") => "InvalidAllocationID",
        Some("nat") => "InvalidNatGatewayID",
        Some("sg") => "InvalidGroup",
        _ => "InvalidID",
    }
}

#[async_trait]
impl VpcReader for Account {
    async fn describe_vpcs(
        &self,
        which: Which<'_>,
        marker: Option<&str>,
    ) -> Result<Page<Vpc>, CloudError> {
        let all = |state: &State| state.vpcs.iter().map(vpcs::wire).collect();
        self.list(call("DescribeVpcs", subject(which)), which, marker, all, |vpc| &vpc.id).await
    }

    async fn describe_vpc_attribute(
        &self,
        vpc: &str,
        attribute: VpcAttribute,
    ) -> Result<bool, CloudError> {
        let call = call("DescribeVpcAttribute", format!("{vpc}/{attribute:?}"));
        self.arrived(&call, &[vpc])?;
        self.read(call, |state| state.vpc_attribute(vpc, attribute)).await
    }

    async fn describe_dhcp_options(
        &self,
        which: Which<'_>,
        marker: Option<&str>,
    ) -> Result<Page<DhcpOptions>, CloudError> {
        let all = |state: &State| state.dhcp_options.iter().map(vpcs::wire_dhcp).collect();
        let call = call("DescribeDhcpOptions", subject(which));
        self.list(call, which, marker, all, |_| "").await
    }

    async fn describe_subnets(
        &self,
        which: Which<'_>,
        marker: Option<&str>,
    ) -> Result<Page<Subnet>, CloudError> {
        let all = |state: &State| state.subnets.iter().map(subnets::wire).collect();
        let call = call("DescribeSubnets", subject(which));
        self.list(call, which, marker, all, |subnet| &subnet.vpc_id).await
    }

    async fn describe_internet_gateways(
        &self,
        which: Which<'_>,
        marker: Option<&str>,
    ) -> Result<Page<Gateway>, CloudError> {
        let all = |state: &State| state.internet_gateways.iter().map(gateways::wire).collect();
        let call = call("DescribeInternetGateways", subject(which));
        self.list(call, which, marker, all, |it| it.vpc_id.as_deref().unwrap_or_default()).await
    }

    async fn describe_egress_only_internet_gateways(
        &self,
        which: Which<'_>,
        marker: Option<&str>,
    ) -> Result<Page<Gateway>, CloudError> {
        let all = |state: &State| {
            state.egress_only_internet_gateways.iter().map(gateways::wire).collect()
        };
        let call = call("DescribeEgressOnlyInternetGateways", subject(which));
        self.list(call, which, marker, all, |it| it.vpc_id.as_deref().unwrap_or_default()).await
    }

    async fn describe_route_tables(
        &self,
        which: Which<'_>,
        marker: Option<&str>,
    ) -> Result<Page<RouteTable>, CloudError> {
        let all = |state: &State| {
            state.route_tables.iter().map(|table| state.wire_route_table(table)).collect()
        };
        let call = call("DescribeRouteTables", subject(which));
        self.list(call, which, marker, all, |table| &table.vpc_id).await
    }

    async fn describe_addresses(&self, which: Which<'_>) -> Result<Vec<Address>, CloudError> {
        let call = call("DescribeAddresses", subject(which));
        self.read(call, |state| {
            let all = state.elastic_ips.iter().map(gateways::wire_address);
            Ok(all.filter(|address| is_listed(address, which, "")).collect())
        })
        .await
    }

    async fn describe_nat_gateways(
        &self,
        which: Which<'_>,
        marker: Option<&str>,
    ) -> Result<Page<NatGateway>, CloudError> {
        let all = |state: &State| {
            state.nat_gateways.iter().map(|nat| gateways::wire_nat(state, nat)).collect()
        };
        let call = call("DescribeNatGateways", subject(which));
        let answer = self.list(call.clone(), which, marker, all, |nat| &nat.vpc_id).await?;
        for nat in &answer.items {
            let (kind, id) = ("pending", nat.id.as_str());
            self.is_late(&call, kind, id)?;
        }
        Ok(answer)
    }

    async fn describe_security_groups(
        &self,
        which: Which<'_>,
        marker: Option<&str>,
    ) -> Result<Page<SecurityGroup>, CloudError> {
        let all = |state: &State| state.security_groups.iter().map(groups::wire).collect();
        let call = call("DescribeSecurityGroups", subject(which));
        self.list(call, which, marker, all, |group| &group.vpc_id).await
    }

    async fn describe_security_group_rules(
        &self,
        group: &str,
        marker: Option<&str>,
    ) -> Result<Page<SecurityGroupRule>, CloudError> {
        let call = call("DescribeSecurityGroupRules", group);
        self.read(call, |state| {
            let found = state.security_groups.get(group).into_iter();
            let rules = found.flat_map(|found| &found.rules);
            let rules = rules.map(|rule| (rule.id.clone(), groups::wire_rule(group, rule)));
            page(&format!("rules of {group}"), rules, marker, state.page_size)
        })
        .await
    }
}

#[async_trait]
impl VpcWriter for Account {
    async fn create_vpc(&self, cidr_block: &str, tags: &Tags) -> Result<String, CloudError> {
        let call = creating("CreateVpc", tags);
        self.create(call, &[], |state| state.create_vpc(cidr_block, tags)).await
    }

    async fn modify_vpc_attribute(
        &self,
        vpc: &str,
        attribute: VpcAttribute,
        value: bool,
    ) -> Result<(), CloudError> {
        let call = writing("ModifyVpcAttribute", vpc);
        let change = |state: &mut State| state.modify_vpc_attribute(vpc, attribute, value);
        self.change_network(call, &[vpc], change).await
    }

    async fn associate_vpc_cidr_block(
        &self,
        vpc: &str,
        block: NewCidrBlock<'_>,
    ) -> Result<(), CloudError> {
        let call = writing("AssociateVpcCidrBlock", vpc);
        let change = |state: &mut State| state.associate_vpc_cidr_block(vpc, block);
        self.change_network(call, &[vpc], change).await
    }

    async fn disassociate_vpc_cidr_block(&self, association: &str) -> Result<(), CloudError> {
        let call = writing("DisassociateVpcCidrBlock", association);
        self.write(call, |state| state.disassociate_vpc_cidr_block(association)).await
    }

    async fn delete_vpc(&self, vpc: &str) -> Result<(), CloudError> {
        self.write(writing("DeleteVpc", vpc), |state| state.delete_vpc(vpc)).await
    }

    async fn create_dhcp_options(
        &self,
        domain_name: Option<&str>,
        domain_name_servers: &[String],
        tags: &Tags,
    ) -> Result<String, CloudError> {
        let call = creating("CreateDhcpOptions", tags);
        let make =
            |state: &mut State| state.create_dhcp_options(domain_name, domain_name_servers, tags);
        self.create(call, &[], make).await
    }

    async fn associate_dhcp_options(&self, options: &str, vpc: &str) -> Result<(), CloudError> {
        let call = writing("AssociateDhcpOptions", vpc);
        let change = |state: &mut State| state.associate_dhcp_options(options, vpc);
        self.change_network(call, &[options, vpc], change).await
    }

    async fn delete_dhcp_options(&self, options: &str) -> Result<(), CloudError> {
        let call = writing("DeleteDhcpOptions", options);
        self.write(call, |state| state.delete_dhcp_options(options)).await
    }

    async fn create_subnet(&self, subnet: NewSubnet<'_>) -> Result<String, CloudError> {
        let call = creating("CreateSubnet", subnet.tags);
        self.create(call, &[subnet.vpc_id], |state| state.create_subnet(&subnet)).await
    }

    async fn associate_subnet_cidr_block(
        &self,
        subnet: &str,
        ipv6_cidr_block: &str,
    ) -> Result<(), CloudError> {
        let call = writing("AssociateSubnetCidrBlock", subnet);
        let change = |state: &mut State| state.associate_subnet_cidr_block(subnet, ipv6_cidr_block);
        self.change_network(call, &[subnet], change).await
    }

    async fn modify_subnet_attribute(
        &self,
        subnet: &str,
        attribute: SubnetAttribute,
    ) -> Result<(), CloudError> {
        let call = writing("ModifySubnetAttribute", subnet);
        let change = |state: &mut State| state.modify_subnet_attribute(subnet, attribute);
        self.change_network(call, &[subnet], change).await
    }

    async fn delete_subnet(&self, subnet: &str) -> Result<(), CloudError> {
        self.write(writing("DeleteSubnet", subnet), |state| state.delete_subnet(subnet)).await
    }

    async fn create_internet_gateway(&self, tags: &Tags) -> Result<String, CloudError> {
        let call = creating("CreateInternetGateway", tags);
        self.create(call, &[], |state| state.create_internet_gateway(tags)).await
    }

    async fn attach_internet_gateway(&self, gateway: &str, vpc: &str) -> Result<(), CloudError> {
        let call = writing("AttachInternetGateway", gateway);
        let change = |state: &mut State| state.attach_internet_gateway(gateway, vpc);
        self.change_network(call, &[gateway, vpc], change).await
    }

    async fn detach_internet_gateway(&self, gateway: &str, vpc: &str) -> Result<(), CloudError> {
        let call = writing("DetachInternetGateway", gateway);
        self.write(call, |state| state.detach_internet_gateway(gateway, vpc)).await
    }

    async fn delete_internet_gateway(&self, gateway: &str) -> Result<(), CloudError> {
        let call = writing("DeleteInternetGateway", gateway);
        self.write(call, |state| state.delete_internet_gateway(gateway)).await
    }

    async fn create_egress_only_internet_gateway(
        &self,
        vpc: &str,
        tags: &Tags,
    ) -> Result<String, CloudError> {
        let call = creating("CreateEgressOnlyInternetGateway", tags);
        self.create(call, &[vpc], |state| state.create_egress_only(vpc, tags)).await
    }

    async fn delete_egress_only_internet_gateway(&self, gateway: &str) -> Result<(), CloudError> {
        let call = writing("DeleteEgressOnlyInternetGateway", gateway);
        self.write(call, |state| state.delete_egress_only(gateway)).await
    }

    async fn create_route_table(&self, vpc: &str, tags: &Tags) -> Result<String, CloudError> {
        let call = creating("CreateRouteTable", tags);
        self.create(call, &[vpc], |state| state.create_route_table(vpc, tags)).await
    }

    async fn create_route(
        &self,
        table: &str,
        destination: &str,
        target: &str,
    ) -> Result<(), CloudError> {
        let call = writing("CreateRoute", table);
        let change = |state: &mut State| state.create_route(table, destination, target);
        self.change_network(call, &[table, target], change).await
    }

    async fn replace_route(
        &self,
        table: &str,
        destination: &str,
        target: &str,
    ) -> Result<(), CloudError> {
        let call = writing("ReplaceRoute", table);
        let change = |state: &mut State| state.replace_route(table, destination, target);
        self.change_network(call, &[table, target], change).await
    }

    async fn delete_route(&self, table: &str, destination: &str) -> Result<(), CloudError> {
        let call = writing("DeleteRoute", table);
        self.write(call, |state| state.delete_route(table, destination)).await
    }

    async fn associate_route_table(&self, table: &str, subnet: &str) -> Result<(), CloudError> {
        let call = writing("AssociateRouteTable", table);
        let change = |state: &mut State| state.associate_route_table(table, subnet);
        self.change_network(call, &[table, subnet], change).await
    }

    async fn replace_route_table_association(
        &self,
        association: &str,
        table: &str,
    ) -> Result<(), CloudError> {
        let call = writing("ReplaceRouteTableAssociation", table);
        let change = |state: &mut State| state.replace_route_table_association(association, table);
        self.change_network(call, &[table], change).await
    }

    async fn disassociate_route_table(&self, association: &str) -> Result<(), CloudError> {
        let call = writing("DisassociateRouteTable", association);
        self.write(call, |state| state.disassociate_route_table(association)).await
    }

    async fn delete_route_table(&self, table: &str) -> Result<(), CloudError> {
        let call = writing("DeleteRouteTable", table);
        self.write(call, |state| state.delete_route_table(table)).await
    }

    async fn allocate_address(&self, tags: &Tags) -> Result<String, CloudError> {
        let call = creating("AllocateAddress", tags);
        self.write(call, |state| state.allocate_address(tags)).await
    }

    async fn release_address(&self, allocation: &str) -> Result<(), CloudError> {
        let call = writing("ReleaseAddress", allocation);
        self.write(call, |state| state.release_address(allocation)).await
    }

    async fn create_nat_gateway(
        &self,
        subnet: &str,
        allocation: &str,
        tags: &Tags,
    ) -> Result<String, CloudError> {
        let call = creating("CreateNatGateway", tags);
        let make = |state: &mut State| state.create_nat_gateway(subnet, allocation, tags);
        self.create(call, &[subnet, allocation], make).await
    }

    async fn delete_nat_gateway(&self, gateway: &str) -> Result<(), CloudError> {
        let call = writing("DeleteNatGateway", gateway);
        self.write(call, |state| state.delete_nat_gateway(gateway)).await
    }

    async fn create_security_group(
        &self,
        group: NewSecurityGroup<'_>,
    ) -> Result<String, CloudError> {
        let call = creating("CreateSecurityGroup", group.tags);
        self.create(call, &[group.vpc_id], |state| state.create_security_group(&group)).await
    }

    async fn delete_security_group(&self, group: &str) -> Result<(), CloudError> {
        let call = writing("DeleteSecurityGroup", group);
        self.write(call, |state| state.delete_security_group(group)).await
    }

    async fn authorize_security_group(
        &self,
        group: &str,
        permission: &Permission,
        tags: &Tags,
    ) -> Result<(), CloudError> {
        let operation = if permission.egress {
            "AuthorizeSecurityGroupEgress"
        } else {
            "AuthorizeSecurityGroupIngress"
        };
        let change = |state: &mut State| state.authorize(group, permission, tags);
        self.change_network(writing(operation, group), &[group, &permission.peer], change).await
    }

    async fn revoke_security_group_rule(
        &self,
        group: &str,
        rule: &str,
        egress: bool,
    ) -> Result<(), CloudError> {
        let operation =
            if egress { "RevokeSecurityGroupEgress" } else { "RevokeSecurityGroupIngress" };
        self.write(writing(operation, group), |state| state.revoke(group, rule, egress)).await
    }

    async fn create_tags(&self, id: &str, tags: &Tags) -> Result<(), CloudError> {
        let change = |state: &mut State| state.create_tags(id, tags);
        self.change_network(writing("CreateTags", id), &[id], change).await
    }

    async fn delete_tags(&self, id: &str, keys: &[String]) -> Result<(), CloudError> {
        let change = |state: &mut State| state.delete_tags(id, keys);
        self.change_network(writing("DeleteTags", id), &[id], change).await
    }
}

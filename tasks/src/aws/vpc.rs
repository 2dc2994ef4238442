//! The network of EC2.

use async_trait::async_trait;
use aws_sdk_ec2::{
    Client,
    types::{
        AttributeBooleanValue, ConnectivityType, DomainType, Filter, InternetGatewayAttachment,
        IpPermission, IpRange, Ipv6Range, NatGatewayState, NewDhcpConfiguration, PrefixListId,
        ResourceType, RouteState, SubnetCidrBlockStateCode, Tag, UserIdGroupPair, VpcAttributeName,
        VpcCidrBlockStateCode, builders::IpPermissionBuilder,
    },
};

use super::{
    ec2::{
        answer::tags as tags_of,
        ec2,
        request::{tagged, tags as to_tags},
    },
    error::Operation,
};
use crate::cloud::{
    CloudError, Page,
    vpc::{
        Address, CidrAssociation, DhcpOptions, Gateway, HostnameType, NatGateway, NatState,
        NewCidrBlock, NewSecurityGroup, NewSubnet, Peer, Permission, Route, RouteTable,
        RouteTableAssociation, SecurityGroup, SecurityGroupRule, Subnet, SubnetAttribute,
        SubnetAttributes, Tags, Vpc, VpcAttribute, VpcReader, VpcWriter, Which,
    },
};

/// EC2's network through the SDK.
#[derive(Clone, Debug)]
pub(super) struct Network(pub(super) Client);

/// The filter that lets through what is asked for; `id` and `vpc` are what EC2 calls the id of the
/// thing and that of its VPC, where it tells things apart by them.
fn filters(which: Which<'_>, id: &str, vpc: &str) -> Option<Vec<Filter>> {
    let (name, value) = match which {
        Which::Id(value) if !id.is_empty() => (id, value),
        Which::TagKey(value) => ("tag-key", value),
        Which::Vpc(value) if !vpc.is_empty() => (vpc, value),
        Which::All | Which::Id(_) | Which::Vpc(_) => return None,
    };
    Some(vec![Filter::builder().name(name).values(value).build()])
}

fn owned(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned)
}

fn switch(value: bool) -> AttributeBooleanValue {
    AttributeBooleanValue::builder().value(value).build()
}

/// A part of a listing: EC2 says where the next one starts, if there is one.
fn part<T>(
    items: impl Iterator<Item = Result<T, CloudError>>,
    next: Option<String>,
) -> Result<Page<T>, CloudError> {
    let next = next.filter(|next| !next.is_empty());
    Ok(Page { items: items.collect::<Result<_, _>>()?, next })
}

/// A gateway of either kind.
fn from_gateway(
    id: String,
    attachments: Option<Vec<InternetGatewayAttachment>>,
    tags: Option<Vec<Tag>>,
) -> Gateway {
    let attached = attachments.unwrap_or_default().into_iter().next();
    Gateway { id, vpc_id: attached.and_then(|attached| attached.vpc_id), tags: tags_of(tags) }
}

#[async_trait]
impl VpcReader for Network {
    async fn describe_vpcs(
        &self,
        which: Which<'_>,
        marker: Option<&str>,
    ) -> Result<Page<Vpc>, CloudError> {
        let op = ec2("DescribeVpcs");
        let call = self.0.describe_vpcs().set_filters(filters(which, "vpc-id", "vpc-id"));
        let answer = call.set_next_token(owned(marker)).send().await.map_err(op.failed())?;
        let vpcs = answer.vpcs.unwrap_or_default().into_iter();
        part(vpcs.map(|vpc| from_vpc(op, vpc)), answer.next_token)
    }

    async fn describe_vpc_attribute(
        &self,
        vpc: &str,
        attribute: VpcAttribute,
    ) -> Result<bool, CloudError> {
        let op = ec2("DescribeVpcAttribute");
        let name = match attribute {
            VpcAttribute::DnsSupport => VpcAttributeName::EnableDnsSupport,
            VpcAttribute::DnsHostnames => VpcAttributeName::EnableDnsHostnames,
        };
        let call = self.0.describe_vpc_attribute().vpc_id(vpc).attribute(name);
        let answer = call.send().await.map_err(op.failed())?;
        let value = match attribute {
            VpcAttribute::DnsSupport => answer.enable_dns_support,
            VpcAttribute::DnsHostnames => answer.enable_dns_hostnames,
        };
        op.expect(value.and_then(|value| value.value), "attribute")
    }

    async fn describe_dhcp_options(
        &self,
        which: Which<'_>,
        marker: Option<&str>,
    ) -> Result<Page<DhcpOptions>, CloudError> {
        let op = ec2("DescribeDhcpOptions");
        let call = self.0.describe_dhcp_options();
        let call = call.set_filters(filters(which, "dhcp-options-id", ""));
        let answer = call.set_next_token(owned(marker)).send().await.map_err(op.failed())?;
        let options = answer.dhcp_options.unwrap_or_default().into_iter().map(|options| {
            let values = |wanted: &str| -> Vec<String> {
                let all = options.dhcp_configurations().iter();
                let of_key = all.filter(|one| one.key() == Some(wanted));
                let values = of_key.flat_map(aws_sdk_ec2::types::DhcpConfiguration::values);
                values.filter_map(|value| value.value().map(str::to_owned)).collect()
            };
            let domain_name = values("domain-name").into_iter().next();
            let domain_name_servers = values("domain-name-servers");
            Ok(DhcpOptions {
                domain_name,
                domain_name_servers,
                id: op.expect(options.dhcp_options_id, "id")?,
                tags: tags_of(options.tags),
            })
        });
        part(options, answer.next_token)
    }

    async fn describe_subnets(
        &self,
        which: Which<'_>,
        marker: Option<&str>,
    ) -> Result<Page<Subnet>, CloudError> {
        let op = ec2("DescribeSubnets");
        let call = self.0.describe_subnets().set_filters(filters(which, "subnet-id", "vpc-id"));
        let answer = call.set_next_token(owned(marker)).send().await.map_err(op.failed())?;
        let subnets = answer.subnets.unwrap_or_default().into_iter();
        part(subnets.map(|subnet| from_subnet(op, subnet)), answer.next_token)
    }

    async fn describe_internet_gateways(
        &self,
        which: Which<'_>,
        marker: Option<&str>,
    ) -> Result<Page<Gateway>, CloudError> {
        let op = ec2("DescribeInternetGateways");
        let filters = filters(which, "internet-gateway-id", "attachment.vpc-id");
        let call = self.0.describe_internet_gateways().set_filters(filters);
        let answer = call.set_next_token(owned(marker)).send().await.map_err(op.failed())?;
        let gateways = answer.internet_gateways.unwrap_or_default().into_iter().map(|gateway| {
            let id = op.expect(gateway.internet_gateway_id, "id")?;
            Ok(from_gateway(id, gateway.attachments, gateway.tags))
        });
        part(gateways, answer.next_token)
    }

    async fn describe_egress_only_internet_gateways(
        &self,
        which: Which<'_>,
        marker: Option<&str>,
    ) -> Result<Page<Gateway>, CloudError> {
        let op = ec2("DescribeEgressOnlyInternetGateways");
        let call = self.0.describe_egress_only_internet_gateways();
        let call = match which {
            Which::Id(id) => call.egress_only_internet_gateway_ids(id),
            _ => call.set_filters(filters(which, "", "")),
        };
        let answer = call.set_next_token(owned(marker)).send().await.map_err(op.failed())?;
        let gateways = answer.egress_only_internet_gateways.unwrap_or_default().into_iter();
        let gateways = gateways.map(|gateway| {
            let id = op.expect(gateway.egress_only_internet_gateway_id, "id")?;
            Ok(from_gateway(id, gateway.attachments, gateway.tags))
        });
        part(gateways, answer.next_token)
    }

    async fn describe_route_tables(
        &self,
        which: Which<'_>,
        marker: Option<&str>,
    ) -> Result<Page<RouteTable>, CloudError> {
        let op = ec2("DescribeRouteTables");
        let filters = filters(which, "route-table-id", "vpc-id");
        let call = self.0.describe_route_tables().set_filters(filters);
        let answer = call.set_next_token(owned(marker)).send().await.map_err(op.failed())?;
        let tables = answer.route_tables.unwrap_or_default().into_iter();
        part(tables.map(|table| from_route_table(op, table)), answer.next_token)
    }

    async fn describe_addresses(&self, which: Which<'_>) -> Result<Vec<Address>, CloudError> {
        let op = ec2("DescribeAddresses");
        let call = self.0.describe_addresses().set_filters(filters(which, "allocation-id", ""));
        let answer = call.send().await.map_err(op.failed())?;
        let addresses = answer.addresses.unwrap_or_default().into_iter();
        // An address without an allocation is of EC2-Classic, which is no more.
        let addresses = addresses.filter(|address| address.allocation_id.is_some());
        addresses
            .map(|address| {
                Ok(Address {
                    id: op.expect(address.allocation_id, "allocation")?,
                    public_ip: op.expect(address.public_ip, "address")?,
                    tags: tags_of(address.tags),
                })
            })
            .collect()
    }

    async fn describe_nat_gateways(
        &self,
        which: Which<'_>,
        marker: Option<&str>,
    ) -> Result<Page<NatGateway>, CloudError> {
        let op = ec2("DescribeNatGateways");
        let call = self.0.describe_nat_gateways();
        let call = call.set_filter(filters(which, "nat-gateway-id", "vpc-id"));
        let answer = call.set_next_token(owned(marker)).send().await.map_err(op.failed())?;
        let gateways = answer.nat_gateways.unwrap_or_default().into_iter();
        part(gateways.map(|gateway| from_nat(op, gateway)), answer.next_token)
    }

    async fn describe_security_groups(
        &self,
        which: Which<'_>,
        marker: Option<&str>,
    ) -> Result<Page<SecurityGroup>, CloudError> {
        let op = ec2("DescribeSecurityGroups");
        let call = self.0.describe_security_groups();
        let call = call.set_filters(filters(which, "group-id", "vpc-id"));
        let answer = call.set_next_token(owned(marker)).send().await.map_err(op.failed())?;
        let groups = answer.security_groups.unwrap_or_default().into_iter().map(|group| {
            Ok(SecurityGroup {
                id: op.expect(group.group_id, "id")?,
                name: group.group_name.unwrap_or_default(),
                description: group.description.unwrap_or_default(),
                vpc_id: group.vpc_id.unwrap_or_default(),
                tags: tags_of(group.tags),
            })
        });
        part(groups, answer.next_token)
    }

    async fn describe_security_group_rules(
        &self,
        group: &str,
        marker: Option<&str>,
    ) -> Result<Page<SecurityGroupRule>, CloudError> {
        let op = ec2("DescribeSecurityGroupRules");
        let call = self.0.describe_security_group_rules();
        let call = call.set_filters(filters(Which::Id(group), "group-id", ""));
        let answer = call.set_next_token(owned(marker)).send().await.map_err(op.failed())?;
        let rules = answer.security_group_rules.unwrap_or_default().into_iter();
        part(rules.map(|rule| from_rule(op, rule)), answer.next_token)
    }
}

#[async_trait]
impl VpcWriter for Network {
    async fn create_vpc(&self, cidr_block: &str, tags: &Tags) -> Result<String, CloudError> {
        let op = ec2("CreateVpc");
        let call = self.0.create_vpc().cidr_block(cidr_block);
        let call = call.set_tag_specifications(tagged(ResourceType::Vpc, tags));
        let answer = call.send().await.map_err(op.failed())?;
        op.expect(answer.vpc.and_then(|vpc| vpc.vpc_id), "id")
    }

    async fn modify_vpc_attribute(
        &self,
        vpc: &str,
        attribute: VpcAttribute,
        value: bool,
    ) -> Result<(), CloudError> {
        let call = self.0.modify_vpc_attribute().vpc_id(vpc);
        let call = match attribute {
            VpcAttribute::DnsSupport => call.enable_dns_support(switch(value)),
            VpcAttribute::DnsHostnames => call.enable_dns_hostnames(switch(value)),
        };
        call.send().await.map(drop).map_err(ec2("ModifyVpcAttribute").failed())
    }

    async fn associate_vpc_cidr_block(
        &self,
        vpc: &str,
        block: NewCidrBlock<'_>,
    ) -> Result<(), CloudError> {
        let call = self.0.associate_vpc_cidr_block().vpc_id(vpc);
        let call = match block {
            NewCidrBlock::Ipv4(cidr_block) => call.cidr_block(cidr_block),
            NewCidrBlock::AmazonIpv6 => call.amazon_provided_ipv6_cidr_block(true),
        };
        call.send().await.map(drop).map_err(ec2("AssociateVpcCidrBlock").failed())
    }

    async fn disassociate_vpc_cidr_block(&self, association: &str) -> Result<(), CloudError> {
        let call = self.0.disassociate_vpc_cidr_block().association_id(association);
        call.send().await.map(drop).map_err(ec2("DisassociateVpcCidrBlock").failed())
    }

    async fn delete_vpc(&self, vpc: &str) -> Result<(), CloudError> {
        let call = self.0.delete_vpc().vpc_id(vpc);
        call.send().await.map(drop).map_err(ec2("DeleteVpc").failed())
    }

    async fn create_dhcp_options(
        &self,
        domain_name: Option<&str>,
        domain_name_servers: &[String],
        tags: &Tags,
    ) -> Result<String, CloudError> {
        let op = ec2("CreateDhcpOptions");
        let setting = |key: &str, values: Vec<String>| {
            NewDhcpConfiguration::builder().key(key).set_values(Some(values)).build()
        };
        let mut call = self.0.create_dhcp_options();
        if !domain_name_servers.is_empty() {
            let servers = setting("domain-name-servers", domain_name_servers.to_vec());
            call = call.dhcp_configurations(servers);
        }
        if let Some(domain) = domain_name {
            call = call.dhcp_configurations(setting("domain-name", vec![domain.to_owned()]));
        }
        let call = call.set_tag_specifications(tagged(ResourceType::DhcpOptions, tags));
        let answer = call.send().await.map_err(op.failed())?;
        op.expect(answer.dhcp_options.and_then(|options| options.dhcp_options_id), "id")
    }

    async fn associate_dhcp_options(&self, options: &str, vpc: &str) -> Result<(), CloudError> {
        let call = self.0.associate_dhcp_options().dhcp_options_id(options).vpc_id(vpc);
        call.send().await.map(drop).map_err(ec2("AssociateDhcpOptions").failed())
    }

    async fn delete_dhcp_options(&self, options: &str) -> Result<(), CloudError> {
        let call = self.0.delete_dhcp_options().dhcp_options_id(options);
        call.send().await.map(drop).map_err(ec2("DeleteDhcpOptions").failed())
    }

    async fn create_subnet(&self, subnet: NewSubnet<'_>) -> Result<String, CloudError> {
        let op = ec2("CreateSubnet");
        let call = self
            .0
            .create_subnet()
            .vpc_id(subnet.vpc_id)
            .availability_zone(subnet.availability_zone)
            .set_cidr_block(owned(subnet.cidr_block))
            .set_ipv6_cidr_block(owned(subnet.ipv6_cidr_block))
            .set_ipv6_native(subnet.cidr_block.is_none().then_some(true))
            .set_tag_specifications(tagged(ResourceType::Subnet, subnet.tags));
        let answer = call.send().await.map_err(op.failed())?;
        op.expect(answer.subnet.and_then(|subnet| subnet.subnet_id), "id")
    }

    async fn associate_subnet_cidr_block(
        &self,
        subnet: &str,
        ipv6_cidr_block: &str,
    ) -> Result<(), CloudError> {
        let call = self.0.associate_subnet_cidr_block().subnet_id(subnet);
        let call = call.ipv6_cidr_block(ipv6_cidr_block);
        call.send().await.map(drop).map_err(ec2("AssociateSubnetCidrBlock").failed())
    }

    async fn modify_subnet_attribute(
        &self,
        subnet: &str,
        attribute: SubnetAttribute,
    ) -> Result<(), CloudError> {
        let call = self.0.modify_subnet_attribute().subnet_id(subnet);
        let call = match attribute {
            SubnetAttribute::AssignIpv6AddressOnCreation(value) => {
                call.assign_ipv6_address_on_creation(switch(value))
            }
            SubnetAttribute::EnableDns64(value) => call.enable_dns64(switch(value)),
            SubnetAttribute::HostnameType(value) => {
                use aws_sdk_ec2::types::HostnameType as Wire;
                call.private_dns_hostname_type_on_launch(match value {
                    HostnameType::IpName => Wire::IpName,
                    HostnameType::ResourceName => Wire::ResourceName,
                })
            }
            SubnetAttribute::ResourceNameARecord(value) => {
                call.enable_resource_name_dns_a_record_on_launch(switch(value))
            }
            SubnetAttribute::ResourceNameAaaaRecord(value) => {
                call.enable_resource_name_dns_aaaa_record_on_launch(switch(value))
            }
        };
        call.send().await.map(drop).map_err(ec2("ModifySubnetAttribute").failed())
    }

    async fn delete_subnet(&self, subnet: &str) -> Result<(), CloudError> {
        let call = self.0.delete_subnet().subnet_id(subnet);
        call.send().await.map(drop).map_err(ec2("DeleteSubnet").failed())
    }

    async fn create_internet_gateway(&self, tags: &Tags) -> Result<String, CloudError> {
        let op = ec2("CreateInternetGateway");
        let specifications = tagged(ResourceType::InternetGateway, tags);
        let call = self.0.create_internet_gateway().set_tag_specifications(specifications);
        let answer = call.send().await.map_err(op.failed())?;
        op.expect(answer.internet_gateway.and_then(|it| it.internet_gateway_id), "id")
    }

    async fn attach_internet_gateway(&self, gateway: &str, vpc: &str) -> Result<(), CloudError> {
        let call = self.0.attach_internet_gateway().internet_gateway_id(gateway).vpc_id(vpc);
        call.send().await.map(drop).map_err(ec2("AttachInternetGateway").failed())
    }

    async fn detach_internet_gateway(&self, gateway: &str, vpc: &str) -> Result<(), CloudError> {
        let call = self.0.detach_internet_gateway().internet_gateway_id(gateway).vpc_id(vpc);
        call.send().await.map(drop).map_err(ec2("DetachInternetGateway").failed())
    }

    async fn delete_internet_gateway(&self, gateway: &str) -> Result<(), CloudError> {
        let call = self.0.delete_internet_gateway().internet_gateway_id(gateway);
        call.send().await.map(drop).map_err(ec2("DeleteInternetGateway").failed())
    }

    async fn create_egress_only_internet_gateway(
        &self,
        vpc: &str,
        tags: &Tags,
    ) -> Result<String, CloudError> {
        let op = ec2("CreateEgressOnlyInternetGateway");
        let specifications = tagged(ResourceType::EgressOnlyInternetGateway, tags);
        let call = self.0.create_egress_only_internet_gateway().vpc_id(vpc);
        let answer = call.set_tag_specifications(specifications).send().await;
        let gateway = answer.map_err(op.failed())?.egress_only_internet_gateway;
        op.expect(gateway.and_then(|it| it.egress_only_internet_gateway_id), "id")
    }

    async fn delete_egress_only_internet_gateway(&self, gateway: &str) -> Result<(), CloudError> {
        let call = self.0.delete_egress_only_internet_gateway();
        let call = call.egress_only_internet_gateway_id(gateway);
        call.send().await.map(drop).map_err(ec2("DeleteEgressOnlyInternetGateway").failed())
    }

    async fn create_route_table(&self, vpc: &str, tags: &Tags) -> Result<String, CloudError> {
        let op = ec2("CreateRouteTable");
        let specifications = tagged(ResourceType::RouteTable, tags);
        let call = self.0.create_route_table().vpc_id(vpc).set_tag_specifications(specifications);
        let answer = call.send().await.map_err(op.failed())?;
        op.expect(answer.route_table.and_then(|table| table.route_table_id), "id")
    }

    async fn create_route(
        &self,
        table: &str,
        destination: &str,
        target: &str,
    ) -> Result<(), CloudError> {
        let op = ec2("CreateRoute");
        let call = self.0.create_route().route_table_id(table);
        let call = match Peer::of(destination) {
            Peer::PrefixList(list) => call.destination_prefix_list_id(list),
            Peer::Ipv6(addresses) => call.destination_ipv6_cidr_block(addresses),
            _ => call.destination_cidr_block(destination),
        };
        let call = match kind_of(target) {
            "eigw" => call.egress_only_internet_gateway_id(target),
            "nat" => call.nat_gateway_id(target),
            "tgw" => call.transit_gateway_id(target),
            "pcx" => call.vpc_peering_connection_id(target),
            "i" => call.instance_id(target),
            _ => call.gateway_id(target),
        };
        call.send().await.map(drop).map_err(op.failed())
    }

    async fn replace_route(
        &self,
        table: &str,
        destination: &str,
        target: &str,
    ) -> Result<(), CloudError> {
        let call = self.0.replace_route().route_table_id(table);
        let call = match Peer::of(destination) {
            Peer::PrefixList(list) => call.destination_prefix_list_id(list),
            Peer::Ipv6(addresses) => call.destination_ipv6_cidr_block(addresses),
            _ => call.destination_cidr_block(destination),
        };
        let call = match kind_of(target) {
            "eigw" => call.egress_only_internet_gateway_id(target),
            "nat" => call.nat_gateway_id(target),
            "tgw" => call.transit_gateway_id(target),
            "pcx" => call.vpc_peering_connection_id(target),
            "i" => call.instance_id(target),
            _ => call.gateway_id(target),
        };
        call.send().await.map(drop).map_err(ec2("ReplaceRoute").failed())
    }

    async fn delete_route(&self, table: &str, destination: &str) -> Result<(), CloudError> {
        let call = self.0.delete_route().route_table_id(table);
        let call = match Peer::of(destination) {
            Peer::PrefixList(list) => call.destination_prefix_list_id(list),
            Peer::Ipv6(addresses) => call.destination_ipv6_cidr_block(addresses),
            _ => call.destination_cidr_block(destination),
        };
        call.send().await.map(drop).map_err(ec2("DeleteRoute").failed())
    }

    async fn associate_route_table(&self, table: &str, subnet: &str) -> Result<(), CloudError> {
        let call = self.0.associate_route_table().route_table_id(table).subnet_id(subnet);
        call.send().await.map(drop).map_err(ec2("AssociateRouteTable").failed())
    }

    async fn replace_route_table_association(
        &self,
        association: &str,
        table: &str,
    ) -> Result<(), CloudError> {
        let call = self.0.replace_route_table_association().association_id(association);
        let call = call.route_table_id(table);
        call.send().await.map(drop).map_err(ec2("ReplaceRouteTableAssociation").failed())
    }

    async fn disassociate_route_table(&self, association: &str) -> Result<(), CloudError> {
        let call = self.0.disassociate_route_table().association_id(association);
        call.send().await.map(drop).map_err(ec2("DisassociateRouteTable").failed())
    }

    async fn delete_route_table(&self, table: &str) -> Result<(), CloudError> {
        let call = self.0.delete_route_table().route_table_id(table);
        call.send().await.map(drop).map_err(ec2("DeleteRouteTable").failed())
    }

    async fn allocate_address(&self, tags: &Tags) -> Result<String, CloudError> {
        let op = ec2("AllocateAddress");
        let specifications = tagged(ResourceType::ElasticIp, tags);
        let call = self.0.allocate_address().domain(DomainType::Vpc);
        let answer = call.set_tag_specifications(specifications).send().await;
        op.expect(answer.map_err(op.failed())?.allocation_id, "id")
    }

    async fn release_address(&self, allocation: &str) -> Result<(), CloudError> {
        let call = self.0.release_address().allocation_id(allocation);
        call.send().await.map(drop).map_err(ec2("ReleaseAddress").failed())
    }

    async fn create_nat_gateway(
        &self,
        subnet: &str,
        allocation: &str,
        tags: &Tags,
    ) -> Result<String, CloudError> {
        let op = ec2("CreateNatGateway");
        let call = self
            .0
            .create_nat_gateway()
            .subnet_id(subnet)
            .allocation_id(allocation)
            .connectivity_type(ConnectivityType::Public)
            .set_tag_specifications(tagged(ResourceType::Natgateway, tags));
        let answer = call.send().await.map_err(op.failed())?;
        op.expect(answer.nat_gateway.and_then(|gateway| gateway.nat_gateway_id), "id")
    }

    async fn delete_nat_gateway(&self, gateway: &str) -> Result<(), CloudError> {
        let call = self.0.delete_nat_gateway().nat_gateway_id(gateway);
        call.send().await.map(drop).map_err(ec2("DeleteNatGateway").failed())
    }

    async fn create_security_group(
        &self,
        group: NewSecurityGroup<'_>,
    ) -> Result<String, CloudError> {
        let op = ec2("CreateSecurityGroup");
        let call = self
            .0
            .create_security_group()
            .group_name(group.name)
            .description(group.description)
            .vpc_id(group.vpc_id)
            .set_tag_specifications(tagged(ResourceType::SecurityGroup, group.tags));
        op.expect(call.send().await.map_err(op.failed())?.group_id, "id")
    }

    async fn delete_security_group(&self, group: &str) -> Result<(), CloudError> {
        let call = self.0.delete_security_group().group_id(group);
        call.send().await.map(drop).map_err(ec2("DeleteSecurityGroup").failed())
    }

    async fn authorize_security_group(
        &self,
        group: &str,
        permission: &Permission,
        tags: &Tags,
    ) -> Result<(), CloudError> {
        let tags = tagged(ResourceType::SecurityGroupRule, tags);
        let permissions = to_permission(permission);
        if permission.egress {
            let call = self.0.authorize_security_group_egress().group_id(group);
            let call = call.ip_permissions(permissions).set_tag_specifications(tags);
            let op = ec2("AuthorizeSecurityGroupEgress");
            return call.send().await.map(drop).map_err(op.failed());
        }
        let call = self.0.authorize_security_group_ingress().group_id(group);
        let call = call.ip_permissions(permissions).set_tag_specifications(tags);
        call.send().await.map(drop).map_err(ec2("AuthorizeSecurityGroupIngress").failed())
    }

    async fn revoke_security_group_rule(
        &self,
        group: &str,
        rule: &str,
        egress: bool,
    ) -> Result<(), CloudError> {
        if egress {
            let call = self.0.revoke_security_group_egress().group_id(group);
            let op = ec2("RevokeSecurityGroupEgress");
            return call.security_group_rule_ids(rule).send().await.map(drop).map_err(op.failed());
        }
        let call = self.0.revoke_security_group_ingress().group_id(group);
        let op = ec2("RevokeSecurityGroupIngress");
        call.security_group_rule_ids(rule).send().await.map(drop).map_err(op.failed())
    }

    async fn create_tags(&self, id: &str, tags: &Tags) -> Result<(), CloudError> {
        let call = self.0.create_tags().resources(id).set_tags(Some(to_tags(tags)));
        call.send().await.map(drop).map_err(ec2("CreateTags").failed())
    }

    async fn delete_tags(&self, id: &str, keys: &[String]) -> Result<(), CloudError> {
        let tags = keys.iter().map(|key| Tag::builder().key(key).build()).collect();
        let call = self.0.delete_tags().resources(id).set_tags(Some(tags));
        call.send().await.map(drop).map_err(ec2("DeleteTags").failed())
    }
}

/// What an id starts with.
fn kind_of(id: &str) -> &str {
    id.split_once('-').map_or("", |(kind, _)| kind)
}

fn to_permission(permission: &Permission) -> IpPermission {
    let peer = |call: IpPermissionBuilder| match Peer::of(&permission.peer) {
        Peer::Ipv4(range) => call.ip_ranges(IpRange::builder().cidr_ip(range).build()),
        Peer::Ipv6(range) => call.ipv6_ranges(Ipv6Range::builder().cidr_ipv6(range).build()),
        Peer::PrefixList(list) => {
            call.prefix_list_ids(PrefixListId::builder().prefix_list_id(list).build())
        }
        Peer::Group(group) => {
            call.user_id_group_pairs(UserIdGroupPair::builder().group_id(group).build())
        }
    };
    peer(IpPermission::builder().ip_protocol(&permission.protocol))
        .from_port(permission.from_port)
        .to_port(permission.to_port)
        .build()
}

fn from_vpc(op: Operation, vpc: aws_sdk_ec2::types::Vpc) -> Result<Vpc, CloudError> {
    use VpcCidrBlockStateCode::{Associated, Associating};
    let blocks = vpc.cidr_block_association_set.unwrap_or_default().into_iter();
    let blocks = blocks.filter_map(|block| {
        let state = block.cidr_block_state.and_then(|state| state.state);
        let is_ready = state.is_none_or(|state| state == Associated);
        Some(CidrAssociation {
            id: block.association_id?,
            cidr_block: block.cidr_block?,
            is_ready,
            is_amazons: false,
        })
    });
    let ipv6 = vpc.ipv6_cidr_block_association_set.unwrap_or_default().into_iter();
    let ipv6 = ipv6.filter_map(|block| {
        let state = block.ipv6_cidr_block_state.and_then(|state| state.state)?;
        (state == Associated || state == Associating).then_some(())?;
        Some(CidrAssociation {
            id: block.association_id?,
            cidr_block: block.ipv6_cidr_block.unwrap_or_default(),
            is_ready: state == Associated,
            is_amazons: block.ipv6_pool.as_deref() == Some("Amazon"),
        })
    });
    Ok(Vpc {
        id: op.expect(vpc.vpc_id, "id")?,
        cidr_block: op.expect(vpc.cidr_block, "CIDR block")?,
        cidr_blocks: blocks.filter(|block| block.is_ready).collect(),
        ipv6_cidr_blocks: ipv6.collect(),
        dhcp_options_id: vpc.dhcp_options_id.unwrap_or_else(|| "default".to_owned()),
        tags: tags_of(vpc.tags),
    })
}

fn from_subnet(op: Operation, subnet: aws_sdk_ec2::types::Subnet) -> Result<Subnet, CloudError> {
    use SubnetCidrBlockStateCode::{Associated, Associating};
    let ipv6 = subnet.ipv6_cidr_block_association_set.unwrap_or_default().into_iter();
    let ipv6 = ipv6.filter_map(|block| {
        let state = block.ipv6_cidr_block_state.and_then(|state| state.state)?;
        (state == Associated || state == Associating).then_some(())?;
        Some(CidrAssociation {
            id: block.association_id?,
            cidr_block: block.ipv6_cidr_block?,
            is_ready: state == Associated,
            is_amazons: true,
        })
    });
    let names = subnet.private_dns_name_options_on_launch;
    let names = names.as_ref();
    let hostname_type = match names.and_then(|names| names.hostname_type()) {
        Some(aws_sdk_ec2::types::HostnameType::ResourceName) => HostnameType::ResourceName,
        _ => HostnameType::IpName,
    };
    Ok(Subnet {
        id: op.expect(subnet.subnet_id, "id")?,
        vpc_id: op.expect(subnet.vpc_id, "VPC")?,
        availability_zone: op.expect(subnet.availability_zone, "availability zone")?,
        cidr_block: subnet.cidr_block.filter(|block| !block.is_empty()),
        ipv6_cidr_blocks: ipv6.collect(),
        attributes: SubnetAttributes {
            assign_ipv6_address_on_creation: subnet
                .assign_ipv6_address_on_creation
                .unwrap_or_default(),
            enable_dns64: subnet.enable_dns64.unwrap_or_default(),
            hostname_type,
            resource_name_a_record: names
                .and_then(|names| names.enable_resource_name_dns_a_record)
                .unwrap_or_default(),
            resource_name_aaaa_record: names
                .and_then(|names| names.enable_resource_name_dns_aaaa_record)
                .unwrap_or_default(),
        },
        tags: tags_of(subnet.tags),
    })
}

fn from_route_table(
    op: Operation,
    table: aws_sdk_ec2::types::RouteTable,
) -> Result<RouteTable, CloudError> {
    let routes = table.routes.unwrap_or_default().into_iter().filter_map(|route| {
        let destination = route
            .destination_cidr_block
            .or(route.destination_ipv6_cidr_block)
            .or(route.destination_prefix_list_id)?;
        // An instance is answered with its interface.
        let target = route
            .instance_id
            .or(route.nat_gateway_id)
            .or(route.egress_only_internet_gateway_id)
            .or(route.transit_gateway_id)
            .or(route.vpc_peering_connection_id)
            .or(route.gateway_id)
            .or(route.network_interface_id)
            .or(route.local_gateway_id)
            .or(route.carrier_gateway_id)
            .unwrap_or_default();
        let is_blackhole = route.state == Some(RouteState::Blackhole);
        Some(Route { destination, target, is_blackhole })
    });
    let associations = table.associations.unwrap_or_default().into_iter();
    let associations = associations.filter_map(|association| {
        Some(RouteTableAssociation {
            id: association.route_table_association_id?,
            subnet_id: association.subnet_id?,
        })
    });
    Ok(RouteTable {
        id: op.expect(table.route_table_id, "id")?,
        vpc_id: op.expect(table.vpc_id, "VPC")?,
        routes: routes.collect(),
        associations: associations.collect(),
        tags: tags_of(table.tags),
    })
}

fn from_nat(
    op: Operation,
    gateway: aws_sdk_ec2::types::NatGateway,
) -> Result<NatGateway, CloudError> {
    let address = gateway.nat_gateway_addresses.unwrap_or_default().into_iter().next();
    let state = match gateway.state {
        Some(NatGatewayState::Available) => NatState::Available,
        Some(NatGatewayState::Failed) => NatState::Failed,
        Some(NatGatewayState::Deleting | NatGatewayState::Deleted) => NatState::Deleted,
        _ => NatState::Pending,
    };
    Ok(NatGateway {
        id: op.expect(gateway.nat_gateway_id, "id")?,
        vpc_id: gateway.vpc_id.unwrap_or_default(),
        subnet_id: op.expect(gateway.subnet_id, "subnet")?,
        allocation_id: address.and_then(|address| address.allocation_id),
        state,
        failure: gateway.failure_message,
        tags: tags_of(gateway.tags),
    })
}

fn from_rule(
    op: Operation,
    rule: aws_sdk_ec2::types::SecurityGroupRule,
) -> Result<SecurityGroupRule, CloudError> {
    let group = rule.referenced_group_info.and_then(|group| group.group_id);
    let peer = rule.cidr_ipv4.or(rule.cidr_ipv6).or(rule.prefix_list_id).or(group);
    Ok(SecurityGroupRule {
        id: op.expect(rule.security_group_rule_id, "id")?,
        group_id: op.expect(rule.group_id, "group")?,
        permission: Permission {
            egress: rule.is_egress.unwrap_or_default(),
            protocol: op.expect(rule.ip_protocol, "protocol")?,
            from_port: rule.from_port.unwrap_or(-1),
            to_port: rule.to_port.unwrap_or(-1),
            peer: op.expect(peer, "peer")?,
        },
        tags: tags_of(rule.tags),
    })
}

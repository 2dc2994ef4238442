//! The network of EC2: what is written of it.

use async_trait::async_trait;
use aws_sdk_ec2::types::{
    AttributeBooleanValue, ConnectivityType, DomainType, IpPermission, IpRange, Ipv6Range,
    NewDhcpConfiguration, PrefixListId, ResourceType, Tag, UserIdGroupPair,
    builders::IpPermissionBuilder,
};

use super::{
    super::ec2::{
        ec2,
        request::{tagged, tags as to_tags},
    },
    Network, owned,
};
use crate::cloud::{
    CloudError,
    vpc::{
        HostnameType, NewCidrBlock, NewSecurityGroup, NewSubnet, Peer, Permission, SubnetAttribute,
        Tags, VpcAttribute, VpcWriter,
    },
};

fn switch(value: bool) -> AttributeBooleanValue {
    AttributeBooleanValue::builder().value(value).build()
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

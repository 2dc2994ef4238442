//! What EC2 answers of the network, as the port's types.

use aws_sdk_ec2::types::{
    InternetGatewayAttachment, NatGatewayState, RouteState, SubnetCidrBlockStateCode, Tag,
    VpcCidrBlockStateCode,
};

use super::super::{ec2::answer::tags as tags_of, error::Operation};
use crate::cloud::{
    CloudError,
    vpc::{
        CidrAssociation, Gateway, HostnameType, NatGateway, NatState, Permission, Route,
        RouteTable, RouteTableAssociation, SecurityGroupRule, Subnet, SubnetAttributes, Vpc,
    },
};

/// A gateway of either kind.
pub(super) fn from_gateway(
    id: String,
    attachments: Option<Vec<InternetGatewayAttachment>>,
    tags: Option<Vec<Tag>>,
) -> Gateway {
    let attached = attachments.unwrap_or_default().into_iter().next();
    Gateway { id, vpc_id: attached.and_then(|attached| attached.vpc_id), tags: tags_of(tags) }
}

pub(super) fn from_vpc(op: Operation, vpc: aws_sdk_ec2::types::Vpc) -> Result<Vpc, CloudError> {
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

pub(super) fn from_subnet(
    op: Operation,
    subnet: aws_sdk_ec2::types::Subnet,
) -> Result<Subnet, CloudError> {
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

pub(super) fn from_route_table(
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

pub(super) fn from_nat(
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

pub(super) fn from_rule(
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

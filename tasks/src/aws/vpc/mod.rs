//! The network of EC2: what is read of it.

mod answer;
mod write;

use async_trait::async_trait;
use aws_sdk_ec2::{
    Client,
    types::{Filter, VpcAttributeName},
};

use self::answer::{from_gateway, from_nat, from_route_table, from_rule, from_subnet, from_vpc};
use super::ec2::{answer::tags as tags_of, ec2};
use crate::cloud::{
    CloudError, Page,
    vpc::{
        Address, DhcpOptions, Gateway, NatGateway, RouteTable, SecurityGroup, SecurityGroupRule,
        Subnet, Vpc, VpcAttribute, VpcReader, Which,
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

/// A part of a listing: EC2 says where the next one starts, if there is one.
fn part<T>(
    items: impl Iterator<Item = Result<T, CloudError>>,
    next: Option<String>,
) -> Result<Page<T>, CloudError> {
    let next = next.filter(|next| !next.is_empty());
    Ok(Page { items: items.collect::<Result<_, _>>()?, next })
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

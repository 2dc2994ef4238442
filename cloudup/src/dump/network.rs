//! What a cluster owns of the network. Things name each other by what their tags call them, and
//! by their ids where they are not the cluster's.

use std::collections::{BTreeMap, BTreeSet};

use cloudup_tasks::cloud::vpc::{
    self, HostnameType, NatState, Peer, Tagged, VpcAttribute, Which, all_dhcp_options,
    all_egress_only_internet_gateways, all_internet_gateways, all_nat_gateways, all_route_tables,
    all_security_group_rules, all_security_groups, all_subnets, all_vpcs,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{DumpError, Search, While as _};

type Tags = BTreeMap<String, String>;

/// What a cluster owns of the network.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Network {
    /// VPCs, by name.
    pub vpcs: BTreeMap<String, Vpc>,
    /// VPCs of others that something of the cluster is in.
    pub shared_vpcs: Vec<SharedVpc>,
    /// Further addresses of VPCs.
    pub vpc_cidr_associations: Vec<VpcCidrAssociation>,
    /// DHCP options, by name.
    pub dhcp_options: BTreeMap<String, DhcpOptions>,
    /// Which VPC has which DHCP options.
    pub dhcp_options_associations: Vec<DhcpOptionsAssociation>,
    /// Subnets, by name.
    pub subnets: BTreeMap<String, Subnet>,
    /// Internet gateways, by name.
    pub internet_gateways: BTreeMap<String, Gateway>,
    /// Egress-only internet gateways, by name.
    pub egress_only_internet_gateways: BTreeMap<String, Gateway>,
    /// Route tables, by name.
    pub route_tables: BTreeMap<String, Gateway>,
    /// Their routes.
    pub routes: Vec<Route>,
    /// Which subnet has chosen which route table.
    pub route_table_associations: Vec<RouteTableAssociation>,
    /// Elastic IP addresses, by name.
    pub elastic_ips: BTreeMap<String, ElasticIp>,
    /// NAT gateways, by name.
    pub nat_gateways: BTreeMap<String, NatGateway>,
    /// Security groups, by name.
    pub security_groups: BTreeMap<String, SecurityGroup>,
    /// Their rules, and those of the cluster in groups of others.
    pub security_group_rules: Vec<SecurityGroupRule>,
}

/// A VPC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Vpc {
    /// Its first IPv4 addresses.
    pub cidr_block: String,
    /// Whether it has IPv6 addresses that Amazon chose.
    pub assign_generated_ipv6_cidr_block: bool,
    /// Whether instances with public addresses have public names.
    pub enable_dns_hostnames: bool,
    /// Whether there is a DNS server for its instances.
    pub enable_dns_support: bool,
    /// Its tags.
    pub tags: Tags,
}

/// A VPC of others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SharedVpc {
    /// Its id.
    pub id: String,
}

/// Further addresses of a VPC.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct VpcCidrAssociation {
    /// The VPC.
    pub vpc: String,
    /// The addresses.
    pub cidr_block: String,
}

/// What DHCP tells instances.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DhcpOptions {
    /// The domain in which names without a dot are looked up.
    pub domain_name: Option<String>,
    /// The DNS servers.
    pub domain_name_servers: Vec<String>,
    /// Its tags.
    pub tags: Tags,
}

/// The DHCP options of a VPC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DhcpOptionsAssociation {
    /// The VPC.
    pub vpc: String,
    /// The options.
    pub dhcp_options: String,
}

/// A subnet. What is switched off is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Subnet {
    /// Its VPC.
    pub vpc: String,
    /// Its availability zone.
    pub availability_zone: String,
    /// Its IPv4 addresses.
    pub cidr_block: Option<String>,
    /// Its IPv6 addresses.
    pub ipv6_cidr_block: Option<String>,
    /// Whether it has IPv6 addresses alone.
    pub ipv6_native: Option<bool>,
    /// Whether instances get an IPv6 address.
    pub assign_ipv6_address_on_creation: Option<bool>,
    /// Whether names without IPv6 addresses are answered with made-up ones.
    pub enable_dns64: Option<bool>,
    /// Whether names made from ids have A records.
    pub enable_resource_name_dns_a_record_on_launch: Option<bool>,
    /// Whether names made from ids have AAAA records.
    pub enable_resource_name_dns_aaaa_record_on_launch: Option<bool>,
    /// How the private names of instances are made.
    pub private_dns_hostname_type_on_launch: HostnameType,
    /// Its tags.
    pub tags: Tags,
}

/// Something in a VPC that has tags and no more to tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Gateway {
    /// Its VPC.
    pub vpc: Option<String>,
    /// Its tags.
    pub tags: Tags,
}

/// A route: one destination, one target.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Route {
    /// The route table.
    pub route_table: String,
    /// The IPv4 addresses that it is about.
    pub destination_cidr_block: Option<String>,
    /// The IPv6 addresses that it is about.
    pub destination_ipv6_cidr_block: Option<String>,
    /// Through an internet gateway.
    pub internet_gateway: Option<String>,
    /// Through an egress-only internet gateway.
    pub egress_only_internet_gateway: Option<String>,
    /// Through a NAT gateway.
    pub nat_gateway: Option<String>,
    /// Through a transit gateway.
    pub transit_gateway: Option<String>,
    /// Through a peering of VPCs.
    pub vpc_peering_connection: Option<String>,
    /// Through an instance.
    pub instance: Option<String>,
}

/// The route table of a subnet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct RouteTableAssociation {
    /// The route table.
    pub route_table: String,
    /// The subnet.
    pub subnet: String,
}

/// An Elastic IP address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ElasticIp {
    /// What it is for: `vpc`, always.
    pub domain: &'static str,
    /// Its tags.
    pub tags: Tags,
}

/// A NAT gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NatGateway {
    /// Its address.
    pub elastic_ip: Option<String>,
    /// Its subnet.
    pub subnet: String,
    /// Its tags.
    pub tags: Tags,
}

/// A security group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SecurityGroup {
    /// What it is for.
    pub description: String,
    /// Its VPC.
    pub vpc: String,
    /// Its tags.
    pub tags: Tags,
}

/// A rule of a security group: one peer.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct SecurityGroupRule {
    /// The group.
    pub security_group: String,
    /// `ingress` or `egress`.
    #[serde(rename = "type")]
    pub direction: &'static str,
    /// The protocol: `-1` for all.
    pub protocol: String,
    /// The first port, or the ICMP type.
    pub from_port: i32,
    /// The last port, or the ICMP code.
    pub to_port: i32,
    /// IPv4 addresses at the other end.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cidr_blocks: Vec<String>,
    /// IPv6 addresses at the other end.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ipv6_cidr_blocks: Vec<String>,
    /// Prefix lists at the other end.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prefix_list_ids: Vec<String>,
    /// A group at the other end.
    pub source_security_group: Option<String>,
}

/// What things are called, by their ids.
#[derive(Default)]
struct Names(BTreeMap<String, String>);

impl Names {
    /// What a thing of ours is called: its name tag says.
    fn add(&mut self, thing: &impl Tagged) -> String {
        let name = thing.tags().get("Name").cloned();
        let name = name.unwrap_or_else(|| thing.id().to_owned());
        self.0.insert(thing.id().to_owned(), name.clone());
        name
    }

    fn of(&self, id: &str) -> String {
        self.0.get(id).cloned().unwrap_or_else(|| id.to_owned())
    }
}

impl Search<'_> {
    /// The network, a listing for each kind of thing.
    pub(super) async fn network(&self) -> Result<Network, DumpError> {
        let (reader, key) = (self.reader.vpc(), self.owner.tag_key());
        let which = Which::TagKey(&key);
        let doing = |what: &'static str| move || format!("list the {what}");
        let (mut network, mut names) = (Network::default(), Names::default());

        let vpcs = self.ours(all_vpcs(reader, which).await.doing(doing("VPCs"))?);
        for vpc in &vpcs {
            let name = names.add(vpc);
            let attribute = async |attribute| {
                let value = reader.describe_vpc_attribute(&vpc.id, attribute).await;
                value.doing(|| format!("look into VPC {name}"))
            };
            let described = Vpc {
                cidr_block: vpc.cidr_block.clone(),
                assign_generated_ipv6_cidr_block: vpc.ipv6_cidr_blocks.iter().any(|b| b.is_amazons),
                enable_dns_hostnames: attribute(VpcAttribute::DnsHostnames).await?,
                enable_dns_support: attribute(VpcAttribute::DnsSupport).await?,
                tags: vpc.tags.clone(),
            };
            let further = vpc.cidr_blocks.iter().filter(|it| it.cidr_block != vpc.cidr_block);
            network.vpc_cidr_associations.extend(further.map(|block| VpcCidrAssociation {
                vpc: name.clone(),
                cidr_block: block.cidr_block.clone(),
            }));
            network.vpcs.insert(name, described);
        }
        let options = all_dhcp_options(reader, which).await.doing(doing("DHCP options"))?;
        for options in self.ours(options) {
            let name = names.add(&options);
            let having = vpcs.iter().filter(|vpc| vpc.dhcp_options_id == options.id);
            network.dhcp_options_associations.extend(having.map(|vpc| DhcpOptionsAssociation {
                vpc: names.of(&vpc.id),
                dhcp_options: name.clone(),
            }));
            let vpc::DhcpOptions { domain_name, domain_name_servers, tags, .. } = options;
            network
                .dhcp_options
                .insert(name, DhcpOptions { domain_name, domain_name_servers, tags });
        }
        let mut used: BTreeSet<String> = BTreeSet::new();
        for subnet in self.ours(all_subnets(reader, which).await.doing(doing("subnets"))?) {
            used.insert(subnet.vpc_id.clone());
            let name = names.add(&subnet);
            network.subnets.insert(name, described_subnet(subnet, &names));
        }
        let gateways = all_internet_gateways(reader, which).await;
        for gateway in self.ours(gateways.doing(doing("internet gateways"))?) {
            let name = names.add(&gateway);
            network.internet_gateways.insert(name, described_gateway(gateway, &names));
        }
        let gateways = all_egress_only_internet_gateways(reader, which).await;
        for gateway in self.ours(gateways.doing(doing("egress-only internet gateways"))?) {
            let name = names.add(&gateway);
            network.egress_only_internet_gateways.insert(name, described_gateway(gateway, &names));
        }
        let addresses = reader.describe_addresses(which).await;
        for address in self.ours(addresses.doing(doing("addresses"))?) {
            let name = names.add(&address);
            network.elastic_ips.insert(name, ElasticIp { domain: "vpc", tags: address.tags });
        }
        let gateways = all_nat_gateways(reader, which).await;
        for gateway in self.ours(gateways.doing(doing("NAT gateways"))?) {
            if gateway.state == NatState::Deleted || gateway.state == NatState::Failed {
                continue;
            }
            let name = names.add(&gateway);
            let described = NatGateway {
                elastic_ip: gateway.allocation_id.map(|id| names.of(&id)),
                subnet: names.of(&gateway.subnet_id),
                tags: gateway.tags,
            };
            network.nat_gateways.insert(name, described);
        }
        let tables = all_route_tables(reader, which).await;
        for table in self.ours(tables.doing(doing("route tables"))?) {
            used.insert(table.vpc_id.clone());
            let name = names.add(&table);
            let ours = table.routes.iter().filter(|route| route.target != "local");
            network.routes.extend(ours.map(|route| described_route(&name, route, &names)));
            let chosen = table.associations.iter().map(|chosen| RouteTableAssociation {
                route_table: name.clone(),
                subnet: names.of(&chosen.subnet_id),
            });
            network.route_table_associations.extend(chosen);
            let described = Gateway { vpc: Some(names.of(&table.vpc_id)), tags: table.tags };
            network.route_tables.insert(name, described);
        }
        self.security_groups(&mut network, &mut names, &mut used).await?;
        network.routes.sort();
        network.route_table_associations.sort();
        let is_ours = |id: &String| vpcs.iter().any(|vpc| vpc.id == *id);
        network.shared_vpcs =
            used.into_iter().filter(|id| !is_ours(id)).map(|id| SharedVpc { id }).collect();
        Ok(network)
    }

    async fn security_groups(
        &self,
        network: &mut Network,
        names: &mut Names,
        used: &mut BTreeSet<String>,
    ) -> Result<(), DumpError> {
        let (reader, key) = (self.reader.vpc(), self.owner.tag_key());
        let others = self.groups.iter().filter_map(|it| it.spec.security_group_override.clone());
        let mut ids: BTreeSet<_> = others.collect();
        let groups = all_security_groups(reader, Which::TagKey(&key)).await;
        for group in self.ours(groups.doing(|| "list the security groups".to_owned())?) {
            used.insert(group.vpc_id.clone());
            ids.insert(group.id.clone());
            let name = names.add(&group);
            let vpc = names.of(&group.vpc_id);
            let vpc::SecurityGroup { description, tags, .. } = group;
            network.security_groups.insert(name, SecurityGroup { description, vpc, tags });
        }
        for id in ids {
            let rules = all_security_group_rules(reader, &id).await;
            let rules = rules.doing(|| format!("list the rules of {}", names.of(&id)))?;
            let ours = rules.into_iter().filter(|rule| self.is_owned(&rule.tags));
            network.security_group_rules.extend(ours.map(|rule| described_rule(&rule, names)));
        }
        network.security_group_rules.sort();
        Ok(())
    }

    fn ours<T: Tagged>(&self, mut things: Vec<T>) -> Vec<T> {
        things.retain(|thing| self.is_owned(thing.tags()));
        things
    }
}

fn described_gateway(gateway: vpc::Gateway, names: &Names) -> Gateway {
    Gateway { vpc: gateway.vpc_id.map(|id| names.of(&id)), tags: gateway.tags }
}

fn described_subnet(subnet: vpc::Subnet, names: &Names) -> Subnet {
    let on = |value: bool| value.then_some(true);
    let attributes = subnet.attributes;
    Subnet {
        vpc: names.of(&subnet.vpc_id),
        availability_zone: subnet.availability_zone,
        ipv6_native: on(subnet.cidr_block.is_none()),
        cidr_block: subnet.cidr_block,
        ipv6_cidr_block: subnet.ipv6_cidr_blocks.into_iter().next().map(|it| it.cidr_block),
        assign_ipv6_address_on_creation: on(attributes.assign_ipv6_address_on_creation),
        enable_dns64: on(attributes.enable_dns64),
        enable_resource_name_dns_a_record_on_launch: on(attributes.resource_name_a_record),
        enable_resource_name_dns_aaaa_record_on_launch: on(attributes.resource_name_aaaa_record),
        private_dns_hostname_type_on_launch: attributes.hostname_type,
        tags: subnet.tags,
    }
}

fn described_route(table: &str, route: &vpc::Route, names: &Names) -> Route {
    let is_ipv6 = route.destination.contains(':');
    let (target, destination) = (names.of(&route.target), route.destination.clone());
    let mut described = Route { route_table: table.to_owned(), ..Route::default() };
    let place = match route.target.split_once('-').map(|(kind, _)| kind) {
        Some("igw") => &mut described.internet_gateway,
        Some("eigw") => &mut described.egress_only_internet_gateway,
        Some("nat") => &mut described.nat_gateway,
        Some("tgw") => &mut described.transit_gateway,
        Some("pcx") => &mut described.vpc_peering_connection,
        _ => &mut described.instance,
    };
    *place = Some(target);
    let place = if is_ipv6 {
        &mut described.destination_ipv6_cidr_block
    } else {
        &mut described.destination_cidr_block
    };
    *place = Some(destination);
    described
}

/// A rule as Terraform tells it: all ports of all protocols are 0 to 0, all of one are 0 to 65535.
fn described_rule(rule: &vpc::SecurityGroupRule, names: &Names) -> SecurityGroupRule {
    let permission = &rule.permission;
    let (from_port, to_port) = match permission.protocol.as_str() {
        "-1" => (0, 0),
        "tcp" | "udp" | "icmp" | "icmpv6" => (permission.from_port, permission.to_port),
        _ => (0, 65_535),
    };
    let mut described = SecurityGroupRule {
        security_group: names.of(&rule.group_id),
        direction: if permission.egress { "egress" } else { "ingress" },
        protocol: permission.protocol.clone(),
        from_port,
        to_port,
        ..SecurityGroupRule::default()
    };
    match Peer::of(&permission.peer) {
        Peer::Ipv4(range) => described.cidr_blocks.push(range.to_owned()),
        Peer::Ipv6(range) => described.ipv6_cidr_blocks.push(range.to_owned()),
        Peer::PrefixList(list) => described.prefix_list_ids.push(list.to_owned()),
        Peer::Group(group) => described.source_security_group = Some(names.of(group)),
    }
    described
}

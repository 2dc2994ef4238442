//! What the network of EC2 consists of.

use std::{borrow::Cow, collections::BTreeMap};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Tags of an object of EC2, at most 50. EC2 tells keys apart by the case of their letters.
pub type Tags = BTreeMap<String, String>;

/// Which things a listing is to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which<'a> {
    /// All of them.
    All,
    /// The one with this id: none, if there is none.
    Id(&'a str),
    /// Those with a tag of this key, whatever its value.
    TagKey(&'a str),
    /// Those in the VPC with this id.
    Vpc(&'a str),
}

/// Something of EC2 with an id and tags.
pub trait Tagged {
    /// Its id: a prefix that says what it is, then hexadecimal digits.
    fn id(&self) -> &str;
    /// Its tags.
    fn tags(&self) -> &Tags;
}

macro_rules! tagged {
    ($($thing:ident),* $(,)?) => {
        $(impl Tagged for $thing {
            fn id(&self) -> &str {
                &self.id
            }

            fn tags(&self) -> &Tags {
                &self.tags
            }
        })*
    };
}

tagged![Vpc, DhcpOptions, Subnet, Gateway, RouteTable, Address, NatGateway, SecurityGroup];

/// A VPC, as `DescribeVpcs` answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vpc {
    /// Its id: `vpc-…`.
    pub id: String,
    /// Its first IPv4 addresses, which it keeps for good.
    pub cidr_block: String,
    /// Its IPv4 addresses, the first included.
    pub cidr_blocks: Vec<CidrAssociation>,
    /// Its IPv6 addresses.
    pub ipv6_cidr_blocks: Vec<CidrAssociation>,
    /// The id of its DHCP options, or `default`.
    pub dhcp_options_id: String,
    /// Its tags.
    pub tags: Tags,
}

impl Vpc {
    /// Its IPv6 addresses: those that Amazon gave it, or else the first.
    pub fn ipv6_cidr_block(&self) -> Option<&str> {
        let ready = || self.ipv6_cidr_blocks.iter().filter(|block| block.is_ready);
        let block = ready().find(|block| block.is_amazons).or_else(|| ready().next());
        block.map(|block| block.cidr_block.as_str())
    }
}

/// Addresses that a VPC or a subnet has. Those that it had, or that could not be given, are left
/// out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CidrAssociation {
    /// The id of the association, which disassociating takes.
    pub id: String,
    /// The addresses.
    pub cidr_block: String,
    /// Whether they can be used yet.
    pub is_ready: bool,
    /// Whether they are IPv6 addresses that Amazon chose.
    pub is_amazons: bool,
}

/// What of a VPC can be switched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum VpcAttribute {
    /// `enableDnsSupport`: whether there is a DNS server for its instances.
    DnsSupport,
    /// `enableDnsHostnames`: whether instances with public addresses have public names.
    DnsHostnames,
}

/// New addresses of a VPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewCidrBlock<'a> {
    /// These IPv4 addresses.
    Ipv4(&'a str),
    /// IPv6 addresses that Amazon chooses, a `/56`.
    AmazonIpv6,
}

/// What DHCP tells instances, as `DescribeDhcpOptions` answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DhcpOptions {
    /// Its id: `dopt-…`.
    pub id: String,
    /// The domain in which names without a dot are looked up.
    pub domain_name: Option<String>,
    /// The DNS servers, in order of preference.
    pub domain_name_servers: Vec<String>,
    /// Its tags.
    pub tags: Tags,
}

/// A subnet, as `DescribeSubnets` answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subnet {
    /// Its id: `subnet-…`.
    pub id: String,
    /// The id of its VPC.
    pub vpc_id: String,
    /// Its availability zone.
    pub availability_zone: String,
    /// Its IPv4 addresses, if it has some.
    pub cidr_block: Option<String>,
    /// Its IPv6 addresses.
    pub ipv6_cidr_blocks: Vec<CidrAssociation>,
    /// How its instances are addressed and named.
    pub attributes: SubnetAttributes,
    /// Its tags.
    pub tags: Tags,
}

/// How the instances of a subnet are addressed and named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "EC2 has as many switches")]
pub struct SubnetAttributes {
    /// Whether they get an IPv6 address.
    pub assign_ipv6_address_on_creation: bool,
    /// Whether the DNS server answers names without IPv6 addresses with made-up ones (NAT64).
    pub enable_dns64: bool,
    /// How their private names are made.
    pub hostname_type: HostnameType,
    /// Whether names made from ids have A records.
    pub resource_name_a_record: bool,
    /// Whether names made from ids have AAAA records.
    pub resource_name_aaaa_record: bool,
}

/// How the private names of instances are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HostnameType {
    /// From their IPv4 addresses.
    #[default]
    IpName,
    /// From their ids.
    ResourceName,
}

/// One thing about a subnet to be changed: EC2 changes one in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubnetAttribute {
    /// [`SubnetAttributes::assign_ipv6_address_on_creation`].
    AssignIpv6AddressOnCreation(bool),
    /// [`SubnetAttributes::enable_dns64`].
    EnableDns64(bool),
    /// [`SubnetAttributes::hostname_type`].
    HostnameType(HostnameType),
    /// [`SubnetAttributes::resource_name_a_record`].
    ResourceNameARecord(bool),
    /// [`SubnetAttributes::resource_name_aaaa_record`].
    ResourceNameAaaaRecord(bool),
}

/// What `CreateSubnet` is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSubnet<'a> {
    /// The id of its VPC.
    pub vpc_id: &'a str,
    /// Its availability zone.
    pub availability_zone: &'a str,
    /// Its IPv4 addresses. Without, it has IPv6 addresses only.
    pub cidr_block: Option<&'a str>,
    /// Its IPv6 addresses: a `/64` of the VPC's.
    pub ipv6_cidr_block: Option<&'a str>,
    /// Its tags.
    pub tags: &'a Tags,
}

/// An internet gateway or an egress-only one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gateway {
    /// Its id: `igw-…` or `eigw-…`.
    pub id: String,
    /// The id of the VPC that it is attached to.
    pub vpc_id: Option<String>,
    /// Its tags.
    pub tags: Tags,
}

/// A route table, as `DescribeRouteTables` answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteTable {
    /// Its id: `rtb-…`.
    pub id: String,
    /// The id of its VPC.
    pub vpc_id: String,
    /// Its routes, those that come with the VPC included.
    pub routes: Vec<Route>,
    /// The subnets that it serves by their own choice.
    pub associations: Vec<RouteTableAssociation>,
    /// Its tags.
    pub tags: Tags,
}

/// Where packets for some addresses go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The addresses: IPv4 or IPv6, or the id of a prefix list.
    pub destination: String,
    /// The id of what they go through, whose prefix says what it is (`igw-`, `eigw-`, `nat-`,
    /// `tgw-`, `pcx-`, `i-`), or `local`.
    pub target: String,
    /// Whether what they go through is gone.
    pub is_blackhole: bool,
}

/// A subnet that has chosen a route table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteTableAssociation {
    /// The id of the association: `rtbassoc-…`.
    pub id: String,
    /// The id of the subnet.
    pub subnet_id: String,
}

/// An Elastic IP address, as `DescribeAddresses` answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The id of its allocation: `eipalloc-…`.
    pub id: String,
    /// The address.
    pub public_ip: String,
    /// Its tags.
    pub tags: Tags,
}

/// A NAT gateway, as `DescribeNatGateways` answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NatGateway {
    /// Its id: `nat-…`.
    pub id: String,
    /// The id of its VPC.
    pub vpc_id: String,
    /// The id of its subnet.
    pub subnet_id: String,
    /// The id of its address's allocation.
    pub allocation_id: Option<String>,
    /// What has become of it.
    pub state: NatState,
    /// Why it failed, if it did.
    pub failure: Option<String>,
    /// Its tags.
    pub tags: Tags,
}

/// What has become of a NAT gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NatState {
    /// It is being made, which takes a minute or two.
    Pending,
    /// It works.
    Available,
    /// It could not be made.
    Failed,
    /// It is going or gone, and is listed for an hour.
    Deleted,
}

/// A security group, as `DescribeSecurityGroups` answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityGroup {
    /// Its id: `sg-…`.
    pub id: String,
    /// Its name, unique in its VPC.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The id of its VPC.
    pub vpc_id: String,
    /// Its tags.
    pub tags: Tags,
}

/// What `CreateSecurityGroup` is given. The group's first rule lets everything out to IPv4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSecurityGroup<'a> {
    /// Its name, unique in its VPC.
    pub name: &'a str,
    /// What it is for, which can never be changed.
    pub description: &'a str,
    /// The id of its VPC.
    pub vpc_id: &'a str,
    /// Its tags.
    pub tags: &'a Tags,
}

/// A rule of a security group, as `DescribeSecurityGroupRules` answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityGroupRule {
    /// Its id: `sgr-…`.
    pub id: String,
    /// The id of its group.
    pub group_id: String,
    /// What it lets through.
    pub permission: Permission,
    /// Its tags.
    pub tags: Tags,
}

/// What a rule of a security group lets through. A group has no two rules with one of these.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Permission {
    /// Whether it is about what leaves.
    #[serde(default)]
    pub egress: bool,
    /// `tcp`, `udp`, `icmp`, `icmpv6`, another protocol's number, or `-1` for all.
    pub protocol: String,
    /// The first port, or the ICMP type; -1 for all.
    #[serde(default = "every")]
    pub from_port: i32,
    /// The last port, or the ICMP code; -1 for all.
    #[serde(default = "every")]
    pub to_port: i32,
    /// Who is at the other end: addresses, or the id of a prefix list (`pl-…`) or of a group
    /// (`sg-…`).
    pub peer: String,
}

fn every() -> i32 {
    -1
}

/// What stands at the other end of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer<'a> {
    /// IPv4 addresses.
    Ipv4(&'a str),
    /// IPv6 addresses.
    Ipv6(&'a str),
    /// A prefix list, by id.
    PrefixList(&'a str),
    /// A security group, by id.
    Group(&'a str),
}

impl<'a> Peer<'a> {
    /// What a text that a [`Permission`] holds stands for.
    pub fn of(text: &'a str) -> Self {
        match text {
            list if list.starts_with("pl-") => Self::PrefixList(list),
            group if group.starts_with("sg-") => Self::Group(group),
            addresses if addresses.contains(':') => Self::Ipv6(addresses),
            addresses => Self::Ipv4(addresses),
        }
    }
}

impl Permission {
    /// The protocol's name for people: `all` for every one.
    pub fn protocol_name(&self) -> Cow<'_, str> {
        if self.protocol == "-1" { "all".into() } else { self.protocol.as_str().into() }
    }
}

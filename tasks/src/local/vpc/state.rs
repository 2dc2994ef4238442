//! What the account's network consists of: the format in its file, and in a seed.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    cloud::vpc::{HostnameType, NatState, Permission, SubnetAttributes, Tags},
    local::by_name::Named,
};

macro_rules! by_id {
    ($($thing:ident),* $(,)?) => {
        $(impl Named for $thing {
            /// Its id: what it is found by. Names of EC2 are not unique.
            #[allow(clippy::misnamed_getters, reason = "some of them have a name, too")]
            fn name(&self) -> &str {
                &self.id
            }

            fn key(id: &str) -> String {
                id.into()
            }
        })*
    };
}

by_id![Vpc, DhcpOptions, Subnet, Gateway, RouteTable, Address, NatGateway, SecurityGroup];

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_no(value: &bool) -> bool {
    !*value
}

/// A VPC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Vpc {
    /// Its id.
    pub id: String,
    /// Its first IPv4 addresses.
    pub cidr_block: String,
    /// Its other IPv4 addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub additional_cidr_blocks: Vec<CidrBlock>,
    /// Its IPv6 addresses. A seed's VPC that does not say has a block of Amazon's.
    #[serde(default)]
    pub ipv6_cidr_blocks: Option<Vec<CidrBlock>>,
    /// Whether there is a DNS server for its instances. By default there is.
    #[serde(default = "yes")]
    pub enable_dns_support: bool,
    /// Whether instances with public addresses have public names.
    #[serde(default, skip_serializing_if = "is_no")]
    pub enable_dns_hostnames: bool,
    /// The id of its DHCP options, if they are not those of the region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dhcp_options_id: Option<String>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

/// Addresses of a VPC or a subnet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CidrBlock {
    /// The id of the association. By default the account's next.
    #[serde(default)]
    pub id: String,
    /// The addresses.
    pub cidr_block: String,
}

/// What DHCP tells instances.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DhcpOptions {
    /// Its id.
    pub id: String,
    /// The domain in which names without a dot are looked up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain_name: Option<String>,
    /// The DNS servers.
    #[serde(default)]
    pub domain_name_servers: Vec<String>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

/// A subnet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "EC2 has as many switches")]
pub struct Subnet {
    /// Its id.
    pub id: String,
    /// The id of its VPC.
    pub vpc_id: String,
    /// Its availability zone.
    pub availability_zone: String,
    /// Its IPv4 addresses, if it has some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cidr_block: Option<String>,
    /// Its IPv6 addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ipv6_cidr_blocks: Vec<CidrBlock>,
    /// Whether new subnets may not overlap it. What calls make has its addresses to itself; a
    /// seed's subnet only where it says so, since one seed may serve clusters of different plans.
    #[serde(default, skip_serializing_if = "is_no")]
    pub exclusive: bool,
    /// Whether instances get an IPv6 address.
    #[serde(default, skip_serializing_if = "is_no")]
    pub assign_ipv6_address_on_creation: bool,
    /// Whether names without IPv6 addresses are answered with made-up ones.
    #[serde(default, skip_serializing_if = "is_no")]
    pub enable_dns64: bool,
    /// How the private names of instances are made.
    #[serde(default)]
    pub hostname_type: HostnameType,
    /// Whether names made from ids have A records.
    #[serde(default, skip_serializing_if = "is_no")]
    pub resource_name_a_record: bool,
    /// Whether names made from ids have AAAA records.
    #[serde(default, skip_serializing_if = "is_no")]
    pub resource_name_aaaa_record: bool,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

impl Subnet {
    pub(super) fn attributes(&self) -> SubnetAttributes {
        SubnetAttributes {
            assign_ipv6_address_on_creation: self.assign_ipv6_address_on_creation,
            enable_dns64: self.enable_dns64,
            hostname_type: self.hostname_type,
            resource_name_a_record: self.resource_name_a_record,
            resource_name_aaaa_record: self.resource_name_aaaa_record,
        }
    }
}

/// An internet gateway, or an egress-only one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Gateway {
    /// Its id.
    pub id: String,
    /// The id of the VPC that it is attached to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc_id: Option<String>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

/// A route table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RouteTable {
    /// Its id.
    pub id: String,
    /// The id of its VPC.
    pub vpc_id: String,
    /// The ids of the targets by destination, beside the routes that come with the VPC.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub routes: BTreeMap<String, String>,
    /// The ids of the subnets that have chosen it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub associations: BTreeSet<String>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

/// An Elastic IP address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Address {
    /// The id of its allocation.
    pub id: String,
    /// The address.
    pub public_ip: String,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

/// A NAT gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NatGateway {
    /// Its id.
    pub id: String,
    /// The id of its address's allocation.
    pub allocation_id: String,
    /// The id of its subnet.
    pub subnet_id: String,
    /// What has become of it. By default it works.
    #[serde(default = "available")]
    pub state: NatState,
    /// Whether no other may have its address: see [`Subnet::exclusive`].
    #[serde(default, skip_serializing_if = "is_no")]
    pub exclusive: bool,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

fn available() -> NatState {
    NatState::Available
}

/// A security group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecurityGroup {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// The id of its VPC.
    pub vpc_id: String,
    /// Its rules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<SecurityGroupRule>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

/// A rule of a security group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecurityGroupRule {
    /// Its id. By default the account's next.
    #[serde(default)]
    pub id: String,
    /// What it lets through.
    pub permission: Permission,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

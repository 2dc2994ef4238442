//! How a cluster's nodes reach each other and the world.

use serde::{Deserialize, Serialize};

/// `spec.networking`: which add-on, by its presence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Networking {
    /// The VPC's route tables.
    pub kubenet: Option<Empty>,
    /// The Amazon VPC CNI.
    pub amazonvpc: Option<Empty>,
    /// Calico.
    pub calico: Option<Calico>,
    /// Cilium.
    pub cilium: Option<Cilium>,
    /// kube-router.
    pub kuberouter: Option<Empty>,
    /// kindnet.
    pub kindnet: Option<Empty>,
    /// Flannel.
    pub flannel: Option<Empty>,
    /// An add-on that the user installs.
    pub cni: Option<Empty>,
    /// Networking of the user's own, with kubenet on the nodes.
    pub external: Option<Empty>,
    /// kopeio.
    pub kopeio: Option<Empty>,
}

/// Something whose presence is all that matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Empty {}

/// Calico.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Calico {
    /// Whether nodes may change their own source and destination check.
    pub aws_src_dst_check: Option<SrcDstCheck>,
}

/// What Calico does to instances' source and destination check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum SrcDstCheck {
    /// It switches it on.
    Enable,
    /// It switches it off.
    Disable,
    /// It leaves it alone.
    DoNothing,
}

/// Cilium.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Cilium {
    /// Where pods' addresses come from.
    pub ipam: Option<CiliumIpam>,
    /// Whether it keeps its state in an etcd cluster of its own.
    pub etcd_managed: bool,
}

/// Where Cilium takes pods' addresses from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum CiliumIpam {
    /// A range for each host.
    Hostscope,
    /// What Kubernetes gives to each node.
    Kubernetes,
    /// Custom resources.
    Crd,
    /// Network interfaces of EC2.
    Eni,
}

/// `spec.topology`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Topology {
    /// Names.
    pub dns: Dns,
}

/// `spec.topology.dns`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Dns {
    /// Who can see them.
    #[serde(rename = "type")]
    pub kind: DnsType,
}

/// Who can see a cluster's DNS names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum DnsType {
    /// Everybody.
    #[default]
    Public,
    /// The VPC.
    Private,
    /// Nobody: there are none.
    None,
}

/// An entry of `spec.subnets`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Subnet {
    /// The name that instance groups use.
    pub name: String,
    /// Its availability zone.
    pub zone: Option<String>,
    /// Its region, where there is no zone.
    pub region: Option<String>,
    /// Its addresses.
    pub cidr: Option<String>,
    /// Its IPv6 addresses.
    #[serde(rename = "ipv6CIDR")]
    pub ipv6_cidr: Option<String>,
    /// The subnet's id, when it exists.
    pub id: Option<String>,
    /// How it reaches the world: the id of a NAT gateway, an address, an instance or a transit
    /// gateway, or `External` where somebody else sees to it.
    pub egress: Option<String>,
    /// The address of its NAT gateway, which exists.
    #[serde(rename = "publicIP")]
    pub public_ip: Option<String>,
    /// Further routes.
    #[serde(rename = "additionalRoutes")]
    pub additional_routes: Vec<AdditionalRoute>,
    /// What it is for.
    #[serde(rename = "type")]
    pub kind: Option<SubnetType>,
}

/// A further route of a subnet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default)]
pub struct AdditionalRoute {
    /// The addresses that it is about.
    pub cidr: String,
    /// The id of what packets go through.
    pub target: String,
}

impl Subnet {
    /// What it is for. kOps' first subnets were all of one type, and it is still the simplest.
    pub fn purpose(&self) -> SubnetType {
        self.kind.unwrap_or(SubnetType::Public)
    }

    /// Whether somebody else sees to its routes.
    pub fn is_routed_elsewhere(&self) -> bool {
        self.egress.as_deref() == Some("External")
    }
}

/// What a subnet is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum SubnetType {
    /// Reached from outside.
    Public,
    /// Not reached from outside.
    Private,
    /// Not reached from outside, with IPv6.
    DualStack,
    /// For load balancers and bastions.
    Utility,
}

impl SubnetType {
    /// As manifests and tags spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Public => "Public",
            Self::Private => "Private",
            Self::DualStack => "DualStack",
            Self::Utility => "Utility",
        }
    }
}

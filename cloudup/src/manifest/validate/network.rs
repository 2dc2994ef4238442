//! Subnets and the network add-on.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::Check;
use crate::{
    environment::region_of_zone,
    manifest::spec::{
        CiliumIpam, ClusterSpec, DnsProvider, DnsType, SrcDstCheck, Subnet, SubnetType,
    },
    subnets::{self, part_of},
};

pub(super) fn check(spec: &ClusterSpec, check: &mut Check<'_>) {
    subnets(spec, check);
    addresses(spec, check);
    for (index, subnet) in spec.subnets.iter().enumerate() {
        way_out(spec, subnet, &format!("spec.subnets[{index}]"), check);
    }
    add_on(spec, check);
    let external = spec.external_dns.provider == Some(DnsProvider::ExternalDns);
    if external && spec.topology.dns.kind == DnsType::None {
        check.wrong(
            "spec.externalDns.provider",
            "external-dns has no records to publish where spec.topology.dns.type is None",
            "remove it, or set spec.topology.dns.type to Public or Private",
        );
    }
}

fn subnets(spec: &ClusterSpec, check: &mut Check<'_>) {
    let mut names = BTreeSet::new();
    let mut regions: BTreeMap<&str, &str> = BTreeMap::new();
    for (index, subnet) in spec.subnets.iter().enumerate() {
        let path = format!("spec.subnets[{index}]");
        if subnet.name.is_empty() && !check.has(&format!("{path}.name")) {
            check.wrong(&path, "the subnet has no name", "give it one, such as its zone");
        }
        if !subnet.name.is_empty() && !names.insert(subnet.name.as_str()) {
            let message = format!("there is a subnet {:?} already", subnet.name);
            check.wrong(&format!("{path}.name"), message, "rename one, or remove it");
        }
        let (field, region) = match (subnet.zone.as_deref(), subnet.region.as_deref()) {
            (Some(zone), _) => ("zone", region_of_zone(zone)),
            (None, Some(region)) => ("region", region),
            (None, None) => continue,
        };
        if subnet.zone.is_none() && subnet.id.is_none() {
            check.wrong(&path, "the subnet says no zone", "give one, such as eu-west-1a");
        }
        regions.entry(region).or_insert(&subnet.name);
        let first = regions.iter().find(|(other, _)| **other != region);
        if let Some((other, name)) = first {
            let message =
                format!("this is in region {region:?}, and subnet {name:?} is in {other:?}");
            check.wrong(&format!("{path}.{field}"), message, "a cluster is in one region");
        }
    }
}

const CIDR: &str = "write addresses and the length of their prefix, such as 10.0.0.0/16";

/// Ranges of addresses that are none, and subnets that cannot be given some.
fn addresses(spec: &ClusterSpec, check: &mut Check<'_>) {
    let network = spec.network_cidr.iter().map(|text| ("spec.networkCIDR".to_owned(), text));
    let further = spec.additional_network_cidrs.iter().enumerate();
    let further = further.map(|(n, text)| (format!("spec.additionalNetworkCIDRs[{n}]"), text));
    let subnets = spec.subnets.iter().enumerate();
    let subnets = subnets.filter_map(|(n, subnet)| {
        subnet.cidr.as_ref().map(|text| (format!("spec.subnets[{n}].cidr"), text))
    });
    let mut are_ranges = true;
    for (path, text) in network.chain(further).chain(subnets) {
        if text.parse::<Ipv4Net>().is_err() {
            are_ranges = false;
            check.wrong(&path, format!("{text:?} is not a range of IPv4 addresses"), CIDR);
        }
    }
    for (n, subnet) in spec.subnets.iter().enumerate() {
        if let Some(text) = &subnet.ipv6_cidr
            && part_of(text).is_none()
            && text.parse::<Ipv6Net>().is_err()
        {
            check.wrong(
                &format!("spec.subnets[{n}].ipv6CIDR"),
                format!("{text:?} is not a range of IPv6 addresses"),
                "write a range such as 2001:db8::/64, or a part of the VPC's such as /64#1",
            );
        }
    }
    let access = [
        ("sshAccess", &spec.ssh_access),
        ("kubernetesApiAccess", &spec.kubernetes_api_access),
        ("nodePortAccess", &spec.node_port_access),
    ];
    for (field, texts) in access {
        for (n, text) in texts.iter().enumerate() {
            if !text.starts_with("pl-") && text.parse::<IpNet>().is_err() {
                check.wrong(
                    &format!("spec.{field}[{n}]"),
                    format!("{text:?} is neither a range of addresses nor a prefix list"),
                    "write a range such as 10.0.0.0/8, or the id of a prefix list (pl-…)",
                );
            }
        }
    }
    if are_ranges && let Err(error) = subnets::addresses(spec) {
        check.wrong("spec.subnets", error.to_string(), "give each subnet a cidr");
    }
}

/// What a subnet of ours names as its way out, and what its NAT gateway needs.
fn way_out(spec: &ClusterSpec, subnet: &Subnet, path: &str, check: &mut Check<'_>) {
    let is_private =
        |it: &Subnet| matches!(it.purpose(), SubnetType::Private | SubnetType::DualStack);
    if let Some(egress) = &subnet.egress {
        let kind = egress.split_once('-').map(|(kind, _)| kind);
        if egress != "External" && !kind.is_some_and(|it| EGRESS.contains(&it)) {
            check.wrong(
                &format!("{path}.egress"),
                format!("{egress:?} is not a way out"),
                "write the id of a NAT gateway (nat-…), an address (eipalloc-…), an instance \
                 (i-…) or a transit gateway (tgw-…), or External",
            );
        }
    }
    for (n, route) in subnet.additional_routes.iter().enumerate() {
        let kind = route.target.split_once('-').map(|(kind, _)| kind);
        if !kind.is_some_and(|it| TARGETS.contains(&it)) {
            check.wrong(
                &format!("{path}.additionalRoutes[{n}].target"),
                format!("{:?} is nothing to route to", route.target),
                "write the id of a peering (pcx-…), instance, NAT, transit, internet or \
                 egress-only gateway",
            );
        }
        if route.cidr.parse::<IpNet>().is_err() {
            let path = format!("{path}.additionalRoutes[{n}].cidr");
            check.wrong(&path, format!("{:?} is not a range of addresses", route.cidr), CIDR);
        }
    }
    if subnet.id.is_some() || !is_private(subnet) || subnet.is_routed_elsewhere() {
        return;
    }
    let in_zone = || spec.subnets.iter().filter(|it| it.zone == subnet.zone);
    let peers = || in_zone().filter(|it| is_private(it) && it.id.is_none());
    let differs = |it: &Subnet| {
        !it.is_routed_elsewhere()
            && (it.egress != subnet.egress || it.public_ip != subnet.public_ip)
    };
    if peers().any(differs) {
        check.wrong(
            path,
            "private subnets of one zone leave in different ways",
            "give them one egress and publicIP: they share a route table",
        );
    }
    let makes_gateway = subnet.egress.as_deref().is_none_or(|it| it.starts_with("eipalloc-"));
    let utility = in_zone().filter(|it| it.purpose() == SubnetType::Utility).count();
    if makes_gateway && utility != 1 {
        let zone = subnet.zone.as_deref().unwrap_or_default();
        check.wrong(
            path,
            format!(
                "its NAT gateway needs one utility subnet in zone {zone:?}: there are {utility}"
            ),
            "have one subnet of type Utility in each zone with private subnets, or give an egress",
        );
    }
}

/// What ids that a subnet may leave through start with.
const EGRESS: [&str; 4] = ["nat", "eipalloc", "i", "tgw"];

/// What ids of the targets of further routes start with.
const TARGETS: [&str; 6] = ["pcx", "i", "nat", "tgw", "igw", "eigw"];

/// Whether the cluster's own addresses are IPv6 alone.
fn is_ipv6(spec: &ClusterSpec) -> bool {
    spec.non_masquerade_cidr.as_deref().is_some_and(|cidr| cidr.contains(':'))
}

fn add_on(spec: &ClusterSpec, check: &mut Check<'_>) {
    let network = &spec.networking;
    let ipv6 = is_ipv6(spec);
    let source_check = network.calico.as_ref().and_then(|calico| calico.aws_src_dst_check);
    if ipv6 && source_check.is_some_and(|given| given != SrcDstCheck::DoNothing) {
        check.wrong(
            "spec.networking.calico.awsSrcDstCheck",
            "an IPv6 cluster leaves the source and destination check alone",
            "write DoNothing, or remove it",
        );
    }
    let eni = network.cilium.as_ref().and_then(|cilium| cilium.ipam) == Some(CiliumIpam::Eni);
    if ipv6 && eni {
        check.wrong(
            "spec.networking.cilium.ipam",
            "Cilium does not take IPv6 addresses from network interfaces",
            "use another ipam, such as kubernetes",
        );
    }
    if let Some(mode) = &spec.cloud_config.nlb_security_group_mode
        && mode != "Managed"
    {
        let message = format!("{mode:?} is not a mode");
        check.wrong(
            "spec.cloudConfig.nlbSecurityGroupMode",
            message,
            "write Managed, or remove it",
        );
    }
    let given: Vec<&str> = [
        ("amazonvpc", network.amazonvpc.is_some()),
        ("calico", network.calico.is_some()),
        ("cilium", network.cilium.is_some()),
        ("cni", network.cni.is_some()),
        ("external", network.external.is_some()),
        ("flannel", network.flannel.is_some()),
        ("kindnet", network.kindnet.is_some()),
        ("kopeio", network.kopeio.is_some()),
        ("kubenet", network.kubenet.is_some()),
        ("kuberouter", network.kuberouter.is_some()),
    ]
    .into_iter()
    .filter_map(|(name, given)| given.then_some(name))
    .collect();
    if given.len() > 1 {
        let message = format!("there is more than one network: {}", given.join(", "));
        check.wrong("spec.networking", message, "keep one of them");
    }
}

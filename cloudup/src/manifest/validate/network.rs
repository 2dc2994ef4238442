//! Subnets and the network add-on.

use std::collections::{BTreeMap, BTreeSet};

use super::Check;
use crate::{
    environment::region_of_zone,
    manifest::spec::{CiliumIpam, ClusterSpec, DnsProvider, DnsType, SrcDstCheck},
};

pub(super) fn check(spec: &ClusterSpec, check: &mut Check<'_>) {
    subnets(spec, check);
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
        regions.entry(region).or_insert(&subnet.name);
        let first = regions.iter().find(|(other, _)| **other != region);
        if let Some((other, name)) = first {
            let message =
                format!("this is in region {region:?}, and subnet {name:?} is in {other:?}");
            check.wrong(&format!("{path}.{field}"), message, "a cluster is in one region");
        }
    }
}

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

//! Subnets, and the tags by which Kubernetes finds them.

use std::collections::BTreeSet;

use cloudup_engine::{Graph, Input};
use cloudup_tasks::{
    cloud::{Aws, vpc::HostnameType, vpc::Tags},
    vpc::{Subnet, SubnetSettings},
};

use super::{Network, shared};
use crate::{
    manifest::spec::{self, Manager, SubnetType},
    model::{Blueprint, Run, governed},
    phase::Phase,
    subnets as plan,
};

/// The manifest's subnets. Those with an id exist, and are tagged and otherwise left alone.
pub(super) fn add(blueprint: &Blueprint, graph: &mut Graph<Aws>, run: Run, network: &mut Network) {
    let spec = &blueprint.cluster.spec;
    let planned = plan::addresses(spec).unwrap_or_default();
    let id = network.vpc.get(|vpc| vpc.id.clone());
    for subnet in &spec.subnets {
        let name = format!("{}.{}", subnet.name, blueprint.cluster.name());
        let owner = blueprint.owner();
        let cidr_block = planned.get(&subnet.name).cloned().flatten();
        let cidr_block = cidr_block.map(|range| plan::canonical(&range));
        let task = if let Some(existing) = &subnet.id {
            Subnet::existing(&name, owner, id.clone(), existing)
                .in_zone(subnet.zone.clone())
                .having(subnet.cidr.as_deref().map(plan::canonical))
        } else {
            let zone = subnet.zone.clone().unwrap_or_default();
            let settings = settings(blueprint, subnet, cidr_block.is_some());
            Subnet::new(&name, owner, id.clone(), zone, settings).having(cidr_block)
        };
        let task = task.having_ipv6(ipv6(subnet, network)).tagged(tags(blueprint, subnet, &name));
        let mut tasks = governed(graph, run, Phase::Network);
        let task = tasks.add(task);
        // Addresses must be the VPC's before a subnet can have them.
        for first in &network.additional {
            graph.order(first.clone(), task.id().clone());
        }
        network.subnets.insert(subnet.name.clone(), task);
    }
}

/// The IPv6 addresses, which may be told as a part of the VPC's.
fn ipv6(subnet: &spec::Subnet, network: &Network) -> Input<Option<String>> {
    let Some(given) = subnet.ipv6_cidr.clone() else { return None.into() };
    let of = move |whole: Option<&str>| plan::ipv6_addresses(&given, whole);
    match &network.ipv6 {
        Some(ipv6) => ipv6.get(move |ipv6| of(Some(&ipv6.cidr_block))),
        None => network.vpc.get(move |vpc| of(vpc.ipv6_cidr_block.as_deref())),
    }
}

/// Instances are named after their ids, unless the manifest wants them named after addresses.
fn settings(blueprint: &Blueprint, subnet: &spec::Subnet, has_ipv4: bool) -> SubnetSettings {
    let has_ipv6 = subnet.ipv6_cidr.is_some();
    let by_id = !blueprint.cluster.spec.cloud_config.use_ip_based_node_names;
    SubnetSettings {
        assign_ipv6_address_on_creation: has_ipv6,
        enable_dns64: by_id && !has_ipv4,
        hostname_type: if by_id { HostnameType::ResourceName } else { HostnameType::IpName },
        resource_name_a_record: by_id && has_ipv4,
        resource_name_aaaa_record: by_id && has_ipv6,
    }
}

/// The tags of a subnet: whose it is, which load balancers may be in it, and which groups of
/// Karpenter's. What finds a subnet of ours again stays also where the manifest wants no tags.
fn tags(blueprint: &Blueprint, subnet: &spec::Subnet, name: &str) -> Tags {
    let spec = &blueprint.cluster.spec;
    let mut tags = match subnet.id {
        Some(_) if spec.disable_subnet_tags => return Tags::new(),
        Some(_) => shared(blueprint),
        None => {
            let mut tags = blueprint.owner().tags(name);
            tags.extend(spec.cloud_labels.clone());
            tags
        }
    };
    if spec.disable_subnet_tags {
        return tags;
    }
    let mut add = |key: String, value: &str| drop(tags.insert(key, value.to_owned()));
    let purpose = subnet.purpose();
    add("SubnetType".to_owned(), purpose.name());
    let (public, internal) = balancers(spec, subnet);
    if public {
        add("kubernetes.io/role/elb".to_owned(), "1");
    }
    if internal {
        add("kubernetes.io/role/internal-elb".to_owned(), "1");
    }
    let groups = &blueprint.cluster.groups;
    for group in groups.iter().filter(|group| group.spec.manager == Manager::Karpenter) {
        if group.spec.subnets.contains(&subnet.name) {
            add(format!("kops.k8s.io/instance-group/{}", group.name()), "true");
        }
    }
    tags
}

/// Whether load balancers that face the internet, and internal ones, may be in a subnet. Where
/// there are no private subnets, internal ones are in the public ones; but not behind an IPv6
/// route to the internet, where AWS allows none.
fn balancers(spec: &spec::ClusterSpec, subnet: &spec::Subnet) -> (bool, bool) {
    use SubnetType::{DualStack, Private, Public, Utility};
    let of = |kind| spec.subnets.iter().filter(move |it| it.purpose() == kind);
    let has_private = of(Private).chain(of(DualStack)).next().is_some();
    let dual: BTreeSet<_> = of(DualStack).map(|it| &it.zone).collect();
    match subnet.purpose() {
        Public | Utility => (true, !has_private && !spec.is_ipv6_only()),
        DualStack => (false, true),
        Private => (false, !dual.contains(&subnet.zone)),
    }
}

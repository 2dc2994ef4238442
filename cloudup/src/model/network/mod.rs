//! The network that a cluster's instances are in: a VPC with subnets, and the ways out of it.

mod routes;
mod subnets;

use std::collections::BTreeMap;

use cloudup_engine::{Graph, Ref, TaskId};
use cloudup_tasks::{
    cloud::{Aws, vpc::Tags},
    vpc::{
        DhcpOptions, Subnet, Vpc, VpcAmazonIpv6CidrBlock, VpcCidrBlock, VpcDhcpOptionsAssociation,
    },
};

use super::{Blueprint, Run, governed};
use crate::{phase::Phase, subnets as plan};

/// What others need of the network.
#[derive(Debug)]
pub(super) struct Network {
    pub(super) vpc: Ref<Vpc>,
    /// The IPv6 addresses of a VPC of ours.
    ipv6: Option<Ref<VpcAmazonIpv6CidrBlock>>,
    /// The tasks of the VPC's further addresses.
    additional: Vec<TaskId>,
    /// By the names that the manifest gives them.
    pub(super) subnets: BTreeMap<String, Ref<Subnet>>,
}

impl Network {
    /// The subnets of the cluster's own, by the names that they have in the account.
    pub(super) fn by_name(&self, cluster: &str) -> BTreeMap<String, Ref<Subnet>> {
        let named = self.subnets.iter();
        named.map(|(name, task)| (format!("{name}.{cluster}"), task.clone())).collect()
    }
}

/// The network, piece by piece.
pub(super) fn add(blueprint: &Blueprint, graph: &mut Graph<Aws>, run: Run) -> Network {
    let mut network = vpc(blueprint, graph, run);
    subnets::add(blueprint, graph, run, &mut network);
    routes::add(blueprint, graph, run, &network);
    network
}

/// The VPC, with its addresses and what DHCP tells instances. One that exists is used as it is.
fn vpc(blueprint: &Blueprint, graph: &mut Graph<Aws>, run: Run) -> Network {
    let spec = &blueprint.cluster.spec;
    let (name, owner) = (blueprint.cluster.name(), blueprint.owner());
    let mut tasks = governed(graph, run, Phase::Network);
    let subnets = BTreeMap::new();
    if let Some(id) = &spec.network_id {
        let vpc = Vpc::existing(name, owner, id).having(spec.network_cidr.clone());
        return Network { vpc: tasks.add(vpc), ipv6: None, additional: Vec::new(), subnets };
    }
    let labels = &spec.cloud_labels;
    let range = plan::network(spec).unwrap_or_default();
    let further: Vec<_> =
        spec.additional_network_cidrs.iter().map(|range| plan::canonical(range)).collect();
    let vpc = Vpc::new(name, owner.clone(), range).tagged(labels.clone());
    // What is left over is the business of a run that may do something about it.
    let tidies = run.tidies(Phase::Network);
    let vpc = tasks.add(if tidies { vpc.with_additional(further.clone()) } else { vpc });
    let id = vpc.get(|vpc| vpc.id.clone());
    let ipv6 = tasks.add(VpcAmazonIpv6CidrBlock::new(id.clone()));
    let additional = further.into_iter().map(|range| {
        let block = tasks.add(VpcCidrBlock::new(id.clone(), range));
        block.id().clone()
    });
    let additional = additional.collect();
    let region = &blueprint.environment.region;
    let domain = match region.as_str() {
        "us-east-1" => "ec2.internal".to_owned(),
        region => format!("{region}.compute.internal"),
    };
    let options = tasks.add(DhcpOptions::new(name, owner, domain).tagged(labels.clone()));
    let options = options.get(|options| options.id.clone());
    tasks.add(VpcDhcpOptionsAssociation::new(name, id, options));
    Network { vpc, ipv6: Some(ipv6), additional, subnets }
}

/// The tags of what somebody else keeps and the cluster uses.
fn shared(blueprint: &Blueprint) -> Tags {
    let mut tags = blueprint.cluster.spec.cloud_labels.clone();
    tags.insert(blueprint.owner().tag_key(), "shared".to_owned());
    tags
}

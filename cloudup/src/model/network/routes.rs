//! Ways out: gateways, route tables, and which subnets use them.
//!
//! Public and utility subnets share one route table, to the internet gateway. Private ones have
//! one for each zone, out through the zone's NAT gateway, or whatever its subnets name as egress;
//! for IPv6 through an egress-only gateway.

use std::collections::{BTreeMap, BTreeSet};

use cloudup_engine::{Adder, Graph, Input, Ref, TaskId};
use cloudup_tasks::{
    cloud::Aws,
    vpc::{
        EgressOnlyInternetGateway, ElasticIp, InternetGateway, NatGateway, Route, RouteTable,
        RouteTableAssociation,
    },
};

use super::{Network, shared};
use crate::{
    manifest::spec::{Subnet, SubnetType},
    model::{Blueprint, Run, governed},
    phase::Phase,
    subnets as plan,
};

/// IPv4 addresses as IPv6 addresses, which a NAT gateway translates: RFC 6052.
const NAT64: &str = "64:ff9b::/96";

/// What route tables are told apart by, beside their names.
const ROLE: &str = "kubernetes.io/kops/role";

/// A zone with subnets that leave through a NAT gateway.
#[derive(Debug, Default)]
struct Zone<'a> {
    subnets: Vec<&'a Subnet>,
    has_private: bool,
    has_public: bool,
}

/// A route table of ours.
struct Table {
    id: Input<String>,
    /// The tasks of its routes. A subnet that chooses it comes after them: it may be in use, and is
    /// never without its routes.
    routes: Vec<TaskId>,
}

/// What all zones have in common.
struct Ways<'a> {
    blueprint: &'a Blueprint,
    network: &'a Network,
    vpc: Input<String>,
    internet: Option<Ref<InternetGateway>>,
    egress_only: Option<Input<String>>,
}

pub(super) fn add(blueprint: &Blueprint, graph: &mut Graph<Aws>, run: Run, network: &Network) {
    let spec = &blueprint.cluster.spec;
    let routed = || spec.subnets.iter().filter(|subnet| !subnet.is_routed_elsewhere());
    let mut tasks = governed(graph, run, Phase::Network);
    let mut ways = Ways {
        blueprint,
        network,
        vpc: network.vpc.get(|vpc| vpc.id.clone()),
        internet: None,
        egress_only: None,
    };
    if routed().next().is_some() {
        ways.internet = Some(ways.internet_gateway(&mut tasks));
    }
    if spec.is_ipv6_only() && routed().any(is_private) {
        ways.egress_only = Some(ways.egress_only_gateway(&mut tasks));
    }
    // What exists already has its routes.
    let ours: Vec<_> = routed().filter(|subnet| subnet.id.is_none()).collect();
    let public = ways.internet.clone().filter(|_| spec.subnets.iter().any(|it| it.id.is_none()));
    let public = public.map(|internet| ways.public_table(&mut tasks, &internet));

    let mut zones: BTreeMap<String, Zone<'_>> = BTreeMap::new();
    for subnet in ours {
        let has_nat64 = spec.is_ipv6_only()
            && subnet.purpose() == SubnetType::Public
            && subnet.ipv6_cidr.is_some();
        if !is_private(subnet) && !has_nat64 {
            if let Some(table) = &public {
                ways.associate(&mut tasks, "", subnet, table);
            }
            continue;
        }
        let zone = zones.entry(subnet.zone.clone().unwrap_or_default()).or_default();
        zone.subnets.push(subnet);
        zone.has_private |= is_private(subnet);
        zone.has_public |= has_nat64;
    }
    for (name, zone) in &zones {
        ways.zone(&mut tasks, name, zone);
    }
}

fn is_private(subnet: &Subnet) -> bool {
    matches!(subnet.purpose(), SubnetType::Private | SubnetType::DualStack)
}

impl Ways<'_> {
    fn internet_gateway(&self, tasks: &mut Adder<'_, Aws>) -> Ref<InternetGateway> {
        let (name, spec) = (self.blueprint.cluster.name(), &self.blueprint.cluster.spec);
        let gateway = match spec.network_id {
            Some(_) => InternetGateway::existing(name, self.vpc.clone()),
            None => InternetGateway::new(name, self.blueprint.owner(), self.vpc.clone())
                .tagged(spec.cloud_labels.clone()),
        };
        tasks.add(gateway)
    }

    fn egress_only_gateway(&self, tasks: &mut Adder<'_, Aws>) -> Input<String> {
        let (name, spec) = (self.blueprint.cluster.name(), &self.blueprint.cluster.spec);
        let gateway = match spec.network_id {
            Some(_) => EgressOnlyInternetGateway::existing(name, self.vpc.clone()),
            None => EgressOnlyInternetGateway::new(name, self.blueprint.owner(), self.vpc.clone())
                .tagged(spec.cloud_labels.clone()),
        };
        tasks.add(gateway).get(|gateway| gateway.id.clone())
    }

    /// A route table of ours, without routes yet.
    fn table(&self, tasks: &mut Adder<'_, Aws>, name: &str, role: &str) -> Table {
        let mut tags = self.blueprint.cluster.spec.cloud_labels.clone();
        tags.insert(ROLE.to_owned(), role.to_owned());
        let table = RouteTable::new(name, self.blueprint.owner(), self.vpc.clone()).tagged(tags);
        let id = tasks.add(table).get(|table| table.id.clone());
        Table { id, routes: Vec::new() }
    }

    fn route(
        &self,
        tasks: &mut Adder<'_, Aws>,
        prefix: &str,
        table: &mut Table,
        destination: &str,
        target: &Input<String>,
    ) {
        let name = format!("{prefix}{destination}");
        let (vpc, id, target) = (self.vpc.clone(), table.id.clone(), target.clone());
        let route = tasks.add(Route::new(name, vpc, id, plan::canonical(destination), target));
        table.routes.push(route.id().clone());
    }

    fn associate(&self, tasks: &mut Adder<'_, Aws>, prefix: &str, subnet: &Subnet, table: &Table) {
        let name = format!("{prefix}{}.{}", subnet.name, self.blueprint.cluster.name());
        let id = self.network.subnets[&subnet.name].get(|subnet| subnet.id.clone());
        let association = RouteTableAssociation::new(name, self.vpc.clone(), id, table.id.clone());
        let association = tasks.add(association);
        for route in &table.routes {
            tasks.order(route.clone(), association.id().clone());
        }
    }

    fn public_table(&self, tasks: &mut Adder<'_, Aws>, internet: &Ref<InternetGateway>) -> Table {
        let internet = internet.get(|gateway| gateway.id.clone());
        let mut table = self.table(tasks, self.blueprint.cluster.name(), "public");
        self.route(tasks, "", &mut table, "0.0.0.0/0", &internet);
        self.route(tasks, "", &mut table, "::/0", &internet);
        table
    }

    /// The route tables of a zone, and its way out.
    fn zone(&self, tasks: &mut Adder<'_, Aws>, zone: &str, of: &Zone<'_>) {
        let ipv6 = self.blueprint.cluster.spec.is_ipv6_only();
        let out = self.way_out(tasks, zone, of);
        let cluster = self.blueprint.cluster.name();
        if of.has_private {
            let prefix = format!("private-{zone}-");
            let name = format!("private-{zone}.{cluster}");
            let mut table = self.table(tasks, &name, &format!("private-{zone}"));
            self.route(tasks, &prefix, &mut table, "0.0.0.0/0", &out);
            if ipv6 {
                self.route(tasks, &prefix, &mut table, NAT64, &out);
            }
            if let Some(egress_only) = &self.egress_only {
                self.route(tasks, &prefix, &mut table, "::/0", egress_only);
            }
            self.additional_routes(tasks, of, &mut table);
            for subnet in of.subnets.iter().filter(|subnet| is_private(subnet)) {
                self.associate(tasks, "private-", subnet, &table);
            }
        }
        if let (true, Some(internet)) = (of.has_public, &self.internet) {
            let prefix = format!("public-{zone}-");
            let name = format!("public-{zone}.{cluster}");
            let internet = internet.get(|gateway| gateway.id.clone());
            let mut table = self.table(tasks, &name, &format!("public-{zone}"));
            self.route(tasks, &prefix, &mut table, "0.0.0.0/0", &internet);
            self.route(tasks, &prefix, &mut table, "::/0", &internet);
            self.route(tasks, &prefix, &mut table, NAT64, &out);
            for subnet in of.subnets.iter().filter(|subnet| !is_private(subnet)) {
                self.associate(tasks, "public-", subnet, &table);
            }
        }
    }

    fn additional_routes(&self, tasks: &mut Adder<'_, Aws>, of: &Zone<'_>, table: &mut Table) {
        let mut done = BTreeSet::new();
        let private = of.subnets.iter().filter(|it| it.purpose() == SubnetType::Private);
        for (subnet, route) in
            private.flat_map(|subnet| subnet.additional_routes.iter().map(move |it| (subnet, it)))
        {
            // Subnets of a zone share the table, and may say the same.
            if done.insert(plan::canonical(&route.cidr)) {
                let prefix = format!("{}.", subnet.name);
                self.route(tasks, &prefix, table, &route.cidr, &route.target.clone().into());
            }
        }
    }

    /// What the subnets of a zone leave through: what they name, or a NAT gateway of ours with an
    /// address of its own.
    fn way_out(&self, tasks: &mut Adder<'_, Aws>, zone: &str, of: &Zone<'_>) -> Input<String> {
        let name = format!("{zone}.{}", self.blueprint.cluster.name());
        let (owner, labels) = (self.blueprint.owner(), &self.blueprint.cluster.spec.cloud_labels);
        let first = of.subnets.first();
        let egress = first.and_then(|subnet| subnet.egress.as_deref()).unwrap_or_default();
        let public_ip = first.and_then(|subnet| subnet.public_ip.as_deref());
        let kind = egress.split_once('-').map(|(kind, _)| kind);
        let address = match (kind, public_ip) {
            (Some("nat"), _) => {
                let gateway = NatGateway::existing(&name, owner, egress);
                let gateway = tasks.add(gateway.tagged(shared(self.blueprint)));
                return gateway.get(|gateway| gateway.id.clone());
            }
            (Some("tgw" | "i"), _) => return egress.to_owned().into(),
            (Some("eipalloc"), _) => {
                ElasticIp::existing(&name, owner.clone(), egress).tagged(shared(self.blueprint))
            }
            (_, Some(ip)) => {
                ElasticIp::existing_ip(&name, owner.clone(), ip).tagged(shared(self.blueprint))
            }
            _ => ElasticIp::new(&name, owner.clone()).tagged(labels.clone()),
        };
        let address = tasks.add(address).get(|address| address.id.clone());
        let place = self.place_of_gateway(zone, of);
        let gateway = NatGateway::new(&name, owner, &place, &address).tagged(labels.clone());
        let gateway = tasks.add(gateway);
        // EC2 makes none in a network without a way out.
        if let Some(internet) = &self.internet {
            tasks.order(internet.id().clone(), gateway.id().clone());
        }
        gateway.get(|gateway| gateway.id.clone())
    }

    /// The subnet that the zone's NAT gateway is in: its utility subnet, or where there are no
    /// private subnets its public one. The manifest has been seen to have it.
    fn place_of_gateway(&self, zone: &str, of: &Zone<'_>) -> Input<String> {
        let kind = gateway_place(of.has_private);
        let subnets = &self.blueprint.cluster.spec.subnets;
        let fits = |it: &&Subnet| it.purpose() == kind && it.zone.as_deref() == Some(zone);
        let found = subnets.iter().find(fits);
        let found = found.and_then(|subnet| self.network.subnets.get(&subnet.name));
        found.map_or_else(|| String::new().into(), |subnet| subnet.get(|subnet| subnet.id.clone()))
    }
}

/// What kind of subnet a zone's NAT gateway is in.
fn gateway_place(has_private: bool) -> SubnetType {
    if has_private { SubnetType::Utility } else { SubnetType::Public }
}

//! Which groups and rules there are: a list that reads as the design.

use std::collections::BTreeSet;

use cloudup_tasks::cloud::vpc::Permission;

use super::ports::{node_port_range, ports_for_nodes};
use crate::{
    environment::Environment,
    manifest::{
        Cluster, InstanceGroup,
        spec::{Role, SubnetType},
    },
    names,
    subnets::canonical,
};

/// The groups of a cluster, and their rules.
#[derive(Debug, Default)]
pub(super) struct Firewall {
    pub(super) groups: Vec<Group>,
    pub(super) rules: Vec<Rule>,
}

/// A group of instances.
#[derive(Debug)]
pub(super) struct Group {
    /// Its name, or what tells an existing one apart.
    pub(super) name: String,
    /// What it is for.
    pub(super) description: &'static str,
    /// Its id, if it is somebody else's.
    pub(super) existing: Option<String>,
    role: Role,
}

/// What a group lets through.
#[derive(Debug)]
pub(super) struct Rule {
    /// The group, by its place among all.
    pub(super) group: usize,
    pub(super) egress: bool,
    pub(super) protocol: &'static str,
    /// The ports, or ICMP type and code; all, if there are none.
    pub(super) ports: Option<(i32, i32)>,
    pub(super) peer: Peer,
}

/// Who is at the other end.
#[derive(Debug)]
pub(super) enum Peer {
    /// Addresses, or a prefix list by its id.
    Text(String),
    /// A group, by its place among all.
    Group(usize),
}

const ALL: &str = "-1";
const SSH: Option<(i32, i32)> = Some((22, 22));
const HTTPS: Option<(i32, i32)> = Some((443, 443));

impl Firewall {
    /// What a cluster needs. Rules that concern a group which is not there are left out.
    pub(super) fn of(cluster: &Cluster, environment: &Environment) -> Self {
        let mut firewall = Self::default();
        for role in [Role::ControlPlane, Role::Node, Role::Bastion] {
            firewall.add_groups(cluster, role);
        }
        firewall.between_groups(cluster);
        firewall.let_outside_in(cluster);
        let missing = |group: &Group| {
            let id = group.existing.as_ref();
            id.is_some_and(|id| environment.missing_security_groups.contains(id))
        };
        let missing: BTreeSet<_> = firewall.groups.iter().map(missing).enumerate().collect();
        let is_missing = |index: usize| missing.contains(&(index, true));
        firewall.rules.retain(|rule| {
            let peer = matches!(rule.peer, Peer::Group(index) if is_missing(index));
            !peer && !is_missing(rule.group)
        });
        let mut names = BTreeSet::new();
        let rules = std::mem::take(&mut firewall.rules);
        firewall.rules =
            rules.into_iter().filter(|rule| names.insert(firewall.name(rule))).collect();
        firewall
    }

    /// The groups that the instances of a role are in: those that instance groups name, and the
    /// role's own if there is an instance group that names none.
    fn add_groups(&mut self, cluster: &Cluster, role: Role) {
        let (name, description) = match role {
            Role::ControlPlane | Role::ApiServer => ("masters", "Security group for masters"),
            Role::Node => ("nodes", "Security group for nodes"),
            Role::Bastion => ("bastion", "Security group for bastion"),
        };
        let of_role = || cluster.groups.iter().filter(|group| group.spec.role == role);
        let named: BTreeSet<_> =
            of_role().filter_map(|group| group.spec.security_group_override.as_ref()).collect();
        for id in named {
            let name = format!("{id}-{}", spelt(role));
            self.groups.push(Group { name, description, existing: Some(id.clone()), role });
        }
        // API servers are in the control plane's.
        let name = format!("{name}.{}", cluster.name());
        let in_own = |group: &InstanceGroup| {
            group.spec.security_group_override.is_none()
                && names::security_group(group.spec.role, cluster.name()) == name
        };
        if cluster.groups.iter().any(in_own) {
            self.groups.push(Group { name, description, existing: None, role });
        }
    }

    fn of_role(&self, role: Role) -> Vec<usize> {
        let groups = self.groups.iter().enumerate();
        groups.filter(|(_, group)| group.role == role).map(|(index, _)| index).collect()
    }

    /// Lets one role into another.
    fn let_in(&mut self, from: Role, to: Role, protocol: &'static str, ports: Option<(i32, i32)>) {
        for peer in self.of_role(from) {
            for group in self.of_role(to) {
                let peer = Peer::Group(peer);
                self.rules.push(Rule { group, egress: false, protocol, ports, peer });
            }
        }
    }

    /// Lets addresses, or a prefix list, into a role.
    fn open(
        &mut self,
        from: &[String],
        to: Role,
        protocol: &'static str,
        ports: Option<(i32, i32)>,
    ) {
        for text in from {
            for group in self.of_role(to) {
                let peer = Peer::Text(canonical(text));
                self.rules.push(Rule { group, egress: false, protocol, ports, peer });
            }
        }
    }

    /// Everything may leave. The control plane reaches everything, workers reach each other and
    /// of the control plane everything but etcd, bastions reach all through SSH.
    fn between_groups(&mut self, cluster: &Cluster) {
        use Role::{Bastion, ControlPlane, Node};
        for group in 0..self.groups.len() {
            for everywhere in ["0.0.0.0/0", "::/0"] {
                let peer = Peer::Text(everywhere.to_owned());
                self.rules.push(Rule { group, egress: true, protocol: ALL, ports: None, peer });
            }
        }
        self.let_in(ControlPlane, ControlPlane, ALL, None);
        self.let_in(ControlPlane, Node, ALL, None);
        self.let_in(Node, Node, ALL, None);
        self.let_in(Node, ControlPlane, "udp", Some((1, 65_535)));
        for ports in ports_for_nodes(&cluster.spec) {
            self.let_in(Node, ControlPlane, "tcp", Some(ports));
        }
        let network = &cluster.spec.networking;
        if network.calico.is_some() || network.kuberouter.is_some() {
            // IP in IP.
            self.let_in(Node, ControlPlane, "4", None);
        }
        if network.amazonvpc.is_some() {
            // Pods have addresses of the nodes' network.
            self.let_in(Node, ControlPlane, ALL, None);
        }
        self.let_in(Bastion, ControlPlane, "tcp", SSH);
        self.let_in(Bastion, Node, "tcp", SSH);
    }

    /// SSH, unless there are bastions for it; node ports; and the API, unless a load balancer
    /// stands before it.
    fn let_outside_in(&mut self, cluster: &Cluster) {
        use Role::{ControlPlane, Node};
        let spec = &cluster.spec;
        if !cluster.groups.iter().any(|group| group.spec.role == Role::Bastion) {
            self.open(&spec.ssh_access, ControlPlane, "tcp", SSH);
            self.open(&spec.ssh_access, Node, "tcp", SSH);
        }
        for protocol in ["tcp", "udp"] {
            self.open(&spec.node_port_access, Node, protocol, Some(node_port_range(spec)));
        }
        if !has_load_balancer(cluster) {
            self.open(&spec.kubernetes_api_access, ControlPlane, "tcp", HTTPS);
        }
    }

    /// The name of a rule, which says what it does, as kOps names it.
    pub(super) fn name(&self, rule: &Rule) -> String {
        let group = &self.groups[rule.group].name;
        let peer = match &rule.peer {
            Peer::Text(text) => text,
            Peer::Group(index) => &self.groups[*index].name,
        };
        let (from, to) = if rule.egress { (group, peer) } else { (peer, group) };
        let direction = if rule.egress { "egress" } else { "ingress" };
        let protocol = if rule.protocol == ALL { "all" } else { rule.protocol };
        let (first, last) = rule.ports.unwrap_or_default();
        format!("from-{from}-{direction}-{protocol}-{first}to{last}-{to}")
    }

    /// The rules of a group by their names, with the cluster's own groups at the other end by name.
    pub(super) fn rules_of<'a>(
        &'a self,
        group: &Group,
    ) -> impl Iterator<Item = (String, Permission)> + use<'a> {
        let index = self.groups.iter().position(|it| it.name == group.name);
        let of_group = self.rules.iter().filter(move |rule| Some(rule.group) == index);
        of_group.map(|rule| {
            let (from_port, to_port) = rule.ports.unwrap_or((-1, -1));
            let peer = match &rule.peer {
                Peer::Text(text) => text.clone(),
                Peer::Group(index) => {
                    let Group { existing, name, .. } = &self.groups[*index];
                    existing.as_ref().unwrap_or(name).clone()
                }
            };
            let protocol = rule.protocol.to_owned();
            (
                self.name(rule),
                Permission { egress: rule.egress, protocol, from_port, to_port, peer },
            )
        })
    }
}

/// The groups of the cluster's load balancers, by name or id. They are not managed, nor are rules
/// about them.
pub(super) fn of_load_balancers(cluster: &Cluster) -> Vec<String> {
    let own = ["api-elb", "bastion-elb"].map(|name| format!("{name}.{}", cluster.name()));
    let balancer = cluster.spec.api.load_balancer.as_ref();
    let named = balancer.and_then(|it| it.security_group_override.clone());
    own.into_iter().chain(named).collect()
}

/// A role as kOps' own objects spell it.
fn spelt(role: Role) -> &'static str {
    match role {
        Role::ControlPlane => "ControlPlane",
        Role::ApiServer => "APIServer",
        Role::Node => "Node",
        Role::Bastion => "Bastion",
    }
}

/// Whether a load balancer stands before the API: where the manifest says nothing about it, if
/// the servers of the API are in private subnets.
fn has_load_balancer(cluster: &Cluster) -> bool {
    let api = &cluster.spec.api;
    if api.load_balancer.is_some() || api.dns.is_some() {
        return api.load_balancer.is_some();
    }
    let has = |role| cluster.groups.iter().any(|group| group.spec.role == role);
    let server = if has(Role::ApiServer) { Role::ApiServer } else { Role::ControlPlane };
    let servers = cluster.groups.iter().filter(|group| group.spec.role == server);
    let mut subnets = servers.flat_map(|group| &group.spec.subnets);
    let is_private = |name: &&String| {
        let found = cluster.spec.subnets.iter().find(|subnet| subnet.name == **name);
        found.is_some_and(|subnet| subnet.purpose() == SubnetType::Private)
    };
    subnets.any(|name| is_private(&name))
}

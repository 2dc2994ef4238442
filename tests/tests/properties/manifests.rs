//! Manifests in great variety, and edits of them.

use std::collections::{BTreeMap, BTreeSet};

use cloudup::{
    group_roles,
    manifest::{Cluster, Manifest, spec::Role},
    names,
};
use proptest::{collection::btree_set, option, prelude::*, sample};
use serde_json::{Map, Value, json};

/// The account of every embedded account here; manifests name its policies.
pub(crate) const ACCOUNT: &str = "123456789012";

/// The managed policies that manifests attach, in an account or of AWS.
pub(crate) const POOL: [&str; 6] = [
    "arn:aws:iam::123456789012:policy/logs",
    "arn:aws:iam::123456789012:policy/team/metrics",
    "arn:aws:iam::123456789012:policy/backups",
    "arn:aws:iam::123456789012:policy/images",
    "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
    "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy",
];

/// The managed policies that bound roles.
pub(crate) const BOUNDARIES: [&str; 2] = [
    "arn:aws:iam::123456789012:policy/boundary",
    "arn:aws:iam::123456789012:policy/team/narrow-boundary",
];

/// Statements that manifests add to roles.
fn statement(index: usize) -> Value {
    match index {
        0 => {
            json!({ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::releases/*" })
        }
        1 => json!({
            "Sid": "WhatPeopleWrote", "Effect": "Allow",
            "Action": ["dynamodb:GetItem", "dynamodb:Query"], "Resource": ["*"],
        }),
        2 => json!({
            "Sid": "NotThese", "Effect": "Deny", "NotAction": ["iam:*", "sts:*"], "Resource": "*",
            "Condition": { "StringNotEquals": { "aws:RequestedRegion": ["eu-west-1", "eu-west-2"] } },
        }),
        3 => {
            json!({ "Effect": "Allow", "Action": "sqs:*", "NotResource": ["arn:aws:sqs:*:*:secret"] })
        }
        // What some roles are allowed anyway.
        4 => json!({ "Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*" }),
        5 => json!({ "Effect": "Allow", "Action": "ec2:DescribeRegions", "Resource": "*" }),
        // So large that a role has no room for all of them inline.
        _ => {
            let bucket = |n: usize| format!("arn:aws:s3:::bucket-{index}/{n:0>300}/*");
            let condition = json!({ "StringEquals": { "aws:PrincipalTag/n": index.to_string() } });
            json!({
                "Sid": format!("Large{index}"), "Effect": "Allow", "Action": "s3:GetObject",
                "Resource": (0..7).map(bucket).collect::<Vec<_>>(), "Condition": condition,
            })
        }
    }
}

/// The statements of ordinary size.
const STATEMENTS: usize = 6;

/// All of them.
const WITH_LARGE: usize = STATEMENTS + 6;

/// Where the instances of a role get their profile from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Groups {
    /// From us.
    Managed,
    /// From somebody else.
    Existing,
    /// One group from us, one from somebody else.
    Mixed,
    /// From us, one group with a role for itself.
    Apart,
}

impl Groups {
    /// Whether the role is ours to make.
    pub(crate) fn managed(self) -> bool {
        self != Self::Existing
    }
}

/// What a manifest says, as far as these tests vary it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sketch {
    pub(crate) name: &'static str,
    pub(crate) groups: BTreeMap<Role, Groups>,
    pub(crate) registry: bool,
    pub(crate) boundary: Option<&'static str>,
    pub(crate) external: BTreeMap<Role, BTreeSet<&'static str>>,
    pub(crate) additional: BTreeMap<Role, BTreeSet<usize>>,
    pub(crate) labels: BTreeMap<&'static str, &'static str>,
    pub(crate) has_dns: bool,
    pub(crate) networking: Networking,
    pub(crate) hops: u32,
    pub(crate) wires: Wires,
    pub(crate) machine: &'static str,
    /// Whether what has no room goes into managed policies, which the large statements need.
    pub(crate) overflows: bool,
}

/// What instances are connected by, and who may reach them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wires {
    pub(crate) network: Network,
    pub(crate) zones: u8,
    pub(crate) ssh: &'static [&'static str],
    pub(crate) node_ports: &'static [&'static str],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Network {
    /// Public subnets.
    Public,
    /// Private ones, and NAT gateways.
    Private,
    /// Public subnets in somebody else's VPC, of which the first is theirs too.
    Shared,
}

/// The VPC and the subnet of somebody else.
pub(crate) const SHARED_VPC: &str = "vpc-shared";
pub(crate) const SHARED_SUBNET: &str = "subnet-shared";

impl Wires {
    /// One public subnet, which nobody else may reach.
    pub(crate) const PLAIN: Self =
        Self { network: Network::Public, zones: 1, ssh: &[], node_ports: &[] };

    fn zones(self) -> impl Iterator<Item = (usize, char)> {
        ('a'..).enumerate().take(self.zones.into())
    }

    /// The subnets that instances are in.
    fn subnets(self) -> Vec<String> {
        self.zones().map(|(_, letter)| letter.to_string()).collect()
    }

    fn add_to(self, spec: &mut Value) {
        let kind = if self.network == Network::Private { "Private" } else { "Public" };
        let mut subnets = Vec::new();
        for (nth, letter) in self.zones() {
            let zone = format!("eu-west-1{letter}");
            let mut subnet = json!({
                "name": letter, "zone": zone, "type": kind, "cidr": format!("172.20.{}.0/24", nth + 1),
            });
            if self.network == Network::Shared && nth == 0 {
                subnet["id"] = json!(SHARED_SUBNET);
            }
            subnets.push(subnet);
            if self.network == Network::Private {
                subnets.push(json!({
                    "name": format!("utility-{letter}"), "zone": zone, "type": "Utility",
                    "cidr": format!("172.20.{}.0/24", nth + 100),
                }));
            }
        }
        spec["subnets"] = json!(subnets);
        if self.network == Network::Shared {
            spec["networkID"] = json!(SHARED_VPC);
        }
        spec["networkCIDR"] = json!("172.20.0.0/16");
        spec["sshAccess"] = json!(self.ssh);
        spec["nodePortAccess"] = json!(self.node_ports);
    }
}

fn wires() -> impl Strategy<Value = Wires> {
    let network =
        sample::select(vec![Network::Public, Network::Public, Network::Private, Network::Shared]);
    let from = || {
        sample::select(vec![
            &[] as &[&str],
            &["10.0.0.0/8"],
            &["10.0.0.0/8", "192.0.2.0/24"],
            &["2001:db8::/32", "pl-12345678"],
        ])
    };
    (network, 1..3_u8, from(), from()).prop_map(|(network, zones, ssh, node_ports)| Wires {
        network,
        zones,
        ssh,
        node_ports,
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Networking {
    Cni,
    Kubenet,
    AmazonVpc,
    Calico,
    CiliumEni,
    Kindnet,
}

impl Networking {
    const ALL: [Self; 6] =
        [Self::Cni, Self::Kubenet, Self::AmazonVpc, Self::Calico, Self::CiliumEni, Self::Kindnet];

    fn json(self) -> Value {
        match self {
            Self::Cni => json!({ "cni": {} }),
            Self::Kubenet => json!({ "kubenet": {} }),
            Self::AmazonVpc => json!({ "amazonvpc": {} }),
            Self::Calico => json!({ "calico": { "awsSrcDstCheck": "Disable" } }),
            Self::CiliumEni => json!({ "cilium": { "ipam": "eni" } }),
            Self::Kindnet => json!({ "kindnet": {} }),
        }
    }
}

pub(crate) const SHORT: &str = "demo.example.com";

/// So long that the names of roles are cut.
pub(crate) const LONG: &str =
    "a-cluster-whose-name-is-very-long.with-several.labels.demo.example.com";

impl Sketch {
    /// A control plane and nodes, and nothing beside what they need.
    pub(crate) fn plain() -> Self {
        Self {
            name: SHORT,
            groups: [(Role::ControlPlane, Groups::Managed), (Role::Node, Groups::Managed)].into(),
            registry: false,
            boundary: None,
            external: BTreeMap::new(),
            additional: BTreeMap::new(),
            labels: BTreeMap::new(),
            has_dns: false,
            networking: Networking::Cni,
            hops: 1,
            wires: Wires::PLAIN,
            machine: "t3.medium",
            overflows: false,
        }
    }

    /// [`plain`](Self::plain), with more for the nodes than has room inline: these large
    /// statements.
    pub(crate) fn overflowing(large: impl IntoIterator<Item = usize>) -> Self {
        let large = large.into_iter().map(|index| STATEMENTS + index);
        let statements: BTreeSet<_> = [0, 1].into_iter().chain(large).collect();
        Self { additional: [(Role::Node, statements)].into(), overflows: true, ..Self::plain() }
    }

    /// Something of everything.
    pub(crate) fn full() -> Self {
        Self {
            name: LONG,
            groups: [
                (Role::ControlPlane, Groups::Managed),
                (Role::ApiServer, Groups::Existing),
                (Role::Node, Groups::Mixed),
                (Role::Bastion, Groups::Apart),
            ]
            .into(),
            registry: true,
            boundary: Some(BOUNDARIES[0]),
            external: [
                (Role::ControlPlane, BTreeSet::new()),
                (Role::Node, BTreeSet::from([POOL[0], POOL[1], POOL[4]])),
                (Role::Bastion, BTreeSet::from([POOL[2]])),
            ]
            .into(),
            additional: [
                (Role::ControlPlane, BTreeSet::from([1])),
                (Role::Node, BTreeSet::from([0, 2, 3])),
            ]
            .into(),
            labels: [("team", "red"), ("cost-center", "7")].into(),
            has_dns: true,
            networking: Networking::AmazonVpc,
            hops: 2,
            wires: Wires {
                network: Network::Private,
                zones: 1,
                ssh: &["10.0.0.0/8", "192.0.2.0/24"],
                node_ports: &["10.0.0.0/8"],
            },
            machine: "t3.medium",
            overflows: false,
        }
    }

    /// [`full`](Self::full) after a busy day: everything that can change has changed.
    pub(crate) fn full_edited() -> Self {
        Self {
            groups: [(Role::ControlPlane, Groups::Managed), (Role::Node, Groups::Apart)].into(),
            registry: false,
            boundary: Some(BOUNDARIES[1]),
            external: [
                (Role::ControlPlane, BTreeSet::from([POOL[5]])),
                (Role::Node, BTreeSet::from([POOL[0], POOL[3], POOL[5]])),
            ]
            .into(),
            additional: [(Role::Node, BTreeSet::from([0, 1, 4]))].into(),
            labels: [("team", "blue")].into(),
            networking: Networking::Calico,
            hops: 1,
            wires: Wires {
                network: Network::Private,
                zones: 2,
                ssh: &["192.0.2.0/24", "198.51.100.0/24"],
                node_ports: &[],
            },
            machine: "m5.large",
            ..Self::full()
        }
    }

    /// The instance groups, by role. Where a cluster has no DNS, nothing finds an API server.
    pub(crate) fn groups(&self) -> impl Iterator<Item = (Role, Groups)> {
        let usable = |role: &Role| self.has_dns || *role != Role::ApiServer;
        self.groups
            .iter()
            .map(|(role, groups)| (*role, *groups))
            .filter(move |(role, _)| usable(role))
    }

    /// The roles that are ours to make.
    pub(crate) fn managed(&self) -> BTreeSet<Role> {
        self.groups().filter(|(_, groups)| groups.managed()).map(|(role, _)| role).collect()
    }

    /// The manifest as text. JSON is YAML.
    pub(crate) fn yaml(&self) -> String {
        let role_key = |role: &Role| role.policy_key().to_owned();
        let external: Map<_, _> =
            self.external.iter().map(|(role, arns)| (role_key(role), json!(arns))).collect();
        let additional = self.additional.iter().map(|(role, statements)| {
            let fits = |index: &&usize| self.overflows || **index < STATEMENTS;
            let list: Value =
                statements.iter().filter(fits).map(|index| statement(*index)).collect();
            (role_key(role), json!(list.to_string()))
        });
        let additional: Map<_, _> = additional.collect();
        let overflow = self.overflows.then_some(("cloudup/policy-overflow", "managed"));
        let annotations: BTreeMap<_, _> = overflow.into_iter().collect();
        let dns = if self.has_dns { "Public" } else { "None" };
        let mut cluster = json!({
            "apiVersion": "kops.k8s.io/v1alpha2",
            "kind": "Cluster",
            "metadata": { "name": self.name, "annotations": annotations },
            "spec": {
                "cloudProvider": "aws",
                "configBase": format!("s3://kops-state/{}", self.name),
                "topology": { "dns": { "type": dns } },
                "networking": self.networking.json(),
                "iam": { "allowContainerRegistry": self.registry, "permissionsBoundary": self.boundary },
                "externalPolicies": external,
                "additionalPolicies": additional,
                "cloudLabels": self.labels,
            },
        });
        self.wires.add_to(&mut cluster["spec"]);
        let mut documents = vec![cluster];
        for (role, groups) in self.groups() {
            if groups.managed() {
                documents.push(self.group(role, "", &json!({}), None));
            }
            if matches!(groups, Groups::Existing | Groups::Mixed) {
                let profile = existing_profile(role);
                let profile = format!("arn:aws:iam::{ACCOUNT}:instance-profile/{profile}");
                documents.push(self.group(role, "own-", &json!({}), Some(&profile)));
            }
            if groups == Groups::Apart {
                let more = json!({
                    group_roles::EXTERNAL: POOL[3],
                    group_roles::ADDITIONAL: json!([statement(0), statement(5)]).to_string(),
                });
                documents.push(self.group(role, APART, &more, None));
            }
        }
        let texts: Vec<_> = documents.iter().map(|document| format!("{document:#}\n")).collect();
        texts.join("---\n")
    }

    fn group(&self, role: Role, prefix: &str, annotations: &Value, profile: Option<&str>) -> Value {
        let name = format!("{prefix}{}", role.policy_key());
        json!({
            "apiVersion": "kops.k8s.io/v1alpha2",
            "kind": "InstanceGroup",
            "metadata": {
                "name": name,
                "labels": { "kops.k8s.io/cluster": self.name },
                "annotations": annotations,
            },
            "spec": {
                "role": role.manifest_name(),
                "image": "ami-12345678",
                "machineType": self.machine,
                "minSize": 1,
                "maxSize": 1,
                "subnets": self.wires.subnets(),
                "iam": profile.map(|profile| json!({ "profile": profile })),
                "instanceMetadata": { "httpPutResponseHopLimit": self.hops },
            },
        })
    }

    /// The cluster, read as people's files are.
    pub(crate) fn cluster(&self) -> Cluster {
        let manifest = Manifest::read(&[("cluster.yaml", self.yaml())]);
        let manifest = manifest.unwrap_or_else(|errors| panic!("{errors}\n{}", self.yaml()));
        manifest.clusters.into_iter().next().expect("there is a cluster")
    }

    /// The name of a role of ours, and of its profile.
    pub(crate) fn role_name(&self, role: Role) -> String {
        names::instance_role(role, self.name)
    }

    /// The names of the roles that groups may have for themselves, and of their profiles.
    pub(crate) fn names_apart(&self) -> impl Iterator<Item = String> {
        Role::ALL.into_iter().map(|role| {
            let group = format!("{APART}{}", role.policy_key());
            names::group_role(&group, role, self.name)
        })
    }

    /// The names of all roles that may be ours, whether the manifest has them or not.
    pub(crate) fn role_names(&self) -> BTreeSet<String> {
        Role::ALL.into_iter().map(|role| self.role_name(role)).chain(self.names_apart()).collect()
    }

    /// What the ARNs of the cluster's own managed policies start with.
    pub(crate) fn own_policies(&self) -> String {
        format!("arn:aws:iam::{ACCOUNT}:policy{}", names::policy_path(self.name))
    }

    /// The tag that says that something belongs to the cluster.
    pub(crate) fn owner_tag(&self) -> String {
        format!("kubernetes.io/cluster/{}", self.name)
    }
}

/// How the names of groups with a role for themselves start.
const APART: &str = "apart-";

/// The profile that groups of a role bring where they bring one.
pub(crate) fn existing_profile(role: Role) -> String {
    format!("shared-{}", role.policy_key())
}

fn by_role<T: Clone + std::fmt::Debug + 'static>(
    value: impl Strategy<Value = Option<T>> + Clone + 'static,
) -> impl Strategy<Value = BTreeMap<Role, T>> {
    let each = Role::ALL.map(|role| value.clone().prop_map(move |value| value.map(|v| (role, v))));
    Vec::from(each).prop_map(|all| all.into_iter().flatten().collect())
}

/// Manifests, each of whose roles has up to `most` managed policies.
pub(crate) fn sketches(most: usize) -> impl Strategy<Value = Sketch> {
    let groups = sample::select(vec![
        Groups::Managed,
        Groups::Managed,
        Groups::Existing,
        Groups::Mixed,
        Groups::Apart,
    ]);
    let policies = btree_set(sample::select(POOL.to_vec()), 0..=most);
    let statements = prop_oneof![
        2 => btree_set(0..STATEMENTS, 0..4),
        1 => btree_set(0..WITH_LARGE, 0..9),
    ];
    let team =
        option::of((sample::select(vec!["team", "Team"]), sample::select(vec!["red", "blue"])));
    let center = option::of((Just("cost-center"), sample::select(vec!["7", ""])));
    let flags = (any::<bool>(), any::<bool>(), 1_u32..3, any::<bool>());
    let rest = (
        option::of(sample::select(BOUNDARIES.to_vec())),
        (team, center).prop_map(|(a, b)| a.into_iter().chain(b).collect()),
        sample::select(Networking::ALL.to_vec()),
        sample::select(vec![SHORT, LONG]),
        wires(),
        sample::select(vec!["t3.medium", "m5.large"]),
    );
    (
        by_role(option::weighted(0.7, groups)),
        by_role(option::of(policies)),
        by_role(option::of(statements)),
        flags,
        rest,
    )
        .prop_map(
            |(groups, external, additional, (registry, has_dns, hops, overflows), rest)| {
                let (boundary, labels, networking, name, wires, machine) = rest;
                Sketch {
                    name,
                    groups,
                    registry,
                    boundary,
                    external,
                    additional,
                    labels,
                    has_dns,
                    networking,
                    hops,
                    wires,
                    machine,
                    overflows,
                }
            },
        )
}

/// Manifests before and after somebody edited some of their parts.
pub(crate) fn edits(most: usize) -> impl Strategy<Value = (Sketch, Sketch)> {
    (sketches(most), sketches(most), any::<[bool; 11]>()).prop_map(|(from, other, edited)| {
        let mut to = from.clone();
        let [groups, registry, boundary, external, additional, labels, dns, ..] = edited;
        let [.., networking, overflow, wires, machine] = edited;
        if groups {
            to.groups = other.groups;
        }
        if registry {
            to.registry = other.registry;
        }
        if boundary {
            to.boundary = other.boundary;
        }
        if external {
            to.external = other.external;
        }
        if additional {
            to.additional = other.additional;
        }
        if labels {
            to.labels = other.labels;
        }
        if dns {
            to.has_dns = other.has_dns;
        }
        if networking {
            (to.networking, to.hops) = (other.networking, other.hops);
        }
        if overflow {
            to.overflows = other.overflows;
        }
        if wires {
            // A cluster does not move to another network.
            let is_shared = |wires: Wires| wires.network == Network::Shared;
            let stays = is_shared(from.wires) || is_shared(other.wires);
            let network = if stays { from.wires.network } else { other.wires.network };
            to.wires = Wires { network, ..other.wires };
        }
        if machine {
            to.machine = other.machine;
        }
        (from, to)
    })
}

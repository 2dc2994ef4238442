//! What a manifest makes of the network: a table of small manifests, and what comes of each.

use cloudup::dump::{Dump, dump};
use cloudup_tasks::cloud::CloudReader;
use serde_json::{Value, json};

use super::{CLUSTER, account, apply, cluster, failures, groups};

/// A group of instances: its name, its role, and further fields.
type Group = (&'static str, &'static str, Value);

/// A manifest, and all lines about its network that begin so.
struct Shape {
    what: &'static str,
    spec: Value,
    /// Groups beside a control plane and nodes.
    groups: Vec<Group>,
    lines: &'static str,
    expected: &'static [&'static str],
}

fn subnet(name: &str, kind: &str) -> Value {
    let zone = name.chars().last().unwrap_or('a');
    json!({ "name": name, "zone": format!("eu-west-1{zone}"), "type": kind })
}

/// A subnet with more fields.
fn with(mut subnet: Value, field: &str, value: &Value) -> Value {
    subnet[field] = value.clone();
    subnet
}

fn shape(
    what: &'static str,
    spec: Value,
    lines: &'static str,
    expected: &'static [&'static str],
) -> Shape {
    let mut spec = spec;
    if spec["subnets"].is_null() {
        spec["subnets"] = json!([subnet("a", "Public")]);
    }
    Shape { what, spec, groups: Vec::new(), lines, expected }
}

impl Shape {
    fn group(mut self, name: &'static str, role: &'static str, more: Value) -> Self {
        self.groups.push((name, role, more));
        self
    }
}

/// Who may reach what.
fn firewalls() -> Vec<Shape> {
    let ssh = json!({ "sshAccess": ["192.0.2.0/24"] });
    let api = json!({ "kubernetesApiAccess": ["192.0.2.0/24"] });
    let balanced = json!({
        "kubernetesApiAccess": ["192.0.2.0/24"], "api": { "loadBalancer": { "type": "Public" } },
    });
    let bastion = |shape: Shape| shape.group("bastion", "Bastion", json!({}));
    vec![
        shape(
            "SSH is open to nodes where there is no bastion",
            ssh.clone(),
            "rule nodes ingress tcp 22",
            &["rule nodes ingress tcp 22-22 192.0.2.0/24"],
        ),
        bastion(shape(
            "SSH to nodes is the bastion's where there is one",
            ssh.clone(),
            "rule nodes ingress tcp 22",
            &["rule nodes ingress tcp 22-22 bastion"],
        )),
        bastion(shape(
            "SSH to the control plane is the bastion's where there is one",
            ssh,
            "rule masters ingress tcp 22-22",
            &["rule masters ingress tcp 22-22 bastion"],
        )),
        shape(
            "the API is open where nothing stands before it",
            api,
            "rule masters ingress tcp 443",
            &["rule masters ingress tcp 443-443 192.0.2.0/24"],
        ),
        shape(
            "the API is closed where a load balancer stands before it",
            balanced,
            "rule masters ingress tcp 443",
            &[],
        ),
        shape(
            "nodes do not reach everything of the control plane",
            json!({ "networking": { "cni": {} } }),
            "rule masters ingress -1",
            &["rule masters ingress -1 0-0 masters"],
        ),
        shape(
            "pods of the Amazon VPC CNI are in the nodes' network",
            json!({ "networking": { "amazonvpc": {} } }),
            "rule masters ingress -1",
            &["rule masters ingress -1 0-0 masters", "rule masters ingress -1 0-0 nodes"],
        ),
    ]
}

/// Which load balancers and groups find which subnets.
fn tags() -> Vec<Shape> {
    let dual =
        ["Private", "DualStack"].map(|kind| subnet(&format!("{kind}-a").to_lowercase(), kind));
    let [private, dual] = dual;
    let others = [("private-b", "Private"), ("utility-a", "Utility"), ("utility-b", "Utility")];
    let [only, first, second] = others.map(|(name, kind)| subnet(name, kind));
    vec![
        shape(
            "internal load balancers are in public subnets where there is nothing else",
            json!({}),
            "tag ",
            &["tag a kubernetes.io/role/elb", "tag a kubernetes.io/role/internal-elb"],
        ),
        shape(
            "internal load balancers are in a zone's dual-stack subnet, if it has one",
            json!({ "subnets": [private, dual, only, first, second] }),
            "tag ",
            &[
                "tag dualstack-a kubernetes.io/role/internal-elb",
                "tag private-b kubernetes.io/role/internal-elb",
                "tag utility-a kubernetes.io/role/elb",
                "tag utility-b kubernetes.io/role/elb",
            ],
        ),
        shape(
            "Karpenter finds the subnets of its groups, and no others",
            json!({ "subnets": [subnet("a", "Public"), subnet("b", "Public")] }),
            "tag a kops",
            &["tag a kops.k8s.io/instance-group/karpenter"],
        )
        .group("karpenter", "Node", json!({ "manager": "Karpenter" })),
        shape(
            "Karpenter finds no other subnets",
            json!({ "subnets": [subnet("a", "Public"), subnet("b", "Public")] }),
            "tag b kops",
            &[],
        )
        .group("karpenter", "Node", json!({ "manager": "Karpenter" })),
    ]
}

/// Which ways lead out.
fn ways() -> Vec<Shape> {
    let of_ipv6 = json!({
        "nonMasqueradeCIDR": "::/0",
        "networking": { "cilium": {} },
        "subnets": [with(subnet("a", "Public"), "ipv6CIDR", &json!("/64#1"))],
    });
    let route = json!([{ "cidr": "10.1.0.0/16", "target": "tgw-1" }]);
    let private = |name: &str| with(subnet(name, "Private"), "additionalRoutes", &route);
    let twice = json!({
        "subnets": [private("one-a"), private("two-a"), subnet("utility-a", "Utility")],
    });
    vec![
        shape(
            "public subnets of IPv6 have the way back to IPv4 through the zone's gateway",
            of_ipv6.clone(),
            "route public-eu-west-1a",
            &[
                "route public-eu-west-1a 0.0.0.0/0 net.example.com",
                "route public-eu-west-1a 64:ff9b::/96 eu-west-1a",
                "route public-eu-west-1a ::/0 net.example.com",
            ],
        ),
        shape(
            "public subnets of IPv6 choose their zone's routes",
            of_ipv6,
            "use ",
            &["use a public-eu-west-1a"],
        ),
        shape(
            "a route that two subnets of a zone name is there once",
            twice,
            "task Route/one-a.",
            &["task Route/one-a.10.1.0.0/16"],
        ),
        shape(
            "and has one task",
            json!({
                "subnets": [private("one-a"), private("two-a"), subnet("utility-a", "Utility")],
            }),
            "task Route/two-a.",
            &[],
        ),
        shape(
            "names are looked up in the region's domain",
            json!({}),
            "domain ",
            &["domain eu-west-1.compute.internal"],
        ),
        shape(
            "the domain of the first region has a name of its own",
            json!({ "subnets": [{ "name": "a", "zone": "us-east-1a", "type": "Public" }] }),
            "domain ",
            &["domain ec2.internal"],
        ),
    ]
}

/// All that there is, a line each.
fn lines(Dump { network, .. }: &Dump) -> Vec<String> {
    let short = |name: &str| {
        name.strip_suffix(CLUSTER)
            .and_then(|name| name.strip_suffix('.'))
            .unwrap_or(name)
            .to_owned()
    };
    let mut lines = Vec::new();
    let domains = network.dhcp_options.values().filter_map(|it| it.domain_name.as_ref());
    lines.extend(domains.map(|domain| format!("domain {domain}")));
    for (name, subnet) in &network.subnets {
        let told = |key: &&String| key.contains("/role/") || key.starts_with("kops.k8s.io/");
        let tags = subnet.tags.keys().filter(told);
        lines.extend(tags.map(|tag| format!("tag {} {tag}", short(name))));
    }
    for route in &network.routes {
        let destination =
            route.destination_cidr_block.as_ref().or(route.destination_ipv6_cidr_block.as_ref());
        let target = route.internet_gateway.as_ref().or(route.nat_gateway.as_ref());
        let target = target.or(route.egress_only_internet_gateway.as_ref());
        let [destination, target] = [destination, target].map(|it| it.map_or("", String::as_str));
        lines.push(format!("route {} {destination} {}", short(&route.route_table), short(target)));
    }
    for of in &network.route_table_associations {
        lines.push(format!("use {} {}", short(&of.subnet), short(&of.route_table)));
    }
    for rule in &network.security_group_rules {
        let peers = rule.cidr_blocks.iter().chain(&rule.ipv6_cidr_blocks);
        for peer in peers.chain(&rule.source_security_group) {
            lines.push(format!(
                "rule {} {} {} {}-{} {}",
                short(&rule.security_group),
                rule.direction,
                rule.protocol,
                rule.from_port,
                rule.to_port,
                short(peer)
            ));
        }
    }
    lines
}

#[tokio::test(start_paused = true)]
async fn a_manifest_makes_the_network_that_it_says() {
    let mut wrong = Vec::new();
    for shape in [firewalls(), tags(), ways()].into_iter().flatten() {
        let account = account(&json!({}));
        let all = [&groups()[..], &shape.groups].concat();
        let cluster = cluster(&shape.spec, &all);
        let report = apply(&account, &cluster, false).await;
        assert!(report.report.succeeded(), "{}: {}", shape.what, failures(&report));
        let made = dump(&*account as &dyn CloudReader, CLUSTER, &cluster.groups).await;
        let mut lines = lines(&made.expect("it can be read"));
        lines.extend(report.report.entries.iter().map(|entry| format!("task {}", entry.task)));
        lines.retain(|line| line.starts_with(shape.lines));
        lines.sort();
        if lines != shape.expected {
            wrong.push(format!("{}: {lines:#?}, not {:#?}", shape.what, shape.expected));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn a_subnet_of_additional_addresses_comes_after_them() {
    let account = account(&json!({}));
    let slow = json!({
        "operation": "AssociateVpcCidrBlock", "effect": { "slow": { "milliseconds": 60_000 } },
    });
    account.add_fault(serde_json::from_value(slow).unwrap()).unwrap();
    let further = with(subnet("b", "Public"), "cidr", &json!("10.1.0.0/20"));
    let spec = json!({
        "networkCIDR": "10.0.0.0/16", "additionalNetworkCIDRs": ["10.1.0.0/16"],
        "subnets": [with(subnet("a", "Public"), "cidr", &json!("10.0.0.0/20")), further],
    });
    let report = apply(&account, &cluster(&spec, &groups()), false).await;
    assert!(report.report.succeeded(), "{}", failures(&report));
    let journal = account.journal();
    let calls: Vec<_> = journal.writes().map(|call| call.operation).collect();
    let first = calls.iter().position(|it| *it == "CreateSubnet");
    let last = calls.iter().rposition(|it| *it == "AssociateVpcCidrBlock");
    assert!(last.is_some() && last < first, "{calls:?}");
}

//! The network of a cluster on the embedded account: what is made, what others keep, what goes.

mod moved;
mod shapes;

use std::sync::Arc;

use cloudup::{
    dump::{Dump, dump},
    manifest::{Cluster, Manifest},
    update::{Update, UpdateOptions, UpdateReport},
};
use cloudup_engine::{ChangeKind, Options, Outcome};
use cloudup_tasks::{
    cloud::{CloudReader, CloudWriter},
    local::{Account, State},
    snapshot::Snapshot,
};
use serde_json::{Value, json};

const CLUSTER: &str = "net.example.com";

/// A cluster with these fields and groups of instances beside what every one has.
fn cluster(spec: &Value, groups: &[(&str, &str, Value)]) -> Cluster {
    let mut all = json!({
        "cloudProvider": "aws",
        "configBase": "s3://state/net.example.com",
        "topology": { "dns": { "type": "None" } },
    });
    let merge = |into: &mut Value, more: &Value| {
        for (key, value) in more.as_object().into_iter().flatten() {
            into[key] = value.clone();
        }
    };
    merge(&mut all, spec);
    let first = all["subnets"][0]["name"].clone();
    let mut documents = vec![json!({
        "apiVersion": "kops.k8s.io/v1alpha2", "kind": "Cluster",
        "metadata": { "name": CLUSTER }, "spec": all,
    })];
    for (name, role, more) in groups {
        let mut spec = json!({
            "role": role, "subnets": [first], "image": "ami-12345678", "machineType": "t3.medium",
        });
        merge(&mut spec, more);
        documents.push(json!({
            "apiVersion": "kops.k8s.io/v1alpha2", "kind": "InstanceGroup",
            "metadata": { "name": name, "labels": { "kops.k8s.io/cluster": CLUSTER } },
            "spec": spec,
        }));
    }
    let texts: Vec<_> = documents.iter().map(Value::to_string).collect();
    let manifest = Manifest::read(&[("cluster.yaml", texts.join("\n---\n"))]);
    manifest.unwrap_or_else(|errors| panic!("{errors}")).clusters.remove(0)
}

fn groups() -> [(&'static str, &'static str, Value); 2] {
    [("control-plane", "Master", json!({})), ("nodes", "Node", json!({}))]
}

fn public(more: &Value) -> Cluster {
    let mut spec = json!({ "subnets": [{ "name": "a", "zone": "eu-west-1a", "type": "Public" }] });
    for (key, value) in more.as_object().into_iter().flatten() {
        spec[key] = value.clone();
    }
    cluster(&spec, &groups())
}

fn private(subnet: &Value) -> Cluster {
    let mut own = json!({ "name": "a", "zone": "eu-west-1a", "type": "Private" });
    for (key, value) in subnet.as_object().into_iter().flatten() {
        own[key] = value.clone();
    }
    let utility = json!({ "name": "utility-a", "zone": "eu-west-1a", "type": "Utility" });
    cluster(&json!({ "subnets": [own, utility] }), &groups())
}

fn account(seed: &Value) -> Arc<Account> {
    let state = State::from_value(seed).unwrap_or_else(|error| panic!("{error}"));
    Arc::new(Account::in_memory(state).recording())
}

async fn apply(account: &Arc<Account>, cluster: &Cluster, prune: bool) -> UpdateReport {
    let cloud = Snapshot::of_writer(account.clone());
    let options = UpdateOptions { prune, ..UpdateOptions::default() };
    let update = Update::prepare(cluster.clone(), options, cloud.reader()).await;
    let update = update.unwrap_or_else(|error| panic!("{error}"));
    update.apply(&cloud, &Options::default(), |_| ()).await.expect("a sound graph")
}

/// An update that works, after which there is nothing left to do.
async fn settle(account: &Arc<Account>, cluster: &Cluster) -> Dump {
    let report = apply(account, cluster, false).await;
    assert!(report.report.succeeded(), "{:#?}", report.report.failures().collect::<Vec<_>>());
    let before = account.journal().writes().count();
    let again = apply(account, cluster, false).await;
    let changes: Vec<_> = again.report.changes().map(|entry| entry.task.to_string()).collect();
    assert_eq!(changes, Vec::<String>::new(), "there is nothing left to do");
    assert_eq!(account.journal().writes().count(), before);
    dump(&**account as &dyn CloudReader, CLUSTER, &cluster.groups).await.expect("it can be read")
}

fn failures(report: &UpdateReport) -> String {
    let failures = report.report.failures();
    let lines = failures.map(|entry| format!("{}: {}", entry.task, entry.error.as_ref().unwrap()));
    lines.collect::<Vec<_>>().join("\n")
}

fn state(account: &Account) -> Value {
    json!(account.state().expect("an account in memory can be read"))
}

/// A VPC of somebody else's with a gateway, two subnets and a route table.
fn shared() -> Value {
    json!({
        "vpcs": [{ "id": "vpc-1", "cidrBlock": "10.0.0.0/16", "tags": { "team": "network" } }],
        "internetGateways": [{ "id": "igw-1", "vpcId": "vpc-1" }],
        "subnets": [
            { "id": "subnet-1", "vpcId": "vpc-1", "availabilityZone": "eu-west-1a",
              "cidrBlock": "10.0.0.0/20", "exclusive": true, "tags": { "team": "network" } },
        ],
        "routeTables": [{ "id": "rtb-1", "vpcId": "vpc-1", "routes": { "0.0.0.0/0": "igw-1" },
                          "associations": ["subnet-1"] }],
        "securityGroups": [{
            "id": "sg-1", "name": "theirs", "vpcId": "vpc-1", "rules": [
                { "permission": { "protocol": "tcp", "fromPort": 22, "toPort": 22, "peer": "10.0.0.0/8" } },
            ],
        }],
    })
}

#[tokio::test(start_paused = true)]
async fn private_subnets_leave_through_a_nat_gateway_once_it_works() {
    let account = account(&json!({}));
    let made = settle(&account, &private(&json!({}))).await.network;
    assert_eq!(made.nat_gateways["eu-west-1a.net.example.com"].subnet, "utility-a.net.example.com");
    let out = made.routes.iter().filter_map(|route| route.nat_gateway.as_deref());
    assert_eq!(out.collect::<Vec<_>>(), ["eu-west-1a.net.example.com"]);
    assert_eq!(made.subnets["a.net.example.com"].cidr_block.as_deref(), Some("172.20.128.0/17"));
    let subnet = &made.subnets["utility-a.net.example.com"];
    assert_eq!(subnet.cidr_block.as_deref(), Some("172.20.0.0/20"));
    let journal = account.journal();
    let nth = |operation: &str| {
        let calls: Vec<_> = journal.calls.iter().map(|call| call.operation).collect();
        calls.iter().rposition(|it| *it == operation)
    };
    assert!(nth("CreateNatGateway") < nth("CreateRoute"), "the route waits for the gateway");
    let made = journal.writes().filter(|call| call.operation == "CreateNatGateway");
    assert_eq!(made.count(), 1, "a gateway that is pending is not made again");
}

#[tokio::test(start_paused = true)]
async fn a_nat_gateway_waits_for_the_internet_gateway_and_subnets_for_all_of_their_routes() {
    let account = account(&json!({}));
    for operation in ["AttachInternetGateway", "CreateRoute"] {
        let slow =
            json!({ "operation": operation, "effect": { "slow": { "milliseconds": 60_000 } } });
        account.add_fault(serde_json::from_value(slow).unwrap()).unwrap();
    }
    settle(&account, &private(&json!({}))).await;
    let journal = account.journal();
    let calls: Vec<_> = journal.calls.iter().map(|call| call.operation).collect();
    let first = |operation| calls.iter().position(|it| *it == operation);
    let last = |operation| calls.iter().rposition(|it| *it == operation);
    assert!(first("AttachInternetGateway") < first("CreateNatGateway"));
    assert!(last("CreateRoute") < last("AssociateRouteTable"));
}

#[tokio::test(start_paused = true)]
async fn two_networks_of_two_first_updates_at_once_are_told_and_neither_is_touched() {
    let account = account(&json!({}));
    let slow = json!({ "operation": "CreateVpc", "effect": { "slow": { "milliseconds": 1000 } } });
    account.add_fault(serde_json::from_value(slow).unwrap()).unwrap();
    let cluster = public(&json!({}));
    tokio::join!(apply(&account, &cluster, false), apply(&account, &cluster, false));
    let before = state(&account);
    let ids: Vec<_> = before["vpcs"].as_array().into_iter().flatten().collect();
    assert_eq!(ids.len(), 2, "neither could know of the other");

    let report = apply(&account, &cluster, true).await;
    let told = failures(&report);
    assert!(told.contains("VPC/net.example.com: tell which VPC is net.example.com"), "{told}");
    for vpc in ids {
        assert!(told.contains(vpc["id"].as_str().unwrap()), "{told}");
    }
    for list in ["vpcs", "subnets", "routeTables", "securityGroups", "autoScalingGroups"] {
        assert_eq!(state(&account)[list], before[list], "{list}");
    }
}

#[tokio::test(start_paused = true)]
async fn ipv6_subnets_have_parts_of_what_amazon_gives() {
    let account = account(&json!({}));
    let mut cluster = private(&json!({ "ipv6CIDR": "/64#a" }));
    cluster.spec.non_masquerade_cidr = Some("::/0".to_owned());
    let made = settle(&account, &cluster).await.network;
    let subnet = &made.subnets["a.net.example.com"];
    assert_eq!(subnet.ipv6_cidr_block.as_deref(), Some("2001:db8:0:10a::/64"));
    assert_eq!((subnet.ipv6_native, subnet.enable_dns64), (Some(true), Some(true)));
    let out = made.routes.iter().filter_map(|it| it.egress_only_internet_gateway.as_deref());
    assert_eq!(out.collect::<Vec<_>>(), [CLUSTER]);
}

#[tokio::test(start_paused = true)]
async fn what_others_keep_is_used_tagged_and_otherwise_left_alone() {
    let account = account(&shared());
    let before = state(&account);
    let existing = json!({ "name": "a", "id": "subnet-1", "zone": "eu-west-1a", "type": "Public" });
    let own =
        json!({ "name": "b", "zone": "eu-west-1b", "type": "Public", "cidr": "10.0.16.0/20" });
    let spec =
        json!({ "networkID": "vpc-1", "networkCIDR": "10.0.0.0/16", "subnets": [existing, own] });
    let cluster = cluster(&spec, &groups());
    let made = settle(&account, &cluster).await.network;
    assert_eq!(made.shared_vpcs.len(), 1);
    assert_eq!(made.subnets.keys().collect::<Vec<_>>(), ["b.net.example.com"]);
    let after = state(&account);
    for list in ["vpcs", "internetGateways"] {
        assert_eq!(before[list], after[list], "{list}");
    }
    let rtb = |state: &Value| {
        let all = state["routeTables"].as_array().cloned().unwrap_or_default();
        all.into_iter().find(|table| table["id"] == "rtb-1")
    };
    assert_eq!(rtb(&before), rtb(&after));
    let subnets = after["subnets"].as_array().cloned().unwrap_or_default();
    let subnet = subnets.iter().find(|subnet| subnet["id"] == "subnet-1").expect("it is there");
    assert_eq!(
        subnet["tags"],
        json!({
            "team": "network", "SubnetType": "Public",
            "kubernetes.io/cluster/net.example.com": "shared",
            "kubernetes.io/role/elb": "1", "kubernetes.io/role/internal-elb": "1",
        })
    );
}

#[tokio::test(start_paused = true)]
async fn what_others_keep_must_fit() {
    let mut seed = shared();
    seed["vpcs"][0]["enableDnsSupport"] = json!(false);
    let table = [
        (seed, json!({ "networkID": "vpc-1" }), "enableDnsSupport of it is not as the manifest"),
        (shared(), json!({ "networkID": "vpc-2" }), "use VPC vpc-2: there is none"),
        (shared(), json!({ "networkID": "vpc-1", "networkCIDR": "10.9.0.0/16" }), "cidr_block"),
    ];
    for (seed, more, expected) in table {
        let account = account(&seed);
        let before = state(&account);
        let mut spec = more;
        spec["subnets"] = json!([{ "name": "b", "zone": "eu-west-1b", "type": "Public", "cidr": "10.0.16.0/20" }]);
        let report = apply(&account, &cluster(&spec, &groups()), false).await;
        assert!(failures(&report).contains(expected), "{expected}: {}", failures(&report));
        assert_eq!(state(&account)["vpcs"], before["vpcs"]);
        assert_eq!(state(&account)["subnets"], before["subnets"]);
    }
}

#[tokio::test(start_paused = true)]
async fn rules_of_ours_go_once_others_have_taken_their_place_and_those_of_others_stay() {
    let account = account(&json!({}));
    let masters = "masters.net.example.com";
    settle(&account, &public(&json!({ "sshAccess": ["10.0.0.0/8"] }))).await;
    let group = account
        .state()
        .unwrap()
        .security_groups
        .iter()
        .find(|it| it.name == masters)
        .map(|it| it.id.clone());
    let by_hand = cloudup_tasks::cloud::vpc::Permission {
        egress: false,
        protocol: "tcp".to_owned(),
        from_port: 22,
        to_port: 22,
        peer: "192.0.2.0/24".to_owned(),
    };
    let writer: &dyn CloudWriter = &*account;
    let tags = [("owner".to_owned(), "somebody".to_owned())].into();
    writer.vpc().authorize_security_group(&group.unwrap(), &by_hand, &tags).await.unwrap();

    let before = account.journal().writes().count();
    settle(&account, &public(&json!({ "sshAccess": ["10.0.0.0/9"] }))).await;
    let journal = account.journal();
    let calls: Vec<_> = journal.writes().skip(before).map(|call| call.operation).collect();
    let add = calls.iter().position(|it| *it == "AuthorizeSecurityGroupIngress");
    let remove = calls.iter().position(|it| *it == "RevokeSecurityGroupIngress");
    assert!(add.is_some() && add < remove, "{calls:?}");
    let state = account.state().unwrap();
    let group = state.security_groups.iter().find(|it| it.name == masters).unwrap();
    let ssh = group.rules.iter().filter(|rule| rule.permission.from_port == 22);
    let mut ssh: Vec<_> = ssh.map(|rule| rule.permission.peer.as_str()).collect();
    ssh.sort_unstable();
    assert_eq!(ssh, ["10.0.0.0/9", "192.0.2.0/24"]);
}

#[tokio::test(start_paused = true)]
async fn a_rule_that_is_wanted_stays_whatever_it_is_called_and_so_do_those_of_load_balancers() {
    let account = account(&json!({}));
    let cluster = public(&json!({
        "sshAccess": ["10.0.0.0/8"],
        "api": { "loadBalancer": { "type": "Public", "securityGroupOverride": "sg-balancer" } },
    }));
    settle(&account, &cluster).await;
    let owned =
        |name: &str| json!({ "Name": name, "kubernetes.io/cluster/net.example.com": "owned" });
    let mut state = state(&account);
    let vpc = state["vpcs"][0]["id"].clone();
    let groups = state["securityGroups"].as_array_mut().unwrap();
    for (id, name) in [("sg-api", "api-elb.net.example.com"), ("sg-balancer", "theirs")] {
        let tags = if id == "sg-api" { owned(name) } else { json!({}) };
        groups.push(json!({ "id": id, "name": name, "vpcId": vpc, "tags": tags }));
    }
    let masters = groups.iter_mut().find(|it| it["name"] == "masters.net.example.com").unwrap();
    let rules = masters["rules"].as_array_mut().unwrap();
    // The one for SSH is called something else; one that is called as it is lets more in.
    let ssh = rules.iter_mut().find(|it| it["permission"]["fromPort"] == 22).unwrap();
    let name = ssh["tags"]["Name"].take();
    ssh["tags"]["Name"] = json!("ssh-external-to-master");
    let rule = |from: u16, peer: &str, name: &str| {
        let permission =
            json!({ "protocol": "tcp", "fromPort": from, "toPort": 443, "peer": peer });
        json!({ "permission": permission, "tags": owned(name) })
    };
    rules.push(rule(22, "10.0.0.0/8", name.as_str().unwrap()));
    rules.push(rule(443, "sg-api", "https-elb-to-master"));
    rules.push(rule(443, "sg-balancer", "https-lb-to-master"));

    let account = self::account(&state);
    let report = apply(&account, &cluster, true).await;
    let changes: Vec<_> = report.report.changes().collect();
    let changes: Vec<_> = changes.iter().map(|it| (it.change, it.task.name())).collect();
    let id = changes.first().map(|(_, name)| *name).unwrap_or_default();
    let expected = [
        (ChangeKind::Delete, id),
        (ChangeKind::Update, "from-10.0.0.0/8-ingress-tcp-22to22-masters.net.example.com"),
    ];
    assert_eq!(changes, expected);
    assert!(id.starts_with("sgr-"), "{id}");
    let state = account.state().unwrap();
    let masters = state.security_groups.iter().find(|it| it.name.starts_with("masters")).unwrap();
    let peers = masters.rules.iter().filter(|it| it.permission.to_port == 443);
    let peers: Vec<_> = peers.map(|it| it.permission.peer.as_str()).collect();
    assert_eq!(peers, ["sg-api", "sg-balancer"]);
    assert!(masters.rules.iter().any(|it| it.permission.to_port == 22));
}

#[tokio::test(start_paused = true)]
async fn rules_between_groups_go_only_when_asked_to() {
    let account = account(&json!({}));
    settle(&account, &public(&json!({ "networking": { "calico": {} } }))).await;
    let after = public(&json!({ "networking": { "cni": {} } }));
    let ipip = || {
        let state = account.state().unwrap();
        let mut rules = state.security_groups.iter().flat_map(|group| &group.rules);
        rules.any(|rule| rule.permission.protocol == "4")
    };
    apply(&account, &after, false).await;
    assert!(ipip(), "instances may be using it");
    apply(&account, &after, true).await;
    assert!(!ipip());
}

#[tokio::test(start_paused = true)]
async fn a_security_group_of_others_is_not_taken_for_ours() {
    let account = account(&json!({}));
    let cluster = public(&json!({}));
    settle(&account, &cluster).await;
    let state = account.state().unwrap();
    let group = state.security_groups.iter().find(|it| it.name.starts_with("nodes")).unwrap();
    let writer: &dyn CloudWriter = &*account;
    let key = "kubernetes.io/cluster/net.example.com".to_owned();
    writer.vpc().delete_tags(&group.id, &[key]).await.unwrap();
    let report = apply(&account, &cluster, false).await;
    assert!(failures(&report).contains("has this name, and its tags do not say"));
}

#[tokio::test(start_paused = true)]
async fn a_group_that_the_manifest_names_gets_our_rules_and_stays_as_it_is() {
    let account = account(&shared());
    let subnet =
        json!({ "name": "b", "zone": "eu-west-1b", "type": "Public", "cidr": "10.0.16.0/20" });
    let spec = json!({ "networkID": "vpc-1", "subnets": [subnet], "sshAccess": ["10.0.0.0/8"] });
    let named = |id: &str| {
        let own = json!({ "securityGroupOverride": id });
        cluster(&spec, &[("control-plane", "Master", json!({})), ("nodes", "Node", own)])
    };
    let made = settle(&account, &named("sg-1")).await.network;
    assert_eq!(made.security_groups.keys().collect::<Vec<_>>(), ["masters.net.example.com"]);
    let to_masters = made.security_group_rules.iter().filter(|rule| {
        rule.source_security_group.as_deref() == Some("sg-1") && rule.protocol == "udp"
    });
    assert_eq!(to_masters.count(), 1);
    let state = account.state().unwrap();
    let group = state.security_groups.get("sg-1").unwrap();
    let ssh = group.rules.iter().find(|rule| rule.permission.from_port == 22).unwrap();
    assert!(group.tags.is_empty() && ssh.tags.is_empty(), "what was there is theirs");

    let report = apply(&account, &named("sg-2"), false).await;
    assert!(report.report.succeeded(), "{}", failures(&report));
    let notices: Vec<_> = report.notices.iter().map(ToString::to_string).collect();
    assert!(notices.iter().any(|it| it.contains("there is no security group sg-2")), "{notices:?}");
    let entry = report.report.entries.iter().find(|entry| entry.task.name() == "sg-2-Node");
    assert_eq!(entry.map(|entry| &entry.outcome), Some(&Outcome::Warned));
}

#[tokio::test(start_paused = true)]
async fn a_subnet_changes_its_route_table_in_one_call() {
    let account = account(&json!({}));
    let cluster = public(&json!({}));
    settle(&account, &cluster).await;
    let state = account.state().unwrap();
    let (vpc, subnet) = (state.vpcs.iter().next().unwrap(), state.subnets.iter().next().unwrap());
    let writer: &dyn CloudWriter = &*account;
    let tables = state.route_tables.iter().next().unwrap();
    let other = writer.vpc().create_route_table(&vpc.id, &std::collections::BTreeMap::new()).await;
    let reader: &dyn CloudReader = &*account;
    let which = cloudup_tasks::cloud::vpc::Which::Id(&tables.id);
    let found = reader.vpc().describe_route_tables(which, None).await.unwrap().items.remove(0);
    let association = &found.associations[0].id;
    writer.vpc().replace_route_table_association(association, &other.unwrap()).await.unwrap();

    let before = account.journal().writes().count();
    settle(&account, &cluster).await;
    let journal = account.journal();
    let calls: Vec<_> = journal.writes().skip(before).map(|call| call.operation).collect();
    assert_eq!(calls, ["ReplaceRouteTableAssociation"]);
    let after = account.state().unwrap();
    assert!(after.route_tables.get(&tables.id).unwrap().associations.contains(&subnet.id));
}

//! What goes, and what stays, by whose it is.

use cloudup::removal::{Target, is_clean};
use cloudup_tasks::local::State;
use serde_json::{Value, json};

use crate::{
    NAME, TAG, account, at_once, cluster, essence, failures, made, options, others, plan, remove,
    state,
};

#[test]
fn what_was_made_goes_and_nothing_else() {
    at_once(async {
        let (before, cluster) = (others(), cluster());
        let account = account(&made(&cluster).await);
        let report = remove(&account, Target::Cluster(&cluster), &options()).await;
        assert!(is_clean(&report), "{}", failures(&report));
        assert_eq!(essence(&state(&account)), essence(&before));
        // There is nothing left to do, and no call that would change anything is made.
        let writes = account.journal().writes().count();
        let again = remove(&account, Target::Cluster(&cluster), &options()).await;
        assert!(again.report.is_settled() && is_clean(&again), "{}", failures(&again));
        assert_eq!(account.journal().writes().count(), writes);
    });
}

#[test]
fn a_name_and_a_region_will_do() {
    at_once(async {
        let account = account(&made(&cluster()).await);
        let named = Target::Named { name: NAME, region: "eu-west-1" };
        let report = remove(&account, named, &options()).await;
        assert!(is_clean(&report), "{}", failures(&report));
        assert_eq!(essence(&state(&account)), essence(&others()));
    });
}

#[test]
fn a_plan_says_what_would_go_and_changes_nothing() {
    at_once(async {
        let cluster = cluster();
        let account = account(&made(&cluster).await);
        let planned = plan(&account, Target::Cluster(&cluster), &options()).await;
        assert!(planned.report.succeeded(), "{}", failures(&planned));
        assert_eq!(account.journal().writes().count(), 0);
        let done = remove(&account, Target::Cluster(&cluster), &options()).await;
        let told = |report: &cloudup::update::UpdateReport| -> Vec<_> {
            let changes = report.report.changes();
            let mut told: Vec<_> =
                changes.map(|entry| format!("{:?} {}", entry.change, entry.task)).collect();
            told.sort();
            told
        };
        assert_eq!(told(&planned), told(&done));
        let kinds: std::collections::BTreeSet<_> =
            planned.report.changes().map(|entry| entry.task.kind().to_owned()).collect();
        insta::assert_snapshot!(kinds.into_iter().collect::<Vec<_>>().join("\n"));
    });
}

/// The lists of things with tags, and what a thing is known by.
const LISTS: [(&str, &str); 17] = [
    ("autoScalingGroups", "name"),
    ("instances", "id"),
    ("launchTemplates", "name"),
    ("keyPairs", "name"),
    ("roles", "name"),
    ("instanceProfiles", "name"),
    ("managedPolicies", "arn"),
    ("oidcProviders", "url"),
    ("securityGroups", "id"),
    ("vpcs", "id"),
    ("dhcpOptions", "id"),
    ("subnets", "id"),
    ("routeTables", "id"),
    ("internetGateways", "id"),
    ("egressOnlyInternetGateways", "id"),
    ("elasticIps", "id"),
    ("natGateways", "id"),
];

/// What of EC2 carries a tag where it is shared.
const OF_THE_NETWORK: [&str; 9] = [
    "securityGroups",
    "vpcs",
    "dhcpOptions",
    "subnets",
    "routeTables",
    "internetGateways",
    "egressOnlyInternetGateways",
    "elasticIps",
    "natGateways",
];

/// One thing of each kind, alone in an account, with these tags. What it is in is nobody's.
fn alone(tags: &Value) -> State {
    // Groups have their tags in another form.
    let of_group =
        tags.as_object().into_iter().flatten().map(|(key, value)| {
            (key.clone(), json!({ "value": value, "propagateAtLaunch": true }))
        });
    let seed = json!({
        "region": "eu-west-1",
        "roles": [{ "name": "nodes.demo.example.com", "tags": tags }],
        "instanceProfiles": [{ "name": "nodes.demo.example.com", "tags": tags }],
        "managedPolicies": [{
            "arn": "arn:aws:iam::123456789012:policy/cloudup/demo.example.com/overflow-1.nodes.demo.example.com",
            "tags": tags,
        }],
        "oidcProviders": [{ "url": "https://oidc.example.com", "tags": tags }],
        "launchTemplates": [
            { "name": "nodes.demo.example.com", "versions": [{ "imageId": "ami-1" }], "tags": tags },
            { "name": "of the group", "versions": [{ "imageId": "ami-1" }], "id": "lt-0f" },
        ],
        "keyPairs": [{ "name": "demo", "tags": tags }],
        "vpcs": [
            { "id": "vpc-01", "cidrBlock": "10.1.0.0/16", "tags": tags },
            { "id": "vpc-0f", "cidrBlock": "10.0.0.0/16" },
        ],
        "dhcpOptions": [{ "id": "dopt-01", "tags": tags }],
        "subnets": [
            { "id": "subnet-01", "vpcId": "vpc-0f", "availabilityZone": "eu-west-1a", "cidrBlock": "10.0.0.0/24", "tags": tags },
            { "id": "subnet-0f", "vpcId": "vpc-0f", "availabilityZone": "eu-west-1a", "cidrBlock": "10.0.1.0/24" },
        ],
        "routeTables": [{ "id": "rtb-01", "vpcId": "vpc-0f", "associations": ["subnet-0f"], "tags": tags }],
        "internetGateways": [{ "id": "igw-01", "tags": tags }],
        "egressOnlyInternetGateways": [{ "id": "eigw-01", "vpcId": "vpc-0f", "tags": tags }],
        "elasticIps": [
            { "id": "eipalloc-01", "publicIp": "198.18.0.1", "tags": tags },
            { "id": "eipalloc-0f", "publicIp": "198.18.0.2" },
        ],
        "natGateways": [{ "id": "nat-01", "subnetId": "subnet-0f", "allocationId": "eipalloc-0f", "tags": tags }],
        "securityGroups": [{ "id": "sg-01", "name": "nodes", "vpcId": "vpc-0f", "tags": tags }],
        "instances": [{ "id": "i-01", "state": "running", "subnetId": "subnet-0f", "tags": tags }],
        "autoScalingGroups": [{
            "name": "nodes.demo.example.com", "subnets": ["subnet-0f"],
            "launchTemplate": { "id": "lt-0f", "version": "1" },
            "tags": of_group.collect::<serde_json::Map<_, _>>(),
        }],
    });
    State::from_value(&seed).unwrap_or_else(|error| panic!("{error}"))
}

/// Of each kind, whether the first thing is still there, and its tags.
fn left(state: &State) -> Vec<(&'static str, Option<Value>)> {
    let first = alone(&json!({}));
    let (first, now) = (json!(first), json!(state));
    let found = |(list, key): (&'static str, &str)| {
        let name = &first[list][0][key];
        let things = now[list].as_array().into_iter().flatten();
        let thing = things.clone().find(|thing| thing[key] == *name && thing["state"] != "deleted");
        (list, thing.map(|thing| thing["tags"].clone()))
    };
    LISTS.into_iter().map(found).collect()
}

#[test]
fn only_what_says_that_it_is_the_clusters_goes() {
    at_once(async {
        let other = "kubernetes.io/cluster/other.example.com";
        let table = [
            ("owned", json!({ TAG: "owned", "Name": "x" }), true),
            ("with a tag of no meaning", json!({ TAG: "owned", "team": "red" }), true),
            ("shared", json!({ TAG: "shared", "team": "red" }), false),
            ("another cluster's", json!({ other: "owned", "KubernetesCluster": NAME }), false),
            ("the old tag alone", json!({ "KubernetesCluster": NAME, "Name": "x" }), false),
            ("owned, used by another cluster", json!({ TAG: "owned", other: "shared" }), false),
            ("of two owners", json!({ TAG: "owned", other: "owned" }), false),
            ("a name alone", json!({ "Name": "nodes.demo.example.com" }), false),
            ("untagged", json!({}), false),
        ];
        for (whose, tags, goes) in table {
            let account = account(&alone(&tags));
            let named = Target::Named { name: NAME, region: "eu-west-1" };
            let report = remove(&account, named, &options()).await;
            let told = failures(&report);
            for (list, thing) in left(&state(&account)) {
                assert_eq!(thing.is_none(), goes, "{list}, {whose}: {told}");
                // Tags of others are never touched, nor are those of what stays: but for the
                // cluster's own on what it shared.
                let Some(found) =
                    thing.filter(|tags| list != "autoScalingGroups" && !tags.is_null())
                else {
                    continue;
                };
                let taken_off = whose == "shared" && OF_THE_NETWORK.contains(&list);
                let expected = if taken_off { json!({ "team": "red" }) } else { tags.clone() };
                assert_eq!(found, expected, "{list}, {whose}");
            }
            let in_use = whose == "owned, used by another cluster" || whose == "of two owners";
            assert_eq!(told.contains("cluster other.example.com uses it too"), in_use, "{told}");
            assert_eq!(report.report.succeeded(), !in_use, "{whose}: {told}");
        }
    });
}

//! What somebody else still uses stays, and it is told who does.

use cloudup::removal::{Target, is_clean};
use cloudup_tasks::local::State;
use serde_json::{Value, json};

use crate::{
    TAG, account, at_once, cluster, cluster_with_override, failures, made, options, others, plan,
    remove, state,
};

/// A change of an account.
type Change = Box<dyn Fn(&mut Value)>;

/// The cluster's account, with more in it.
async fn with(add: impl Fn(&mut Value)) -> State {
    let mut state = json!(made(&cluster()).await);
    add(&mut state);
    State::from_value(&state).unwrap_or_else(|error| panic!("{error}"))
}

fn push(state: &mut Value, list: &str, thing: Value) {
    state[list].as_array_mut().expect("a list").push(thing);
}

/// The instance of another cluster.
fn theirs(state: &mut Value) -> &mut Value {
    let instances = state["instances"].as_array_mut().expect("a list");
    instances.iter_mut().find(|instance| instance["id"] == "i-0a").expect("it is there")
}

/// The id of the cluster's thing of that name.
fn id(state: &Value, list: &str, name: &str) -> String {
    let things = state[list].as_array().into_iter().flatten();
    let found = things.clone().find(|thing| thing["tags"]["Name"] == name);
    found.unwrap_or_else(|| panic!("no {name}"))["id"].as_str().expect("an id").to_owned()
}

#[test]
fn what_others_use_stays_with_what_it_needs_and_the_rest_goes() {
    at_once(async {
        const NODES: &str = "nodes.demo.example.com";
        let cases: [(&str, Change); 7] = [
            (
                "an instance of another cluster has the profile",
                Box::new(|state| theirs(state)["iamInstanceProfile"] = NODES.into()),
            ),
            (
                "a profile of somebody else's holds the role",
                Box::new(|state| {
                    push(
                        state,
                        "instanceProfiles",
                        json!({ "name": "theirs", "role": { "name": NODES } }),
                    );
                }),
            ),
            (
                "an instance of somebody else's is in the subnet",
                Box::new(|state| {
                    let subnet = id(state, "subnets", "a.demo.example.com");
                    push(
                        state,
                        "instances",
                        json!({ "id": "i-0b", "state": "stopped", "subnetId": subnet }),
                    );
                }),
            ),
            (
                "an instance of another cluster has the security group",
                Box::new(|state| {
                    let group = id(state, "securityGroups", NODES);
                    theirs(state)["securityGroups"] = json!([group]);
                }),
            ),
            (
                "a subnet of somebody else's is in the VPC",
                Box::new(|state| {
                    let vpc = id(state, "vpcs", "demo.example.com");
                    push(
                        state,
                        "subnets",
                        json!({
                            "id": "subnet-0b", "vpcId": vpc, "availabilityZone": "eu-west-1a",
                            "cidrBlock": "172.20.255.0/24",
                        }),
                    );
                }),
            ),
            (
                "a security group of somebody else's is in the VPC",
                Box::new(|state| {
                    let vpc = id(state, "vpcs", "demo.example.com");
                    push(
                        state,
                        "securityGroups",
                        json!({ "id": "sg-0b", "name": "theirs", "vpcId": vpc }),
                    );
                }),
            ),
            (
                "another cluster shares the address",
                Box::new(|state| {
                    let tags = &mut state["elasticIps"][0]["tags"];
                    tags["kubernetes.io/cluster/other.example.com"] = "shared".into();
                }),
            ),
        ];
        let mut told = String::new();
        for (what, add) in cases {
            let before = with(&add).await;
            let account = account(&before);
            let planned = plan(&account, Target::Cluster(&cluster()), &options()).await;
            let report = remove(&account, Target::Cluster(&cluster()), &options()).await;
            assert_eq!(failures(&planned), failures(&report), "{what}: a plan knows it already");
            assert!(!is_clean(&report), "{what}");
            let left = state(&account);
            told += &["# ", what, "\n", &failures(&report), "left:"].concat();
            for (list, left, others) in [
                ("groups", left.auto_scaling_groups.len(), 0),
                ("profiles", left.instance_profiles.len(), others().instance_profiles.len()),
                ("roles", left.roles.len(), others().roles.len()),
                ("security groups", left.security_groups.len(), others().security_groups.len()),
                ("subnets", left.subnets.len(), others().subnets.len()),
                ("VPCs", left.vpcs.len(), others().vpcs.len()),
                ("addresses", left.elastic_ips.len(), 0),
            ] {
                if left > others {
                    told += &[" ", &(left - others).to_string(), " ", list].concat();
                }
            }
            told.push_str("\n\n");
        }
        insta::assert_snapshot!(told);
    });
}

#[test]
fn a_profile_that_shares_its_name_with_another_role_lets_that_role_be() {
    at_once(async {
        let before = with(|state| {
            for profile in state["instanceProfiles"].as_array_mut().expect("a list") {
                if profile["name"] == "nodes.demo.example.com" {
                    profile["role"] = json!({ "name": "application" });
                }
            }
        })
        .await;
        let account = account(&before);
        let report = remove(&account, Target::Cluster(&cluster()), &options()).await;
        assert!(is_clean(&report), "{}", failures(&report));
        let left = state(&account);
        assert!(left.instance_profiles.get("nodes.demo.example.com").is_none());
        assert!(left.roles.get("nodes.demo.example.com").is_none());
        assert_eq!(left.roles.get("application"), others().roles.get("application"));
    });
}

#[test]
fn rules_of_ours_leave_the_security_groups_of_others() {
    at_once(async {
        let before = with(|state| {
            let nodes = id(state, "securityGroups", "nodes.demo.example.com");
            let rule = |peer: &str, tags: Value| {
                let permission = json!({ "protocol": "tcp", "fromPort": 22, "toPort": 22, "peer": peer });
                json!({ "permission": permission, "tags": tags })
            };
            push(state, "securityGroups", json!({
                "id": "sg-0c", "name": "theirs", "vpcId": "vpc-0a",
                "rules": [
                    rule(&nodes, json!({ TAG: "owned" })),
                    rule("10.0.0.0/8", json!({ TAG: "owned" })),
                    rule("192.0.2.0/24", json!({})),
                    rule("sg-0a", json!({ "kubernetes.io/cluster/other.example.com": "owned" })),
                ],
            }));
        })
        .await;
        let account = account(&before);
        let cluster = cluster_with_override("sg-0c");
        let report = remove(&account, Target::Cluster(&cluster), &options()).await;
        assert!(is_clean(&report), "{}", failures(&report));
        let left = state(&account);
        let rules = &left.security_groups.get("sg-0c").expect("it stays").rules;
        let peers: Vec<_> = rules.iter().map(|rule| rule.permission.peer.as_str()).collect();
        assert_eq!(peers, ["192.0.2.0/24", "sg-0a"]);
    });
}

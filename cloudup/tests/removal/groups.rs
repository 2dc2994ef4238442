//! Instance groups that go, each by itself.

use std::sync::Arc;

use cloudup::{
    manifest::{Cluster, InstanceGroup},
    removal::{Target, is_clean},
    update::UpdateReport,
};
use cloudup_tasks::local::{Account, State};
use serde_json::{Value, json};

use crate::{
    account, at_once, cluster, essence, failures, instances, made, options, remove, state,
};

fn group<'c>(cluster: &'c Cluster, name: &str) -> &'c InstanceGroup {
    cluster.groups.iter().find(|group| group.name() == name).expect("there is one")
}

/// What is in `before` and not in `after`, by list and name.
fn gone(before: &State, after: &State) -> Vec<String> {
    let (before, after) = (essence(before), essence(after));
    let mut gone = Vec::new();
    for (list, things) in before.as_object().into_iter().flatten() {
        for thing in things.as_array().into_iter().flatten() {
            let is_same = |other: &Value| other == thing;
            if !after[list].as_array().into_iter().flatten().any(is_same) {
                let name = thing["name"].as_str().or(thing["id"].as_str()).unwrap_or("?");
                gone.push(format!("{list}/{name}"));
            }
        }
    }
    gone.sort();
    gone
}

async fn without(account: &Arc<Account>, cluster: &Cluster, name: &str) -> UpdateReport {
    let target = Target::Group(cluster, group(cluster, name));
    let report = remove(account, target, &options()).await;
    assert!(is_clean(&report), "{}", failures(&report));
    report
}

#[test]
fn a_group_goes_with_what_only_it_uses() {
    at_once(async {
        let mut cluster = cluster();
        let before = made(&cluster).await;
        let account = account(&before);
        without(&account, &cluster, "spot").await;
        let between = state(&account);
        let spot = "spot.demo.example.com";
        let members = &before.auto_scaling_groups.get(spot).expect("it was there").instances;
        let mut expected: Vec<_> = members
            .iter()
            .chain(&before.warm_instances[spot])
            .map(|instance| format!("instances/{}", instance.id))
            .collect();
        expected.push("autoScalingGroups/spot.demo.example.com".to_owned());
        expected.push("launchTemplates/spot.demo.example.com".to_owned());
        expected.sort();
        assert_eq!(gone(&before, &between), expected, "others have its role");

        cluster.groups.retain(|group| group.name() != "spot");
        without(&account, &cluster, "nodes").await;
        let mut lists: Vec<_> = gone(&between, &state(&account))
            .iter()
            .filter(|name| !name.starts_with("instances/"))
            .cloned()
            .collect();
        lists.retain(|name| !name.starts_with("managedPolicies/"));
        assert_eq!(
            lists,
            [
                "autoScalingGroups/nodes.demo.example.com",
                "instanceProfiles/nodes.demo.example.com",
                "launchTemplates/nodes.demo.example.com",
                "roles/nodes.demo.example.com",
            ]
        );
    });
}

#[test]
fn instances_that_were_detached_from_a_group_go_with_it() {
    at_once(async {
        let cluster = cluster();
        let made = made(&cluster).await;
        let mut changed = json!(made);
        let groups = changed["autoScalingGroups"].as_array_mut().expect("a list");
        let nodes = groups.iter_mut().find(|it| it["name"] == "nodes.demo.example.com");
        let members = nodes.expect("it is there")["instances"].as_array_mut().expect("a list");
        let detached = members.remove(0)["id"].clone();
        for instance in changed["instances"].as_array_mut().expect("a list") {
            if instance["id"] == detached {
                let tags = instance["tags"].as_object_mut().expect("tags");
                tags.remove("aws:autoscaling:groupName");
                tags.insert("kops.k8s.io/detached-from-asg".into(), "nodes".into());
            }
        }
        let before = State::from_value(&changed).unwrap_or_else(|error| panic!("{error}"));
        let detached = detached.as_str().expect("an id").to_owned();

        let account = account(&before);
        without(&account, &cluster, "spot").await;
        assert!(instances(&state(&account)).contains(&detached), "it is not of that group");

        let nodes = without(&account, &cluster, "nodes").await;
        assert!(!instances(&state(&account)).contains(&detached));
        assert!(nodes.notices.iter().any(|notice| notice.message.contains("not drained")));
    });
}

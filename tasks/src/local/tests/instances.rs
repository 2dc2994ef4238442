//! How the instances of groups come and go.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{super::Account, account};
use crate::cloud::{
    CloudReader, CloudWriter,
    autoscaling::{AutoScalingGroup, GroupSettings, Groups},
};

const GROUP: &str = "nodes.example.com";

/// An account with a template of two versions, of which groups start the second.
fn with_template(more: &Value) -> Account {
    let mut seed = json!({
        "subnets": [{ "id": "subnet-1", "vpcId": "vpc-1", "availabilityZone": "us-east-1a", "cidrBlock": "10.0.0.0/24" }],
        "vpcs": [{ "id": "vpc-1", "cidrBlock": "10.0.0.0/16" }],
        "launchTemplates": [{
            "name": GROUP, "id": "lt-1",
            "versions": [{ "imageId": "ami-1" }, { "imageId": "ami-2" }],
        }],
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        seed[key] = value.clone();
    }
    account(&seed)
}

fn settings(min: i32, max: i32, version: &str) -> GroupSettings {
    let template = json!({ "id": "lt-1", "version": version });
    GroupSettings {
        launch_template: serde_json::from_value(template).ok(),
        min_size: Some(min),
        max_size: Some(max),
        subnets: Some(BTreeSet::from(["subnet-1".to_owned()])),
        ..GroupSettings::default()
    }
}

async fn group(account: &Account, min: i32, max: i32) {
    let (tags, none) = (BTreeMap::new(), BTreeSet::new());
    let groups = CloudWriter::autoscaling(account);
    let settings = settings(min, max, "1");
    let made = groups.create_auto_scaling_group(GROUP, &settings, &tags, &none, &none);
    made.await.unwrap();
}

async fn look(account: &Account) -> AutoScalingGroup {
    let which = Groups::Named(GROUP.to_owned());
    let groups = CloudReader::autoscaling(account);
    groups.describe_auto_scaling_groups(&which, None).await.unwrap().items.remove(0)
}

/// The states of members, and the versions of their templates.
async fn members(account: &Account) -> Vec<String> {
    let members = look(account).await.instances.into_iter();
    let told = |version: Option<String>| version.unwrap_or_default();
    members
        .map(|it| {
            format!("{} {}", it.lifecycle_state, told(it.launch_template.map(|it| it.version)))
        })
        .collect()
}

async fn warm(account: &Account) -> Vec<String> {
    let pool = CloudReader::autoscaling(account).describe_warm_pool(GROUP, None).await.unwrap();
    let told = |version: Option<String>| version.unwrap_or_default();
    let members = pool.items.into_iter();
    members
        .map(|it| {
            format!("{} {}", it.lifecycle_state, told(it.launch_template.map(|it| it.version)))
        })
        .collect()
}

#[tokio::test]
async fn an_instance_is_in_service_after_as_many_looks_as_the_account_says() {
    let account = with_template(&json!({ "instanceStartLooks": 2 }));
    group(&account, 1, 1).await;
    for state in ["Pending 1", "Pending 1", "InService 1", "InService 1"] {
        assert_eq!(members(&account).await, [state]);
    }
    let id = look(&account).await.instances.remove(0).id;
    let groups = CloudWriter::autoscaling(&account);
    groups.terminate_instance_in_auto_scaling_group(&id).await.unwrap();
    assert_eq!(members(&account).await, ["Pending 1"]);
    let next = look(&account).await.instances.remove(0).id;
    let detached = groups.detach_instances(GROUP, std::slice::from_ref(&next)).await;
    assert!(detached.is_ok(), "it has arrived: {detached:?}");
    let pending = look(&account).await.instances.remove(0).id;
    let refused = groups.detach_instances(GROUP, &[pending]).await.unwrap_err();
    assert!(refused.message.contains("Pending"), "{refused}");
}

#[tokio::test]
async fn a_warm_pool_is_filled_and_goes_into_service_first() {
    let account = with_template(&json!({}));
    group(&account, 1, 3).await;
    let groups = CloudWriter::autoscaling(&account);
    groups.put_warm_pool(GROUP, 0, None).await.unwrap();
    assert_eq!(warm(&account).await, ["Warmed:Stopped 1", "Warmed:Stopped 1"]);

    groups.update_auto_scaling_group(GROUP, &settings(1, 3, "2")).await.unwrap();
    let id = look(&account).await.instances.remove(0).id;
    groups.terminate_instance_in_auto_scaling_group(&id).await.unwrap();
    assert_eq!(members(&account).await, ["InService 1"], "the one that was kept ready");
    assert_eq!(warm(&account).await, ["Warmed:Stopped 1", "Warmed:Stopped 2"]);

    let kept = CloudReader::autoscaling(&account).describe_warm_pool(GROUP, None).await.unwrap();
    let old = kept.items[0].id.clone();
    let refused = groups.terminate_instance_in_auto_scaling_group(&old).await.unwrap_err();
    assert_eq!(refused.code, "ValidationError");
    CloudWriter::ec2(&account).terminate_instances(&[old]).await.unwrap();
    assert_eq!(warm(&account).await, ["Warmed:Stopped 2", "Warmed:Stopped 2"]);

    groups.delete_warm_pool(GROUP).await.unwrap();
    assert!(warm(&account).await.is_empty());
    assert_eq!(account.state().unwrap().instances.len(), 1, "no instance is left over");
}

#[tokio::test]
async fn a_group_finds_out_that_ec2_terminated_a_member() {
    let account = with_template(&json!({}));
    group(&account, 2, 2).await;
    let id = look(&account).await.instances.remove(0).id;
    CloudWriter::ec2(&account).terminate_instances(std::slice::from_ref(&id)).await.unwrap();
    let members = look(&account).await.instances;
    assert_eq!(members.len(), 2);
    assert!(members.iter().all(|member| member.id != id));
}

//! Faults: what goes wrong on cue.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde_json::json;
use tokio::time::Instant;

use super::{
    super::{Account, DIED, Effect, Fault, State},
    account, empty, policy, trust,
};
use crate::cloud::{
    CloudError, CloudReader, CloudWriter,
    autoscaling::{GroupSettings, TemplateRef},
    code,
    ec2::LaunchTemplateData,
    iam::{NewRole, Tags},
};

const ARN: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";

async fn create(account: &Account, name: &str) -> Result<(), CloudError> {
    let role = NewRole {
        name,
        assume_role_policy_document: &trust(),
        permissions_boundary: None,
        tags: &Tags::new(),
    };
    CloudWriter::iam(account).create_role(role).await.map(drop)
}

fn exists(account: &Account, role: &str) -> bool {
    account.state().unwrap().roles.get(role).is_some()
}

#[tokio::test]
async fn an_error_is_answered_and_nothing_is_done() {
    for (effect, expected) in [
        (Effect::Throttle, "Throttling"),
        (Effect::Deny, "AccessDenied"),
        (Effect::Error { code: "ServiceFailure".into(), message: String::new() }, "ServiceFailure"),
    ] {
        let account = empty();
        account.add_fault(Fault::new(effect).times(1)).unwrap();
        assert_eq!(create(&account, "nodes").await.unwrap_err().code, expected);
        assert!(!exists(&account, "nodes"));
        create(&account, "nodes").await.unwrap();
    }
}

#[tokio::test]
async fn ec2_has_codes_of_its_own() {
    for (effect, expected) in
        [(Effect::Throttle, "RequestLimitExceeded"), (Effect::Deny, "UnauthorizedOperation")]
    {
        let account = empty();
        account.add_fault(Fault::new(effect)).unwrap();
        let ec2 = CloudReader::ec2(&account);
        assert_eq!(ec2.describe_key_pair("x").await.unwrap_err().code, expected);
    }
}

#[tokio::test]
async fn a_fault_of_some_calls_leaves_the_others_alone() {
    let account = account(&json!({
        "roles": [{ "name": "a" }, { "name": "b" }],
        "faults": [
            { "operation": "AttachRolePolicy", "resource": "a/*", "effect": "deny" },
            { "calls": "read", "resource": "b", "skip": 1, "times": 1, "effect": "throttle" },
            { "service": "sts", "effect": { "error": { "code": "ExpiredToken" } } }
        ]
    }));
    let (reads, writes) = (CloudReader::iam(&account), CloudWriter::iam(&account));
    assert_eq!(writes.attach_role_policy("a", ARN).await.unwrap_err().code, "AccessDenied");
    writes.attach_role_policy("b", ARN).await.unwrap();
    writes.put_role_policy("a", "p", &policy()).await.unwrap();
    reads.get_role("b").await.unwrap();
    assert_eq!(reads.get_role("b").await.unwrap_err().code, "Throttling");
    reads.get_role("b").await.unwrap();
    let caller = CloudReader::sts(&account).get_caller_identity().await;
    assert_eq!(caller.unwrap_err().code, "ExpiredToken");
}

#[tokio::test(start_paused = true)]
async fn slow_calls_take_their_time_and_add_up() {
    let account = empty();
    account.add_fault(Fault::new(Effect::Slow { milliseconds: 200 })).unwrap();
    account.add_fault(Fault::new(Effect::Slow { milliseconds: 50 }).writes()).unwrap();
    let start = Instant::now();
    create(&account, "nodes").await.unwrap();
    assert_eq!(start.elapsed(), Duration::from_millis(250));
    CloudReader::iam(&account).get_role("nodes").await.unwrap();
    assert_eq!(start.elapsed(), Duration::from_millis(450));
}

#[tokio::test]
async fn a_lost_reply_is_of_something_that_was_done() {
    let account = empty();
    account.add_fault(Fault::new(Effect::LoseReply).times(1)).unwrap();
    let error = create(&account, "nodes").await.unwrap_err();
    assert_eq!(error.code, code::CONNECTION_ERROR);
    assert!(exists(&account, "nodes"));
}

#[tokio::test]
async fn what_is_late_is_not_there_for_so_many_reads() {
    let account = empty();
    account.add_fault(Fault::new(Effect::Late { reads: 3 })).unwrap();
    create(&account, "nodes").await.unwrap();
    create(&account, "nodes-2").await.unwrap();
    let (reads, writes) = (CloudReader::iam(&account), CloudWriter::iam(&account));
    assert!(reads.get_role("nodes").await.unwrap_err().is_not_found());
    assert!(reads.list_role_policies("nodes", None).await.unwrap_err().is_not_found());
    writes.put_role_policy("nodes", "p", &policy()).await.unwrap();
    assert!(reads.get_role_policy("nodes", "p").await.unwrap_err().is_not_found());
    reads.get_role("nodes").await.unwrap();
    assert!(reads.get_role("nodes-2").await.unwrap_err().is_not_found(), "each by itself");
}

#[tokio::test]
async fn ec2_hears_late_of_a_profile_that_is_late() {
    let account = account(&json!({
        "vpcs": [{ "id": "vpc-1", "cidrBlock": "10.0.0.0/16" }],
        "subnets": [{
            "id": "subnet-1", "vpcId": "vpc-1", "availabilityZone": "us-east-1a",
            "cidrBlock": "10.0.0.0/24",
        }],
    }));
    account.add_fault(Fault::new(Effect::Late { reads: 2 }).operation("CreateInstance*")).unwrap();
    CloudWriter::iam(&account).create_instance_profile("p", &Tags::new()).await.unwrap();
    let data = LaunchTemplateData {
        image_id: Some("ami-1".into()),
        iam_instance_profile: Some("p".into()),
        ..Default::default()
    };
    let ec2 = CloudWriter::ec2(&account);
    let made = ec2.create_launch_template("nodes", &data, &Tags::new()).await.unwrap();
    let settings = GroupSettings {
        launch_template: Some(TemplateRef { id: made.template_id, version: "1".into() }),
        subnets: Some(["subnet-1".to_owned()].into()),
        ..GroupSettings::default()
    };
    let (tags, none) = (BTreeMap::new(), BTreeSet::new());
    let groups = CloudWriter::autoscaling(&account);
    for _ in 0..2 {
        let made = groups.create_auto_scaling_group("nodes", &settings, &tags, &none, &none).await;
        let error = made.unwrap_err();
        assert_eq!(error.code, "ValidationError");
        assert!(error.message.contains("Invalid IAM Instance Profile name"), "{error}");
    }
    groups.create_auto_scaling_group("nodes", &settings, &tags, &none, &none).await.unwrap();
}

#[tokio::test]
async fn one_who_dies_at_a_call_makes_no_further_one() {
    for (effect, done) in [(Effect::DieBefore, 1), (Effect::DieAfter, 2)] {
        let account = empty();
        account.add_fault(Fault::new(effect).writes().skip(1).times(1)).unwrap();
        create(&account, "role-0").await.unwrap();
        CloudReader::iam(&account).get_role("role-0").await.unwrap();
        for role in ["role-1", "role-2"] {
            assert_eq!(create(&account, role).await.unwrap_err().code, DIED);
        }
        assert_eq!(CloudReader::iam(&account).get_role("role-0").await.unwrap_err().code, DIED);
        assert_eq!(account.state().unwrap().roles.len(), done);
        account.clear_faults().unwrap();
        assert_eq!(create(&account, "role-3").await.unwrap_err().code, DIED, "for good");
    }
}

#[tokio::test]
async fn the_next_process_after_a_death_finds_the_account_and_the_fault_spent() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("account.json");
    let seed = json!({ "faults": [
        { "calls": "write", "skip": 1, "times": 1, "effect": "dieAfter" },
        { "operation": "GetRole", "times": 2, "effect": "throttle" }
    ] });
    let account = Account::init(&path, State::from_value(&seed).unwrap()).unwrap();
    create(&account, "role-0").await.unwrap();
    assert_eq!(CloudReader::iam(&account).get_role("x").await.unwrap_err().code, "Throttling");
    assert_eq!(create(&account, "role-1").await.unwrap_err().code, DIED);

    let account = Account::open(&path).unwrap();
    create(&account, "role-2").await.unwrap();
    let reads = CloudReader::iam(&account);
    assert_eq!(reads.get_role("role-1").await.unwrap_err().code, "Throttling");
    reads.get_role("role-1").await.unwrap();
    assert_eq!(account.state().unwrap().roles.len(), 3);
}

#[tokio::test]
async fn a_recording_has_every_call_and_the_state_after_each_that_changed_something() {
    let account = empty().recording();
    account.add_fault(Fault::new(Effect::Deny).operation("DeleteRole")).unwrap();
    create(&account, "nodes").await.unwrap();
    CloudReader::iam(&account).get_role("nodes").await.unwrap();
    let writes = CloudWriter::iam(&account);
    writes.attach_role_policy("nodes", ARN).await.unwrap();
    writes.put_role_policy("nodes", "p", &policy()).await.unwrap();
    writes.tag_role("nodes", &Tags::from([("a".into(), "b".into())])).await.unwrap();
    writes.detach_role_policy("nodes", ARN).await.unwrap();
    writes.delete_role("nodes").await.unwrap_err();
    writes.delete_role("none").await.unwrap_err();
    writes.create_instance_profile("p", &Tags::new()).await.unwrap();
    writes.add_role_to_instance_profile("p", "nodes").await.unwrap();

    let journal = account.journal();
    let calls: Vec<_> = journal
        .calls
        .iter()
        .map(|call| format!("{} {} {}", call.operation, call.resource, call.writes))
        .collect();
    let expected = [
        "CreateRole nodes true".to_owned(),
        "GetRole nodes false".into(),
        format!("AttachRolePolicy nodes/{ARN} true"),
        "PutRolePolicy nodes/p true".into(),
        "TagRole nodes true".into(),
        format!("DetachRolePolicy nodes/{ARN} true"),
        "DeleteRole nodes true".into(),
        "DeleteRole none true".into(),
        "CreateInstanceProfile p true".into(),
        "AddRoleToInstanceProfile p/nodes true".into(),
    ];
    assert_eq!(calls, expected);
    assert_eq!(journal.writes().count(), 9);

    let attached: Vec<_> = journal
        .moments
        .iter()
        .map(|moment| {
            let role = &moment.roles["nodes"];
            let (attached, inline) = (role.attached_policies.len(), role.inline_policies.len());
            (moment.after.operation, attached, inline, role.tags.len())
        })
        .collect();
    assert_eq!(
        attached,
        [
            ("CreateRole", 0, 0, 0),
            ("AttachRolePolicy", 1, 0, 0),
            ("PutRolePolicy", 1, 1, 0),
            ("TagRole", 1, 1, 1),
            ("DetachRolePolicy", 0, 1, 1),
            ("CreateInstanceProfile", 0, 1, 1),
            ("AddRoleToInstanceProfile", 0, 1, 1),
        ]
    );
    let last = journal.moments.last().unwrap();
    assert_eq!(last.instance_profiles["p"].role.as_deref(), Some("nodes"));
}

#[tokio::test]
async fn nothing_is_recorded_unasked() {
    let account = empty();
    create(&account, "nodes").await.unwrap();
    assert_eq!(account.journal(), super::super::Journal::default());
}

//! The contract of all adapters, kept to the letter.

use serde_json::json;

use super::account;
use crate::{
    contract::{self, CaseResult, Deviation, Outcome, POLICIES, Subject},
    local::Account,
    snapshot::Snapshot,
};

fn subject(make: impl Fn(&serde_json::Value) -> Account) -> Subject {
    let policies: Vec<_> =
        (0..POLICIES).map(|n| format!("arn:aws:iam::123456789012:policy/p{n:02}")).collect();
    let seed = json!({
        "pageSize": 3,
        "vpcs": [{ "id": "vpc-1", "cidrBlock": "10.0.0.0/16" }],
        "subnets": [
            { "id": "subnet-1", "vpcId": "vpc-1", "availabilityZone": "us-east-1a", "cidrBlock": "10.0.0.0/24" },
            { "id": "subnet-2", "vpcId": "vpc-1", "availabilityZone": "us-east-1a", "cidrBlock": "10.0.1.0/24" },
        ],
        "managedPolicies": policies.iter().map(|arn| json!({ "arn": arn })).collect::<Vec<_>>(),
        "hostedZones": (0..4)
            .map(|n| json!({ "id": format!("Z{n}"), "name": format!("{n}.example.com.") }))
            .collect::<Vec<_>>(),
    });
    Subject {
        cloud: Box::new(make(&seed)),
        policies,
        zones: (0..4).map(|n| format!("{n}.example.com.")).collect(),
        subnets: vec!["subnet-1".into(), "subnet-2".into()],
        image: "ami-12345678".into(),
        more_than_a_part: 7,
    }
}

#[tokio::test]
async fn the_account_in_memory_keeps_the_contract() {
    let report = contract::run_all(async || subject(account), &[]).await;
    assert!(report.is_kept(), "{report}");
}

#[tokio::test]
async fn a_snapshot_before_the_account_keeps_the_contract() {
    let report = contract::run_all(
        async || {
            let subject = subject(account);
            let cloud = Box::new(Snapshot::of_writer(subject.cloud.into()));
            Subject { cloud, ..subject }
        },
        &[],
    )
    .await;
    assert!(report.is_kept(), "{report}");
}

#[tokio::test]
async fn a_deviation_that_is_none_and_one_of_no_case_are_told() {
    let case = contract::case_names()[0];
    let deviations =
        [Deviation { case, reason: "thought so" }, Deviation { case: "none", reason: "gone" }];
    let report = contract::run_all(async || subject(account), &deviations).await;
    let told: Vec<_> = report.failures().cloned().collect();
    assert_eq!(
        told,
        [
            CaseResult { case, outcome: Outcome::NoDeviation },
            CaseResult { case: "none", outcome: Outcome::NoCase },
        ]
    );
}

#[tokio::test]
async fn a_rule_that_is_broken_is_told_unless_it_is_a_known_deviation() {
    let denied = |seed: &serde_json::Value| {
        let mut seed = seed.clone();
        seed["faults"] = json!([{ "operation": "ListHostedZones", "effect": "deny" }]);
        account(&seed)
    };
    let report = contract::run_all(async || subject(denied), &[]).await;
    let told: Vec<_> = report.failures().map(|result| result.case).collect();
    assert_eq!(told, ["hosted_zones_are_listed_to_the_end"]);
    assert!(report.to_string().contains("AccessDenied"), "{report}");

    let known = Deviation { case: "hosted_zones_are_listed_to_the_end", reason: "denied here" };
    let report = contract::run_all(async || subject(denied), &[known]).await;
    assert!(report.is_kept(), "{report}");
}

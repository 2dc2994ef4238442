//! A network that somebody has changed by hand, or whose manifest has changed.

use std::{sync::Arc, time::Duration};

use cloudup::{
    manifest::Cluster,
    update::{Update, UpdateOptions},
};
use cloudup_engine::{ErrorKind, Options};
use cloudup_tasks::{
    cloud::CloudWriter,
    local::{Account, Journal},
    snapshot::Snapshot,
};
use serde_json::{Value, json};

use super::{account, apply, cluster, failures, groups, private, public, settle, state};

/// The account that a cluster settled on, after this was done to it.
async fn edited(cluster: &Cluster, edit: impl FnOnce(&mut Value)) -> Arc<Account> {
    let first = account(&json!({}));
    settle(&first, cluster).await;
    let mut state = state(&first);
    edit(&mut state);
    account(&state)
}

fn called(journal: &Journal, operation: &str) -> usize {
    journal.calls.iter().filter(|call| call.operation == operation).count()
}

#[tokio::test(start_paused = true)]
async fn addresses_that_are_no_longer_wanted_go_only_when_asked_to() {
    let account = account(&json!({}));
    settle(&account, &public(&json!({ "additionalNetworkCIDRs": ["10.1.0.0/16"] }))).await;
    let without = public(&json!({}));
    settle(&account, &without).await;
    assert_eq!(called(&account.journal(), "DisassociateVpcCidrBlock"), 0);
    let report = apply(&account, &without, true).await;
    assert!(report.report.succeeded(), "{}", failures(&report));
    assert_eq!(called(&account.journal(), "DisassociateVpcCidrBlock"), 1);
    assert!(state(&account)["vpcs"][0]["additionalCidrBlocks"].is_null());
}

#[tokio::test(start_paused = true)]
async fn ipv6_addresses_that_nobody_asked_for_are_no_difference() {
    let cluster = public(&json!({}));
    let account = edited(&cluster, |state| {
        state["subnets"][0]["ipv6CidrBlocks"] = json!([{ "cidrBlock": "2001:db8:0:10f::/64" }]);
    })
    .await;
    settle(&account, &cluster).await;
    assert_eq!(account.journal().writes().count(), 0);
}

#[tokio::test(start_paused = true)]
async fn other_ipv6_addresses_than_a_subnet_has_are_refused() {
    let of = |part: &str| {
        let subnet =
            json!({ "name": "a", "zone": "eu-west-1a", "type": "Public", "ipv6CIDR": part });
        cluster(&json!({ "subnets": [subnet] }), &groups())
    };
    let account = account(&json!({}));
    settle(&account, &of("/64#a")).await;
    let before = state(&account);
    let told = failures(&apply(&account, &of("/64#b"), true).await);
    let expected = "other IPv6 addresses than 2001:db8:0:10a::/64, which it has";
    assert!(told.contains(expected), "{told}");
    assert_eq!(state(&account)["subnets"], before["subnets"]);
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_is_attached_elsewhere_stays_there() {
    let cluster = public(&json!({}));
    let account = edited(&cluster, |state| {
        let other = json!({ "id": "vpc-other", "cidrBlock": "10.9.0.0/16" });
        state["vpcs"].as_array_mut().unwrap().push(other);
        state["internetGateways"][0]["vpcId"] = json!("vpc-other");
    })
    .await;
    let before = state(&account);
    let told = failures(&apply(&account, &cluster, true).await);
    assert!(told.contains("to our VPC: it is attached to vpc-other"), "{told}");
    assert_eq!(state(&account)["internetGateways"], before["internetGateways"]);
    assert_eq!(called(&account.journal(), "AttachInternetGateway"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_route_to_what_is_gone_is_a_difference_though_it_names_the_same() {
    let cluster = public(&json!({}));
    let account = edited(&cluster, |state| {
        state["internetGateways"][0]["vpcId"] = Value::Null;
    })
    .await;
    let cloud = Snapshot::of_writer(account.clone());
    let update = Update::prepare(cluster.clone(), UpdateOptions::default(), cloud.reader()).await;
    let update = update.unwrap_or_else(|error| panic!("{error}"));
    let planned = update.plan(cloud.reader(), &Options::default(), |_| ()).await.expect("sound");
    let mut changed: Vec<_> =
        planned.report.changes().map(|entry| entry.task.to_string()).collect();
    changed.sort();
    let expected = ["InternetGateway/net.example.com", "Route/0.0.0.0/0", "Route/::/0"];
    assert_eq!(changed, expected);
    settle(&account, &cluster).await;
}

#[tokio::test(start_paused = true)]
async fn a_nat_gateway_that_went_or_failed_has_a_successor() {
    let cluster = private(&json!({}));
    for became in ["deleted", "failed"] {
        let account = edited(&cluster, |state| {
            state["natGateways"][0]["state"] = json!(became);
            // Its address is free by then.
            state["natGateways"][0]["exclusive"] = json!(false);
        })
        .await;
        let old = state(&account)["natGateways"][0]["id"].clone();
        settle(&account, &cluster).await;
        let after = state(&account);
        let gateways = after["natGateways"].as_array().unwrap();
        let new = gateways.iter().find(|it| it["id"] != old).expect("it has a successor");
        assert!(new["state"].is_null() || new["state"] == "available", "{became}: {new}");
        let tables = after["routeTables"].as_array().unwrap();
        let mut targets = tables.iter().filter_map(|table| table["routes"].as_object());
        assert!(targets.any(|to| to.values().any(|it| *it == new["id"])), "{became}: {after:#}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_nat_gateway_that_fails_while_it_is_awaited_says_why_at_once() {
    let account = account(&json!({}));
    let cluster = private(&json!({}));
    let failing = async {
        while state(&account)["natGateways"][0].is_null() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let draft = account.draft().unwrap();
        let mut state: Value = serde_json::from_str(&draft.text).unwrap();
        state["natGateways"][0]["state"] = json!("failed");
        account.edit(&draft, &state.to_string()).unwrap();
    };
    let (report, ()) = tokio::join!(apply(&account, &cluster, false), failing);
    let failed = report.report.failures().find(|it| it.task.to_string().starts_with("NatGateway/"));
    let error = failed.and_then(|it| it.error.as_ref()).expect("it fails");
    assert_eq!(error.kind, ErrorKind::Conflict);
    assert!(error.to_string().contains("it was told to fail"), "{error}");
    assert_eq!(called(&account.journal(), "CreateNatGateway"), 1);
}

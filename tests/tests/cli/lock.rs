//! Who is at work on a cluster.

use std::{thread, time::Duration};

use serde_json::{Value, json};

use crate::{
    shell::Ran,
    state::{contents, stored},
};

const LEASE: &str = ".cloudup/state/.cloudup/demo.example.com/lease";

fn lease(expires: &str) -> String {
    json!({
        "cluster": "demo.example.com", "owner": "bob", "host": "ci-7", "reason": "edit cluster",
        "id": "1", "since": "2020-01-01T00:00:00Z", "expires": expires,
    })
    .to_string()
}

/// How long somebody has been at work is nothing that stays the same.
fn without_age(ran: &Ran) -> String {
    let text = ran.to_string();
    let lines = text.lines().map(|line| match (line.split_once("Z ("), line.split_once("): ")) {
        (Some((before, _)), Some((_, after))) => format!("{before}Z (…): {after}\n"),
        _ => format!("{line}\n"),
    });
    lines.collect()
}

#[test]
fn whoever_is_at_work_keeps_others_out_by_name_and_status_6() {
    let shell = stored().with_file(LEASE, lease("2999-01-01T00:00:00Z"));
    let before = contents(&shell, ".cloudup");
    let refused = shell.run(["update", "cluster", "--yes"]).expect(6);
    let shown = shell.run(["lock", "show"]).expect(0);
    insta::assert_snapshot!(without_age(&refused) + &without_age(&shown));
    // Looking is free.
    shell.run(["update", "cluster"]).expect(0);
    let as_json = shell.run(["lock", "show", "demo.example.com", "-o", "json"]).expect(0).json();
    assert_eq!(as_json["owner"], "bob");
    assert!(shell.iam()["roles"].as_array().is_some_and(Vec::is_empty));
    let leases = |all: &[(String, Vec<u8>)]| -> Vec<(String, Vec<u8>)> {
        all.iter().filter(|(path, _)| !path.contains("account")).cloned().collect()
    };
    assert_eq!(leases(&contents(&shell, ".cloudup")), leases(&before));
}

#[test]
fn a_lease_is_taken_away_on_demand_and_one_that_ran_out_is_none() {
    let shell = stored().with_file(LEASE, lease("2999-01-01T00:00:00Z"));
    let broken = shell.run(["lock", "break", "demo.example.com"]).expect(0);
    insta::assert_snapshot!(without_age(&broken));
    let nobody = shell.run(["lock", "break", "demo.example.com"]).expect(0);
    insta::assert_snapshot!(nobody.stdout, @"Nobody is at work on demo.example.com.");
    shell.run(["lock", "break", "demo.exmple.com"]).expect(3);
    shell.run(["update", "cluster", "--yes"]).expect(0);

    let shell = stored().with_file(LEASE, lease("2020-01-01T00:02:00Z"));
    insta::assert_snapshot!(without_age(&shell.run(["lock", "show"]).expect(0)));
    shell.run(["update", "cluster", "--yes"]).expect(0);
}

/// A run that takes its time, and the lease that it has.
#[test]
fn a_run_holds_the_lease_while_it_works_and_gives_it_back() {
    let slow =
        json!({ "faults": [{ "calls": "write", "effect": { "slow": { "milliseconds": 700 } } }] });
    let shell = stored().with_account(&slow);
    let child = shell.start(["update", "cluster", "--yes"]);
    let held = (0..100).find_map(|_| {
        thread::sleep(Duration::from_millis(20));
        let held: Option<Value> = serde_json::from_slice(&shell.read_bytes(LEASE)).ok();
        held.filter(|held| !held.is_null())
    });
    let held = held.expect("it takes the lease");
    assert_eq!(held["reason"], "update cluster --yes");
    let other = shell.run(["update", "cluster", "--yes"]).expect(6);
    assert!(other.stderr.contains("is at work on demo.example.com since"), "{other}");
    shell.finish(child).expect(0);
    assert_eq!(shell.read(LEASE), "null\n");
}

#[test]
fn a_run_that_was_killed_is_in_the_way_until_its_lease_runs_out() {
    let slow =
        json!({ "faults": [{ "calls": "write", "effect": { "slow": { "milliseconds": 5000 } } }] });
    let shell = stored().with_account(&slow);
    let mut child = shell.start(["update", "cluster", "--yes"]);
    while shell.read_bytes(LEASE).is_empty() {
        thread::sleep(Duration::from_millis(20));
    }
    child.kill().expect("it can be killed");
    child.wait().expect("it is gone");
    shell.run(["update", "cluster", "--yes"]).expect(6);
    // Two minutes later:
    let mut held: Value = serde_json::from_str(&shell.read(LEASE)).expect("it is a lease");
    held["expires"] = held["since"].clone();
    let shell = shell.with_file(LEASE, held.to_string()).with_account(&json!({}));
    shell.run(["update", "cluster", "--yes"]).expect(0);
    assert_eq!(shell.read(LEASE), "null\n");
}

//! Calls that fail while things are made.

use serde_json::{Value, json};

use crate::shell::{DEMO, Ran, Shell, UPDATE, uncounted};

fn applied(faults: &Value) -> (Shell, Ran) {
    let shell = Shell::with_demo().with_account(&json!({ "faults": faults }));
    let ran = shell.run(UPDATE.into_iter().chain(["--yes"]));
    (shell, ran)
}

/// What was told after the plan.
fn outcome(ran: &Ran) -> &str {
    let (_, outcome) = ran.stdout.rsplit_once("\nfailed\n").expect("there is an outcome");
    outcome
}

#[test]
fn a_denied_write_is_status_4_with_a_hint_and_all_that_it_blocks() {
    let fault = json!({ "operation": "CreateRole", "resource": "masters.*", "effect": "deny" });
    let (shell, ran) = applied(&json!([fault]));
    assert_eq!(ran.status, 4, "{ran}");
    let outcome = outcome(&ran);
    assert!(outcome.contains("hint: allow iam:CreateRole to the identity"), "{ran}");
    let what =
        "its policies, its place in the profile, the template, the group and what is the group's";
    assert!(outcome.contains("      blocks 8: "), "{what}\n{ran}");
    assert!(ran.stdout.ends_with("1 failed, 8 blocked.\n"), "{ran}");
    // What does not depend on it was done.
    let roles = shell.iam()["roles"].clone();
    let names: Vec<_> = roles.as_array().into_iter().flatten().map(|r| &r["name"]).collect();
    assert_eq!(names, ["nodes.demo.example.com"]);
    insta::assert_snapshot!(outcome);
}

#[test]
fn a_failure_is_status_1_and_names_what_failed() {
    let error = json!({ "error": { "code": "LimitExceeded", "message": "Cannot exceed quota for RolesPerAccount: 1000" } });
    let (_, ran) = applied(&json!([{ "operation": "CreateRole", "effect": error }]));
    assert_eq!(ran.status, 1, "{ran}");
    assert!(outcome(&ran).contains("Cannot exceed quota for RolesPerAccount: 1000"), "{ran}");
    insta::assert_snapshot!(uncounted(&ran.stderr));
}

#[test]
fn a_throttled_write_is_tried_again_and_told() {
    let (_, ran) = applied(&json!([{ "calls": "write", "effect": "throttle", "times": 1 }]));
    assert_eq!(ran.status, 0, "{ran}");
    let waiting = ran.stderr.lines().filter(|line| line.starts_with("  waiting ")).count();
    assert_eq!(waiting, 1, "{ran}");
    assert!(ran.stdout.ends_with("\nDone: 41 created, 0 changed, 0 deleted.\n"), "{ran}");
}

#[test]
fn what_died_half_way_is_completed_by_the_next_run() {
    let (shell, ran) =
        applied(&json!([{ "calls": "write", "skip": 4, "times": 1, "effect": "dieAfter" }]));
    assert_eq!(ran.status, 1, "{ran}");
    shell.run(UPDATE.into_iter().chain(["--yes"])).expect(0);
    shell.run(UPDATE.into_iter().chain(["--detailed-exitcode"])).expect(0);
}

#[test]
fn a_hosted_zone_that_is_not_there_is_told_before_anything_is_made() {
    let shell = Shell::with_demo();
    shell.write("cluster.yaml", DEMO.replace("      type: None", "      type: Public"));
    let ran = shell.run(UPDATE.into_iter().chain(["--yes"])).expect(1);
    assert_eq!(shell.iam()["roles"], json!([]));
    insta::assert_snapshot!(ran);
}

#[test]
fn who_may_not_ask_which_account_this_is_is_told_so() {
    let (shell, ran) = applied(&json!([{ "service": "sts", "effect": "deny" }]));
    assert_eq!(ran.status, 4, "{ran}");
    assert_eq!(shell.iam()["roles"], json!([]));
    insta::assert_snapshot!(ran);
}

//! Saved plans, from the update that saves one to the apply that carries it out.

use std::fs;

use serde_json::{Value, json};

use crate::{
    output::Schema,
    shell::{Ran, Shell, UPDATE, small},
    state::{contents, stored},
};

const LABELS: &str = "  cloudLabels: { team: platform }\n";
const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me@here\n";

fn save<'a>(shell: &Shell, more: impl IntoIterator<Item = &'a str>) -> Ran {
    shell.run(UPDATE.into_iter().chain(["--out", "plan.json"]).chain(more))
}

fn fresh() -> Shell {
    Shell::new().with_file("cluster.yaml", small("", ""))
}

/// A shell with the small cluster in its account, and a plan to label it.
fn planned() -> Shell {
    let shell = fresh();
    shell.run(UPDATE.into_iter().chain(["--yes"])).expect(0);
    shell.write("cluster.yaml", small(LABELS, ""));
    save(&shell, []).expect(0);
    shell
}

/// The shell with the account as somebody else left it.
fn meddled(shell: Shell, meddle: impl FnOnce(&mut Value)) -> Shell {
    let mut account = shell.account();
    meddle(&mut account);
    shell.with_account(&account)
}

#[test]
fn a_plan_is_shown_as_the_update_showed_it_and_carried_out() {
    let shell = fresh();
    let told = save(&shell, ["--detailed-exitcode"]).expect(2);
    assert_eq!(shell.iam()["roles"], json!([]), "it is only saved");
    let shown = shell.run(["show", "plan.json"]).expect(0);
    let body = |ran: &Ran| {
        let lines = ran.stdout.lines().skip(1).filter(|line| !line.contains("cloudup apply"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(body(&shown), body(&told));
    let as_json = shell.run(["show", "plan.json", "-o", "json"]).expect(0).json();
    let mut updated = shell.run(UPDATE.into_iter().chain(["-o", "json"])).expect(0).json();
    updated["cloud"] = as_json["cloud"].clone();
    assert_eq!(as_json, updated);
    // What was planned with is in the plan: the file may go.
    fs::remove_file(shell.path("cluster.yaml")).expect("it is there");
    insta::assert_snapshot!("apply_a_plan", shell.run(["apply", "plan.json"]).expect(0));
    insta::assert_snapshot!("apply_a_plan_again", shell.run(["apply", "plan.json"]).expect(0));
}

#[test]
fn nobody_else_can_read_a_plan() {
    use std::os::unix::fs::PermissionsExt as _;
    let shell = planned();
    let mode = fs::metadata(shell.path("plan.json")).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let files = fs::read_dir(shell.path(".")).expect("it can be listed");
    let names = files.map(|file| file.expect("it is there").file_name());
    let left: Vec<_> = names.filter(|name| name.to_string_lossy().starts_with(".plan")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn two_plans_are_the_same_file_and_keep_to_the_published_schema() {
    let schema = Schema::published("plan");
    let more = ["--phase", "security", "--prune", "--lifecycle-overrides", "SSHKey=Ignore"];
    let shell = planned().with_file("key.pub", KEY);
    save(&shell, more.into_iter().chain(["--ssh-public-key", "key.pub"])).expect(0);
    let first = shell.read("plan.json");
    save(&shell, more.into_iter().chain(["--ssh-public-key", "key.pub"])).expect(0);
    assert_eq!(shell.read("plan.json"), first);
    let mut plan: Value = serde_json::from_str(&first).expect("it is JSON");
    schema.expect(&plan);
    assert_eq!(
        plan["options"],
        json!({
            "phase": "security",
            "overrides": [
                { "source": "flag", "label": "--lifecycle-overrides", "text": "SSHKey=Ignore" },
            ],
            "prune": true,
            "ssh_public_key": KEY.trim(),
        })
    );
    plan["update"]["report"]["entries"][0]["outcome"] = json!("perhaps");
    assert!(!schema.accepts(&plan), "it is a real schema");
}

#[test]
fn the_options_of_a_plan_are_those_that_it_was_made_with() {
    let shell = fresh();
    let overrides = "IAMInstanceProfile=Ignore,IAMInstanceProfileRole=Ignore";
    save(
        &shell,
        ["--phase", "network", "--lifecycle-overrides", &format!("IAM*=Sync,{overrides}")],
    )
    .expect(0);
    let shell = shell.with_variable("CLOUDUP_LIFECYCLE_OVERRIDES", "*=Ignore");
    shell.run(["apply", "plan.json"]).expect(0);
    let account = shell.account();
    assert_eq!(account["roles"][0]["name"], "nodes.demo.example.com");
    assert_eq!(account["instanceProfiles"], json!([]));
    assert_eq!(account.get("launchTemplates").unwrap_or(&json!([])), &json!([]));
}

#[test]
fn what_has_moved_is_named_and_nothing_is_changed() {
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": { "Service": "lambda.amazonaws.com" },
    }] });
    let boundary = "arn:aws:iam::123456789012:policy/theirs";
    let cases: [(&str, Shell); 5] = [
        (
            "changed",
            meddled(planned(), |account| {
                account["managedPolicies"] = json!([{ "arn": boundary }]);
                account["roles"][0]["permissionsBoundary"] = json!(boundary);
                account["roles"][0]["assumeRolePolicyDocument"] = json!(trust.to_string());
            }),
        ),
        ("gone", meddled(planned(), |account| account["instanceProfiles"] = json!([]))),
        (
            "half_way_elsewhere",
            meddled(planned(), |account| {
                account["roles"][0]["tags"]["team"] = json!("somebody else");
            }),
        ),
        (
            "another_account",
            meddled(planned(), |account| {
                account["accountId"] = json!("210987654321");
                account["launchTemplates"] = json!([]);
                account["autoScalingGroups"] = json!([]);
            }),
        ),
        ("made_by_somebody_else", {
            let shell = fresh();
            save(&shell, []).expect(0);
            shell.with_account(&json!({ "roles": [{ "name": "nodes.demo.example.com" }] }))
        }),
    ];
    for (name, shell) in cases {
        let before = shell.account();
        let ran = shell.run(["apply", "plan.json"]).expect(3);
        assert_eq!(shell.account(), before, "{ran}");
        insta::assert_snapshot!(format!("moved_{name}"), ran);
    }
}

#[test]
fn what_is_done_already_by_whomever_counts_as_done() {
    let shell = planned();
    shell.run(UPDATE.into_iter().chain(["--yes", "--phase", "network"])).expect(0);
    let ran = shell.run(["apply", "plan.json"]).expect(0);
    assert!(ran.stdout.contains("of the plan's"), "{ran}");
    shell.run(UPDATE.into_iter().chain(["--detailed-exitcode"])).expect(0);
}

#[test]
fn a_plan_of_a_stored_cluster_is_carried_out_under_its_lease_while_its_documents_stand() {
    let shell = stored();
    shell.run(["update", "cluster", "--out", "plan.json"]).expect(0);
    let before = contents(&shell, ".cloudup/state");

    let held = shell.run(["lock", "show"]).expect(0);
    assert!(held.stdout.contains("Nobody"), "{held}");
    let elsewhere = shell.run(["--state", "elsewhere", "apply", "plan.json"]).expect(3);
    insta::assert_snapshot!("apply_elsewhere", elsewhere);

    shell.run(["edit", "ig", "nodes", "--set", "spec.maxSize=5"]).expect(0);
    let changed = shell.run(["apply", "plan.json"]).expect(3);
    insta::assert_snapshot!("apply_after_an_edit", changed);
    assert_eq!(shell.iam()["roles"], json!([]), "nothing was changed");

    shell.run(["update", "cluster", "--out", "plan.json"]).expect(0);
    shell.run(["apply", "plan.json"]).expect(0);
    assert_ne!(shell.iam()["roles"], json!([]));
    let kept = |contents: Vec<(String, Vec<u8>)>| {
        let documents = contents.into_iter().filter(|(name, _)| name.ends_with("/config"));
        documents.collect::<Vec<_>>()
    };
    assert_eq!(kept(contents(&shell, ".cloudup/state")), kept(before));
}

#[test]
fn what_is_no_plan_for_this_is_refused() {
    let shell = planned();
    let plan: Value = serde_json::from_str(&shell.read("plan.json")).expect("it is JSON");
    let with = |key: &str, value: Value| {
        let mut plan = plan.clone();
        plan[key] = value;
        plan.to_string()
    };
    let cases = [
        ("not_json", "apiVersion: v1".to_owned()),
        ("not_a_plan", json!({ "roles": [] }).to_string()),
        ("newer", with("plan_version", json!(2))),
        ("without_options", with("options", Value::Null)),
        ("another_key", with("options", json!({ "ssh_public_key": "-----BEGIN" }))),
        ("another_cloud", with("cloud", json!("aws"))),
        ("another_cluster", {
            let mut plan = plan.clone();
            plan["update"]["cluster"] = json!("other.example.com");
            plan.to_string()
        }),
        ("a_change_taken_out", {
            let mut plan = plan.clone();
            let entries = plan["update"]["report"]["entries"].as_array_mut().expect("a list");
            entries.retain(|entry| entry["kind"] != "IAMRole");
            plan.to_string()
        }),
    ];
    let before = shell.account();
    for (name, text) in cases {
        shell.write("other.json", text);
        let ran = shell.run(["apply", "other.json"]).expect(3);
        insta::assert_snapshot!(format!("no_plan_{name}"), ran);
        assert_eq!(shell.account(), before);
    }
    shell.run(["show", "missing.json"]).expect(3);
    shell.run(["apply", "missing.json"]).expect(3);
    shell.run(UPDATE.into_iter().chain(["--yes", "--out", "plan.json"])).expect(3);
}

#[test]
fn a_plan_that_fails_is_not_saved() {
    let shell =
        fresh().with_account(&json!({ "faults": [{ "operation": "GetRole", "effect": "deny" }] }));
    let ran = save(&shell, []).expect(4);
    assert!(ran.stdout.contains("No plan was saved"), "{ran}");
    assert!(!shell.path("plan.json").exists());
    let ran = shell.run(UPDATE.into_iter().chain(["--out", "no-such-folder/plan.json"]));
    assert!(ran.status == 1 || ran.status == 4, "{ran}");
}

#[test]
fn events_are_told_of_an_apply_too() {
    let schema = Schema::published("event");
    let shell = planned();
    shell.run(["apply", "plan.json", "--json-events=events.jsonl"]).expect(0);
    let events = shell.read("events.jsonl");
    let events: Vec<Value> =
        events.lines().map(|line| serde_json::from_str(line).expect("a value")).collect();
    for event in &events {
        schema.expect(event);
    }
    let runs = events.iter().filter(|event| event["event"] == "run-finished").count();
    assert_eq!(runs, 2, "the plan anew, and the apply");
    let report = planned().run(["apply", "plan.json", "-o", "json"]).expect(0).json();
    Schema::published("update").expect(&report);
    assert_eq!(report["report"]["mode"], "apply");
}

//! Drift: what is not as the manifests say, told by a run that only reads.

use serde_json::{Value, json};

use crate::{
    output::Schema,
    shell::{Ran, Shell, UPDATE, small},
    state::{contents, stored},
};

fn drift<'a>(shell: &Shell, more: impl IntoIterator<Item = &'a str>) -> Ran {
    shell.run(["drift", "-f", "cluster.yaml"].into_iter().chain(more))
}

/// A shell with the small cluster in its account.
fn made() -> Shell {
    let shell = Shell::new().with_file("cluster.yaml", small("", ""));
    shell.run(UPDATE.into_iter().chain(["--yes"])).expect(0);
    shell
}

/// The same after somebody was there.
fn meddled(meddle: impl FnOnce(&mut Value)) -> Shell {
    let shell = made();
    let mut account = shell.account();
    meddle(&mut account);
    shell.with_account(&account)
}

/// A tag changed, a policy opened, a profile emptied, something that nobody asked for.
fn drifted() -> Shell {
    meddled(|account| {
        let role = &mut account["roles"][0];
        role["tags"]["Name"] = json!("somebody");
        role["inlinePolicies"]["nodes.demo.example.com"] = json!(
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#
        );
        role["inlinePolicies"]["additional.nodes.demo.example.com"] = json!(
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ec2:*","Resource":"*"}]}"#
        );
        account["instanceProfiles"][0]["role"] = Value::Null;
    })
}

#[test]
fn nothing_is_said_where_nothing_has_drifted() {
    let shell = made();
    let ran = drift(&shell, []).expect(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
    insta::assert_snapshot!(
        "no_drift_in_full",
        drift(&shell, ["-v", "--phase", "security"]).expect(0)
    );
    let report = drift(&shell, ["-o", "json"]).expect(0).json();
    assert_eq!(report["drifted"], false);
    assert_eq!(report["drift"], json!([]));
}

#[test]
fn what_has_drifted_is_told_as_an_update_would_mend_it() {
    let shell = drifted();
    let before = shell.read_bytes(crate::shell::ACCOUNT);
    insta::assert_snapshot!("drift", drift(&shell, []).expect(2));
    let warned = ["--lifecycle-overrides", "IAM*=ExistsAndWarnIfChanges"];
    insta::assert_snapshot!("drift_of_what_others_keep", drift(&shell, warned).expect(2));
    // Those that validate refuse an update; here a difference is a difference.
    let validated = drift(&shell, ["--lifecycle-overrides", "IAM*=ExistsAndValidates"]).expect(2);
    let all = "Drift: 1 missing, 2 different, 1 not wanted.";
    assert!(validated.stdout.contains(all), "{validated}");
    drift(&shell, ["--lifecycle-overrides", "IAM*=Ignore"]).expect(0);
    assert_eq!(shell.read_bytes(crate::shell::ACCOUNT), before, "it only reads");
}

#[test]
fn known_differences_are_ignored_by_kind_task_or_field() {
    let shell = drifted();
    let all = "IAMRole/nodes.demo.example.com.tags,IAMRolePolicy/*,IAMInstanceProfileRole";
    let quiet = drift(&shell, ["--ignore", all]).expect(0);
    assert_eq!(quiet.stdout, "", "{quiet}");
    let some = ["--ignore", "IAMRole.tags", "--ignore", "IAMRolePolicy,VPC"];
    insta::assert_snapshot!("drift_but_for_some", drift(&shell, some).expect(2));
    // What is ignored of a thing does not hide the rest of it.
    let other = drift(&shell, ["--ignore", "IAMRole.trust_policy"]).expect(2).stdout;
    assert!(other.contains("Name: somebody"), "{other}");
    let wrong = ["--ignore", "IAMRol,IAMRole.tag,IAMRole/nodes.demo.example.com.trust_polcy,VPC/"];
    insta::assert_snapshot!("drift_ignores_what_there_is_not", drift(&shell, wrong).expect(3));
}

#[test]
fn what_an_update_leaves_for_pruning_has_not_drifted_until_pruning() {
    let shell = made();
    let of_others = "  iam: { profile: arn:aws:iam::123456789012:instance-profile/workers }\n";
    shell.write("cluster.yaml", small("", of_others));
    let mut account = shell.account();
    account["instanceProfiles"]
        .as_array_mut()
        .expect("a list")
        .push(json!({ "name": "workers", "role": { "name": "nodes.demo.example.com" } }));
    let shell = shell.with_account(&account);
    shell.run(UPDATE.into_iter().chain(["--yes"])).expect(0);
    let left = drift(&shell, ["-o", "json"]).json();
    let unwanted = |report: &Value| report["counts"]["unwanted"].clone();
    let pruned = drift(&shell, ["-o", "json", "--prune"]).json();
    assert!(unwanted(&pruned).as_u64() >= unwanted(&left).as_u64(), "{pruned:#}");
}

#[test]
fn what_may_not_be_read_is_no_answer() {
    let denied = json!([{ "operation": "GetRole", "effect": "deny" }]);
    let shell = meddled(|account| account["faults"] = denied.clone());
    insta::assert_snapshot!("drift_denied", drift(&shell, []).expect(4));
    let light = ["--lifecycle-overrides", "IAMRole=WarnIfInsufficientAccess"];
    let warned = drift(&shell, light).expect(0);
    assert!(warned.stdout.contains("could not be read"), "{warned}");
    let ignored = drift(&shell, ["--ignore", "IAMRole"]);
    assert_ne!(ignored.status, 4, "{ignored}");
}

#[test]
fn an_account_that_is_not_there_is_not_made() {
    let shell = Shell::with_demo();
    let ran = drift(&shell, []).expect(2);
    assert!(ran.stdout.contains("missing"), "{ran}");
    assert!(!shell.path(crate::shell::ACCOUNT).exists());
}

#[test]
fn a_cluster_of_the_store_is_compared_without_a_lease() {
    let shell = stored();
    shell.run(["update", "cluster", "--yes"]).expect(0);
    let before = contents(&shell, ".cloudup/state");
    shell.run(["drift"]).expect(0);
    shell.run(["drift", "demo.example.com"]).expect(0);
    shell.run(["drift", "demo.example.org"]).expect(3);
    assert_eq!(contents(&shell, ".cloudup/state"), before);
}

#[test]
fn drift_as_json_and_its_events_keep_to_the_published_schemas() {
    let (schema, event) = (Schema::published("drift"), Schema::published("event"));
    let faults = json!([{ "operation": "GetRole", "effect": "deny" }]);
    for shell in [made(), drifted(), meddled(|account| account["faults"] = faults.clone())] {
        let ran = drift(&shell, ["-o", "json", "--json-events=events.jsonl"]);
        let mut report = ran.json();
        schema.expect(&report);
        for line in shell.read("events.jsonl").lines() {
            event.expect(&serde_json::from_str(line).expect("each line is a value"));
        }
        report["drifted"] = json!("perhaps");
        assert!(!schema.accepts(&report), "it is a real schema");
    }
}

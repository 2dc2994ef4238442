//! Clusters and instance groups that are deleted, in the cloud and in the state store.

use serde_json::{Value, json};

use crate::{
    shell::{Ran, Shell, small},
    state::{contents, stored},
};

const NAME: &str = "demo.example.com";

/// A small cluster in the state store and in the embedded account.
fn made() -> Shell {
    let shell = stored().with_file("cluster.yaml", small("", ""));
    shell.run(["update", "cluster", "--yes"]).expect(0);
    shell
}

/// The demo, which has a control plane, in both.
fn demo() -> Shell {
    let shell = Shell::with_demo();
    shell.run(["create", "-f", "cluster.yaml"]).expect(0);
    shell.run(["update", "cluster", "--yes"]).expect(0);
    shell
}

/// How many things of the cluster's the account has.
fn owned(shell: &Shell) -> usize {
    let account = shell.account();
    let things = account.as_object().into_iter().flatten().filter_map(|(_, list)| list.as_array());
    let ours = |thing: &&Value| {
        thing["tags"].to_string().contains("kubernetes.io/cluster/demo.example.com")
    };
    things.flatten().filter(ours).count()
}

fn told(cases: &[(&str, Ran)]) -> String {
    let told: Vec<_> = cases.iter().map(|(name, ran)| format!("# {name}\n{ran}")).collect();
    told.join("\n")
}

#[test]
fn a_cluster_goes_in_the_cloud_and_then_in_the_store() {
    let shell = made();
    let (account, store) = (shell.account(), contents(&shell, ".cloudup/state"));
    assert!(owned(&shell) > 7, "{}", owned(&shell));
    let planned = shell.run(["delete", "cluster", NAME]).expect(0);
    shell.run(["delete", "cluster", NAME, "--detailed-exitcode"]).expect(2);
    assert_eq!(shell.account(), account, "a plan changes nothing");
    assert_eq!(contents(&shell, ".cloudup/state"), store);

    let done = shell.run(["delete", "cluster", NAME, "--yes"]).expect(0);
    assert_eq!(owned(&shell), 0);
    assert_eq!(shell.run(["get", "clusters", "-o", "json"]).expect(0).json(), json!([]));
    assert!(shell.read("cluster.yaml").contains(NAME));

    // The store does not know it any more, and the cloud has nothing of it.
    let unknown = shell.run(["delete", "cluster", NAME, "--yes"]).expect(3);
    let external = ["delete", "cluster", NAME, "--external", "--region", "eu-west-1"];
    let external = shell.run(external).expect(0);
    insta::assert_snapshot!(told(&[
        ("planned", planned),
        ("done", done),
        ("unknown", unknown),
        ("external", external),
    ]));
}

#[test]
fn what_was_left_half_done_is_finished() {
    let shell = made();
    let mut account = shell.account();
    account["faults"] = json!([
        { "effect": "deny", "operation": "DeleteInstanceProfile", "times": 1 },
        { "effect": "deny", "operation": "DeleteSubnet", "times": 1 },
    ]);
    shell.write(crate::shell::ACCOUNT, account.to_string());
    let denied = shell.run(["delete", "cluster", NAME, "--yes"]).expect(4);
    assert!(owned(&shell) > 0);
    let clusters = shell.run(["get", "clusters", "-o", "json"]).expect(0).json();
    assert_eq!(clusters[0]["metadata"]["name"], NAME, "the store keeps it");
    let again = shell.run(["delete", "cluster", NAME, "--yes"]).expect(0);
    assert_eq!(owned(&shell), 0);
    assert_eq!(shell.run(["get", "clusters", "-o", "json"]).expect(0).json(), json!([]));
    insta::assert_snapshot!(told(&[("denied", denied), ("again", again)]));
}

#[test]
fn without_a_store_only_the_cloud_is_cleared() {
    let shell = made();
    let store = contents(&shell, ".cloudup/state");
    let files = ["delete", "cluster", NAME, "-f", "cluster.yaml", "--yes", "-o", "json"];
    let done = shell.run(files).expect(0).json();
    assert_eq!(done["cluster"], NAME);
    assert_eq!(done["report"]["mode"], "apply");
    assert_eq!(owned(&shell), 0);
    assert_eq!(contents(&shell, ".cloudup/state"), store);
}

#[test]
fn a_phase_or_a_lifecycle_keeps_the_rest() {
    let shell = demo();
    let cluster = shell.run(["delete", "cluster", NAME, "--phase", "cluster", "--yes"]).expect(0);
    assert!(!cluster.stdout.contains("IAMRole"), "{cluster}");
    let account = shell.account();
    assert_eq!(account["autoScalingGroups"].as_array().map_or(0, Vec::len), 0);
    assert_eq!(account["roles"].as_array().map_or(0, Vec::len), 2);
    let clusters = shell.run(["get", "clusters", "-o", "json"]).expect(0).json();
    assert_eq!(clusters[0]["metadata"]["name"], NAME);

    let keep = "IAMRole=Ignore,IAMInstanceProfile=Ignore";
    shell.run(["delete", "cluster", NAME, "--yes", "--lifecycle-overrides", keep]).expect(0);
    let account = shell.account();
    assert_eq!(account["roles"].as_array().map_or(0, Vec::len), 2);
    assert_eq!(account["vpcs"].as_array().map_or(0, Vec::len), 0);
    assert_eq!(shell.run(["get", "clusters", "-o", "json"]).expect(0).json(), json!([]));
}

#[test]
fn a_group_goes_with_what_only_it_has() {
    let shell = demo();
    let (account, store) = (shell.account(), contents(&shell, ".cloudup/state"));
    let refused = [
        ("no such group", vec!["delete", "ig", "nodes-eu-west-1b"]),
        ("no such group in files", vec!["delete", "ig", "nodes-eu-west-1b", "-f", "cluster.yaml"]),
        ("the last control plane", vec!["delete", "ig", "control-plane-eu-west-1a", "--yes"]),
        ("a region without a cause", vec!["delete", "cluster", NAME, "--region", "eu-west-1"]),
        ("no region", vec!["delete", "cluster", NAME, "--external"]),
        (
            "a kind that is none",
            vec!["delete", "cluster", NAME, "--lifecycle-overrides", "IAMRoles=Ignore"],
        ),
    ];
    let refused = refused.map(|(name, args)| (name, shell.run(args)));
    let planned = shell.run(["delete", "ig", "nodes-eu-west-1a"]).expect(0);
    assert_eq!(shell.account(), account);
    assert_eq!(contents(&shell, ".cloudup/state"), store);
    let done = shell.run(["delete", "ig", "nodes-eu-west-1a", "--cluster", NAME, "--yes"]);
    let groups = shell.run(["get", "ig", "-o", "json"]).expect(0).json();
    assert_eq!(groups.as_array().map_or(0, Vec::len), 1);
    insta::assert_snapshot!(
        told(&refused) + &told(&[("planned", planned), ("done", done.expect(0))])
    );
    // What is left is as the manifest asks for it.
    shell.run(["update", "cluster", "--detailed-exitcode"]).expect(0);
}

#[test]
fn who_is_at_work_on_it_is_not_disturbed() {
    let shell = made();
    shell.write(
        ".cloudup/state/.cloudup/demo.example.com/lease",
        json!({
            "cluster": NAME, "owner": "somebody", "host": "elsewhere", "reason": "update",
            "id": "1", "since": "2999-01-01T00:00:00Z", "expires": "2999-01-01T00:02:00Z",
        })
        .to_string(),
    );
    let account = shell.account();
    for args in [&["delete", "cluster", NAME, "--yes"][..], &["delete", "ig", "nodes", "--yes"]] {
        shell.run(args).expect(6);
    }
    assert_eq!(shell.account(), account);
    // A preview asks nobody.
    shell.run(["delete", "cluster", NAME]).expect(0);
}

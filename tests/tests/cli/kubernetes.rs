//! Verbs that ask Kubernetes, with an API in this process whose nodes are the embedded account's
//! instances.

use cloudup_tests::kubernetes::{FakeKubernetes, Fault, kubeconfig, machines, pod};
use serde_json::json;

use crate::shell::{ACCOUNT, Ran, Shell, UPDATE};

const VALIDATE: [&str; 4] = ["validate", "cluster", "-f", "cluster.yaml"];
const INSTANCES: [&str; 4] = ["get", "instances", "-f", "cluster.yaml"];

/// The examples' cluster, made, with all its instances as nodes.
pub(crate) fn running() -> (Shell, FakeKubernetes) {
    let shell = Shell::with_demo();
    shell.run(UPDATE.into_iter().chain(["--yes"])).expect(0);
    let account = shell.path(ACCOUNT);
    let kubernetes = FakeKubernetes::of(move || machines(&account));
    let shell = shell
        .with_file("kubeconfig", kubernetes.kubeconfig("demo.example.com"))
        .with_variable("KUBECONFIG", "kubeconfig");
    (shell, kubernetes)
}

fn run(shell: &Shell, verb: [&'static str; 4], flags: &[&'static str]) -> Ran {
    shell.run(verb.into_iter().chain(flags.iter().copied()))
}

/// The id of the worker that comes last, which is also its node's name.
pub(crate) fn last_node(shell: &Shell) -> String {
    let machines = machines(&shell.path(ACCOUNT));
    let workers = machines.iter().filter(|machine| machine.role == "node");
    workers.map(|machine| machine.instance_id.clone()).max().expect("there are workers")
}

#[test]
fn a_cluster_that_is_well_is_status_0() {
    let (shell, _kubernetes) = running();
    insta::assert_snapshot!(run(&shell, VALIDATE, &[]).expect(0));
    let health = run(&shell, VALIDATE, &["-o", "json"]).expect(0).json();
    assert_eq!((&health["valid"], &health["failures"]), (&json!(true), &json!([])));
}

#[test]
fn what_is_wrong_is_told_and_status_2() {
    let (shell, kubernetes) = running();
    let mut dns = pod("kube-system", "coredns-1", "");
    dns["spec"]["priorityClassName"] = json!("system-cluster-critical");
    dns["spec"]["nodeName"] = json!(null);
    dns["status"] = json!({ "phase": "Pending" });
    kubernetes.state().add(dns);
    kubernetes.state().unready(&last_node(&shell));
    insta::assert_snapshot!(run(&shell, VALIDATE, &[]).expect(2));
    insta::assert_snapshot!(
        run(&shell, VALIDATE, &["--max-unready-nodes", "1", "-o", "json"]).expect(2)
    );
    kubernetes.state().all_pods().retain(|pod| pod["metadata"]["name"] != "coredns-1");
    run(&shell, VALIDATE, &["--max-unready-nodes", "1"]).expect(0);
}

#[test]
fn a_wait_tells_what_changes_and_ends_with_one_document() {
    let (shell, kubernetes) = running();
    let fault = Fault { request: "GET /api/v1/pods".to_owned(), status: 500, times: 2 };
    kubernetes.state().faults.push(fault);
    let flags = ["--wait", "1m", "--interval", "1s", "--count", "2", "-o", "json"];
    let ran = run(&shell, VALIDATE, &flags).expect(0);
    assert_eq!(ran.json()["valid"], true);
    insta::assert_snapshot!(ran.stderr, @"
    + the Kubernetes API cannot be reached: as it was told to
    - the Kubernetes API cannot be reached: as it was told to
    ");

    kubernetes.state().unready(&last_node(&shell));
    let flags = ["--wait", "2s", "--interval", "1s", "-o", "json"];
    let ran = run(&shell, VALIDATE, &flags).expect(2);
    assert_eq!(ran.json()["valid"], false);
    assert_eq!(ran.stderr.lines().count(), 1, "{ran}");
}

#[test]
fn an_api_that_cannot_be_asked_is_told_with_what_to_do() {
    let (shell, kubernetes) = running();
    let denied = Fault { request: "GET /api/v1/nodes".to_owned(), status: 403, times: 1 };
    kubernetes.state().faults.push(denied);
    let mut told = vec![run(&shell, VALIDATE, &["--wait", "1m"]).expect(4)];
    let expired = Fault { request: "GET /api/v1/nodes".to_owned(), status: 401, times: 1 };
    kubernetes.state().faults.push(expired);
    told.push(run(&shell, VALIDATE, &[]).expect(4));
    shell.write("closed", kubeconfig(&["demo.example.com"], "http://127.0.0.1:1", "{}"));
    told.push(run(&shell, VALIDATE, &["--kubeconfig", "closed"]).expect(1));
    shell.write("others", kubeconfig(&["kind", "prod"], "http://127.0.0.1:1", "{}"));
    told.push(run(&shell, VALIDATE, &["--kubeconfig", "others"]).expect(3));
    let without = shell.with_variable("KUBECONFIG", "");
    told.push(run(&without, VALIDATE, &[]).expect(3));
    insta::assert_snapshot!(told.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
}

#[test]
fn instances_are_listed_with_their_nodes_and_without() {
    let (shell, kubernetes) = running();
    let mut screens = vec![run(&shell, INSTANCES, &[]).expect(0)];
    // A template that changed, and a node that is not ready.
    let changed = shell.read("cluster.yaml").replace("t3.medium", "t3.large");
    shell.write("cluster.yaml", changed);
    shell.run(UPDATE.into_iter().chain(["--yes"])).expect(0);
    kubernetes.state().unready(&last_node(&shell));
    screens.push(run(&shell, INSTANCES, &["-o", "wide"]).expect(0));
    screens.push(run(&shell, INSTANCES, &["-o", "yaml"]).expect(0));
    screens.push(run(&shell, INSTANCES, &["--cloudonly"]).expect(0));
    let all = run(&shell, INSTANCES, &["-o", "json"]).expect(0).json();
    assert!(all.as_array().is_some_and(|all| all.iter().all(|it| it["nodeName"] == it["id"])));
    // What the cloud knows is shown all the same.
    shell.write("kubeconfig", kubeconfig(&["demo.example.com"], "http://127.0.0.1:1", "{}"));
    screens.push(run(&shell, INSTANCES, &[]).expect(0));
    let without = shell.with_variable("KUBECONFIG", "");
    screens.push(run(&without, INSTANCES, &[]).expect(0));
    insta::assert_snapshot!(screens.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
}

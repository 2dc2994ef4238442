//! The adapter for Kubernetes over real sockets, against the API in this process.

use std::{collections::BTreeMap, fs, sync::Arc};

use cloudup::kubernetes::{
    ConnectError, DrainOptions, EXCLUDE_LABEL, Eviction, KubernetesError, KubernetesWriter,
    NodeChange, Taint, Ways, connect, drain, undo,
};
use cloudup_tests::kubernetes::{FakeKubernetes, Fault, Machine, kubeconfig, pod};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

const CLUSTER: &str = "demo.example.com";

/// A folder with a kubeconfig in it, and the way there.
fn ways(text: &str) -> (TempDir, Ways) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    fs::write(&file, text).unwrap();
    (folder, Ways { usual: vec![file], ..Ways::default() })
}

async fn connected(kubernetes: &FakeKubernetes) -> Arc<dyn KubernetesWriter> {
    let (_folder, ways) = ways(&kubernetes.kubeconfig(CLUSTER));
    connect(&ways, CLUSTER).await.unwrap()
}

/// One with a node of the control plane and a worker.
fn two() -> FakeKubernetes {
    let kubernetes = FakeKubernetes::start();
    kubernetes.state().join(&Machine::new("i-control", "control-plane-a", "control-plane"));
    kubernetes.state().join(&Machine::new("i-worker", "nodes-a", "node"));
    kubernetes
}

#[tokio::test]
async fn nodes_and_pods_are_read() {
    let kubernetes = two();
    kubernetes.state().add(pod("default", "web-0", "i-worker"));
    let api = connected(&kubernetes).await;

    let nodes = api.nodes().await.unwrap();
    let names: Vec<_> = nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["i-control", "i-worker"]);
    assert!(nodes.iter().all(|node| node.is_ready && node.instance_id == Some(node.name.clone())));
    assert_eq!(api.node("i-worker").await.unwrap().as_ref(), Some(&nodes[1]));
    assert_eq!(api.node("i-gone").await.unwrap(), None);

    let names = async |pods: Vec<cloudup::kubernetes::Pod>| -> Vec<String> {
        pods.into_iter().map(|pod| format!("{}/{}", pod.namespace, pod.name)).collect()
    };
    let on = names(api.pods_on("i-worker").await.unwrap()).await;
    assert_eq!(on, ["kube-system/network-i-worker", "default/web-0"]);
    let of = names(api.pods(Some("default")).await.unwrap()).await;
    assert_eq!(of, ["default/web-0"]);
    assert_eq!(api.pods(None).await.unwrap().len(), 6);
}

#[tokio::test]
async fn long_lists_are_read_part_by_part_and_anew_where_they_expire() {
    let kubernetes = FakeKubernetes::start();
    for number in 0..1234 {
        kubernetes.state().add(pod("default", &format!("web-{number}"), "i-worker"));
    }
    let api = connected(&kubernetes).await;
    assert_eq!(api.pods(None).await.unwrap().len(), 1234);
    assert_eq!(kubernetes.state().requests.len(), 3);

    let expired = Fault { request: "continue=1000".to_owned(), status: 410, times: 1 };
    kubernetes.state().faults.push(expired);
    kubernetes.state().requests.clear();
    assert_eq!(api.pods(None).await.unwrap().len(), 1234);
    let requests = kubernetes.state().requests.clone();
    assert_eq!(requests.len(), 4);
    assert!(!requests[3].contains("limit"), "{}", requests[3]);
}

#[tokio::test]
async fn a_node_is_changed_all_at_once_and_what_is_others_stays() {
    let kubernetes = two();
    let theirs = json!([{ "key": "theirs", "effect": "NoExecute", "value": "x" }]);
    kubernetes.state().node_mut("i-worker").unwrap()["spec"]["taints"] = theirs.clone();
    let api = connected(&kubernetes).await;
    let taint = Taint {
        key: "kops.k8s.io/scheduled-for-update".to_owned(),
        value: String::new(),
        effect: "PreferNoSchedule".to_owned(),
    };
    let change = NodeChange {
        unschedulable: Some(true),
        taints: vec![taint.clone()],
        labels: BTreeMap::from([("ours".to_owned(), Some("1".to_owned()))]),
        ..NodeChange::default()
    };
    for _ in 0..2 {
        api.change_node("i-worker", &change).await.unwrap();
    }
    let node = api.node("i-worker").await.unwrap().unwrap();
    assert!(node.is_unschedulable);
    assert_eq!(node.taints.len(), 2);
    assert_eq!(node.labels["ours"], "1");
    assert_eq!(node.labels["kops.k8s.io/instancegroup"], "nodes-a");

    let back = NodeChange {
        unschedulable: Some(false),
        remove_taints: vec![(taint.key, taint.effect)],
        labels: BTreeMap::from([("ours".to_owned(), None)]),
        ..NodeChange::default()
    };
    // Somebody else changes the node in between, once.
    let conflict =
        Fault { request: "PATCH /api/v1/nodes/i-worker".to_owned(), status: 409, times: 1 };
    kubernetes.state().faults.push(conflict);
    api.change_node("i-worker", &back).await.unwrap();
    let node = kubernetes.state().node_mut("i-worker").unwrap().clone();
    assert_eq!(node["spec"]["taints"], theirs);
    assert_eq!(node["spec"]["unschedulable"], Value::Null);
    assert_eq!(node["metadata"]["labels"]["ours"], Value::Null);

    api.delete_node("i-worker").await.unwrap();
    api.delete_node("i-worker").await.unwrap();
    assert_eq!(api.node("i-worker").await.unwrap(), None);
    let gone = api.change_node("i-worker", &back).await;
    assert!(matches!(gone, Err(KubernetesError::NotFound(_))), "{gone:?}");
}

#[tokio::test]
async fn an_eviction_is_of_this_very_pod_and_budgets_say_why_they_refuse() {
    let kubernetes = two();
    kubernetes.state().add(pod("default", "web-0", "i-worker"));
    kubernetes.state().refuse("web-0", 1);
    let api = connected(&kubernetes).await;
    let web = api.pods(Some("default")).await.unwrap().remove(0);

    let later = cloudup::kubernetes::Pod { uid: "another".to_owned(), ..web.clone() };
    assert_eq!(api.evict(&later).await, Ok(Eviction::Gone));
    let refused = api.evict(&web).await.unwrap();
    let Eviction::Refused(why) = refused else { panic!("{refused:?}") };
    insta::assert_snapshot!(why, @"Cannot evict pod as it would violate the pod's disruption budget. The disruption budget web-0 needs 1 healthy pods and has 1 currently");
    assert_eq!(kubernetes.state().changes().len(), 2, "a refusal is not tried again by itself");
    assert_eq!(api.evict(&web).await, Ok(Eviction::Accepted));
    assert!(api.pods(Some("default")).await.unwrap()[0].is_terminating);
    assert_eq!(api.pods(Some("default")).await.unwrap(), []);
    assert_eq!(api.evict(&web).await, Ok(Eviction::Gone));
}

#[tokio::test]
async fn a_node_is_drained_and_taken_back_over_sockets() {
    let kubernetes = two();
    let before = kubernetes.state().node_mut("i-worker").unwrap()["metadata"]["labels"].clone();
    kubernetes.state().add(pod("default", "web-0", "i-worker"));
    let api = connected(&kubernetes).await;
    let options = DrainOptions::default();
    drain(api.as_ref(), "i-worker", &options, &CancellationToken::new()).await.unwrap();
    let left: Vec<_> = api.pods_on("i-worker").await.unwrap();
    assert_eq!(left.len(), 1, "the daemon set's");
    let node = api.node("i-worker").await.unwrap().unwrap();
    assert!(node.is_unschedulable && node.labels.contains_key(EXCLUDE_LABEL));
    undo(api.as_ref(), "i-worker").await.unwrap();
    let node = kubernetes.state().node_mut("i-worker").unwrap().clone();
    assert_eq!(node["metadata"]["labels"], before);
    assert_eq!(node["metadata"]["annotations"], json!({}));
    assert_eq!(node["spec"]["unschedulable"], Value::Null);
}

#[tokio::test]
async fn throttling_is_tried_again_and_nothing_else_is() {
    let kubernetes = two();
    let api = connected(&kubernetes).await;
    for (status, tries) in
        [(429, 2), (503, 2), (504, 2), (500, 1), (401, 1), (403, 1), (422, 1), (0, 1)]
    {
        let fault = Fault { request: "GET /api/v1/nodes".to_owned(), status, times: 1 };
        kubernetes.state().faults = vec![fault];
        kubernetes.state().requests.clear();
        let answer = api.nodes().await;
        assert_eq!(kubernetes.state().requests.len(), tries, "{status}");
        let is_as_expected = match status {
            429 | 503 | 504 => answer.is_ok(),
            500 | 0 => matches!(answer, Err(KubernetesError::Unreachable(_))),
            401 => matches!(answer, Err(KubernetesError::NoCredentials(_))),
            403 => matches!(answer, Err(KubernetesError::Denied(_))),
            _ => matches!(answer, Err(KubernetesError::Invalid(_))),
        };
        assert!(is_as_expected, "{status}: {answer:?}");
    }
}

#[tokio::test]
async fn an_api_that_nobody_answers_for_is_told_so() {
    // TLS is set up before anybody is called.
    for server in ["http://127.0.0.1:1", "https://127.0.0.1:1"] {
        let (_folder, ways) = ways(&kubeconfig(&[CLUSTER], server, "{}"));
        let api = connect(&ways, CLUSTER).await.unwrap();
        let error = api.nodes().await.unwrap_err();
        let KubernetesError::Unreachable(why) = &error else { panic!("{error:?}") };
        assert!(why.contains("Connection refused"), "{why}");
    }
}

#[tokio::test]
async fn a_context_is_the_clusters_or_one_that_is_named_and_never_just_the_current_one() {
    let kubernetes = two();
    let server = kubernetes.kubeconfig("x");
    let server = server.lines().find_map(|line| line.split('"').nth(1)).unwrap();
    let text = kubeconfig(&["current", CLUSTER, "third"], server, "{}");
    let (folder, ways) = ways(&text);
    assert!(connect(&ways, CLUSTER).await.is_ok());
    let error = |result: Result<Arc<dyn KubernetesWriter>, ConnectError>| match result {
        Ok(_) => panic!("there is no way there"),
        Err(error) => format!("{error}\n  hint: {}\n", error.hint().unwrap_or("-")),
    };
    let named = Ways { context: Some("third".to_owned()), ..ways.clone() };
    assert!(connect(&named, "another.example.com").await.is_ok());

    let folder = folder.path().to_path_buf();
    let missing = folder.join("missing");
    fs::write(folder.join("broken"), "contexts: [").unwrap();
    fs::write(folder.join("empty"), "").unwrap();
    let usual = |names: &[&str]| Ways {
        usual: names.iter().map(|name| folder.join(name)).collect(),
        ..Ways::default()
    };
    // What is missing of several is passed over.
    assert!(connect(&usual(&["missing", "config"]), CLUSTER).await.is_ok());
    let given = Ways { kubeconfig: Some(missing), ..ways.clone() };
    let told = [
        error(connect(&ways, "another.example.com").await),
        error(connect(&Ways { context: Some("fourth".to_owned()), ..ways }, CLUSTER).await),
        error(connect(&usual(&["missing"]), CLUSTER).await),
        error(connect(&usual(&["empty"]), CLUSTER).await),
        error(connect(&given, CLUSTER).await),
        error(connect(&usual(&["broken"]), CLUSTER).await),
    ];
    let told = told.concat().replace(&folder.display().to_string(), "FOLDER");
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn credentials_come_from_a_plugin_and_one_that_fails_is_told_so() {
    let kubernetes = two();
    let server = kubernetes.kubeconfig("x");
    let server = server.lines().find_map(|line| line.split('"').nth(1)).unwrap().to_owned();
    let plugin = |script: &str| {
        let user = format!(
            "{{ exec: {{ apiVersion: client.authentication.k8s.io/v1, command: sh, args: [-c, '{script}'], \
             interactiveMode: Never }} }}"
        );
        kubeconfig(&[CLUSTER], &server, &user)
    };
    let credential = "echo \"{\\\"apiVersion\\\":\\\"client.authentication.k8s.io/v1\\\",\
                      \\\"kind\\\":\\\"ExecCredential\\\",\\\"status\\\":{\\\"token\\\":\\\"t\\\"}}\"";
    let (_folder, ways_there) = ways(&plugin(credential));
    let api = connect(&ways_there, CLUSTER).await.unwrap();
    assert_eq!(api.nodes().await.unwrap().len(), 2);

    let (_folder, ways_there) = ways(&plugin("echo sign in first >&2; exit 3"));
    let error = connect(&ways_there, CLUSTER).await.err().expect("the plugin fails").to_string();
    assert!(error.contains("sign in first"), "{error}");
}

//! What is read and written, without a network.

use serde_json::from_value;

use super::*;

#[test]
fn a_node_is_read_as_far_as_it_is_known() {
    let whole = from_value(json!({
        "metadata": {
            "name": "ip-10-0-0-1",
            "labels": { "a": "b" },
            "annotations": { "c": "d" },
        },
        "spec": {
            "providerID": "aws:///eu-west-1a/i-0123",
            "unschedulable": true,
            "taints": [{ "key": "k", "effect": "NoSchedule" }],
        },
        "status": {
            "conditions": [
                { "type": "DiskPressure", "status": "False" },
                { "type": "Ready", "status": "Unknown", "message": "Kubelet stopped posting." },
            ],
            "addresses": [
                { "type": "Hostname", "address": "ip-10-0-0-1" },
                { "type": "InternalIP", "address": "10.0.0.1" },
                { "type": "ExternalIP", "address": "52.0.0.1" },
            ],
        },
    }));
    let taint =
        Taint { key: "k".to_owned(), value: String::new(), effect: "NoSchedule".to_owned() };
    assert_eq!(
        read::node(whole.unwrap()),
        Node {
            name: "ip-10-0-0-1".to_owned(),
            instance_id: Some("i-0123".to_owned()),
            is_ready: false,
            unready_because: Some("Kubelet stopped posting.".to_owned()),
            is_unschedulable: true,
            labels: BTreeMap::from([("a".to_owned(), "b".to_owned())]),
            annotations: BTreeMap::from([("c".to_owned(), "d".to_owned())]),
            taints: vec![taint],
            internal_ip: Some("10.0.0.1".to_owned()),
            external_ip: Some("52.0.0.1".to_owned()),
        }
    );
    for (status, is_ready) in [("True", true), ("False", false), ("Unknown", false)] {
        let node = from_value(json!({
            "metadata": { "name": "n" },
            "status": { "conditions": [{ "type": "Ready", "status": status }] },
        }));
        assert_eq!(read::node(node.unwrap()).is_ready, is_ready, "{status}");
    }
    let new = read::node(from_value(json!({ "metadata": { "name": "new" } })).unwrap());
    assert_eq!((new.is_ready, new.instance_id), (false, None));
}

#[test]
fn a_pod_is_read_as_far_as_it_is_known() {
    let owners = json!([
        { "apiVersion": "v1", "kind": "Other", "name": "o", "uid": "1" },
        { "apiVersion": "apps/v1", "kind": "DaemonSet", "name": "d", "uid": "2", "controller": true },
    ]);
    let whole = from_value(json!({
        "metadata": {
            "namespace": "kube-system",
            "name": "cilium-x",
            "uid": "u",
            "labels": { "k8s-app": "cilium" },
            "annotations": { "kubernetes.io/config.mirror": "hash" },
            "ownerReferences": owners,
            "deletionTimestamp": "2026-01-01T00:00:00Z",
        },
        "spec": {
            "nodeName": "n",
            "containers": [],
            "priorityClassName": "system-node-critical",
            "terminationGracePeriodSeconds": 30,
        },
        "status": {
            "phase": "Running",
            "containerStatuses": [
                { "name": "ok", "ready": true, "image": "", "imageID": "", "restartCount": 0 },
                { "name": "bad", "ready": false, "image": "", "imageID": "", "restartCount": 3 },
            ],
        },
    }));
    assert_eq!(
        read::pod(whole.unwrap()),
        Pod {
            namespace: "kube-system".to_owned(),
            name: "cilium-x".to_owned(),
            uid: "u".to_owned(),
            node: Some("n".to_owned()),
            phase: "Running".to_owned(),
            unready_containers: vec!["bad".to_owned()],
            priority_class: Some("system-node-critical".to_owned()),
            controller: Some("DaemonSet".to_owned()),
            is_mirror: true,
            is_terminating: true,
            grace_period: Some(Duration::from_secs(30)),
            labels: BTreeMap::from([("k8s-app".to_owned(), "cilium".to_owned())]),
        }
    );
}

#[test]
fn a_change_says_what_it_changes_and_nothing_else() {
    let change = NodeChange {
        labels: BTreeMap::from([("new".to_owned(), Some(String::new())), ("old".to_owned(), None)]),
        ..NodeChange::default()
    };
    let metadata = json!({ "labels": { "new": "", "old": null }, "annotations": {} });
    assert_eq!(patch(&change), json!({ "metadata": metadata, "spec": {} }));
    for (unschedulable, written) in [(true, json!(true)), (false, Value::Null)] {
        let change = NodeChange { unschedulable: Some(unschedulable), ..NodeChange::default() };
        assert_eq!(patch(&change)["spec"], json!({ "unschedulable": written }));
    }
}

#[test]
fn taints_of_others_stay() {
    let taint = |key: &str, value: &str, effect: &str| core::Taint {
        key: key.to_owned(),
        value: (!value.is_empty()).then(|| value.to_owned()),
        effect: effect.to_owned(),
        time_added: None,
    };
    let there = vec![
        taint("theirs", "", "NoExecute"),
        taint("ours", "before", "NoSchedule"),
        taint("ours", "another", "NoExecute"),
        taint("gone", "", "NoSchedule"),
    ];
    let ours =
        Taint { key: "ours".to_owned(), value: "now".to_owned(), effect: "NoSchedule".to_owned() };
    let change = NodeChange {
        taints: vec![ours],
        remove_taints: vec![("gone".to_owned(), "NoSchedule".to_owned())],
        ..NodeChange::default()
    };
    let expected = vec![
        taint("theirs", "", "NoExecute"),
        taint("ours", "another", "NoExecute"),
        taint("ours", "now", "NoSchedule"),
    ];
    assert_eq!(taints(there, &change), expected);
}

//! Nodes and pods as the API has them.

use serde_json::{Value, json};

/// A machine that is a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Its instance's id, which is also the node's name.
    pub instance_id: String,
    /// Its instance group's name.
    pub group: String,
    /// What it is labelled to be: `control-plane`, `apiserver` or `node`.
    pub role: String,
    /// Whether it is ready.
    pub is_ready: bool,
}

impl Machine {
    /// One that is ready.
    pub fn new(instance_id: &str, group: &str, role: &str) -> Self {
        Self {
            instance_id: instance_id.to_owned(),
            group: group.to_owned(),
            role: role.to_owned(),
            is_ready: true,
        }
    }

    /// Its node.
    pub(super) fn node(&self) -> Value {
        let Self { instance_id, group, role, is_ready } = self;
        let (status, message) = if *is_ready {
            ("True", "kubelet is posting ready status")
        } else {
            ("False", "no network")
        };
        json!({
            "kind": "Node",
            "apiVersion": "v1",
            "metadata": {
                "name": instance_id,
                "uid": format!("node {instance_id}"),
                "resourceVersion": "1",
                "labels": {
                    format!("node-role.kubernetes.io/{role}"): "",
                    "kops.k8s.io/instancegroup": group,
                },
                "annotations": {},
            },
            "spec": { "providerID": format!("aws:///eu-west-1a/{instance_id}") },
            "status": {
                "conditions": [{ "type": "Ready", "status": status, "message": message }],
                "addresses": [{ "type": "InternalIP", "address": "10.0.0.1" }],
            },
        })
    }

    /// The pods that it comes with: those of the control plane, and one of a daemon set.
    pub(super) fn pods(&self) -> Vec<Value> {
        let node = &self.instance_id;
        let mut pods = vec![daemon(node)];
        if self.role == "control-plane" {
            let apps = ["kube-apiserver", "kube-controller-manager", "kube-scheduler"];
            pods.extend(apps.map(|app| mirror(app, node)));
        }
        pods
    }
}

/// A pod on a node that runs, is ready, and belongs to a replica set.
pub fn pod(namespace: &str, name: &str, node: &str) -> Value {
    json!({
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {
            "namespace": namespace,
            "name": name,
            "uid": format!("pod {namespace}/{name} on {node}"),
            "labels": { "k8s-app": name },
            "annotations": {},
            "ownerReferences": [{
                "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "rs", "uid": "rs",
                "controller": true,
            }],
        },
        "spec": { "nodeName": node, "containers": [], "terminationGracePeriodSeconds": 30 },
        "status": {
            "phase": "Running",
            "containerStatuses": [{
                "name": "main", "ready": true, "image": "", "imageID": "", "restartCount": 0,
            }],
        },
    })
}

/// A pod that mirrors a static one of the control plane.
fn mirror(app: &str, node: &str) -> Value {
    let mut pod = critical(app, node);
    pod["metadata"]["labels"]["k8s-app"] = json!(app);
    pod["metadata"]["annotations"]["kubernetes.io/config.mirror"] = json!("hash");
    pod["metadata"]["ownerReferences"][0]["kind"] = json!("Node");
    pod
}

/// A pod of a daemon set.
fn daemon(node: &str) -> Value {
    let mut pod = critical("network", node);
    pod["metadata"]["ownerReferences"][0]["kind"] = json!("DaemonSet");
    pod
}

fn critical(app: &str, node: &str) -> Value {
    let mut pod = pod("kube-system", &format!("{app}-{node}"), node);
    pod["spec"]["priorityClassName"] = json!("system-node-critical");
    pod
}

//! What is in a cluster, and what its API does to it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde_json::{Value, json};

use super::Machine;

/// What the API is to answer to a request instead of what it would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The requests, by a part of their first line: `PATCH /api/v1/nodes`.
    pub request: String,
    /// The status; 0 is to hang up.
    pub status: u16,
    /// How often.
    pub times: u32,
}

/// Says which machines there are.
pub(super) type Machines = Box<dyn Fn() -> Vec<Machine> + Send>;

/// What is in a cluster.
#[derive(Default)]
pub struct State {
    machines: Option<Machines>,
    nodes: BTreeMap<String, Value>,
    pods: Vec<Value>,
    refusals: BTreeMap<String, u32>,
    unready: BTreeSet<String>,
    /// How often a pod that is on its way out is still listed.
    pub lingers: u32,
    /// What it answers wrongly.
    pub faults: Vec<Fault>,
    /// The first lines of all requests.
    pub requests: Vec<String>,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("nodes", &self.nodes).finish_non_exhaustive()
    }
}

/// What a request is answered with, whatever it asks for.
pub(super) enum Answer {
    /// This.
    Is(u16, Value),
    /// Nothing.
    HangUp,
}

impl State {
    pub(super) fn of(machines: Option<Machines>) -> Self {
        Self { machines, lingers: 1, ..Self::default() }
    }

    /// Adds a node, with its pods, that no machine stands for.
    pub fn join(&mut self, machine: &Machine) {
        self.nodes.insert(machine.instance_id.clone(), machine.node());
        self.pods.extend(machine.pods());
    }

    /// Adds a pod.
    pub fn add(&mut self, pod: Value) {
        self.pods.push(pod);
    }

    /// Lets a disruption budget refuse a pod's eviction so many times.
    pub fn refuse(&mut self, pod: &str, times: u32) {
        self.refusals.insert(pod.to_owned(), times);
    }

    /// Lets a machine's kubelet fall silent.
    pub fn unready(&mut self, instance: &str) {
        self.unready.insert(instance.to_owned());
    }

    /// All pods, to look at and to change.
    pub fn all_pods(&mut self) -> &mut Vec<Value> {
        &mut self.pods
    }

    /// A node by its name, to look at and to change.
    pub fn node_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.nodes.get_mut(name)
    }

    /// The requests that change something.
    pub fn changes(&self) -> Vec<String> {
        self.requests.iter().filter(|line| !line.starts_with("GET ")).cloned().collect()
    }

    /// What comes before a request is answered: machines come and go, and faults.
    pub(super) fn before(&mut self, request: &str) -> Option<Answer> {
        self.requests.push(request.to_owned());
        self.follow_machines();
        let is_it = |fault: &&mut Fault| fault.times > 0 && request.contains(&fault.request);
        let fault = self.faults.iter_mut().find(is_it)?;
        fault.times -= 1;
        if fault.status == 0 {
            return Some(Answer::HangUp);
        }
        let (code, value) = status(fault.status, "Fault", "as it was told to");
        Some(Answer::Is(code, value))
    }

    fn follow_machines(&mut self) {
        let Some(machines) = self.machines.as_ref().map(|machines| machines()) else { return };
        let is_there = |name: &str| machines.iter().any(|machine| machine.instance_id == name);
        self.nodes.retain(|name, _| is_there(name));
        self.pods.retain(|pod| pod["spec"]["nodeName"].as_str().is_none_or(is_there));
        for mut machine in machines {
            machine.is_ready &= !self.unready.contains(&machine.instance_id);
            match self.nodes.get_mut(&machine.instance_id) {
                Some(node) => node["status"] = machine.node()["status"].clone(),
                None => self.join(&machine),
            }
        }
    }

    pub(super) fn nodes(&self) -> Vec<Value> {
        self.nodes.values().cloned().collect()
    }

    pub(super) fn node(&self, name: &str) -> (u16, Value) {
        match self.nodes.get(name) {
            Some(node) => (200, node.clone()),
            None => no_node(name),
        }
    }

    /// Pods that are on their way out are gone when they have been listed often enough.
    pub(super) fn pods(&mut self, is_asked: impl Fn(&Value) -> bool) -> Vec<Value> {
        let listed: Vec<_> = self.pods.iter().filter(|pod| is_asked(pod)).cloned().collect();
        for pod in self.pods.iter_mut().filter(|pod| is_asked(pod)) {
            if let Some(left) = pod["left"].as_u64() {
                pod["left"] = json!(left.saturating_sub(1));
            }
        }
        self.pods.retain(|pod| pod["left"] != 0);
        listed
    }

    pub(super) fn patch_node(&mut self, name: &str, patch: &Value) -> (u16, Value) {
        let Some(node) = self.nodes.get_mut(name) else { return no_node(name) };
        let version = &node["metadata"]["resourceVersion"];
        let wanted = &patch["metadata"]["resourceVersion"];
        if !wanted.is_null() && wanted != version {
            return status(409, "Conflict", "the object has been modified");
        }
        let next: u64 = version.as_str().and_then(|text| text.parse().ok()).unwrap_or(0);
        merge(node, patch);
        node["metadata"]["resourceVersion"] = json!((next + 1).to_string());
        (200, node.clone())
    }

    pub(super) fn delete_node(&mut self, name: &str) -> (u16, Value) {
        match self.nodes.remove(name) {
            Some(_) => (200, json!({ "kind": "Status", "apiVersion": "v1", "status": "Success" })),
            None => no_node(name),
        }
    }

    pub(super) fn evict(&mut self, namespace: &str, name: &str, eviction: &Value) -> (u16, Value) {
        let lingers = self.lingers;
        let is_it = |pod: &&mut Value| {
            pod["metadata"]["namespace"] == namespace && pod["metadata"]["name"] == name
        };
        let Some(pod) = self.pods.iter_mut().find(is_it) else {
            return status(404, "NotFound", &format!("pods \"{name}\" not found"));
        };
        let uid = &eviction["deleteOptions"]["preconditions"]["uid"];
        if !uid.is_null() && *uid != pod["metadata"]["uid"] {
            return status(409, "Conflict", "Precondition failed: UID in precondition");
        }
        if let Some(left) = self.refusals.get_mut(name)
            && *left > 0
        {
            *left -= 1;
            let message = "Cannot evict pod as it would violate the pod's disruption budget.";
            let (code, mut refusal) = status(429, "TooManyRequests", message);
            refusal["details"] = json!({ "causes": [{
                "reason": "DisruptionBudget",
                "message": format!("The disruption budget {name} needs 1 healthy pods and has 1 currently"),
            }]});
            return (code, refusal);
        }
        pod["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        pod["left"] = json!(lingers);
        self.pods.retain(|pod| pod["left"] != 0);
        (201, json!({ "kind": "Status", "apiVersion": "v1", "status": "Success", "code": 201 }))
    }
}

fn no_node(name: &str) -> (u16, Value) {
    status(404, "NotFound", &format!("nodes \"{name}\" not found"))
}

/// An answer that is an error.
pub(super) fn status(code: u16, reason: &str, message: &str) -> (u16, Value) {
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "code": code,
    });
    (code, status)
}

/// Merges a patch into an object, as RFC 7386 says.
fn merge(object: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *object = patch.clone();
        return;
    };
    if !object.is_object() {
        *object = json!({});
    }
    for (key, change) in changes {
        if change.is_null() {
            object.as_object_mut().map(|object| object.remove(key));
        } else {
            merge(&mut object[key], change);
        }
    }
}

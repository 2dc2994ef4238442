//! A Kubernetes in memory, for the tests of what works on one.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use tokio::time::Instant;

use super::{Eviction, KubernetesError, KubernetesReader, KubernetesWriter, Node, NodeChange, Pod};

/// It. Pods that are evicted are gone after their grace period.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<State>);

/// What is in it.
#[derive(Debug, Default)]
pub(super) struct State {
    /// The nodes by name.
    pub(super) nodes: BTreeMap<String, Node>,
    /// The pods.
    pub(super) pods: Vec<Pod>,
    /// How often the eviction of a pod is refused, by the pod's name.
    pub(super) refusals: BTreeMap<String, u32>,
    /// Names of pods that never end.
    pub(super) stuck: Vec<String>,
    /// What the next calls fail with, by a part of what they are called in `calls`.
    pub(super) faults: Vec<(String, KubernetesError)>,
    /// Every call that writes.
    pub(super) calls: Vec<String>,
    ends: BTreeMap<String, Instant>,
}

impl Memory {
    /// One with these nodes and pods.
    pub(super) fn new(nodes: Vec<Node>, pods: Vec<Pod>) -> Self {
        let nodes = nodes.into_iter().map(|node| (node.name.clone(), node)).collect();
        Self(Mutex::new(State { nodes, pods, ..State::default() }))
    }

    /// Its inside.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn call(&mut self, call: String) -> Result<(), KubernetesError> {
        let fault = self.faults.iter().position(|(part, _)| call.contains(part));
        if call.starts_with("evict") || call.starts_with("change") || call.starts_with("delete") {
            self.calls.push(call);
        }
        fault.map_or(Ok(()), |at| Err(self.faults.remove(at).1))
    }

    fn pods(&mut self) -> Vec<Pod> {
        let now = Instant::now();
        let ends = &self.ends;
        self.pods.retain(|pod| ends.get(&pod.uid).is_none_or(|end| *end > now));
        self.pods.clone()
    }
}

#[async_trait]
impl KubernetesReader for Memory {
    async fn nodes(&self) -> Result<Vec<Node>, KubernetesError> {
        let mut state = self.state();
        state.call("nodes".to_owned())?;
        Ok(state.nodes.values().cloned().collect())
    }

    async fn node(&self, name: &str) -> Result<Option<Node>, KubernetesError> {
        let mut state = self.state();
        state.call(format!("node {name}"))?;
        Ok(state.nodes.get(name).cloned())
    }

    async fn pods_on(&self, node: &str) -> Result<Vec<Pod>, KubernetesError> {
        let mut state = self.state();
        state.call(format!("pods on {node}"))?;
        Ok(state.pods().into_iter().filter(|pod| pod.node.as_deref() == Some(node)).collect())
    }

    async fn pods(&self, namespace: Option<&str>) -> Result<Vec<Pod>, KubernetesError> {
        let mut state = self.state();
        state.call("pods".to_owned())?;
        let is_asked = |pod: &Pod| namespace.is_none_or(|namespace| pod.namespace == namespace);
        Ok(state.pods().into_iter().filter(is_asked).collect())
    }
}

#[async_trait]
impl KubernetesWriter for Memory {
    async fn change_node(&self, name: &str, change: &NodeChange) -> Result<(), KubernetesError> {
        let mut state = self.state();
        state.call(format!("change {name}"))?;
        let node = state.nodes.get_mut(name);
        let node = node.ok_or_else(|| KubernetesError::NotFound(name.to_owned()))?;
        let NodeChange { unschedulable, taints, remove_taints, labels, annotations } = change;
        node.is_unschedulable = unschedulable.unwrap_or(node.is_unschedulable);
        let is_kept = |key: &str, effect: &str| {
            !remove_taints.iter().any(|gone| gone.0 == key && gone.1 == effect)
                && !taints.iter().any(|taint| taint.key == key && taint.effect == effect)
        };
        node.taints.retain(|taint| is_kept(&taint.key, &taint.effect));
        node.taints.extend(taints.iter().cloned());
        for (there, wanted) in [(&mut node.labels, labels), (&mut node.annotations, annotations)] {
            for (key, value) in wanted {
                match value {
                    Some(value) => there.insert(key.clone(), value.clone()),
                    None => there.remove(key),
                };
            }
        }
        Ok(())
    }

    async fn evict(&self, pod: &Pod) -> Result<Eviction, KubernetesError> {
        let mut state = self.state();
        state.call(format!("evict {}", pod.name))?;
        if let Some(left) = state.refusals.get_mut(&pod.name)
            && *left > 0
        {
            *left -= 1;
            return Ok(Eviction::Refused(format!("the budget of {} is spent", pod.name)));
        }
        let is_stuck = state.stuck.contains(&pod.name);
        let Some(found) = state.pods.iter_mut().find(|other| other.uid == pod.uid) else {
            return Ok(Eviction::Gone);
        };
        found.is_terminating = true;
        if !is_stuck {
            let end = Instant::now() + pod.grace_period.unwrap_or(Duration::ZERO);
            state.ends.insert(pod.uid.clone(), end);
        }
        Ok(Eviction::Accepted)
    }

    async fn delete_node(&self, node: &str) -> Result<(), KubernetesError> {
        let mut state = self.state();
        state.call(format!("delete {node}"))?;
        state.nodes.remove(node);
        Ok(())
    }
}

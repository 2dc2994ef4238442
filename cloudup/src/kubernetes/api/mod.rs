//! The adapter: a Kubernetes API over the network.

mod connect;
mod error;
mod read;

use std::{collections::BTreeMap, fmt::Debug, time::Duration};

use async_trait::async_trait;
use k8s_openapi::{
    api::{
        core::v1::{self as core, Node as ApiNode, Pod as ApiPod},
        policy::v1::Eviction as ApiEviction,
    },
    apimachinery::pkg::apis::meta::v1::{
        DeleteOptions, ObjectMeta, Preconditions as ApiPreconditions,
    },
};
use kube::{
    Api, Client,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams},
    core::Status,
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use tokio::time::{sleep, timeout};

pub use self::connect::{ConnectError, Ways, connect};
use super::{
    Eviction, KubernetesError, KubernetesReader, KubernetesWriter, Node, NodeChange, Pod, Taint,
};

/// How long one call may take.
const LIMIT: Duration = Duration::from_secs(30);

/// How long to wait before a call that was throttled is tried again, each time.
const PAUSES: [Duration; 3] =
    [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];

/// How many objects are asked for at once, as kubectl does.
const PAGE: u32 = 500;

/// How often a change is tried that others' changes come in the way of.
const TRIES: usize = 5;

/// A Kubernetes API.
#[derive(Clone)]
struct KubernetesApi {
    client: Client,
}

impl KubernetesApi {
    fn nodes(&self) -> Api<ApiNode> {
        Api::all(self.client.clone())
    }

    /// All that there are, part by part.
    async fn list<K>(&self, api: &Api<K>, fields: Option<String>) -> Result<Vec<K>, KubernetesError>
    where
        K: Clone + DeserializeOwned + Debug + Send + Sync,
    {
        let mut which = ListParams { field_selector: fields, ..ListParams::default() }.limit(PAGE);
        let mut all = Vec::new();
        loop {
            match call(|| api.list(&which)).await {
                Ok(part) => {
                    all.extend(part.items);
                    match part.metadata.continue_.filter(|token| !token.is_empty()) {
                        Some(token) => which = which.continue_token(&token),
                        None => return Ok(all),
                    }
                }
                // The list's parts are kept for some minutes only. Ask for all at once, then.
                Err(error) if error::is_expired(&error) && which.continue_token.is_some() => {
                    all.clear();
                    which.continue_token = None;
                    which.limit = None;
                }
                Err(error) => return Err(error::answer(&error)),
            }
        }
    }

    async fn patch(&self, node: &str, patch: &Value) -> Result<(), kube::Error> {
        let (nodes, params) = (self.nodes(), PatchParams::default());
        let patch = Patch::Merge(patch);
        call(|| nodes.patch(node, &params, &patch)).await.map(drop)
    }
}

/// Calls, with a time limit, and again where the API says that it is asked for too much.
async fn call<T, F>(mut make: impl FnMut() -> F + Send) -> Result<T, kube::Error>
where
    F: Future<Output = Result<T, kube::Error>> + Send,
{
    let mut pauses = PAUSES.into_iter();
    loop {
        let Ok(answer) = timeout(LIMIT, make()).await else { return Err(error::no_answer(LIMIT)) };
        match (answer, pauses.next()) {
            (Err(error), Some(pause)) if error::is_throttled(&error) => {
                tracing::debug!(?error, "the Kubernetes API is asked again");
                sleep(pause.max(error::wanted_pause(&error))).await;
            }
            (answer, _) => return answer,
        }
    }
}

#[async_trait]
impl KubernetesReader for KubernetesApi {
    async fn nodes(&self) -> Result<Vec<Node>, KubernetesError> {
        let nodes = self.list(&self.nodes(), None).await?;
        let mut nodes: Vec<_> = nodes.into_iter().map(read::node).collect();
        nodes.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(nodes)
    }

    async fn node(&self, name: &str) -> Result<Option<Node>, KubernetesError> {
        let nodes = self.nodes();
        let found = call(|| nodes.get_opt(name)).await;
        found.map(|found| found.map(read::node)).map_err(|error| error::answer(&error))
    }

    async fn pods_on(&self, node: &str) -> Result<Vec<Pod>, KubernetesError> {
        let pods = Api::<ApiPod>::all(self.client.clone());
        let pods = self.list(&pods, Some(format!("spec.nodeName={node}"))).await?;
        Ok(pods.into_iter().map(read::pod).collect())
    }

    async fn pods(&self, namespace: Option<&str>) -> Result<Vec<Pod>, KubernetesError> {
        let client = self.client.clone();
        let pods: Api<ApiPod> = match namespace {
            Some(namespace) => Api::namespaced(client, namespace),
            None => Api::all(client),
        };
        let pods = self.list(&pods, None).await?;
        Ok(pods.into_iter().map(read::pod).collect())
    }
}

#[async_trait]
impl KubernetesWriter for KubernetesApi {
    async fn change_node(&self, name: &str, change: &NodeChange) -> Result<(), KubernetesError> {
        if change.taints.is_empty() && change.remove_taints.is_empty() {
            let patch = patch(change);
            return self.patch(name, &patch).await.map_err(|error| error::answer(&error));
        }
        // Taints are a list, which is given whole: so it has to be the one that was looked at.
        let nodes = self.nodes();
        for attempt in 1.. {
            let found = call(|| nodes.get(name)).await.map_err(|error| error::answer(&error))?;
            let mut patch = patch(change);
            patch["metadata"]["resourceVersion"] = json!(found.metadata.resource_version);
            let there = found.spec.and_then(|spec| spec.taints).unwrap_or_default();
            patch["spec"]["taints"] = json!(taints(there, change));
            match self.patch(name, &patch).await {
                Ok(()) => break,
                Err(error) if error::is_conflict(&error) && attempt < TRIES => {}
                Err(error) => return Err(error::answer(&error)),
            }
        }
        Ok(())
    }

    async fn evict(&self, pod: &Pod) -> Result<Eviction, KubernetesError> {
        let this_pod = ApiPreconditions { uid: Some(pod.uid.clone()), ..Default::default() };
        let eviction = ApiEviction {
            metadata: ObjectMeta {
                name: Some(pod.name.clone()),
                namespace: Some(pod.namespace.clone()),
                ..ObjectMeta::default()
            },
            delete_options: Some(DeleteOptions {
                preconditions: Some(this_pod),
                ..DeleteOptions::default()
            }),
        };
        let pods = Api::<ApiPod>::namespaced(self.client.clone(), &pod.namespace);
        // Once: what looks like throttling is how a budget refuses.
        let params = PostParams::default();
        let evicted =
            pods.create_subresource::<_, Status>("eviction", &pod.name, &params, &eviction);
        match timeout(LIMIT, evicted).await {
            Ok(Ok(_)) => Ok(Eviction::Accepted),
            Ok(Err(error)) => error::eviction(&error),
            Err(_) => Err(error::answer(&error::no_answer(LIMIT))),
        }
    }

    async fn delete_node(&self, node: &str) -> Result<(), KubernetesError> {
        let (nodes, params) = (self.nodes(), DeleteParams::default());
        match call(|| nodes.delete(node, &params)).await.map_err(|error| error::answer(&error)) {
            Ok(_) | Err(KubernetesError::NotFound(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// A change as a JSON merge patch, taints aside.
fn patch(change: &NodeChange) -> Value {
    let NodeChange { unschedulable, taints: _, remove_taints: _, labels, annotations } = change;
    let values = |values: &BTreeMap<String, Option<String>>| -> Map<String, Value> {
        values.iter().map(|(key, value)| (key.clone(), json!(value))).collect()
    };
    let mut patch = json!({
        "metadata": { "labels": values(labels), "annotations": values(annotations) },
        "spec": {},
    });
    if let Some(unschedulable) = unschedulable {
        // As kubectl does: what is not so is not there.
        patch["spec"]["unschedulable"] = json!(unschedulable.then_some(true));
    }
    patch
}

/// The taints that there are to be.
fn taints(mut there: Vec<core::Taint>, change: &NodeChange) -> Vec<core::Taint> {
    there.retain(|taint| {
        let goes = change.remove_taints.iter().any(|gone| {
            let (key, effect) = gone;
            taint.key == *key && taint.effect == *effect
        });
        let is_replaced =
            change.taints.iter().any(|new| new.key == taint.key && new.effect == taint.effect);
        !goes && !is_replaced
    });
    there.extend(change.taints.iter().map(|Taint { key, value, effect }| core::Taint {
        key: key.clone(),
        value: Some(value.clone()).filter(|value| !value.is_empty()),
        effect: effect.clone(),
        time_added: None,
    }));
    there
}

#[cfg(test)]
mod tests;

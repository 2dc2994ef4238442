//! Draining a node: nothing new comes, and what can go elsewhere goes.

use std::{collections::BTreeMap, time::Duration};

use futures::{StreamExt, stream};
use jiff::SignedDuration;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::{Eviction, KubernetesError, KubernetesWriter, NodeChange, Pod};

/// The label with which load balancers of the cloud leave a node out. Its value does not matter.
pub const EXCLUDE_LABEL: &str = "node.kubernetes.io/exclude-from-external-load-balancers";

/// The annotation that says what on a node is a drain's own, and is taken back by [`undo`]:
/// `cordon`, `label`, or both with a comma. It outlives the run that set it.
pub const OURS: &str = "cloudup/drain";

const CORDON: &str = "cordon";
const LABEL: &str = "label";

/// How often it is looked whether pods are gone.
const POLL: Duration = Duration::from_secs(1);

/// How many evictions are asked for at once.
const AT_ONCE: usize = 10;

/// How a node is drained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrainOptions {
    /// How long all of it may take.
    pub limit: Duration,
    /// How long to wait before an eviction that was refused is asked for again.
    pub retry: Duration,
}

impl Default for DrainOptions {
    /// As kOps: 15 minutes, every 5 seconds.
    fn default() -> Self {
        Self { limit: Duration::from_mins(15), retry: Duration::from_secs(5) }
    }
}

/// A pod that is still on the node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remaining {
    /// Its namespace and name: `default/web-0`.
    pub pod: String,
    /// What Kubernetes says of why it cannot go, where it says something.
    pub because: Option<String>,
}

/// Why a node is not drained. It stays cordoned: see [`undo`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DrainError {
    /// Time is up.
    #[error(
        "drain node {node} within {:#}{}",
        SignedDuration::try_from(*.limit).unwrap_or(SignedDuration::MAX),
        still_there(.remaining)
    )]
    TimedOut {
        /// The node.
        node: String,
        /// How long it had.
        limit: Duration,
        /// The pods that are still there, as far as is known.
        remaining: Vec<Remaining>,
        /// What Kubernetes answered last, where that is the trouble.
        #[source]
        source: Option<KubernetesError>,
    },
    /// It was told to stop.
    #[error("drain node {node} before it was stopped{}", still_there(.remaining))]
    Cancelled {
        /// The node.
        node: String,
        /// The pods that are still there, as far as is known.
        remaining: Vec<Remaining>,
    },
    /// Kubernetes does not do as asked, and trying again would not help.
    #[error("drain node {node}")]
    Kubernetes {
        /// The node.
        node: String,
        /// What it answers.
        #[source]
        source: KubernetesError,
    },
}

fn still_there(remaining: &[Remaining]) -> String {
    let pods = remaining.iter().map(|Remaining { pod, because }| match because {
        Some(because) => format!("\n{pod}: {because}"),
        None => format!("\n{pod}"),
    });
    let pods: String = pods.collect();
    if pods.is_empty() { pods } else { format!("; still there:{pods}") }
}

/// Drains a node: cordons it, takes it out of load balancers, and asks its pods to leave until all
/// are gone that can go. Those of daemon sets, those that mirror static pods and those that have
/// finished stay.
///
/// A node that is gone needs no draining. What is done to the node itself is marked as ours on it, in
/// the same change, so that [`undo`] can take back that and nothing else, even in a later run.
///
/// A kubelet that is gone confirms no pod's end: on a node that is not ready, pods count as gone
/// when their grace period is over.
///
/// # Errors
///
/// Time is up, it was cancelled, or Kubernetes denies or refuses something for good. Where the API
/// cannot be reached, it is tried again until time is up.
pub async fn drain(
    writer: &dyn KubernetesWriter,
    node: &str,
    options: &DrainOptions,
    cancel: &CancellationToken,
) -> Result<(), DrainError> {
    let mut drain = Drain::new(writer, node, options);
    let ended = tokio::select! {
        biased;
        () = cancel.cancelled() => None,
        () = sleep(options.limit) => Some(None),
        done = drain.run() => Some(Some(done)),
    };
    let node = node.to_owned();
    let still_there = drain.pods.into_values().filter(|leaving| !leaving.is_gone);
    let remaining = still_there.map(|leaving| leaving.remaining).collect();
    match ended {
        Some(Some(done)) => done.map_err(|source| DrainError::Kubernetes { node, source }),
        Some(None) => {
            let (limit, source) = (options.limit, drain.trouble);
            Err(DrainError::TimedOut { node, limit, remaining, source })
        }
        None => Err(DrainError::Cancelled { node, remaining }),
    }
}

/// Takes back what a drain did to a node, and nothing that was there before. Pods that left do
/// not come back for it. A node that is gone, or that no drain has touched, is left alone.
///
/// # Errors
///
/// Kubernetes does not do it.
pub async fn undo(writer: &dyn KubernetesWriter, node: &str) -> Result<(), KubernetesError> {
    let Some(found) = writer.node(node).await? else { return Ok(()) };
    let Some(ours) = found.annotations.get(OURS) else { return Ok(()) };
    let is_ours = |what: &str| ours.split(',').any(|mark| mark == what);
    let mut change = NodeChange {
        unschedulable: is_ours(CORDON).then_some(false),
        annotations: BTreeMap::from([(OURS.to_owned(), None)]),
        ..NodeChange::default()
    };
    if is_ours(LABEL) {
        change.labels.insert(EXCLUDE_LABEL.to_owned(), None);
    }
    gone_is_fine(writer.change_node(node, &change).await)
}

fn gone_is_fine(result: Result<(), KubernetesError>) -> Result<(), KubernetesError> {
    match result {
        Err(KubernetesError::NotFound(_)) => Ok(()),
        other => other,
    }
}

/// A drain under way.
struct Drain<'a> {
    writer: &'a dyn KubernetesWriter,
    node: &'a str,
    retry: Duration,
    /// The pods that are still there, by uid.
    pods: BTreeMap<String, Leaving>,
    /// What Kubernetes answered last, if it could not be reached.
    trouble: Option<KubernetesError>,
}

/// A pod that is to leave.
struct Leaving {
    remaining: Remaining,
    /// When to ask it (again).
    ask: Instant,
    /// Since when it is known to be on its way out.
    since: Option<Instant>,
    /// Whether it counts as gone.
    is_gone: bool,
}

impl<'a> Drain<'a> {
    fn new(writer: &'a dyn KubernetesWriter, node: &'a str, options: &DrainOptions) -> Self {
        Self { writer, node, retry: options.retry, pods: BTreeMap::new(), trouble: None }
    }

    async fn run(&mut self) -> Result<(), KubernetesError> {
        loop {
            match self.round().await {
                Ok(true) => return Ok(()),
                Ok(false) => self.trouble = None,
                Err(trouble @ KubernetesError::Unreachable(_)) => self.trouble = Some(trouble),
                Err(other) => return Err(other),
            }
            sleep(POLL).await;
        }
    }

    /// Asks whom it is time to ask. Whether the node is drained.
    async fn round(&mut self) -> Result<bool, KubernetesError> {
        let Some(has_kubelet) = set_aside(self.writer, self.node).await? else { return Ok(true) };
        let mut there = self.writer.pods_on(self.node).await?;
        there.retain(is_to_leave);
        let now = Instant::now();
        self.pods.retain(|uid, _| there.iter().any(|pod| pod.uid == *uid));
        for pod in &there {
            let leaving = self.pods.entry(pod.uid.clone()).or_insert_with(|| Leaving::new(pod));
            if pod.is_terminating {
                leaving.remaining.because = None;
                let since = *leaving.since.get_or_insert(now);
                let is_over = now - since >= pod.grace_period.unwrap_or_default();
                leaving.is_gone = !has_kubelet && is_over;
            }
        }
        there.retain(|pod| {
            let leaving = self.pods.get(&pod.uid);
            !pod.is_terminating && leaving.is_some_and(|leaving| leaving.ask <= now)
        });
        self.ask(there).await?;
        Ok(self.pods.values().all(|leaving| leaving.is_gone))
    }

    /// Asks pods to leave.
    async fn ask(&mut self, pods: Vec<Pod>) -> Result<(), KubernetesError> {
        let writer = self.writer;
        let evictions = pods.into_iter().map(|pod| async move { (writer.evict(&pod).await, pod) });
        let heard: Vec<_> = stream::iter(evictions).buffered(AT_ONCE).collect().await;
        let ask = Instant::now() + self.retry;
        let mut failed = None;
        for (answer, pod) in heard {
            let because = match answer {
                // Whether it is gone, the next look says.
                Ok(Eviction::Accepted | Eviction::Gone) | Err(KubernetesError::NotFound(_)) => None,
                Ok(Eviction::Refused(why)) => Some(why),
                Err(trouble @ KubernetesError::Unreachable(_)) => Some(trouble.to_string()),
                Err(other) => {
                    failed = failed.or(Some(other));
                    continue;
                }
            };
            if let Some(leaving) = self.pods.get_mut(&pod.uid) {
                leaving.ask = ask;
                leaving.remaining.because = because;
            }
        }
        failed.map_or(Ok(()), Err)
    }
}

impl Leaving {
    fn new(pod: &Pod) -> Self {
        let remaining = Remaining { pod: format!("{}/{}", pod.namespace, pod.name), because: None };
        Self { remaining, ask: Instant::now(), since: None, is_gone: false }
    }
}

/// Cordons the node and takes it out of load balancers. Whether its kubelet answers; `None` where
/// the node is gone.
async fn set_aside(
    writer: &dyn KubernetesWriter,
    node: &str,
) -> Result<Option<bool>, KubernetesError> {
    let Some(found) = writer.node(node).await? else { return Ok(None) };
    let is_labelled = found.labels.contains_key(EXCLUDE_LABEL);
    if found.is_unschedulable && is_labelled {
        return Ok(Some(found.is_ready));
    }
    let marked = found.annotations.get(OURS).map_or("", String::as_str);
    let is_ours = |what: &str, is_so: bool| !is_so || marked.split(',').any(|mark| mark == what);
    let ours: Vec<_> = [(CORDON, found.is_unschedulable), (LABEL, is_labelled)]
        .into_iter()
        .filter_map(|(what, is_so)| is_ours(what, is_so).then_some(what))
        .collect();
    let label = (!is_labelled).then(|| (EXCLUDE_LABEL.to_owned(), Some(String::new())));
    let change = NodeChange {
        unschedulable: Some(true),
        labels: label.into_iter().collect(),
        annotations: BTreeMap::from([(OURS.to_owned(), Some(ours.join(",")))]),
        ..NodeChange::default()
    };
    match writer.change_node(node, &change).await {
        Ok(()) => Ok(Some(found.is_ready)),
        Err(KubernetesError::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a pod has to leave: daemon sets would bring theirs back at once, static pods are the
/// kubelet's, and what has finished is in nobody's way.
fn is_to_leave(pod: &Pod) -> bool {
    let stays = pod.is_mirror
        || pod.controller.as_deref() == Some("DaemonSet")
        || matches!(pod.phase.as_str(), "Succeeded" | "Failed");
    !stays
}

#[cfg(test)]
mod tests;

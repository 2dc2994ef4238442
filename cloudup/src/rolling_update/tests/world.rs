//! A cluster to try things on: an embedded account, and a Kubernetes whose nodes are its instances.
//! Both look, at every call, whether what must never happen has happened.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use cloudup_engine::Stop;
use cloudup_tasks::{
    cloud::{
        CloudWriter,
        autoscaling::{GroupSettings, TemplateRef, propagated},
        ec2::{Instance, LaunchTemplateData},
        iam::Tags,
    },
    local::{Account, State},
};
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{
    super::{
        Choice, Event, Journal, Progress, RollingOptions, RollingUpdate, RollingUpdateError,
        RollingUpdateReport, Tools, settings::Settings, survey::DETACHED,
    },
    CLUSTER, cluster,
};
use crate::{
    kubernetes::{
        Eviction, KubernetesError, KubernetesReader, KubernetesWriter, Node, NodeChange, Pod,
    },
    manifest::{Cluster, spec::Role},
    names,
    store::StoreError,
};

/// Longer than any run takes, and shorter than a call that hangs.
pub(super) const LONG: Duration = Duration::from_hours(240);

/// A world.
pub(super) struct World {
    pub(super) account: Account,
    pub(super) cluster: Cluster,
    pub(super) options: RollingOptions,
    pub(super) choice: Choice,
    pub(super) stop: Stop,
    /// Whether the cloud alone counts.
    pub(super) cloud_only: bool,
    inside: Mutex<Inside>,
    /// How many calls of Kubernetes and of the journal there were.
    pub(super) calls: AtomicU64,
    /// Cancelled at the call that hangs.
    pub(super) killed: CancellationToken,
    /// The call that hangs for ever.
    pub(super) hangs_at: AtomicU64,
    /// Calls of Kubernetes, from the first on, that are not answered.
    pub(super) away: Mutex<BTreeSet<u64>>,
}

/// What Kubernetes and the journal hold.
#[derive(Debug, Default)]
pub(super) struct Inside {
    /// What is on nodes beside what follows from the account.
    pub(super) nodes: BTreeMap<String, Node>,
    /// The pods that cannot be evicted, by their nodes.
    pub(super) stuck: BTreeSet<String>,
    /// The nodes that are not ready.
    pub(super) broken: BTreeSet<String>,
    /// Nodes whose pod left.
    left: BTreeSet<String>,
    pub(super) progress: Option<Progress>,
    pub(super) told: Vec<String>,
}

impl World {
    /// A cluster whose instances all started from the first version of their template, and whose
    /// groups want the second. `settings` are the cluster's for rolling updates.
    pub(super) async fn new(groups: &[(&str, &str, usize)], settings: &Value, looks: u64) -> Self {
        Self::made(groups, settings, looks, None).await
    }

    /// The same, whose group of that name keeps instances ready: so many with its own.
    pub(super) async fn with_warm_pool(
        groups: &[(&str, &str, usize)],
        name: &str,
        prepared: i32,
    ) -> Self {
        Self::made(groups, &json!(null), 1, Some((name, prepared))).await
    }

    async fn made(
        groups: &[(&str, &str, usize)],
        settings: &Value,
        looks: u64,
        pool: Option<(&str, i32)>,
    ) -> Self {
        let mut cluster = cluster(groups);
        cluster.spec.rolling_update = serde_json::from_value(settings.clone()).unwrap();
        let state = State::from_value(&json!({
            "vpcs": [{ "id": "vpc-1", "cidrBlock": "10.0.0.0/16" }],
            "subnets": [{ "id": "subnet-1", "vpcId": "vpc-1", "availabilityZone": "us-east-1a", "cidrBlock": "10.0.0.0/24" }],
        }));
        let account = Account::in_memory(state.unwrap());
        let world = Self {
            account,
            cluster,
            options: RollingOptions::default(),
            choice: Choice::default(),
            stop: Stop::new(),
            cloud_only: false,
            inside: Mutex::default(),
            calls: AtomicU64::new(0),
            killed: CancellationToken::new(),
            hangs_at: AtomicU64::new(u64::MAX),
            away: Mutex::default(),
        };
        for (name, _, size) in groups {
            world.group(name, *size).await;
        }
        if let Some((name, prepared)) = pool {
            let scaling = CloudWriter::autoscaling(&world.account);
            scaling.put_warm_pool(&world.asg(name), 0, Some(prepared)).await.unwrap();
        }
        for (name, ..) in groups {
            world.next_version(name).await;
        }
        let draft = world.account.draft().unwrap();
        let mut value: Value = serde_json::from_str(&draft.text).unwrap();
        value["instanceStartLooks"] = looks.into();
        world.account.edit(&draft, &value.to_string()).unwrap();
        Self { account: world.account.recording(), ..world }
    }

    fn asg(&self, name: &str) -> String {
        let group = self.cluster.groups.iter().find(|it| it.name() == name).unwrap();
        names::group(name, group.spec.role, CLUSTER)
    }

    async fn group(&self, name: &str, size: usize) {
        let asg = self.asg(name);
        let owned = Tags::from([
            ("KubernetesCluster".to_owned(), CLUSTER.to_owned()),
            ("kops.k8s.io/instancegroup".to_owned(), name.to_owned()),
        ]);
        let data =
            LaunchTemplateData { image_id: Some("ami-1".into()), ..LaunchTemplateData::default() };
        let ec2 = CloudWriter::ec2(&self.account);
        let made = ec2.create_launch_template(&asg, &data, &owned).await.unwrap();
        let size = i32::try_from(size).unwrap();
        let settings = GroupSettings {
            launch_template: Some(TemplateRef { id: made.template_id, version: "$Latest".into() }),
            min_size: Some(size),
            max_size: Some(size + 5),
            subnets: Some(BTreeSet::from(["subnet-1".to_owned()])),
            ..GroupSettings::default()
        };
        let (none, groups) = (BTreeSet::new(), CloudWriter::autoscaling(&self.account));
        let tags = propagated(&owned);
        let made = groups.create_auto_scaling_group(&asg, &settings, &tags, &none, &none);
        made.await.unwrap();
    }

    /// Makes another version of a group's template.
    pub(super) async fn next_version(&self, name: &str) {
        let data =
            LaunchTemplateData { image_id: Some("ami-2".into()), ..LaunchTemplateData::default() };
        let ec2 = CloudWriter::ec2(&self.account);
        let made = ec2.create_launch_template_version(&self.asg(name), Some(1), &data).await;
        made.unwrap();
    }

    pub(super) fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn update(&self) -> RollingUpdate {
        let (cluster, options) = (self.cluster.clone(), self.options.clone());
        RollingUpdate::prepare(cluster, &self.choice, options).unwrap()
    }

    /// What a plan says.
    pub(super) async fn plan(&self) -> RollingUpdateReport {
        let kubernetes = (!self.cloud_only).then_some(self as &dyn KubernetesReader);
        let progress = self.inside().progress.clone();
        self.update().plan(&self.account, kubernetes, progress).await.unwrap()
    }

    /// Replaces what is to be replaced.
    pub(super) async fn run(&self) -> RollingUpdateReport {
        self.try_run().await.unwrap()
    }

    /// The same, until it is killed, if it is: none then.
    pub(super) async fn run_until_killed(&self) -> Option<RollingUpdateReport> {
        tokio::select! {
            () = self.killed.cancelled() => None,
            done = timeout(LONG, self.try_run()) => done.ok()?.ok(),
        }
    }

    async fn try_run(&self) -> Result<RollingUpdateReport, RollingUpdateError> {
        let kubernetes = (!self.cloud_only).then_some(self as &dyn KubernetesWriter);
        let tools = Tools {
            cloud: &self.account,
            kubernetes,
            journal: &mut Kept(self),
            ask: None,
            stop: self.stop.clone(),
        };
        let mut tell = |event: Event<'_>| self.inside().told.push(told(&event));
        self.update().apply(tools, &mut tell).await
    }

    /// What there is in the end: of each group its instances by version and state; then what should
    /// not be there.
    pub(super) fn summary(&self) -> Vec<String> {
        let state = self.account.state().unwrap();
        let mut lines = Vec::new();
        for group in state.auto_scaling_groups.iter() {
            for member in &group.instances {
                let version = member.launch_template.as_ref().map(|it| it.version.clone());
                let version = version.unwrap_or_default();
                lines.push(format!("{} {} v{version}", group.name, member.lifecycle_state));
            }
        }
        for instance in state.instances.iter().filter(|it| it.tags.contains_key(DETACHED)) {
            lines.push(format!("{} is detached or tagged so", instance.id));
        }
        for node in self.nodes_now() {
            if node.is_unschedulable || !node.taints.is_empty() || !node.annotations.is_empty() {
                lines.push(format!("{} carries something: {node:?}", node.name));
            }
        }
        if let Some(progress) = &self.inside().progress {
            lines.push(format!("{progress:?}"));
        }
        lines
    }

    fn running(&self) -> Vec<(Instance, Option<String>)> {
        let state = self.account.state().unwrap();
        let lifecycle = |id: &str| {
            let mut members = state.auto_scaling_groups.iter().flat_map(|it| &it.instances);
            members.find(|it| it.id == id).map(|it| it.lifecycle_state.clone())
        };
        let running = state.instances.iter().filter(|it| it.state == "running");
        running.map(|it| (it.clone(), lifecycle(&it.id))).collect()
    }

    pub(super) fn nodes_now(&self) -> Vec<Node> {
        let running = self.running();
        let mut inside = self.inside();
        let names: BTreeSet<_> = running.iter().map(|(it, _)| name_of(&it.id)).collect();
        inside.nodes.retain(|name, _| names.contains(name));
        let arrived = running.into_iter().filter(|(_, state)| state.as_deref() != Some("Pending"));
        arrived
            .map(|(instance, _)| {
                let name = name_of(&instance.id);
                let is_ready = !inside.broken.contains(&name);
                let kept = inside.nodes.get(&name).cloned().unwrap_or_default();
                Node { name, instance_id: Some(instance.id), is_ready, ..kept }
            })
            .collect()
    }

    /// A call of Kubernetes or of the journal: it may hang for ever, and nothing that must never be
    /// may be so at that moment.
    async fn call(&self) -> u64 {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        if call == self.hangs_at.load(Ordering::SeqCst) {
            self.killed.cancel();
            std::future::pending::<()>().await;
        }
        self.check();
        call
    }

    async fn api(&self) -> Result<(), KubernetesError> {
        let call = self.call().await;
        let away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        if away.contains(&call) {
            return Err(KubernetesError::Unreachable("connection refused".to_owned()));
        }
        Ok(())
    }

    /// What must hold at every moment.
    pub(super) fn check(&self) {
        let state = self.account.state().unwrap();
        let nodes = self.nodes_now();
        let is_cordoned = |id: &str| {
            nodes.iter().any(|it| it.instance_id.as_deref() == Some(id) && it.is_unschedulable)
        };
        let (mut members, mut serving) = (0, 0);
        for of in &self.cluster.groups {
            let group = state.auto_scaling_groups.get(&self.asg(of.name())).unwrap();
            let wanted = usize::try_from(group.desired_capacity).unwrap();
            let in_service = group.instances.iter().filter(|it| it.lifecycle_state == "InService");
            let detached = state.instances.iter().filter(|it| {
                it.tags.get(DETACHED) == Some(&group.name)
                    && group.instances.iter().all(|member| member.id != it.id)
            });
            let ids = in_service.map(|it| &it.id).chain(detached.map(|it| &it.id));
            let there = ids.filter(|id| !is_cordoned(id)).count();
            let total = wanted;
            let limits = Settings::of(&self.cluster, of).limits(of.spec.role, total, total, false);
            assert!(
                there + limits.unavailable >= wanted,
                "{there} of {wanted} instances of {} serve, {limits:?}",
                group.name
            );
            if of.spec.role == Role::ControlPlane {
                members += wanted;
                serving += there;
            }
        }
        assert!(serving + 1 >= members, "{serving} of {members} of the control plane serve");
        assert!(members < 3 || serving > members / 2, "quorum: {serving} of {members}");
    }
}

fn name_of(id: &str) -> String {
    format!("node-{id}")
}

fn told(event: &Event<'_>) -> String {
    serde_json::to_string(event).unwrap()
}

#[async_trait]
impl KubernetesReader for World {
    async fn nodes(&self) -> Result<Vec<Node>, KubernetesError> {
        self.api().await?;
        Ok(self.nodes_now())
    }

    async fn node(&self, name: &str) -> Result<Option<Node>, KubernetesError> {
        self.api().await?;
        Ok(self.nodes_now().into_iter().find(|node| node.name == name))
    }

    async fn pods_on(&self, node: &str) -> Result<Vec<Pod>, KubernetesError> {
        let pods = self.pods(None).await?;
        Ok(pods.into_iter().filter(|pod| pod.node.as_deref() == Some(node)).collect())
    }

    async fn pods(&self, _: Option<&str>) -> Result<Vec<Pod>, KubernetesError> {
        self.api().await?;
        let nodes = self.nodes_now();
        let inside = self.inside();
        let mut pods = Vec::new();
        for node in nodes {
            let pod = |name: &str| Pod {
                namespace: "kube-system".to_owned(),
                name: format!("{name}-{}", node.name),
                uid: format!("{name}-{}", node.name),
                node: Some(node.name.clone()),
                phase: "Running".to_owned(),
                labels: BTreeMap::from([("k8s-app".to_owned(), name.to_owned())]),
                ..Pod::default()
            };
            for app in ["kube-apiserver", "kube-controller-manager", "kube-scheduler"] {
                pods.push(Pod { is_mirror: true, ..pod(app) });
            }
            if !inside.left.contains(&node.name) {
                pods.push(pod("web"));
            }
        }
        Ok(pods)
    }
}

#[async_trait]
impl KubernetesWriter for World {
    async fn change_node(&self, name: &str, change: &NodeChange) -> Result<(), KubernetesError> {
        self.api().await?;
        let node = self.nodes_now().into_iter().find(|node| node.name == name);
        let mut node = node.ok_or_else(|| KubernetesError::NotFound(name.to_owned()))?;
        node.is_unschedulable = change.unschedulable.unwrap_or(node.is_unschedulable);
        let is_gone = |key: &str| change.remove_taints.iter().any(|gone| gone.0 == key);
        node.taints.retain(|taint| !is_gone(&taint.key));
        node.taints.extend(change.taints.iter().cloned());
        for (there, wanted) in
            [(&mut node.labels, &change.labels), (&mut node.annotations, &change.annotations)]
        {
            for (key, value) in wanted {
                match value {
                    Some(value) => there.insert(key.clone(), value.clone()),
                    None => there.remove(key),
                };
            }
        }
        self.inside().nodes.insert(name.to_owned(), node);
        Ok(())
    }

    async fn evict(&self, pod: &Pod) -> Result<Eviction, KubernetesError> {
        self.api().await?;
        let node = pod.node.clone().unwrap_or_default();
        let mut inside = self.inside();
        if inside.stuck.contains(&node) {
            return Ok(Eviction::Refused("the budget is spent".to_owned()));
        }
        inside.left.insert(node);
        Ok(Eviction::Accepted)
    }

    async fn delete_node(&self, _: &str) -> Result<(), KubernetesError> {
        self.api().await
    }
}

/// The journal.
struct Kept<'a>(&'a World);

#[async_trait]
impl Journal for Kept<'_> {
    async fn load(&mut self) -> Result<Option<Progress>, StoreError> {
        self.0.call().await;
        Ok(self.0.inside().progress.clone())
    }

    async fn save(&mut self, progress: Option<&Progress>) -> Result<(), StoreError> {
        self.0.call().await;
        self.0.inside().progress = progress.cloned();
        Ok(())
    }
}

/// The ids of a group's instances.
pub(super) fn ids(world: &World, name: &str) -> Vec<String> {
    let state = world.account.state().unwrap();
    let group = state.auto_scaling_groups.get(&world.asg(name)).unwrap();
    group.instances.iter().map(|it| it.id.clone()).collect()
}

/// The ids of the instances in a group's warm pool.
pub(super) fn warm_ids(world: &World, name: &str) -> Vec<String> {
    let state = world.account.state().unwrap();
    let pool = state.warm_instances.get(&world.asg(name));
    pool.into_iter().flatten().map(|it| it.id.clone()).collect()
}

/// The instances that were terminated, in order.
pub(super) fn terminated(world: &World) -> Vec<String> {
    let calls = world.account.journal().calls.into_iter();
    calls.filter(|call| call.operation.starts_with("Terminate")).map(|it| it.resource).collect()
}

/// Every version-2 group in service, and nothing else.
pub(super) fn fresh(groups: &[(&str, &str, usize)]) -> Vec<String> {
    let cluster = cluster(groups);
    let mut lines = Vec::new();
    for ((name, _, size), of) in groups.iter().zip(&cluster.groups) {
        let asg = names::group(name, of.spec.role, CLUSTER);
        lines.extend(std::iter::repeat_n(format!("{asg} InService v2"), *size));
    }
    lines.sort();
    lines
}

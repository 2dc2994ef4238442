//! The cluster phase: what each instance group's instances start from, and the Auto Scaling group
//! that starts them.

mod amounts;
mod group;
mod tags;
mod template;

use cloudup_engine::{Adder, Graph, Ref, TaskId};
use cloudup_tasks::{
    cloud::{Aws, autoscaling::LifecycleHook},
    ec2::{AutoscalingGroup, AutoscalingLifecycleHook, NetworkRef, SshKey, WarmPool},
};

use super::{Blueprint, Profiles, Run, firewall::Groups, governed, network::Network};
use crate::{
    manifest::{
        InstanceGroup,
        spec::{self, Manager, Subnet, SubnetType},
    },
    names,
    phase::Phase,
};

/// For how many seconds an instance on its way out is waited for, and one on its way into a warm
/// pool.
const TERMINATION_TIMEOUT: i32 = 300;
const WARM_POOL_TIMEOUT: i32 = 600;

/// What templates and groups come after.
#[derive(Debug)]
pub(super) struct Before {
    pub(super) profiles: Profiles,
    pub(super) network: Network,
    pub(super) groups: Groups,
}

/// The key pair, then for each group whose instances an Auto Scaling group starts a template, once
/// its profile and its security groups are ready, the group, in its subnets, and what belongs to it. What is no longer wanted goes after
/// the templates, which may still name it.
pub(super) fn add(blueprint: &Blueprint, graph: &mut Graph<Aws>, run: Run, before: &Before) {
    let cluster = &blueprint.cluster;
    let Before { profiles, network, groups } = before;
    let made = network.by_name(cluster.name());
    let mut first: Vec<TaskId> = profiles.unwanted.clone();
    first.extend(groups.all.clone());
    if let Some(key) = blueprint.ssh_key.as_ref().filter(|_| cluster.spec.ssh_key_name.is_none()) {
        let name = key.pair_name(cluster.name());
        let task = SshKey::new(name, blueprint.owner(), key.line());
        let task = task.tagged(&cluster.spec.cloud_labels);
        first.push(governed(graph, run, Phase::Security).add(task).id().clone());
    }
    for group in &cluster.groups {
        if group.spec.manager == Manager::Karpenter {
            continue;
        }
        let template = governed(graph, run, Phase::Cluster)
            .add(template::of(blueprint, group).in_groups_of(&groups.own).pruning(run.prune));
        let profile = names::profile(group, cluster.name());
        let ready = profiles.ready.get(&profile);
        for before in ready.into_iter().flatten().chain(&first) {
            graph.order(before.clone(), template.id().clone());
        }
        let mut scaling = group::of(blueprint, group, &template).in_subnets_of(&made);
        if let Some(made) = profiles.made.get(&profile) {
            scaling = scaling.made_with(made);
        }
        let scaling = governed(graph, run, Phase::Cluster).add(scaling);
        for subnet in subnets(blueprint, group) {
            if let Some(task) = network.subnets.get(&subnet.name) {
                graph.order(task.id().clone(), scaling.id().clone());
            }
        }
        let tasks = governed(graph, run, Phase::Cluster);
        add_to_group(blueprint, tasks, group, &scaling);
    }
}

/// What instances of a group wait for, and its warm pool.
fn add_to_group(
    blueprint: &Blueprint,
    mut tasks: Adder<'_, Aws>,
    group: &InstanceGroup,
    scaling: &Ref<AutoscalingGroup>,
) {
    let cluster = &blueprint.cluster;
    let name = names::group(group.name(), group.spec.role, cluster.name());
    let mut tasks = tasks.after(scaling);
    let hook = |task: String, name_of_hook: &str, launching: bool, timeout: i32| {
        let (transition, default_result) = if launching {
            ("autoscaling:EC2_INSTANCE_LAUNCHING", "ABANDON")
        } else {
            ("autoscaling:EC2_INSTANCE_TERMINATING", "CONTINUE")
        };
        let hook = LifecycleHook {
            name: name_of_hook.to_owned(),
            transition: transition.to_owned(),
            default_result: default_result.to_owned(),
            heartbeat_timeout: timeout,
        };
        AutoscalingLifecycleHook::new(task, blueprint.owner(), &name, hook)
    };
    let wanted = |tasks: &mut Adder<'_, Aws>, hook: AutoscalingLifecycleHook, is_wanted: bool| {
        if is_wanted { tasks.add(hook) } else { tasks.unwanted(hook) }
    };
    let handler = format!("{}-NTHLifecycleHook", group.name());
    let handler = hook(handler.clone(), &handler, false, TERMINATION_TIMEOUT);
    let handler = wanted(&mut tasks, handler, cluster.spec.has_termination_queue());
    let (own, of_cluster) = (group.spec.warm_pool.as_ref(), cluster.spec.warm_pool.as_ref());
    let pool = spec::WarmPool::of_group(own, of_cluster, group.spec.role);
    let timeout = pool.as_ref().and_then(|pool| pool.lifecycle_hook_timeout);
    let warming = hook(
        format!("kops-warmpool-{}", group.name()),
        "kops-warmpool",
        true,
        timeout.unwrap_or(WARM_POOL_TIMEOUT),
    );
    let is_warming = pool.as_ref().is_some_and(|pool| pool.enable_lifecycle_hook);
    let warming = wanted(&mut tasks, warming, is_warming);
    let mut tasks = tasks.after(&handler);
    let mut tasks = tasks.after(&warming);
    let size = |size: i64| i32::try_from(size).unwrap_or(i32::MAX);
    match pool {
        Some(pool) => tasks.add(WarmPool::new(
            name,
            blueprint.owner(),
            size(pool.min_size),
            pool.max_size.map(size),
        )),
        None => tasks.unwanted(WarmPool::new(name, blueprint.owner(), 0, None)),
    };
}

/// The subnets of a group: those it names, or else those that are for nodes.
fn subnets<'b>(blueprint: &'b Blueprint, group: &InstanceGroup) -> Vec<&'b Subnet> {
    let all = &blueprint.cluster.spec.subnets;
    if !group.spec.subnets.is_empty() {
        let named = group.spec.subnets.iter();
        return named.filter_map(|name| all.iter().find(|it| it.name == *name)).collect();
    }
    let of = |fits: fn(Option<SubnetType>) -> bool| all.iter().filter(move |it| fits(it.kind));
    let plain: Vec<_> =
        of(|kind| !matches!(kind, Some(SubnetType::Utility | SubnetType::DualStack))).collect();
    if plain.is_empty() { of(|kind| kind == Some(SubnetType::DualStack)).collect() } else { plain }
}

/// How a subnet is found: by its id where it exists, or by the name that it has as the cluster's.
fn subnet_ref(subnet: &Subnet, cluster: &str) -> NetworkRef {
    match &subnet.id {
        Some(id) => NetworkRef::Id(id.clone()),
        None => NetworkRef::Named(format!("{}.{cluster}", subnet.name)),
    }
}

//! An instance group.

use super::{Check, rolling_update};
use crate::manifest::{
    InstanceGroup,
    spec::{ClusterSpec, DnsType, Manager, Role, WarmPool},
    suggest::{did_you_mean, one_of},
};

/// What can be told from the group alone.
pub(super) fn check(group: &InstanceGroup, check: &mut Check<'_>) {
    let spec = &group.spec;
    if let Some(hops) = spec.instance_metadata.http_put_response_hop_limit
        && !(1..=64).contains(&hops)
    {
        let message = format!("{hops} is no number of hops");
        check.wrong("spec.instanceMetadata.httpPutResponseHopLimit", message, "write 1 to 64");
    }
    sizes(group, check);
    if spec.manager == Manager::Karpenter && spec.role != Role::Node {
        check.wrong(
            "spec.manager",
            format!(
                "Karpenter manages nodes, and this group is of role {}",
                spec.role.manifest_name()
            ),
            "write CloudGroup, or remove it",
        );
    }
    if let Some(pool) = &spec.warm_pool {
        self::pool("spec.warmPool", pool, check);
    }
    if let Some(settings) = &spec.rolling_update {
        rolling_update::check(settings, Some(spec.role), check);
    }
    labels(group, check);
}

fn sizes(group: &InstanceGroup, check: &mut Check<'_>) {
    let spec = &group.spec;
    for (path, size) in [("spec.minSize", spec.min_size), ("spec.maxSize", spec.max_size)] {
        match size {
            Some(size) if size < 0 => {
                check.wrong(path, format!("{size} is no size"), "write 0 or more");
            }
            Some(size) if size > 1 && spec.role == Role::ControlPlane => check.wrong(
                path,
                "a group of the control plane has one instance",
                "write 1, and add a group for each further member",
            ),
            _ => {}
        }
    }
    if let (Some(min), Some(max)) = (spec.min_size, spec.max_size)
        && max < min
    {
        let message = format!("maxSize is {max}, and minSize {min}");
        check.wrong("spec.maxSize", message, format!("write {min} or more"));
    }
    if spec.role == Role::ControlPlane && spec.subnets.is_empty() && !check.has("spec.subnets") {
        let message = "a group of the control plane says which subnet it is in";
        check.wrong("spec.subnets", message, "give spec.subnets");
    }
}

/// The range of a warm pool's sizes.
pub(super) fn pool(path: &str, pool: &WarmPool, check: &mut Check<'_>) {
    if pool.min_size < 0 {
        check.wrong(
            &format!("{path}.minSize"),
            format!("{} is no size", pool.min_size),
            "write 0 or more",
        );
    }
    match pool.max_size {
        Some(max) if max < 0 => {
            check.wrong(
                &format!("{path}.maxSize"),
                format!("{max} is no size"),
                "write 0 for no pool, or more",
            );
        }
        Some(max) if max < pool.min_size => {
            let message = format!("maxSize is {max}, and minSize {}", pool.min_size);
            check.wrong(
                &format!("{path}.maxSize"),
                message,
                format!("write {} or more", pool.min_size),
            );
        }
        _ => {}
    }
}

fn labels(group: &InstanceGroup, check: &mut Check<'_>) {
    for key in group.spec.node_labels.keys() {
        if key.matches('/').count() > 1 {
            let path = format!("spec.nodeLabels[{key}]");
            check.wrong(
                &path,
                format!("{key:?} has more than one slash"),
                "a label is named PREFIX/NAME",
            );
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    for (index, taint) in group.spec.taints.iter().enumerate() {
        let path = format!("spec.taints[{index}]");
        if !is_taint(taint) {
            let message = format!("{taint:?} is not a taint");
            check.wrong(
                &path,
                message,
                "write KEY=VALUE:EFFECT; an effect is NoSchedule, PreferNoSchedule or NoExecute",
            );
        } else if !seen.insert(taint) {
            check.wrong(&path, format!("{taint:?} is here twice"), "remove one");
        }
    }
}

/// `KEY:EFFECT` or `KEY=VALUE:EFFECT`. kOps also reads `KEY` and `KEY=VALUE`, which have no effect.
fn is_taint(text: &str) -> bool {
    match text.split_once(':') {
        Some((key, effect)) => {
            let known = matches!(effect, "NoSchedule" | "PreferNoSchedule" | "NoExecute");
            known && !key.starts_with('=') && !key.is_empty() && key.matches('=').count() <= 1
        }
        None => false,
    }
}

/// The cluster has the group's subnets.
pub(super) fn check_subnets(group: &InstanceGroup, cluster: &ClusterSpec, check: &mut Check<'_>) {
    let names: Vec<&str> = cluster.subnets.iter().map(|subnet| subnet.name.as_str()).collect();
    for (index, name) in group.spec.subnets.iter().enumerate() {
        if !names.contains(&name.as_str()) {
            let hint =
                did_you_mean(name, names.iter().copied()).unwrap_or_else(|| match names.len() {
                    0 => "give the cluster's spec.subnets".to_owned(),
                    1..9 => format!("write {}", one_of(names.iter().copied())),
                    _ => "name one of the cluster's spec.subnets".to_owned(),
                });
            let message = format!("the cluster has no subnet {name:?}");
            check.wrong(&format!("spec.subnets[{index}]"), message, hint);
        }
    }
}

/// What else can be told from the group and its cluster.
pub(super) fn check_within(group: &InstanceGroup, cluster: &ClusterSpec, check: &mut Check<'_>) {
    let spec = &group.spec;
    if spec.role == Role::ApiServer && cluster.topology.dns.kind == DnsType::None {
        check.wrong(
            "spec.role",
            "nodes find no API servers of their own where spec.topology.dns.type is None",
            "use Master, or give the cluster DNS",
        );
    }
    let Some(pool) =
        WarmPool::of_group(spec.warm_pool.as_ref(), cluster.warm_pool.as_ref(), spec.role)
    else {
        return;
    };
    let (path, off) = ("spec.warmPool", "remove it, or set its maxSize to 0");
    if !matches!(spec.role, Role::Node | Role::ApiServer) {
        let message = format!("groups of role {} have no warm pool", spec.role.manifest_name());
        check.wrong(path, message, off);
    }
    if spec.max_price.is_some() {
        let message = "spot instances (maxPrice) have no warm pool";
        check.wrong(path, message, "set its maxSize to 0, or remove maxPrice");
    }
    if spec.warm_pool.is_some()
        && cluster.warm_pool.is_some()
        && pool.max_size.is_some_and(|max| max < pool.min_size)
    {
        let message = format!(
            "with what the cluster's warm pool says, maxSize is {}, and minSize {}",
            pool.max_size.unwrap_or_default(),
            pool.min_size
        );
        check.wrong(path, message, "give both here");
    }
}

//! A group's Auto Scaling group.

use std::collections::BTreeSet;

use cloudup_engine::{Managed, Ref};
use cloudup_tasks::{
    cloud::autoscaling::{Distribution, InstanceRequirements, Range},
    ec2::{AutoscalingGroup, LaunchTemplate, MixedInstances},
};

use super::{amounts, subnet_ref, subnets, tags};
use crate::{
    manifest::{
        InstanceGroup,
        spec::{self, InstanceGroupSpec, Role, WarmPool},
    },
    model::Blueprint,
    names,
};

const METRICS: [&str; 8] = [
    "GroupDesiredCapacity",
    "GroupInServiceInstances",
    "GroupMaxSize",
    "GroupMinSize",
    "GroupPendingInstances",
    "GroupStandbyInstances",
    "GroupTerminatingInstances",
    "GroupTotalInstances",
];

const WARM_POOL_METRICS: [&str; 8] = [
    "GroupAndWarmPoolDesiredCapacity",
    "GroupAndWarmPoolTotalCapacity",
    "WarmPoolDesiredCapacity",
    "WarmPoolMinSize",
    "WarmPoolPendingCapacity",
    "WarmPoolTerminatingCapacity",
    "WarmPoolTotalCapacity",
    "WarmPoolWarmedCapacity",
];

/// The Auto Scaling group of a group, whose instances start from the template.
pub(super) fn of(
    blueprint: &Blueprint,
    group: &InstanceGroup,
    template: &Ref<LaunchTemplate>,
) -> AutoscalingGroup {
    let (cluster, spec) = (&blueprint.cluster, &group.spec);
    let name = names::group(group.name(), spec.role, cluster.name());
    let mut scaling = AutoscalingGroup::new(name, blueprint.owner(), template)
        .tagged(&tags::of(blueprint, group));
    let default = if spec.role == Role::Node { 2 } else { 1 };
    scaling.min_size = spec.min_size.unwrap_or(default);
    scaling.max_size = spec.max_size.unwrap_or(default.max(scaling.min_size));
    scaling.subnets = subnets(blueprint, group)
        .into_iter()
        .map(|subnet| subnet_ref(subnet, cluster.name()))
        .collect();
    scaling.mixed_instances = mixed_instances(spec);
    scaling.suspended_processes = match &spec.suspend_processes {
        None => Managed::AsFound,
        Some(processes) => Managed::Set(processes.iter().cloned().collect()),
    };
    scaling.instance_protection = spec.instance_protection == Some(true);
    scaling.capacity_rebalance = spec.capacity_rebalance.map_or(Managed::AsFound, Managed::Set);
    scaling.max_instance_lifetime =
        spec.max_instance_lifetime.as_deref().map_or(0, amounts::seconds);
    let pool =
        WarmPool::of_group(spec.warm_pool.as_ref(), cluster.spec.warm_pool.as_ref(), spec.role);
    let more = pool.is_some().then_some(WARM_POOL_METRICS).into_iter().flatten();
    scaling.metrics = METRICS.into_iter().chain(more).map(str::to_owned).collect();
    let balancers = || spec.external_load_balancers.iter();
    scaling.load_balancers = balancers().filter_map(|it| it.load_balancer_name.clone()).collect();
    scaling.target_groups = balancers().filter_map(|it| it.target_group_arn.clone()).collect();
    scaling
}

/// Several instance types, where something asks for them.
fn mixed_instances(spec: &InstanceGroupSpec) -> Option<MixedInstances> {
    let policy = spec.mixed_instances_policy.as_ref()?;
    let spec::MixedInstancesPolicy {
        instances,
        instance_requirements,
        on_demand_allocation_strategy,
        on_demand_base,
        on_demand_above_base,
        spot_allocation_strategy,
        spot_instance_pools,
    } = policy.clone();
    let distribution = Distribution {
        on_demand_allocation_strategy,
        on_demand_base_capacity: on_demand_base,
        on_demand_percentage_above_base_capacity: on_demand_above_base,
        spot_allocation_strategy,
        spot_instance_pools,
        // Said in any case: empty is the price on demand.
        spot_max_price: Some(spec.max_price.clone().unwrap_or_default()),
    };
    let instance_requirements = instance_requirements.map(|it| InstanceRequirements {
        vcpu_count: range(&it.cpu, 1),
        memory_mib: range(&it.memory, amounts::MEGA),
        excluded_instance_types: it.excluded_instance_types.into_iter().collect::<BTreeSet<_>>(),
    });
    Some(MixedInstances { instance_types: instances, instance_requirements, distribution })
}

fn range(bounds: &spec::Bounds, unit: i64) -> Range {
    let amount = |value: &Option<serde_json::Value>| {
        value.as_ref().and_then(|value| amounts::quantity(value, unit))
    };
    Range { min: amount(&bounds.min).unwrap_or(0), max: amount(&bounds.max) }
}

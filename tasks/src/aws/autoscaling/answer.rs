//! What Auto Scaling answers, as the port's types.

use std::collections::BTreeSet;

use aws_sdk_autoscaling::types;

use super::super::error::Operation;
use crate::cloud::{
    CloudError,
    autoscaling::{
        AutoScalingGroup, Distribution, GroupInstance, GroupTag, InstanceRequirements,
        LifecycleHook, MixedInstancesPolicy, Range, TemplateRef, WarmPool,
    },
};

pub(super) fn group(
    op: Operation,
    group: types::AutoScalingGroup,
) -> Result<AutoScalingGroup, CloudError> {
    let subnets = group.vpc_zone_identifier.unwrap_or_default();
    let processes = group.suspended_processes.unwrap_or_default();
    let metrics = group.enabled_metrics.unwrap_or_default();
    let tags = group.tags.unwrap_or_default().into_iter();
    let instances = group.instances.unwrap_or_default().into_iter();
    Ok(AutoScalingGroup {
        name: op.expect(group.auto_scaling_group_name, "group name")?,
        launch_template: group.launch_template.map(template),
        mixed_instances_policy: group.mixed_instances_policy.map(mixed),
        min_size: group.min_size.unwrap_or_default(),
        max_size: group.max_size.unwrap_or_default(),
        desired_capacity: group.desired_capacity.unwrap_or_default(),
        subnets: subnets.split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect(),
        tags: tags
            .filter_map(|tag| {
                let value = tag.value.unwrap_or_default();
                let propagate_at_launch = tag.propagate_at_launch.unwrap_or(false);
                Some((tag.key?, GroupTag { value, propagate_at_launch }))
            })
            .collect(),
        suspended_processes: processes.into_iter().filter_map(|it| it.process_name).collect(),
        enabled_metrics: metrics.into_iter().filter_map(|it| it.metric).collect(),
        instance_protection: group.new_instances_protected_from_scale_in.unwrap_or(false),
        capacity_rebalance: group.capacity_rebalance,
        max_instance_lifetime: group.max_instance_lifetime.unwrap_or_default(),
        load_balancers: set(group.load_balancer_names),
        target_groups: set(group.target_group_arns),
        warm_pool: group.warm_pool_configuration.map(|pool| WarmPool {
            min_size: pool.min_size.unwrap_or_default(),
            max_group_prepared_capacity: pool.max_group_prepared_capacity.filter(|it| *it >= 0),
            status: pool.status.map(|it| it.as_str().to_owned()),
        }),
        status: group.status,
        instances: instances.map(|it| instance(op, it)).collect::<Result<_, _>>()?,
    })
}

pub(super) fn instance(
    op: Operation,
    instance: types::Instance,
) -> Result<GroupInstance, CloudError> {
    let state = instance.lifecycle_state.map(|it| it.as_str().to_owned());
    Ok(GroupInstance {
        id: op.expect(instance.instance_id, "instance id")?,
        lifecycle_state: state.unwrap_or_default(),
        launch_template: instance.launch_template.map(template),
    })
}

fn set(list: Option<Vec<String>>) -> BTreeSet<String> {
    list.unwrap_or_default().into_iter().collect()
}

fn template(template: types::LaunchTemplateSpecification) -> TemplateRef {
    TemplateRef {
        id: template.launch_template_id.unwrap_or_default(),
        version: template.version.unwrap_or_default(),
    }
}

fn mixed(policy: types::MixedInstancesPolicy) -> MixedInstancesPolicy {
    let launch = policy.launch_template;
    let overrides = launch.as_ref().and_then(|it| it.overrides.clone()).unwrap_or_default();
    let mut others = Vec::new();
    let mut instance_requirements = None;
    for it in &overrides {
        for (name, is_said) in [
            ("WeightedCapacity", it.weighted_capacity.is_some()),
            ("LaunchTemplateSpecification", it.launch_template_specification.is_some()),
            ("ImageId", it.image_id.is_some()),
        ] {
            if is_said && !others.iter().any(|other| other == name) {
                others.push(name.to_owned());
            }
        }
        if let Some(requirements) = &it.instance_requirements {
            instance_requirements = Some(self::requirements(requirements));
            if is_richer(requirements) {
                others.push("InstanceRequirements".to_owned());
            }
        }
    }
    let distribution = policy.instances_distribution;
    MixedInstancesPolicy {
        launch_template: launch
            .and_then(|it| it.launch_template_specification)
            .map(template)
            .unwrap_or_default(),
        instance_types: overrides.into_iter().filter_map(|it| it.instance_type).collect(),
        instance_requirements,
        distribution: distribution
            .map(|it| Distribution {
                on_demand_allocation_strategy: it.on_demand_allocation_strategy,
                on_demand_base_capacity: it.on_demand_base_capacity,
                on_demand_percentage_above_base_capacity: it
                    .on_demand_percentage_above_base_capacity,
                spot_allocation_strategy: it.spot_allocation_strategy,
                spot_instance_pools: it.spot_instance_pools,
                spot_max_price: it.spot_max_price,
            })
            .unwrap_or_default(),
        others,
    }
}

fn requirements(requirements: &types::InstanceRequirements) -> InstanceRequirements {
    let vcpus = requirements.v_cpu_count.as_ref();
    let memory = requirements.memory_mib.as_ref();
    InstanceRequirements {
        vcpu_count: Range {
            min: vcpus.and_then(|it| it.min).unwrap_or_default(),
            max: vcpus.and_then(|it| it.max),
        },
        memory_mib: Range {
            min: memory.and_then(|it| it.min).unwrap_or_default(),
            max: memory.and_then(|it| it.max),
        },
        excluded_instance_types: set(requirements.excluded_instance_types.clone()),
    }
}

/// Whether it asks for more than processors, memory and types that are left out.
fn is_richer(requirements: &types::InstanceRequirements) -> bool {
    let known = types::InstanceRequirements::builder()
        .set_v_cpu_count(requirements.v_cpu_count.clone())
        .set_memory_mib(requirements.memory_mib.clone())
        .set_excluded_instance_types(requirements.excluded_instance_types.clone())
        .build();
    let mut bare = requirements.clone();
    // What Auto Scaling fills in by itself, and lists that are there and empty.
    bare.cpu_manufacturers = bare.cpu_manufacturers.filter(|it| !it.is_empty());
    bare.instance_generations = bare.instance_generations.filter(|it| !it.is_empty());
    bare.local_storage_types = bare.local_storage_types.filter(|it| !it.is_empty());
    bare.accelerator_types = bare.accelerator_types.filter(|it| !it.is_empty());
    bare.accelerator_manufacturers = bare.accelerator_manufacturers.filter(|it| !it.is_empty());
    bare.accelerator_names = bare.accelerator_names.filter(|it| !it.is_empty());
    bare.allowed_instance_types = bare.allowed_instance_types.filter(|it| !it.is_empty());
    bare != known
}

pub(super) fn hook(op: Operation, hook: types::LifecycleHook) -> Result<LifecycleHook, CloudError> {
    Ok(LifecycleHook {
        name: op.expect(hook.lifecycle_hook_name, "hook name")?,
        transition: hook.lifecycle_transition.unwrap_or_default(),
        default_result: hook.default_result.unwrap_or_default(),
        heartbeat_timeout: hook.heartbeat_timeout.unwrap_or_default(),
    })
}

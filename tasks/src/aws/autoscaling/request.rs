//! What Auto Scaling is asked, from the port's types.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_autoscaling::types;

use crate::cloud::autoscaling::{
    Distribution, GroupTag, InstanceRequirements, MixedInstancesPolicy, TemplateRef,
};

pub(super) fn template(template: &TemplateRef) -> types::LaunchTemplateSpecification {
    types::LaunchTemplateSpecification::builder()
        .launch_template_id(&template.id)
        .version(&template.version)
        .build()
}

pub(super) fn subnets(ids: &BTreeSet<String>) -> String {
    ids.iter().cloned().collect::<Vec<_>>().join(",")
}

pub(super) fn tags(group: &str, tags: &BTreeMap<String, GroupTag>) -> Vec<types::Tag> {
    tags.iter()
        .map(|(key, tag)| {
            types::Tag::builder()
                .resource_type("auto-scaling-group")
                .resource_id(group)
                .key(key)
                .value(&tag.value)
                .propagate_at_launch(tag.propagate_at_launch)
                .build()
        })
        .collect()
}

pub(super) fn mixed(policy: &MixedInstancesPolicy) -> types::MixedInstancesPolicy {
    let of_type =
        |name: &String| types::LaunchTemplateOverrides::builder().instance_type(name).build();
    let of_requirements = |it: &InstanceRequirements| {
        types::LaunchTemplateOverrides::builder().instance_requirements(requirements(it)).build()
    };
    let overrides: Vec<_> = policy
        .instance_types
        .iter()
        .map(of_type)
        .chain(policy.instance_requirements.iter().map(of_requirements))
        .collect();
    types::MixedInstancesPolicy::builder()
        .launch_template(
            types::LaunchTemplate::builder()
                .launch_template_specification(template(&policy.launch_template))
                .set_overrides(Some(overrides))
                .build(),
        )
        .instances_distribution(distribution(&policy.distribution))
        .build()
}

fn distribution(distribution: &Distribution) -> types::InstancesDistribution {
    types::InstancesDistribution::builder()
        .set_on_demand_allocation_strategy(distribution.on_demand_allocation_strategy.clone())
        .set_on_demand_base_capacity(distribution.on_demand_base_capacity)
        .set_on_demand_percentage_above_base_capacity(
            distribution.on_demand_percentage_above_base_capacity,
        )
        .set_spot_allocation_strategy(distribution.spot_allocation_strategy.clone())
        .set_spot_instance_pools(distribution.spot_instance_pools)
        .set_spot_max_price(distribution.spot_max_price.clone())
        .build()
}

fn requirements(requirements: &InstanceRequirements) -> types::InstanceRequirements {
    let InstanceRequirements { vcpu_count, memory_mib, excluded_instance_types } = requirements;
    let excluded = excluded_instance_types.iter().cloned().collect::<Vec<_>>();
    types::InstanceRequirements::builder()
        .v_cpu_count(
            types::VCpuCountRequest::builder().min(vcpu_count.min).set_max(vcpu_count.max).build(),
        )
        .memory_mib(
            types::MemoryMiBRequest::builder().min(memory_mib.min).set_max(memory_mib.max).build(),
        )
        .set_excluded_instance_types((!excluded.is_empty()).then_some(excluded))
        .build()
}

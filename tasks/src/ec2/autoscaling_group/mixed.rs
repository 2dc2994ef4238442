//! Several instance types in one group.

use serde::Serialize;

use crate::cloud::autoscaling::{
    Distribution, InstanceRequirements, MixedInstancesPolicy, TemplateRef,
};

/// Several instance types in one group, on demand and spot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MixedInstances {
    /// The instance types that may stand in for the template's, dearest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub instance_types: Vec<String>,
    /// What instance types must have, instead of their names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_requirements: Option<InstanceRequirements>,
    /// How instances are shared out; what is `None` is left as found.
    pub distribution: Distribution,
}

impl MixedInstances {
    /// What a policy says, as far as `wanted` says something.
    pub(super) fn found(policy: &MixedInstancesPolicy, wanted: Option<&Self>) -> Self {
        let MixedInstancesPolicy { instance_types, instance_requirements, distribution, .. } =
            policy.clone();
        let distribution = match wanted {
            None => distribution,
            Some(Self { distribution: wanted, .. }) => Distribution {
                on_demand_allocation_strategy: distribution
                    .on_demand_allocation_strategy
                    .filter(|_| wanted.on_demand_allocation_strategy.is_some()),
                on_demand_base_capacity: distribution
                    .on_demand_base_capacity
                    .filter(|_| wanted.on_demand_base_capacity.is_some()),
                on_demand_percentage_above_base_capacity: distribution
                    .on_demand_percentage_above_base_capacity
                    .filter(|_| wanted.on_demand_percentage_above_base_capacity.is_some()),
                spot_allocation_strategy: distribution
                    .spot_allocation_strategy
                    .filter(|_| wanted.spot_allocation_strategy.is_some()),
                spot_instance_pools: distribution
                    .spot_instance_pools
                    .filter(|_| wanted.spot_instance_pools.is_some()),
                // No price is the price on demand.
                spot_max_price: wanted
                    .spot_max_price
                    .is_some()
                    .then(|| distribution.spot_max_price.unwrap_or_default()),
            },
        };
        Self { instance_types, instance_requirements, distribution }
    }

    /// The policy, and what is not asked for as it was.
    pub(super) fn policy(
        &self,
        launch_template: TemplateRef,
        found: Option<&MixedInstancesPolicy>,
    ) -> MixedInstancesPolicy {
        let Self { instance_types, instance_requirements, distribution } = self.clone();
        let found = found.map(|policy| policy.distribution.clone()).unwrap_or_default();
        MixedInstancesPolicy {
            launch_template,
            instance_types,
            instance_requirements,
            distribution: Distribution {
                on_demand_allocation_strategy: distribution
                    .on_demand_allocation_strategy
                    .or(found.on_demand_allocation_strategy),
                on_demand_base_capacity: distribution
                    .on_demand_base_capacity
                    .or(found.on_demand_base_capacity),
                on_demand_percentage_above_base_capacity: distribution
                    .on_demand_percentage_above_base_capacity
                    .or(found.on_demand_percentage_above_base_capacity),
                spot_allocation_strategy: distribution
                    .spot_allocation_strategy
                    .or(found.spot_allocation_strategy),
                spot_instance_pools: distribution.spot_instance_pools.or(found.spot_instance_pools),
                spot_max_price: distribution.spot_max_price.or(found.spot_max_price),
            },
            others: Vec::new(),
        }
    }
}

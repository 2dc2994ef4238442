//! What goes before what.

use std::collections::{BTreeMap, BTreeSet};

use cloudup_engine::{Graph, TaskId};
use cloudup_tasks::{
    cloud::Aws,
    removal::{
        AutoscalingGroups, DhcpOptionSets, EgressOnlyInternetGateways, ElasticIps,
        InstanceProfiles, Instances, InternetGateways, ManagedPolicies, NatGateways, Removable,
        Roles, RouteTables, SHARED_TAG, SecurityGroupRules, SecurityGroups, Subnets, Vpcs,
    },
};

/// A thing, and what may go only after it.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) task: TaskId,
    /// Empty for what could not be listed.
    pub(super) id: String,
    pub(super) needs: Vec<String>,
}

/// Which kinds go before which, where things do not say it of each other: because their listings
/// do not tell, or could not be read.
const BEFORE: [(&str, &str); 14] = [
    (NatGateways::KIND, ElasticIps::KIND),
    (NatGateways::KIND, Subnets::KIND),
    (NatGateways::KIND, InternetGateways::KIND),
    (SecurityGroupRules::KIND, SecurityGroups::KIND),
    (InstanceProfiles::KIND, Roles::KIND),
    (Roles::KIND, ManagedPolicies::KIND),
    (Subnets::KIND, Vpcs::KIND),
    (RouteTables::KIND, Vpcs::KIND),
    (SecurityGroups::KIND, Vpcs::KIND),
    (SecurityGroupRules::KIND, Vpcs::KIND),
    (InternetGateways::KIND, Vpcs::KIND),
    (EgressOnlyInternetGateways::KIND, Vpcs::KIND),
    (NatGateways::KIND, Vpcs::KIND),
    (Vpcs::KIND, DhcpOptionSets::KIND),
];

/// Orders the deletions of all things.
pub(super) fn add(graph: &mut Graph<Aws>, links: &[Link]) {
    let tasks: BTreeMap<_, _> =
        links.iter().filter(|link| !link.id.is_empty()).map(|it| (&it.id, &it.task)).collect();
    let mut orders = BTreeSet::new();
    for first in links {
        let needed = first.needs.iter().filter_map(|id| tasks.get(id)).copied();
        orders.extend(needed.map(|then| (&first.task, then)));
        let later = links.iter().filter(|then| goes_before(first, then));
        orders.extend(later.map(|then| (&first.task, &then.task)));
    }
    for (first, then) in orders {
        graph.order_deletions(first.clone(), then.clone());
    }
}

fn goes_before(first: &Link, then: &Link) -> bool {
    let (kind, other) = (first.task.kind(), then.task.kind());
    // Until they are gone, instances may use anything: their roles above all.
    if is_of_instances(kind) != is_of_instances(other) {
        return is_of_instances(kind);
    }
    // By its tag it is found which things of others the cluster was in.
    if (kind == SHARED_TAG) != (other == SHARED_TAG) {
        return other == SHARED_TAG;
    }
    let is_told = !first.id.is_empty()
        && !matches!(
            (kind, other),
            (Roles::KIND, ManagedPolicies::KIND) | (NatGateways::KIND, InternetGateways::KIND)
        );
    !is_told && BEFORE.contains(&(kind, other))
}

fn is_of_instances(kind: &str) -> bool {
    matches!(kind, AutoscalingGroups::KIND | Instances::KIND)
}

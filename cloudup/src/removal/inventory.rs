//! What of a cluster is there.

use std::{collections::BTreeSet, sync::Arc};

use cloudup_engine::{ErrorKind, Graph, Lifecycle, Source, TaskId};
use cloudup_tasks::{
    cloud::{Aws, CloudReader},
    removal::{
        AutoscalingGroups, DhcpOptionSets, EgressOnlyInternetGateways, ElasticIps,
        InstanceProfiles, Instances, InternetGateways, KeyPairs, LaunchTemplates, ManagedPolicies,
        NatGateways, OidcProviders, Removable, Removal, Roles, RouteTables, SecurityGroupRules,
        SecurityGroups, SharedTags, Subnets, Thing, Vpcs, Whose,
    },
};

use super::order::{self, Link};
use crate::{
    environment::{EnvironmentError, patiently},
    kinds,
    manifest::{Cluster, InstanceGroup},
    names,
    phase::Phase,
};

/// Which part of what a cluster owns is meant.
#[derive(Clone, Debug)]
pub(super) enum Of {
    /// All of it.
    Cluster,
    /// What only one instance group uses.
    Group {
        /// The instance group's name.
        group: String,
        /// Its Auto Scaling group's, and its launch template's.
        name: String,
        /// The role and the instance profile, if no other group has them.
        role: Option<String>,
    },
}

impl Of {
    pub(super) fn group(cluster: &Cluster, group: &InstanceGroup) -> Self {
        let profile = names::profile(group, cluster.name());
        let others = cluster.groups.iter().filter(|other| other.name() != group.name());
        let is_shared = others.into_iter().any(|it| names::profile(it, cluster.name()) == profile);
        let is_ours = names::existing_profile(group).is_none();
        Self::Group {
            group: group.name().to_owned(),
            name: names::group(group.name(), group.spec.role, cluster.name()),
            role: (is_ours && !is_shared).then_some(profile),
        }
    }

    /// Whether a thing of this kind can be meant at all.
    fn concerns(&self, kind: &str) -> bool {
        match self {
            Self::Cluster => true,
            Self::Group { role, .. } => match kind {
                AutoscalingGroups::KIND | Instances::KIND | LaunchTemplates::KIND => true,
                InstanceProfiles::KIND | Roles::KIND | ManagedPolicies::KIND => role.is_some(),
                _ => false,
            },
        }
    }

    /// Whether a thing is meant. `templates` are the ids of the templates of the groups meant.
    fn means(&self, kind: &str, thing: &Thing, templates: &BTreeSet<String>) -> bool {
        // What could not be listed may be meant.
        if thing.id.is_empty() {
            return true;
        }
        let Self::Group { group, name, role } = self else { return true };
        match kind {
            AutoscalingGroups::KIND => thing.name == *name,
            LaunchTemplates::KIND => thing.name == *name || templates.contains(&thing.id),
            Instances::KIND => {
                let tags = thing.tags.as_ref();
                tags.and_then(|tags| tags.get(INSTANCE_GROUP)) == Some(group)
            }
            ManagedPolicies::KIND => names::role_of_overflow_policy(&thing.name) == role.as_deref(),
            _ => Some(&thing.name) == role.as_ref(),
        }
    }
}

/// The tag by which kOps says which instance group an instance is of. It stays on instances that
/// were detached.
const INSTANCE_GROUP: &str = "kops.k8s.io/instancegroup";

/// Gives each kind its place: a list of what there is.
macro_rules! inventory {
    ($($list:ident: $kind:ident),* $(,)?) => {
        /// What of a cluster is there, kind by kind.
        #[derive(Debug)]
        pub(super) struct Inventory {
            $($list: Vec<Removal<$kind>>,)*
        }

        impl Inventory {
            /// Looks for what is there.
            pub(super) async fn take(
                reader: &(dyn CloudReader + 'static),
                whose: &Whose,
                of: &Of,
            ) -> Result<Self, EnvironmentError> {
                let mut inventory = Self { $($list: listed(reader, whose, of).await?,)* };
                let templates = inventory.templates(of);
                $(inventory.$list.retain(|it| of.means($kind::KIND, it.thing(), &templates));)*
                Ok(inventory)
            }

            /// A task for each thing, in the order in which they can go.
            pub(super) fn graph(
                &self,
                lifecycle: impl Fn(Phase) -> (Arc<dyn Lifecycle>, Source),
            ) -> Graph<Aws> {
                let mut graph = kinds::empty_graph();
                let mut links = Vec::new();
                $(add(&mut graph, &mut links, &self.$list, &lifecycle);)*
                order::add(&mut graph, &links);
                graph
            }
        }
    };
}

inventory! {
    groups: AutoscalingGroups,
    instances: Instances,
    templates: LaunchTemplates,
    key_pairs: KeyPairs,
    profiles: InstanceProfiles,
    roles: Roles,
    policies: ManagedPolicies,
    providers: OidcProviders,
    rules: SecurityGroupRules,
    security_groups: SecurityGroups,
    nat_gateways: NatGateways,
    addresses: ElasticIps,
    route_tables: RouteTables,
    internet_gateways: InternetGateways,
    egress_only: EgressOnlyInternetGateways,
    subnets: Subnets,
    vpcs: Vpcs,
    dhcp_options: DhcpOptionSets,
    shared_tags: SharedTags,
}

impl Inventory {
    /// The ids of what the groups that are meant start their instances from.
    fn templates(&self, of: &Of) -> BTreeSet<String> {
        let meant = self
            .groups
            .iter()
            .filter(|group| of.means(AutoscalingGroups::KIND, group.thing(), &BTreeSet::new()));
        meant.flat_map(|group| group.needs().iter().cloned()).collect()
    }
}

/// What there is of one kind; where it may not be listed, what stands for all of it.
async fn listed<K: Removable>(
    reader: &(dyn CloudReader + 'static),
    whose: &Whose,
    of: &Of,
) -> Result<Vec<Removal<K>>, EnvironmentError> {
    if !of.concerns(K::KIND) {
        return Ok(Vec::new());
    }
    let listed = patiently("look for what the cluster owns", async || {
        Removal::<K>::all(reader, whose).await
    });
    match listed.await {
        Err(EnvironmentError::Cloud { source, .. }) if source.kind() == ErrorKind::Denied => {
            Ok(vec![Removal::unlisted(whose)])
        }
        answer => answer,
    }
}

fn add<K: Removable>(
    graph: &mut Graph<Aws>,
    links: &mut Vec<Link>,
    things: &[Removal<K>],
    lifecycle: &impl Fn(Phase) -> (Arc<dyn Lifecycle>, Source),
) {
    let (lifecycle, source) = lifecycle(kinds::phase(K::KIND).unwrap_or(Phase::Network));
    let mut adder = graph.under(lifecycle, source);
    for thing in things {
        let task: TaskId = adder.unwanted(thing.clone()).id().clone();
        links.push(Link { task, id: thing.id().to_owned(), needs: thing.needs().to_vec() });
    }
}

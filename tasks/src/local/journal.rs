//! What happened to an account, call by call and state by state: for tests that ask what was ever
//! the case.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Call, OidcProvider, State, state::DocumentText};
use crate::cloud::{iam::Tags, vpc::Permission};

/// What happened to an account since recording began.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Journal {
    /// Every call, in the order they came, those that failed included.
    pub calls: Vec<Call>,
    /// The account after each call that changed it, in order.
    pub moments: Vec<Moment>,
}

impl Journal {
    /// The calls that were to change something.
    pub fn writes(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter().filter(|call| call.writes)
    }
}

/// What an account held after a call that changed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// The call.
    pub after: Call,
    /// Its roles by name.
    pub roles: BTreeMap<String, RoleMoment>,
    /// Its instance profiles by name.
    pub instance_profiles: BTreeMap<String, ProfileMoment>,
    /// Its OpenID Connect providers by URL.
    pub oidc_providers: BTreeMap<String, OidcProvider>,
    /// Its managed policies by ARN.
    pub managed_policies: BTreeMap<String, PolicyMoment>,
    /// The tags of what EC2 and Auto Scaling keep, by id, or by name where there is none.
    pub tags: BTreeMap<String, Tags>,
    /// What its security groups let through, by id.
    pub security_groups: BTreeMap<String, BTreeSet<Permission>>,
    /// Its route tables by id.
    pub route_tables: BTreeMap<String, RouteTableMoment>,
}

/// What a route table was at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RouteTableMoment {
    /// What packets went through, by destination.
    pub routes: BTreeMap<String, String>,
    /// The ids of the subnets that had chosen it.
    pub subnets: BTreeSet<String>,
}

/// What a managed policy was at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyMoment {
    /// The document in force.
    pub document: String,
    /// Its tags.
    pub tags: Tags,
}

/// What a role was at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoleMoment {
    /// Who might assume it.
    pub assume_role_policy_document: String,
    /// What bounded it.
    pub permissions_boundary: Option<String>,
    /// Its inline policies by name.
    pub inline_policies: BTreeMap<String, String>,
    /// The ARNs of its managed policies.
    pub attached_policies: BTreeSet<String>,
    /// Its tags.
    pub tags: Tags,
}

/// What an instance profile was at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProfileMoment {
    /// The role in it.
    pub role: Option<String>,
    /// Its tags.
    pub tags: Tags,
}

impl Moment {
    pub(super) fn of(state: &State, after: Call) -> Self {
        let text = |DocumentText(text): &DocumentText| text.clone();
        let roles = state.roles.iter().map(|role| {
            let moment = RoleMoment {
                assume_role_policy_document: text(&role.assume_role_policy_document),
                permissions_boundary: role.permissions_boundary.clone(),
                inline_policies: role
                    .inline_policies
                    .iter()
                    .map(|(name, document)| (name.clone(), text(document)))
                    .collect(),
                attached_policies: role.attached_policies.clone(),
                tags: role.tags.clone(),
            };
            (role.name.clone(), moment)
        });
        let profiles = state.instance_profiles.iter().map(|profile| {
            let role = profile.role.as_ref().map(|role| role.name.clone());
            (profile.name.clone(), ProfileMoment { role, tags: profile.tags.clone() })
        });
        let providers = state.oidc_providers.iter().map(|one| (one.url.clone(), one.clone()));
        let policies = state.managed_policies.iter().map(|policy| {
            let document = policy.in_force().map(text).unwrap_or_default();
            (policy.arn.clone(), PolicyMoment { document, tags: policy.tags.clone() })
        });
        Self {
            after,
            roles: roles.collect(),
            instance_profiles: profiles.collect(),
            oidc_providers: providers.collect(),
            managed_policies: policies.collect(),
            tags: state.tags_by_id(),
            security_groups: state
                .security_groups
                .iter()
                .map(|group| {
                    let permissions = group.rules.iter().map(|rule| rule.permission.clone());
                    (group.id.clone(), permissions.collect())
                })
                .collect(),
            route_tables: state
                .route_tables
                .iter()
                .map(|table| {
                    let (routes, subnets) = (table.routes.clone(), table.associations.clone());
                    (table.id.clone(), RouteTableMoment { routes, subnets })
                })
                .collect(),
        }
    }
}

impl State {
    /// The tags of what EC2 and Auto Scaling keep, by id, or by name where there is none.
    pub fn tags_by_id(&self) -> BTreeMap<String, Tags> {
        macro_rules! each {
        ($($list:ident by $key:ident),* $(,)?) => {
            std::iter::empty()$(.chain(
                self.$list.iter().map(|thing| (thing.$key.clone(), thing.tags.clone())),
            ))*
        };
    }
        let groups = self.auto_scaling_groups.iter();
        let groups = groups.map(|group| (group.name.clone(), group.tag_values()));
        let rules = self.security_groups.iter().flat_map(|group| &group.rules);
        let rules = rules.map(|rule| (rule.id.clone(), rule.tags.clone()));
        each![
            vpcs by id,
            dhcp_options by id,
            internet_gateways by id,
            egress_only_internet_gateways by id,
            subnets by id,
            route_tables by id,
            elastic_ips by id,
            nat_gateways by id,
            security_groups by id,
            key_pairs by name,
            launch_templates by id,
        ]
        .chain(groups)
        .chain(rules)
        .collect()
    }
}

//! The roles of service accounts: those of add-ons, and those that the manifest gives away.

use std::collections::BTreeSet;

use cloudup_engine::{Graph, lifecycle::WarnIfInsufficientAccess};
use cloudup_tasks::{cloud::Aws, iam::IamRole};

use super::{
    Blueprint, Profiles, Run, WarnIfLeftOver,
    documents::{self, RoleOf},
    governed, watched,
};
use crate::{
    boundaries,
    environment::Environment,
    explain::Subject,
    issuer::issuer,
    manifest::{Cluster, spec::Role},
    names,
    phase::Phase,
    policy::{InlinePolicies, PolicyError, service_account_trust},
    service_accounts::{AddOn, ServiceAccount},
};

/// A service account, with what its role may do.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountRole {
    /// Whose role it is.
    pub account: ServiceAccount,
    /// Its inline policy.
    pub policies: InlinePolicies,
    /// The ARNs of the managed policies that are to be attached to it, where they are governed:
    /// those of accounts that the manifest gives away are, those of add-ons are not.
    pub attached: Option<BTreeSet<String>>,
}

/// The accounts that are to have roles.
pub(super) fn wanted(
    cluster: &Cluster,
    environment: &Environment,
    errors: &mut Vec<PolicyError>,
) -> Vec<AccountRole> {
    let add_ons = AddOn::ALL.into_iter().filter(|add_on| add_on.has_role(&cluster.spec));
    let mut roles: Vec<_> = add_ons
        .map(|add_on| AccountRole {
            account: add_on.account(),
            policies: InlinePolicies::of_add_on(cluster, environment, add_on),
            attached: None,
        })
        .collect();
    for (index, entry) in cluster.spec.iam.service_account_external_permissions.iter().enumerate() {
        let arns = entry.aws.iter().flat_map(|aws| &aws.policy_arns);
        let attached: BTreeSet<_> = arns.cloned().collect();
        match InlinePolicies::of_service_account(index, entry) {
            Ok(policies) => roles.push(AccountRole {
                account: entry.into(),
                policies,
                // An entry says all that its role may do: without ARNs nothing is attached.
                attached: Some(attached),
            }),
            Err(error) => errors.push(error),
        }
    }
    roles
}

/// A role for each account that is to have one, with what it may do. Those of others go: of
/// add-ons, once the control plane may do what they did, and of accounts that the manifest no
/// longer names.
pub(super) fn add(blueprint: &Blueprint, graph: &mut Graph<Aws>, run: Run, profiles: &Profiles) {
    let Blueprint { cluster, environment, accounts, .. } = blueprint;
    let issuer = issuer(cluster, &environment.region);
    let mut security = governed(graph, run, Phase::Security);
    for AccountRole { account, attached, .. } in accounts {
        // The role's own policy has its name.
        let name = account.role_name(cluster.name());
        let trust = service_account_trust(account, &issuer, environment);
        let boundary = boundaries::arn_of(cluster, &Subject::ServiceAccount(account.clone()));
        let role = security.add(
            IamRole::new(&name, blueprint.owner(), trust)
                .bounded_by(boundary)
                .tagged(cluster.spec.cloud_labels.clone())
                .tagged(account.tags())
                .within(environment.quotas),
        );
        let (made_by, attached) = (&role, attached.clone());
        let of_role = RoleOf { name: &name, made_by, attached, has_additional: false };
        documents::add(blueprint, &mut security, of_role);
    }
    let restricted_to_another = run.phase.is_some_and(|phase| phase != Phase::Security);
    let mut leftovers = if restricted_to_another {
        watched(graph, run, Phase::Security, WarnIfLeftOver)
    } else {
        // By their names alone they need not be ours, nor be there, nor be for us to read.
        watched(graph, run, Phase::Security, WarnIfInsufficientAccess)
    };
    let wanted: BTreeSet<_> =
        accounts.iter().map(|role| role.account.role_name(cluster.name())).collect();
    let of_add_ons = AddOn::ALL.map(|add_on| add_on.account().role_name(cluster.name()));
    let mut known: BTreeSet<_> =
        environment.account_roles.iter().cloned().chain(of_add_ons).collect();
    // A name that was cut early does not say whose it is.
    known.retain(|name| blueprint.own_roles.iter().all(|own| own.name != *name));
    let mut gone = Vec::new();
    for name in known.difference(&wanted) {
        let policies = documents::add_leftovers(blueprint, &mut leftovers, name);
        let role = leftovers.unwanted(IamRole::unwanted(name, blueprint.owner())).id().clone();
        for policy in policies {
            leftovers.order(policy, role.clone());
        }
        gone.push(role);
    }
    // Policies of roles that are gone already.
    let of_instances: BTreeSet<_> = Role::ALL
        .map(|role| names::instance_role(role, cluster.name()))
        .into_iter()
        .chain(blueprint.own_roles.iter().map(|own| own.name.clone()))
        .chain(environment.group_roles.iter().cloned())
        .collect();
    for policy in &environment.own_policies {
        let role = names::role_of_overflow_policy(policy).unwrap_or_default();
        if !known.contains(role) && !wanted.contains(role) && !of_instances.contains(role) {
            leftovers.unwanted(blueprint.unwanted_policy(policy));
        }
    }
    let control_plane = names::instance_role(Role::ControlPlane, cluster.name());
    for ready in profiles.ready.get(&control_plane).into_iter().flatten() {
        for role in &gone {
            graph.order(role.clone(), ready.clone());
        }
    }
}

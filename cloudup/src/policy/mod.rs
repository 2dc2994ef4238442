//! What the roles of a cluster's instances, add-ons and service accounts may do: kOps'
//! permissions, one statement a reason.
//!
//! [`InlinePolicies`] are what the model gives to a role. Which part of the manifest asks
//! for which permissions is read from top to bottom in this file; what they consist of is in a
//! file for each concern, with a few words on what for.
//!
//! # Sids
//!
//! Every statement carries a Sid which names its reason and is unique in the document; statements
//! are in the order of their Sids and everything in them is sorted, so the same manifest always
//! gives the same bytes. A statement that the manifest gives keeps its Sid, or gets one that says
//! where it stands: `AdditionalPolicy2` is the second one in `spec.additionalPolicies` of a role.

mod add_ons;
mod autoscaler;
mod budget;
mod ccm;
mod cert_manager;
mod cni;
mod dns;
mod ebs_csi;
mod ecr;
mod etcd;
mod features;
mod given;
mod inline;
mod karpenter;
mod kms;
mod lbc;
mod node;
mod nth;
mod permissions;
mod request;
mod security_groups;
mod spill;
mod state_store;
mod trust;

use cloudup_tasks::policy::DocumentError;

pub(crate) use self::budget::Budget;
pub use self::{
    budget::{Fitted, Part, RoleOverBudget},
    inline::InlinePolicies,
    trust::{instance_trust, service_account_trust},
};
use self::{
    features::Features,
    permissions::{Permissions, Scope},
};
pub(crate) use self::{
    request::Request,
    trust::{account_trust_request, instance_trust_request},
};
use crate::{
    because::{Asked, Because},
    environment::Environment,
    group_roles,
    manifest::{
        Cluster,
        spec::{ClusterSpec, Role},
    },
    service_accounts::ServiceAccount,
};

/// Why a role's policy cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// It is not said where the cluster's configuration is.
    #[error(
        "spec.configBase is missing, and the control plane must be allowed to read what is there"
    )]
    NoConfigBase,
    /// Instances cannot be allowed to read a location.
    #[error("instances cannot be given access to {location:?}: a store is at s3://BUCKET/KEY")]
    UnreadableStore {
        /// The location.
        location: String,
    },
    /// What the manifest adds is not a list of statements.
    #[error("spec.additionalPolicies.{key} is not a list of statements", key = role.policy_key())]
    Additional {
        /// The role it is for.
        role: Role,
        /// What is wrong.
        source: DocumentError,
    },
    /// What an instance group is given for itself is not a list of statements.
    #[error(
        "annotation {} of instance group {group} is not a list of statements",
        group_roles::ADDITIONAL
    )]
    Group {
        /// The group's name.
        group: String,
        /// What is wrong.
        source: DocumentError,
    },
    /// What the manifest gives to a service account is not a list of statements.
    #[error("the inlinePolicy of service account {account} is not a list of statements")]
    Inline {
        /// Whose it is.
        account: ServiceAccount,
        /// What is wrong.
        source: DocumentError,
    },
}

impl<'a> Scope<'a> {
    fn of(cluster: &'a Cluster, environment: &'a Environment) -> Self {
        let Environment { partition, region, .. } = environment;
        Self { partition, region, cluster: cluster.name() }
    }
}

/// What asks for a role of instances: each group that has it.
pub(crate) fn groups(cluster: &Cluster, role: Role) -> Asked {
    let groups = cluster.groups.iter().filter(|group| group.spec.role == role);
    groups.map(|group| Because::of_group(group, "spec.role")).collect()
}

/// What instances of `role` may do.
fn instance_permissions<'a>(
    cluster: &'a Cluster,
    environment: &'a Environment,
    role: Role,
) -> Result<Permissions<'a>, PolicyError> {
    let mut permissions = Permissions::new(Scope::of(cluster, environment), groups(cluster, role));
    let to = &mut permissions;
    let spec = &cluster.spec;
    let has = Features::of(cluster, role);
    match role {
        Role::ControlPlane => {
            control_plane(to, spec, &has)?;
            let zone = environment.hosted_zone_id.as_deref();
            to.because(&has.add_ons, |to| add_ons::on_control_plane(to, spec, &has, zone));
        }
        Role::ApiServer => api_server(to, spec, &has)?,
        Role::Node => node(to, &has),
        Role::Bastion => {}
    }
    Ok(permissions)
}

/// The control plane itself, without the controllers that run on it.
fn control_plane(
    to: &mut Permissions<'_>,
    spec: &ClusterSpec,
    has: &Features,
) -> Result<(), PolicyError> {
    etcd::volumes(to);
    node::kops_controller(to);
    to.because(&has.ipv6, node::kops_controller_ipam);
    state_store::read(to, spec)?;
    state_store::write_backups(to, spec)?;
    keys(to, has);
    any_node(to, has);
    to.because(&has.cilium_eni, cni::cilium_eni);
    Ok(())
}

/// API servers without etcd.
fn api_server(
    to: &mut Permissions<'_>,
    spec: &ClusterSpec,
    has: &Features,
) -> Result<(), PolicyError> {
    state_store::read(to, spec)?;
    keys(to, has);
    any_node(to, has);
    to.because(&has.cilium_eni, cni::cilium_eni);
    to.because(&has.warm_pool_hook, node::warm_pool_hook);
    Ok(())
}

/// Workers, which often need nothing at all.
fn node(to: &mut Permissions<'_>, has: &Features) {
    any_node(to, has);
    to.because(&has.kube_router, cni::kube_router);
    to.because(&has.warm_pool_hook, node::warm_pool_hook);
}

/// Whoever runs an API server uses keys: by way of EC2 and S3, or directly.
fn keys(to: &mut Permissions<'_>, has: &Features) {
    kms::grants(to, "Whoever runs an API server has encrypted volumes attached");
    to.because(&has.encryption_config, kms::data_directly);
    to.because(&has.keys_via_services, |to| {
        kms::data_via_services(to, "Whoever runs an API server uses encrypted volumes and buckets");
    });
}

/// Whatever runs pods: images, the pod network, and starting up.
fn any_node(to: &mut Permissions<'_>, has: &Features) {
    to.because(&has.instance_types, node::instance_types);
    to.because(&has.ipv6, node::ipv6_addresses);
    to.because(&has.registry, ecr::registry);
    to.because(&has.pull_through, ecr::pull_through);
    to.because(&has.amazon_vpc, cni::amazon_vpc);
    to.because(&has.calico_check, cni::calico);
    to.because(&has.kindnet, cni::kindnet);
}

#[cfg(test)]
pub(crate) mod tests;

//! A run's view of a cloud: identical reads are one call, and what the run changed is read again.
//!
//! A [`Snapshot`] stands before an adapter for the length of one run. Tasks that ask the same,
//! even at the same time, share one call. Writes pass through, and what they touch is forgotten.
//! Errors are not remembered, but for that something is not there; and not even that about
//! something that the run itself changed, since it may only not have arrived yet.
//!
//! Where `GetAccountSummary` is denied, the answer is AWS's default quotas
//! ([`Quotas::default`](crate::cloud::iam::Quotas)): whoever may not ask is held to those.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! use std::sync::Arc;
//! use cloudup_tasks::{cloud::{CloudReader, CloudWriter}, local::{Account, State}};
//! use cloudup_tasks::snapshot::Snapshot;
//!
//! let account = Arc::new(Account::in_memory(State::default()).recording());
//! let snapshot = Snapshot::of_writer(account.clone());
//! for _ in 0..3 {
//!     snapshot.reader().sts().get_caller_identity().await?;
//! }
//! assert_eq!(account.journal().calls.len(), 1);
//! # Ok::<_, cloudup_tasks::cloud::CloudError>(())
//! # }).unwrap();
//! ```

mod autoscaling;
mod calls;
mod ec2;
mod reads;
#[cfg(test)]
mod tests;
mod vpc;
mod writes;

use std::{fmt, sync::Arc};

use self::calls::Calls;
use crate::cloud::{
    CloudReader, CloudWriter, Page,
    autoscaling::{AutoScalingGroup, LifecycleHook},
    ec2::{Image, InstanceType, KeyPair, LaunchTemplate, LaunchTemplateVersion},
    iam::{
        AttachedPolicy, InstanceProfile, ManagedPolicy, OidcProvider, PolicyVersion, Quotas, Role,
        WireDocument,
    },
    route53::HostedZone,
    sts::CallerIdentity,
};

/// A run's view of the cloud `S`; see the [module](self).
pub struct Snapshot<S> {
    source: S,
    answers: Arc<Answers>,
}

/// A view that only reads.
pub type ReadSnapshot = Snapshot<Arc<dyn CloudReader>>;

/// A view that writes too.
pub type WriteSnapshot = Snapshot<Arc<dyn CloudWriter>>;

impl ReadSnapshot {
    /// A view of a cloud that is only read.
    pub fn of_reader(source: Arc<dyn CloudReader>) -> Self {
        Self { source, answers: Arc::default() }
    }
}

impl WriteSnapshot {
    /// A view of a cloud that is written too.
    pub fn of_writer(source: Arc<dyn CloudWriter>) -> Self {
        Self { source, answers: Arc::default() }
    }
}

impl<S> fmt::Debug for Snapshot<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot").finish_non_exhaustive()
    }
}

/// A cloud that a [`Snapshot`] can stand before.
pub trait Source: Clone + Send + Sync + 'static {
    /// Its reading half.
    fn reader(&self) -> &(dyn CloudReader + 'static);
}

impl Source for Arc<dyn CloudReader> {
    fn reader(&self) -> &(dyn CloudReader + 'static) {
        self.as_ref()
    }
}

impl Source for Arc<dyn CloudWriter> {
    fn reader(&self) -> &(dyn CloudReader + 'static) {
        self.as_ref().reader()
    }
}

/// What was answered so far, by call.
///
/// The first part of a key is the role, profile, policy, issuer, template or group that the answer
/// is about, and empty for listings; the second is what else was asked.
#[derive(Default)]
struct Answers {
    role: Calls<Role>,
    roles: Calls<Page<Role>>,
    role_policy: Calls<WireDocument>,
    role_policies: Calls<Page<String>>,
    attached: Calls<Page<AttachedPolicy>>,
    policy: Calls<ManagedPolicy>,
    policy_version: Calls<WireDocument>,
    policy_versions: Calls<Page<PolicyVersion>>,
    policies: Calls<Page<ManagedPolicy>>,
    profile: Calls<InstanceProfile>,
    profiles: Calls<Page<InstanceProfile>>,
    profiles_for_role: Calls<Page<InstanceProfile>>,
    oidc_provider: Calls<OidcProvider>,
    oidc_providers: Calls<Vec<String>>,
    quotas: Calls<Quotas>,
    identity: Calls<CallerIdentity>,
    zones: Calls<Page<HostedZone>>,
    templates: Calls<Page<LaunchTemplate>>,
    template_versions: Calls<Page<LaunchTemplateVersion>>,
    images: Calls<Vec<Image>>,
    instance_types: Calls<InstanceType>,
    key_pairs: Calls<KeyPair>,
    key_pair_lists: Calls<Vec<KeyPair>>,
    groups: Calls<Page<AutoScalingGroup>>,
    hooks: Calls<Vec<LifecycleHook>>,
    network: vpc::Network,
}

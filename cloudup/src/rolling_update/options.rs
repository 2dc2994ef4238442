//! How instances are replaced, as whoever starts it says.

use std::{collections::BTreeSet, time::Duration};

use async_trait::async_trait;

/// How instances are replaced. What the manifests say is in
/// [`RollingUpdate`](crate::manifest::spec::RollingUpdate).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollingOptions {
    /// Replace instances that are up to date as well.
    pub force: bool,
    /// Replace these instances, whether they are up to date or not, and no others; all that are to
    /// be replaced, if there are none. They are drained and terminated whatever the manifests say.
    pub only: BTreeSet<String>,
    /// Whether there may be instances beyond those wanted.
    pub surge: Surge,
    /// How long to wait after an instance of a bastion group was terminated or detached.
    pub bastion_interval: Duration,
    /// The same for the control plane.
    pub control_plane_interval: Duration,
    /// The same for nodes and API servers.
    pub node_interval: Duration,
    /// How long a node may take to drain.
    pub drain_timeout: Duration,
    /// How long to wait after a node is drained, before its instance is terminated.
    pub post_drain_delay: Duration,
    /// How long the cluster may take to be well after something was done, and how long it is waited
    /// for room.
    pub validation_timeout: Duration,
    /// How often in a row the cluster has to be found well. With 0 Kubernetes is not asked whether it
    /// is: that instances are in service has to do.
    pub validate_count: u32,
    /// Whether a node that does not drain ends its group's turn; or else the instance is terminated
    /// all the same.
    pub fail_on_drain_error: bool,
    /// Whether a cluster that is not well in time ends the run; or else what is wrong then is put up
    /// with.
    pub fail_on_validate_error: bool,
}

/// Whether there may be instances beyond those wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surge {
    /// As many as the manifests say.
    AsManifested,
    /// None: an instance goes before its successor is there.
    None,
}

impl Default for RollingOptions {
    /// As kOps.
    fn default() -> Self {
        Self {
            force: false,
            only: BTreeSet::new(),
            surge: Surge::AsManifested,
            bastion_interval: Duration::from_secs(15),
            control_plane_interval: Duration::from_secs(15),
            node_interval: Duration::from_secs(15),
            drain_timeout: Duration::from_mins(15),
            post_drain_delay: Duration::from_secs(5),
            validation_timeout: Duration::from_mins(15),
            validate_count: 2,
            fail_on_drain_error: true,
            fail_on_validate_error: true,
        }
    }
}

/// Whoever is asked before each further instance.
#[async_trait]
pub trait Ask: Send {
    /// Whether to go on with this instance of this group, after another was replaced.
    async fn whether_to_go_on(&mut self, group: &str, instance: &str) -> Answer;
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// With this one.
    Yes,
    /// With all: nobody is asked again.
    Always,
    /// No.
    No,
}

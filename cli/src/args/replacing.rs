//! What every verb takes that replaces instances.

use std::time::Duration;

use clap::{ArgAction, Args};

use super::{KubernetesArgs, duration};

/// How instances are replaced.
#[derive(Clone, Debug, Args)]
pub(crate) struct ReplacingArgs {
    /// Go by the cloud alone: no node is drained, and the cluster is not validated.
    #[arg(long, conflicts_with_all = ["kubeconfig", "context"])]
    pub(crate) cloudonly: bool,
    /// How long a node may take to drain.
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = duration)]
    pub(crate) drain_timeout: Duration,
    /// How long to wait after a node is drained, before its instance is terminated.
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = duration)]
    pub(crate) post_drain_delay: Duration,
    /// How long the cluster may take to be well, before an instance goes and after it was replaced.
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = duration)]
    pub(crate) validation_timeout: Duration,
    /// How often in a row the cluster has to be found well. With 0, that instances are in service
    /// has to do.
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(crate) validate_count: u32,
    /// Whether a node that does not drain ends it for its group; with `=false` the instance is
    /// terminated all the same.
    #[arg(long, value_name = "BOOL", default_value_t = true, action = ArgAction::Set, num_args = 0..=1,
        default_missing_value = "true", require_equals = true)]
    pub(crate) fail_on_drain_error: bool,
    #[command(flatten)]
    pub(crate) kubernetes: KubernetesArgs,
}

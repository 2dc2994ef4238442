//! What the verbs over Kubernetes take.

use std::{path::PathBuf, time::Duration};

use clap::{ArgAction, Args, Subcommand};

use super::{
    Delete, FilesArgs, Format, ListOutputArg, NamedSourceArgs, OutputArg, ReplacingArgs,
    SourceArgs, duration,
};

/// Which way leads to the cluster's API.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct KubernetesArgs {
    /// The kubeconfig. Without it, the usual ones: `KUBECONFIG`, or `~/.kube/config`.
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// The kubeconfig's context. Without it, the one that is named after the cluster.
    #[arg(long, value_name = "CONTEXT")]
    pub(crate) context: Option<String>,
}

impl KubernetesArgs {
    /// Whether some way is asked for by name.
    pub(crate) fn is_given(&self) -> bool {
        self.kubeconfig.is_some() || self.context.is_some()
    }
}

/// `validate`, of a cluster or of manifests.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    after_help = "Examples:
  cloudup validate cluster demo.example.com
  cloudup validate -f cluster.yaml"
)]
pub(crate) struct ValidateCommand {
    #[command(subcommand)]
    pub(crate) what: Option<Validate>,
    #[command(flatten)]
    pub(crate) files: FilesArgs,
}

/// What `validate` validates.
#[derive(Debug, Subcommand)]
pub(crate) enum Validate {
    /// A cluster: its instances, its nodes and the pods that it cannot do without.
    Cluster(ValidateArgs),
}

/// What `validate cluster` takes.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Exit status: 0 the cluster is well; 2 it is not; else it cannot be told.

Examples:
  cloudup validate cluster demo.example.com
  cloudup validate cluster demo.example.com --wait 10m --count 3
  cloudup validate cluster -f cluster.yaml -o json")]
pub(crate) struct ValidateArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    /// How long to wait for the cluster to be well. What changes meanwhile is told on standard error.
    #[arg(long, value_name = "DURATION", default_value = "0", value_parser = duration)]
    pub(crate) wait: Duration,
    /// How often in a row the cluster has to be found well.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) count: u32,
    /// How long to wait before looking again.
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration)]
    pub(crate) interval: Duration,
    /// How many machines may not have joined or not be ready; those of the control plane never may.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) max_unready_nodes: usize,
    #[command(flatten)]
    pub(crate) kubernetes: KubernetesArgs,
    #[command(flatten)]
    pub(crate) format: Format<OutputArg>,
}

/// What `get instances` takes.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  cloudup get instances demo.example.com
  cloudup get instances -f cluster.yaml -o wide
  cloudup get instances -f cluster.yaml --cloudonly -o json")]
pub(crate) struct GetInstancesArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    /// Ask the cloud alone: nodes are not shown.
    #[arg(long, conflicts_with_all = ["kubeconfig", "context"])]
    pub(crate) cloudonly: bool,
    #[command(flatten)]
    pub(crate) kubernetes: KubernetesArgs,
    #[command(flatten)]
    pub(crate) format: Format<ListOutputArg>,
}

/// What `delete` deletes.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  cloudup delete cluster demo.example.com
  cloudup delete ig nodes-eu-west-1a --yes
  cloudup delete instance i-0123456789abcdef0 -f cluster.yaml")]
pub(crate) enum DeleteWhat {
    #[command(flatten)]
    Whole(Delete),
    /// An instance: its node is drained, and another takes its place.
    Instance(Box<DeleteInstanceArgs>),
}

/// What `delete instance` takes.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "It is a rolling update of this one instance: a run that was stopped or killed goes on where it was \
when it is run again.

Examples:
  cloudup delete instance i-0123456789abcdef0 --name demo.example.com
  cloudup delete instance i-0123456789abcdef0 -f cluster.yaml --yes
  cloudup delete instance i-0123456789abcdef0 -f cluster.yaml \\
    --surge=false --cloudonly --yes"
)]
pub(crate) struct DeleteInstanceArgs {
    /// The instance's id, or its node's name.
    #[arg(value_name = "INSTANCE")]
    pub(crate) instance: String,
    #[command(flatten)]
    pub(crate) source: NamedSourceArgs,
    /// Delete it. Without it, it is only shown.
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Whether another is there before this one goes; of the control plane none ever is.
    #[arg(long, value_name = "BOOL", default_value_t = true, action = ArgAction::Set, num_args = 0..=1,
        default_missing_value = "true", require_equals = true)]
    pub(crate) surge: bool,
    /// Delete an instance of the control plane that etcd cannot do without.
    #[arg(long)]
    pub(crate) force: bool,
    /// How long to wait after something was done, before it is looked whether it shows.
    #[arg(long, value_name = "DURATION", default_value = "15s", value_parser = duration)]
    pub(crate) interval: Duration,
    #[command(flatten)]
    pub(crate) replacing: ReplacingArgs,
    /// Tell what happens as JSON, an event a line, to FILE; `-`, or no FILE, is standard error.
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-", require_equals = true)]
    pub(crate) json_events: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) format: Format<OutputArg>,
}

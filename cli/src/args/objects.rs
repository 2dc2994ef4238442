//! What the verbs over the state store take.

use std::{path::PathBuf, time::Duration};

use clap::{ArgAction, Args, Subcommand};

use super::{
    ChoiceArgs, ClusterName, Format, ListOutputArg, NamedCluster, OutputArg, ReportArg,
    duration_or_minutes,
};

/// What `create` and `replace` take.
#[derive(Clone, Debug, Args)]
pub(crate) struct FilesArgs {
    /// Manifests, or folders of them. May be repeated; `-` is standard input.
    #[arg(short, long = "filename", value_name = "FILE", required = true)]
    pub(crate) filename: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) format: Format<OutputArg>,
}

/// What `replace` takes.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  cloudup replace -f cluster.yaml
  cloudup replace -f manifests --force")]
pub(crate) struct ReplaceArgs {
    #[command(flatten)]
    pub(crate) files: FilesArgs,
    /// Also put there what is not there yet.
    #[arg(long)]
    pub(crate) force: bool,
}

/// What `diff` takes.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  cloudup diff -f cluster.yaml
  cloudup diff -f cluster.yaml --detailed-exitcode -o json")]
pub(crate) struct DiffArgs {
    #[command(flatten)]
    pub(crate) files: FilesArgs,
    /// Exit with 2 where something differs.
    #[arg(long, value_name = "BOOL", default_value_t = false, action = ArgAction::Set, num_args = 0..=1,
        default_missing_value = "true", require_equals = true, hide_possible_values = true)]
    pub(crate) detailed_exitcode: bool,
}

/// What `get clusters`, and `get all`, take.
#[derive(Clone, Debug, Args)]
pub(crate) struct GetClustersArgs {
    /// Names of clusters. Without any, all are shown.
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// One more.
    #[arg(long = "name", value_name = "NAME", hide = true)]
    pub(crate) named: Option<String>,
    #[command(flatten)]
    pub(crate) format: Format<ListOutputArg>,
}

/// What `get instancegroups` takes.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  cloudup get ig
  cloudup get ig nodes-eu-west-1a -o yaml
  cloudup get instancegroups --name demo.example.com -o wide")]
pub(crate) struct GetGroupsArgs {
    /// Names of instance groups. Without any, all of the cluster are shown.
    #[arg(value_name = "GROUP")]
    pub(crate) groups: Vec<String>,
    #[command(flatten)]
    pub(crate) cluster: ClusterArg,
    #[command(flatten)]
    pub(crate) format: Format<ListOutputArg>,
}

/// Which cluster something belongs to.
#[derive(Clone, Debug, Args)]
pub(crate) struct ClusterArg {
    /// The cluster's name. May be left out where there is one cluster.
    #[arg(long = "name", value_name = "CLUSTER")]
    pub(crate) name: Option<String>,
}

/// What can be edited.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  cloudup edit cluster demo.example.com
  cloudup edit ig nodes-eu-west-1a --set spec.maxSize=5")]
pub(crate) enum Edit {
    /// A cluster.
    #[command(after_help = "Examples:
  cloudup edit cluster demo.example.com
  cloudup edit cluster --set spec.kubernetesVersion=1.32.0
  cloudup edit cluster demo.example.com --unset spec.channel")]
    Cluster {
        #[command(flatten)]
        name: ClusterName,
        #[command(flatten)]
        fields: FieldArgs,
    },
    /// An instance group.
    #[command(
        name = "instancegroup",
        visible_alias = "ig",
        alias = "instancegroups",
        after_help = "Examples:
  cloudup edit ig nodes-eu-west-1a
  cloudup edit ig nodes-eu-west-1a --set spec.minSize=3 --set spec.maxSize=5
  cloudup edit ig nodes-eu-west-1a --set spec.cloudLabels=team=data"
    )]
    Group {
        /// The instance group's name.
        #[arg(value_name = "GROUP")]
        group: String,
        #[command(flatten)]
        cluster: ClusterArg,
        #[command(flatten)]
        fields: FieldArgs,
    },
}

/// What can be deleted.
#[derive(Debug, Subcommand)]
pub(crate) enum Delete {
    /// A cluster: all that it owns in the cloud, then what the state store has of it.
    #[command(
        after_help = "Things are the cluster's whose tag kubernetes.io/cluster/NAME says so. What others share with it \
stays; only its tag is taken off. Instances go first, what they use after them; the store's \
documents go last, and only once nothing is left. Run again, it goes on where it was.

Examples:
  cloudup delete cluster demo.example.com
  cloudup delete cluster demo.example.com --yes
  cloudup delete cluster demo.example.com -f cluster.yaml --yes
  cloudup delete cluster demo.example.com --external --region eu-west-1
  cloudup delete cluster demo.example.com --phase cluster --yes
  cloudup delete cluster demo.example.com --yes --lifecycle-overrides \\
    IAMRole=Ignore,IAMInstanceProfile=Ignore,IAMOIDCProvider=Ignore"
    )]
    Cluster {
        #[command(flatten)]
        name: NamedCluster,
        /// Delete what the cloud has of a cluster that is not in the state store. Needs --region.
        #[arg(long, requires = "region", conflicts_with_all = ["filename", "unregister"])]
        external: bool,
        /// The region of a cluster that is not in the state store.
        #[arg(long, value_name = "REGION", requires = "external")]
        region: Option<String>,
        #[command(flatten)]
        how: DeleteArgs,
    },
    /// An instance group: its Auto Scaling group with the instances, its launch template, the role that no
    /// other group has; then what the state store has of it. Nodes are not drained.
    #[command(
        name = "instancegroup",
        visible_alias = "ig",
        alias = "instancegroups",
        after_help = "Examples:
  cloudup delete ig nodes-eu-west-1a
  cloudup delete ig nodes-eu-west-1a --name demo.example.com --yes
  cloudup delete ig nodes-eu-west-1a -f cluster.yaml --yes
  cloudup delete ig nodes-eu-west-1a --unregister --yes"
    )]
    Group {
        /// The instance group's name.
        #[arg(value_name = "GROUP")]
        group: String,
        /// The cluster's name. May be left out where there is one cluster.
        #[arg(long = "name", visible_alias = "cluster", value_name = "CLUSTER")]
        cluster: Option<String>,
        #[command(flatten)]
        how: DeleteArgs,
    },
}

/// How something is deleted.
#[derive(Clone, Debug, Args)]
pub(crate) struct DeleteArgs {
    /// Manifests, or folders of them: the Cluster and its InstanceGroups. May be repeated; `-` is
    /// standard input. Without any, the cluster is read from the state store; with them, the store is
    /// left alone.
    #[arg(short, long = "filename", value_name = "FILE", conflicts_with = "unregister")]
    pub(crate) filename: Vec<PathBuf>,
    /// Only take it out of the state store; what it has in the cloud stays.
    #[arg(long, conflicts_with_all = ["phase", "lifecycle_overrides", "report"])]
    pub(crate) unregister: bool,
    /// Do it. Without it, what would go is only shown.
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) choice: ChoiceArgs,
    /// How many tasks may be under way at once.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) parallelism: u16,
    /// How long to wait for something to go that something else still uses. A number by itself is
    /// minutes.
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = duration_or_minutes)]
    pub(crate) wait: Duration,
    /// Exit with 2 where a dry run has something to delete.
    #[arg(long, value_name = "BOOL", default_value_t = false, action = ArgAction::Set, num_args = 0..=1,
        default_missing_value = "true", require_equals = true, hide_possible_values = true)]
    pub(crate) detailed_exitcode: bool,
    /// Tell what happens as JSON, an event a line, to FILE; `-`, or no FILE, is standard error.
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-", require_equals = true)]
    pub(crate) json_events: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) report: ReportArg,
    #[command(flatten)]
    pub(crate) format: Format<OutputArg>,
}

/// Fields to set instead of opening an editor.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct FieldArgs {
    /// Set a field, without an editor: `spec.kubernetesVersion=1.32.0`, `spec.subnets[0].zone=…`. Adds
    /// to lists and maps, unless the value is in brackets or braces. May be repeated.
    #[arg(long, value_name = "PATH=VALUE")]
    pub(crate) set: Vec<String>,
    /// Unset a field, before any is set. May be repeated.
    #[arg(long, value_name = "PATH")]
    pub(crate) unset: Vec<String>,
    #[command(flatten)]
    pub(crate) format: Format<OutputArg>,
}

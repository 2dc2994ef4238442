//! What the verbs over the state store take.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What `create` and `replace` take.
#[derive(Clone, Debug, Args)]
pub(crate) struct FilesArgs {
    /// Manifests. May be repeated; `-` is standard input.
    #[arg(short, long = "filename", value_name = "FILE", required = true)]
    pub(crate) filename: Vec<PathBuf>,
}

/// What `replace` takes.
#[derive(Clone, Debug, Args)]
pub(crate) struct ReplaceArgs {
    #[command(flatten)]
    pub(crate) files: FilesArgs,
    /// Also put there what is not there yet.
    #[arg(long)]
    pub(crate) force: bool,
}

/// What `diff` takes.
#[derive(Clone, Debug, Args)]
pub(crate) struct DiffArgs {
    #[command(flatten)]
    pub(crate) files: FilesArgs,
    /// Exit with 2 where something differs.
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
}

/// What `get clusters` takes.
#[derive(Clone, Debug, Args)]
pub(crate) struct GetClustersArgs {
    /// Names of clusters. Without any, all are shown.
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
}

/// What `get instancegroups` takes.
#[derive(Clone, Debug, Args)]
pub(crate) struct GetGroupsArgs {
    /// Names of instance groups. Without any, all of the cluster are shown.
    #[arg(value_name = "GROUP")]
    pub(crate) groups: Vec<String>,
    #[command(flatten)]
    pub(crate) cluster: ClusterArg,
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
pub(crate) enum Edit {
    /// A cluster: its name may be left out where there is one.
    Cluster {
        /// The cluster's name.
        #[arg(value_name = "NAME")]
        name: Option<String>,
        #[command(flatten)]
        fields: FieldArgs,
    },
    /// An instance group.
    #[command(name = "instancegroup", visible_alias = "ig", alias = "instancegroups")]
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
    /// A cluster with its instance groups.
    Cluster {
        /// The cluster's name.
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        how: DeleteArgs,
    },
    /// An instance group.
    #[command(name = "instancegroup", visible_alias = "ig", alias = "instancegroups")]
    Group {
        /// The instance group's name.
        #[arg(value_name = "GROUP")]
        group: String,
        #[command(flatten)]
        cluster: ClusterArg,
        #[command(flatten)]
        how: DeleteArgs,
    },
}

/// How something is deleted.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct DeleteArgs {
    /// Take it out of the state store alone; what it has in the cloud stays. This version deletes
    /// nothing else.
    #[arg(long)]
    pub(crate) unregister: bool,
    /// Do it. Without it, what would go is only shown.
    #[arg(short, long)]
    pub(crate) yes: bool,
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
}

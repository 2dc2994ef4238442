//! What `export` takes.

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, Subcommand};

use super::{ClusterName, Format, OutputArg};

/// What can be exported.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  cloudup export cluster demo.example.com --out demo")]
pub(crate) enum Export {
    /// Write what the state store has of a cluster to files, as it is written there.
    Cluster(ExportArgs),
    /// Refused, with what to do instead: credentials are not made here.
    #[command(hide = true, disable_help_flag = true)]
    Kubeconfig {
        /// What kOps would take.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        rest: Vec<OsString>,
    },
}

/// What `export cluster` takes.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "There will be cluster.yaml, an instancegroup-NAME.yaml for each group and, for other objects, \
objects.yaml. `replace -f DIR` and `update cluster -f DIR` take them as they are.

Examples:
  cloudup export cluster demo.example.com --out demo
  cloudup export cluster --out demo --force"
)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) name: ClusterName,
    /// The folder to write to. It is made where there is none.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Write over files that are there.
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) format: Format<OutputArg>,
}

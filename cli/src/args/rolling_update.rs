//! What `rolling-update` takes.

use std::{path::PathBuf, time::Duration};

use clap::{ArgAction, Args, Subcommand};

use super::{Format, OutputArg, ReplacingArgs, ReportArg, SourceArgs, duration};

/// What `rolling-update` updates.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  cloudup rolling-update cluster demo.example.com
  cloudup rolling-update cluster demo.example.com --yes")]
pub(crate) enum RollingUpdate {
    /// A cluster: its instances that did not start from what new ones start from.
    Cluster(Box<RollingUpdateArgs>),
}

/// What `rolling-update cluster` takes.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Durations are written 90s, 15m or 1h30m.

Without -f and with, how far it is is kept in the state store: a run that was stopped or killed goes \
on where it was when it is run again.

Examples:
  cloudup rolling-update cluster demo.example.com
  cloudup rolling-update cluster demo.example.com --yes
  cloudup rolling-update cluster -f cluster.yaml --ig nodes-eu-west-1a --yes
  cloudup rolling-update cluster -f cluster.yaml --role control-plane --yes
  cloudup --cloud aws rolling-update cluster --detailed-exitcode -o json")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct RollingUpdateArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    /// Replace them. Without it they are only shown.
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Replace instances that are up to date as well.
    #[arg(long)]
    pub(crate) force: bool,
    /// Only these instance groups. Comma separated, may be repeated.
    #[arg(
        long,
        visible_alias = "ig",
        alias = "instance-groups",
        value_name = "GROUP,…",
        value_delimiter = ','
    )]
    pub(crate) instance_group: Vec<String>,
    /// Only instance groups of these roles: control-plane, apiserver, node, bastion. Comma
    /// separated, may be repeated. With --instance-group: those that fit both.
    #[arg(
        long,
        visible_aliases = ["role", "roles"],
        alias = "instance-group-role",
        value_name = "ROLE,…",
        value_delimiter = ','
    )]
    pub(crate) instance_group_roles: Vec<String>,
    /// How long to wait between instances of the control plane.
    #[arg(long, alias = "master-interval", value_name = "DURATION", default_value = "15s", value_parser = duration)]
    pub(crate) control_plane_interval: Duration,
    /// How long to wait between nodes, and between API servers.
    #[arg(long, value_name = "DURATION", default_value = "15s", value_parser = duration)]
    pub(crate) node_interval: Duration,
    /// How long to wait between bastions.
    #[arg(long, value_name = "DURATION", default_value = "15s", value_parser = duration)]
    pub(crate) bastion_interval: Duration,
    #[command(flatten)]
    pub(crate) replacing: ReplacingArgs,
    /// Whether a cluster that is not well in time ends it; with `=false` what is wrong then is put up
    /// with.
    #[arg(long, value_name = "BOOL", default_value_t = true, action = ArgAction::Set, num_args = 0..=1,
        default_missing_value = "true", require_equals = true)]
    pub(crate) fail_on_validate_error: bool,
    /// Ask before each further instance: y, yes; n, no, and stop; a, always, and ask no more.
    #[arg(short, long)]
    pub(crate) interactive: bool,
    /// Exit with 2 where instances are to be replaced and --yes is not given.
    #[arg(long, value_name = "BOOL", default_value_t = false, action = ArgAction::Set, num_args = 0..=1,
        default_missing_value = "true", require_equals = true, hide_possible_values = true)]
    pub(crate) detailed_exitcode: bool,
    /// Tell what happens as JSON, an event a line, to FILE; `-`, or no FILE, is standard error.
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-", require_equals = true)]
    pub(crate) json_events: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) format: Format<OutputArg>,
    #[command(flatten)]
    pub(crate) report: ReportArg,
}

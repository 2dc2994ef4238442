//! `--report`, of all commands that plan or change.

use std::path::PathBuf;

use clap::Args;

/// Where the record of the run goes.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ReportArg {
    /// Write a page about this run to FILE, also if it fails: who asked for what, what changes, which
    /// access comes and goes, what went wrong, and when everything was. It is one HTML file that
    /// loads nothing from elsewhere.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
}

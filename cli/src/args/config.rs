//! What `config` takes.

use clap::{Args, Subcommand};

use super::{Format, OutputArg};

/// What can be done with settings.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  cloudup config show")]
pub(crate) enum ConfigCommand {
    /// Say what is set, by whom, and what that beats.
    Show(ConfigShowArgs),
    /// Write a cloudup.toml for this folder, with all that can be set and nothing set yet.
    #[command(after_help = "Examples:
  cloudup config init")]
    Init,
}

/// What `config show` takes.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Settings are flags that were decided on once. The strongest counts: the flag, the variable \
(CLOUDUP_…), cloudup.toml in this folder or the nearest above it, the user's own \
~/.config/cloudup/config.toml, the default. --config FILE is read in place of both files.

Examples:
  cloudup config show
  cloudup config show -o json
  cloudup --config none config show"
)]
pub(crate) struct ConfigShowArgs {
    #[command(flatten)]
    pub(crate) format: Format<OutputArg>,
}

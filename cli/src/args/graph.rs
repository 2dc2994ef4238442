//! What `graph` takes.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{ChoiceArgs, Format, SourceArgs};

/// What `graph` takes.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "An arrow leads from what comes first to what follows. A solid one carries a value, a dashed one \
only orders, a dotted one leads to something that is to be deleted, or says which of two is deleted \
first. What becomes of a task is told by its colour and by its sign, a plan's own: + ~ - ! x = and, beside \
those, … where it is deleted with --prune and · where nobody looks.

Examples:
  cloudup graph -f cluster.yaml -o html --out graph.html
  cloudup graph -f cluster.yaml | dot -Tpdf > graph.pdf
  cloudup graph -f cluster.yaml -o mermaid --no-plan
  cloudup graph -f cluster.yaml -o svg --phase security > security.svg
  cloudup graph --plan plan.json -o html --out plan.html"
)]
pub(crate) struct GraphArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    #[command(flatten)]
    pub(crate) choice: ChoiceArgs,
    /// Draw what an update deletes with --prune alone as deleted.
    #[arg(long)]
    pub(crate) prune: bool,
    /// How many tasks may be under way at once.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) parallelism: u16,
    /// Write the picture to FILE.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// The public key that instances are reached with, as an update is given it.
    #[arg(long, value_name = "FILE")]
    pub(crate) ssh_public_key: Option<PathBuf>,
    /// Ask no account: draw the tasks alone, and not what becomes of them.
    #[arg(long)]
    pub(crate) no_plan: bool,
    /// Draw a saved plan as it is, with the options that it was made with; `-` is standard input. No
    /// account is asked.
    #[arg(
        long,
        value_name = "PLAN",
        conflicts_with_all = ["name", "filename", "lifecycle_overrides", "prune", "no_plan"]
    )]
    pub(crate) plan: Option<PathBuf>,
    /// Draw, too, what says little: order that other arrows imply, and tasks for what is neither wanted
    /// nor there.
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) format: Format<PictureArg>,
}

/// The forms of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum PictureArg {
    /// Graphviz' language.
    #[default]
    Dot,
    /// The language of diagrams in Markdown.
    Mermaid,
    /// An image.
    Svg,
    /// A page to search and to filter, with details of each task: one file that asks nobody for anything.
    Html,
}

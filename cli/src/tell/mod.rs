//! All that is printed, for people and for programs.

use std::io::{self, Write};

mod access;
pub(crate) mod drift;
mod events;
pub(crate) mod explain;
mod field;
mod progress;
pub(crate) mod report;
mod revisions;
pub(crate) mod rolling_update;
pub(crate) mod style;
mod table;

pub(crate) use self::{events::JsonEvents, progress::Progress, revisions::revisions, table::table};
use crate::exit::Failure;

/// How much is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Detail {
    /// What is not as it was to be, and why.
    Trouble,
    /// What changes, and what is worth a word.
    Changes,
    /// Everything, whole documents included.
    All,
}

/// Says something that is worth a word to whoever looks on, beside the result.
pub(crate) fn note(text: &str) {
    use style::UPDATE;
    // Where nobody listens, nothing is lost.
    let _ = writeln!(anstream::stderr().lock(), "{UPDATE}note:{UPDATE:#} {text}");
}

/// Writes why a command ended without a result.
pub(crate) fn failure(out: &mut dyn Write, failure: &Failure) -> io::Result<()> {
    use style::{ERROR, HEADING};
    writeln!(out, "{ERROR}error:{ERROR:#} {}", failure.message)?;
    for hint in &failure.hints {
        writeln!(out, "{HEADING}hint:{HEADING:#} {hint}")?;
    }
    failure.others.iter().try_for_each(|other| self::failure(out, other))
}

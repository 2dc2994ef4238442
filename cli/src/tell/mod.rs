//! All that is printed, for people and for programs.

use std::{fmt, io};

mod access;
mod brief;
pub(crate) mod drift;
mod events;
pub(crate) mod explain;
mod field;
pub(crate) mod overview;
mod page;
mod progress;
pub(crate) mod report;
mod revisions;
pub(crate) mod rolling_update;
pub(crate) mod style;
mod table;
pub(crate) mod trouble;
mod value;

pub(crate) use self::{
    events::JsonEvents,
    page::{Page, Terminal},
    progress::Progress,
    revisions::revisions,
    table::table,
};
use crate::exit::Failure;

/// How much is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Detail {
    /// What changes, and what is worth a word.
    Changes,
    /// Everything, whole documents included.
    All,
}

/// Says something that is worth a word to whoever looks on, beside the result.
pub(crate) fn note(text: &str) {
    use style::UPDATE;
    // Where nobody listens, nothing is lost.
    let mut err = anstream::stderr().lock();
    let _ = Page::new(&mut err).text(0, 2, &format!("{UPDATE}note:{UPDATE:#} {text}"));
}

/// Writes what is worth knowing beside the result.
pub(crate) fn notices(page: &mut Page<'_>, notices: &[impl fmt::Display]) -> io::Result<()> {
    use style::UPDATE;
    notices
        .iter()
        .try_for_each(|notice| page.text(0, 2, &format!("{UPDATE}note:{UPDATE:#} {notice}")))
}

/// Writes why a command ended without a result.
pub(crate) fn failure(page: &mut Page<'_>, failure: &Failure) -> io::Result<()> {
    use style::{ERROR, HEADING};
    page.text(0, 2, &format!("{ERROR}error:{ERROR:#} {}", failure.message))?;
    for hint in &failure.hints {
        page.text(0, 2, &format!("{HEADING}hint:{HEADING:#} {hint}"))?;
    }
    failure.others.iter().try_for_each(|other| self::failure(page, other))
}

//! The few styles there are. Nothing is said by colour alone.

use anstyle::{AnsiColor, Effects, Style};
use cloudup_engine::{ChangeKind, Outcome};

/// A heading.
pub(crate) const HEADING: Style = Style::new().effects(Effects::BOLD);
/// What is beside the point.
pub(crate) const DIM: Style = Style::new().effects(Effects::DIMMED);
/// What is made.
pub(crate) const CREATE: Style = AnsiColor::Green.on_default();
/// What is changed, and what is worth a word.
pub(crate) const UPDATE: Style = AnsiColor::Yellow.on_default();
/// What goes.
pub(crate) const DELETE: Style = AnsiColor::Red.on_default();
/// What is wrong.
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);

/// An entry's sign and its style.
pub(crate) fn sign(outcome: &Outcome, change: ChangeKind) -> (&'static str, Style) {
    match outcome {
        Outcome::Planned | Outcome::Done => match change {
            ChangeKind::Create => ("+", CREATE),
            ChangeKind::Update => ("~", UPDATE),
            ChangeKind::Delete => ("-", DELETE),
            ChangeKind::None => ("=", DIM),
        },
        Outcome::Kept => ("=", DIM),
        Outcome::Warned => ("!", UPDATE),
        Outcome::Deferred => ("-", DIM),
        Outcome::Failed => ("x", ERROR),
        Outcome::Blocked { .. } | Outcome::NotTried => (".", DIM),
        Outcome::InDoubt => ("?", ERROR),
    }
}

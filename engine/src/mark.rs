//! What a report says of a thing, in one word.

use crate::{ChangeKind, Entry, Finding, Outcome};

/// What a report says of a thing, in one word: how pictures and pages mark it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// It was made, or would be.
    Create,
    /// It was changed, or would be.
    Change,
    /// It was removed, or would be.
    Delete,
    /// It is to be removed once the run is told to prune.
    Deferred,
    /// It was left as it is, and that is worth a word.
    Warn,
    /// It failed.
    Failed,
    /// It was being changed when the run was left.
    InDoubt,
    /// It was not tried: something else failed, or the run was stopped.
    NotTried,
    /// It is as it should be.
    Kept,
    /// It was not looked at.
    Ignored,
}

impl Mark {
    /// All there are, in the order in which a legend lists them.
    pub const ALL: [Self; 10] = [
        Self::Create,
        Self::Change,
        Self::Delete,
        Self::Deferred,
        Self::Warn,
        Self::Failed,
        Self::InDoubt,
        Self::NotTried,
        Self::Kept,
        Self::Ignored,
    ];

    /// The mark of an entry.
    pub fn of(entry: &Entry) -> Self {
        match (&entry.outcome, entry.change) {
            (Outcome::Planned | Outcome::Done, ChangeKind::Create) => Self::Create,
            (Outcome::Planned | Outcome::Done, ChangeKind::Update) => Self::Change,
            (Outcome::Planned | Outcome::Done, ChangeKind::Delete) => Self::Delete,
            (Outcome::Deferred, _) => Self::Deferred,
            (Outcome::Warned, _) => Self::Warn,
            (Outcome::Failed, _) => Self::Failed,
            (Outcome::InDoubt, _) => Self::InDoubt,
            (Outcome::Blocked { .. } | Outcome::NotTried, _) => Self::NotTried,
            (Outcome::Kept, _) if entry.finding == Finding::NotLooked => Self::Ignored,
            (Outcome::Kept | Outcome::Planned | Outcome::Done, _) => Self::Kept,
        }
    }

    /// Its word: `create`, `not-tried`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Change => "change",
            Self::Delete => "delete",
            Self::Deferred => "deferred",
            Self::Warn => "warn",
            Self::Failed => "failed",
            Self::InDoubt => "in-doubt",
            Self::NotTried => "not-tried",
            Self::Kept => "kept",
            Self::Ignored => "ignored",
        }
    }

    /// Its sign, so that nothing is said by colour alone: no two are the same.
    pub fn sign(self) -> char {
        match self {
            Self::Create => '+',
            Self::Change => '~',
            Self::Delete => '-',
            Self::Deferred => '…',
            Self::Warn => '!',
            Self::Failed => 'x',
            Self::InDoubt => '?',
            Self::NotTried => '.',
            Self::Kept => '=',
            Self::Ignored => '·',
        }
    }
}

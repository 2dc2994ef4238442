//! What can be wrong with an account's file, and with what an operation asks.

use std::{fmt, io, path::PathBuf};

use crate::cloud::CloudError;

/// One mistake in a seed or an account file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: `roles[2].tags`. Empty for the whole.
    pub path: String,
    /// What is wrong, and what to do.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            return f.write_str(&self.message);
        }
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// Why a text is not an account or a seed of one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// It is not JSON.
    #[error("line {line}, column {column}: not JSON: {message}")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What the parser says.
        message: String,
    },
    /// A later version wrote it.
    #[error(
        "schemaVersion: {found} is newer than {known}, the newest that this version of cloudup \
         reads; use a newer cloudup"
    )]
    Newer {
        /// The version found.
        found: u64,
        /// The newest version that is understood.
        known: u32,
    },
    /// It has mistakes: all of them.
    #[error("{}", lines(.0))]
    Problems(Vec<Problem>),
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n")
}

/// Why an account's file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// There is none.
    #[error("there is no account in {}", .0.display())]
    Missing(PathBuf),
    /// There is one already.
    #[error("there is an account in {} already", .0.display())]
    Exists(PathBuf),
    /// What it says is not an account.
    #[error("{} does not hold an account", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: StateError,
    },
    /// The file system refused.
    #[error("could not {doing} {}", .path.display())]
    Io {
        /// What was tried: `read`.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// An operation that the account refuses, as AWS would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: String,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }

    pub(super) fn no_such_entity(message: impl Into<String>) -> Self {
        Self::new("NoSuchEntity", message)
    }

    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self::new("ValidationError", message)
    }

    pub(super) fn malformed(message: impl Into<String>) -> Self {
        Self::new("MalformedPolicyDocument", message)
    }

    pub(super) fn limit(message: impl Into<String>) -> Self {
        Self::new("LimitExceeded", message)
    }

    pub(super) fn of(self, service: &'static str, operation: &'static str) -> CloudError {
        CloudError::new(service, operation, self.code, self.message)
    }
}

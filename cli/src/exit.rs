//! How a run ends: exit codes, and errors as people read them.

use std::{error::Error, fmt::Write as _, iter, process::ExitCode};

use cloudup::kubernetes::KubernetesError;
use cloudup_tasks::cloud::CloudError;

/// An exit status. The list is a promise; the book repeats it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// Done, or nothing to do.
    Done = 0,
    /// Something failed.
    Failed = 1,
    /// A dry run has changes to make.
    Changes = 2,
    /// Flags, manifests, or files are not right.
    Invalid = 3,
    /// Access was denied.
    Denied = 4,
    /// The user stopped it.
    Interrupted = 5,
    /// Somebody else is at work on the cluster.
    Locked = 6,
}

impl Exit {
    /// All of them, in order.
    pub(crate) const ALL: [Self; 7] = [
        Self::Done,
        Self::Failed,
        Self::Changes,
        Self::Invalid,
        Self::Denied,
        Self::Interrupted,
        Self::Locked,
    ];

    /// The status.
    pub(crate) fn code(self) -> u8 {
        self as u8
    }

    /// What it says.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done, or nothing to do",
            Self::Failed => "failed",
            Self::Changes => {
                "a dry run has changes to make (with --detailed-exitcode); something has drifted; a \
                 cluster that was validated is not well"
            }
            Self::Invalid => {
                "invalid input: flags, manifests, account files, plans that no longer hold"
            }
            Self::Denied => "access denied",
            Self::Interrupted => "interrupted",
            Self::Locked => "somebody else holds the lock",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command ended without a result.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    /// The message, with all that belongs to it; ends without a line break.
    pub(crate) message: String,
    /// What to try.
    pub(crate) hints: Vec<String>,
    /// What else is wrong.
    pub(crate) others: Vec<Failure>,
}

impl Failure {
    /// A failure that is the input's fault.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self { exit: Exit::Invalid, message: message.into(), hints: Vec::new(), others: Vec::new() }
    }

    /// A failure for each of the mistakes that `error` is made of, to be told together.
    pub(crate) fn each(mistakes: &[impl ToString], error: &dyn Error) -> Self {
        let each = mistakes.iter().map(|mistake| Self::invalid(mistake.to_string()));
        each.reduce(Self::and).unwrap_or_else(|| Self::invalid(error.to_string()))
    }

    /// A failure with the causes that `error` tells, and the hints that they have.
    pub(crate) fn because(exit: Exit, doing: &str, error: &(dyn Error + 'static)) -> Self {
        let mut message = format!("could not {doing}");
        let mut hints = Vec::new();
        for cause in iter::successors(Some(error), |&error| error.source()) {
            let text = cause.to_string().replace('\n', "\n           ");
            // Writing to a string cannot fail.
            let _ = write!(message, "\n  because: {text}");
            hints.extend(cause.downcast_ref::<CloudError>().and_then(CloudError::hint));
            let kubernetes = cause.downcast_ref::<KubernetesError>();
            hints.extend(kubernetes.and_then(KubernetesError::hint).map(str::to_owned));
        }
        Self { exit, message, hints, others: Vec::new() }
    }

    /// Adds what to try.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Both, to be told together.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.others.push(other);
        self
    }
}

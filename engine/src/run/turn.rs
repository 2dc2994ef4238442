//! What a turn came to.

use crate::{
    ChangeKind, ErrorKind, Failure, Finding, Outcome, Stray, TaskError, Verdict, rule::Governance,
};

/// What one go at a task came to.
#[derive(Debug)]
pub(crate) enum Try {
    /// It was looked at, unless nobody wanted it to be.
    Read(Turn),
    /// It could not be looked at. What to make of that is decided when there are no more tries.
    Unreadable(TaskError),
}

impl Try {
    pub(crate) fn error(&self) -> Option<&TaskError> {
        match self {
            Self::Read(turn) => turn.outcome.as_ref().err(),
            Self::Unreadable(error) => Some(error),
        }
    }

    /// The turn, now that there will not be another.
    pub(crate) fn settled(self, governance: &Governance) -> Turn {
        match self {
            Self::Read(turn) => turn,
            Self::Unreadable(error) => unreadable(governance, error),
        }
    }
}

/// What a turn came to.
#[derive(Debug)]
pub(crate) struct Turn {
    pub(crate) finding: Finding,
    pub(crate) verdict: Option<Verdict>,
    pub(crate) change: ChangeKind,
    pub(crate) outcome: Result<Outcome, TaskError>,
    /// Why it could not be looked at, where that fails nothing.
    pub(crate) doubt: Option<Failure>,
    /// The strays, in the order in which they must be deleted.
    pub(crate) strays: Vec<Judged>,
    /// Whether its values are there or still to come.
    pub(crate) has_output: bool,
}

/// A stray and what is to become of it.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) stray: Stray,
    pub(crate) governance: Governance,
    pub(crate) verdict: Verdict,
    /// Whether it is the task itself, which is not wanted.
    pub(crate) own: bool,
}

impl Judged {
    pub(super) fn new(stray: Stray, governance: Governance, own: bool) -> Self {
        let verdict = governance.lifecycle.decide(&Finding::Stray { fields: stray.fields.clone() });
        Self { stray, governance, verdict, own }
    }

    /// What becomes of it without a call, if that is settled.
    pub(crate) fn settled(&self, prune: bool) -> Option<Result<Outcome, TaskError>> {
        match self.verdict {
            Verdict::Keep => Some(Ok(Outcome::Kept)),
            Verdict::Warn => Some(Ok(Outcome::Warned)),
            Verdict::Fail => Some(Err(refused(&self.governance, "must not be there, and is"))),
            Verdict::Render if self.stray.deferred && !prune => Some(Ok(Outcome::Deferred)),
            Verdict::Render => None,
        }
    }
}

impl Turn {
    pub(super) fn new(
        finding: Finding,
        verdict: Option<Verdict>,
        outcome: Result<Outcome, TaskError>,
    ) -> Self {
        let (change, doubt) = (ChangeKind::None, None);
        Self { finding, verdict, change, outcome, doubt, strays: Vec::new(), has_output: false }
    }
}

impl ChangeKind {
    pub(crate) fn of_stray(verdict: Verdict) -> Self {
        if verdict == Verdict::Render { Self::Delete } else { Self::None }
    }
}

fn unreadable(governance: &Governance, error: TaskError) -> Turn {
    let failure = Failure::from(&error);
    let finding = Finding::Unreadable { error: failure.clone() };
    let verdict = governance.lifecycle.decide(&finding);
    let outcome = match verdict {
        Verdict::Keep => Ok(Outcome::Kept),
        Verdict::Warn => Ok(Outcome::Warned),
        // What cannot be read cannot be rendered either.
        Verdict::Render | Verdict::Fail => Err(error),
    };
    let doubt = (verdict == Verdict::Warn).then_some(failure);
    Turn { doubt, ..Turn::new(finding, Some(verdict), outcome) }
}

pub(super) fn mismatch(finding: &Finding) -> String {
    match finding {
        Finding::Missing { .. } => "must be there, and is not".into(),
        Finding::Different { changes } => {
            let fields: Vec<_> = changes.iter().map(|change| &*change.field).collect();
            format!("must be as described, and differs in {}", fields.join(", "))
        }
        Finding::Stray { .. } => "must not be there, and is".into(),
        Finding::Same | Finding::NotLooked | Finding::Unreadable { .. } => "is refused".into(),
    }
}

pub(super) fn refused(governance: &Governance, mismatch: impl Into<String>) -> TaskError {
    let Governance { name, ruling, .. } = governance;
    let mismatch = mismatch.into();
    let message = format!("go on: it {mismatch} (lifecycle {name}, set by {ruling})");
    TaskError::new(ErrorKind::Invalid, message)
        .hint("change it where it is managed, or choose lifecycle Sync to have it changed here")
}

/// Refuses to change what can only be set at creation.
pub(super) fn refuse_immutable(finding: &Finding) -> Result<(), TaskError> {
    let Finding::Different { changes } = finding else { return Ok(()) };
    let stuck: Vec<_> =
        changes.iter().filter(|change| change.immutable).map(|change| &*change.field).collect();
    if stuck.is_empty() {
        return Ok(());
    }
    let message = format!("change {} of something that exists", stuck.join(", "));
    Err(TaskError::new(ErrorKind::Invalid, message)
        .hint("delete it, or give the new one another name"))
}

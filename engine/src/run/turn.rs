//! One task's turn: look, compare, decide, act. Tasks of every type behind one face.

use std::{
    panic::AssertUnwindSafe,
    sync::atomic::{AtomicU8, Ordering},
    time::Duration,
};

use futures::{FutureExt as _, future::BoxFuture};
use petgraph::graph::NodeIndex;

use crate::{
    Change, ChangeKind, Changes as _, ErrorKind, Failure, FieldChange, Finding, Found, Outcome,
    Provider, Stray, Target, Task, TaskError, TaskId, Verdict, graph::Sealed, input::Slot, note,
    note::noted, rule::Governance,
};

/// Whether a thing should be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// It should.
    Wanted,
    /// It should not.
    Unwanted,
}

/// A task, where its output goes, and what it is for.
pub(crate) struct Added<T: Task> {
    pub(crate) id: TaskId,
    pub(crate) task: T,
    pub(crate) slot: Slot<T::Output>,
    pub(crate) purpose: Purpose,
}

/// A task with its type forgotten, for the graph to hold.
pub(crate) trait Node<P: Provider>: Send + Sync {
    fn id(&self) -> &TaskId;
    fn follows(&self) -> Option<&'static str>;
    fn expected_duration(&self) -> Duration;
    fn turn<'a>(&'a self, site: Site<'a, P>) -> BoxFuture<'a, (Try, Vec<String>)>;
    fn delete<'a>(&'a self, writer: &'a P::Writer, stray: Stray) -> BoxFuture<'a, Deleted>;
}

/// What became of a deletion, and what the task had to say about it.
pub(crate) type Deleted = (Result<(), TaskError>, Vec<String>);

/// All that a turn may know.
pub(crate) struct Site<'a, P: Provider> {
    pub(crate) target: &'a Target<'a, P>,
    /// Who decides about the task and about the strays that it finds.
    pub(crate) sealed: &'a Sealed<P>,
    /// Its place in the graph.
    pub(crate) node: NodeIndex,
    /// Whether another task takes a value from it.
    pub(crate) needed: bool,
    /// Whether strays that are deferred go too.
    pub(crate) prune: bool,
    /// Why a value that it takes will never come, if one will not.
    pub(crate) lacking: Option<String>,
    /// Where it says that it has begun to write.
    pub(crate) writing: &'a Writing,
}

impl<P: Provider> Site<'_, P> {
    fn governance(&self) -> &Governance {
        &self.sealed.governance[self.node.index()]
    }

    fn judge(&self, stray: Stray) -> Judged {
        let governance = self.sealed.govern_stray(self.node, &stray);
        Judged::new(stray, governance, false)
    }

    /// What becomes of something that was not compared.
    fn left(&self, finding: &Finding) -> (Verdict, Result<Outcome, TaskError>) {
        let verdict = self.governance().lifecycle.decide(finding);
        let outcome = match verdict {
            // What was not compared is not changed, whatever the lifecycle says.
            Verdict::Keep | Verdict::Render => Ok(Outcome::Kept),
            Verdict::Warn => Ok(Outcome::Warned),
            Verdict::Fail => Err(refused(self.governance(), mismatch(finding))),
        };
        (verdict, outcome)
    }

    /// The failure to look for strays, if the lifecycle makes light of it.
    fn doubt(&self, error: &TaskError) -> Option<Failure> {
        if error.kind().is_passing() {
            return None;
        }
        let error = Failure::from(error);
        match self.governance().lifecycle.decide(&Finding::Unreadable { error: error.clone() }) {
            Verdict::Keep | Verdict::Warn => {
                note(format!("could not look for what is no longer wanted: {error}"));
                Some(error)
            }
            Verdict::Render | Verdict::Fail => None,
        }
    }
}

/// What a task is in the middle of writing, for when it is left there.
#[derive(Debug, Default)]
pub(crate) struct Writing(AtomicU8);

impl Writing {
    fn begin(&self, change: ChangeKind) {
        self.0.store(if change == ChangeKind::Create { 1 } else { 2 }, Ordering::Relaxed);
    }

    pub(crate) fn change(&self) -> ChangeKind {
        match self.0.load(Ordering::Relaxed) {
            0 => ChangeKind::None,
            1 => ChangeKind::Create,
            _ => ChangeKind::Update,
        }
    }
}

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
    fn new(stray: Stray, governance: Governance, own: bool) -> Self {
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

impl<T: Task> Node<T::Provider> for Added<T> {
    fn id(&self) -> &TaskId {
        &self.id
    }

    fn follows(&self) -> Option<&'static str> {
        T::FOLLOWS
    }

    fn expected_duration(&self) -> Duration {
        T::EXPECTED_DURATION
    }

    fn turn<'a>(&'a self, site: Site<'a, T::Provider>) -> BoxFuture<'a, (Try, Vec<String>)> {
        Box::pin(noted(async move {
            // `find`, `render` and their like are contained one by one, so that what was found
            // is not lost; this one is for the decisions between them.
            let turn = AssertUnwindSafe(self.go(&site)).catch_unwind().await;
            turn.unwrap_or_else(|panic| {
                let error = TaskError::panicked(&*panic);
                Try::Read(Turn::new(Finding::NotLooked, None, Err(error)))
            })
        }))
    }

    fn delete<'a>(
        &'a self,
        writer: &'a <T::Provider as Provider>::Writer,
        stray: Stray,
    ) -> BoxFuture<'a, Deleted> {
        Box::pin(noted(async move { contained(self.task.delete(writer, &stray)).await }))
    }
}

impl<T: Task> Added<T> {
    async fn go(&self, site: &Site<'_, T::Provider>) -> Try {
        let lifecycle = &site.governance().lifecycle;
        if !lifecycle.reads() {
            return self.lend(site).await;
        }
        let found = match contained(self.task.find(site.target.reader())).await {
            Ok(found) => found,
            Err(error) => return Try::Unreadable(error),
        };
        let finding = self.compare(found.as_ref());
        let looked = contained(self.task.strays(site.target.reader(), found.as_ref())).await;
        let (listed, doubt) = match looked {
            Ok(listed) => (listed, None),
            Err(error) => match site.doubt(&error) {
                Some(doubt) => (Vec::new(), Some(doubt)),
                None => return Try::Read(Turn::new(finding, None, Err(error))),
            },
        };
        let strays = listed.into_iter().map(|stray| site.judge(stray)).collect();
        let mut turn = match self.purpose {
            Purpose::Wanted => self.bring_about(site, found, finding, strays).await,
            Purpose::Unwanted => self.do_away(site, found, strays),
        };
        if let (Some(doubt), Ok(outcome)) = (doubt, &mut turn.outcome) {
            if *outcome == Outcome::Kept {
                *outcome = Outcome::Warned;
            }
            turn.doubt = Some(doubt);
        }
        Try::Read(turn)
    }

    /// Looks only for the values that others take, and compares nothing.
    async fn lend(&self, site: &Site<'_, T::Provider>) -> Try {
        let finding = if site.needed {
            match contained(self.task.find(site.target.reader())).await {
                Err(error) => return Try::Unreadable(error),
                Ok(None) => Finding::Missing { fields: self.task.fields() },
                Ok(Some(found)) => {
                    self.publish(Some(found.output));
                    Finding::NotLooked
                }
            }
        } else {
            Finding::NotLooked
        };
        let (verdict, outcome) = site.left(&finding);
        let mut turn = Turn::new(finding, Some(verdict), outcome);
        turn.has_output = self.slot.get().is_some();
        Try::Read(turn)
    }

    fn compare(&self, found: Option<&Found<T>>) -> Finding {
        let Some(found) = found else {
            return Finding::Missing { fields: self.task.fields() };
        };
        let changes = T::diff(&found.state, &self.task).list();
        if changes.is_empty() { Finding::Same } else { Finding::Different { changes } }
    }

    /// The turn of something that should be there.
    async fn bring_about(
        &self,
        site: &Site<'_, T::Provider>,
        found: Option<Found<T>>,
        finding: Finding,
        strays: Vec<Judged>,
    ) -> Turn {
        let verdict = site.governance().lifecycle.decide(&finding);
        let change = match (&finding, verdict) {
            (Finding::Missing { .. }, Verdict::Render) => ChangeKind::Create,
            (Finding::Different { .. }, Verdict::Render) => ChangeKind::Update,
            _ => ChangeKind::None,
        };
        let outcome = match verdict {
            Verdict::Render if change != ChangeKind::None => {
                self.change(site, found, &finding, change, &strays).await
            }
            Verdict::Fail => Err(refused(site.governance(), mismatch(&finding))),
            Verdict::Keep | Verdict::Warn | Verdict::Render => {
                self.publish(found.map(|found| found.output));
                Ok(if verdict == Verdict::Warn { Outcome::Warned } else { Outcome::Kept })
            }
        };
        let has_output = matches!(outcome, Ok(Outcome::Planned)) || self.slot.get().is_some();
        Turn { change, strays, has_output, ..Turn::new(finding, Some(verdict), outcome) }
    }

    /// The turn of something that should not be there.
    fn do_away(
        &self,
        site: &Site<'_, T::Provider>,
        found: Option<Found<T>>,
        mut strays: Vec<Judged>,
    ) -> Turn {
        let Some(found) = found else {
            let turn = Turn::new(Finding::Same, Some(Verdict::Keep), Ok(Outcome::Kept));
            return Turn { strays, ..turn };
        };
        let fields: Vec<_> =
            found.state.fields().into_iter().map(FieldChange::turned_round).collect();
        let name = self.task.name().to_owned();
        // It cannot go before what it holds.
        let deferred = strays.iter().any(|judged| judged.stray.deferred);
        let stray = Stray { kind: T::KIND, name, fields: fields.clone(), deferred };
        let judged = Judged::new(stray, site.governance().clone(), true);
        let verdict = judged.verdict;
        let outcome = judged.settled(site.prune).unwrap_or(Ok(Outcome::Planned));
        if matches!(outcome, Ok(Outcome::Planned)) {
            strays.push(judged);
        }
        self.publish(Some(found.output));
        let change = ChangeKind::of_stray(verdict);
        let turn = Turn::new(Finding::Stray { fields }, Some(verdict), outcome);
        Turn { change, strays, has_output: true, ..turn }
    }

    async fn change(
        &self,
        site: &Site<'_, T::Provider>,
        found: Option<Found<T>>,
        finding: &Finding,
        kind: ChangeKind,
        strays: &[Judged],
    ) -> Result<Outcome, TaskError> {
        if let Some(lacking) = &site.lacking {
            return Err(TaskError::new(ErrorKind::Invalid, lacking.clone())
                .hint("have it created, or give the value outright"));
        }
        let going = strays.iter().filter(|judged| judged.settled(site.prune).is_none());
        let going: Vec<_> = going.map(|judged| judged.stray.clone()).collect();
        let change = match &found {
            None => Change::Create,
            Some(found) => {
                Change::Update { found, changes: T::diff(&found.state, &self.task), strays: &going }
            }
        };
        refuse_immutable(finding)?;
        self.task.check_changes(&change)?;
        match site.target {
            Target::Apply(writer) => {
                site.writing.begin(kind);
                let output = contained(self.task.render(writer, change)).await?;
                self.publish(Some(output));
                Ok(Outcome::Done)
            }
            Target::DryRun(_) => {
                drop(change);
                if T::OUTPUT_SURVIVES_UPDATE {
                    self.publish(found.map(|found| found.output));
                }
                Ok(Outcome::Planned)
            }
        }
    }

    fn publish(&self, output: Option<T::Output>) {
        if let Some(output) = output {
            // A task has one turn that succeeds, so the slot is empty.
            let _ = self.slot.set(output);
        }
    }
}

impl Turn {
    fn new(
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

/// Runs a task's own code; a panic in it is its failure and nobody else's.
async fn contained<O>(code: impl Future<Output = Result<O, TaskError>>) -> Result<O, TaskError> {
    let result = AssertUnwindSafe(code).catch_unwind().await;
    result.unwrap_or_else(|panic| Err(TaskError::panicked(&*panic)))
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

fn mismatch(finding: &Finding) -> String {
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

fn refused(governance: &Governance, mismatch: impl Into<String>) -> TaskError {
    let Governance { name, ruling, .. } = governance;
    let message = format!("{} (lifecycle {name}, set by {ruling})", mismatch.into());
    TaskError::new(ErrorKind::Invalid, message)
        .hint("change it where it is managed, or choose lifecycle Sync to have it changed here")
}

fn refuse_immutable(finding: &Finding) -> Result<(), TaskError> {
    let Finding::Different { changes } = finding else { return Ok(()) };
    let stuck: Vec<_> =
        changes.iter().filter(|change| change.immutable).map(|change| &*change.field).collect();
    if stuck.is_empty() {
        return Ok(());
    }
    let message = format!("cannot change {} of something that exists", stuck.join(", "));
    Err(TaskError::new(ErrorKind::Invalid, message)
        .hint("delete it, or give the new one another name"))
}

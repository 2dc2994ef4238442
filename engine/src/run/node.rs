//! One task's turn: look, compare, decide, act. Tasks of every type behind one face.

use std::{borrow::Cow, panic::AssertUnwindSafe, time::Duration};

use futures::{FutureExt as _, future::BoxFuture};

use super::{
    site::Site,
    turn::{Judged, Try, Turn, mismatch, refuse_immutable, refused},
};
use crate::{
    Change, ChangeKind, Changes as _, ErrorKind, FieldChange, Finding, Found, Outcome, Provider,
    Stray, Target, Task, TaskError, TaskId, Verdict, input::Slot, note::noted,
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
    fn is_wanted(&self) -> bool;
    fn follows(&self) -> Option<&'static str>;
    fn fields(&self) -> Vec<Cow<'static, str>>;
    fn expected_duration(&self) -> Duration;
    fn turn<'a>(&'a self, site: Site<'a, P>) -> BoxFuture<'a, (Try, Vec<String>)>;
    fn delete<'a>(&'a self, writer: &'a P::Writer, stray: Stray) -> BoxFuture<'a, Deleted>;
}

/// What became of a deletion, and what the task had to say about it.
pub(crate) type Deleted = (Result<(), TaskError>, Vec<String>);

impl<T: Task> Node<T::Provider> for Added<T> {
    fn id(&self) -> &TaskId {
        &self.id
    }

    fn is_wanted(&self) -> bool {
        matches!(self.purpose, Purpose::Wanted)
    }

    fn follows(&self) -> Option<&'static str> {
        T::FOLLOWS
    }

    fn fields(&self) -> Vec<Cow<'static, str>> {
        self.task.fields().into_iter().map(|change| change.field).collect()
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
            Purpose::Unwanted => self.do_away(site, found, strays, doubt.is_some()),
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

    /// The turn of something that should not be there. Where it is in doubt what it holds, it stays
    /// for now: it could not go before that.
    fn do_away(
        &self,
        site: &Site<'_, T::Provider>,
        found: Option<Found<T>>,
        mut strays: Vec<Judged>,
        in_doubt: bool,
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
        let outcome = judged.settled(site.prune).unwrap_or(Ok(if in_doubt {
            Outcome::Warned
        } else {
            Outcome::Planned
        }));
        if matches!(outcome, Ok(Outcome::Planned)) {
            strays.push(judged);
        }
        self.publish(Some(found.output));
        let change = if in_doubt { ChangeKind::None } else { ChangeKind::of_stray(verdict) };
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

/// Runs a task's own code; a panic in it is its failure and nobody else's.
async fn contained<O>(code: impl Future<Output = Result<O, TaskError>>) -> Result<O, TaskError> {
    let result = AssertUnwindSafe(code).catch_unwind().await;
    result.unwrap_or_else(|panic| Err(TaskError::panicked(&*panic)))
}

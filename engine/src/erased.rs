//! Tasks of every type behind one face, for the graph to hold.

use std::{error::Error, iter, sync::Arc};

use futures::future::BoxFuture;

use crate::{
    Change, Changes, ErrorKind, FieldChange, Finding, Found, Lifecycle, Origin, Outcome, Provider,
    Target, Task, TaskError, TaskId, Verdict, input::Slot,
};

/// A added task with its type forgotten.
pub(crate) trait Node<P: Provider>: Send + Sync {
    fn id(&self) -> &TaskId;
    fn needs(&self) -> Vec<Origin>;
    fn lifecycle(&self) -> &'static str;
    fn reconcile<'a>(&'a self, target: &'a Target<'_, P>, needed: bool) -> BoxFuture<'a, Turn>;
}

/// What one go at a task came to.
#[derive(Debug)]
pub(crate) enum Turn {
    Done { finding: Finding, verdict: Verdict, outcome: Outcome },
    Failed { finding: Finding, verdict: Verdict, error: TaskError },
}

impl Turn {
    const LEFT_OUT: Self =
        Self::Done { finding: Finding::NotLooked, verdict: Verdict::Keep, outcome: Outcome::Kept };
}

/// A task, where its output goes, and who decides about it.
pub(crate) struct Added<T: Task> {
    pub(crate) id: TaskId,
    pub(crate) task: T,
    pub(crate) slot: Slot<T::Output>,
    pub(crate) lifecycle: Arc<dyn Lifecycle>,
    pub(crate) after: Vec<Origin>,
}

impl<T: Task> Node<T::Provider> for Added<T> {
    fn id(&self) -> &TaskId {
        &self.id
    }

    fn needs(&self) -> Vec<Origin> {
        let mut needs = self.after.clone();
        self.task.needs(&mut |origin| needs.push(origin.clone()));
        needs
    }

    fn lifecycle(&self) -> &'static str {
        self.lifecycle.name()
    }

    fn reconcile<'a>(
        &'a self,
        target: &'a Target<'_, T::Provider>,
        needed: bool,
    ) -> BoxFuture<'a, Turn> {
        Box::pin(self.go(target, needed))
    }
}

impl<T: Task> Added<T> {
    /// Look, compare, decide, act: the whole of what happens to a task.
    async fn go(&self, target: &Target<'_, T::Provider>, needed: bool) -> Turn {
        if !needed && !self.lifecycle.looks() {
            return Turn::LEFT_OUT;
        }
        let found = match self.task.find(target.reader()).await {
            Ok(found) => found,
            Err(error) => return self.unreadable(error),
        };
        let finding = self.compare(found.as_ref());
        let verdict = self.lifecycle.decide(&finding);
        match self.act(target, found, &finding, verdict).await {
            Ok(outcome) => Turn::Done { finding, verdict, outcome },
            Err(error) => Turn::Failed { finding, verdict, error },
        }
    }

    fn compare(&self, found: Option<&Found<T>>) -> Finding {
        let Some(found) = found else {
            return Finding::Missing { fields: self.task.fields() };
        };
        let changes = T::diff(&found.state, &self.task).list();
        if changes.is_empty() { Finding::Same } else { Finding::Different { changes } }
    }

    async fn act(
        &self,
        target: &Target<'_, T::Provider>,
        found: Option<Found<T>>,
        finding: &Finding,
        verdict: Verdict,
    ) -> Result<Outcome, TaskError> {
        let outcome = match verdict {
            Verdict::Keep => Outcome::Kept,
            Verdict::Warn => Outcome::Warned,
            Verdict::Fail => return Err(self.refused(finding)),
            Verdict::Render => return self.change(target, found, finding).await,
        };
        self.publish(found.map(|found| found.output));
        Ok(outcome)
    }

    async fn change(
        &self,
        target: &Target<'_, T::Provider>,
        found: Option<Found<T>>,
        finding: &Finding,
    ) -> Result<Outcome, TaskError> {
        let change = match &found {
            None => Change::Create,
            Some(found) => {
                Change::Update { found, changes: T::diff(&found.state, &self.task), strays: &[] }
            }
        };
        refuse_immutable(finding)?;
        self.task.check_changes(&change)?;
        let outcome = match target {
            Target::Apply(writer) => {
                let output = self.task.render(writer, change).await?;
                self.publish(Some(output));
                return Ok(Outcome::Rendered);
            }
            Target::DryRun(_) => Outcome::Planned,
        };
        drop(change);
        if T::OUTPUT_SURVIVES_UPDATE {
            self.publish(found.map(|found| found.output));
        }
        Ok(outcome)
    }

    fn publish(&self, output: Option<T::Output>) {
        if let Some(output) = output {
            // A task has one turn that succeeds, so the slot is empty.
            let _ = self.slot.set(output);
        }
    }

    fn unreadable(&self, error: TaskError) -> Turn {
        let finding = Finding::Unreadable { kind: error.kind(), error: whole_story(&error) };
        match self.lifecycle.decide(&finding) {
            verdict @ Verdict::Keep => Turn::Done { finding, verdict, outcome: Outcome::Kept },
            verdict @ Verdict::Warn => Turn::Done { finding, verdict, outcome: Outcome::Warned },
            // What cannot be read cannot be rendered either.
            verdict @ (Verdict::Render | Verdict::Fail) => Turn::Failed { finding, verdict, error },
        }
    }

    fn refused(&self, finding: &Finding) -> TaskError {
        let lifecycle = self.lifecycle.name();
        let message = match finding {
            Finding::Missing { .. } => format!("must exist ({lifecycle}), and does not"),
            Finding::Different { changes } => {
                let fields: Vec<_> = changes.iter().map(|change| change.field).collect();
                format!("must be as described ({lifecycle}); differs in {}", fields.join(", "))
            }
            Finding::Same | Finding::NotLooked | Finding::Unreadable { .. } => {
                format!("refused by {lifecycle}")
            }
        };
        TaskError::new(ErrorKind::Invalid, message)
            .hint("change it where it is managed, or choose lifecycle Sync to have it changed here")
    }
}

fn refuse_immutable(finding: &Finding) -> Result<(), TaskError> {
    let Finding::Different { changes } = finding else { return Ok(()) };
    let stuck: Vec<_> = changes.iter().filter(|change| change.immutable).collect();
    match stuck.as_slice() {
        [] => Ok(()),
        [FieldChange { field, .. }, ..] => Err(TaskError::new(
            ErrorKind::Invalid,
            format!("cannot change {field} of something that exists"),
        )
        .hint("delete it, or give the new one another name")),
    }
}

/// An error with its causes, on one line.
pub(crate) fn whole_story(error: &dyn Error) -> String {
    let causes = iter::successors(Some(error), |&error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

//! What a turn is given.

use std::sync::atomic::{AtomicU8, Ordering};

use petgraph::graph::NodeIndex;

use super::turn::{Judged, mismatch, refused};
use crate::{
    ChangeKind, Failure, Finding, Outcome, Provider, Stray, Target, TaskError, Verdict,
    graph::Sealed, note, rule::Governance,
};

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
    pub(super) fn governance(&self) -> &Governance {
        &self.sealed.governance[self.node.index()]
    }

    pub(super) fn judge(&self, stray: Stray) -> Judged {
        let governance = self.sealed.govern_stray(self.node, &stray);
        Judged::new(stray, governance, false)
    }

    /// What becomes of something that was not compared.
    pub(super) fn left(&self, finding: &Finding) -> (Verdict, Result<Outcome, TaskError>) {
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
    pub(super) fn doubt(&self, error: &TaskError) -> Option<Failure> {
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
    pub(super) fn begin(&self, change: ChangeKind) {
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

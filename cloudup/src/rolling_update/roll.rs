//! One group's turn: look, decide, do one thing, and again.

use std::{collections::BTreeSet, time::Duration};

use cloudup_engine::ErrorKind;
use futures::{StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::{
    Answer, CallError, RollError, Surge,
    next::{Move, Quorum, Situation, next},
    run::Run,
    settings::{Limits, Settings},
    settle::Settling,
    survey::{FoundGroup, Survey},
};
use crate::{
    kubernetes::DrainError,
    manifest::{InstanceGroup, spec::Role},
};

/// How often it is looked again while something is waited for.
pub(super) const POLL: Duration = Duration::from_secs(10);

/// How a group's turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Nothing is left to be done.
    Done,
    /// The run is to stop.
    Stopped,
    /// Whoever was asked said no.
    Declined,
}

/// A drain that is over: of which instance, and how it went.
pub(super) type Drained = (String, Result<(), DrainError>);

/// A group's turn.
pub(super) struct Roll<'r, 'a> {
    pub(super) run: &'r mut Run<'a>,
    pub(super) group: &'a InstanceGroup,
    settings: Settings,
    limits: Limits,
    /// The drains under way.
    pub(super) drains: FuturesUnordered<BoxFuture<'a, Drained>>,
    /// Whose they are.
    pub(super) draining: BTreeSet<String>,
    /// Ends them.
    pub(super) cancel: CancellationToken,
    /// The instances that were asked to be terminated.
    pub(super) asked: BTreeSet<String>,
    /// What is waited for before anything else is done.
    pub(super) settling: Option<Settling>,
    /// When something was done last that takes time to show.
    pub(super) last: Option<Instant>,
    /// Since when nothing can be done.
    stalled: Option<Instant>,
}

impl<'r, 'a> Roll<'r, 'a> {
    pub(super) fn new(run: &'r mut Run<'a>, group: &'a InstanceGroup, found: &FoundGroup) -> Self {
        let mut settings = Settings::of(run.cluster, group);
        settings.drain_and_terminate |= !run.options.only.is_empty();
        // Not of those that are there: a run that takes over may find some beyond those wanted.
        let total = found.desired;
        let stale = found.running().filter(|it| it.is_stale()).count();
        let limits = settings.limits(group.spec.role, total, stale, run.ask.is_some());
        let limits = match run.options.surge {
            Surge::AsManifested => limits,
            Surge::None => Limits::ONE_BY_ONE,
        };
        Self {
            run,
            group,
            settings,
            limits,
            drains: FuturesUnordered::new(),
            draining: BTreeSet::new(),
            cancel: CancellationToken::new(),
            asked: BTreeSet::new(),
            settling: None,
            last: None,
            stalled: None,
        }
    }

    /// Replaces what is to be replaced, and leaves nothing behind, however it ends.
    pub(super) async fn roll(&mut self) -> Result<Ending, RollError> {
        let ended = self.turns().await;
        match &ended {
            // Somebody else may be at work by now.
            Err(error) if error.is_out() => {}
            _ => self.tidy().await?,
        }
        ended
    }

    /// How many instances it replaced.
    pub(super) fn replaced(&self) -> usize {
        self.asked.len()
    }

    async fn turns(&mut self) -> Result<Ending, RollError> {
        self.settling = self.before_anything();
        let mut is_open = false;
        loop {
            if self.run.is_stopped() {
                return Ok(Ending::Stopped);
            }
            let survey = self.run.survey().await?;
            let name = self.group.name();
            let Some(group) = survey.groups.get(name) else { return Ok(Ending::Done) };
            if !group.launches {
                return Err(RollError::NoLaunches(group.auto_scaling_group.clone()));
            }
            self.note_gone(group).await?;
            self.settle(&survey, group).await?;
            if !is_open {
                if let Some(settling) = &self.settling {
                    self.wait_until(settling.next).await?;
                    continue;
                }
                self.taint(group).await?;
                is_open = true;
            }
            if let Some(ending) = self.turn(&survey, group).await? {
                return Ok(ending);
            }
        }
    }

    /// Does the next thing.
    async fn turn(
        &mut self,
        survey: &Survey,
        group: &FoundGroup,
    ) -> Result<Option<Ending>, RollError> {
        let next = next(&Situation {
            group,
            nodes: &survey.nodes,
            limits: self.limits,
            drains: self.settings.drain_and_terminate,
            progress: &self.run.progress,
            draining: &self.draining,
            asked: &self.asked,
            is_unsettled: self.settling.is_some(),
            quorum: self.quorum(survey),
        });
        let takes = matches!(next, Move::Detach(_) | Move::Terminate(_));
        if let Some(pause) = self.pause().filter(|_| takes) {
            self.wait_until(pause).await?;
            return Ok(None);
        }
        if !matches!(next, Move::Await | Move::Blocked(_)) {
            self.stalled = None;
        }
        match next {
            Move::Done => return Ok(Some(Ending::Done)),
            Move::TerminateWarm(ids) => self.terminate_warm(&ids).await?,
            Move::Detach(id) | Move::Drain(id) if self.run.is_news && !self.goes_on(&id).await => {
                return Ok(Some(Ending::Declined));
            }
            Move::Detach(id) => self.detach(group, &id).await?,
            Move::Drain(id) => self.drain(group, &id).await?,
            Move::Terminate(id) => self.terminate(group, &id).await?,
            Move::Settle => {
                let until = self.settling.as_ref().map_or_else(Instant::now, |it| it.next);
                self.wait_until(until).await?;
            }
            Move::Await => {
                let left = group.running().filter(|it| self.asked.contains(&it.id));
                let left: Vec<_> = left.map(|it| it.id.clone()).collect();
                if self.draining.is_empty() && self.is_stalled() {
                    return Err(RollError::Stuck(left));
                }
                self.wait_until(Instant::now() + POLL).await?;
            }
            Move::Blocked(why) => {
                if self.is_stalled() {
                    return Err(RollError::Blocked(why));
                }
                self.wait_until(Instant::now() + POLL).await?;
            }
        }
        Ok(None)
    }

    /// Whether nothing could be done for as long as may be waited. Counts from the first time.
    fn is_stalled(&mut self) -> bool {
        let since = *self.stalled.get_or_insert_with(Instant::now);
        since.elapsed() >= self.run.options.validation_timeout
    }

    /// Until when nothing more is taken away: what was done last comes to show first.
    fn pause(&self) -> Option<Instant> {
        let until = self.last? + self.interval();
        (Instant::now() < until).then_some(until)
    }

    /// How long to wait after something was done.
    pub(super) fn interval(&self) -> Duration {
        let options = self.run.options;
        match self.group.spec.role {
            Role::Bastion => options.bastion_interval,
            Role::ControlPlane => options.control_plane_interval,
            Role::ApiServer | Role::Node => options.node_interval,
        }
    }

    /// Of the control plane: who there is beside the instances that leave.
    fn quorum(&self, survey: &Survey) -> Option<Quorum> {
        if self.group.spec.role != Role::ControlPlane {
            return None;
        }
        let of_it = || survey.groups.values().filter(|it| it.role == Role::ControlPlane);
        let leaves =
            |id: &str| self.asked.contains(id) || self.run.progress.replacing.contains_key(id);
        let serving = of_it().flat_map(|group| {
            group.running().filter(|it| group.serves(it, &survey.nodes) && !leaves(&it.id))
        });
        let members = of_it().map(|group| group.desired).sum();
        Some(Quorum { members, serving: serving.count() })
    }

    /// Whether whoever is asked lets it go on.
    async fn goes_on(&mut self, id: &str) -> bool {
        let Some(ask) = &mut self.run.ask else { return true };
        match ask.whether_to_go_on(self.group.name(), id).await {
            Answer::Yes => self.run.is_news = false,
            Answer::Always => {
                self.run.ask = None;
                self.run.is_news = false;
            }
            Answer::No => return false,
        }
        true
    }

    /// Waits, and takes note of drains that end meanwhile. A stop ends it.
    pub(super) async fn wait_until(&mut self, until: Instant) -> Result<(), RollError> {
        let stop = self.run.attempts.stop.clone();
        tokio::select! {
            Some(drained) = self.drains.next() => self.drained(drained).await,
            () = sleep_until(until) => Ok(()),
            () = stop.finishing() => Ok(()),
        }
    }

    /// Whether a call that failed came to what it was for: its answer may have been lost.
    pub(super) async fn unless(
        &self,
        failed: CallError,
        is_so: impl FnOnce(&FoundGroup) -> bool,
    ) -> Result<(), RollError> {
        if failed.kind() == ErrorKind::Denied {
            return Err(failed.into());
        }
        let survey = self.run.last_survey().await?;
        match survey.groups.get(self.group.name()) {
            Some(group) if !is_so(group) => Err(failed.into()),
            _ => Ok(()),
        }
    }
}

//! What to do next in a group: a pure function of what was found and of how far the update is, so
//! that a run which takes over from one that was killed decides as that one would have.

use std::collections::BTreeSet;

use super::{
    progress::{Progress, Step},
    settings::Limits,
    survey::{FoundGroup, Member, Nodes, Place},
};

/// What is known about a group when it is decided.
#[derive(Debug)]
pub(super) struct Situation<'a> {
    pub(super) group: &'a FoundGroup,
    pub(super) nodes: &'a Nodes,
    pub(super) limits: Limits,
    /// Whether what was replaced is drained and terminated.
    pub(super) drains: bool,
    pub(super) progress: &'a Progress,
    /// The instances whose nodes are being drained by this very run.
    pub(super) draining: &'a BTreeSet<String>,
    /// The instances that this run has asked to be terminated.
    pub(super) asked: &'a BTreeSet<String>,
    /// Whether it is still to be seen that the group is well after what was done last.
    pub(super) is_unsettled: bool,
    /// Of the control plane: who else there is.
    pub(super) quorum: Option<Quorum>,
}

/// The members of the control plane, over all its groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quorum {
    /// How many there are to be.
    pub(super) members: usize,
    /// How many serve and are not being replaced.
    pub(super) serving: usize,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Move {
    /// Terminate instances of the warm pool, before they could go into service.
    TerminateWarm(Vec<String>),
    /// Take an instance out of its group, so that another takes its place while it runs on.
    Detach(String),
    /// Drain an instance's node.
    Drain(String),
    /// Terminate an instance that is drained.
    Terminate(String),
    /// Wait until the group is well.
    Settle,
    /// Wait until something under way is over.
    Await,
    /// Wait until there is room: why there is none.
    Blocked(String),
    /// Nothing is left to be done.
    Done,
}

/// What to do next. Of what it allows, nothing takes the group below what it is to have, or the
/// control plane below its quorum.
pub(super) fn next(situation: &Situation<'_>) -> Move {
    let Situation { group, progress, draining, asked, .. } = situation;
    let is_asked = |member: &Member| asked.contains(&member.id);
    let warm = group.members.iter().filter(|it| it.place == Place::WarmPool && it.is_stale());
    let warm: Vec<_> = warm.filter(|it| !is_asked(it)).map(|it| it.id.clone()).collect();
    if !warm.is_empty() {
        return Move::TerminateWarm(warm);
    }
    if situation.drains {
        // What an earlier run began comes first.
        for member in group.running().filter(|it| !is_asked(it)) {
            match progress.step(&member.id) {
                Some(Step::Terminating) => return Move::Terminate(member.id.clone()),
                Some(Step::Draining) if !draining.contains(&member.id) => {
                    return match situation.nodes {
                        Nodes::Unreachable(why) => Move::Blocked(away(why)),
                        Nodes::NotAsked | Nodes::Found(_) => Move::Drain(member.id.clone()),
                    };
                }
                _ => {}
            }
        }
    }
    if let Some(id) = situation.to_detach() {
        return Move::Detach(id);
    }
    if situation.is_unsettled {
        return Move::Settle;
    }
    if !situation.drains {
        return Move::Done;
    }
    situation.to_drain()
}

fn away(why: &str) -> String {
    format!("the Kubernetes API is away: {why}")
}

impl Situation<'_> {
    /// Whether an instance is being drained or terminated.
    fn leaves(&self, member: &Member) -> bool {
        let step = self.progress.step(&member.id);
        self.asked.contains(&member.id) || step.is_some_and(|step| step != Step::Detaching)
    }

    /// The instances that are to be replaced and of which nothing was begun, by place.
    fn idle(&self, place: Place) -> impl Iterator<Item = &Member> {
        let all = self.group.members.iter();
        all.filter(move |it| it.place == place && it.is_stale() && !self.leaves(it))
    }

    /// Whether some instance serves that is not to be replaced.
    fn has_new(&self) -> bool {
        let mut running = self.group.running();
        running.any(|it| !it.is_stale() && self.group.serves(it, self.nodes))
    }

    /// The instance to be detached, while fewer are than there may be beyond those wanted: one that
    /// an earlier run was about to detach, or the last. Those that serve as they should go first, so
    /// that what is broken is replaced soonest. The first one shows whether new ones do.
    fn to_detach(&self) -> Option<String> {
        if self.idle(Place::Detached).count() >= self.limits.surge {
            return None;
        }
        if self.is_unsettled && !self.has_new() {
            return None;
        }
        let attached: Vec<_> = self.idle(Place::Group).filter(|it| it.is_in_service()).collect();
        let begun = attached.iter().find(|it| self.progress.step(&it.id) == Some(Step::Detaching));
        let serving = attached.iter().rev().find(|it| self.group.serves(it, self.nodes));
        begun.or(serving).map(|member| member.id.clone())
    }

    /// The instance to be drained: one that does not serve, then the group's in their order, then
    /// those that are detached.
    fn to_drain(&self) -> Move {
        let serves = |member: &&Member| self.group.serves(member, self.nodes);
        let attached: Vec<_> = self.idle(Place::Group).collect();
        let broken = attached.iter().copied().find(|it| !serves(it));
        let candidate = broken
            .or_else(|| attached.first().copied())
            .or_else(|| self.idle(Place::Detached).next());
        let leaving = self.group.running().filter(|it| self.leaves(it)).count();
        let Some(candidate) = candidate else {
            return if leaving > 0 { Move::Await } else { Move::Done };
        };
        let is_first = !self.has_new() && leaving > 0;
        if leaving >= self.limits.concurrency || is_first {
            return Move::Await;
        }
        match self.room_for(candidate) {
            Ok(()) => Move::Drain(candidate.id.clone()),
            Err(_) if leaving > 0 => Move::Await,
            Err(why) => Move::Blocked(why),
        }
    }

    /// Whether an instance may leave now. One that does not serve is not missed.
    fn room_for(&self, member: &Member) -> Result<(), String> {
        if !self.group.serves(member, self.nodes) {
            return match self.nodes {
                Nodes::Unreachable(why) => Err(away(why)),
                Nodes::NotAsked | Nodes::Found(_) => Ok(()),
            };
        }
        let FoundGroup { name, desired, .. } = self.group;
        let stays = |it: &&Member| self.group.serves(it, self.nodes) && !self.leaves(it);
        let serving = self.group.running().filter(stays).count();
        if serving <= desired.saturating_sub(self.limits.unavailable) {
            let missing = self.limits.unavailable;
            return Err(format!(
                "{serving} of {desired} instances of {name} serve, and {missing} may be missing"
            ));
        }
        // Of one or two, none can be missed: there is no way but to miss it.
        if let Some(Quorum { members, serving }) = self.quorum
            && members > 2
            && serving <= members / 2 + 1
        {
            return Err(format!(
                "{serving} of {members} instances of the control plane serve, and etcd needs {}",
                members / 2 + 1
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

//! Replaces instances that did not start from what new ones start from, a few at a time, so that
//! the cluster goes on working.
//!
//! [`RollingUpdate::prepare`] chooses the groups, [`plan`](RollingUpdate::plan) says which of their
//! instances are to be replaced and why, [`apply`](RollingUpdate::apply) replaces them. Groups have
//! their turns: bastions, the control plane, API servers, nodes. A group's turn is a loop: look at
//! what there is, decide on the next thing from that and from how far it is, write down that it is
//! about to be done, do it. So a run that takes over from one that was killed needs to know nothing
//! but what the other wrote down, its [`Progress`] in a [`Journal`].
//!
//! Instances leave through Auto Scaling, which takes them out of load balancers, runs the hooks and
//! starts others. Instances beyond those wanted come about by detaching old ones: these run on until
//! their successors are there.

mod calls;
mod choice;
mod difference;
mod error;
mod event;
mod listing;
mod next;
mod options;
mod progress;
mod report;
mod roll;
mod run;
mod settings;
mod settle;
mod steps;
mod survey;
#[cfg(test)]
mod tests;
mod tidy;
mod timeline;

use std::collections::{BTreeMap, BTreeSet};

use cloudup_engine::{ErrorKind, Stop};
use cloudup_tasks::cloud::{CloudReader, CloudWriter};

pub use self::{
    calls::CallError,
    choice::{Choice, ChoiceError},
    error::RollError,
    event::Event,
    listing::{InstanceStatus, Listed, Listing, list},
    options::{Answer, Ask, RollingOptions, Surge},
    progress::{Journal, Progress, Replacing, Step},
    report::{GroupReport, Outcome, Reason, RollingUpdateReport, StaleInstance},
    timeline::{Stage, Stretch, Timeline},
};
use self::{
    calls::{Attempts, Doing as _},
    roll::{Ending, Roll},
    run::{Run, add_forced, keep_only},
    survey::{FoundGroup, Member, Survey, explain, survey},
};
use crate::{
    environment::{self, EnvironmentError},
    kubernetes::{KubernetesReader, KubernetesWriter},
    manifest::{
        Cluster, InstanceGroup,
        spec::{Manager, Role},
    },
    store::StoreError,
};

/// A rolling update of some groups of a cluster, ready to be planned or applied.
#[derive(Debug)]
pub struct RollingUpdate {
    cluster: Cluster,
    /// The names of the groups, in their turns.
    chosen: Vec<String>,
    options: RollingOptions,
}

/// What a rolling update is applied with.
pub struct Tools<'a> {
    /// The cloud, as it is: nothing that remembers answers.
    pub cloud: &'a dyn CloudWriter,
    /// Kubernetes; without it the cloud alone counts, and no node is drained.
    pub kubernetes: Option<&'a dyn KubernetesWriter>,
    /// Where it is kept how far it is.
    pub journal: &'a mut dyn Journal,
    /// Whoever is asked before each further instance, if somebody wants to be.
    pub ask: Option<&'a mut dyn Ask>,
    /// Stops it.
    pub stop: Stop,
}

/// Why there is nothing to plan or apply.
#[derive(Debug, thiserror::Error)]
pub enum RollingUpdateError {
    /// What was asked for is wrong.
    #[error("{}", listed(.0))]
    Invalid(Vec<ChoiceError>),
    /// It cannot be told where the cluster is.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// It cannot be told what there is.
    #[error(transparent)]
    Call(#[from] CallError),
    /// How far an earlier run is cannot be read or written.
    #[error("could not tell how far the last rolling update is")]
    Journal(#[source] StoreError),
}

fn listed(mistakes: &[ChoiceError]) -> String {
    let lines: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

impl RollingUpdateError {
    /// What kind of trouble it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Invalid(_) => ErrorKind::Invalid,
            Self::Environment(error) => error.kind(),
            Self::Call(error) => error.kind(),
            Self::Journal(error) => error.kind(),
        }
    }
}

impl RollingUpdate {
    /// Chooses the groups.
    ///
    /// # Errors
    ///
    /// Everything that `choice` names and that is not there.
    pub fn prepare(
        cluster: Cluster,
        choice: &Choice,
        options: RollingOptions,
    ) -> Result<Self, RollingUpdateError> {
        let chosen = choice.of(&cluster).map_err(RollingUpdateError::Invalid)?;
        let chosen = chosen.iter().map(|group| group.name().to_owned()).collect();
        Ok(Self { cluster, chosen, options })
    }

    /// The cluster.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Says which instances would be replaced, and why. `progress` is what an earlier run left.
    ///
    /// # Errors
    ///
    /// Where it cannot be told.
    pub async fn plan(
        &self,
        reader: &dyn CloudReader,
        kubernetes: Option<&dyn KubernetesReader>,
        progress: Option<Progress>,
    ) -> Result<RollingUpdateReport, RollingUpdateError> {
        let attempts = Attempts::default();
        let mut found = survey(reader, kubernetes, &self.cluster, &attempts).await?;
        found.reached()?;
        explain(&mut found, reader, &attempts).await?;
        let mut progress = progress.unwrap_or_default();
        self.force(&found, &mut progress);
        add_forced(&mut found, &progress);
        keep_only(&mut found, &self.options.only);
        self.report(reader, &found, &attempts).await
    }

    /// Replaces the instances that are to be replaced.
    ///
    /// # Errors
    ///
    /// Where nothing could be begun. What goes wrong after that is in the report.
    pub async fn apply<'a>(
        &'a self,
        tools: Tools<'a>,
        tell: &'a mut (dyn FnMut(Event<'_>) + Send),
    ) -> Result<RollingUpdateReport, RollingUpdateError> {
        let Tools { cloud, kubernetes, journal, ask, stop } = tools;
        let attempts = Attempts { stop };
        let progress = journal.load().await.map_err(RollingUpdateError::Journal)?;
        let mut run = Run {
            cloud,
            kubernetes,
            cluster: &self.cluster,
            options: &self.options,
            attempts,
            journal,
            ask,
            tell,
            progress: progress.unwrap_or_default(),
            tolerated: BTreeSet::new(),
            is_news: false,
            warnings: BTreeMap::new(),
        };
        let mut found = run.survey().await?;
        found.reached()?;
        let before = run.progress.clone();
        self.force(&found, &mut run.progress);
        add_forced(&mut found, &run.progress);
        keep_only(&mut found, &self.options.only);
        let attempts = run.attempts.clone();
        explain(&mut found, cloud.reader(), &attempts).await?;
        let mut report = self.report(cloud.reader(), &found, &attempts).await?;
        run.abandon(&found, &self.chosen).await;
        if run.progress != before {
            run.keep().await.map_err(RollingUpdateError::Journal)?;
        }
        run.groups(&self.turns(), &mut report).await;
        run.finish(&mut report).await;
        for group in &mut report.groups {
            group.warnings = run.warnings.remove(&group.name).unwrap_or_default();
        }
        report.notices.extend(run.warnings.into_values().flatten());
        Ok(report)
    }

    fn turns(&self) -> Vec<&InstanceGroup> {
        let of = |name: &String| self.cluster.groups.iter().find(|it| it.name() == name);
        self.chosen.iter().filter_map(of).collect()
    }

    /// Notes which instances force is about: those that are there when it begins, unless an earlier
    /// run has noted them.
    fn force(&self, found: &Survey, progress: &mut Progress) {
        let RollingOptions { force, only, .. } = &self.options;
        if !only.is_empty() {
            let these = |group: &FoundGroup| -> BTreeSet<String> {
                let members = group.members.iter().map(|member| &member.id);
                members.filter(|id| only.contains(*id)).cloned().collect()
            };
            let forced = found.groups.iter().map(|(name, group)| (name.clone(), these(group)));
            progress.forced = forced.filter(|(_, these)| !these.is_empty()).collect();
            return;
        }
        if !force {
            progress.forced.clear();
            return;
        }
        for name in &self.chosen {
            let Some(group) = found.groups.get(name) else { continue };
            let all = || group.members.iter().map(|member| member.id.clone()).collect();
            progress.forced.entry(name.clone()).or_insert_with(all);
        }
    }

    async fn report(
        &self,
        reader: &dyn CloudReader,
        found: &Survey,
        attempts: &Attempts,
    ) -> Result<RollingUpdateReport, RollingUpdateError> {
        let caller = attempts.cloud(async || reader.sts().get_caller_identity().await).await;
        let groups = self.chosen.iter().filter_map(|name| found.groups.get(name));
        Ok(RollingUpdateReport {
            cluster: self.cluster.name().to_owned(),
            account: caller.doing("ask STS which account this is")?.account,
            region: environment::region(&self.cluster.spec.subnets)?,
            notices: self.notices(found),
            groups: groups.map(|group| GroupReport::of(group, &found.nodes)).collect(),
            stopped: false,
        })
    }

    /// What is worth knowing beside the groups that there are.
    fn notices(&self, found: &Survey) -> Vec<String> {
        let mut notices = Vec::new();
        for group in self.turns() {
            let name = group.name();
            if found.going.iter().any(|going| going == name) {
                notices.push(format!("instance group {name} is being deleted"));
            } else if group.spec.manager == Manager::Karpenter {
                notices.push(format!("Karpenter replaces the instances of {name} by itself"));
            } else if !found.groups.contains_key(name) {
                notices.push(format!("instance group {name} has no Auto Scaling group yet"));
            }
        }
        if self.chosen.len() == self.cluster.groups.len() {
            let strange = found.strange.iter();
            notices.extend(strange.map(|name| {
                format!("Auto Scaling group {name} is the cluster's, and no instance group's")
            }));
        }
        notices
    }
}

impl<'a> Run<'a> {
    /// Gives up what an earlier run began and this one is not about: of groups that are not
    /// chosen, and of instances that need no replacing any more.
    async fn abandon(&mut self, found: &Survey, chosen: &[String]) {
        let is_meant = |id: &str| {
            let mut groups = chosen.iter().filter_map(|name| found.groups.get(name));
            groups.any(|group| group.member(id).is_some_and(Member::is_stale))
        };
        let begun = self.progress.replacing.clone();
        for (id, replacing) in begun.iter().filter(|(id, _)| !is_meant(id)) {
            if replacing.step == Step::Detaching {
                let group = found.groups.get(&replacing.group);
                self.untag(&replacing.group, id, group).await;
            } else {
                self.progress.replacing.remove(id);
            }
        }
        self.clean("", |id| !is_meant(id)).await;
    }

    /// The groups, each in its turn.
    async fn groups(&mut self, turns: &[&'a InstanceGroup], report: &mut RollingUpdateReport) {
        let mut is_over = false;
        for group in &mut report.groups {
            let of = turns.iter().find(|of| of.name() == group.name);
            let Some(of) = of.filter(|_| !is_over && !self.is_stopped()) else {
                let is_done = group.need_update.is_empty();
                let outcome = if is_done { Outcome::UpToDate } else { Outcome::NotBegun };
                group.outcome = Some(outcome);
                continue;
            };
            let (outcome, goes_on) = self.group(of).await;
            is_over = !goes_on;
            group.outcome = Some(outcome);
        }
        let is_left = |group: &GroupReport| {
            matches!(group.outcome, Some(Outcome::Stopped { .. } | Outcome::NotBegun))
        };
        report.stopped = report.errors().next().is_none() && report.groups.iter().any(is_left);
    }

    /// One group's turn: what came of it, and whether others follow.
    async fn group(&mut self, of: &'a InstanceGroup) -> (Outcome, bool) {
        // It may have changed since it was first looked at.
        let found = match self.survey().await {
            Ok(found) => found,
            Err(error) => return (Outcome::Failed { instances: 0, error: error.into() }, false),
        };
        let Some(group) = found.groups.get(of.name()) else { return (Outcome::UpToDate, true) };
        let stale = group.members.iter().filter(|it| it.is_stale()).count();
        if stale == 0 {
            return (Outcome::UpToDate, true);
        }
        (self.tell)(Event::GroupStarted { group: of.name(), instances: stale });
        if self.kubernetes.is_some() && self.options.validate_count == 0 {
            let told = "the cluster is not validated, since the validate count is 0: that \
                        instances are in service has to do";
            self.warn(of.name(), told.to_owned());
        }
        let mut roll = Roll::new(self, of, group);
        let ended = roll.roll().await;
        let instances = roll.replaced();
        (self.tell)(Event::GroupFinished { group: of.name(), replaced: instances });
        match ended {
            Ok(Ending::Done) => {
                // Kept, so that a run which takes over does not begin with it again.
                if let Some(forced) = self.progress.forced.get_mut(of.name()) {
                    forced.clear();
                }
                (Outcome::Replaced { instances }, true)
            }
            Ok(Ending::Stopped | Ending::Declined) => (Outcome::Stopped { instances }, false),
            Err(error) => {
                // What others depend on comes first; of nodes, one group is as good as another.
                let is_alone = matches!(of.spec.role, Role::ApiServer | Role::Node);
                let goes_on = is_alone && !error.ends_the_run();
                (Outcome::Failed { instances, error }, goes_on)
            }
        }
    }

    /// Keeps what is left for the next run, if anything is.
    async fn finish(&mut self, report: &mut RollingUpdateReport) {
        if report.errors().any(|(_, error)| error.is_out()) {
            return;
        }
        let is_through = |group: &GroupReport| {
            matches!(group.outcome, Some(Outcome::UpToDate | Outcome::Replaced { .. }))
        };
        if report.groups.iter().all(is_through) {
            for group in &report.groups {
                self.progress.forced.remove(&group.name);
            }
        }
        if let Err(error) = self.save().await {
            report.notices.push(error.to_string());
        }
    }
}

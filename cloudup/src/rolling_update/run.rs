//! A run over several groups, and what all of them share.

use std::collections::{BTreeMap, BTreeSet};

use cloudup_tasks::cloud::CloudWriter;

use super::{
    Ask, Event, Reason, RollError, RollingOptions,
    calls::{Attempts, CallError},
    progress::{Journal, Progress},
    survey::{Survey, survey},
};
use crate::{
    kubernetes::{KubernetesReader, KubernetesWriter, Trouble},
    manifest::Cluster,
    store::StoreError,
};

/// Whoever is told what happens.
pub(super) type Tell<'a> = &'a mut (dyn FnMut(Event<'_>) + Send);

/// What all groups of a run share.
pub(super) struct Run<'a> {
    pub(super) cloud: &'a dyn CloudWriter,
    pub(super) kubernetes: Option<&'a dyn KubernetesWriter>,
    pub(super) cluster: &'a Cluster,
    pub(super) options: &'a RollingOptions,
    pub(super) attempts: Attempts,
    pub(super) journal: &'a mut dyn Journal,
    pub(super) ask: Option<&'a mut dyn Ask>,
    pub(super) tell: Tell<'a>,
    pub(super) progress: Progress,
    /// What is wrong and is put up with: it did not end within the time it had.
    pub(super) tolerated: BTreeSet<Trouble>,
    /// Whether an instance was replaced since somebody was asked.
    pub(super) is_news: bool,
    /// What went wrong and was put up with, by group.
    pub(super) warnings: BTreeMap<String, Vec<String>>,
}

impl Run<'_> {
    /// Whether nothing new is to be begun.
    pub(super) fn is_stopped(&self) -> bool {
        self.attempts.stop.level().is_some()
    }

    /// Looks at all groups.
    pub(super) async fn survey(&self) -> Result<Survey, CallError> {
        self.look(&self.attempts).await
    }

    /// The same, also where the run is to stop.
    pub(super) async fn last_survey(&self) -> Result<Survey, CallError> {
        self.look(&Attempts::default()).await
    }

    async fn look(&self, attempts: &Attempts) -> Result<Survey, CallError> {
        let kubernetes = self.kubernetes.map(|it| it as &dyn KubernetesReader);
        let mut found = survey(self.cloud.reader(), kubernetes, self.cluster, attempts).await?;
        add_forced(&mut found, &self.progress);
        keep_only(&mut found, &self.options.only);
        Ok(found)
    }

    /// Keeps how far it is.
    pub(super) async fn save(&mut self) -> Result<(), RollError> {
        self.keep().await.map_err(RollError::Journal)
    }

    /// The same, for whoever has no group's turn.
    pub(super) async fn keep(&mut self) -> Result<(), StoreError> {
        let progress = (!self.progress.is_empty()).then_some(&self.progress);
        self.journal.save(progress).await
    }

    /// Notes something that is put up with.
    pub(super) fn warn(&mut self, group: &str, message: String) {
        (self.tell)(Event::Warning { group, message: &message });
        self.warnings.entry(group.to_owned()).or_default().push(message);
    }
}

/// Adds the reason that force is.
pub(super) fn add_forced(survey: &mut Survey, progress: &Progress) {
    for (name, forced) in &progress.forced {
        let group = survey.groups.get_mut(name);
        let members = group.into_iter().flat_map(|group| &mut group.members);
        for member in members.filter(|it| forced.contains(&it.id) && !it.is_stale()) {
            member.reasons.push(Reason::Forced);
        }
    }
}

/// Leaves alone all instances but these; none, if there are none.
pub(super) fn keep_only(survey: &mut Survey, only: &BTreeSet<String>) {
    if only.is_empty() {
        return;
    }
    for member in survey.groups.values_mut().flat_map(|group| &mut group.members) {
        if !only.contains(&member.id) {
            member.reasons.clear();
        }
    }
}

//! Nothing of ours stays on what is not replaced.

use super::{
    RollError,
    calls::{Attempts, CallError, Doing as _},
    progress::Step,
    roll::Roll,
    run::Run,
    survey::{DETACHED, FoundGroup, Place},
};
use crate::kubernetes::{KubernetesError, NodeChange, undo};
use futures::StreamExt as _;

/// The taint of nodes that are to be replaced. kOps' own.
pub(super) const TAINT: &str = "kops.k8s.io/scheduled-for-update";

/// Its effect.
pub(super) const TAINT_EFFECT: &str = "PreferNoSchedule";

impl Roll<'_, '_> {
    /// Takes back what was begun and not finished: drains, and the tags of instances that were not
    /// detached after all; and what nodes carry that stay.
    pub(super) async fn tidy(&mut self) -> Result<(), RollError> {
        self.cancel.cancel();
        while self.drains.next().await.is_some() {}
        self.draining.clear();
        let name = self.group.name();
        let before = self.run.progress.clone();
        for (id, step) in before.of(name) {
            // One that was asked to go is on its way.
            if step != Step::Detaching || self.asked.contains(id) {
                self.run.progress.replacing.remove(id);
            }
        }
        for id in &self.asked {
            self.run.progress.nodes.retain(|_, of| of != id);
        }
        match self.run.last_survey().await {
            Ok(survey) => {
                let group = survey.groups.get(name);
                let begun = self.run.progress.of(name).map(|(id, _)| id.to_owned());
                for id in begun.collect::<Vec<_>>() {
                    self.run.untag(name, &id, group).await;
                }
                let is_of = |id: &str| group.is_none_or(|group| group.member(id).is_some());
                self.run.clean(name, is_of).await;
            }
            Err(error) => self.run.warn(name, left(&error)),
        }
        if self.run.progress == before { Ok(()) } else { self.run.save().await }
    }
}

impl Run<'_> {
    /// Takes the tag from an instance that was about to be detached and is not.
    pub(super) async fn untag(&mut self, name: &str, id: &str, group: Option<&FoundGroup>) {
        let member = group.and_then(|group| group.member(id));
        if member.is_some_and(|member| member.place == Place::Group) {
            let (ec2, keys) = (self.cloud.ec2(), [DETACHED.to_owned()]);
            let untagged = Attempts::default();
            let untagged = untagged.cloud(async || ec2.delete_tags(id, &keys).await).await;
            if let Err(error) = untagged.doing(format!("take a tag from instance {id}")) {
                return self.warn(name, left(&error));
            }
        }
        self.progress.replacing.remove(id);
    }

    /// Takes from nodes what is ours: those of the instances that `is_meant` names. What could not be
    /// taken stays written down, for the next run.
    pub(super) async fn clean(&mut self, group: &str, is_meant: impl Fn(&str) -> bool) {
        let Some(kubernetes) = self.kubernetes else { return };
        let nodes = self.progress.nodes.iter().filter(|(_, id)| is_meant(id));
        let nodes: Vec<_> = nodes.map(|(node, _)| node.clone()).collect();
        let untaint = NodeChange {
            remove_taints: vec![(TAINT.to_owned(), TAINT_EFFECT.to_owned())],
            ..NodeChange::default()
        };
        for node in nodes {
            let cleaned = Attempts::default();
            let cleaned = cleaned
                .kubernetes(async || {
                    undo(kubernetes, &node).await?;
                    match kubernetes.change_node(&node, &untaint).await {
                        Err(KubernetesError::NotFound(_)) => Ok(()),
                        changed => changed,
                    }
                })
                .await;
            match cleaned.doing(format!("take back what was done to node {node}")) {
                Ok(()) => {
                    self.progress.nodes.remove(&node);
                }
                Err(error) => self.warn(group, left(&error)),
            }
        }
    }
}

/// What stays behind, and until when.
fn left(error: &CallError) -> String {
    let mut text = error.to_string();
    if let Some(cause) = std::error::Error::source(error) {
        text = format!("{text}: {cause}");
    }
    format!("{text}; the next rolling update does it")
}

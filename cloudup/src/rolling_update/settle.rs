//! Whether a group is well after what was done last.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    Event, RollError, RollingOptions,
    calls::Doing as _,
    roll::{POLL, Roll},
    survey::{FoundGroup, Nodes, Place, Survey},
};
use crate::{
    kubernetes::{KubernetesError, Trouble, TroubleKind, validate},
    manifest::spec::Role,
};

/// What is waited for before anything else is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Settling {
    /// When to look.
    pub(super) next: Instant,
    /// When to give up.
    end: Instant,
    /// How often in a row the group has to be found well.
    wanted: u32,
    /// How often that is still to be.
    needed: u32,
    /// Whether the group is to have all its instances.
    wants_all: bool,
    /// What was told last.
    told: Vec<String>,
}

impl Settling {
    /// After something was done: not before it can show.
    pub(super) fn after(options: &RollingOptions, interval: Duration) -> Self {
        let next = Instant::now() + interval;
        Self {
            next,
            end: next + options.validation_timeout,
            wanted: options.validate_count.max(1),
            needed: options.validate_count.max(1),
            wants_all: true,
            told: Vec::new(),
        }
    }
}

impl Roll<'_, '_> {
    /// What has to hold before anything is changed: the cluster is well.
    pub(super) fn before_anything(&self) -> Option<Settling> {
        let options = self.run.options;
        let is_asked = self.run.kubernetes.is_some() && self.group.spec.role != Role::Bastion;
        (is_asked && options.validate_count > 0).then(|| Settling {
            wanted: 1,
            needed: 1,
            wants_all: false,
            ..Settling::after(options, Duration::ZERO)
        })
    }

    /// Looks whether the group is well, where that is waited for and it is time.
    pub(super) async fn settle(
        &mut self,
        survey: &Survey,
        group: &FoundGroup,
    ) -> Result<(), RollError> {
        let now = Instant::now();
        let Some(mut settling) = self.settling.take_if(|it| it.next <= now) else {
            return Ok(());
        };
        let missing = if settling.wants_all { too_few(group) } else { None };
        let wrong = self.troubles(survey, group).await?;
        let wrong_told = wrong.iter().map(|it| it.message.clone());
        let troubles: Vec<_> = missing.iter().cloned().chain(wrong_told).collect();
        if troubles.is_empty() {
            settling.needed -= 1;
            if settling.needed == 0 {
                (self.run.tell)(Event::Settled { group: &group.name });
                return Ok(());
            }
            settling.next = now + POLL;
        } else if now < settling.end {
            settling.needed = settling.wanted;
            settling.next = (now + POLL).min(settling.end);
            if settling.told != troubles {
                let left = settling.end.saturating_duration_since(now);
                (self.run.tell)(Event::Waiting { group: &group.name, troubles: &troubles, left });
                settling.told = troubles;
            }
        } else if self.run.options.fail_on_validate_error || missing.is_some() {
            let within = self.run.options.validation_timeout;
            return Err(RollError::NotWell { within, troubles });
        } else {
            for trouble in troubles {
                self.run.warn(&group.name, trouble);
            }
            // Not waited for again: it would take the full time for each instance.
            self.run.tolerated.extend(wrong);
            return Ok(());
        }
        self.settling = Some(settling);
        Ok(())
    }

    /// What Kubernetes finds wrong and is to be waited for: what concerns the cluster, its control
    /// plane or this group, but for instances that are to be replaced anyhow.
    async fn troubles(
        &self,
        survey: &Survey,
        group: &FoundGroup,
    ) -> Result<Vec<Trouble>, RollError> {
        let Some(kubernetes) = self.run.kubernetes else { return Ok(Vec::new()) };
        if group.role == Role::Bastion || self.run.options.validate_count == 0 {
            return Ok(Vec::new());
        }
        let checked = match &survey.nodes {
            Nodes::Unreachable(why) => Err(KubernetesError::Unreachable(why.clone())),
            Nodes::NotAsked | Nodes::Found(_) => {
                validate(kubernetes, &survey.expected(self.run.cluster)).await
            }
        };
        let mut troubles = match checked {
            Err(KubernetesError::Unreachable(why)) => vec![away(&why)],
            checked => checked.doing("validate the cluster")?,
        };
        let is_old = |machine: &String| {
            group.members.iter().filter(|it| it.is_stale()).any(|it| {
                it.id == *machine || it.node.as_ref().is_some_and(|node| node.name == *machine)
            })
        };
        let concerns = |name: &String| {
            let of = survey.groups.get(name);
            *name == group.name || of.is_some_and(|of| of.role == Role::ControlPlane)
        };
        troubles.retain(|trouble| {
            trouble.instance_group.as_ref().is_none_or(concerns)
                && !trouble.machine.as_ref().is_some_and(is_old)
                && !self.run.tolerated.contains(trouble)
        });
        Ok(troubles)
    }
}

fn away(why: &str) -> Trouble {
    Trouble {
        kind: TroubleKind::Node,
        name: "api".to_owned(),
        message: format!("the Kubernetes API is away: {why}"),
        instance_group: None,
        machine: None,
    }
}

/// What the cloud finds wrong.
fn too_few(group: &FoundGroup) -> Option<String> {
    let members = group.running().filter(|it| it.place == Place::Group);
    let serving = members.filter(|it| it.is_in_service()).count();
    let FoundGroup { auto_scaling_group, desired, .. } = group;
    (serving < *desired)
        .then(|| format!("{serving} of {desired} instances of {auto_scaling_group} are in service"))
}

//! What is done to an instance: each step is written down before it is taken.

use std::collections::BTreeMap;

use cloudup_tasks::cloud::iam::Tags;
use tokio::time::{Instant, sleep};

use super::{
    Event, RollError,
    calls::Doing as _,
    progress::Step,
    roll::{Drained, Roll},
    settle::Settling,
    survey::{DETACHED, FoundGroup, Place},
    tidy::{TAINT, TAINT_EFFECT},
};
use crate::{
    kubernetes::{DrainError, DrainOptions, KubernetesError, NodeChange, Taint, drain},
    manifest::spec::Role,
};

impl Roll<'_, '_> {
    /// Forgets the instances that are gone, or are detached by now.
    pub(super) async fn note_gone(&mut self, group: &FoundGroup) -> Result<(), RollError> {
        let gone = self.run.progress.of(&group.name).filter(|(id, step)| {
            match group.running().find(|it| it.id == *id) {
                None => true,
                Some(member) => *step == Step::Detaching && member.place == Place::Detached,
            }
        });
        let gone: Vec<_> = gone.map(|(id, step)| (id.to_owned(), step)).collect();
        if gone.is_empty() {
            return Ok(());
        }
        for (id, step) in gone {
            self.run.progress.replacing.remove(&id);
            if step != Step::Detaching {
                self.run.progress.nodes.retain(|_, of| *of != id);
            }
        }
        self.run.save().await
    }

    /// Marks the nodes of instances that are to be replaced, so that pods which move go elsewhere if
    /// they can. Those that are cordoned take none anyhow.
    pub(super) async fn taint(&mut self, group: &FoundGroup) -> Result<(), RollError> {
        let Some(kubernetes) = self.run.kubernetes else { return Ok(()) };
        if group.role == Role::Bastion {
            return Ok(());
        }
        let has = |taints: &[Taint]| taints.iter().any(|taint| taint.key == TAINT);
        let nodes = group.running().filter(|it| it.is_stale());
        let nodes = nodes.filter_map(|it| Some((it.node.clone()?, it.id.clone())));
        let nodes = nodes.filter(|(node, _)| !node.is_unschedulable && !has(&node.taints));
        let nodes: BTreeMap<_, _> = nodes.map(|(node, id)| (node.name, id)).collect();
        if nodes.is_empty() {
            return Ok(());
        }
        self.run.progress.nodes.extend(nodes.clone());
        self.run.save().await?;
        let change = NodeChange {
            taints: vec![Taint {
                key: TAINT.to_owned(),
                value: String::new(),
                effect: TAINT_EFFECT.to_owned(),
            }],
            ..NodeChange::default()
        };
        for node in nodes.keys() {
            let call = async || kubernetes.change_node(node, &change).await;
            match self.run.attempts.kubernetes(call).await {
                Err(KubernetesError::NotFound(_)) => {}
                changed => changed.doing(format!("taint node {node}"))?,
            }
        }
        Ok(())
    }

    /// Terminates instances of the warm pool.
    pub(super) async fn terminate_warm(&mut self, ids: &[String]) -> Result<(), RollError> {
        let ec2 = self.run.cloud.ec2();
        for id in ids {
            let group = self.group.name();
            (self.run.tell)(Event::Terminating { group, instance: id, warm: true });
            let one = std::slice::from_ref(id);
            let ended = self.run.attempts.cloud(async || ec2.terminate_instances(one).await).await;
            if let Err(error) = ended.doing(format!("terminate {id} of the warm pool")) {
                self.unless(error, |group| group.member(id).is_none()).await?;
            }
            self.asked.insert(id.clone());
        }
        Ok(())
    }

    /// Takes an instance out of its group, which starts another.
    pub(super) async fn detach(&mut self, group: &FoundGroup, id: &str) -> Result<(), RollError> {
        (self.run.tell)(Event::Detaching { group: &group.name, instance: id });
        self.run.progress.put(&group.name, id, Step::Detaching);
        self.run.save().await?;
        let (ec2, scaling) = (self.run.cloud.ec2(), self.run.cloud.autoscaling());
        // Tagged first: whoever finds it by itself knows what it is.
        let tags = Tags::from([(DETACHED.to_owned(), group.auto_scaling_group.clone())]);
        let tagged = self.run.attempts.cloud(async || ec2.create_tags(id, &tags).await).await;
        tagged.doing(format!("tag instance {id}"))?;
        let (name, ids) = (&group.auto_scaling_group, [id.to_owned()]);
        let detached = async || scaling.detach_instances(name, &ids).await;
        let detached = self.run.attempts.cloud(detached).await;
        if let Err(error) = detached.doing(format!("detach instance {id}")) {
            let is_out = |group: &FoundGroup| {
                group.member(id).is_none_or(|member| member.place == Place::Detached)
            };
            self.unless(error, is_out).await?;
        }
        self.wait_for_others();
        Ok(())
    }

    /// Drains an instance's node, beside whatever else goes on.
    pub(super) async fn drain(&mut self, group: &FoundGroup, id: &str) -> Result<(), RollError> {
        let node = group.member(id).and_then(|member| member.node.as_ref());
        let node = node.map(|node| node.name.clone());
        (self.run.tell)(Event::Draining {
            group: &group.name,
            instance: id,
            node: node.as_deref(),
        });
        self.run.progress.put(&group.name, id, Step::Draining);
        if let Some(node) = &node {
            self.run.progress.nodes.insert(node.clone(), id.to_owned());
        }
        self.run.save().await?;
        let kubernetes = self.run.kubernetes.filter(|_| group.role != Role::Bastion);
        if node.is_none() && kubernetes.is_some() {
            self.run.warn(&group.name, format!("instance {id} is no node, so nothing is drained"));
        }
        let options =
            DrainOptions { limit: self.run.options.drain_timeout, ..DrainOptions::default() };
        let (cancel, delay) = (self.cancel.clone(), self.run.options.post_drain_delay);
        let of = id.to_owned();
        self.draining.insert(of.clone());
        self.drains.push(Box::pin(async move {
            let (Some(kubernetes), Some(node)) = (kubernetes, node) else { return (of, Ok(())) };
            let drained = drain(kubernetes, &node, &options, &cancel).await;
            if drained.is_ok() {
                tokio::select! {
                    () = sleep(delay) => {}
                    () = cancel.cancelled() => {}
                }
            }
            (of, drained)
        }));
        Ok(())
    }

    /// A drain is over.
    pub(super) async fn drained(&mut self, (id, drained): Drained) -> Result<(), RollError> {
        self.draining.remove(&id);
        match drained {
            Ok(()) => {}
            // What is begun and not finished is taken back at the end.
            Err(DrainError::Cancelled { .. }) => return Ok(()),
            Err(error) if self.run.options.fail_on_drain_error => {
                return Err(RollError::Drain(error));
            }
            Err(error) => self.run.warn(self.group.name(), format!("could not {error}")),
        }
        self.run.progress.put(self.group.name(), &id, Step::Terminating);
        self.run.save().await
    }

    /// Terminates an instance that is drained. Its group starts another, but for one that is
    /// detached, which has its successor.
    pub(super) async fn terminate(
        &mut self,
        group: &FoundGroup,
        id: &str,
    ) -> Result<(), RollError> {
        (self.run.tell)(Event::Terminating { group: &group.name, instance: id, warm: false });
        let (ec2, scaling) = (self.run.cloud.ec2(), self.run.cloud.autoscaling());
        let is_detached = group.member(id).is_some_and(|it| it.place == Place::Detached);
        let ids = [id.to_owned()];
        let ended = self.run.attempts.cloud(async || {
            if is_detached {
                ec2.terminate_instances(&ids).await
            } else {
                scaling.terminate_instance_in_auto_scaling_group(id).await
            }
        });
        if let Err(error) = ended.await.doing(format!("terminate instance {id}")) {
            self.unless(error, |group| group.member(id).is_none()).await?;
        }
        self.asked.insert(id.to_owned());
        self.run.is_news = true;
        self.wait_for_others();
        Ok(())
    }

    /// Nothing else is begun until the group is well again.
    fn wait_for_others(&mut self) {
        self.last = Some(Instant::now());
        self.settling = Some(Settling::after(self.run.options, self.interval()));
    }
}

//! What a group is told, and in which order.

use std::collections::BTreeSet;

use cloudup_engine::{Delta, ErrorKind, Managed, Ref, TaskError, Writer};

use super::{AutoscalingGroup, AutoscalingGroupChanges};
use crate::{
    cloud::{
        CloudError, CloudReader,
        autoscaling::{AutoScalingGroup, GroupSettings, propagated},
        iam::Tags,
    },
    ec2::lookup,
    iam::owner::TagChanges,
    trouble::{conflict, write_error},
};

/// How many target groups one call attaches at most.
const AT_ONCE: usize = 10;

impl AutoscalingGroup {
    /// Everything that a group is created with.
    pub(super) async fn all_settings(
        &self,
        reader: &dyn CloudReader,
    ) -> Result<GroupSettings, TaskError> {
        let known = self.known_subnets(reader).await?;
        let mut settings = GroupSettings {
            min_size: Some(self.min_size),
            max_size: Some(self.max_size),
            subnets: Some(known.ids(&self.subnets)?),
            instance_protection: Some(self.instance_protection),
            capacity_rebalance: match self.capacity_rebalance {
                Managed::AsFound => None,
                Managed::Set(rebalance) => Some(rebalance),
            },
            max_instance_lifetime: Some(self.max_instance_lifetime).filter(|it| *it != 0),
            ..GroupSettings::default()
        };
        self.set_template(&mut settings, None)?;
        Ok(settings)
    }

    /// What instances start from, as the group says it: in a mixed instances policy or by itself.
    fn set_template(
        &self,
        settings: &mut GroupSettings,
        found: Option<&AutoScalingGroup>,
    ) -> Result<(), TaskError> {
        let template = self.launch_template.value()?;
        let policy = found.and_then(|group| group.mixed_instances_policy.as_ref());
        if let Some(others) = policy.map(|policy| &policy.others).filter(|it| !it.is_empty()) {
            let message = format!(
                "change what instances of {} start from: its mixed instances policy would lose {}",
                self.name,
                others.join(", ")
            );
            return Err(conflict(message)
                .hint("these are not managed here: change the policy by hand, or take them out"));
        }
        match &self.mixed_instances {
            Some(mixed) => settings.mixed_instances_policy = Some(mixed.policy(template, policy)),
            None => settings.launch_template = Some(template),
        }
        Ok(())
    }

    /// Brings a group to what differs: tags first, so that what starts meanwhile has them.
    pub(super) async fn update(
        &self,
        writer: &Writer<Self>,
        found: &AutoScalingGroup,
        changes: AutoscalingGroupChanges<'_>,
    ) -> Result<(), TaskError> {
        let AutoscalingGroupChanges {
            launch_template,
            min_size,
            max_size,
            subnets,
            mixed_instances,
            suspended_processes,
            instance_protection,
            capacity_rebalance,
            max_instance_lifetime,
            metrics,
            load_balancers,
            target_groups,
            tags,
        } = changes;
        let (name, autoscaling) = (&self.name, writer.autoscaling());
        let doing = || format!("update Auto Scaling group {name}");
        let TagChanges { set, remove } = match tags {
            Some(Delta { from, to }) => TagChanges::between(from, to),
            None => TagChanges { set: Tags::new(), remove: Vec::new() },
        };
        if !set.is_empty() {
            let result = autoscaling.create_or_update_tags(name, &propagated(&set)).await;
            result.map_err(|error| write_error(error, true, format!("tag {name}")))?;
        }
        if suspended_processes.is_some()
            || metrics.is_some()
            || load_balancers.is_some()
            || target_groups.is_some()
        {
            self.switch_on(writer, found).await?;
        }
        let known = self.known_subnets(writer.reader()).await?;
        let mut settings = GroupSettings {
            min_size: min_size.map(|delta| *delta.to),
            max_size: max_size.map(|delta| *delta.to),
            subnets: subnets.map(|delta| known.ids(delta.to)).transpose()?,
            instance_protection: instance_protection.map(|delta| *delta.to),
            capacity_rebalance: capacity_rebalance.and_then(|delta| match delta.to {
                Managed::AsFound => None,
                Managed::Set(rebalance) => Some(*rebalance),
            }),
            max_instance_lifetime: max_instance_lifetime.map(|delta| *delta.to),
            ..GroupSettings::default()
        };
        if launch_template.is_some() || mixed_instances.is_some() {
            self.set_template(&mut settings, Some(found))?;
        }
        if settings != GroupSettings::default() {
            let updated = autoscaling.update_auto_scaling_group(name, &settings).await;
            if let Err(error) = updated {
                return Err(self.refusal(writer.reader(), error, doing()).await);
            }
        }
        if suspended_processes.is_some() {
            self.resume(writer, found).await?;
        }
        if !remove.is_empty() {
            let result = autoscaling.delete_tags(name, &remove).await;
            result.map_err(|error| write_error(error, true, format!("untag {name}")))?;
        }
        Ok(())
    }

    /// Switches on what the group is to have beyond what it has.
    pub(super) async fn switch_on(
        &self,
        writer: &Writer<Self>,
        found: &AutoScalingGroup,
    ) -> Result<(), TaskError> {
        let (name, autoscaling) = (&self.name, writer.autoscaling());
        let lacking = |wanted: &BTreeSet<String>, found: &BTreeSet<String>| {
            wanted.difference(found).cloned().collect::<BTreeSet<_>>()
        };
        if let Managed::Set(wanted) = &self.suspended_processes {
            let some = lacking(wanted, &found.suspended_processes);
            if !some.is_empty() {
                let result = autoscaling.suspend_processes(name, &some).await;
                result
                    .map_err(|error| error.while_doing(format!("suspend processes of {name}")))?;
            }
        }
        let some = lacking(&self.metrics, &found.enabled_metrics);
        if !some.is_empty() {
            let result = autoscaling.enable_metrics_collection(name, &some).await;
            result.map_err(|error| error.while_doing(format!("collect metrics of {name}")))?;
        }
        // What a group is created with it has by now.
        if found.name.is_empty() {
            return Ok(());
        }
        let some = lacking(&self.load_balancers, &found.load_balancers);
        if !some.is_empty() {
            let result = autoscaling.attach_load_balancers(name, &some).await;
            result
                .map_err(|error| error.while_doing(format!("attach load balancers to {name}")))?;
        }
        let some: Vec<_> = lacking(&self.target_groups, &found.target_groups).into_iter().collect();
        for some in some.chunks(AT_ONCE) {
            let some = some.iter().cloned().collect();
            let result = autoscaling.attach_load_balancer_target_groups(name, &some).await;
            result.map_err(|error| error.while_doing(format!("attach target groups to {name}")))?;
        }
        Ok(())
    }

    async fn resume(
        &self,
        writer: &Writer<Self>,
        found: &AutoScalingGroup,
    ) -> Result<(), TaskError> {
        let Managed::Set(wanted) = &self.suspended_processes else { return Ok(()) };
        let some: BTreeSet<_> = found.suspended_processes.difference(wanted).cloned().collect();
        if some.is_empty() {
            return Ok(());
        }
        let result = writer.autoscaling().resume_processes(&self.name, &some).await;
        result.map_err(|error| error.while_doing(format!("resume processes of {}", self.name)))
    }

    /// Auto Scaling starts instances only from a template that will do, and what was just made may
    /// not have arrived everywhere. It says so in words alone.
    pub(super) async fn refusal(
        &self,
        reader: &dyn CloudReader,
        error: CloudError,
        doing: String,
    ) -> TaskError {
        let template = self.about.0.template.output();
        let passes = if error.code != "ValidationError" {
            false
        } else if error.message.contains("Invalid IAM Instance Profile") {
            self.has_profile(reader).await
        } else {
            let unknown =
                error.message.contains("does not exist") || error.message.contains("not find");
            unknown
                && error.message.contains("launch template")
                && template.is_some_and(|template| template.is_new)
        };
        if passes {
            return TaskError::new(ErrorKind::NotReady, doing)
                .hint("EC2 has not heard of it yet; run the same again")
                .because(error);
        }
        error.while_doing(doing)
    }

    /// Whether IAM has the instance profile that EC2 does not know.
    async fn has_profile(&self, reader: &dyn CloudReader) -> bool {
        let made = self.about.0.profile.as_ref().and_then(Ref::output);
        if made.is_some_and(|profile| profile.is_new) {
            return true;
        }
        let Ok(Some(version)) = lookup::default_version(reader, &self.name).await else {
            return false;
        };
        let Some(profile) = version.data.iam_instance_profile else { return false };
        reader.iam().get_instance_profile(&profile).await.is_ok()
    }

    /// The error for a name that is taken by a group that is not to be found.
    pub(super) async fn in_the_way(
        &self,
        reader: &dyn CloudReader,
        error: CloudError,
        doing: String,
    ) -> TaskError {
        if lookup::is_leaving(reader, &self.name).await {
            return TaskError::new(ErrorKind::NotReady, format!("{doing}: the old one is leaving"))
                .because(error);
        }
        TaskError::new(ErrorKind::NotReady, doing).because(error)
    }
}

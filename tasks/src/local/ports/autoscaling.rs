//! Auto Scaling.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;

use crate::{
    cloud::{
        CloudError, Page,
        autoscaling::{
            AutoScalingGroup, AutoScalingReader, AutoScalingWriter, GroupInstance, GroupSettings,
            GroupTag, Groups, LifecycleHook,
        },
    },
    local::{Account, Call, capacity::PENDING, error::Refusal, groups::no_profile},
};

impl Call {
    fn group(operation: &'static str, group: &str) -> Self {
        let (service, kind) = ("autoscaling", "auto-scaling-group");
        Self { service, operation, kind, resource: group.to_owned(), writes: false }
    }

    fn instance(operation: &'static str, instance: &str) -> Self {
        Self { kind: "instance", ..Self::group(operation, instance) }
    }

    fn hook(operation: &'static str, group: &str, hook: &str) -> Self {
        Self::group(operation, &format!("{group}/{hook}"))
    }
}

#[async_trait]
impl AutoScalingReader for Account {
    async fn describe_auto_scaling_groups(
        &self,
        which: &Groups,
        marker: Option<&str>,
    ) -> Result<Page<AutoScalingGroup>, CloudError> {
        let named = match which {
            Groups::Tagged(_) => "",
            Groups::Named(name) => name,
        };
        let call = Call::group("DescribeAutoScalingGroups", named);
        let read =
            self.read(call.clone(), |state| state.describe_auto_scaling_groups(which, marker));
        let answer = read.await?;
        self.instances_seen(&call, answer.items.iter().flat_map(|group| &group.instances))?;
        Ok(answer)
    }

    async fn describe_lifecycle_hooks(
        &self,
        group: &str,
    ) -> Result<Vec<LifecycleHook>, CloudError> {
        let call = Call::group("DescribeLifecycleHooks", group);
        self.read(call, |state| state.describe_lifecycle_hooks(group)).await
    }

    async fn describe_warm_pool(
        &self,
        group: &str,
        marker: Option<&str>,
    ) -> Result<Page<GroupInstance>, CloudError> {
        let call = Call::group("DescribeWarmPool", group);
        self.read(call, |state| state.describe_warm_pool(group, marker)).await
    }
}

#[async_trait]
impl AutoScalingWriter for Account {
    async fn create_auto_scaling_group(
        &self,
        name: &str,
        settings: &GroupSettings,
        tags: &BTreeMap<String, GroupTag>,
        load_balancers: &BTreeSet<String>,
        target_groups: &BTreeSet<String>,
    ) -> Result<(), CloudError> {
        let call = Call::group("CreateAutoScalingGroup", name).writing();
        self.profile_arrived(&call, name, settings)?;
        self.write(call, |state| {
            state.create_auto_scaling_group(name, settings, tags, load_balancers, target_groups)
        })
        .await
    }

    async fn update_auto_scaling_group(
        &self,
        name: &str,
        settings: &GroupSettings,
    ) -> Result<(), CloudError> {
        let call = Call::group("UpdateAutoScalingGroup", name).writing();
        self.profile_arrived(&call, name, settings)?;
        self.write(call, |state| state.update_auto_scaling_group(name, settings)).await
    }

    async fn delete_auto_scaling_group(&self, name: &str) -> Result<(), CloudError> {
        let call = Call::group("DeleteAutoScalingGroup", name).writing();
        self.write(call, |state| state.delete_auto_scaling_group(name)).await
    }

    async fn create_or_update_tags(
        &self,
        group: &str,
        tags: &BTreeMap<String, GroupTag>,
    ) -> Result<(), CloudError> {
        let call = Call::group("CreateOrUpdateTags", group).writing();
        self.write(call, |state| state.create_or_update_tags(group, tags)).await
    }

    async fn delete_tags(&self, group: &str, keys: &[String]) -> Result<(), CloudError> {
        let call = Call::group("DeleteTags", group).writing();
        self.write(call, |state| state.delete_group_tags(group, keys)).await
    }

    async fn suspend_processes(
        &self,
        group: &str,
        processes: &BTreeSet<String>,
    ) -> Result<(), CloudError> {
        let call = Call::group("SuspendProcesses", group).writing();
        self.write(call, |state| {
            let known = &mut state.group_mut(group)?.suspended_processes;
            known.extend(processes.iter().cloned());
            Ok(())
        })
        .await
    }

    async fn resume_processes(
        &self,
        group: &str,
        processes: &BTreeSet<String>,
    ) -> Result<(), CloudError> {
        let call = Call::group("ResumeProcesses", group).writing();
        self.write(call, |state| {
            let known = &mut state.group_mut(group)?.suspended_processes;
            known.retain(|process| !processes.contains(process));
            state.fill(group)
        })
        .await
    }

    async fn enable_metrics_collection(
        &self,
        group: &str,
        metrics: &BTreeSet<String>,
    ) -> Result<(), CloudError> {
        let call = Call::group("EnableMetricsCollection", group).writing();
        self.write(call, |state| {
            let known = &mut state.group_mut(group)?.enabled_metrics;
            known.extend(metrics.iter().cloned());
            Ok(())
        })
        .await
    }

    async fn attach_load_balancers(
        &self,
        group: &str,
        names: &BTreeSet<String>,
    ) -> Result<(), CloudError> {
        let call = Call::group("AttachLoadBalancers", group).writing();
        self.write(call, |state| {
            state.group_mut(group)?.load_balancers.extend(names.iter().cloned());
            Ok(())
        })
        .await
    }

    async fn attach_load_balancer_target_groups(
        &self,
        group: &str,
        arns: &BTreeSet<String>,
    ) -> Result<(), CloudError> {
        let call = Call::group("AttachLoadBalancerTargetGroups", group).writing();
        self.write(call, |state| {
            state.group_mut(group)?.target_groups.extend(arns.iter().cloned());
            Ok(())
        })
        .await
    }

    async fn put_lifecycle_hook(
        &self,
        group: &str,
        hook: &LifecycleHook,
    ) -> Result<(), CloudError> {
        let call = Call::hook("PutLifecycleHook", group, &hook.name).writing();
        self.write(call, |state| state.put_lifecycle_hook(group, hook)).await
    }

    async fn delete_lifecycle_hook(&self, group: &str, hook: &str) -> Result<(), CloudError> {
        let call = Call::hook("DeleteLifecycleHook", group, hook).writing();
        self.write(call, |state| state.delete_lifecycle_hook(group, hook)).await
    }

    async fn put_warm_pool(
        &self,
        group: &str,
        min_size: i32,
        max_group_prepared_capacity: Option<i32>,
    ) -> Result<(), CloudError> {
        let call = Call::group("PutWarmPool", group).writing();
        self.write(call, |state| state.put_warm_pool(group, min_size, max_group_prepared_capacity))
            .await
    }

    async fn delete_warm_pool(&self, group: &str) -> Result<(), CloudError> {
        let call = Call::group("DeleteWarmPool", group).writing();
        self.write(call, |state| state.delete_warm_pool(group)).await
    }

    async fn terminate_instance_in_auto_scaling_group(
        &self,
        instance: &str,
    ) -> Result<(), CloudError> {
        let call = Call::instance("TerminateInstanceInAutoScalingGroup", instance).writing();
        self.write(call, |state| state.terminate_in_group(instance)).await
    }

    async fn detach_instances(&self, group: &str, instances: &[String]) -> Result<(), CloudError> {
        let call = Call::group("DetachInstances", group).writing();
        self.write(call, |state| state.detach_instances(group, instances)).await
    }
}

impl Account {
    /// Refuses an instance profile that EC2 has not heard of yet.
    fn profile_arrived(
        &self,
        call: &Call,
        group: &str,
        settings: &GroupSettings,
    ) -> Result<(), CloudError> {
        let profile = self.profile_of(group, settings);
        if let Some(profile) = profile
            && self.is_late(call, "instance-profile", &profile)?
        {
            let refusal = Refusal::validation(no_profile(&profile));
            return Err(refusal.of(call.service, call.operation));
        }
        Ok(())
    }

    /// Counts a look at these instances: those that are on their way arrive by and by.
    fn instances_seen<'a>(
        &self,
        call: &Call,
        instances: impl Iterator<Item = &'a GroupInstance>,
    ) -> Result<(), CloudError> {
        let pending: Vec<_> = instances.filter(|it| it.lifecycle_state == PENDING).collect();
        if pending.is_empty() {
            return Ok(());
        }
        self.note(call, |state| {
            for instance in pending {
                state.instance_seen(&instance.id);
            }
        })
    }

    fn profile_of(&self, group: &str, settings: &GroupSettings) -> Option<String> {
        self.state().ok()?.profile_of(group, settings)
    }
}

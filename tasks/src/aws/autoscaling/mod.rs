//! Auto Scaling.

mod answer;
mod request;

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use aws_sdk_autoscaling::{
    Client,
    types::{Filter, Tag},
};

use super::error::Operation;
use crate::cloud::{
    CloudError, Page,
    autoscaling::{
        AutoScalingGroup, AutoScalingReader, AutoScalingWriter, GroupInstance, GroupSettings,
        GroupTag, Groups, LifecycleHook,
    },
};

/// How many groups are asked for at a time: the most that Auto Scaling answers.
const PAGE: i32 = 100;

/// Auto Scaling through the SDK.
#[derive(Clone, Debug)]
pub(super) struct AutoScaling(pub(super) Client);

/// The operation of that name.
const fn autoscaling(name: &'static str) -> Operation {
    Operation { service: "autoscaling", name }
}

fn list(set: &BTreeSet<String>) -> Option<Vec<String>> {
    (!set.is_empty()).then(|| set.iter().cloned().collect())
}

#[async_trait]
impl AutoScalingReader for AutoScaling {
    async fn describe_auto_scaling_groups(
        &self,
        which: &Groups,
        marker: Option<&str>,
    ) -> Result<Page<AutoScalingGroup>, CloudError> {
        let op = autoscaling("DescribeAutoScalingGroups");
        let call = self.0.describe_auto_scaling_groups().max_records(PAGE);
        let call = match which {
            Groups::Tagged(tagged) => {
                let name = format!("tag:{}", tagged.key);
                call.filters(Filter::builder().name(name).values(&tagged.value).build())
            }
            Groups::Named(name) => call.auto_scaling_group_names(name),
        };
        let answer =
            call.set_next_token(marker.map(Into::into)).send().await.map_err(op.failed())?;
        let groups = answer.auto_scaling_groups.unwrap_or_default().into_iter();
        let items = groups.map(|group| answer::group(op, group));
        Ok(Page { items: items.collect::<Result<_, _>>()?, next: answer.next_token })
    }

    async fn describe_lifecycle_hooks(
        &self,
        group: &str,
    ) -> Result<Vec<LifecycleHook>, CloudError> {
        let op = autoscaling("DescribeLifecycleHooks");
        let call = self.0.describe_lifecycle_hooks().auto_scaling_group_name(group);
        let answer = call.send().await.map_err(op.failed())?;
        let hooks = answer.lifecycle_hooks.unwrap_or_default().into_iter();
        hooks.map(|hook| answer::hook(op, hook)).collect()
    }

    async fn describe_warm_pool(
        &self,
        group: &str,
        marker: Option<&str>,
    ) -> Result<Page<GroupInstance>, CloudError> {
        let op = autoscaling("DescribeWarmPool");
        let call = self.0.describe_warm_pool().auto_scaling_group_name(group);
        let answer =
            call.set_next_token(marker.map(Into::into)).send().await.map_err(op.failed())?;
        let instances = answer.instances.unwrap_or_default().into_iter();
        let items = instances.map(|instance| answer::instance(op, instance));
        Ok(Page { items: items.collect::<Result<_, _>>()?, next: answer.next_token })
    }
}

#[async_trait]
impl AutoScalingWriter for AutoScaling {
    async fn create_auto_scaling_group(
        &self,
        name: &str,
        settings: &GroupSettings,
        tags: &BTreeMap<String, GroupTag>,
        load_balancers: &BTreeSet<String>,
        target_groups: &BTreeSet<String>,
    ) -> Result<(), CloudError> {
        let call = self
            .0
            .create_auto_scaling_group()
            .auto_scaling_group_name(name)
            .set_launch_template(settings.launch_template.as_ref().map(request::template))
            .set_mixed_instances_policy(
                settings.mixed_instances_policy.as_ref().map(request::mixed),
            )
            .set_min_size(settings.min_size)
            .set_max_size(settings.max_size)
            .set_vpc_zone_identifier(settings.subnets.as_ref().map(request::subnets))
            .set_new_instances_protected_from_scale_in(settings.instance_protection)
            .set_capacity_rebalance(settings.capacity_rebalance)
            .set_max_instance_lifetime(settings.max_instance_lifetime)
            .set_load_balancer_names(list(load_balancers))
            .set_target_group_arns(list(target_groups))
            .set_tags(Some(request::tags(name, tags)));
        call.send().await.map_err(autoscaling("CreateAutoScalingGroup").failed()).map(drop)
    }

    async fn update_auto_scaling_group(
        &self,
        name: &str,
        settings: &GroupSettings,
    ) -> Result<(), CloudError> {
        let call = self
            .0
            .update_auto_scaling_group()
            .auto_scaling_group_name(name)
            .set_launch_template(settings.launch_template.as_ref().map(request::template))
            .set_mixed_instances_policy(
                settings.mixed_instances_policy.as_ref().map(request::mixed),
            )
            .set_min_size(settings.min_size)
            .set_max_size(settings.max_size)
            .set_vpc_zone_identifier(settings.subnets.as_ref().map(request::subnets))
            .set_new_instances_protected_from_scale_in(settings.instance_protection)
            .set_capacity_rebalance(settings.capacity_rebalance)
            .set_max_instance_lifetime(settings.max_instance_lifetime);
        call.send().await.map_err(autoscaling("UpdateAutoScalingGroup").failed()).map(drop)
    }

    async fn delete_auto_scaling_group(&self, name: &str) -> Result<(), CloudError> {
        let call = self.0.delete_auto_scaling_group().auto_scaling_group_name(name);
        let call = call.force_delete(true);
        call.send().await.map_err(autoscaling("DeleteAutoScalingGroup").failed()).map(drop)
    }

    async fn create_or_update_tags(
        &self,
        group: &str,
        tags: &BTreeMap<String, GroupTag>,
    ) -> Result<(), CloudError> {
        let call = self.0.create_or_update_tags().set_tags(Some(request::tags(group, tags)));
        call.send().await.map_err(autoscaling("CreateOrUpdateTags").failed()).map(drop)
    }

    async fn delete_tags(&self, group: &str, keys: &[String]) -> Result<(), CloudError> {
        let tag = |key: &String| {
            let tag = Tag::builder().resource_type("auto-scaling-group").resource_id(group);
            tag.key(key).build()
        };
        let call = self.0.delete_tags().set_tags(Some(keys.iter().map(tag).collect()));
        call.send().await.map_err(autoscaling("DeleteTags").failed()).map(drop)
    }

    async fn suspend_processes(
        &self,
        group: &str,
        processes: &BTreeSet<String>,
    ) -> Result<(), CloudError> {
        let call = self.0.suspend_processes().auto_scaling_group_name(group);
        let call = call.set_scaling_processes(list(processes));
        call.send().await.map_err(autoscaling("SuspendProcesses").failed()).map(drop)
    }

    async fn resume_processes(
        &self,
        group: &str,
        processes: &BTreeSet<String>,
    ) -> Result<(), CloudError> {
        let call = self.0.resume_processes().auto_scaling_group_name(group);
        let call = call.set_scaling_processes(list(processes));
        call.send().await.map_err(autoscaling("ResumeProcesses").failed()).map(drop)
    }

    async fn enable_metrics_collection(
        &self,
        group: &str,
        metrics: &BTreeSet<String>,
    ) -> Result<(), CloudError> {
        let call = self.0.enable_metrics_collection().auto_scaling_group_name(group);
        let call = call.granularity("1Minute").set_metrics(list(metrics));
        call.send().await.map_err(autoscaling("EnableMetricsCollection").failed()).map(drop)
    }

    async fn attach_load_balancers(
        &self,
        group: &str,
        names: &BTreeSet<String>,
    ) -> Result<(), CloudError> {
        let call = self.0.attach_load_balancers().auto_scaling_group_name(group);
        let call = call.set_load_balancer_names(list(names));
        call.send().await.map_err(autoscaling("AttachLoadBalancers").failed()).map(drop)
    }

    async fn attach_load_balancer_target_groups(
        &self,
        group: &str,
        arns: &BTreeSet<String>,
    ) -> Result<(), CloudError> {
        let op = autoscaling("AttachLoadBalancerTargetGroups");
        let call = self.0.attach_load_balancer_target_groups().auto_scaling_group_name(group);
        call.set_target_group_arns(list(arns)).send().await.map_err(op.failed()).map(drop)
    }

    async fn put_lifecycle_hook(
        &self,
        group: &str,
        hook: &LifecycleHook,
    ) -> Result<(), CloudError> {
        let call = self
            .0
            .put_lifecycle_hook()
            .auto_scaling_group_name(group)
            .lifecycle_hook_name(&hook.name)
            .lifecycle_transition(&hook.transition)
            .default_result(&hook.default_result)
            .heartbeat_timeout(hook.heartbeat_timeout);
        call.send().await.map_err(autoscaling("PutLifecycleHook").failed()).map(drop)
    }

    async fn delete_lifecycle_hook(&self, group: &str, hook: &str) -> Result<(), CloudError> {
        let call = self.0.delete_lifecycle_hook().auto_scaling_group_name(group);
        let call = call.lifecycle_hook_name(hook);
        call.send().await.map_err(autoscaling("DeleteLifecycleHook").failed()).map(drop)
    }

    async fn put_warm_pool(
        &self,
        group: &str,
        min_size: i32,
        max_group_prepared_capacity: Option<i32>,
    ) -> Result<(), CloudError> {
        // What is left out stays as it is; -1 is the group's own greatest size.
        const GROUPS_OWN: i32 = -1;
        let call = self.0.put_warm_pool().auto_scaling_group_name(group).min_size(min_size);
        let call =
            call.max_group_prepared_capacity(max_group_prepared_capacity.unwrap_or(GROUPS_OWN));
        call.send().await.map_err(autoscaling("PutWarmPool").failed()).map(drop)
    }

    async fn delete_warm_pool(&self, group: &str) -> Result<(), CloudError> {
        let call = self.0.delete_warm_pool().auto_scaling_group_name(group).force_delete(true);
        call.send().await.map_err(autoscaling("DeleteWarmPool").failed()).map(drop)
    }

    async fn terminate_instance_in_auto_scaling_group(
        &self,
        instance: &str,
    ) -> Result<(), CloudError> {
        let op = autoscaling("TerminateInstanceInAutoScalingGroup");
        let call = self.0.terminate_instance_in_auto_scaling_group().instance_id(instance);
        let call = call.should_decrement_desired_capacity(false);
        call.send().await.map_err(op.failed()).map(drop)
    }

    async fn detach_instances(&self, group: &str, instances: &[String]) -> Result<(), CloudError> {
        let call = self.0.detach_instances().auto_scaling_group_name(group);
        let call = call.set_instance_ids(Some(instances.to_vec()));
        let call = call.should_decrement_desired_capacity(false);
        call.send().await.map_err(autoscaling("DetachInstances").failed()).map(drop)
    }
}

//! Auto Scaling.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use futures::FutureExt;

use super::{
    Answers, Snapshot, Source, WriteSnapshot, ec2::tagged_part, reads::part, writes::Stale,
};
use crate::cloud::{
    CloudError, Page,
    autoscaling::{
        AutoScalingGroup, AutoScalingReader, AutoScalingWriter, GroupInstance, GroupSettings,
        GroupTag, Groups, LifecycleHook,
    },
};

#[async_trait]
impl<S: Source> AutoScalingReader for Snapshot<S> {
    async fn describe_auto_scaling_groups(
        &self,
        which: &Groups,
        marker: Option<&str>,
    ) -> Result<Page<AutoScalingGroup>, CloudError> {
        let (subject, asked) = match which {
            Groups::Tagged(tagged) => ("", tagged_part(tagged, marker)),
            Groups::Named(name) => (name.as_str(), part(marker)),
        };
        let (source, of, after) = (self.source.clone(), which.clone(), marker.map(str::to_owned));
        let ask = || {
            async move {
                let autoscaling = source.reader().autoscaling();
                autoscaling.describe_auto_scaling_groups(&of, after.as_deref()).await
            }
            .boxed()
        };
        let answer = self.answers.groups.get(subject, &asked, ask).await?;
        // A group that is being deleted goes by itself.
        if answer.items.iter().any(|group| group.status.is_some()) {
            self.answers.groups.forget(subject);
        }
        Ok(answer)
    }

    async fn describe_lifecycle_hooks(
        &self,
        group: &str,
    ) -> Result<Vec<LifecycleHook>, CloudError> {
        let (source, of) = (self.source.clone(), group.to_owned());
        let ask = || {
            async move { source.reader().autoscaling().describe_lifecycle_hooks(&of).await }.boxed()
        };
        self.answers.hooks.get(group, "", ask).await
    }

    /// Asked anew each time: instances come and go by themselves.
    async fn describe_warm_pool(
        &self,
        group: &str,
        marker: Option<&str>,
    ) -> Result<Page<GroupInstance>, CloudError> {
        self.source.reader().autoscaling().describe_warm_pool(group, marker).await
    }
}

impl WriteSnapshot {
    fn stale_group(&self, name: &str) -> Stale<impl Fn(&Answers)> {
        let name = name.to_owned();
        self.stale(move |answers| {
            answers.groups.forget("");
            answers.groups.forget(&name);
        })
    }

    fn stale_hooks(&self, group: &str) -> Stale<impl Fn(&Answers)> {
        let group = group.to_owned();
        self.stale(move |answers| answers.hooks.forget(&group))
    }
}

#[async_trait]
impl AutoScalingWriter for WriteSnapshot {
    async fn create_auto_scaling_group(
        &self,
        name: &str,
        settings: &GroupSettings,
        tags: &BTreeMap<String, GroupTag>,
        load_balancers: &BTreeSet<String>,
        target_groups: &BTreeSet<String>,
    ) -> Result<(), CloudError> {
        let _stale = (self.stale_group(name), self.stale_hooks(name));
        let autoscaling = self.source.autoscaling();
        autoscaling
            .create_auto_scaling_group(name, settings, tags, load_balancers, target_groups)
            .await
    }

    async fn update_auto_scaling_group(
        &self,
        name: &str,
        settings: &GroupSettings,
    ) -> Result<(), CloudError> {
        let _stale = self.stale_group(name);
        self.source.autoscaling().update_auto_scaling_group(name, settings).await
    }

    async fn delete_auto_scaling_group(&self, name: &str) -> Result<(), CloudError> {
        let _stale = (self.stale_group(name), self.stale_hooks(name));
        self.source.autoscaling().delete_auto_scaling_group(name).await
    }

    async fn create_or_update_tags(
        &self,
        group: &str,
        tags: &BTreeMap<String, GroupTag>,
    ) -> Result<(), CloudError> {
        let _stale = self.stale_group(group);
        self.source.autoscaling().create_or_update_tags(group, tags).await
    }

    async fn delete_tags(&self, group: &str, keys: &[String]) -> Result<(), CloudError> {
        let _stale = self.stale_group(group);
        self.source.autoscaling().delete_tags(group, keys).await
    }

    async fn suspend_processes(
        &self,
        group: &str,
        processes: &BTreeSet<String>,
    ) -> Result<(), CloudError> {
        let _stale = self.stale_group(group);
        self.source.autoscaling().suspend_processes(group, processes).await
    }

    async fn resume_processes(
        &self,
        group: &str,
        processes: &BTreeSet<String>,
    ) -> Result<(), CloudError> {
        let _stale = self.stale_group(group);
        self.source.autoscaling().resume_processes(group, processes).await
    }

    async fn enable_metrics_collection(
        &self,
        group: &str,
        metrics: &BTreeSet<String>,
    ) -> Result<(), CloudError> {
        let _stale = self.stale_group(group);
        self.source.autoscaling().enable_metrics_collection(group, metrics).await
    }

    async fn attach_load_balancers(
        &self,
        group: &str,
        names: &BTreeSet<String>,
    ) -> Result<(), CloudError> {
        let _stale = self.stale_group(group);
        self.source.autoscaling().attach_load_balancers(group, names).await
    }

    async fn attach_load_balancer_target_groups(
        &self,
        group: &str,
        arns: &BTreeSet<String>,
    ) -> Result<(), CloudError> {
        let _stale = self.stale_group(group);
        self.source.autoscaling().attach_load_balancer_target_groups(group, arns).await
    }

    async fn put_lifecycle_hook(
        &self,
        group: &str,
        hook: &LifecycleHook,
    ) -> Result<(), CloudError> {
        let _stale = self.stale_hooks(group);
        self.source.autoscaling().put_lifecycle_hook(group, hook).await
    }

    async fn delete_lifecycle_hook(&self, group: &str, hook: &str) -> Result<(), CloudError> {
        let _stale = self.stale_hooks(group);
        self.source.autoscaling().delete_lifecycle_hook(group, hook).await
    }

    async fn put_warm_pool(
        &self,
        group: &str,
        min_size: i32,
        max_group_prepared_capacity: Option<i32>,
    ) -> Result<(), CloudError> {
        let _stale = self.stale_group(group);
        let autoscaling = self.source.autoscaling();
        autoscaling.put_warm_pool(group, min_size, max_group_prepared_capacity).await
    }

    async fn delete_warm_pool(&self, group: &str) -> Result<(), CloudError> {
        let _stale = self.stale_group(group);
        self.source.autoscaling().delete_warm_pool(group).await
    }

    async fn terminate_instance_in_auto_scaling_group(
        &self,
        instance: &str,
    ) -> Result<(), CloudError> {
        let _stale = self.stale(|answers| answers.groups.forget_all());
        self.source.autoscaling().terminate_instance_in_auto_scaling_group(instance).await
    }

    async fn detach_instances(&self, group: &str, instances: &[String]) -> Result<(), CloudError> {
        let _stale = self.stale_group(group);
        self.source.autoscaling().detach_instances(group, instances).await
    }
}

//! Auto Scaling groups, and what belongs to them.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Subject,
    check::{Kept, holds, refused, same, tags},
    launch_templates::data,
};
use crate::cloud::{
    CloudError, all_pages,
    autoscaling::{
        AutoScalingGroup, Distribution, GroupSettings, Groups, LifecycleHook, MixedInstancesPolicy,
        TemplateRef, propagated,
    },
    ec2::{Instance, LaunchTemplateData, Tagged, Using},
    iam::Tags,
};

super::cases![
    a_group_is_answered_as_it_was_created,
    a_group_starts_its_instances_from_its_version_and_keeps_them,
    a_group_with_a_mixed_instances_policy_is_answered_as_it_was_created,
    a_group_whose_template_names_no_profile_that_is_there_is_refused,
    a_group_of_a_version_that_is_not_there_is_refused,
    a_groups_name_is_taken_once_it_is_used,
    a_groups_tags_processes_and_metrics_come_and_go,
    a_groups_lifecycle_hooks_come_and_go,
    a_groups_warm_pool_comes_and_goes,
    a_group_that_is_not_there_is_not_listed,
    a_group_goes_with_its_instances,
    a_group_that_is_not_there_cannot_go,
    instances_are_found_by_what_they_use,
    a_terminated_instance_is_gone_by_and_by,
];

pub(super) const GROUP: &str = "nodes.example.com";

impl Subject {
    async fn started(&self, profile: &str) -> Result<TemplateRef, CloudError> {
        let data = LaunchTemplateData {
            image_id: Some(self.image.clone()),
            instance_type: Some("t3.medium".into()),
            iam_instance_profile: Some(profile.to_owned()),
            ..data()
        };
        let made = self.cloud.ec2().create_launch_template(GROUP, &data, &Tags::new()).await?;
        Ok(TemplateRef { id: made.template_id, version: made.number.to_string() })
    }

    fn settings(&self, template: &TemplateRef) -> GroupSettings {
        GroupSettings {
            launch_template: Some(template.clone()),
            min_size: Some(2),
            max_size: Some(3),
            subnets: Some(self.subnets.iter().cloned().collect()),
            instance_protection: Some(true),
            capacity_rebalance: Some(true),
            ..GroupSettings::default()
        }
    }

    async fn create(&self, settings: &GroupSettings) -> Result<(), CloudError> {
        let cluster = tags([("KubernetesCluster", "example.com")]);
        let (none, groups) = (BTreeSet::new(), self.cloud.autoscaling());
        groups.create_auto_scaling_group(GROUP, settings, &propagated(&cluster), &none, &none).await
    }

    /// A group with instances.
    pub(super) async fn group(&self) -> Result<TemplateRef, CloudError> {
        self.profile("profile").await?;
        let template = self.started("profile").await?;
        self.create(&self.settings(&template)).await?;
        Ok(template)
    }

    pub(super) async fn found(&self) -> Result<AutoScalingGroup, CloudError> {
        let which = Groups::Tagged(Tagged::of_cluster("example.com"));
        let groups = self.reader().autoscaling();
        let found = all_pages(async |marker: Option<String>| {
            groups.describe_auto_scaling_groups(&which, marker.as_deref()).await
        });
        found.await?.into_iter().find(|group| group.name == GROUP).ok_or_else(|| {
            CloudError::new("autoscaling", "DescribeAutoScalingGroups", "none", "it is not listed")
        })
    }
}

async fn a_group_is_answered_as_it_was_created(subject: &Subject) -> Kept {
    let template = subject.group().await?;
    let found = subject.found().await?;
    same("template", &found.launch_template, &Some(template))?;
    same("sizes", &(found.min_size, found.max_size, found.desired_capacity), &(2, 3, 2))?;
    same("subnets", &found.subnets, &subject.subnets.iter().cloned().collect())?;
    holds("new instances are protected", found.instance_protection)?;
    same("rebalance", &found.capacity_rebalance, &Some(true))?;
    same("lifetime", &found.max_instance_lifetime, &0)?;
    let cluster = tags([("KubernetesCluster", "example.com")]);
    same("tags", &found.tags, &propagated(&cluster))?;
    same("status", &found.status, &None)
}

async fn a_group_starts_its_instances_from_its_version_and_keeps_them(subject: &Subject) -> Kept {
    let template = subject.group().await?;
    let first = subject.found().await?.instances;
    same("instances", &first.len(), &2)?;
    let started: Vec<_> = first.iter().filter_map(|it| it.launch_template.clone()).collect();
    same("versions", &started, &[template.clone(), template.clone()])?;
    let tagged = Tagged { key: "aws:autoscaling:groupName".into(), value: GROUP.into() };
    let instances = subject.reader().ec2().describe_instances(&tagged, None).await?.items;
    same("as EC2 has them", &instances.len(), &2)?;
    for instance in &instances {
        same("profile", &instance.iam_instance_profile.as_deref(), &Some("profile"))?;
        let options = &instance.metadata_options;
        same("tokens", &options.http_tokens.as_deref(), &Some("required"))?;
        same("hops", &options.http_put_response_hop_limit, &Some(1))?;
        let cluster = instance.tags.get("KubernetesCluster").map(String::as_str);
        same("cluster", &cluster, &Some("example.com"))?;
    }
    let addresses: BTreeSet<_> =
        instances.iter().filter_map(|it| it.private_ip_address.as_ref()).collect();
    same("addresses of their own", &addresses.len(), &2)?;

    let change =
        LaunchTemplateData { instance_type: Some("t3.large".into()), ..Default::default() };
    let ec2 = subject.cloud.ec2();
    let made = ec2.create_launch_template_version(GROUP, Some(1), &change).await?;
    let next = TemplateRef { version: made.number.to_string(), ..template.clone() };
    let grown = GroupSettings {
        launch_template: Some(next.clone()),
        min_size: Some(3),
        ..GroupSettings::default()
    };
    subject.cloud.autoscaling().update_auto_scaling_group(GROUP, &grown).await?;
    let versions = subject.found().await?.instances.into_iter().filter_map(|it| it.launch_template);
    let mut versions: Vec<_> = versions.map(|it| it.version).collect();
    versions.sort();
    same("versions after an update", &versions, &["1", "1", "2"])
}

async fn a_group_with_a_mixed_instances_policy_is_answered_as_it_was_created(
    subject: &Subject,
) -> Kept {
    subject.profile("profile").await?;
    let template = subject.started("profile").await?;
    let policy = MixedInstancesPolicy {
        launch_template: template.clone(),
        instance_types: vec!["m5.large".into(), "m5.xlarge".into()],
        instance_requirements: None,
        distribution: Distribution {
            on_demand_base_capacity: Some(1),
            on_demand_percentage_above_base_capacity: Some(5),
            spot_allocation_strategy: Some("lowest-price".into()),
            spot_instance_pools: Some(3),
            ..Distribution::default()
        },
        others: Vec::new(),
    };
    let settings = GroupSettings {
        launch_template: None,
        mixed_instances_policy: Some(policy.clone()),
        ..subject.settings(&template)
    };
    subject.create(&settings).await?;
    let found = subject.found().await?;
    same("template", &found.template(), &Some(&template))?;
    let mixed = found.mixed_instances_policy.unwrap_or_default();
    same("types", &mixed.instance_types, &policy.instance_types)?;
    same("pools", &mixed.distribution.spot_instance_pools, &Some(3))?;
    let above = mixed.distribution.on_demand_percentage_above_base_capacity;
    same("on demand above the base", &above, &Some(5))
}

async fn a_group_whose_template_names_no_profile_that_is_there_is_refused(
    subject: &Subject,
) -> Kept {
    let template = subject.started("none").await?;
    match subject.create(&subject.settings(&template)).await {
        Err(error) => {
            same("code", &error.code, "ValidationError")?;
            let said = error.message.contains("Invalid IAM Instance Profile name");
            holds("it says that it is the profile", said)
        }
        Ok(()) => holds("it is refused", false),
    }
}

async fn a_group_of_a_version_that_is_not_there_is_refused(subject: &Subject) -> Kept {
    subject.profile("profile").await?;
    let template = subject.started("profile").await?;
    let next = TemplateRef { version: "7".into(), ..template };
    refused("version 7", subject.create(&subject.settings(&next)).await, &["ValidationError"])
}

async fn a_groups_name_is_taken_once_it_is_used(subject: &Subject) -> Kept {
    let template = subject.group().await?;
    let again = subject.create(&subject.settings(&template)).await;
    refused("the same again", again, &["AlreadyExists"])
}

fn set<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.map(str::to_owned).into()
}

async fn a_groups_tags_processes_and_metrics_come_and_go(subject: &Subject) -> Kept {
    subject.group().await?;
    let groups = subject.cloud.autoscaling();
    let more = propagated(&tags([("team", "blue")]));
    groups.create_or_update_tags(GROUP, &more).await?;
    groups.suspend_processes(GROUP, &set(["AZRebalance", "Launch"])).await?;
    groups.resume_processes(GROUP, &set(["Launch"])).await?;
    groups.enable_metrics_collection(GROUP, &set(["GroupMinSize"])).await?;
    let found = subject.found().await?;
    same("processes", &found.suspended_processes, &set(["AZRebalance"]))?;
    same("metrics", &found.enabled_metrics, &set(["GroupMinSize"]))?;
    let team = found.tags.get("team").map(|tag| tag.value.as_str());
    same("tag", &team, &Some("blue"))?;
    groups.delete_tags(GROUP, &["team".into()]).await?;
    let cluster = propagated(&tags([("KubernetesCluster", "example.com")]));
    same::<BTreeMap<_, _>, _>("tags", &subject.found().await?.tags, &cluster)
}

async fn a_groups_lifecycle_hooks_come_and_go(subject: &Subject) -> Kept {
    subject.group().await?;
    let (groups, reads) = (subject.cloud.autoscaling(), subject.reader().autoscaling());
    let hook = LifecycleHook {
        name: "hook".into(),
        transition: "autoscaling:EC2_INSTANCE_TERMINATING".into(),
        default_result: "CONTINUE".into(),
        heartbeat_timeout: 300,
    };
    same("hooks", &reads.describe_lifecycle_hooks(GROUP).await?, &[] as &[LifecycleHook])?;
    groups.put_lifecycle_hook(GROUP, &hook).await?;
    let longer = LifecycleHook { heartbeat_timeout: 600, ..hook };
    groups.put_lifecycle_hook(GROUP, &longer).await?;
    same("hooks", &reads.describe_lifecycle_hooks(GROUP).await?, &[longer])?;
    groups.delete_lifecycle_hook(GROUP, "hook").await?;
    same("hooks", &reads.describe_lifecycle_hooks(GROUP).await?, &[] as &[LifecycleHook])
}

async fn a_groups_warm_pool_comes_and_goes(subject: &Subject) -> Kept {
    subject.group().await?;
    let groups = subject.cloud.autoscaling();
    groups.put_warm_pool(GROUP, 1, Some(4)).await?;
    let pool = subject.found().await?.warm_pool.unwrap_or_default();
    same("sizes", &(pool.min_size, pool.max_group_prepared_capacity), &(1, Some(4)))?;
    groups.put_warm_pool(GROUP, 0, None).await?;
    let pool = subject.found().await?.warm_pool.unwrap_or_default();
    same("sizes now", &(pool.min_size, pool.max_group_prepared_capacity), &(0, None))?;
    groups.delete_warm_pool(GROUP).await?;
    let pool = subject.found().await?.warm_pool.filter(|pool| pool.status.is_none());
    same("pool", &pool, &None)
}

async fn a_group_that_is_not_there_is_not_listed(subject: &Subject) -> Kept {
    let which = Groups::Named("none".into());
    let found = subject.reader().autoscaling().describe_auto_scaling_groups(&which, None).await?;
    same("groups", &found.items, &[] as &[AutoScalingGroup])
}

impl Subject {
    /// The instances that use something and run.
    async fn running(&self, using: &Using) -> Result<Vec<Instance>, CloudError> {
        let ec2 = self.reader().ec2();
        let found = all_pages(async |marker: Option<String>| {
            ec2.describe_instances_using(using, marker.as_deref()).await
        });
        Ok(found.await?.into_iter().filter(|instance| !instance.is_ending()).collect())
    }
}

async fn a_group_goes_with_its_instances(subject: &Subject) -> Kept {
    subject.group().await?;
    let groups = subject.cloud.autoscaling();
    groups.delete_auto_scaling_group(GROUP).await?;
    let which = Groups::Named(GROUP.into());
    let left = subject.reader().autoscaling().describe_auto_scaling_groups(&which, None).await?;
    holds("it is gone or going", left.items.iter().all(|group| group.status.is_some()))?;
    let tagged = Tagged { key: "aws:autoscaling:groupName".into(), value: GROUP.into() };
    let found = subject.reader().ec2().describe_instances(&tagged, None).await?.items;
    holds("so are its instances", found.iter().all(Instance::is_ending))
}

async fn a_group_that_is_not_there_cannot_go(subject: &Subject) -> Kept {
    let gone = subject.cloud.autoscaling().delete_auto_scaling_group("none").await;
    refused("a group that is not there", gone, &["ValidationError"])
}

async fn instances_are_found_by_what_they_use(subject: &Subject) -> Kept {
    subject.group().await?;
    let profile = subject.reads().get_instance_profile("profile").await?;
    let of_profile = subject.running(&Using::Profile(profile.arn.clone())).await?;
    same("of the profile", &of_profile.len(), &2)?;
    let mut in_subnets = 0;
    for subnet in &subject.subnets {
        in_subnets += subject.running(&Using::Subnet(subnet.clone())).await?.len();
    }
    same("in the subnets", &in_subnets, &2)?;
    let of_none = Using::Profile(format!("{}-2", profile.arn));
    same("of another profile", &subject.running(&of_none).await?.len(), &0)?;
    let in_no_group = Using::SecurityGroup("sg-0123456789abcdef0".into());
    same("of a group that is not there", &subject.running(&in_no_group).await?.len(), &0)
}

async fn a_terminated_instance_is_gone_by_and_by(subject: &Subject) -> Kept {
    subject.group().await?;
    let (groups, ec2) = (subject.cloud.autoscaling(), subject.cloud.ec2());
    groups.suspend_processes(GROUP, &set(["Launch"])).await?;
    let first = subject.found().await?.instances[0].id.clone();
    ec2.terminate_instances(std::slice::from_ref(&first)).await?;
    let profile = subject.reads().get_instance_profile("profile").await?;
    let left = subject.running(&Using::Profile(profile.arn)).await?;
    holds("it does not run", left.iter().all(|instance| instance.id != first))?;
    let none = ["i-0123456789abcdef0".to_owned()];
    refused("none", ec2.terminate_instances(&none).await, &["InvalidInstanceID.NotFound"])
}

//! Auto Scaling: groups of instances that start from a launch template.
//!
//! The types' JSON is also the embedded account's.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CloudError, Page, ec2::Tagged, iam::Tags};

/// A group, as `DescribeAutoScalingGroups` answers it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct AutoScalingGroup {
    /// Its name.
    pub name: String,
    /// What its instances start from, unless its mixed instances policy says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launch_template: Option<TemplateRef>,
    /// Several instance types, on demand and spot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mixed_instances_policy: Option<MixedInstancesPolicy>,
    /// The least number of instances.
    pub min_size: i32,
    /// The greatest number of instances.
    pub max_size: i32,
    /// How many instances there are to be.
    pub desired_capacity: i32,
    /// The ids of its subnets.
    pub subnets: BTreeSet<String>,
    /// Its tags by key.
    pub tags: BTreeMap<String, GroupTag>,
    /// The processes that are suspended: `AZRebalance`.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub suspended_processes: BTreeSet<String>,
    /// The metrics that are collected, every minute.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub enabled_metrics: BTreeSet<String>,
    /// Whether new instances are spared when the group shrinks.
    pub instance_protection: bool,
    /// Whether spot instances at risk are replaced beforehand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity_rebalance: Option<bool>,
    /// After how many seconds instances are replaced; 0 is never.
    pub max_instance_lifetime: i32,
    /// The names of classic load balancers that instances are put behind.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub load_balancers: BTreeSet<String>,
    /// The ARNs of target groups that instances are put into.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub target_groups: BTreeSet<String>,
    /// The instances that are kept ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warm_pool: Option<WarmPool>,
    /// What is being done to the group as a whole: `Delete in progress`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Its instances.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub instances: Vec<GroupInstance>,
}

/// Which version of which launch template instances start from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TemplateRef {
    /// The template's id.
    pub id: String,
    /// A version's number, `$Latest` or `$Default`.
    pub version: String,
}

/// A tag of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct GroupTag {
    /// Its value.
    pub value: String,
    /// Whether new instances get it too.
    pub propagate_at_launch: bool,
}

/// An instance of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct GroupInstance {
    /// Its id: `i-…`.
    pub id: String,
    /// Where in its life it is: `InService`, `Warmed:Stopped`.
    pub lifecycle_state: String,
    /// The version that it started from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launch_template: Option<TemplateRef>,
}

/// Several instance types in one group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct MixedInstancesPolicy {
    /// What instances start from.
    pub launch_template: TemplateRef,
    /// The instance types that may stand in for the template's, dearest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub instance_types: Vec<String>,
    /// What instance types must have, instead of their names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_requirements: Option<InstanceRequirements>,
    /// How instances are shared out.
    pub distribution: Distribution,
    /// What the policy says beyond that, by the names of Auto Scaling's parameters:
    /// `WeightedCapacity`.
    #[serde(skip)]
    pub others: Vec<String>,
}

/// How a group's instances are shared out between on demand and spot. What is `None` is Auto
/// Scaling's default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Distribution {
    /// `prioritized` or `lowest-price`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_demand_allocation_strategy: Option<String>,
    /// How many instances are on demand whatever happens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_demand_base_capacity: Option<i32>,
    /// How many of a hundred beyond those are on demand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_demand_percentage_above_base_capacity: Option<i32>,
    /// `lowest-price`, `capacity-optimized` and so on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spot_allocation_strategy: Option<String>,
    /// Over how many pools spot instances are spread.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spot_instance_pools: Option<i32>,
    /// The most to pay for a spot instance, in dollars an hour; the price on demand, if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spot_max_price: Option<String>,
}

/// What instance types must have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct InstanceRequirements {
    /// The least and the greatest number of virtual processors.
    pub vcpu_count: Range,
    /// The least and the most memory, in MiB.
    #[serde(rename = "memoryMiB")]
    pub memory_mib: Range,
    /// Types that are left out, `*` standing for anything.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub excluded_instance_types: BTreeSet<String>,
}

/// From, and up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Range {
    /// The least.
    pub min: i32,
    /// The most, if there is a bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<i32>,
}

/// Instances that are kept ready beside a group's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct WarmPool {
    /// The least number of them.
    pub min_size: i32,
    /// The greatest number of them and of the group's instances together; the group's own
    /// greatest size, if nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_group_prepared_capacity: Option<i32>,
    /// What is being done to it: `PendingDelete`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

/// Something that instances wait for on their way into a group or out of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct LifecycleHook {
    /// Its name, unique in the group.
    pub name: String,
    /// `autoscaling:EC2_INSTANCE_LAUNCHING` or `autoscaling:EC2_INSTANCE_TERMINATING`.
    pub transition: String,
    /// What becomes of an instance that nobody answers for: `CONTINUE` or `ABANDON`.
    pub default_result: String,
    /// For how many seconds an answer is waited for.
    pub heartbeat_timeout: i32,
}

/// Which groups are asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Groups {
    /// Those that carry a tag.
    Tagged(Tagged),
    /// The one of that name.
    Named(String),
}

/// What `CreateAutoScalingGroup` and `UpdateAutoScalingGroup` are given. An update leaves as it is
/// what is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupSettings {
    /// What instances start from: it takes the place of a mixed instances policy.
    pub launch_template: Option<TemplateRef>,
    /// A mixed instances policy: it takes the place of a launch template.
    pub mixed_instances_policy: Option<MixedInstancesPolicy>,
    /// The least number of instances.
    pub min_size: Option<i32>,
    /// The greatest number of instances.
    pub max_size: Option<i32>,
    /// The ids of subnets.
    pub subnets: Option<BTreeSet<String>>,
    /// Whether new instances are spared when the group shrinks.
    pub instance_protection: Option<bool>,
    /// Whether spot instances at risk are replaced beforehand.
    pub capacity_rebalance: Option<bool>,
    /// After how many seconds instances are replaced; 0 is never.
    pub max_instance_lifetime: Option<i32>,
}

/// What can be read from Auto Scaling.
#[async_trait]
pub trait AutoScalingReader: Send + Sync {
    /// `DescribeAutoScalingGroups`, a part at a time.
    async fn describe_auto_scaling_groups(
        &self,
        which: &Groups,
        marker: Option<&str>,
    ) -> Result<Page<AutoScalingGroup>, CloudError>;

    /// `DescribeLifecycleHooks`: those of a group.
    async fn describe_lifecycle_hooks(&self, group: &str)
    -> Result<Vec<LifecycleHook>, CloudError>;

    /// `DescribeWarmPool`: the instances that are kept ready beside a group's, a part at a time. A
    /// group without a warm pool has none.
    async fn describe_warm_pool(
        &self,
        group: &str,
        marker: Option<&str>,
    ) -> Result<Page<GroupInstance>, CloudError>;
}

/// What can be written to Auto Scaling.
#[async_trait]
pub trait AutoScalingWriter: Send + Sync {
    /// `CreateAutoScalingGroup`. Load balancers and target groups may be given, the rest of what a
    /// group has is switched on later.
    async fn create_auto_scaling_group(
        &self,
        name: &str,
        settings: &GroupSettings,
        tags: &BTreeMap<String, GroupTag>,
        load_balancers: &BTreeSet<String>,
        target_groups: &BTreeSet<String>,
    ) -> Result<(), CloudError>;

    /// `UpdateAutoScalingGroup`.
    async fn update_auto_scaling_group(
        &self,
        name: &str,
        settings: &GroupSettings,
    ) -> Result<(), CloudError>;

    /// `DeleteAutoScalingGroup`, by force: its instances are terminated, and it is listed, with a
    /// status, until it has none left. A warm pool of it must be gone before.
    async fn delete_auto_scaling_group(&self, name: &str) -> Result<(), CloudError>;

    /// `CreateOrUpdateTags`, of a group.
    async fn create_or_update_tags(
        &self,
        group: &str,
        tags: &BTreeMap<String, GroupTag>,
    ) -> Result<(), CloudError>;

    /// `DeleteTags`, of a group.
    async fn delete_tags(&self, group: &str, keys: &[String]) -> Result<(), CloudError>;

    /// `SuspendProcesses`.
    async fn suspend_processes(
        &self,
        group: &str,
        processes: &BTreeSet<String>,
    ) -> Result<(), CloudError>;

    /// `ResumeProcesses`.
    async fn resume_processes(
        &self,
        group: &str,
        processes: &BTreeSet<String>,
    ) -> Result<(), CloudError>;

    /// `EnableMetricsCollection`, every minute.
    async fn enable_metrics_collection(
        &self,
        group: &str,
        metrics: &BTreeSet<String>,
    ) -> Result<(), CloudError>;

    /// `AttachLoadBalancers`, by name.
    async fn attach_load_balancers(
        &self,
        group: &str,
        names: &BTreeSet<String>,
    ) -> Result<(), CloudError>;

    /// `AttachLoadBalancerTargetGroups`, by ARN, ten at most.
    async fn attach_load_balancer_target_groups(
        &self,
        group: &str,
        arns: &BTreeSet<String>,
    ) -> Result<(), CloudError>;

    /// `PutLifecycleHook`.
    async fn put_lifecycle_hook(&self, group: &str, hook: &LifecycleHook)
    -> Result<(), CloudError>;

    /// `DeleteLifecycleHook`.
    async fn delete_lifecycle_hook(&self, group: &str, hook: &str) -> Result<(), CloudError>;

    /// `PutWarmPool`.
    async fn put_warm_pool(
        &self,
        group: &str,
        min_size: i32,
        max_group_prepared_capacity: Option<i32>,
    ) -> Result<(), CloudError>;

    /// `DeleteWarmPool`, with the instances in it.
    async fn delete_warm_pool(&self, group: &str) -> Result<(), CloudError>;

    /// `TerminateInstanceInAutoScalingGroup`, without asking for fewer instances: the group takes
    /// the instance out of its load balancers, runs its hooks, and starts another. Not for instances
    /// of a warm pool.
    async fn terminate_instance_in_auto_scaling_group(
        &self,
        instance: &str,
    ) -> Result<(), CloudError>;

    /// `DetachInstances`, 20 at most, without asking for fewer instances: they run on outside the
    /// group, and the group starts others.
    async fn detach_instances(&self, group: &str, instances: &[String]) -> Result<(), CloudError>;
}

impl AutoScalingGroup {
    /// The version that new instances start from, wherever the group says it.
    pub fn template(&self) -> Option<&TemplateRef> {
        let mixed = self.mixed_instances_policy.as_ref().map(|policy| &policy.launch_template);
        mixed.or(self.launch_template.as_ref())
    }

    /// Its tags, whether new instances get them or not.
    pub fn tag_values(&self) -> Tags {
        self.tags.iter().map(|(key, tag)| (key.clone(), tag.value.clone())).collect()
    }
}

/// `Tags` as a group carries them: new instances get them too.
pub fn propagated(tags: &Tags) -> BTreeMap<String, GroupTag> {
    let propagated = |value: &String| GroupTag { value: value.clone(), propagate_at_launch: true };
    tags.iter().map(|(key, value)| (key.clone(), propagated(value))).collect()
}

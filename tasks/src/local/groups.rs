//! Auto Scaling groups: what they are asked to be.

use std::collections::{BTreeMap, BTreeSet};

use super::{error::Refusal, grammar, launch_templates::is_tagged, page::page, state::State};
use crate::cloud::{
    Page,
    autoscaling::{
        AutoScalingGroup, GroupSettings, GroupTag, Groups, LifecycleHook, TemplateRef, WarmPool,
    },
    iam::Tags,
};

impl State {
    pub(super) fn describe_auto_scaling_groups(
        &self,
        which: &Groups,
        marker: Option<&str>,
    ) -> Result<Page<AutoScalingGroup>, Refusal> {
        let fits = |group: &&AutoScalingGroup| match which {
            Groups::Named(name) => group.name == *name,
            Groups::Tagged(tagged) => is_tagged(&group.tag_values(), tagged),
        };
        let fitting = self.auto_scaling_groups.iter().filter(fits);
        let keyed = fitting.map(|group| (group.name.clone(), group.clone()));
        page("auto scaling groups", keyed, marker, self.page_size)
    }

    pub(super) fn create_auto_scaling_group(
        &mut self,
        name: &str,
        settings: &GroupSettings,
        tags: &BTreeMap<String, GroupTag>,
        load_balancers: &BTreeSet<String>,
        target_groups: &BTreeSet<String>,
    ) -> Result<(), Refusal> {
        if name.is_empty() || name.len() > 255 || name.contains(':') {
            return Err(Refusal::validation(format!("Value '{name}' at 'autoScalingGroupName'")));
        }
        if self.auto_scaling_groups.get(name).is_some() {
            let message = "AutoScalingGroup by this name already exists";
            return Err(Refusal::new("AlreadyExists", message));
        }
        if settings.subnets.as_ref().is_none_or(BTreeSet::is_empty) {
            return Err(Refusal::validation(
                "At least one Availability Zone or VPC Subnet is required.",
            ));
        }
        self.group_tags(tags, &Tags::new())?;
        let new = AutoScalingGroup {
            name: name.to_owned(),
            tags: tags.clone(),
            load_balancers: load_balancers.clone(),
            target_groups: target_groups.clone(),
            ..AutoScalingGroup::default()
        };
        let group = self.settled(new, settings)?;
        self.auto_scaling_groups.insert(group);
        self.fill(name)
    }

    pub(super) fn update_auto_scaling_group(
        &mut self,
        name: &str,
        settings: &GroupSettings,
    ) -> Result<(), Refusal> {
        let group = self.settled(self.group(name)?.clone(), settings)?;
        self.auto_scaling_groups.insert(group);
        self.fill(name)
    }

    /// The group with these settings, if they will do.
    fn settled(
        &self,
        mut group: AutoScalingGroup,
        settings: &GroupSettings,
    ) -> Result<AutoScalingGroup, Refusal> {
        let GroupSettings {
            launch_template,
            mixed_instances_policy,
            min_size,
            max_size,
            subnets,
            instance_protection,
            capacity_rebalance,
            max_instance_lifetime,
        } = settings.clone();
        match (launch_template, mixed_instances_policy) {
            (Some(_), Some(_)) => {
                return Err(Refusal::validation(
                    "Valid requests must contain either LaunchTemplate or MixedInstancesPolicy, \
                     not both.",
                ));
            }
            (Some(template), None) => {
                group.launch_template = Some(template);
                group.mixed_instances_policy = None;
            }
            (None, Some(policy)) => {
                group.launch_template = None;
                group.mixed_instances_policy = Some(policy);
            }
            (None, None) => {}
        }
        let template = group.template().ok_or_else(|| {
            Refusal::validation(
                "Valid requests must contain either LaunchTemplate or MixedInstancesPolicy.",
            )
        })?;
        self.check_template(template)?;
        group.min_size = min_size.unwrap_or(group.min_size);
        group.max_size = max_size.unwrap_or(group.max_size);
        if group.min_size < 0 || group.max_size < group.min_size {
            let (min, max) = (group.min_size, group.max_size);
            let message = format!("Max bound, {max}, must be greater than or equal to min, {min}");
            return Err(Refusal::validation(message));
        }
        group.desired_capacity = group.desired_capacity.clamp(group.min_size, group.max_size);
        if let Some(subnets) = subnets {
            if let Some(strange) = subnets.iter().find(|subnet| !self.has_subnet(subnet)) {
                let message = format!("The subnet ID '{strange}' does not exist");
                return Err(Refusal::validation(message));
            }
            group.subnets = subnets;
        }
        group.instance_protection = instance_protection.unwrap_or(group.instance_protection);
        group.capacity_rebalance = capacity_rebalance.or(group.capacity_rebalance);
        let lifetime = max_instance_lifetime.unwrap_or(group.max_instance_lifetime);
        if lifetime != 0 && !(86_400..=31_536_000).contains(&lifetime) {
            let message = format!("MaxInstanceLifetime {lifetime} must be 0, or a day to a year");
            return Err(Refusal::validation(message));
        }
        group.max_instance_lifetime = lifetime;
        Ok(group)
    }

    /// Refuses a template from which no instance would start.
    fn check_template(&self, template: &TemplateRef) -> Result<(), Refusal> {
        let version = self.referred(&template.id, &template.version)?;
        let unfit = |why: String| {
            let message = format!("You must use a valid fully-formed launch template. {why}");
            Err(Refusal::validation(message))
        };
        if let Some(profile) = &version.data.iam_instance_profile
            && self.instance_profiles.get(profile).is_none()
        {
            return unfit(no_profile(profile));
        }
        if version.data.image_id.is_none() {
            return unfit("The request must contain the parameter ImageId".to_owned());
        }
        if let Some(key) = &version.data.key_name
            && self.key_pairs.get(key).is_none()
        {
            return unfit(format!("The key pair '{key}' does not exist"));
        }
        Ok(())
    }

    /// The name of the instance profile that instances of a group with these settings would have.
    pub(super) fn profile_of(&self, name: &str, settings: &GroupSettings) -> Option<String> {
        let mixed = settings.mixed_instances_policy.as_ref().map(|policy| &policy.launch_template);
        let there = || self.auto_scaling_groups.get(name).and_then(AutoScalingGroup::template);
        let template = mixed.or(settings.launch_template.as_ref()).or_else(there)?;
        self.referred(&template.id, &template.version).ok()?.data.iam_instance_profile
    }

    pub(super) fn create_or_update_tags(
        &mut self,
        name: &str,
        tags: &BTreeMap<String, GroupTag>,
    ) -> Result<(), Refusal> {
        let there = self.group(name)?.tag_values();
        self.group_tags(tags, &there)?;
        self.group_mut(name)?.tags.extend(tags.clone());
        Ok(())
    }

    pub(super) fn delete_group_tags(&mut self, name: &str, keys: &[String]) -> Result<(), Refusal> {
        self.group_mut(name)?.tags.retain(|key, _| !keys.contains(key));
        Ok(())
    }

    pub(super) fn put_lifecycle_hook(
        &mut self,
        name: &str,
        hook: &LifecycleHook,
    ) -> Result<(), Refusal> {
        self.group(name)?;
        let transitions =
            ["autoscaling:EC2_INSTANCE_LAUNCHING", "autoscaling:EC2_INSTANCE_TERMINATING"];
        if !transitions.contains(&hook.transition.as_str()) {
            let message = format!("Invalid lifecycle transition {}", hook.transition);
            return Err(Refusal::validation(message));
        }
        if !["CONTINUE", "ABANDON"].contains(&hook.default_result.as_str()) {
            let message = format!("Invalid default result {}", hook.default_result);
            return Err(Refusal::validation(message));
        }
        if !(30..=7200).contains(&hook.heartbeat_timeout) {
            let message = format!("Invalid heartbeat timeout {}", hook.heartbeat_timeout);
            return Err(Refusal::validation(message));
        }
        let hooks = self.lifecycle_hooks.entry(name.to_owned()).or_default();
        hooks.retain(|other| other.name != hook.name);
        hooks.push(hook.clone());
        hooks.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(())
    }

    pub(super) fn delete_lifecycle_hook(&mut self, name: &str, hook: &str) -> Result<(), Refusal> {
        self.group(name)?;
        let hooks = self.lifecycle_hooks.entry(name.to_owned()).or_default();
        if !hooks.iter().any(|other| other.name == hook) {
            let message = format!("No Lifecycle Hook found with name {hook}");
            return Err(Refusal::validation(message));
        }
        hooks.retain(|other| other.name != hook);
        if hooks.is_empty() {
            self.lifecycle_hooks.remove(name);
        }
        Ok(())
    }

    pub(super) fn describe_lifecycle_hooks(
        &self,
        name: &str,
    ) -> Result<Vec<LifecycleHook>, Refusal> {
        self.group(name)?;
        Ok(self.lifecycle_hooks.get(name).cloned().unwrap_or_default())
    }

    pub(super) fn put_warm_pool(
        &mut self,
        name: &str,
        min_size: i32,
        max_group_prepared_capacity: Option<i32>,
    ) -> Result<(), Refusal> {
        let group = self.group_mut(name)?;
        if min_size < 0 || max_group_prepared_capacity.is_some_and(|most| most < min_size) {
            return Err(Refusal::validation("The warm pool's sizes contradict each other."));
        }
        group.warm_pool = Some(WarmPool { min_size, max_group_prepared_capacity, status: None });
        self.fill(name)
    }

    pub(super) fn delete_warm_pool(&mut self, name: &str) -> Result<(), Refusal> {
        match self.group_mut(name)?.warm_pool.take() {
            Some(_) => self.fill(name),
            None => Err(Refusal::validation(format!(
                "No warm pool found for auto scaling group {name}"
            ))),
        }
    }

    pub(super) fn group(&self, name: &str) -> Result<&AutoScalingGroup, Refusal> {
        self.auto_scaling_groups.get(name).ok_or_else(no_group)
    }

    pub(super) fn group_mut(&mut self, name: &str) -> Result<&mut AutoScalingGroup, Refusal> {
        self.auto_scaling_groups.get_mut(name).ok_or_else(no_group)
    }

    fn group_tags(&self, new: &BTreeMap<String, GroupTag>, there: &Tags) -> Result<(), Refusal> {
        grammar::tags(&values(new), there, &self.quotas)
            .map_err(|refusal| Refusal::validation(refusal.message))
    }
}

/// What EC2 says of an instance profile that it does not know.
pub(super) fn no_profile(profile: &str) -> String {
    format!(
        "Value ({profile}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance \
         Profile name"
    )
}

fn no_group() -> Refusal {
    Refusal::validation("AutoScalingGroup name not found - no such group")
}

fn values(tags: &BTreeMap<String, GroupTag>) -> Tags {
    tags.iter().map(|(key, tag)| (key.clone(), tag.value.clone())).collect()
}

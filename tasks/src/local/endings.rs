//! How instances end, and Auto Scaling groups with theirs.

use super::{error::Refusal, launch_templates::no_template, page::page, state::State};
use crate::cloud::{
    Page,
    ec2::{Instance, Using},
};

impl State {
    pub(super) fn describe_instances_using(
        &self,
        using: &Using,
        marker: Option<&str>,
    ) -> Result<Page<Instance>, Refusal> {
        let uses = |instance: &&Instance| match using {
            Using::Profile(arn) => {
                let name = instance.iam_instance_profile.as_deref();
                let profile = name.and_then(|name| self.instance_profiles.get(name));
                profile.is_some_and(|profile| profile.arn == *arn)
            }
            Using::SecurityGroup(id) => instance.security_groups.contains(id),
            Using::Subnet(id) => instance.subnet_id == *id,
        };
        let keyed = self.instances.iter().filter(uses).map(|it| (it.id.clone(), it.clone()));
        page(&format!("instances using {using:?}"), keyed, marker, self.page_size)
    }

    pub(super) fn delete_auto_scaling_group(&mut self, name: &str) -> Result<(), Refusal> {
        let group = self.group_mut(name)?;
        if group.warm_pool.is_some() {
            let message = "You cannot delete an AutoScalingGroup while it has a warm pool.";
            return Err(Refusal::new("ResourceInUse", message));
        }
        group.status = Some("Delete in progress".to_owned());
        for member in &mut group.instances {
            "Terminating".clone_into(&mut member.lifecycle_state);
        }
        for member in group.instances.clone() {
            self.end(&member.id);
        }
        self.clear_ended();
        Ok(())
    }

    /// Terminates an instance: at once, or after as many looks at it as the account is told.
    pub(super) fn end(&mut self, id: &str) {
        self.starting.remove(id);
        let looks = self.instance_end_looks;
        if looks == 0 {
            self.instances.remove(id);
        } else if let Some(instance) = self.instances.get_mut(id).filter(|it| !it.is_ending()) {
            "shutting-down".clone_into(&mut instance.state);
            self.ending.insert(id.to_owned(), looks);
        }
    }

    /// Counts a look at an instance that is on its way out.
    pub(super) fn end_seen(&mut self, id: &str) {
        match self.ending.get_mut(id) {
            Some(looks) if *looks > 1 => *looks -= 1,
            _ => {
                self.ending.remove(id);
                self.instances.remove(id);
                self.clear_ended();
            }
        }
    }

    /// Rids groups that are being deleted of instances that are gone, and the account of such
    /// groups without any.
    fn clear_ended(&mut self) {
        let Self { instances, auto_scaling_groups, lifecycle_hooks, .. } = self;
        for group in auto_scaling_groups.iter_mut().filter(|group| group.status.is_some()) {
            group.instances.retain(|it| instances.get(&it.id).is_some());
        }
        let empty =
            auto_scaling_groups.iter().filter(|it| it.status.is_some() && it.instances.is_empty());
        for name in empty.map(|group| group.name.clone()).collect::<Vec<_>>() {
            auto_scaling_groups.remove(&name);
            lifecycle_hooks.remove(&name);
        }
    }

    pub(super) fn delete_launch_template(&mut self, name: &str) -> Result<(), Refusal> {
        self.launch_templates.remove(name).map(drop).ok_or_else(|| no_template(name))
    }
}

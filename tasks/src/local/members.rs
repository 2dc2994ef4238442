//! The instances of Auto Scaling groups: how they arrive, and how they are made to leave.

use super::{
    capacity::{IN_SERVICE, PENDING},
    error::Refusal,
    page::page,
    state::State,
};
use crate::cloud::{Page, autoscaling::GroupInstance};

impl State {
    pub(super) fn describe_warm_pool(
        &self,
        name: &str,
        marker: Option<&str>,
    ) -> Result<Page<GroupInstance>, Refusal> {
        self.group(name)?;
        let members = self.warm_instances.get(name).into_iter().flatten();
        let keyed = members.map(|it| (it.id.clone(), it.clone()));
        page("warm instances", keyed, marker, self.page_size)
    }

    /// Counts a look at an instance that is on its way.
    pub(super) fn instance_seen(&mut self, id: &str) {
        match self.starting.get_mut(id) {
            Some(looks) if *looks > 1 => *looks -= 1,
            _ => {
                self.starting.remove(id);
                let members = self.auto_scaling_groups.iter_mut().flat_map(|it| &mut it.instances);
                let arriving = members.filter(|it| it.id == id && it.lifecycle_state == PENDING);
                for member in arriving {
                    IN_SERVICE.clone_into(&mut member.lifecycle_state);
                }
            }
        }
    }

    pub(super) fn terminate_in_group(&mut self, id: &str) -> Result<(), Refusal> {
        let group = self.group_of(id).ok_or_else(|| {
            Refusal::validation(format!(
                "Instance Id not found - No managed instance found for instance ID: {id}"
            ))
        })?;
        self.group_mut(&group)?.instances.retain(|it| it.id != id);
        self.end(id);
        self.fill(&group)
    }

    pub(super) fn detach_instances(&mut self, name: &str, ids: &[String]) -> Result<(), Refusal> {
        for id in ids {
            let member = self.group(name)?.instances.iter().find(|it| it.id == *id);
            let state = member.map(|it| it.lifecycle_state.as_str());
            if state != Some(IN_SERVICE) {
                let message = match state {
                    Some(state) => {
                        format!("The instance {id} is not in InService or Standby, but in {state}.")
                    }
                    None => format!("The instance {id} is not part of Auto Scaling group {name}."),
                };
                return Err(Refusal::validation(message));
            }
        }
        self.group_mut(name)?.instances.retain(|it| !ids.contains(&it.id));
        for id in ids {
            if let Some(instance) = self.instances.get_mut(id) {
                instance.tags.remove("aws:autoscaling:groupName");
            }
        }
        self.fill(name)
    }

    pub(super) fn terminate_instances(&mut self, ids: &[String]) -> Result<(), Refusal> {
        if let Some(strange) = ids.iter().find(|id| self.instances.get(id).is_none()) {
            let message = format!("The instance ID '{strange}' does not exist");
            return Err(Refusal::new("InvalidInstanceID.NotFound", message));
        }
        for id in ids {
            let group = self.group_of(id);
            let pool = self.warm_instances.iter().find(|(_, it)| it.iter().any(|it| it.id == *id));
            let pool = pool.map(|(name, _)| name.clone());
            self.end(id);
            // The group finds out, and starts another.
            for name in group.into_iter().chain(pool) {
                self.group_mut(&name)?.instances.retain(|it| it.id != *id);
                if let Some(warm) = self.warm_instances.get_mut(&name) {
                    warm.retain(|it| it.id != *id);
                }
                self.fill(&name)?;
            }
        }
        Ok(())
    }

    /// The group that an instance is in.
    fn group_of(&self, id: &str) -> Option<String> {
        let mut groups = self.auto_scaling_groups.iter();
        let group = groups.find(|group| group.instances.iter().any(|it| it.id == id));
        group.map(|group| group.name.clone())
    }
}

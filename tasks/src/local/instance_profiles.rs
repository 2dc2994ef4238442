//! Instance profiles, and the one role that each may hold.

use super::{
    error::Refusal,
    grammar,
    page::page,
    roles::{holds, overwrite, remove},
    state::{InstanceProfile, RoleName, State, root_path},
};
use crate::cloud::{
    Page,
    iam::{self, Tags},
};

impl State {
    fn profile(&self, name: &str) -> Result<&InstanceProfile, Refusal> {
        self.instance_profiles.get(name).ok_or_else(|| no_profile(name))
    }

    fn profile_mut(&mut self, name: &str) -> Result<&mut InstanceProfile, Refusal> {
        self.instance_profiles.get_mut(name).ok_or_else(|| no_profile(name))
    }

    pub(super) fn get_instance_profile(&self, name: &str) -> Result<iam::InstanceProfile, Refusal> {
        self.profile(name).map(wire)
    }

    pub(super) fn list_instance_profiles(
        &self,
        marker: Option<&str>,
    ) -> Result<Page<iam::InstanceProfile>, Refusal> {
        page("instance profiles", self.instance_profiles.iter().map(item), marker, self.page_size)
    }

    pub(super) fn list_instance_profiles_for_role(
        &self,
        role: &str,
        marker: Option<&str>,
    ) -> Result<Page<iam::InstanceProfile>, Refusal> {
        let role = self.role(role)?;
        let profiles = self.instance_profiles.iter().filter(|profile| holds(profile, &role.name));
        page(&format!("profiles of {}", role.id), profiles.map(item), marker, self.page_size)
    }

    pub(super) fn create_instance_profile(
        &mut self,
        name: &str,
        tags: &Tags,
    ) -> Result<iam::InstanceProfile, Refusal> {
        grammar::instance_profile_name(name)?;
        grammar::tags(tags, &Tags::new(), &self.quotas)?;
        if self.instance_profiles.get(name).is_some() {
            return Err(Refusal::new(
                "EntityAlreadyExists",
                format!("Instance Profile {name} already exists."),
            ));
        }
        let profile = InstanceProfile {
            name: name.into(),
            path: root_path(),
            id: self.next_iam_id("AIPA"),
            arn: self.iam_arn("instance-profile", "/", name),
            role: None,
            tags: tags.clone(),
        };
        let created = wire(&profile);
        self.instance_profiles.insert(profile);
        Ok(created)
    }

    pub(super) fn tag_instance_profile(&mut self, name: &str, tags: &Tags) -> Result<(), Refusal> {
        let limits = self.quotas.clone();
        let profile = self.profile_mut(name)?;
        grammar::tags(tags, &profile.tags, &limits)?;
        overwrite(&mut profile.tags, tags);
        Ok(())
    }

    pub(super) fn untag_instance_profile(
        &mut self,
        name: &str,
        keys: &[String],
    ) -> Result<(), Refusal> {
        remove(&mut self.profile_mut(name)?.tags, keys);
        Ok(())
    }

    pub(super) fn add_role(&mut self, profile: &str, role: &str) -> Result<(), Refusal> {
        self.profile(profile)?;
        let name = self.role_mut(role)?.name.clone();
        let profile = self.profile_mut(profile)?;
        if profile.role.is_some() {
            return Err(Refusal::limit(
                "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1",
            ));
        }
        profile.role = Some(RoleName { name });
        Ok(())
    }

    pub(super) fn remove_role(&mut self, profile: &str, role: &str) -> Result<(), Refusal> {
        let found = self.profile_mut(profile)?;
        if !holds(found, role) {
            return Err(Refusal::no_such_entity(format!(
                "Role {role} in Instance Profile {profile} cannot be found."
            )));
        }
        found.role = None;
        Ok(())
    }

    pub(super) fn delete_instance_profile(&mut self, name: &str) -> Result<(), Refusal> {
        if self.profile(name)?.role.is_some() {
            return Err(Refusal::new(
                "DeleteConflict",
                "Cannot delete entity, must remove roles from instance profile first.",
            ));
        }
        self.instance_profiles.remove(name);
        Ok(())
    }
}

fn no_profile(name: &str) -> Refusal {
    Refusal::no_such_entity(format!("Instance Profile {name} cannot be found."))
}

fn item(profile: &InstanceProfile) -> (String, iam::InstanceProfile) {
    (profile.name.to_lowercase(), iam::InstanceProfile { tags: Tags::new(), ..wire(profile) })
}

fn wire(profile: &InstanceProfile) -> iam::InstanceProfile {
    iam::InstanceProfile {
        name: profile.name.clone(),
        path: profile.path.clone(),
        id: profile.id.clone(),
        arn: profile.arn.clone(),
        roles: profile.role.iter().map(|role| role.name.clone()).collect(),
        tags: profile.tags.clone(),
    }
}

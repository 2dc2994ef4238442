//! IAM roles and their boundaries and tags.

use super::{
    document,
    error::Refusal,
    grammar, managed,
    page::page,
    state::{DocumentText, InstanceProfile, Role, State, root_path},
};
use crate::cloud::{
    Page,
    iam::{self, NewRole, Tags, WireDocument},
};

/// The paths of roles that only AWS may change.
const OF_AWS: &str = "/aws-service-role/";

impl State {
    pub(super) fn role(&self, name: &str) -> Result<&Role, Refusal> {
        self.roles.get(name).ok_or_else(|| {
            Refusal::no_such_entity(format!("The role with name {name} cannot be found."))
        })
    }

    /// A role that may be changed.
    pub(super) fn role_mut(&mut self, name: &str) -> Result<&mut Role, Refusal> {
        let path = &self.role(name)?.path;
        if path.starts_with(OF_AWS) {
            return Err(Refusal::new(
                "UnmodifiableEntity",
                format!(
                    "Cannot perform the operation on the protected role '{name}' - this role is \
                     only modifiable by AWS"
                ),
            ));
        }
        self.roles.get_mut(name).ok_or_else(|| Refusal::no_such_entity(name))
    }

    pub(super) fn get_role(&self, name: &str) -> Result<iam::Role, Refusal> {
        self.role(name).map(wire)
    }

    pub(super) fn list_roles(&self, marker: Option<&str>) -> Result<Page<iam::Role>, Refusal> {
        let roles = self
            .roles
            .iter()
            .map(|role| (role.name.to_lowercase(), iam::Role { tags: Tags::new(), ..wire(role) }));
        page("roles", roles, marker, self.page_size)
    }

    pub(super) fn create_role(&mut self, new: &NewRole<'_>) -> Result<iam::Role, Refusal> {
        let NewRole { name, assume_role_policy_document: trust, permissions_boundary, tags } = new;
        grammar::role_name(name)?;
        grammar::tags(tags, &Tags::new(), &self.quotas)?;
        if self.roles.get(name).is_some() {
            return Err(Refusal::new(
                "EntityAlreadyExists",
                format!("Role with name {name} already exists."),
            ));
        }
        document::trust(self, trust)?;
        if let Some(arn) = permissions_boundary {
            self.check_boundary(arn)?;
        }
        let role = Role {
            name: (*name).into(),
            path: root_path(),
            id: self.next_iam_id("AROA"),
            arn: self.iam_arn("role", "/", name),
            assume_role_policy_document: DocumentText((*trust).into()),
            permissions_boundary: permissions_boundary.map(Into::into),
            tags: (*tags).clone(),
            ..Role::named(name)
        };
        let created = wire(&role);
        self.roles.insert(role);
        Ok(created)
    }

    pub(super) fn update_assume_role_policy(
        &mut self,
        name: &str,
        text: &str,
    ) -> Result<(), Refusal> {
        self.role_mut(name)?;
        document::trust(self, text)?;
        self.role_mut(name)?.assume_role_policy_document = DocumentText(text.into());
        Ok(())
    }

    pub(super) fn put_boundary(&mut self, name: &str, arn: &str) -> Result<(), Refusal> {
        self.role_mut(name)?;
        self.check_boundary(arn)?;
        self.role_mut(name)?.permissions_boundary = Some(arn.into());
        Ok(())
    }

    pub(super) fn delete_boundary(&mut self, name: &str) -> Result<(), Refusal> {
        match self.role_mut(name)?.permissions_boundary.take() {
            Some(_) => Ok(()),
            None => Err(Refusal::no_such_entity(format!(
                "The role with name {name} does not have a permissions boundary."
            ))),
        }
    }

    fn check_boundary(&self, arn: &str) -> Result<(), Refusal> {
        let message = format!("Scope ARN: {arn} does not exist or is not attachable.");
        managed::must_exist(self, arn, message)
    }

    pub(super) fn tag_role(&mut self, name: &str, tags: &Tags) -> Result<(), Refusal> {
        let limits = self.quotas.clone();
        let role = self.role_mut(name)?;
        grammar::tags(tags, &role.tags, &limits)?;
        overwrite(&mut role.tags, tags);
        Ok(())
    }

    pub(super) fn untag_role(&mut self, name: &str, keys: &[String]) -> Result<(), Refusal> {
        remove(&mut self.role_mut(name)?.tags, keys);
        Ok(())
    }

    pub(super) fn delete_role(&mut self, name: &str) -> Result<(), Refusal> {
        let conflict = |what| {
            Err(Refusal::new("DeleteConflict", format!("Cannot delete entity, must {what} first.")))
        };
        let role = self.role_mut(name)?;
        let (name, arn, id) = (role.name.clone(), role.arn.clone(), role.id.clone());
        let (attached, inline) = (role.attached_policies.len(), role.inline_policies.len());
        if self.instance_profiles.iter().any(|profile| holds(profile, &name)) {
            return conflict("remove roles from instance profile");
        }
        if attached > 0 {
            return conflict("detach all policies");
        }
        if inline > 0 {
            return conflict("delete policies");
        }
        self.roles.remove(&name);
        // A trust document that named the role now names an id that nobody has.
        let (named, dangling) = (format!("\"{arn}\""), format!("\"{id}\""));
        for other in self.roles.iter_mut() {
            let DocumentText(text) = &mut other.assume_role_policy_document;
            *text = text.replace(&named, &dangling);
        }
        Ok(())
    }
}

/// Whether the role of that name is in the profile.
pub(super) fn holds(profile: &InstanceProfile, role: &str) -> bool {
    profile.role.as_ref().is_some_and(|held| held.name.eq_ignore_ascii_case(role))
}

/// Adds tags, and overwrites those whose keys differ in case at most.
pub(super) fn overwrite(tags: &mut Tags, new: &Tags) {
    for (key, value) in new {
        remove(tags, std::slice::from_ref(key));
        tags.insert(key.clone(), value.clone());
    }
}

pub(super) fn remove(tags: &mut Tags, keys: &[String]) {
    let keys: Vec<_> = keys.iter().map(|key| key.to_lowercase()).collect();
    tags.retain(|key, _| !keys.contains(&key.to_lowercase()));
}

/// A document as IAM answers it: percent-encoded.
pub(super) fn encoded(DocumentText(text): &DocumentText) -> WireDocument {
    const UNRESERVED: percent_encoding::AsciiSet =
        percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    WireDocument(percent_encoding::utf8_percent_encode(text, &UNRESERVED).to_string())
}

fn wire(role: &Role) -> iam::Role {
    iam::Role {
        name: role.name.clone(),
        path: role.path.clone(),
        id: role.id.clone(),
        arn: role.arn.clone(),
        assume_role_policy_document: encoded(&role.assume_role_policy_document),
        permissions_boundary: role.permissions_boundary.clone(),
        tags: role.tags.clone(),
    }
}

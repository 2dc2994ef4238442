//! The role in an instance profile.

use cloudup_engine::{Change, Diff, ErrorKind, Found, Reader, Ref, Task, TaskError, Writer, note};

use super::{
    IamInstanceProfile, IamRole, Owner, kind,
    limits::{INSTANCE_PROFILE_NAME, ROLE_NAME, check_name},
    owner::Ownership,
    role_policy::role_exists,
};
use crate::{
    aside::{Aside, Seen},
    cloud::{Aws, CloudError},
    trouble::{conflict, deleted, is_full, write_error},
};

/// The role that an instance profile hands to instances. A profile holds one.
///
/// Another role in a profile of ours is replaced, and the plan says what that means for running
/// instances. A profile of somebody else that holds another role is refused.
#[derive(Clone, Debug, Diff)]
pub struct IamInstanceProfileRole {
    #[diff(skip)]
    profile: String,
    /// The role's name.
    role: String,
    #[diff(skip)]
    about: Aside<About>,
}

#[derive(Clone, Debug)]
struct About {
    owner: Owner,
    made_by: (Option<Ref<IamInstanceProfile>>, Option<Ref<IamRole>>),
    /// Whose the profile is.
    ownership: Seen<Option<Ownership>>,
}

impl IamInstanceProfileRole {
    /// Has `role` in `profile`, which belongs to `owner`.
    pub fn new(profile: impl Into<String>, role: impl Into<String>, owner: Owner) -> Self {
        Self {
            profile: profile.into(),
            role: role.into(),
            about: Aside(About { owner, made_by: (None, None), ownership: Seen::default() }),
        }
    }

    /// The tasks that make the profile and the role: what this run creates may not be found
    /// everywhere at once, which passes. It does not order them: add this task `after` those.
    #[must_use]
    pub fn made_by(mut self, profile: &Ref<IamInstanceProfile>, role: &Ref<IamRole>) -> Self {
        self.about.0.made_by = (Some(profile.clone()), Some(role.clone()));
        self
    }

    async fn add(&self, writer: &Writer<Self>) -> Result<(), TaskError> {
        let Self { profile, role, about } = self;
        let result = writer.iam().add_role_to_instance_profile(profile, role).await;
        let Err(error) = result else { return Ok(()) };
        let doing = format!("put role {role} into instance profile {profile}");
        let reader = writer.reader();
        if is_full(&error) || error.kind() == ErrorKind::Conflict {
            // By ourselves, if the answer to an earlier call was lost.
            let profile = reader.iam().get_instance_profile(profile).await;
            return match profile {
                Ok(profile) if profile.roles.contains(role) => Ok(()),
                _ => Err(conflict(format!("{doing}: it holds another role")).because(error)),
            };
        }
        let (made_profile, made_role) = &about.0.made_by;
        let is_new = made_profile.as_ref().and_then(Ref::output).is_some_and(|made| made.is_new);
        let exists = error.is_not_found()
            && role_exists(reader, made_role.as_ref(), role).await
            && (is_new || reader.iam().get_instance_profile(profile).await.is_ok());
        Err(write_error(error, exists, doing))
    }
}

impl Task for IamInstanceProfileRole {
    const KIND: &'static str = kind::INSTANCE_PROFILE_ROLE;
    type Provider = Aws;
    type Output = ();

    fn name(&self) -> &str {
        &self.profile
    }

    async fn find(&self, reader: &Reader<Self>) -> Result<Option<Found<Self>>, TaskError> {
        let profile = CloudError::absent(reader.iam().get_instance_profile(&self.profile).await)
            .map_err(|error| {
                error.while_doing(format!("look into instance profile {}", self.profile))
            })?;
        let About { owner, ownership, .. } = &self.about.0;
        ownership.set(profile.as_ref().map(|profile| owner.of(&profile.tags)));
        let role = profile.and_then(|profile| profile.roles.into_iter().next());
        Ok(role.map(|role| Found { state: Self { role, ..self.clone() }, output: () }))
    }

    fn check_changes(&self, change: &Change<'_, Self>) -> Result<(), TaskError> {
        let Self { profile, role, about } = self;
        check_name("instance profile", profile, INSTANCE_PROFILE_NAME)?;
        check_name("role", role, ROLE_NAME)?;
        let Change::Update { found, .. } = change else { return Ok(()) };
        let other = &found.state.role;
        if about.0.ownership.get() != Some(Ownership::Ours) {
            return Err(conflict(format!(
                "put role {role} into instance profile {profile}: it is not this cluster's, and \
                 holds role {other}"
            ))
            .hint(format!(
                "take {other} out of it, tag it {}=owned to hand it over, or name it as an \
                 existing profile",
                about.0.owner.tag_key()
            )));
        }
        note(format!(
            "instances with profile {profile} have no credentials from when {other} is taken out \
             until AWS has passed {role} on to them; new credentials may need a restart"
        ));
        Ok(())
    }

    async fn render(
        &self,
        writer: &Writer<Self>,
        change: Change<'_, Self>,
    ) -> Result<(), TaskError> {
        if let Change::Update { found, .. } = change {
            let (profile, other) = (&self.profile, &found.state.role);
            let result = writer.iam().remove_role_from_instance_profile(profile, other).await;
            deleted(result, format!("take role {other} out of instance profile {profile}"))?;
        }
        self.add(writer).await
    }
}

//! Instance profiles.

use cloudup_engine::{
    Change, Delta, Diff, ErrorKind, Found, Reader, Stray, Task, TaskError, Writer, note,
};

use super::{
    Owner, kind,
    limits::{INSTANCE_PROFILE_NAME, check_name},
    owner::{Ownership, TagChanges, check_tags},
    strays,
};
use crate::{
    aside::{Aside, Seen},
    cloud::{
        Aws, CloudError, CloudReader, all_pages,
        iam::{InstanceProfile, Tags},
    },
    trouble::{conflict, deleted, is_taken, taken_unseen, write_error},
};

/// An instance profile of ours.
///
/// One that exists under this name and is nobody's is taken over, as roles are.
#[derive(Clone, Debug, Diff)]
pub struct IamInstanceProfile {
    #[diff(skip)]
    name: String,
    /// Its tags, as far as they are ours.
    tags: Tags,
    #[diff(skip)]
    about: Aside<About>,
}

#[derive(Clone, Debug)]
struct About {
    owner: Owner,
    is_wanted: bool,
    /// Instance profiles in use, which keep a role of ours that is in them.
    kept_by: Vec<String>,
    seen: Seen<Option<SeenProfile>>,
}

#[derive(Clone, Debug)]
struct SeenProfile {
    name: String,
    ownership: Ownership,
    tags: Tags,
    roles: Vec<String>,
}

/// What others may know about an instance profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceProfileOutput {
    /// Its name, which launch templates take.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Whether this run created it: then it may not have arrived everywhere yet.
    pub is_new: bool,
}

impl InstanceProfileOutput {
    pub(super) fn of(profile: InstanceProfile, is_new: bool) -> Self {
        Self { name: profile.name, arn: profile.arn, is_new }
    }
}

impl IamInstanceProfile {
    /// An instance profile of `owner`, with the tags that every object of ours has.
    pub fn new(name: impl Into<String>, owner: Owner) -> Self {
        let name = name.into();
        Self {
            tags: owner.tags(&name),
            name,
            about: Aside(About {
                owner,
                is_wanted: true,
                kept_by: Vec::new(),
                seen: Seen::default(),
            }),
        }
    }

    /// An instance profile of `owner` that is no longer wanted, for
    /// [`unwanted`](cloudup_engine::Adder::unwanted). It is found only if its tags say that it is
    /// the owner's. The roles in it are taken out first; the owner's role of the profile's own
    /// name is left to that role's own unwanted [`IamRole`](super::IamRole), which is to be added
    /// `after` this.
    pub fn unwanted(name: impl Into<String>, owner: Owner) -> Self {
        let mut profile = Self::new(name, owner);
        profile.about.0.is_wanted = false;
        profile
    }

    /// The instance profiles in use that keep the role of an unwanted one: see
    /// [`IamRole::unless_in`](super::IamRole::unless_in). The role is then taken out, and stays.
    #[must_use]
    pub fn unless_in(mut self, profiles: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.about.0.kept_by.extend(profiles.into_iter().map(|name| name.as_ref().to_owned()));
        self
    }

    /// Adds tags, over those that every object of ours has.
    #[must_use]
    pub fn tagged(mut self, tags: Tags) -> Self {
        self.tags.extend(tags);
        self
    }

    fn found(&self, profile: InstanceProfile) -> Option<Found<Self>> {
        let About { owner, is_wanted, seen, .. } = &self.about.0;
        let ownership = owner.of(&profile.tags);
        if !is_wanted && ownership != Ownership::Ours {
            return None;
        }
        let tags = owner.comparable(&profile.tags, &self.tags);
        seen.set(Some(SeenProfile {
            name: profile.name.clone(),
            ownership,
            tags: profile.tags.clone(),
            roles: profile.roles.clone(),
        }));
        let state = Self { tags, ..self.clone() };
        Some(Found { state, output: InstanceProfileOutput::of(profile, false) })
    }

    /// Creates the profile with its tags in one call, so that it is never without an owner.
    async fn create(&self, writer: &Writer<Self>) -> Result<InstanceProfileOutput, TaskError> {
        let name = &self.name;
        match writer.iam().create_instance_profile(name, &self.tags).await {
            Ok(profile) => Ok(InstanceProfileOutput::of(profile, true)),
            Err(error) if is_taken(&error) => self.take(writer, error).await,
            Err(error) => Err(error.while_doing(format!("create instance profile {name}"))),
        }
    }

    /// The name is taken: by ourselves, if the answer to an earlier call was lost.
    async fn take(
        &self,
        writer: &Writer<Self>,
        error: CloudError,
    ) -> Result<InstanceProfileOutput, TaskError> {
        let doing = format!("create instance profile {}", self.name);
        let reader = writer.reader();
        let Some(found) = self.find(reader).await? else {
            let profiles = all_pages(|marker| async move {
                reader.iam().list_instance_profiles(marker.as_deref()).await
            });
            let names = profiles.await.map(|all| all.into_iter().map(|one| one.name).collect());
            return Err(taken_unseen(&self.name, names, doing, error));
        };
        if self.about.0.seen.get().is_none_or(|seen| seen.ownership != Ownership::Ours) {
            return Err(conflict(format!("{doing}: there is one that is not this cluster's"))
                .because(error));
        }
        self.update(writer, Self::diff(&found.state, self)).await?;
        Ok(InstanceProfileOutput { is_new: true, ..found.output })
    }

    async fn update(
        &self,
        writer: &Writer<Self>,
        IamInstanceProfileChanges { tags }: IamInstanceProfileChanges<'_>,
    ) -> Result<(), TaskError> {
        let name = &self.name;
        let Some(Delta { from, to }) = tags else { return Ok(()) };
        let TagChanges { set, remove } = TagChanges::between(from, to);
        if !set.is_empty() {
            let result = writer.iam().tag_instance_profile(name, &set).await;
            result.map_err(|error| {
                write_error(error, true, format!("tag instance profile {name}"))
            })?;
        }
        if !remove.is_empty() {
            let result = writer.iam().untag_instance_profile(name, &remove).await;
            result.map_err(|error| {
                write_error(error, true, format!("untag instance profile {name}"))
            })?;
        }
        Ok(())
    }

    /// Whether the role of the profile's own name is ours, and so lists its membership itself.
    async fn is_own_role(&self, reader: &dyn CloudReader, role: &str) -> Result<bool, TaskError> {
        if role != self.name {
            return Ok(false);
        }
        let role = CloudError::absent(reader.iam().get_role(role).await)
            .map_err(|error| error.while_doing(format!("look whose role {role} is")))?;
        Ok(role.is_some_and(|role| self.about.0.owner.of(&role.tags) == Ownership::Ours))
    }
}

impl Task for IamInstanceProfile {
    const KIND: &'static str = kind::INSTANCE_PROFILE;
    type Provider = Aws;
    type Output = InstanceProfileOutput;

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, reader: &Reader<Self>) -> Result<Option<Found<Self>>, TaskError> {
        self.about.0.seen.set(None);
        let profile = CloudError::absent(reader.iam().get_instance_profile(&self.name).await)
            .map_err(|error| {
                error.while_doing(format!("look for instance profile {}", self.name))
            })?;
        Ok(profile.and_then(|profile| self.found(profile)))
    }

    fn check_changes(&self, change: &Change<'_, Self>) -> Result<(), TaskError> {
        check_name("instance profile", &self.name, INSTANCE_PROFILE_NAME)?;
        let seen = self.about.0.seen.get();
        let tags = seen.as_ref().map(|seen| seen.tags.clone()).unwrap_or_default();
        if let (Change::Update { found, .. }, Some(seen)) = (change, seen) {
            let arn = &found.output.arn;
            if seen.name != self.name {
                let message =
                    format!("have an instance profile {}: there is {}", self.name, seen.name);
                return Err(conflict(message)
                    .hint("names are unique in an account, whatever the case of their letters"));
            }
            self.about.0.owner.check(&seen.ownership, arn)?;
            if seen.ownership == Ownership::Nobody {
                note(format!("{arn} exists and its tags name no owner: it is taken over"));
            }
        }
        check_tags(&self.tags, &tags)
    }

    async fn render(
        &self,
        writer: &Writer<Self>,
        change: Change<'_, Self>,
    ) -> Result<InstanceProfileOutput, TaskError> {
        match change {
            Change::Create => self.create(writer).await,
            Change::Update { found, changes, .. } => {
                self.update(writer, changes).await?;
                Ok(found.output.clone())
            }
        }
    }

    async fn strays(
        &self,
        reader: &Reader<Self>,
        found: Option<&Found<Self>>,
    ) -> Result<Vec<Stray>, TaskError> {
        let (false, Some(_), Some(seen)) = (self.about.0.is_wanted, found, self.about.0.seen.get())
        else {
            return Ok(Vec::new());
        };
        let mut strays = Vec::new();
        for role in &seen.roles {
            let is_kept = strays::keeper(reader, role, &self.about.0.kept_by).await?.is_some();
            if is_kept || !self.is_own_role(reader, role).await? {
                strays.push(strays::membership(&self.name, role));
            } else {
                // It leaves with what it holds. If that may not be listed, both stay.
                strays::of_role(reader, role).await?;
            }
        }
        Ok(strays)
    }

    async fn delete(&self, writer: &Writer<Self>, stray: &Stray) -> Result<(), TaskError> {
        let name = &self.name;
        if stray.kind != Self::KIND {
            let result = strays::delete(writer, stray).await;
            return result.unwrap_or_else(|| Err(strays::unknown(stray)));
        }
        let doing = format!("delete instance profile {name}");
        match writer.iam().delete_instance_profile(name).await {
            // The role that is still in it is on its way out.
            Err(error) if error.code == "DeleteConflict" => {
                Err(TaskError::new(ErrorKind::NotReady, doing).because(error))
            }
            result => deleted(result, doing),
        }
    }
}

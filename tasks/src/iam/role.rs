//! IAM roles.

use cloudup_engine::{Change, Delta, Diff, Found, Reader, Stray, Task, TaskError, Writer, note};

use super::{
    Owner, kind,
    limits::{ROLE_NAME, check_name},
    owner::{Ownership, TagChanges, check_tags},
    strays,
};
use crate::{
    arn::{IamKind, iam_arn},
    aside::{Aside, Seen},
    cloud::{
        Aws, CloudError, all_pages,
        iam::{NewRole, Quotas, Role, Tags},
    },
    policy::{AnyDocument, Document, DocumentUse},
    trouble::{conflict, deleted, invalid, is_taken, taken_unseen, write_error},
};

/// An IAM role.
///
/// A role that exists under this name and is nobody's is taken over: names are made from the
/// cluster's name, as kOps makes them. One that another cluster owns is refused. Tags that nobody
/// asked about stay.
#[derive(Clone, Debug, Diff)]
pub struct IamRole {
    #[diff(skip)]
    name: String,
    /// Who may assume it.
    trust_policy: AnyDocument,
    /// The ARN of the policy that bounds what it may be allowed. None takes a bound away.
    permissions_boundary: Option<String>,
    /// Its tags, as far as they are ours.
    tags: Tags,
    #[diff(skip)]
    about: Aside<About>,
}

#[derive(Clone, Debug)]
struct About {
    owner: Owner,
    quotas: Quotas,
    is_wanted: bool,
    /// Instance profiles in use, which keep an unwanted role that is in them.
    kept_by: Vec<String>,
    seen: Seen<Option<SeenRole>>,
}

/// What only checks look at.
#[derive(Clone, Debug)]
struct SeenRole {
    name: String,
    ownership: Ownership,
    path: String,
    tags: Tags,
}

/// What others may know about an [`IamRole`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleOutput {
    /// Its ARN.
    pub arn: String,
    /// Its unique id: `AROA…`.
    pub id: String,
    /// Whether this run created it: then it may not have arrived everywhere yet.
    pub is_new: bool,
}

impl IamRole {
    /// A role of `owner` that whoever `trust_policy` names may assume, with the tags that every
    /// object of ours has.
    pub fn new(name: impl Into<String>, owner: Owner, trust_policy: Document) -> Self {
        let name = name.into();
        Self {
            tags: owner.tags(&name),
            name,
            trust_policy: trust_policy.into(),
            permissions_boundary: None,
            about: Aside(About {
                owner,
                quotas: Quotas::default(),
                is_wanted: true,
                kept_by: Vec::new(),
                seen: Seen::default(),
            }),
        }
    }

    /// A role of `owner` that is no longer wanted, for
    /// [`unwanted`](cloudup_engine::Adder::unwanted). It is found only if its tags say that it
    /// is the owner's. Its attachments, inline policies and memberships go with it.
    pub fn unwanted(name: impl Into<String>, owner: Owner) -> Self {
        let mut role = Self::new(name, owner, Document::new([]));
        role.about.0.is_wanted = false;
        role
    }

    /// Leaves an unwanted role alone, after all, if one of these instance profiles holds it: they
    /// are in use.
    #[must_use]
    pub fn unless_in(mut self, profiles: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.about
            .0
            .kept_by
            .extend(profiles.into_iter().map(|profile| profile.as_ref().to_owned()));
        self
    }

    /// Bounds what the role may be allowed by this policy's ARN, or by none.
    #[must_use]
    pub fn bounded_by(mut self, policy_arn: Option<String>) -> Self {
        self.permissions_boundary = policy_arn;
        self
    }

    /// Adds tags, over those that every object of ours has.
    #[must_use]
    pub fn tagged(mut self, tags: Tags) -> Self {
        self.tags.extend(tags);
        self
    }

    /// Checks against these limits of the account instead of AWS's defaults.
    #[must_use]
    pub fn within(mut self, quotas: Quotas) -> Self {
        self.about.0.quotas = quotas;
        self
    }

    fn found(&self, role: Role) -> Option<Found<Self>> {
        let About { owner, is_wanted, seen, .. } = &self.about.0;
        let ownership = owner.of(&role.tags);
        if !is_wanted && ownership != Ownership::Ours {
            return None;
        }
        let what = format!("the trust policy of role {}", self.name);
        let trust_policy = AnyDocument::found(&role.assume_role_policy_document, &what);
        let orphans: Vec<_> =
            trust_policy.document().into_iter().flat_map(Document::orphans).collect();
        if !orphans.is_empty() {
            note(format!(
                "{what} names {}, the id of a principal that was deleted; one created again \
                 under the same name is not trusted until the policy is put again",
                orphans.join(", ")
            ));
        }
        let state = Self {
            name: self.name.clone(),
            trust_policy,
            permissions_boundary: role.permissions_boundary,
            tags: owner.comparable(&role.tags, &self.tags),
            about: self.about.clone(),
        };
        seen.set(Some(SeenRole { name: role.name, ownership, path: role.path, tags: role.tags }));
        Some(Found { state, output: RoleOutput { arn: role.arn, id: role.id, is_new: false } })
    }

    /// Creates the role with everything in one call, so that it is never without an owner.
    async fn create(&self, writer: &Writer<Self>) -> Result<RoleOutput, TaskError> {
        let Self { name, trust_policy, permissions_boundary, tags, about: _ } = self;
        let new = NewRole {
            name,
            assume_role_policy_document: &trust_policy.compact(),
            permissions_boundary: permissions_boundary.as_deref(),
            tags,
        };
        match writer.iam().create_role(new).await {
            Ok(role) => Ok(RoleOutput { arn: role.arn, id: role.id, is_new: true }),
            Err(error) if is_taken(&error) => self.take(writer, error).await,
            Err(error) => Err(error.while_doing(format!("create role {name}"))),
        }
    }

    /// The name is taken: by ourselves, if the answer to an earlier call was lost.
    async fn take(
        &self,
        writer: &Writer<Self>,
        error: CloudError,
    ) -> Result<RoleOutput, TaskError> {
        let doing = format!("create role {}", self.name);
        let reader = writer.reader();
        let Some(found) = self.find(reader).await? else {
            let roles =
                all_pages(|marker| async move { reader.iam().list_roles(marker.as_deref()).await });
            let names = roles.await.map(|roles| roles.into_iter().map(|role| role.name).collect());
            return Err(taken_unseen(&self.name, names, doing, error));
        };
        if self.about.0.seen.get().is_none_or(|seen| seen.ownership != Ownership::Ours) {
            return Err(conflict(format!("{doing}: there is one that is not this cluster's"))
                .because(error));
        }
        self.update(writer, Self::diff(&found.state, self)).await?;
        Ok(RoleOutput { is_new: true, ..found.output })
    }

    async fn update(
        &self,
        writer: &Writer<Self>,
        IamRoleChanges { trust_policy, permissions_boundary, tags }: IamRoleChanges<'_>,
    ) -> Result<(), TaskError> {
        let (name, iam) = (&self.name, writer.iam());
        // Tags first: what follows is then done to a role that says whose it is.
        let tags = tags.map(|Delta { from, to }| TagChanges::between(from, to));
        if let Some(TagChanges { set, .. }) = tags.as_ref().filter(|tags| !tags.set.is_empty()) {
            let result = iam.tag_role(name, set).await;
            result.map_err(|error| write_error(error, true, format!("tag role {name}")))?;
        }
        if let Some(Delta { to, .. }) = trust_policy {
            let doing = || format!("change who may assume role {name}");
            let result = iam.update_assume_role_policy(name, &to.compact()).await;
            result.map_err(|error| write_error(error, true, doing()))?;
        }
        if let Some(Delta { to, .. }) = permissions_boundary {
            self.set_boundary(writer, to.as_deref()).await?;
        }
        if let Some(TagChanges { remove, .. }) = tags.filter(|tags| !tags.remove.is_empty()) {
            let result = iam.untag_role(name, &remove).await;
            result.map_err(|error| write_error(error, true, format!("untag role {name}")))?;
        }
        Ok(())
    }

    async fn set_boundary(
        &self,
        writer: &Writer<Self>,
        arn: Option<&str>,
    ) -> Result<(), TaskError> {
        let (name, iam) = (&self.name, writer.iam());
        if let Some(arn) = arn {
            let result = iam.put_role_permissions_boundary(name, arn).await;
            return result.map_err(|error| {
                error.while_doing(format!("set {arn} as the permissions boundary of role {name}"))
            });
        }
        let result = iam.delete_role_permissions_boundary(name).await;
        deleted(result, format!("remove the permissions boundary of role {name}"))
    }

    fn check(&self) -> Result<(), TaskError> {
        let Self { name, trust_policy, permissions_boundary, tags, about } = self;
        check_name("role", name, ROLE_NAME)?;
        if let Some(document) = trust_policy.document() {
            let doing = || format!("accept the trust policy of role {name}");
            document.check(DocumentUse::Trust).map_err(|error| error.while_doing(doing()))?;
            about.0.quotas.check_trust(name, document).map_err(|over| {
                over.while_doing(doing()).hint("trust fewer, or have AWS raise the quota")
            })?;
        }
        if let Some(arn) = permissions_boundary {
            iam_arn(arn, IamKind::Policy).map_err(|error| {
                error.while_doing(format!("set the permissions boundary of role {name}"))
            })?;
        }
        let found = about.0.seen.get().map(|seen| seen.tags).unwrap_or_default();
        check_tags(tags, &found)
    }

    fn check_found(&self, found: &Found<Self>) -> Result<(), TaskError> {
        let Some(seen) = self.about.0.seen.get() else { return Ok(()) };
        let SeenRole { name, ownership, path, tags: _ } = seen;
        let arn = &found.output.arn;
        if name != self.name {
            return Err(conflict(format!("have a role {}: there is {name}", self.name))
                .hint("names are unique in an account, whatever the case of their letters"));
        }
        if path.starts_with("/aws-service-role/") {
            return Err(invalid(format!("change {arn}: it is an AWS service's own role")));
        }
        self.about.0.owner.check(&ownership, arn)?;
        if ownership == Ownership::Nobody {
            note(format!("{arn} exists and its tags name no owner: it is taken over"));
        }
        Ok(())
    }
}

impl Task for IamRole {
    const KIND: &'static str = kind::ROLE;
    type Provider = Aws;
    type Output = RoleOutput;

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, reader: &Reader<Self>) -> Result<Option<Found<Self>>, TaskError> {
        self.about.0.seen.set(None);
        let role = CloudError::absent(reader.iam().get_role(&self.name).await)
            .map_err(|error| error.while_doing(format!("look for role {}", self.name)))?;
        let found = role.and_then(|role| self.found(role));
        if found.is_some()
            && let Some(profile) = strays::keeper(reader, &self.name, &self.about.0.kept_by).await?
        {
            note(format!("role {} stays: instance profile {profile} holds it", self.name));
            return Ok(None);
        }
        Ok(found)
    }

    fn check_changes(&self, change: &Change<'_, Self>) -> Result<(), TaskError> {
        if let Change::Update { found, .. } = change {
            self.check_found(found)?;
        }
        self.check()
    }

    async fn render(
        &self,
        writer: &Writer<Self>,
        change: Change<'_, Self>,
    ) -> Result<RoleOutput, TaskError> {
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
        match found {
            Some(_) if !self.about.0.is_wanted => strays::of_role(reader, &self.name).await,
            _ => Ok(Vec::new()),
        }
    }

    async fn delete(&self, writer: &Writer<Self>, stray: &Stray) -> Result<(), TaskError> {
        if stray.kind == Self::KIND && stray.name == self.name {
            let result = writer.iam().delete_role(&self.name).await;
            return deleted(result, format!("delete role {}", self.name));
        }
        let result = strays::delete(writer, stray).await;
        result.unwrap_or_else(|| Err(strays::unknown(stray)))
    }
}

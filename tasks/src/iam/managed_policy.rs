//! Managed policies of a cluster's own.

use cloudup_engine::{Change, Delta, Diff, Found, Reader, Stray, Task, TaskError, Writer, note};

use super::{
    Owner, RoleDocuments,
    documents::{Place, interim_stray, is_interim_of, tell_lacking},
    kind,
    limits::{POLICY_NAME, check_name},
    owner::{Ownership, TagChanges, check_tags},
    strays,
};
use crate::{
    arn::policy_arn,
    aside::{Aside, Seen},
    cloud::{
        Aws, CloudError, CloudReader, all_pages,
        iam::{ManagedPolicy, NewPolicy, PolicyVersion, Quotas, Tags},
    },
    policy::{AnyDocument, Document, DocumentUse, Interim},
    trouble::{conflict, deleted, is_full, is_taken, taken_unseen, write_error},
};

/// How many versions a policy may have: IAM quotas.
const MOST_VERSIONS: usize = 5;

/// A managed policy that belongs to a cluster.
///
/// It is found by its ARN, which follows from the account, its path and its name. A change of the
/// document is a new version, in force at once; the oldest version makes room for it. One that
/// exists and is nobody's is taken over, as roles are.
#[derive(Clone, Debug, Diff)]
pub struct IamManagedPolicy {
    #[diff(skip)]
    name: String,
    /// What it allows.
    document: AnyDocument,
    /// Its tags, as far as they are ours.
    tags: Tags,
    #[diff(skip)]
    about: Aside<About>,
}

#[derive(Clone, Debug)]
struct About {
    path: String,
    arn: String,
    owner: Owner,
    is_wanted: bool,
    quotas: Quotas,
    role: String,
    documents: RoleDocuments,
    seen: Seen<SeenPolicy>,
}

#[derive(Clone, Debug, Default)]
struct SeenPolicy {
    /// Whose it is, and all of its tags, if it is there.
    there: Option<(Ownership, Tags)>,
    /// What to write first.
    interim: Interim,
}

/// What others may know about a managed policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagedPolicyOutput {
    /// Its ARN.
    pub arn: String,
    /// Whether this run made it: IAM may not find it everywhere at once.
    pub is_new: bool,
}

impl IamManagedPolicy {
    /// The policy `name` of `owner` below `path` (`/…/`) in an account of a partition, with the tags
    /// that every object of ours has.
    pub fn new(
        name: impl Into<String>,
        path: impl Into<String>,
        (partition, account): (&str, &str),
        owner: Owner,
        document: Document,
    ) -> Self {
        let (name, path) = (name.into(), path.into());
        Self {
            document: document.into(),
            tags: owner.tags(&name),
            about: Aside(About {
                arn: policy_arn(partition, account, &path, &name),
                path,
                owner,
                is_wanted: true,
                quotas: Quotas::default(),
                role: String::new(),
                documents: RoleDocuments::default(),
                seen: Seen::default(),
            }),
            name,
        }
    }

    /// A policy of `owner` that is no longer wanted, for
    /// [`unwanted`](cloudup_engine::Adder::unwanted). It is found only if its tags say that it is
    /// the owner's.
    pub fn unwanted(
        name: impl Into<String>,
        path: impl Into<String>,
        account: (&str, &str),
        owner: Owner,
    ) -> Self {
        let mut policy = Self::new(name, path, account, owner, Document::new([]));
        policy.about.0.is_wanted = false;
        policy
    }

    /// Its ARN.
    pub fn arn(&self) -> &str {
        &self.about.0.arn
    }

    /// Adds tags, over those that every object of ours has.
    #[must_use]
    pub fn tagged(mut self, tags: Tags) -> Self {
        self.tags.extend(tags);
        self
    }

    /// The role that it is for, and the role's documents, this one among them: what moves from one
    /// to another is never missing.
    #[must_use]
    pub fn among(mut self, role: impl Into<String>, documents: RoleDocuments) -> Self {
        self.about.0.role = role.into();
        self.about.0.documents = documents;
        self
    }

    /// Checks against these limits of the account instead of AWS's defaults.
    #[must_use]
    pub fn within(mut self, quotas: Quotas) -> Self {
        self.about.0.quotas = quotas;
        self
    }

    fn output(&self, is_new: bool) -> ManagedPolicyOutput {
        ManagedPolicyOutput { arn: self.arn().to_owned(), is_new }
    }

    /// The policy as it is, with its document.
    async fn live(
        &self,
        reader: &dyn CloudReader,
    ) -> Result<Option<(ManagedPolicy, AnyDocument)>, TaskError> {
        let arn = self.arn();
        let failed = |error: CloudError| error.while_doing(format!("look for {arn}"));
        let iam = reader.iam();
        let Some(policy) = CloudError::absent(iam.get_policy(arn).await).map_err(failed)? else {
            return Ok(None);
        };
        let version = iam.get_policy_version(arn, &policy.default_version_id).await;
        // A policy that is there has a document: not to find it passes.
        let wire = version
            .map_err(|error| write_error(error, true, format!("read the document of {arn}")))?;
        Ok(Some((policy, AnyDocument::found(&wire, arn))))
    }

    async fn interim(
        &self,
        reader: &dyn CloudReader,
        live: &AnyDocument,
    ) -> Result<Interim, TaskError> {
        let About { arn, role, documents, quotas, .. } = &self.about.0;
        let (Some(live), Some(wanted)) = (live.document(), self.document.document()) else {
            return Ok(Interim::default());
        };
        if live == wanted {
            return Ok(Interim::default());
        }
        let place = Place::Managed(arn.clone());
        let later = documents.later(reader, role, &place).await?;
        Ok(documents.interim(&place, (Some(live), wanted), &later, quotas.policy_size))
    }

    /// Creates the policy with everything in one call, so that it is never without an owner.
    async fn create(&self, writer: &Writer<Self>) -> Result<ManagedPolicyOutput, TaskError> {
        let Self { name, tags, about, .. } = self;
        let document = self.document.compact();
        let new = NewPolicy { name, path: &about.0.path, document: &document, tags };
        match writer.iam().create_policy(new).await {
            Ok(_) => Ok(self.output(true)),
            Err(error) if is_taken(&error) => self.take(writer, error).await,
            Err(error) => Err(error.while_doing(format!("create {}", self.arn()))),
        }
    }

    /// The name is taken: by ourselves, if the answer to an earlier call was lost, or by somebody
    /// else below another path or in another case.
    async fn take(
        &self,
        writer: &Writer<Self>,
        error: CloudError,
    ) -> Result<ManagedPolicyOutput, TaskError> {
        let doing = format!("create {}", self.arn());
        let Some(found) = self.find(writer.reader()).await? else {
            return Err(self.taken_elsewhere(writer.reader(), doing, error).await);
        };
        let seen = self.about.0.seen.get().there;
        if seen.is_none_or(|(ownership, _)| ownership != Ownership::Ours) {
            let message = format!("{doing}: there is one that is not this cluster's");
            return Err(conflict(message).because(error));
        }
        self.update(writer, Self::diff(&found.state, self), None).await?;
        Ok(self.output(true))
    }

    async fn taken_elsewhere(
        &self,
        reader: &dyn CloudReader,
        doing: String,
        error: CloudError,
    ) -> TaskError {
        let iam = reader.iam();
        let listed = all_pages(async |marker: Option<String>| {
            iam.list_policies("/", marker.as_deref()).await
        });
        let policies = listed.await.unwrap_or_default();
        let same_name = |policy: &&ManagedPolicy| policy.name.eq_ignore_ascii_case(&self.name);
        match policies.iter().find(same_name).filter(|policy| policy.arn != self.arn()) {
            Some(other) => conflict(format!("{doing}: there is {}", other.arn))
                .hint("names of policies are unique in an account, whatever their path and case")
                .because(error),
            None => taken_unseen(&self.name, Ok(Vec::new()), doing, error),
        }
    }

    async fn update(
        &self,
        writer: &Writer<Self>,
        changes: IamManagedPolicyChanges<'_>,
        interim: Option<&Document>,
    ) -> Result<(), TaskError> {
        let IamManagedPolicyChanges { document, tags } = changes;
        let (arn, iam) = (self.arn(), writer.iam());
        let failed = |error, what| write_error(error, true, format!("{what} {arn}"));
        // Tags first: what follows is then done to a policy that says whose it is.
        let tags = tags.map(|Delta { from, to }| TagChanges::between(from, to));
        if let Some(TagChanges { set, .. }) = tags.as_ref().filter(|tags| !tags.set.is_empty()) {
            iam.tag_policy(arn, set).await.map_err(|error| failed(error, "tag"))?;
        }
        if document.is_some() {
            let text = interim.map_or_else(|| self.document.compact(), Document::compact);
            self.put_in_force(writer, &text).await?;
        }
        if let Some(TagChanges { remove, .. }) = tags.filter(|tags| !tags.remove.is_empty()) {
            iam.untag_policy(arn, &remove).await.map_err(|error| failed(error, "untag"))?;
        }
        Ok(())
    }

    /// Makes a version that is in force at once, and room for it where there is none.
    async fn put_in_force(&self, writer: &Writer<Self>, text: &str) -> Result<(), TaskError> {
        let (arn, iam) = (self.arn(), writer.iam());
        if Self::versions(writer.reader(), arn).await?.len() >= MOST_VERSIONS {
            self.delete_oldest_version(writer).await?;
        }
        let mut result = iam.create_policy_version(arn, text).await;
        if result.as_ref().is_err_and(is_full) && self.delete_oldest_version(writer).await? {
            // Somebody else made one meanwhile.
            result = iam.create_policy_version(arn, text).await;
        }
        let doing = || format!("put a new version of {arn} in force");
        result.map(drop).map_err(|error| write_error(error, true, doing()))
    }

    /// A policy's versions, the oldest first.
    async fn versions(
        reader: &dyn CloudReader,
        arn: &str,
    ) -> Result<Vec<PolicyVersion>, TaskError> {
        let iam = reader.iam();
        let listed = all_pages(async |marker: Option<String>| {
            iam.list_policy_versions(arn, marker.as_deref()).await
        });
        let doing = || format!("list the versions of {arn}");
        let mut versions = listed.await.map_err(|error| write_error(error, true, doing()))?;
        let number = |id: &str| id.trim_start_matches('v').parse().unwrap_or(u64::MAX);
        versions.sort_by_key(|version| number(&version.id));
        Ok(versions)
    }

    /// Deletes the oldest version that is not in force, and says whether there was one.
    async fn delete_oldest_version(&self, writer: &Writer<Self>) -> Result<bool, TaskError> {
        let versions = Self::versions(writer.reader(), self.arn()).await?;
        let Some(oldest) = versions.iter().find(|version| !version.is_default) else {
            return Ok(false);
        };
        Self::delete_version(writer, self.arn(), &oldest.id).await.map(|()| true)
    }

    async fn delete_version(writer: &Writer<Self>, arn: &str, id: &str) -> Result<(), TaskError> {
        let result = writer.iam().delete_policy_version(arn, id).await;
        deleted(result, format!("delete version {id} of {arn}"))
    }

    /// Deletes a policy, whose versions have to go one by one.
    pub(crate) async fn delete_with_versions(
        writer: &Writer<Self>,
        arn: &str,
    ) -> Result<(), TaskError> {
        if writer.reader().iam().get_policy(arn).await.is_err_and(|error| error.is_not_found()) {
            return Ok(());
        }
        for version in Self::versions(writer.reader(), arn).await? {
            if !version.is_default {
                Self::delete_version(writer, arn, &version.id).await?;
            }
        }
        let result = writer.iam().delete_policy(arn).await;
        let in_use = result.as_ref().is_err_and(|error| error.code == "DeleteConflict");
        let deleted = deleted(result, format!("delete {arn}"));
        if in_use {
            let hint = "detach it from whatever else it is attached to, and run this again";
            return deleted.map_err(|error| error.hint(hint));
        }
        deleted
    }
}

impl Task for IamManagedPolicy {
    const KIND: &'static str = kind::MANAGED_POLICY;
    const FOLLOWS: Option<&'static str> = Some(kind::ROLE_POLICY);
    type Provider = Aws;
    type Output = ManagedPolicyOutput;

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, reader: &Reader<Self>) -> Result<Option<Found<Self>>, TaskError> {
        let About { owner, is_wanted, seen, .. } = &self.about.0;
        seen.set(SeenPolicy::default());
        let Some((policy, document)) = self.live(reader).await? else { return Ok(None) };
        let ownership = owner.of(&policy.tags);
        if !is_wanted && ownership != Ownership::Ours {
            return Ok(None);
        }
        let interim =
            if *is_wanted { self.interim(reader, &document).await? } else { Interim::default() };
        let tags = owner.comparable(&policy.tags, &self.tags);
        seen.set(SeenPolicy { there: Some((ownership, policy.tags)), interim });
        let state = Self { document, tags, ..self.clone() };
        Ok(Some(Found { state, output: self.output(false) }))
    }

    fn check_changes(&self, change: &Change<'_, Self>) -> Result<(), TaskError> {
        let About { owner, quotas, role, seen, .. } = &self.about.0;
        let (name, arn, SeenPolicy { there, interim }) = (&self.name, self.arn(), seen.get());
        check_name("policy", name, POLICY_NAME)?;
        if let (Change::Update { .. }, Some((ownership, _))) = (change, &there) {
            owner.check(ownership, arn)?;
            if *ownership == Ownership::Nobody {
                note(format!("{arn} exists and its tags name no owner: it is taken over"));
            }
        }
        if let Some(document) = self.document.document() {
            let doing = || format!("put managed policy {name}");
            document.check(DocumentUse::Permissions).map_err(|error| error.while_doing(doing()))?;
            quotas.check_managed(name, document).map_err(|over| {
                over.while_doing(doing()).hint("say less, or have AWS raise the quota")
            })?;
        }
        tell_lacking(&format!("role {role}"), &interim.lacking);
        check_tags(&self.tags, &there.map(|(_, tags)| tags).unwrap_or_default())
    }

    async fn render(
        &self,
        writer: &Writer<Self>,
        change: Change<'_, Self>,
    ) -> Result<ManagedPolicyOutput, TaskError> {
        match change {
            Change::Create => self.create(writer).await,
            Change::Update { changes, strays, .. } => {
                let goes = strays.iter().any(|stray| is_interim_of(stray, &self.name));
                let interim = self.about.0.seen.get().interim.document.filter(|_| goes);
                self.update(writer, changes, interim.as_ref()).await?;
                Ok(self.output(false))
            }
        }
    }

    async fn strays(
        &self,
        _: &Reader<Self>,
        _: Option<&Found<Self>>,
    ) -> Result<Vec<Stray>, TaskError> {
        let interim = self.about.0.seen.get().interim.document;
        let stray = |interim| interim_stray(Self::KIND, &self.name, &interim);
        Ok(interim.map(stray).into_iter().collect())
    }

    async fn delete(&self, writer: &Writer<Self>, stray: &Stray) -> Result<(), TaskError> {
        if stray.kind != Self::KIND {
            return Err(strays::unknown(stray));
        }
        if is_interim_of(stray, &self.name) {
            return self.put_in_force(writer, &self.document.compact()).await;
        }
        if stray.name != self.name || self.about.0.is_wanted {
            return Err(strays::unknown(stray));
        }
        Self::delete_with_versions(writer, self.arn()).await
    }
}

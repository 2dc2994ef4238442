//! Inline policies of roles.

use cloudup_engine::{Change, Diff, ErrorKind, Found, Reader, Ref, Stray, Task, TaskError, Writer};

use super::{
    IamRole, Owner, RoleDocuments,
    documents::{Place, interim_stray, is_interim_of, tell_lacking},
    kind,
    limits::{POLICY_NAME, check_name},
    owner::Ownership,
    strays,
};
use crate::{
    aside::{Aside, Seen},
    cloud::{Aws, CloudError, CloudReader, iam::Quotas},
    policy::{AnyDocument, Document, DocumentUse, Interim},
    trouble::{deleted, write_error},
};

/// An inline policy of a role.
///
/// It belongs to the role: no document means that there is to be none, and one that is there is a
/// stray. Other inline policies of the role are left alone.
#[derive(Clone, Debug, Diff)]
pub struct IamRolePolicy {
    #[diff(skip)]
    name: String,
    /// What the role may do.
    document: Option<AnyDocument>,
    #[diff(skip)]
    about: Aside<About>,
}

#[derive(Clone, Debug)]
struct About {
    role: String,
    made_by: Option<Ref<IamRole>>,
    owner: Owner,
    quotas: Quotas,
    documents: RoleDocuments,
    seen: Seen<SeenBeside>,
}

#[derive(Clone, Debug, Default)]
struct SeenBeside {
    /// Inline policies of the role that nobody here asked for, which take room all the same.
    foreign: Vec<(String, Document)>,
    /// What to write first.
    interim: Interim,
}

impl IamRolePolicy {
    /// The inline policy `name` of `role`, which belongs to `owner`. No document, or one without
    /// statements, means that there is to be no such policy.
    pub fn new(
        name: impl Into<String>,
        role: impl Into<String>,
        owner: Owner,
        document: Option<Document>,
    ) -> Self {
        Self {
            name: name.into(),
            document: document
                .filter(|document| !document.statements.is_empty())
                .map(AnyDocument::from),
            about: Aside(About {
                role: role.into(),
                made_by: None,
                owner,
                quotas: Quotas::default(),
                documents: RoleDocuments::default(),
                seen: Seen::default(),
            }),
        }
    }

    /// The task that makes the role: if this run creates it, IAM may not find it everywhere at
    /// once, which passes. It does not order the two: add this task `after` that one.
    #[must_use]
    pub fn made_by(mut self, role: &Ref<IamRole>) -> Self {
        self.about.0.made_by = Some(role.clone());
        self
    }

    /// The documents of the role, this one among them: they share its room, and what moves from one
    /// to another is never missing.
    #[must_use]
    pub fn among(mut self, documents: RoleDocuments) -> Self {
        self.about.0.documents = documents;
        self
    }

    /// Checks against these limits of the account instead of AWS's defaults.
    #[must_use]
    pub fn within(mut self, quotas: Quotas) -> Self {
        self.about.0.quotas = quotas;
        self
    }

    fn role(&self) -> &str {
        &self.about.0.role
    }

    async fn live(&self, reader: &dyn CloudReader) -> Result<Option<AnyDocument>, TaskError> {
        let (name, role) = (&self.name, self.role());
        let wire = CloudError::absent(reader.iam().get_role_policy(role, name).await).map_err(
            |error| error.while_doing(format!("look for inline policy {name} of role {role}")),
        )?;
        let what = format!("inline policy {name} of role {role}");
        Ok(wire.map(|wire| AnyDocument::found(&wire, &what)))
    }

    /// The role's inline policies that nobody here asked for.
    async fn look_beside(
        &self,
        reader: &dyn CloudReader,
    ) -> Result<Vec<(String, Document)>, CloudError> {
        let About { role, documents, .. } = &self.about.0;
        let mut foreign = Vec::new();
        for policy in strays::inline_policies(reader, role).await? {
            if policy == self.name || documents.has_inline(&policy) {
                continue;
            }
            if let Ok(document) = reader.iam().get_role_policy(role, &policy).await?.parse() {
                foreign.push((policy, document));
            }
        }
        Ok(foreign)
    }

    fn check_room(&self, document: &Document) -> Result<(), TaskError> {
        let About { role, quotas, documents, seen, .. } = &self.about.0;
        let foreign = seen.get().foreign;
        let foreign = foreign.iter().map(|(name, other)| (name.as_str(), other));
        let own = [(self.name.as_str(), document)];
        let all = own.into_iter().chain(documents.inline_beside(&self.name)).chain(foreign);
        quotas.check_inline(role, all).map_err(|over| {
            over.while_doing(format!("put inline policy {}", self.name))
                .hint("say less, move a part into a managed policy, or have AWS raise the quota")
        })
    }

    /// What to write first, where `live` is there.
    async fn interim(
        &self,
        reader: &dyn CloudReader,
        live: Option<&Document>,
        foreign: &[(String, Document)],
    ) -> Result<Interim, TaskError> {
        let About { role, documents, quotas, .. } = &self.about.0;
        let Some(wanted) = self.document.as_ref().and_then(AnyDocument::document) else {
            return Ok(Interim::default());
        };
        if live == Some(wanted) {
            return Ok(Interim::default());
        }
        let place = Place::Inline(self.name.clone());
        let later = documents.later(reader, role, &place).await?;
        let taken: usize = foreign.iter().map(|(_, document)| document.size()).sum();
        let limit = quotas.role_policy_size.saturating_sub(taken);
        Ok(documents.interim(&place, (live, wanted), &later, limit))
    }

    async fn put(&self, writer: &Writer<Self>, document: &AnyDocument) -> Result<(), TaskError> {
        let (name, role) = (&self.name, self.role());
        let result = writer.iam().put_role_policy(role, name, &document.compact()).await;
        let Err(error) = result else { return Ok(()) };
        let exists = error.is_not_found()
            && role_exists(writer.reader(), self.about.0.made_by.as_ref(), role).await;
        Err(write_error(error, exists, format!("put inline policy {name} of role {role}")))
    }
}

/// Whether a role is there although a write did not find it: this run has just made it, or
/// reads see it already.
pub(super) async fn role_exists(
    reader: &dyn CloudReader,
    made_by: Option<&Ref<IamRole>>,
    role: &str,
) -> bool {
    let is_new = made_by.and_then(Ref::output).is_some_and(|role| role.is_new);
    is_new || reader.iam().get_role(role).await.is_ok()
}

impl Task for IamRolePolicy {
    const KIND: &'static str = kind::ROLE_POLICY;
    type Provider = Aws;
    type Output = ();

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, reader: &Reader<Self>) -> Result<Option<Found<Self>>, TaskError> {
        let found = |document| Found { state: Self { document, ..self.clone() }, output: () };
        if self.document.is_none() {
            // As it should be; what is there is a stray.
            return Ok(Some(found(None)));
        }
        let live = self.live(reader).await?;
        let foreign = match self.look_beside(reader).await {
            // A budget that cannot be read is left to IAM to keep.
            Err(error) if matches!(error.kind(), ErrorKind::Denied | ErrorKind::NotFound) => {
                Vec::new()
            }
            result => result.map_err(|error| {
                error.while_doing(format!("list the inline policies of role {}", self.role()))
            })?,
        };
        let document = live.as_ref().and_then(AnyDocument::document);
        let interim = self.interim(reader, document, &foreign).await?;
        self.about.0.seen.set(SeenBeside { foreign, interim });
        Ok(live.map(|document| found(Some(document))))
    }

    fn check_changes(&self, _: &Change<'_, Self>) -> Result<(), TaskError> {
        check_name("policy", &self.name, POLICY_NAME)?;
        let Some(document) = self.document.as_ref().and_then(AnyDocument::document) else {
            return Ok(());
        };
        document
            .check(DocumentUse::Permissions)
            .map_err(|error| error.while_doing(format!("put inline policy {}", self.name)))?;
        tell_lacking(&format!("role {}", self.role()), &self.about.0.seen.get().interim.lacking);
        self.check_room(document)
    }

    async fn render(
        &self,
        writer: &Writer<Self>,
        change: Change<'_, Self>,
    ) -> Result<(), TaskError> {
        let interim = self.about.0.seen.get().interim.document.filter(|_| match change {
            Change::Create => true,
            Change::Update { strays, .. } => {
                strays.iter().any(|one| is_interim_of(one, &self.name))
            }
        });
        match interim.map(AnyDocument::from).as_ref().or(self.document.as_ref()) {
            Some(document) => self.put(writer, document).await,
            None => Ok(()),
        }
    }

    async fn strays(
        &self,
        reader: &Reader<Self>,
        _: Option<&Found<Self>>,
    ) -> Result<Vec<Stray>, TaskError> {
        if self.document.is_some() {
            let interim = self.about.0.seen.get().interim.document;
            let stray = |interim| interim_stray(Self::KIND, &self.name, &interim);
            return Ok(interim.map(stray).into_iter().collect());
        }
        let Some(document) = self.live(reader).await? else { return Ok(Vec::new()) };
        let is_ours = may_change(reader, &self.about.0.owner, self.role()).await?;
        let stray = strays::inline_policy(self.name.clone(), &document);
        Ok(if is_ours { vec![stray] } else { Vec::new() })
    }

    async fn delete(&self, writer: &Writer<Self>, stray: &Stray) -> Result<(), TaskError> {
        if let Some(document) = self.document.as_ref().filter(|_| is_interim_of(stray, &self.name))
        {
            return self.put(writer, document).await;
        }
        let (name, role) = (&self.name, self.role());
        let result = writer.iam().delete_role_policy(role, name).await;
        deleted(result, format!("delete inline policy {name} of role {role}"))
    }
}

/// Whether what a role has may be taken from it: it is ours, or nobody's and about to be ours.
pub(super) async fn may_change(
    reader: &dyn CloudReader,
    owner: &Owner,
    role: &str,
) -> Result<bool, TaskError> {
    let role = CloudError::absent(reader.iam().get_role(role).await)
        .map_err(|error| error.while_doing(format!("look whose role {role} is")))?;
    Ok(role.is_some_and(|role| matches!(owner.of(&role.tags), Ownership::Ours | Ownership::Nobody)))
}

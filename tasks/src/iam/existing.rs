//! Instance profiles that somebody else keeps: looked at, compared, never changed.

use std::collections::{BTreeMap, BTreeSet};

use cloudup_engine::{Change, Diff, ErrorKind, Found, Reader, Task, TaskError, Writer, note};

use super::{
    InstanceProfileOutput, kind,
    strays::{attached_policies, inline_policies},
};
use crate::{
    aside::Aside,
    cloud::{Aws, CloudError, CloudReader},
    policy::{
        AccessDiff, AnyDocument, Choice, Condition, Document, Effect, Grant, Names, Statement,
        union,
    },
    trouble::invalid,
};

/// An instance profile that a manifest names and somebody else keeps. It must be there.
#[derive(Clone, Debug, Diff)]
pub struct ExistingInstanceProfile {
    /// Its name.
    name: String,
    #[diff(skip)]
    users: Aside<Vec<String>>,
}

impl ExistingInstanceProfile {
    /// The profile `name`, which these instance groups name.
    pub fn new(
        name: impl Into<String>,
        groups: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self { name: name.into(), users: Aside(groups.into_iter().map(Into::into).collect()) }
    }
}

impl Task for ExistingInstanceProfile {
    const KIND: &'static str = kind::INSTANCE_PROFILE;
    type Provider = Aws;
    type Output = InstanceProfileOutput;

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, reader: &Reader<Self>) -> Result<Option<Found<Self>>, TaskError> {
        let profile = CloudError::absent(reader.iam().get_instance_profile(&self.name).await)
            .map_err(|error| {
                error.while_doing(format!("look for instance profile {}", self.name))
            })?;
        Ok(profile.map(|profile| Found {
            state: self.clone(),
            output: InstanceProfileOutput::of(profile, false),
        }))
    }

    fn check_changes(&self, _: &Change<'_, Self>) -> Result<(), TaskError> {
        let Self { name, users } = self;
        let users = users.0.join(", ");
        Err(TaskError::new(
            ErrorKind::NotFound,
            format!("find instance profile {name}, which is named by instance groups {users}"),
        )
        .hint("create it, correct its name, or leave it out to have one made"))
    }

    async fn render(
        &self,
        _: &Writer<Self>,
        change: Change<'_, Self>,
    ) -> Result<InstanceProfileOutput, TaskError> {
        self.check_changes(&change)?;
        Err(not_ours(&self.name))
    }
}

/// What the role of an existing instance profile may do, compared with what is needed.
///
/// Everything that its inline and attached managed policies grant counts, wherever it stands; what
/// they grant beyond what is needed is no difference.
#[derive(Clone, Debug, Diff)]
pub struct ExistingRolePolicy {
    #[diff(skip)]
    profile: String,
    /// What is needed; in what is found, the part of it that is granted.
    document: AnyDocument,
}

impl ExistingRolePolicy {
    /// What `document` grants is needed by those who use the instance profile `profile`.
    pub fn new(profile: impl Into<String>, document: Document) -> Self {
        Self { profile: profile.into(), document: document.into() }
    }

    async fn granted(
        &self,
        reader: &dyn CloudReader,
        role: &str,
    ) -> Result<AnyDocument, TaskError> {
        let Some(document) = self.document.document() else { return Ok(self.document.clone()) };
        let live = match live_documents(reader, role).await {
            Ok(live) => live,
            // Whoever keeps the role may also keep us from reading it: worth a warning, no more.
            Err(error) if error.kind() == ErrorKind::Denied => {
                return Ok(AnyDocument::Other(format!("(may not be read: {error})")));
            }
            Err(error) => {
                return Err(error.while_doing(format!("read the policies of role {role}")));
            }
        };
        let live = union(&live);
        let needed = document.grants();
        let missing = AccessDiff::of(&live, &needed).added().cloned().collect::<BTreeSet<_>>();
        if missing.is_empty() {
            return Ok(self.document.clone());
        }
        Ok(document_of(needed.difference(&missing)).into())
    }
}

impl Task for ExistingRolePolicy {
    const KIND: &'static str = kind::ROLE_POLICY;
    type Provider = Aws;
    type Output = ();

    fn name(&self) -> &str {
        &self.profile
    }

    async fn find(&self, reader: &Reader<Self>) -> Result<Option<Found<Self>>, TaskError> {
        let Some(role) = role_of(reader, &self.profile).await? else { return Ok(None) };
        let document = self.granted(reader, &role).await?;
        if document != self.document {
            note(format!("instance profile {} holds role {role}", self.profile));
        }
        Ok(Some(Found { state: Self { document, ..self.clone() }, output: () }))
    }

    fn check_changes(&self, _: &Change<'_, Self>) -> Result<(), TaskError> {
        Err(not_ours(&self.profile))
    }

    async fn render(&self, _: &Writer<Self>, _: Change<'_, Self>) -> Result<(), TaskError> {
        Err(not_ours(&self.profile))
    }
}

/// The managed policies that must be attached to the role of an existing instance profile. Others
/// may be attached beside them.
#[derive(Clone, Debug, Diff)]
pub struct ExistingRolePolicyAttachment {
    #[diff(skip)]
    profile: String,
    /// The ARNs of the policies; in what is found, those of them that are attached.
    policies: BTreeSet<String>,
}

impl ExistingRolePolicyAttachment {
    /// These managed policies, by ARN, are needed by those who use the instance profile `profile`.
    pub fn new(
        profile: impl Into<String>,
        policies: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self { profile: profile.into(), policies: policies.into_iter().map(Into::into).collect() }
    }
}

impl Task for ExistingRolePolicyAttachment {
    const KIND: &'static str = kind::ROLE_POLICY_ATTACHMENT;
    const FOLLOWS: Option<&'static str> = Some(kind::ROLE_POLICY);
    type Provider = Aws;
    type Output = ();

    fn name(&self) -> &str {
        &self.profile
    }

    async fn find(&self, reader: &Reader<Self>) -> Result<Option<Found<Self>>, TaskError> {
        let Some(role) = role_of(reader, &self.profile).await? else { return Ok(None) };
        let attached = match attached_policies(reader, &role).await {
            // Whoever keeps the role may also keep us from reading it: worth a warning, no more.
            Err(error) if error.kind() == ErrorKind::Denied => {
                note(format!("what is attached to role {role} may not be listed: {error}"));
                Vec::new()
            }
            result => result.map_err(|error| {
                error.while_doing(format!("list the policies attached to role {role}"))
            })?,
        };
        let policies = attached
            .into_iter()
            .map(|policy| policy.arn)
            .filter(|arn| self.policies.contains(arn))
            .collect();
        Ok(Some(Found { state: Self { policies, ..self.clone() }, output: () }))
    }

    fn check_changes(&self, _: &Change<'_, Self>) -> Result<(), TaskError> {
        Err(not_ours(&self.profile))
    }

    async fn render(&self, _: &Writer<Self>, _: Change<'_, Self>) -> Result<(), TaskError> {
        Err(not_ours(&self.profile))
    }
}

fn not_ours(profile: &str) -> TaskError {
    invalid(format!("change the role in instance profile {profile}: it is kept by somebody else"))
        .hint("have it changed there, or choose lifecycle ExistsAndWarnIfChanges")
}

/// The name of the role in a profile.
async fn role_of(reader: &dyn CloudReader, profile: &str) -> Result<Option<String>, TaskError> {
    let found = CloudError::absent(reader.iam().get_instance_profile(profile).await)
        .map_err(|error| error.while_doing(format!("look into instance profile {profile}")))?;
    let Some(found) = found else { return Ok(None) };
    if found.roles.is_empty() {
        note(format!("instance profile {profile} holds no role"));
    }
    Ok(found.roles.into_iter().next())
}

/// Every document that says what a role may do. One that is no document grants nothing.
async fn live_documents(reader: &dyn CloudReader, role: &str) -> Result<Vec<Document>, CloudError> {
    let iam = reader.iam();
    let mut texts = Vec::new();
    for policy in inline_policies(reader, role).await? {
        let wire = iam.get_role_policy(role, &policy).await?;
        texts.push(AnyDocument::found(&wire, &format!("inline policy {policy} of role {role}")));
    }
    for policy in attached_policies(reader, role).await? {
        let version = iam.get_policy(&policy.arn).await?.default_version_id;
        let wire = iam.get_policy_version(&policy.arn, &version).await?;
        texts.push(AnyDocument::found(&wire, &policy.arn));
    }
    Ok(texts.iter().filter_map(AnyDocument::document).cloned().collect())
}

/// A document that comes to these grants of what a role may do.
fn document_of<'g>(grants: impl IntoIterator<Item = &'g Grant>) -> Document {
    let mut statements: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    let mut all_but = Vec::new();
    for Grant { effect, principal: _, action, resource, condition } in grants {
        let key = (*effect, resource.clone(), condition.clone());
        match action {
            Names::Only(action) => {
                statements.entry(key).or_default().insert(action.0.clone());
            }
            Names::AllBut(actions) => {
                let actions = actions.iter().map(|action| action.0.clone()).collect();
                all_but.push((key, Choice::AllBut(actions)));
            }
        }
    }
    let only = statements.into_iter().map(|(key, actions)| (key, Choice::Only(actions.into())));
    Document::new(only.chain(all_but).map(|((effect, resource, condition), action)| {
        statement(effect, action, resource, condition)
    }))
}

fn statement(
    effect: Effect,
    action: Choice<crate::policy::Values>,
    resource: Option<Names<String>>,
    condition: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
) -> Statement {
    let values = |keys: BTreeMap<String, BTreeSet<String>>| {
        keys.into_iter().map(|(key, values)| (key, values.into())).collect()
    };
    Statement {
        sid: None,
        effect,
        principal: None,
        action,
        resource: resource.map(|resource| match resource {
            Names::Only(resource) => Choice::Only(resource.into()),
            Names::AllBut(resources) => Choice::AllBut(resources.into()),
        }),
        condition: condition
            .into_iter()
            .map(|(operator, keys)| (operator, values(keys)))
            .collect::<Condition>(),
    }
}

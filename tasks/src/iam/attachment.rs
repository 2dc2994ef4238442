//! The managed policies that are attached to a role.

use std::collections::{BTreeMap, BTreeSet};

use cloudup_engine::{
    Change, Diff, ErrorKind, Found, Reader, Ref, Stray, Task, TaskError, Writer, note,
};

use super::{
    IamManagedPolicy, IamRole, Owner, kind,
    limits::{ROLE_NAME, check_name},
    owner::Ownership,
    role_policy::{may_change, role_exists},
    strays::{self, attached_policies},
};
use crate::{
    arn::{IamKind, iam_arn},
    aside::{Aside, Seen},
    cloud::{Aws, CloudError, CloudReader, iam::Quotas},
    trouble::{deleted, is_full, write_error},
};

/// The managed policies that are attached to one role: all of them, or the cluster's [own](Self::own) alone.
///
/// Policies that are attached and not listed are strays, one each: they are detached after the
/// listed ones have been attached, so that there is no moment without a policy that was there
/// before and will be there after. Only where the role has no room left is one of them detached
/// first, right before the one that takes its place is attached: one of others, if there is one.
///
/// Add it only for roles whose attachments are to be governed.
#[derive(Clone, Debug, Diff)]
pub struct IamRolePolicyAttachment {
    #[diff(skip)]
    role: String,
    /// The ARNs of the policies that are to be attached; in what is found, those of them that are.
    policies: BTreeSet<String>,
    #[diff(skip)]
    about: Aside<About>,
}

#[derive(Clone, Debug)]
struct About {
    made_by: Option<Ref<IamRole>>,
    owner: Owner,
    quotas: Quotas,
    /// What the ARNs of managed policies of the cluster's own start with.
    own_prefix: Option<String>,
    /// Whether policies that are not the cluster's own are left alone.
    leaves_others: bool,
    /// The tasks that make policies of the cluster's own.
    made: BTreeMap<String, Ref<IamManagedPolicy>>,
    seen: Seen<SeenPolicies>,
}

#[derive(Clone, Debug, Default)]
struct SeenPolicies {
    /// All that are attached.
    attached: BTreeSet<String>,
    /// Those to be attached that do not exist.
    missing: BTreeSet<String>,
}

impl IamRolePolicyAttachment {
    /// Has exactly these managed policies, by ARN, attached to `role`, which belongs to `owner`.
    pub fn new(
        role: impl Into<String>,
        owner: Owner,
        policies: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self {
            role: role.into(),
            policies: policies.into_iter().map(Into::into).collect(),
            about: Aside(About {
                made_by: None,
                owner,
                quotas: Quotas::default(),
                own_prefix: None,
                leaves_others: false,
                made: BTreeMap::new(),
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

    /// Checks against these limits of the account instead of AWS's defaults.
    #[must_use]
    pub fn within(mut self, quotas: Quotas) -> Self {
        self.about.0.quotas = quotas;
        self
    }

    /// The managed policies of the cluster's own: what their ARNs start with, and those of them that
    /// are to be attached, with the tasks that make them. It does not order them: add this task
    /// `after` those.
    #[must_use]
    pub fn own<'r>(
        mut self,
        prefix: impl Into<String>,
        policies: impl IntoIterator<Item = (String, &'r Ref<IamManagedPolicy>)>,
    ) -> Self {
        self.about.0.own_prefix = Some(prefix.into());
        for (arn, made) in policies {
            self.policies.insert(arn.clone());
            self.about.0.made.insert(arn, made.clone());
        }
        self
    }

    /// Leaves alone what is attached and not the cluster's [own](Self::own).
    #[must_use]
    pub fn leaving_others(mut self) -> Self {
        self.about.0.leaves_others = true;
        self
    }

    fn is_own(&self, arn: &str) -> bool {
        self.about.0.own_prefix.as_ref().is_some_and(|prefix| arn.starts_with(prefix.as_str()))
    }

    /// Whether a policy that is attached and not listed may be detached: where others are left
    /// alone, only if it is the cluster's own, by its tags too.
    async fn may_go(&self, reader: &dyn CloudReader, arn: &str) -> Result<bool, TaskError> {
        let About { owner, leaves_others, .. } = &self.about.0;
        if !leaves_others {
            return Ok(true);
        }
        if !self.is_own(arn) {
            return Ok(false);
        }
        let policy = CloudError::absent(reader.iam().get_policy(arn).await)
            .map_err(|error| error.while_doing(format!("look whose {arn} is")))?;
        Ok(policy.is_some_and(|policy| owner.of(&policy.tags) == Ownership::Ours))
    }

    /// All that are attached, or none if there is no role.
    async fn attached(
        &self,
        reader: &dyn CloudReader,
    ) -> Result<Option<BTreeSet<String>>, TaskError> {
        let attached =
            CloudError::absent(attached_policies(reader, &self.role).await).map_err(|error| {
                error.while_doing(format!("list the policies attached to role {}", self.role))
            })?;
        Ok(attached.map(|policies| policies.into_iter().map(|policy| policy.arn).collect()))
    }

    /// Those to be attached that do not exist, as far as we may know.
    async fn missing(
        &self,
        reader: &dyn CloudReader,
        attached: &BTreeSet<String>,
    ) -> BTreeSet<String> {
        let mut missing = BTreeSet::new();
        let made = &self.about.0.made;
        for arn in self.policies.difference(attached).filter(|arn| !made.contains_key(*arn)) {
            if let Err(error) = reader.iam().get_policy(arn).await
                && error.is_not_found()
            {
                missing.insert(arn.clone());
            }
        }
        missing
    }

    fn check_room(&self, going: usize) -> Result<(), TaskError> {
        let About { quotas, seen, .. } = &self.about.0;
        let SeenPolicies { attached, .. } = seen.get();
        let wanted = attached.union(&self.policies).count().saturating_sub(going);
        quotas.check_attachments(&self.role, wanted).map_err(|over| {
            let kept: Vec<_> = attached.difference(&self.policies).cloned().collect();

            let hint = if self.policies.len() > quotas.attached_policies_per_role || kept.is_empty()
            {
                "list fewer policies, put several into one, or have AWS raise the quota".to_owned()
            } else {
                format!("let go of what is attached and not listed: {}", kept.join(", "))
            };
            over.while_doing(format!("attach policies to role {}", self.role)).hint(hint)
        })
    }

    async fn attach_all(&self, writer: &Writer<Self>, strays: &[Stray]) -> Result<(), TaskError> {
        let About { quotas, seen, .. } = &self.about.0;
        let mut attached = seen.get().attached;
        let mut releasable: Vec<String> = strays
            .iter()
            .filter_map(strays::attached_arn)
            .filter(|arn| attached.contains(*arn))
            .map(str::to_owned)
            .collect();
        // Taken from the end: those of others first.
        releasable.reverse();
        releasable.sort_by_key(|arn| !self.is_own(arn));
        let wanted: Vec<_> = self.policies.difference(&attached).cloned().collect();
        for arn in wanted {
            if attached.len() >= quotas.attached_policies_per_role
                && let Some(old) = releasable.pop()
            {
                self.make_room(writer, &old, &arn).await?;
                attached.remove(&old);
            }
            // The account's quota may be lower than we were told.
            while let Err(error) = writer.iam().attach_role_policy(&self.role, &arn).await {
                match releasable.pop() {
                    Some(old) if is_full(&error) => {
                        self.make_room(writer, &old, &arn).await?;
                        attached.remove(&old);
                    }
                    _ => return Err(self.attach_error(writer.reader(), error, &arn).await),
                }
            }
            attached.insert(arn);
        }
        Ok(())
    }

    async fn make_room(
        &self,
        writer: &Writer<Self>,
        old: &str,
        new: &str,
    ) -> Result<(), TaskError> {
        let role = &self.role;
        note(format!(
            "role {role} had no room left: {old} was detached right before {new} was attached"
        ));
        let result = writer.iam().detach_role_policy(role, old).await;
        deleted(result, format!("detach {old} from role {role} to make room for {new}"))
    }

    /// IAM does not say which of the two it did not find, the role or the policy.
    async fn attach_error(
        &self,
        reader: &dyn CloudReader,
        error: CloudError,
        arn: &str,
    ) -> TaskError {
        let role = &self.role;
        let doing = format!("attach {arn} to role {role}");
        if !error.is_not_found() {
            return error.while_doing(doing);
        }
        let made = self.about.0.made.get(arn).and_then(Ref::output);
        if made.is_some_and(|policy| policy.is_new) {
            return write_error(error, true, doing);
        }
        if reader.iam().get_policy(arn).await.is_err_and(|error| error.is_not_found()) {
            return no_such_policy(role, arn).because(error);
        }
        let exists = role_exists(reader, self.about.0.made_by.as_ref(), role).await;
        write_error(error, exists, doing)
    }
}

pub(super) fn no_such_policy(role: &str, arn: &str) -> TaskError {
    TaskError::new(
        ErrorKind::NotFound,
        format!("attach {arn} to role {role}: there is no such policy"),
    )
    .hint("create the policy first, or correct its ARN")
}

impl Task for IamRolePolicyAttachment {
    const KIND: &'static str = kind::ROLE_POLICY_ATTACHMENT;
    const FOLLOWS: Option<&'static str> = Some(kind::ROLE_POLICY);
    type Provider = Aws;
    type Output = ();

    fn name(&self) -> &str {
        &self.role
    }

    async fn find(&self, reader: &Reader<Self>) -> Result<Option<Found<Self>>, TaskError> {
        let attached = self.attached(reader).await?;
        let attached = attached.unwrap_or_default();
        // A role without attachments is no different from no role: so the plan, which may see the
        // role missing, says the same as the apply, which sees it new.
        let is_there = !attached.is_empty() || self.policies.is_empty();
        let missing = self.missing(reader, &attached).await;
        let policies = self.policies.intersection(&attached).cloned().collect();
        self.about.0.seen.set(SeenPolicies { attached, missing });
        let found = || Found { state: Self { policies, ..self.clone() }, output: () };
        Ok(is_there.then(found))
    }

    fn check_changes(&self, change: &Change<'_, Self>) -> Result<(), TaskError> {
        check_name("role", &self.role, ROLE_NAME)?;
        for arn in &self.policies {
            iam_arn(arn, IamKind::Policy).map_err(|error| {
                error.while_doing(format!("attach a policy to role {}", self.role))
            })?;
        }
        if let Some(arn) = self.about.0.seen.get().missing.first() {
            return Err(no_such_policy(&self.role, arn));
        }
        self.check_room(match change {
            Change::Create => 0,
            Change::Update { strays, .. } => strays.len(),
        })
    }

    async fn render(
        &self,
        writer: &Writer<Self>,
        change: Change<'_, Self>,
    ) -> Result<(), TaskError> {
        match change {
            Change::Create => self.attach_all(writer, &[]).await,
            Change::Update { strays, .. } => self.attach_all(writer, strays).await,
        }
    }

    async fn strays(
        &self,
        reader: &Reader<Self>,
        _: Option<&Found<Self>>,
    ) -> Result<Vec<Stray>, TaskError> {
        let attached = self.attached(reader).await?.unwrap_or_default();
        let mut surplus = Vec::new();
        for arn in attached.difference(&self.policies) {
            if self.may_go(reader, arn).await? {
                surplus.push(strays::attachment(&self.role, arn));
            }
        }
        if surplus.is_empty() || !may_change(reader, &self.about.0.owner, &self.role).await? {
            return Ok(Vec::new());
        }
        Ok(surplus)
    }

    async fn delete(&self, writer: &Writer<Self>, stray: &Stray) -> Result<(), TaskError> {
        let result = strays::delete(writer, stray).await;
        result.unwrap_or_else(|| Err(strays::unknown(stray)))
    }
}

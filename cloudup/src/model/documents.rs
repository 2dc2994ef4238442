//! What a role may do: its documents, one after another, and the managed policies attached to it.

use std::collections::BTreeSet;

use cloudup_engine::{Adder, Ref, TaskId};
use cloudup_tasks::{
    arn::policy_arn,
    cloud::Aws,
    iam::{IamManagedPolicy, IamRole, IamRolePolicy, IamRolePolicyAttachment, RoleDocuments},
};

use super::Blueprint;
use crate::names;

/// A role, as far as its documents depend on it.
pub(super) struct RoleOf<'a> {
    pub(super) name: &'a str,
    pub(super) made_by: &'a Ref<IamRole>,
    /// The managed policies of others that are to be attached, if the manifest says.
    pub(super) attached: Option<BTreeSet<String>>,
    /// Whether the manifest may add an inline policy to its own.
    pub(super) has_additional: bool,
}

/// Adds the documents of a role, and its attachments, where something governs them. The tasks after
/// which it may do what it is to do.
///
/// What moves from one document to another is never missing: managed policies are written first,
/// then attached; then inline policies are written, and after that goes what is not wanted any
/// more, in reverse.
pub(super) fn add(
    blueprint: &Blueprint,
    tasks: &mut Adder<'_, Aws>,
    role: RoleOf<'_>,
) -> Vec<TaskId> {
    let RoleOf { name, made_by, attached, has_additional } = role;
    let quotas = blueprint.environment.quotas;
    let owner = || blueprint.owner();
    let fitted = &blueprint.fitted[name];
    let documents = blueprint.documents(name);

    let managed: Vec<_> = fitted
        .managed
        .iter()
        .enumerate()
        .map(|(index, document)| {
            let policy = names::overflow_policy(name, index + 1);
            let account = blueprint.account();
            let policy = IamManagedPolicy::new(
                policy,
                blueprint.policy_path(),
                account,
                owner(),
                document.clone(),
            );
            let labels = blueprint.cluster.spec.cloud_labels.clone();
            tasks.add(policy.tagged(labels).among(name, documents.clone()).within(quotas))
        })
        .collect();
    let leftovers = add_leftovers(blueprint, tasks, name);

    let mut of_role = tasks.after(made_by);
    let mut inline = |policy: String, document| {
        let policy = IamRolePolicy::new(policy, name, owner(), document)
            .made_by(made_by)
            .among(documents.clone())
            .within(quotas);
        of_role.add(policy).id().clone()
    };
    // The role's own policy has its name.
    let mut inline_ids = vec![inline(name.to_owned(), fitted.own.clone())];
    if has_additional {
        inline_ids.push(inline(names::additional_policy(name), fitted.additional.clone()));
    }
    let mut ready = inline_ids.clone();

    let overflows = !managed.is_empty() || !leftovers.is_empty();
    let mut order: Vec<_> = managed.iter().map(|policy| policy.id().clone()).collect();
    if attached.is_some() || overflows {
        let prefix =
            policy_arn(blueprint.account().0, blueprint.account().1, &blueprint.policy_path(), "");
        let arns = attached.iter().flatten();
        let made = managed
            .iter()
            .zip(1..)
            .map(|(made, number)| (blueprint.overflow_arn(name, number), made));
        let mut attachment = IamRolePolicyAttachment::new(name, owner(), arns)
            .made_by(made_by)
            .own(prefix, made)
            .within(quotas);
        if attached.is_none() {
            attachment = attachment.leaving_others();
        }
        let attachment = of_role.add(attachment).id().clone();
        ready.push(attachment.clone());
        if overflows {
            for leftover in leftovers {
                tasks.order(leftover, attachment.clone());
            }
            order.push(attachment);
        }
    }
    // As in `Blueprint::documents`: what is not wanted any more is last.
    if fitted.own.is_none() {
        inline_ids.reverse();
    }
    order.extend(inline_ids);
    for pair in order.windows(2) {
        tasks.order(pair[0].clone(), pair[1].clone());
    }
    ready
}

/// Adds the managed policies of the cluster's own that were for a role, and are not wanted any
/// more. What may still need them is to be ordered after them: then they go last.
pub(super) fn add_leftovers(
    blueprint: &Blueprint,
    tasks: &mut Adder<'_, Aws>,
    role: &str,
) -> Vec<TaskId> {
    let wanted = blueprint.fitted.get(role).map_or(0, |fitted| fitted.managed.len());
    let wanted: BTreeSet<_> =
        (1..=wanted).map(|number| names::overflow_policy(role, number)).collect();
    let of_role = blueprint
        .environment
        .own_policies
        .iter()
        .filter(|name| names::role_of_overflow_policy(name) == Some(role));
    let leftovers = of_role.filter(|name| !wanted.contains(*name));
    leftovers.map(|name| tasks.unwanted(blueprint.unwanted_policy(name)).id().clone()).collect()
}

impl Blueprint {
    /// The documents of a role of ours in the order in which they are written.
    pub(crate) fn documents(&self, role: &str) -> RoleDocuments {
        let Some(fitted) = self.fitted.get(role) else { return RoleDocuments::default() };
        let mut documents = RoleDocuments::default();
        for (document, number) in fitted.managed.iter().zip(1..) {
            documents = documents.managed(self.overflow_arn(role, number), document.clone());
        }
        let mut inline = vec![
            (role.to_owned(), fitted.own.clone()),
            (names::additional_policy(role), fitted.additional.clone()),
        ];
        if fitted.own.is_none() {
            inline.reverse();
        }
        for (name, document) in inline {
            documents = documents.inline(name, document);
        }
        documents
    }

    /// The ARN of a managed policy for what has no room inline, numbered from one.
    pub(crate) fn overflow_arn(&self, role: &str, number: usize) -> String {
        let (partition, account) = self.account();
        policy_arn(partition, account, &self.policy_path(), &names::overflow_policy(role, number))
    }

    pub(super) fn unwanted_policy(&self, name: &str) -> IamManagedPolicy {
        IamManagedPolicy::unwanted(name, self.policy_path(), self.account(), self.owner())
    }

    fn policy_path(&self) -> String {
        names::policy_path(self.cluster.name())
    }

    /// The partition and the account.
    fn account(&self) -> (&str, &str) {
        (&self.environment.partition, &self.environment.account)
    }
}

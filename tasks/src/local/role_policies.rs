//! What a role may do: its inline policies and the managed policies attached to it.

use super::{
    document,
    error::Refusal,
    grammar, managed,
    page::page,
    roles::encoded,
    state::{DocumentText, State},
};
use crate::cloud::{
    Page,
    iam::{AttachedPolicy, WireDocument},
};

impl State {
    pub(super) fn get_role_policy(
        &self,
        role: &str,
        policy: &str,
    ) -> Result<WireDocument, Refusal> {
        let document = self.role(role)?.inline_policies.get(policy);
        document.map(encoded).ok_or_else(|| no_inline_policy(policy))
    }

    pub(super) fn list_role_policies(
        &self,
        role: &str,
        marker: Option<&str>,
    ) -> Result<Page<String>, Refusal> {
        let role = self.role(role)?;
        let names = role.inline_policies.keys().map(|name| (name.clone(), name.clone()));
        page(&format!("policies of {}", role.id), names, marker, self.page_size)
    }

    pub(super) fn put_role_policy(
        &mut self,
        role: &str,
        policy: &str,
        text: &str,
    ) -> Result<(), Refusal> {
        let quota = self.quotas.role_policy_size;
        let role = self.role_mut(role)?;
        grammar::policy_name(policy)?;
        document::identity(text)?;
        let others = role.inline_policies.iter().filter(|(name, _)| *name != policy);
        let total: usize = others.map(|(_, DocumentText(text))| document::size(text)).sum();
        if total + document::size(text) > quota {
            return Err(Refusal::limit(format!(
                "Maximum policy size of {quota} bytes exceeded for role {}",
                role.name
            )));
        }
        role.inline_policies.insert(policy.into(), DocumentText(text.into()));
        Ok(())
    }

    pub(super) fn delete_role_policy(&mut self, role: &str, policy: &str) -> Result<(), Refusal> {
        let removed = self.role_mut(role)?.inline_policies.remove(policy);
        removed.map(drop).ok_or_else(|| no_inline_policy(policy))
    }

    pub(super) fn list_attached_role_policies(
        &self,
        role: &str,
        marker: Option<&str>,
    ) -> Result<Page<AttachedPolicy>, Refusal> {
        let role = self.role(role)?;
        let policies = role.attached_policies.iter().map(|arn| {
            let name = arn.rsplit('/').next().unwrap_or_default().to_owned();
            (format!("{name} {arn}"), AttachedPolicy { arn: arn.clone(), name })
        });
        page(&format!("attachments of {}", role.id), policies, marker, self.page_size)
    }

    pub(super) fn attach_role_policy(&mut self, role: &str, arn: &str) -> Result<(), Refusal> {
        self.role_mut(role)?;
        let message = format!("Policy {arn} does not exist or is not attachable.");
        managed::must_exist(self, arn, message)?;
        let quota = self.quotas.attached_policies_per_role;
        let role = self.role_mut(role)?;
        if !role.attached_policies.contains(arn) && role.attached_policies.len() >= quota {
            return Err(Refusal::limit(format!(
                "Cannot exceed quota for PoliciesPerRole: {quota}"
            )));
        }
        role.attached_policies.insert(arn.into());
        Ok(())
    }

    pub(super) fn detach_role_policy(&mut self, role: &str, arn: &str) -> Result<(), Refusal> {
        let role = self.role_mut(role)?;
        grammar::policy_arn(arn)?;
        if role.attached_policies.remove(arn) {
            return Ok(());
        }
        Err(Refusal::no_such_entity(format!("Policy {arn} was not found.")))
    }
}

fn no_inline_policy(policy: &str) -> Refusal {
    Refusal::no_such_entity(format!("The role policy with name {policy} cannot be found."))
}

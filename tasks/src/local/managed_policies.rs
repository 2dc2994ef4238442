//! Managed policies: those of the account may be made, changed and deleted.

use super::{
    document,
    error::Refusal,
    grammar, managed,
    page::page,
    roles::{encoded, overwrite, remove},
    state::{DocumentText, ManagedPolicy, State},
};
use crate::cloud::{
    Page,
    iam::{self, NewPolicy, PolicyVersion, Tags, WireDocument},
};

/// How many versions a policy may have.
const MOST_VERSIONS: usize = 5;

impl State {
    pub(super) fn get_policy(&self, arn: &str) -> Result<iam::ManagedPolicy, Refusal> {
        managed::must_exist(self, arn, not_found(arn))?;
        managed::find(self, arn).ok_or_else(|| Refusal::no_such_entity(not_found(arn)))
    }

    pub(super) fn get_policy_version(
        &self,
        arn: &str,
        version: &str,
    ) -> Result<WireDocument, Refusal> {
        managed::must_exist(self, arn, not_found(arn))?;
        let document = managed::version(self, arn, version);
        document.as_ref().map(encoded).ok_or_else(|| no_version(arn, version))
    }

    pub(super) fn list_policy_versions(
        &self,
        arn: &str,
        marker: Option<&str>,
    ) -> Result<Page<PolicyVersion>, Refusal> {
        let default = self.get_policy(arn)?.default_version_id;
        let own = self.managed_policies.iter().find(|policy| policy.arn == arn);
        let ids: Vec<_> = match own {
            Some(policy) => policy.versions.keys().cloned().collect(),
            None => vec![default.clone()],
        };
        let versions = ids.into_iter().map(|id| {
            let is_default = id == default;
            (id.clone(), PolicyVersion { id, is_default })
        });
        page(&format!("versions of {arn}"), versions, marker, self.page_size)
    }

    /// The account's own below a path, in order of name.
    pub(super) fn list_policies(
        &self,
        path_prefix: &str,
        marker: Option<&str>,
    ) -> Result<Page<iam::ManagedPolicy>, Refusal> {
        grammar::policy_path(path_prefix)?;
        let own = self.managed_policies.iter().filter(|policy| self.owns(&policy.arn));
        let found = own.filter_map(|policy| managed::find(self, &policy.arn));
        let below = found.filter(|policy| policy.path.starts_with(path_prefix));
        let policies = below.map(|policy| {
            let key = format!("{} {}", policy.name.to_lowercase(), policy.arn);
            (key, iam::ManagedPolicy { tags: Tags::new(), ..policy })
        });
        page(&format!("policies below {path_prefix}"), policies, marker, self.page_size)
    }

    pub(super) fn create_policy(
        &mut self,
        new: &NewPolicy<'_>,
    ) -> Result<iam::ManagedPolicy, Refusal> {
        let NewPolicy { name, path, document: text, tags } = new;
        grammar::policy_name(name)?;
        grammar::policy_path(path)?;
        grammar::tags(tags, &Tags::new(), &self.quotas)?;
        let is_taken = |policy: &ManagedPolicy| {
            let its_name = policy.arn.rsplit('/').next().unwrap_or_default();
            self.owns(&policy.arn) && its_name.eq_ignore_ascii_case(name)
        };
        if self.managed_policies.iter().any(is_taken) {
            return Err(Refusal::new(
                "EntityAlreadyExists",
                format!("A policy called {name} already exists. Duplicate names are not allowed."),
            ));
        }
        self.check_policy_document(text)?;
        let arn = self.iam_arn("policy", path, name);
        self.managed_policies.push(ManagedPolicy {
            arn: arn.clone(),
            default_version_id: "v1".into(),
            versions: [("v1".into(), DocumentText((*text).into()))].into(),
            document: None,
            last_version: 0,
            tags: (*tags).clone(),
        });
        self.get_policy(&arn)
    }

    pub(super) fn create_policy_version(
        &mut self,
        arn: &str,
        text: &str,
    ) -> Result<String, Refusal> {
        self.policy_mut(arn)?;
        self.check_policy_document(text)?;
        let policy = self.policy_mut(arn)?;
        if policy.versions.len() >= MOST_VERSIONS {
            return Err(Refusal::limit(format!(
                "A managed policy can have up to {MOST_VERSIONS} versions. Before you create a new \
                 version, you must delete an existing version."
            )));
        }
        let id = format!("v{}", policy.latest_version() + 1);
        policy.versions.insert(id.clone(), DocumentText(text.into()));
        policy.default_version_id.clone_from(&id);
        Ok(id)
    }

    pub(super) fn delete_policy_version(
        &mut self,
        arn: &str,
        version: &str,
    ) -> Result<(), Refusal> {
        let policy = self.policy_mut(arn)?;
        if policy.default_version_id == version {
            return Err(Refusal::new(
                "DeleteConflict",
                "Cannot delete the default version of a policy.",
            ));
        }
        policy.last_version = policy.latest_version();
        let removed = policy.versions.remove(version);
        removed.map(drop).ok_or_else(|| no_version(arn, version))
    }

    pub(super) fn tag_policy(&mut self, arn: &str, tags: &Tags) -> Result<(), Refusal> {
        let limits = self.quotas.clone();
        let policy = self.policy_mut(arn)?;
        grammar::tags(tags, &policy.tags, &limits)?;
        overwrite(&mut policy.tags, tags);
        Ok(())
    }

    pub(super) fn untag_policy(&mut self, arn: &str, keys: &[String]) -> Result<(), Refusal> {
        remove(&mut self.policy_mut(arn)?.tags, keys);
        Ok(())
    }

    pub(super) fn delete_policy(&mut self, arn: &str) -> Result<(), Refusal> {
        let conflict = |message| Err(Refusal::new("DeleteConflict", message));
        let versions = self.policy_mut(arn)?.versions.len();
        let uses = |role: &super::Role| {
            let bounds = role.permissions_boundary.as_deref() == Some(arn);
            bounds || role.attached_policies.contains(arn)
        };
        if self.roles.iter().any(uses) {
            return conflict("Cannot delete a policy attached to entities.");
        }
        if versions > 1 {
            return conflict(
                "This policy has more than one version. Before you delete a policy, you must \
                 delete the policy's versions.",
            );
        }
        self.managed_policies.retain(|policy| policy.arn != arn);
        Ok(())
    }

    /// A policy that may be changed: one of the account.
    fn policy_mut(&mut self, arn: &str) -> Result<&mut ManagedPolicy, Refusal> {
        managed::must_exist(self, arn, not_found(arn))?;
        if !self.owns(arn) {
            return Err(Refusal::new(
                "AccessDenied",
                format!("Policy {arn} is not this account's to change."),
            ));
        }
        let own = self.managed_policies.iter_mut().find(|policy| policy.arn == arn);
        own.ok_or_else(|| Refusal::no_such_entity(not_found(arn)))
    }

    fn owns(&self, arn: &str) -> bool {
        arn.split(':').nth(4) == Some(self.account_id.as_str())
    }

    fn check_policy_document(&self, text: &str) -> Result<(), Refusal> {
        document::identity(text)?;
        let quota = self.quotas.policy_size;
        if document::size(text) > quota {
            return Err(Refusal::limit(format!("Cannot exceed quota for PolicySize: {quota}")));
        }
        Ok(())
    }
}

impl ManagedPolicy {
    /// The number of the last version that there ever was.
    fn latest_version(&self) -> u64 {
        let number = |id: &String| id.strip_prefix('v').and_then(|number| number.parse().ok());
        self.versions.keys().filter_map(number).chain([self.last_version]).max().unwrap_or(0)
    }
}

fn not_found(arn: &str) -> String {
    format!("Policy {arn} was not found.")
}

fn no_version(arn: &str, version: &str) -> Refusal {
    Refusal::no_such_entity(format!(
        "Policy {arn} version {version} does not exist or is not attachable."
    ))
}

//! The inline policies of one role: what the model asks for, and what the manifest adds.

use cloudup_tasks::policy::{Document, DocumentError, DocumentUse, Statement};

use super::{PolicyError, instance_permissions};
use crate::{
    environment::Environment,
    manifest::{Cluster, spec::Role},
};

/// The inline policies of one role.
#[derive(Clone, Debug, PartialEq)]
pub struct InlinePolicies {
    /// What its instances need. `None` means that they need no permissions.
    pub own: Option<Document>,
    /// What `spec.additionalPolicies` gives them beside that, exactly as it was written.
    pub additional: Option<Document>,
}

impl InlinePolicies {
    /// What the instances of `role` need, whether or not they use a role that we manage.
    ///
    /// # Errors
    ///
    /// Where the manifest names a store that no permission can be given for, or adds what is not
    /// a list of statements.
    pub fn of_instances(
        cluster: &Cluster,
        environment: &Environment,
        role: Role,
    ) -> Result<Self, PolicyError> {
        let additional = match cluster.spec.additional_policies.get(&role) {
            Some(text) => {
                additional(text).map_err(|source| PolicyError::Additional { role, source })?
            }
            None => None,
        };
        let taken = additional.as_ref().map_or(0, Document::size);
        let room = environment.quotas.role_policy_size.saturating_sub(taken);
        let permissions = instance_permissions(cluster, environment, role)?;
        Ok(Self { own: permissions.document(room), additional })
    }

    /// Each policy there is.
    pub fn documents(&self) -> impl Iterator<Item = &Document> {
        self.own.iter().chain(&self.additional)
    }
}

/// The statements in a manifest's text as a document; no statements, no document.
fn additional(text: &str) -> Result<Option<Document>, DocumentError> {
    if serde_json::from_str::<[(); 0]>(text).is_ok() {
        return Ok(None);
    }
    Statement::parse_list(text, DocumentUse::Permissions).map(Document::new).map(Some)
}

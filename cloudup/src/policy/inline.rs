//! The inline policies of one role: what the model asks for, and what the manifest adds.

use cloudup_tasks::policy::{Document, DocumentError, DocumentUse, Statement};

use super::{PolicyError, add_ons, instance_permissions};
use crate::{
    environment::Environment,
    manifest::{
        Cluster,
        spec::{Role, ServiceAccountPermission},
    },
    service_accounts::AddOn,
};

/// The inline policies of one role.
#[derive(Clone, Debug, PartialEq)]
pub struct InlinePolicies {
    /// What its instances, or its service account, need. `None` means that they need no permissions.
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
                statements(text).map_err(|source| PolicyError::Additional { role, source })?
            }
            None => None,
        };
        let taken = additional.as_ref().map_or(0, Document::size);
        let room = environment.quotas.role_policy_size.saturating_sub(taken);
        let permissions = instance_permissions(cluster, environment, role)?;
        Ok(Self { own: permissions.document(room), additional })
    }

    /// What an add-on needs under a role of its own.
    pub fn of_add_on(cluster: &Cluster, environment: &Environment, add_on: AddOn) -> Self {
        let permissions = add_ons::permissions(cluster, environment, add_on);
        let own = permissions.document(environment.quotas.role_policy_size);
        Self { own, additional: None }
    }

    /// What the manifest gives to a service account, exactly as it was written.
    ///
    /// # Errors
    ///
    /// Where that is not a list of statements.
    pub fn of_service_account(entry: &ServiceAccountPermission) -> Result<Self, PolicyError> {
        let text = entry.aws.as_ref().and_then(|aws| aws.inline_policy.as_deref());
        let own = text.map_or(Ok(None), statements);
        let own = own.map_err(|source| PolicyError::Inline { account: entry.into(), source })?;
        Ok(Self { own, additional: None })
    }

    /// Each policy there is.
    pub fn documents(&self) -> impl Iterator<Item = &Document> {
        self.own.iter().chain(&self.additional)
    }
}

/// The statements in a manifest's text as a document; no statements, no document.
fn statements(text: &str) -> Result<Option<Document>, DocumentError> {
    if serde_json::from_str::<[(); 0]>(text).is_ok() {
        return Ok(None);
    }
    Statement::parse_list(text, DocumentUse::Permissions).map(Document::new).map(Some)
}

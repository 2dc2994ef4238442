//! The inline policies of one role: what the model asks for, and what the manifest adds.

use cloudup_tasks::policy::Document;

use super::{
    PolicyError, Request, add_ons,
    given::{Given, Origin},
    instance_permissions,
};
use crate::{
    because::Field,
    environment::Environment,
    group_roles,
    manifest::{
        Cluster, InstanceGroup,
        spec::{Role, ServiceAccountPermission},
    },
    service_accounts::{self, AddOn},
};

/// The inline policies of one role.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InlinePolicies {
    /// What its instances, or its service account, need. `None` means that they need no permissions.
    pub own: Option<Document>,
    /// What `spec.additionalPolicies` gives them beside that, as it was written but for
    /// [Sids](super#sids).
    pub additional: Option<Document>,
    /// What was asked for in their own policy, and why.
    pub(crate) own_requests: Vec<Request>,
    /// What was asked for beside that.
    pub(crate) additional_requests: Vec<Request>,
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
        let Given { document: additional, requests: additional_requests } =
            match cluster.spec.additional_policies.get(&role) {
                Some(text) => {
                    let field = Field::new(cluster.path_of_role("additionalPolicies", role));
                    Given::read(text, Origin::AdditionalPolicies, &field)
                        .map_err(|source| PolicyError::Additional { role, source })?
                }
                None => Given::default(),
            };
        let permissions = instance_permissions(cluster, environment, role)?;
        let own_requests = permissions.requests();
        Ok(Self { own: permissions.document(), additional, own_requests, additional_requests })
    }

    /// The same with what one group is given for itself.
    ///
    /// # Errors
    ///
    /// Where that is not a list of statements.
    pub(crate) fn with_group(&self, group: &InstanceGroup) -> Result<Self, PolicyError> {
        let Some(text) = group.metadata.annotations.get(group_roles::ADDITIONAL) else {
            return Ok(self.clone());
        };
        let field = group_roles::field(group, group_roles::ADDITIONAL);
        let own = Given::read(text, Origin::Group, &field)
            .map_err(|source| PolicyError::Group { group: group.name().to_owned(), source })?;
        let Self { additional, additional_requests, .. } = self.clone();
        let shared = Given { document: additional, requests: additional_requests };
        let Given { document: additional, requests: additional_requests } = shared.and(own);
        Ok(Self { additional, additional_requests, ..self.clone() })
    }

    /// What an add-on needs under a role of its own.
    pub fn of_add_on(cluster: &Cluster, environment: &Environment, add_on: AddOn) -> Self {
        let permissions = add_ons::permissions(cluster, environment, add_on);
        let own_requests = permissions.requests();
        let own = permissions.document();
        Self { own, own_requests, ..Self::default() }
    }

    /// What the manifest gives to a service account, as it was written but for
    /// [Sids](super#sids). `index` is the entry's in
    /// `spec.iam.serviceAccountExternalPermissions`.
    ///
    /// # Errors
    ///
    /// Where that is not a list of statements.
    pub fn of_service_account(
        index: usize,
        entry: &ServiceAccountPermission,
    ) -> Result<Self, PolicyError> {
        let Some(text) = entry.aws.as_ref().and_then(|aws| aws.inline_policy.as_deref()) else {
            return Ok(Self::default());
        };
        let field = Field::new(format!("{}.aws.inlinePolicy", service_accounts::entry_path(index)));
        let Given { document: own, requests: own_requests } =
            Given::read(text, Origin::InlinePolicy, &field)
                .map_err(|source| PolicyError::Inline { account: entry.into(), source })?;
        Ok(Self { own, own_requests, ..Self::default() })
    }

    /// Each policy there is.
    pub fn documents(&self) -> impl Iterator<Item = &Document> {
        self.own.iter().chain(&self.additional)
    }
}

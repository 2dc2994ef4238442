//! The writing half: calls pass through, and what they touch is forgotten.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;

use super::{Answers, Snapshot, WriteSnapshot, reads::folded};
use crate::{
    arn::oidc_issuer,
    cloud::{
        CloudError, CloudReader, CloudWriter,
        autoscaling::AutoScalingWriter,
        ec2::Ec2Writer,
        iam::{
            IamWriter, InstanceProfile, ManagedPolicy, NewOidcProvider, NewPolicy, NewRole, Role,
            Tags,
        },
        vpc::VpcWriter,
    },
};

impl CloudWriter for WriteSnapshot {
    fn reader(&self) -> &(dyn CloudReader + 'static) {
        self
    }

    fn iam(&self) -> &dyn IamWriter {
        self
    }

    fn ec2(&self) -> &dyn Ec2Writer {
        self
    }

    fn autoscaling(&self) -> &dyn AutoScalingWriter {
        self
    }

    fn vpc(&self) -> &dyn VpcWriter {
        self
    }
}

/// Forgets what a write touches once it is over, however it ends: an error or a caller who gave
/// up does not say that nothing was done.
#[must_use]
pub(super) struct Stale<F: Fn(&Answers)> {
    answers: Arc<Answers>,
    forget: F,
}

impl<F: Fn(&Answers)> Drop for Stale<F> {
    fn drop(&mut self) {
        (self.forget)(&self.answers);
    }
}

impl<S> Snapshot<S> {
    pub(super) fn stale<F: Fn(&Answers)>(&self, forget: F) -> Stale<F> {
        Stale { answers: self.answers.clone(), forget }
    }

    /// A write about the role itself: its trust, boundary or tags.
    fn stale_role(&self, role: &str) -> Stale<impl Fn(&Answers)> {
        let role = folded(role);
        self.stale(move |answers| {
            answers.role.forget(&role);
            answers.roles.forget("");
        })
    }

    /// A role that comes or goes, with all that can be asked about it.
    fn stale_existence(&self, role: &str) -> Stale<impl Fn(&Answers)> {
        let role = folded(role);
        self.stale(move |answers| {
            answers.role.forget(&role);
            answers.roles.forget("");
            answers.role_policy.forget(&role);
            answers.role_policies.forget(&role);
            answers.attached.forget(&role);
            answers.profiles_for_role.forget(&role);
        })
    }

    fn stale_inline(&self, role: &str) -> Stale<impl Fn(&Answers)> {
        let role = folded(role);
        self.stale(move |answers| {
            answers.role_policy.forget(&role);
            answers.role_policies.forget(&role);
        })
    }

    fn stale_attached(&self, role: &str) -> Stale<impl Fn(&Answers)> {
        let role = folded(role);
        self.stale(move |answers| answers.attached.forget(&role))
    }

    fn stale_profile(&self, profile: &str) -> Stale<impl Fn(&Answers)> {
        let profile = folded(profile);
        self.stale(move |answers| {
            answers.profile.forget(&profile);
            answers.profiles.forget("");
            answers.profiles_for_role.forget_all();
        })
    }

    /// A managed policy that is made: its ARN follows from nothing that the call says.
    fn stale_new_policy(&self) -> Stale<impl Fn(&Answers)> {
        self.stale(|answers| {
            answers.policy.forget_all();
            answers.policy_version.forget_all();
            answers.policy_versions.forget_all();
            answers.policies.forget_all();
        })
    }

    fn stale_policy(&self, arn: &str) -> Stale<impl Fn(&Answers)> {
        let arn = arn.to_owned();
        self.stale(move |answers| {
            answers.policy.forget(&arn);
            answers.policy_version.forget(&arn);
            answers.policy_versions.forget(&arn);
            answers.policies.forget_all();
        })
    }

    fn stale_oidc_provider(&self, url_or_arn: &str) -> Stale<impl Fn(&Answers)> {
        let issuer = oidc_issuer(url_or_arn).to_owned();
        self.stale(move |answers| {
            answers.oidc_provider.forget(&issuer);
            answers.oidc_providers.forget("");
        })
    }
}

#[async_trait]
impl IamWriter for WriteSnapshot {
    async fn create_role(&self, role: NewRole<'_>) -> Result<Role, CloudError> {
        let _stale = self.stale_existence(role.name);
        self.source.iam().create_role(role).await
    }

    async fn update_assume_role_policy(
        &self,
        role: &str,
        document: &str,
    ) -> Result<(), CloudError> {
        let _stale = self.stale_role(role);
        self.source.iam().update_assume_role_policy(role, document).await
    }

    async fn put_role_permissions_boundary(&self, role: &str, arn: &str) -> Result<(), CloudError> {
        let _stale = self.stale_role(role);
        self.source.iam().put_role_permissions_boundary(role, arn).await
    }

    async fn delete_role_permissions_boundary(&self, role: &str) -> Result<(), CloudError> {
        let _stale = self.stale_role(role);
        self.source.iam().delete_role_permissions_boundary(role).await
    }

    async fn tag_role(&self, role: &str, tags: &Tags) -> Result<(), CloudError> {
        let _stale = self.stale_role(role);
        self.source.iam().tag_role(role, tags).await
    }

    async fn untag_role(&self, role: &str, keys: &[String]) -> Result<(), CloudError> {
        let _stale = self.stale_role(role);
        self.source.iam().untag_role(role, keys).await
    }

    async fn delete_role(&self, role: &str) -> Result<(), CloudError> {
        let _stale = self.stale_existence(role);
        self.source.iam().delete_role(role).await
    }

    async fn put_role_policy(
        &self,
        role: &str,
        policy: &str,
        document: &str,
    ) -> Result<(), CloudError> {
        let _stale = self.stale_inline(role);
        self.source.iam().put_role_policy(role, policy, document).await
    }

    async fn delete_role_policy(&self, role: &str, policy: &str) -> Result<(), CloudError> {
        let _stale = self.stale_inline(role);
        self.source.iam().delete_role_policy(role, policy).await
    }

    async fn attach_role_policy(&self, role: &str, arn: &str) -> Result<(), CloudError> {
        let _stale = self.stale_attached(role);
        self.source.iam().attach_role_policy(role, arn).await
    }

    async fn detach_role_policy(&self, role: &str, arn: &str) -> Result<(), CloudError> {
        let _stale = self.stale_attached(role);
        self.source.iam().detach_role_policy(role, arn).await
    }

    async fn create_policy(&self, policy: NewPolicy<'_>) -> Result<ManagedPolicy, CloudError> {
        let _stale = self.stale_new_policy();
        self.source.iam().create_policy(policy).await
    }

    async fn create_policy_version(&self, arn: &str, document: &str) -> Result<String, CloudError> {
        let _stale = self.stale_policy(arn);
        self.source.iam().create_policy_version(arn, document).await
    }

    async fn delete_policy_version(&self, arn: &str, version_id: &str) -> Result<(), CloudError> {
        let _stale = self.stale_policy(arn);
        self.source.iam().delete_policy_version(arn, version_id).await
    }

    async fn tag_policy(&self, arn: &str, tags: &Tags) -> Result<(), CloudError> {
        let _stale = self.stale_policy(arn);
        self.source.iam().tag_policy(arn, tags).await
    }

    async fn untag_policy(&self, arn: &str, keys: &[String]) -> Result<(), CloudError> {
        let _stale = self.stale_policy(arn);
        self.source.iam().untag_policy(arn, keys).await
    }

    async fn delete_policy(&self, arn: &str) -> Result<(), CloudError> {
        let _stale = self.stale_policy(arn);
        self.source.iam().delete_policy(arn).await
    }

    async fn create_instance_profile(
        &self,
        profile: &str,
        tags: &Tags,
    ) -> Result<InstanceProfile, CloudError> {
        let _stale = self.stale_profile(profile);
        self.source.iam().create_instance_profile(profile, tags).await
    }

    async fn tag_instance_profile(&self, profile: &str, tags: &Tags) -> Result<(), CloudError> {
        let _stale = self.stale_profile(profile);
        self.source.iam().tag_instance_profile(profile, tags).await
    }

    async fn untag_instance_profile(
        &self,
        profile: &str,
        keys: &[String],
    ) -> Result<(), CloudError> {
        let _stale = self.stale_profile(profile);
        self.source.iam().untag_instance_profile(profile, keys).await
    }

    async fn add_role_to_instance_profile(
        &self,
        profile: &str,
        role: &str,
    ) -> Result<(), CloudError> {
        let _stale = self.stale_profile(profile);
        self.source.iam().add_role_to_instance_profile(profile, role).await
    }

    async fn remove_role_from_instance_profile(
        &self,
        profile: &str,
        role: &str,
    ) -> Result<(), CloudError> {
        let _stale = self.stale_profile(profile);
        self.source.iam().remove_role_from_instance_profile(profile, role).await
    }

    async fn delete_instance_profile(&self, profile: &str) -> Result<(), CloudError> {
        let _stale = self.stale_profile(profile);
        self.source.iam().delete_instance_profile(profile).await
    }

    async fn create_oidc_provider(
        &self,
        provider: NewOidcProvider<'_>,
    ) -> Result<String, CloudError> {
        let _stale = self.stale_oidc_provider(provider.url);
        self.source.iam().create_oidc_provider(provider).await
    }

    async fn update_oidc_provider_thumbprints(
        &self,
        arn: &str,
        thumbprints: &BTreeSet<String>,
    ) -> Result<(), CloudError> {
        let _stale = self.stale_oidc_provider(arn);
        self.source.iam().update_oidc_provider_thumbprints(arn, thumbprints).await
    }

    async fn add_client_id(&self, arn: &str, client_id: &str) -> Result<(), CloudError> {
        let _stale = self.stale_oidc_provider(arn);
        self.source.iam().add_client_id(arn, client_id).await
    }

    async fn remove_client_id(&self, arn: &str, client_id: &str) -> Result<(), CloudError> {
        let _stale = self.stale_oidc_provider(arn);
        self.source.iam().remove_client_id(arn, client_id).await
    }

    async fn tag_oidc_provider(&self, arn: &str, tags: &Tags) -> Result<(), CloudError> {
        let _stale = self.stale_oidc_provider(arn);
        self.source.iam().tag_oidc_provider(arn, tags).await
    }

    async fn untag_oidc_provider(&self, arn: &str, keys: &[String]) -> Result<(), CloudError> {
        let _stale = self.stale_oidc_provider(arn);
        self.source.iam().untag_oidc_provider(arn, keys).await
    }

    async fn delete_oidc_provider(&self, arn: &str) -> Result<(), CloudError> {
        let _stale = self.stale_oidc_provider(arn);
        self.source.iam().delete_oidc_provider(arn).await
    }
}

//! The reading half: each call made once.

use async_trait::async_trait;
use cloudup_engine::ErrorKind;
use futures::FutureExt;

use super::{Snapshot, Source};
use crate::{
    arn::oidc_issuer,
    cloud::{
        CallCount, CloudError, CloudReader, Page,
        autoscaling::AutoScalingReader,
        ec2::Ec2Reader,
        iam::{
            AttachedPolicy, IamReader, InstanceProfile, ManagedPolicy, OidcProvider, PolicyVersion,
            Quotas, Role, WireDocument,
        },
        route53::{HostedZone, Route53Reader},
        sts::{CallerIdentity, StsReader},
        vpc::VpcReader,
    },
};

impl<S: Source> CloudReader for Snapshot<S> {
    fn iam(&self) -> &dyn IamReader {
        self
    }

    fn sts(&self) -> &dyn StsReader {
        self
    }

    fn route53(&self) -> &dyn Route53Reader {
        self
    }

    fn ec2(&self) -> &dyn Ec2Reader {
        self
    }

    fn autoscaling(&self) -> &dyn AutoScalingReader {
        self
    }

    fn vpc(&self) -> &dyn VpcReader {
        self
    }

    fn calls(&self) -> Vec<CallCount> {
        self.source.reader().calls()
    }
}

/// IAM ignores the case of letters in the names of roles and instance profiles.
pub(super) fn folded(name: &str) -> String {
    name.to_lowercase()
}

/// A listing's part, told apart from the first by what no marker starts with.
pub(super) fn part(marker: Option<&str>) -> String {
    marker.map_or_else(String::new, |marker| format!("after {marker}"))
}

#[async_trait]
impl<S: Source> IamReader for Snapshot<S> {
    async fn get_role(&self, role: &str) -> Result<Role, CloudError> {
        let (source, name) = (self.source.clone(), role.to_owned());
        let ask = || async move { source.reader().iam().get_role(&name).await }.boxed();
        self.answers.role.get(&folded(role), "", ask).await
    }

    async fn list_roles(&self, marker: Option<&str>) -> Result<Page<Role>, CloudError> {
        let (source, after) = (self.source.clone(), marker.map(str::to_owned));
        let ask =
            || async move { source.reader().iam().list_roles(after.as_deref()).await }.boxed();
        self.answers.roles.get("", &part(marker), ask).await
    }

    async fn get_role_policy(&self, role: &str, policy: &str) -> Result<WireDocument, CloudError> {
        let (source, of, name) = (self.source.clone(), role.to_owned(), policy.to_owned());
        let ask = || async move { source.reader().iam().get_role_policy(&of, &name).await }.boxed();
        self.answers.role_policy.get(&folded(role), policy, ask).await
    }

    async fn list_role_policies(
        &self,
        role: &str,
        marker: Option<&str>,
    ) -> Result<Page<String>, CloudError> {
        let (source, of, after) = (self.source.clone(), role.to_owned(), marker.map(str::to_owned));
        let ask = || {
            async move { source.reader().iam().list_role_policies(&of, after.as_deref()).await }
                .boxed()
        };
        self.answers.role_policies.get(&folded(role), &part(marker), ask).await
    }

    async fn list_attached_role_policies(
        &self,
        role: &str,
        marker: Option<&str>,
    ) -> Result<Page<AttachedPolicy>, CloudError> {
        let (source, of, after) = (self.source.clone(), role.to_owned(), marker.map(str::to_owned));
        let ask = || {
            async move { source.reader().iam().list_attached_role_policies(&of, after.as_deref()).await }.boxed()
        };
        self.answers.attached.get(&folded(role), &part(marker), ask).await
    }

    async fn get_policy(&self, arn: &str) -> Result<ManagedPolicy, CloudError> {
        let (source, of) = (self.source.clone(), arn.to_owned());
        let ask = || async move { source.reader().iam().get_policy(&of).await }.boxed();
        self.answers.policy.get(arn, "", ask).await
    }

    async fn get_policy_version(
        &self,
        arn: &str,
        version_id: &str,
    ) -> Result<WireDocument, CloudError> {
        let (source, of, version) = (self.source.clone(), arn.to_owned(), version_id.to_owned());
        let ask =
            || async move { source.reader().iam().get_policy_version(&of, &version).await }.boxed();
        self.answers.policy_version.get(arn, version_id, ask).await
    }

    async fn list_policy_versions(
        &self,
        arn: &str,
        marker: Option<&str>,
    ) -> Result<Page<PolicyVersion>, CloudError> {
        let (source, of, after) = (self.source.clone(), arn.to_owned(), marker.map(str::to_owned));
        let ask = || {
            async move { source.reader().iam().list_policy_versions(&of, after.as_deref()).await }
                .boxed()
        };
        self.answers.policy_versions.get(arn, &part(marker), ask).await
    }

    async fn list_policies(
        &self,
        path_prefix: &str,
        marker: Option<&str>,
    ) -> Result<Page<ManagedPolicy>, CloudError> {
        let (source, below) = (self.source.clone(), path_prefix.to_owned());
        let after = marker.map(str::to_owned);
        let ask = || {
            async move { source.reader().iam().list_policies(&below, after.as_deref()).await }
                .boxed()
        };
        self.answers.policies.get(path_prefix, &part(marker), ask).await
    }

    async fn get_instance_profile(&self, profile: &str) -> Result<InstanceProfile, CloudError> {
        let (source, name) = (self.source.clone(), profile.to_owned());
        let ask = || async move { source.reader().iam().get_instance_profile(&name).await }.boxed();
        self.answers.profile.get(&folded(profile), "", ask).await
    }

    async fn list_instance_profiles(
        &self,
        marker: Option<&str>,
    ) -> Result<Page<InstanceProfile>, CloudError> {
        let (source, after) = (self.source.clone(), marker.map(str::to_owned));
        let ask = || {
            async move { source.reader().iam().list_instance_profiles(after.as_deref()).await }
                .boxed()
        };
        self.answers.profiles.get("", &part(marker), ask).await
    }

    async fn list_instance_profiles_for_role(
        &self,
        role: &str,
        marker: Option<&str>,
    ) -> Result<Page<InstanceProfile>, CloudError> {
        let (source, of, after) = (self.source.clone(), role.to_owned(), marker.map(str::to_owned));
        let ask = || {
            async move {
                source.reader().iam().list_instance_profiles_for_role(&of, after.as_deref()).await
            }
            .boxed()
        };
        self.answers.profiles_for_role.get(&folded(role), &part(marker), ask).await
    }

    async fn list_oidc_providers(&self) -> Result<Vec<String>, CloudError> {
        let source = self.source.clone();
        let ask = || async move { source.reader().iam().list_oidc_providers().await }.boxed();
        self.answers.oidc_providers.get("", "", ask).await
    }

    async fn get_oidc_provider(&self, arn: &str) -> Result<OidcProvider, CloudError> {
        let (source, of) = (self.source.clone(), arn.to_owned());
        let ask = || async move { source.reader().iam().get_oidc_provider(&of).await }.boxed();
        self.answers.oidc_provider.get(oidc_issuer(arn), arn, ask).await
    }

    /// The account's limits, or AWS's defaults where the answer is denied.
    async fn get_account_summary(&self) -> Result<Quotas, CloudError> {
        let source = self.source.clone();
        let ask = || {
            async move {
                match source.reader().iam().get_account_summary().await {
                    Err(error) if error.kind() == ErrorKind::Denied => Ok(Quotas::default()),
                    answer => answer,
                }
            }
            .boxed()
        };
        self.answers.quotas.get("", "", ask).await
    }
}

#[async_trait]
impl<S: Source> StsReader for Snapshot<S> {
    async fn get_caller_identity(&self) -> Result<CallerIdentity, CloudError> {
        let source = self.source.clone();
        let ask = || async move { source.reader().sts().get_caller_identity().await }.boxed();
        self.answers.identity.get("", "", ask).await
    }
}

#[async_trait]
impl<S: Source> Route53Reader for Snapshot<S> {
    async fn list_hosted_zones(
        &self,
        marker: Option<&str>,
    ) -> Result<Page<HostedZone>, CloudError> {
        let (source, after) = (self.source.clone(), marker.map(str::to_owned));
        let ask = || {
            async move { source.reader().route53().list_hosted_zones(after.as_deref()).await }
                .boxed()
        };
        self.answers.zones.get("", &part(marker), ask).await
    }
}

//! The account as the ports of [`cloud`](crate::cloud) see it.

mod autoscaling;
mod ec2;

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::{Account, Call, error::Refusal, page::page};
use crate::{
    arn::oidc_issuer,
    cloud::{
        CallCount, CloudError, CloudReader, CloudWriter, Page,
        autoscaling::{AutoScalingReader, AutoScalingWriter},
        ec2::{Ec2Reader, Ec2Writer},
        iam::{
            AttachedPolicy, IamReader, IamWriter, InstanceProfile, ManagedPolicy, NewOidcProvider,
            NewPolicy, NewRole, OidcProvider, PolicyVersion, Quotas, Role, Tags, WireDocument,
        },
        route53::{HostedZone, Route53Reader},
        sts::{CallerIdentity, StsReader},
        vpc::{VpcReader, VpcWriter},
    },
};

impl CloudReader for Account {
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
        self.counted()
    }
}

impl CloudWriter for Account {
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

impl Call {
    fn iam(operation: &'static str, kind: &'static str, resource: impl Into<String>) -> Self {
        Self { service: "iam", operation, kind, resource: resource.into(), writes: false }
    }

    fn oidc(operation: &'static str, url_or_arn: &str) -> Self {
        Self::iam(operation, "oidc-provider", oidc_issuer(url_or_arn))
    }

    fn writing(self) -> Self {
        Self { writes: true, ..self }
    }
}

const ROLE: &str = "role";
const PROFILE: &str = "instance-profile";
const POLICY: &str = "policy";

#[async_trait]
impl IamReader for Account {
    async fn get_role(&self, role: &str) -> Result<Role, CloudError> {
        self.read(Call::iam("GetRole", ROLE, role), |state| state.get_role(role)).await
    }

    async fn list_roles(&self, marker: Option<&str>) -> Result<Page<Role>, CloudError> {
        self.read(Call::iam("ListRoles", "", ""), |state| state.list_roles(marker)).await
    }

    async fn get_role_policy(&self, role: &str, policy: &str) -> Result<WireDocument, CloudError> {
        let call = Call::iam("GetRolePolicy", ROLE, format!("{role}/{policy}"));
        self.read(call, |state| state.get_role_policy(role, policy)).await
    }

    async fn list_role_policies(
        &self,
        role: &str,
        marker: Option<&str>,
    ) -> Result<Page<String>, CloudError> {
        let call = Call::iam("ListRolePolicies", ROLE, role);
        self.read(call, |state| state.list_role_policies(role, marker)).await
    }

    async fn list_attached_role_policies(
        &self,
        role: &str,
        marker: Option<&str>,
    ) -> Result<Page<AttachedPolicy>, CloudError> {
        let call = Call::iam("ListAttachedRolePolicies", ROLE, role);
        self.read(call, |state| state.list_attached_role_policies(role, marker)).await
    }

    async fn get_policy(&self, arn: &str) -> Result<ManagedPolicy, CloudError> {
        self.read(Call::iam("GetPolicy", POLICY, arn), |state| state.get_policy(arn)).await
    }

    async fn get_policy_version(
        &self,
        arn: &str,
        version_id: &str,
    ) -> Result<WireDocument, CloudError> {
        let call = Call::iam("GetPolicyVersion", POLICY, format!("{arn}/{version_id}"));
        self.read(call, |state| state.get_policy_version(arn, version_id)).await
    }

    async fn list_policy_versions(
        &self,
        arn: &str,
        marker: Option<&str>,
    ) -> Result<Page<PolicyVersion>, CloudError> {
        let call = Call::iam("ListPolicyVersions", POLICY, arn);
        self.read(call, |state| state.list_policy_versions(arn, marker)).await
    }

    async fn list_policies(
        &self,
        path_prefix: &str,
        marker: Option<&str>,
    ) -> Result<Page<ManagedPolicy>, CloudError> {
        let call = Call::iam("ListPolicies", "", "");
        self.read(call, |state| state.list_policies(path_prefix, marker)).await
    }

    async fn get_instance_profile(&self, profile: &str) -> Result<InstanceProfile, CloudError> {
        let call = Call::iam("GetInstanceProfile", PROFILE, profile);
        self.read(call, |state| state.get_instance_profile(profile)).await
    }

    async fn list_instance_profiles(
        &self,
        marker: Option<&str>,
    ) -> Result<Page<InstanceProfile>, CloudError> {
        let call = Call::iam("ListInstanceProfiles", "", "");
        self.read(call, |state| state.list_instance_profiles(marker)).await
    }

    async fn list_instance_profiles_for_role(
        &self,
        role: &str,
        marker: Option<&str>,
    ) -> Result<Page<InstanceProfile>, CloudError> {
        let call = Call::iam("ListInstanceProfilesForRole", ROLE, role);
        self.read(call, |state| state.list_instance_profiles_for_role(role, marker)).await
    }

    async fn list_oidc_providers(&self) -> Result<Vec<String>, CloudError> {
        let call = Call::iam("ListOpenIDConnectProviders", "", "");
        self.read(call, |state| Ok(state.list_oidc_providers())).await
    }

    async fn get_oidc_provider(&self, arn: &str) -> Result<OidcProvider, CloudError> {
        let call = Call::oidc("GetOpenIDConnectProvider", arn);
        self.read(call, |state| state.get_oidc_provider(arn)).await
    }

    async fn get_account_summary(&self) -> Result<Quotas, CloudError> {
        let call = Call::iam("GetAccountSummary", "", "");
        self.read(call, |state| Ok(Quotas::from(&state.quotas))).await
    }
}

#[async_trait]
impl IamWriter for Account {
    async fn create_role(&self, role: NewRole<'_>) -> Result<Role, CloudError> {
        let call = Call::iam("CreateRole", ROLE, role.name).writing();
        self.write(call, |state| state.create_role(&role)).await
    }

    async fn update_assume_role_policy(
        &self,
        role: &str,
        document: &str,
    ) -> Result<(), CloudError> {
        let call = Call::iam("UpdateAssumeRolePolicy", ROLE, role).writing();
        self.write(call, |state| state.update_assume_role_policy(role, document)).await
    }

    async fn put_role_permissions_boundary(&self, role: &str, arn: &str) -> Result<(), CloudError> {
        let call = Call::iam("PutRolePermissionsBoundary", ROLE, role).writing();
        self.write(call, |state| state.put_boundary(role, arn)).await
    }

    async fn delete_role_permissions_boundary(&self, role: &str) -> Result<(), CloudError> {
        let call = Call::iam("DeleteRolePermissionsBoundary", ROLE, role).writing();
        self.write(call, |state| state.delete_boundary(role)).await
    }

    async fn tag_role(&self, role: &str, tags: &Tags) -> Result<(), CloudError> {
        let call = Call::iam("TagRole", ROLE, role).writing();
        self.write(call, |state| state.tag_role(role, tags)).await
    }

    async fn untag_role(&self, role: &str, keys: &[String]) -> Result<(), CloudError> {
        let call = Call::iam("UntagRole", ROLE, role).writing();
        self.write(call, |state| state.untag_role(role, keys)).await
    }

    async fn delete_role(&self, role: &str) -> Result<(), CloudError> {
        let call = Call::iam("DeleteRole", ROLE, role).writing();
        self.write(call, |state| state.delete_role(role)).await
    }

    async fn put_role_policy(
        &self,
        role: &str,
        policy: &str,
        document: &str,
    ) -> Result<(), CloudError> {
        let call = Call::iam("PutRolePolicy", ROLE, format!("{role}/{policy}")).writing();
        self.write(call, |state| state.put_role_policy(role, policy, document)).await
    }

    async fn delete_role_policy(&self, role: &str, policy: &str) -> Result<(), CloudError> {
        let call = Call::iam("DeleteRolePolicy", ROLE, format!("{role}/{policy}")).writing();
        self.write(call, |state| state.delete_role_policy(role, policy)).await
    }

    async fn attach_role_policy(&self, role: &str, arn: &str) -> Result<(), CloudError> {
        let call = Call::iam("AttachRolePolicy", ROLE, format!("{role}/{arn}")).writing();
        self.write(call, |state| state.attach_role_policy(role, arn)).await
    }

    async fn detach_role_policy(&self, role: &str, arn: &str) -> Result<(), CloudError> {
        let call = Call::iam("DetachRolePolicy", ROLE, format!("{role}/{arn}")).writing();
        self.write(call, |state| state.detach_role_policy(role, arn)).await
    }

    async fn create_policy(&self, policy: NewPolicy<'_>) -> Result<ManagedPolicy, CloudError> {
        // Where the account cannot be read, the call itself says so.
        let arn = self.state().map(|state| state.iam_arn(POLICY, policy.path, policy.name));
        let call = Call::iam("CreatePolicy", POLICY, arn.unwrap_or_default()).writing();
        self.write(call, |state| state.create_policy(&policy)).await
    }

    async fn create_policy_version(&self, arn: &str, document: &str) -> Result<String, CloudError> {
        let call = Call::iam("CreatePolicyVersion", POLICY, arn).writing();
        self.write(call, |state| state.create_policy_version(arn, document)).await
    }

    async fn delete_policy_version(&self, arn: &str, version_id: &str) -> Result<(), CloudError> {
        let resource = format!("{arn}/{version_id}");
        let call = Call::iam("DeletePolicyVersion", POLICY, resource).writing();
        self.write(call, |state| state.delete_policy_version(arn, version_id)).await
    }

    async fn tag_policy(&self, arn: &str, tags: &Tags) -> Result<(), CloudError> {
        let call = Call::iam("TagPolicy", POLICY, arn).writing();
        self.write(call, |state| state.tag_policy(arn, tags)).await
    }

    async fn untag_policy(&self, arn: &str, keys: &[String]) -> Result<(), CloudError> {
        let call = Call::iam("UntagPolicy", POLICY, arn).writing();
        self.write(call, |state| state.untag_policy(arn, keys)).await
    }

    async fn delete_policy(&self, arn: &str) -> Result<(), CloudError> {
        let call = Call::iam("DeletePolicy", POLICY, arn).writing();
        self.write(call, |state| state.delete_policy(arn)).await
    }

    async fn create_instance_profile(
        &self,
        profile: &str,
        tags: &Tags,
    ) -> Result<InstanceProfile, CloudError> {
        let call = Call::iam("CreateInstanceProfile", PROFILE, profile).writing();
        self.write(call, |state| state.create_instance_profile(profile, tags)).await
    }

    async fn tag_instance_profile(&self, profile: &str, tags: &Tags) -> Result<(), CloudError> {
        let call = Call::iam("TagInstanceProfile", PROFILE, profile).writing();
        self.write(call, |state| state.tag_instance_profile(profile, tags)).await
    }

    async fn untag_instance_profile(
        &self,
        profile: &str,
        keys: &[String],
    ) -> Result<(), CloudError> {
        let call = Call::iam("UntagInstanceProfile", PROFILE, profile).writing();
        self.write(call, |state| state.untag_instance_profile(profile, keys)).await
    }

    async fn add_role_to_instance_profile(
        &self,
        profile: &str,
        role: &str,
    ) -> Result<(), CloudError> {
        let resource = format!("{profile}/{role}");
        let call = Call::iam("AddRoleToInstanceProfile", PROFILE, resource).writing();
        self.write(call, |state| state.add_role(profile, role)).await
    }

    async fn remove_role_from_instance_profile(
        &self,
        profile: &str,
        role: &str,
    ) -> Result<(), CloudError> {
        let resource = format!("{profile}/{role}");
        let call = Call::iam("RemoveRoleFromInstanceProfile", PROFILE, resource).writing();
        self.write(call, |state| state.remove_role(profile, role)).await
    }

    async fn delete_instance_profile(&self, profile: &str) -> Result<(), CloudError> {
        let call = Call::iam("DeleteInstanceProfile", PROFILE, profile).writing();
        self.write(call, |state| state.delete_instance_profile(profile)).await
    }

    async fn create_oidc_provider(
        &self,
        provider: NewOidcProvider<'_>,
    ) -> Result<String, CloudError> {
        let call = Call::oidc("CreateOpenIDConnectProvider", provider.url).writing();
        self.write(call, |state| state.create_oidc_provider(&provider)).await
    }

    async fn update_oidc_provider_thumbprints(
        &self,
        arn: &str,
        thumbprints: &BTreeSet<String>,
    ) -> Result<(), CloudError> {
        let call = Call::oidc("UpdateOpenIDConnectProviderThumbprint", arn).writing();
        self.write(call, |state| state.update_thumbprints(arn, thumbprints)).await
    }

    async fn add_client_id(&self, arn: &str, client_id: &str) -> Result<(), CloudError> {
        let call = Call::oidc("AddClientIDToOpenIDConnectProvider", arn).writing();
        self.write(call, |state| state.add_client_id(arn, client_id)).await
    }

    async fn remove_client_id(&self, arn: &str, client_id: &str) -> Result<(), CloudError> {
        let call = Call::oidc("RemoveClientIDFromOpenIDConnectProvider", arn).writing();
        self.write(call, |state| state.remove_client_id(arn, client_id)).await
    }

    async fn tag_oidc_provider(&self, arn: &str, tags: &Tags) -> Result<(), CloudError> {
        let call = Call::oidc("TagOpenIDConnectProvider", arn).writing();
        self.write(call, |state| state.tag_oidc_provider(arn, tags)).await
    }

    async fn untag_oidc_provider(&self, arn: &str, keys: &[String]) -> Result<(), CloudError> {
        let call = Call::oidc("UntagOpenIDConnectProvider", arn).writing();
        self.write(call, |state| state.untag_oidc_provider(arn, keys)).await
    }

    async fn delete_oidc_provider(&self, arn: &str) -> Result<(), CloudError> {
        let call = Call::oidc("DeleteOpenIDConnectProvider", arn).writing();
        self.write(call, |state| state.delete_oidc_provider(arn)).await
    }
}

#[async_trait]
impl StsReader for Account {
    async fn get_caller_identity(&self) -> Result<CallerIdentity, CloudError> {
        let call = Call {
            service: "sts",
            operation: "GetCallerIdentity",
            kind: "",
            resource: String::new(),
            writes: false,
        };
        let identity = |state: &super::State| CallerIdentity {
            account: state.account_id.clone(),
            arn: state.iam_arn("user", "/", "cloudup"),
            user_id: "AIDACLOUDUP0000000000".into(),
        };
        self.read(call, |state| Ok::<_, Refusal>(identity(state))).await
    }
}

#[async_trait]
impl Route53Reader for Account {
    async fn list_hosted_zones(
        &self,
        marker: Option<&str>,
    ) -> Result<Page<HostedZone>, CloudError> {
        let call = Call {
            service: "route53",
            operation: "ListHostedZones",
            kind: "",
            resource: String::new(),
            writes: false,
        };
        self.read(call, |state| {
            let zones = state.hosted_zones.iter().map(|zone| {
                let (id, name, private) = (zone.id.clone(), zone.name.clone(), zone.private);
                (zone.id.clone(), HostedZone { id, name, private })
            });
            page("hosted zones", zones, marker, state.page_size)
        })
        .await
    }
}

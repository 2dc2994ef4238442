//! IAM.

use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_sdk_iam::{
    Client,
    types::{self, PolicyScopeType, SummaryKeyType},
};

use super::error::Operation;
use crate::cloud::{
    CloudError, Page,
    iam::{
        AttachedPolicy, IamReader, IamWriter, InstanceProfile, ManagedPolicy, NewOidcProvider,
        NewPolicy, NewRole, OidcProvider, PolicyVersion, Quotas, Role, Tags, WireDocument,
    },
};

/// How much a listing is asked for at a time: the most that IAM takes. It may answer less.
const PAGE: i32 = 1000;

/// IAM through the SDK.
#[derive(Clone, Debug)]
pub(super) struct Iam(pub(super) Client);

/// The operation of that name.
const fn iam(name: &'static str) -> Operation {
    Operation { service: "iam", name }
}

#[async_trait]
impl IamReader for Iam {
    async fn get_role(&self, role: &str) -> Result<Role, CloudError> {
        let op = iam("GetRole");
        let answer = self.0.get_role().role_name(role).send().await.map_err(op.failed())?;
        from_role(op, op.expect(answer.role, "role")?)
    }

    async fn list_roles(&self, marker: Option<&str>) -> Result<Page<Role>, CloudError> {
        let op = iam("ListRoles");
        let call = self.0.list_roles().max_items(PAGE).set_marker(owned(marker));
        let answer = call.send().await.map_err(op.failed())?;
        let roles = answer.roles.into_iter().map(|role| from_role(op, role));
        op.page(roles.collect::<Result<_, _>>()?, answer.is_truncated, answer.marker.as_deref())
    }

    async fn get_role_policy(&self, role: &str, policy: &str) -> Result<WireDocument, CloudError> {
        let call = self.0.get_role_policy().role_name(role).policy_name(policy);
        let answer = call.send().await.map_err(iam("GetRolePolicy").failed())?;
        Ok(WireDocument(answer.policy_document))
    }

    async fn list_role_policies(
        &self,
        role: &str,
        marker: Option<&str>,
    ) -> Result<Page<String>, CloudError> {
        let op = iam("ListRolePolicies");
        let call = self.0.list_role_policies().role_name(role);
        let call = call.max_items(PAGE).set_marker(owned(marker));
        let answer = call.send().await.map_err(op.failed())?;
        op.page(answer.policy_names, answer.is_truncated, answer.marker.as_deref())
    }

    async fn list_attached_role_policies(
        &self,
        role: &str,
        marker: Option<&str>,
    ) -> Result<Page<AttachedPolicy>, CloudError> {
        let op = iam("ListAttachedRolePolicies");
        let call = self.0.list_attached_role_policies().role_name(role);
        let call = call.max_items(PAGE).set_marker(owned(marker));
        let answer = call.send().await.map_err(op.failed())?;
        let policies = answer.attached_policies.unwrap_or_default().into_iter().map(|policy| {
            Ok(AttachedPolicy {
                arn: op.expect(policy.policy_arn, "policy ARN")?,
                name: op.expect(policy.policy_name, "policy name")?,
            })
        });
        op.page(policies.collect::<Result<_, _>>()?, answer.is_truncated, answer.marker.as_deref())
    }

    async fn get_policy(&self, arn: &str) -> Result<ManagedPolicy, CloudError> {
        let op = iam("GetPolicy");
        let answer = self.0.get_policy().policy_arn(arn).send().await.map_err(op.failed())?;
        let policy = op.expect(answer.policy, "policy")?;
        from_policy(op, policy)
    }

    async fn get_policy_version(
        &self,
        arn: &str,
        version_id: &str,
    ) -> Result<WireDocument, CloudError> {
        let op = iam("GetPolicyVersion");
        let call = self.0.get_policy_version().policy_arn(arn).version_id(version_id);
        let answer = call.send().await.map_err(op.failed())?;
        let version = op.expect(answer.policy_version, "policy version")?;
        Ok(WireDocument(op.expect(version.document, "document")?))
    }

    async fn list_policy_versions(
        &self,
        arn: &str,
        marker: Option<&str>,
    ) -> Result<Page<PolicyVersion>, CloudError> {
        let op = iam("ListPolicyVersions");
        let call = self.0.list_policy_versions().policy_arn(arn);
        let call = call.max_items(PAGE).set_marker(owned(marker));
        let answer = call.send().await.map_err(op.failed())?;
        let versions = answer.versions.unwrap_or_default().into_iter().map(|version| {
            let id = op.expect(version.version_id, "version")?;
            Ok(PolicyVersion { id, is_default: version.is_default_version })
        });
        op.page(versions.collect::<Result<_, _>>()?, answer.is_truncated, answer.marker.as_deref())
    }

    async fn list_policies(
        &self,
        path_prefix: &str,
        marker: Option<&str>,
    ) -> Result<Page<ManagedPolicy>, CloudError> {
        let op = iam("ListPolicies");
        let call = self.0.list_policies().scope(PolicyScopeType::Local).path_prefix(path_prefix);
        let call = call.max_items(PAGE).set_marker(owned(marker));
        let answer = call.send().await.map_err(op.failed())?;
        let policies = answer.policies.unwrap_or_default().into_iter();
        let policies = policies.map(|policy| from_policy(op, policy)).collect::<Result<_, _>>()?;
        op.page(policies, answer.is_truncated, answer.marker.as_deref())
    }

    async fn get_instance_profile(&self, profile: &str) -> Result<InstanceProfile, CloudError> {
        let op = iam("GetInstanceProfile");
        let call = self.0.get_instance_profile().instance_profile_name(profile);
        let answer = call.send().await.map_err(op.failed())?;
        Ok(from_profile(op.expect(answer.instance_profile, "instance profile")?))
    }

    async fn list_instance_profiles(
        &self,
        marker: Option<&str>,
    ) -> Result<Page<InstanceProfile>, CloudError> {
        let op = iam("ListInstanceProfiles");
        let call = self.0.list_instance_profiles().max_items(PAGE).set_marker(owned(marker));
        let answer = call.send().await.map_err(op.failed())?;
        let profiles = answer.instance_profiles.into_iter().map(from_profile).collect();
        op.page(profiles, answer.is_truncated, answer.marker.as_deref())
    }

    async fn list_instance_profiles_for_role(
        &self,
        role: &str,
        marker: Option<&str>,
    ) -> Result<Page<InstanceProfile>, CloudError> {
        let op = iam("ListInstanceProfilesForRole");
        let call = self.0.list_instance_profiles_for_role().role_name(role);
        let call = call.max_items(PAGE).set_marker(owned(marker));
        let answer = call.send().await.map_err(op.failed())?;
        let profiles = answer.instance_profiles.into_iter().map(from_profile).collect();
        op.page(profiles, answer.is_truncated, answer.marker.as_deref())
    }

    async fn list_oidc_providers(&self) -> Result<Vec<String>, CloudError> {
        let op = iam("ListOpenIDConnectProviders");
        let call = self.0.list_open_id_connect_providers();
        let answer = call.send().await.map_err(op.failed())?;
        let providers = answer.open_id_connect_provider_list.unwrap_or_default();
        providers.into_iter().map(|provider| op.expect(provider.arn, "ARN")).collect()
    }

    async fn get_oidc_provider(&self, arn: &str) -> Result<OidcProvider, CloudError> {
        let op = iam("GetOpenIDConnectProvider");
        let call = self.0.get_open_id_connect_provider().open_id_connect_provider_arn(arn);
        let answer = call.send().await.map_err(op.failed())?;
        Ok(OidcProvider {
            url: op.expect(answer.url, "URL")?,
            client_ids: answer.client_id_list.unwrap_or_default().into_iter().collect(),
            thumbprints: answer.thumbprint_list.unwrap_or_default().into_iter().collect(),
            tags: from_tags(answer.tags),
        })
    }

    async fn get_account_summary(&self) -> Result<Quotas, CloudError> {
        let op = iam("GetAccountSummary");
        let answer = self.0.get_account_summary().send().await.map_err(op.failed())?;
        let summary = answer.summary_map.unwrap_or_default();
        let quota = |key: SummaryKeyType, default: usize| {
            summary.get(&key).and_then(|quota| usize::try_from(*quota).ok()).unwrap_or(default)
        };
        let default = Quotas::default();
        Ok(Quotas {
            role_policy_size: quota(SummaryKeyType::RolePolicySizeQuota, default.role_policy_size),
            assume_role_policy_size: quota(
                SummaryKeyType::AssumeRolePolicySizeQuota,
                default.assume_role_policy_size,
            ),
            policy_size: quota(SummaryKeyType::PolicySizeQuota, default.policy_size),
            attached_policies_per_role: quota(
                SummaryKeyType::AttachedPoliciesPerRoleQuota,
                default.attached_policies_per_role,
            ),
        })
    }
}

#[async_trait]
impl IamWriter for Iam {
    async fn create_role(&self, role: NewRole<'_>) -> Result<Role, CloudError> {
        let op = iam("CreateRole");
        let NewRole { name, assume_role_policy_document, permissions_boundary, tags } = role;
        let call = self.0.create_role();
        let call = call.role_name(name).assume_role_policy_document(assume_role_policy_document);
        let call = call.set_permissions_boundary(owned(permissions_boundary));
        let call = call.set_tags(Some(to_tags(op, tags)?));
        let answer = call.send().await.map_err(op.failed())?;
        from_role(op, op.expect(answer.role, "role")?)
    }

    async fn update_assume_role_policy(
        &self,
        role: &str,
        document: &str,
    ) -> Result<(), CloudError> {
        let call = self.0.update_assume_role_policy().role_name(role).policy_document(document);
        call.send().await.map_err(iam("UpdateAssumeRolePolicy").failed())?;
        Ok(())
    }

    async fn put_role_permissions_boundary(&self, role: &str, arn: &str) -> Result<(), CloudError> {
        let call = self.0.put_role_permissions_boundary();
        let call = call.role_name(role).permissions_boundary(arn);
        call.send().await.map_err(iam("PutRolePermissionsBoundary").failed())?;
        Ok(())
    }

    async fn delete_role_permissions_boundary(&self, role: &str) -> Result<(), CloudError> {
        let call = self.0.delete_role_permissions_boundary().role_name(role);
        call.send().await.map_err(iam("DeleteRolePermissionsBoundary").failed())?;
        Ok(())
    }

    async fn tag_role(&self, role: &str, tags: &Tags) -> Result<(), CloudError> {
        let op = iam("TagRole");
        let call = self.0.tag_role().role_name(role).set_tags(Some(to_tags(op, tags)?));
        call.send().await.map_err(op.failed())?;
        Ok(())
    }

    async fn untag_role(&self, role: &str, keys: &[String]) -> Result<(), CloudError> {
        let call = self.0.untag_role().role_name(role).set_tag_keys(Some(keys.to_vec()));
        call.send().await.map_err(iam("UntagRole").failed())?;
        Ok(())
    }

    async fn delete_role(&self, role: &str) -> Result<(), CloudError> {
        let call = self.0.delete_role().role_name(role);
        call.send().await.map_err(iam("DeleteRole").failed())?;
        Ok(())
    }

    async fn put_role_policy(
        &self,
        role: &str,
        policy: &str,
        document: &str,
    ) -> Result<(), CloudError> {
        let call = self.0.put_role_policy();
        let call = call.role_name(role).policy_name(policy).policy_document(document);
        call.send().await.map_err(iam("PutRolePolicy").failed())?;
        Ok(())
    }

    async fn delete_role_policy(&self, role: &str, policy: &str) -> Result<(), CloudError> {
        let call = self.0.delete_role_policy().role_name(role).policy_name(policy);
        call.send().await.map_err(iam("DeleteRolePolicy").failed())?;
        Ok(())
    }

    async fn attach_role_policy(&self, role: &str, arn: &str) -> Result<(), CloudError> {
        let call = self.0.attach_role_policy().role_name(role).policy_arn(arn);
        call.send().await.map_err(iam("AttachRolePolicy").failed())?;
        Ok(())
    }

    async fn detach_role_policy(&self, role: &str, arn: &str) -> Result<(), CloudError> {
        let call = self.0.detach_role_policy().role_name(role).policy_arn(arn);
        call.send().await.map_err(iam("DetachRolePolicy").failed())?;
        Ok(())
    }

    async fn create_policy(&self, policy: NewPolicy<'_>) -> Result<ManagedPolicy, CloudError> {
        let op = iam("CreatePolicy");
        let NewPolicy { name, path, document, tags } = policy;
        let call = self.0.create_policy().policy_name(name).path(path).policy_document(document);
        let call = call.set_tags(Some(to_tags(op, tags)?));
        let answer = call.send().await.map_err(op.failed())?;
        from_policy(op, op.expect(answer.policy, "policy")?)
    }

    async fn create_policy_version(&self, arn: &str, document: &str) -> Result<String, CloudError> {
        let op = iam("CreatePolicyVersion");
        let call = self.0.create_policy_version().policy_arn(arn);
        let call = call.policy_document(document).set_as_default(true);
        let answer = call.send().await.map_err(op.failed())?;
        let version = op.expect(answer.policy_version, "policy version")?;
        op.expect(version.version_id, "version")
    }

    async fn delete_policy_version(&self, arn: &str, version_id: &str) -> Result<(), CloudError> {
        let call = self.0.delete_policy_version().policy_arn(arn).version_id(version_id);
        call.send().await.map_err(iam("DeletePolicyVersion").failed())?;
        Ok(())
    }

    async fn tag_policy(&self, arn: &str, tags: &Tags) -> Result<(), CloudError> {
        let op = iam("TagPolicy");
        let call = self.0.tag_policy().policy_arn(arn).set_tags(Some(to_tags(op, tags)?));
        call.send().await.map_err(op.failed())?;
        Ok(())
    }

    async fn untag_policy(&self, arn: &str, keys: &[String]) -> Result<(), CloudError> {
        let call = self.0.untag_policy().policy_arn(arn).set_tag_keys(Some(keys.to_vec()));
        call.send().await.map_err(iam("UntagPolicy").failed())?;
        Ok(())
    }

    async fn delete_policy(&self, arn: &str) -> Result<(), CloudError> {
        let call = self.0.delete_policy().policy_arn(arn);
        call.send().await.map_err(iam("DeletePolicy").failed())?;
        Ok(())
    }

    async fn create_instance_profile(
        &self,
        profile: &str,
        tags: &Tags,
    ) -> Result<InstanceProfile, CloudError> {
        let op = iam("CreateInstanceProfile");
        let call = self.0.create_instance_profile().instance_profile_name(profile);
        let call = call.set_tags(Some(to_tags(op, tags)?));
        let answer = call.send().await.map_err(op.failed())?;
        Ok(from_profile(op.expect(answer.instance_profile, "instance profile")?))
    }

    async fn tag_instance_profile(&self, profile: &str, tags: &Tags) -> Result<(), CloudError> {
        let op = iam("TagInstanceProfile");
        let call = self.0.tag_instance_profile().instance_profile_name(profile);
        let call = call.set_tags(Some(to_tags(op, tags)?));
        call.send().await.map_err(op.failed())?;
        Ok(())
    }

    async fn untag_instance_profile(
        &self,
        profile: &str,
        keys: &[String],
    ) -> Result<(), CloudError> {
        let call = self.0.untag_instance_profile().instance_profile_name(profile);
        let call = call.set_tag_keys(Some(keys.to_vec()));
        call.send().await.map_err(iam("UntagInstanceProfile").failed())?;
        Ok(())
    }

    async fn add_role_to_instance_profile(
        &self,
        profile: &str,
        role: &str,
    ) -> Result<(), CloudError> {
        let call = self.0.add_role_to_instance_profile();
        let call = call.instance_profile_name(profile).role_name(role);
        call.send().await.map_err(iam("AddRoleToInstanceProfile").failed())?;
        Ok(())
    }

    async fn remove_role_from_instance_profile(
        &self,
        profile: &str,
        role: &str,
    ) -> Result<(), CloudError> {
        let call = self.0.remove_role_from_instance_profile();
        let call = call.instance_profile_name(profile).role_name(role);
        call.send().await.map_err(iam("RemoveRoleFromInstanceProfile").failed())?;
        Ok(())
    }

    async fn delete_instance_profile(&self, profile: &str) -> Result<(), CloudError> {
        let call = self.0.delete_instance_profile().instance_profile_name(profile);
        call.send().await.map_err(iam("DeleteInstanceProfile").failed())?;
        Ok(())
    }

    async fn create_oidc_provider(
        &self,
        provider: NewOidcProvider<'_>,
    ) -> Result<String, CloudError> {
        let op = iam("CreateOpenIDConnectProvider");
        let NewOidcProvider { url, client_ids, thumbprints, tags } = provider;
        let call = self.0.create_open_id_connect_provider().url(url);
        let call = call.set_client_id_list(Some(client_ids.iter().cloned().collect()));
        let call = call.set_thumbprint_list(Some(thumbprints.iter().cloned().collect()));
        let call = call.set_tags(Some(to_tags(op, tags)?));
        let answer = call.send().await.map_err(op.failed())?;
        op.expect(answer.open_id_connect_provider_arn, "ARN")
    }

    async fn update_oidc_provider_thumbprints(
        &self,
        arn: &str,
        thumbprints: &BTreeSet<String>,
    ) -> Result<(), CloudError> {
        let op = iam("UpdateOpenIDConnectProviderThumbprint");
        let call = self.0.update_open_id_connect_provider_thumbprint();
        let call = call.open_id_connect_provider_arn(arn);
        let call = call.set_thumbprint_list(Some(thumbprints.iter().cloned().collect()));
        call.send().await.map_err(op.failed())?;
        Ok(())
    }

    async fn add_client_id(&self, arn: &str, client_id: &str) -> Result<(), CloudError> {
        let op = iam("AddClientIDToOpenIDConnectProvider");
        let call = self.0.add_client_id_to_open_id_connect_provider();
        let call = call.open_id_connect_provider_arn(arn).client_id(client_id);
        call.send().await.map_err(op.failed())?;
        Ok(())
    }

    async fn remove_client_id(&self, arn: &str, client_id: &str) -> Result<(), CloudError> {
        let op = iam("RemoveClientIDFromOpenIDConnectProvider");
        let call = self.0.remove_client_id_from_open_id_connect_provider();
        let call = call.open_id_connect_provider_arn(arn).client_id(client_id);
        call.send().await.map_err(op.failed())?;
        Ok(())
    }

    async fn tag_oidc_provider(&self, arn: &str, tags: &Tags) -> Result<(), CloudError> {
        let op = iam("TagOpenIDConnectProvider");
        let call = self.0.tag_open_id_connect_provider().open_id_connect_provider_arn(arn);
        let call = call.set_tags(Some(to_tags(op, tags)?));
        call.send().await.map_err(op.failed())?;
        Ok(())
    }

    async fn untag_oidc_provider(&self, arn: &str, keys: &[String]) -> Result<(), CloudError> {
        let op = iam("UntagOpenIDConnectProvider");
        let call = self.0.untag_open_id_connect_provider().open_id_connect_provider_arn(arn);
        let call = call.set_tag_keys(Some(keys.to_vec()));
        call.send().await.map_err(op.failed())?;
        Ok(())
    }

    async fn delete_oidc_provider(&self, arn: &str) -> Result<(), CloudError> {
        let call = self.0.delete_open_id_connect_provider().open_id_connect_provider_arn(arn);
        call.send().await.map_err(iam("DeleteOpenIDConnectProvider").failed())?;
        Ok(())
    }
}

fn owned(text: Option<&str>) -> Option<String> {
    text.map(ToOwned::to_owned)
}

fn from_role(op: Operation, role: types::Role) -> Result<Role, CloudError> {
    Ok(Role {
        name: role.role_name,
        path: role.path,
        id: role.role_id,
        arn: role.arn,
        assume_role_policy_document: WireDocument(
            op.expect(role.assume_role_policy_document, "trust document")?,
        ),
        permissions_boundary: role
            .permissions_boundary
            .and_then(|boundary| boundary.permissions_boundary_arn),
        tags: from_tags(role.tags),
    })
}

fn from_policy(op: Operation, policy: types::Policy) -> Result<ManagedPolicy, CloudError> {
    Ok(ManagedPolicy {
        arn: op.expect(policy.arn, "policy ARN")?,
        name: op.expect(policy.policy_name, "policy name")?,
        path: policy.path.unwrap_or_else(|| "/".to_owned()),
        default_version_id: op.expect(policy.default_version_id, "default version")?,
        tags: from_tags(policy.tags),
    })
}

fn from_profile(profile: types::InstanceProfile) -> InstanceProfile {
    InstanceProfile {
        name: profile.instance_profile_name,
        path: profile.path,
        id: profile.instance_profile_id,
        arn: profile.arn,
        roles: profile.roles.into_iter().map(|role| role.role_name).collect(),
        tags: from_tags(profile.tags),
    }
}

fn from_tags(tags: Option<Vec<types::Tag>>) -> Tags {
    tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect()
}

fn to_tags(op: Operation, tags: &Tags) -> Result<Vec<types::Tag>, CloudError> {
    let tag =
        |(key, value): (&String, &String)| types::Tag::builder().key(key).value(value).build();
    tags.iter().map(tag).collect::<Result<_, _>>().map_err(|error| op.unsent(&error))
}

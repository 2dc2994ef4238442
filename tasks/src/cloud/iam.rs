//! IAM: roles, their policies, and the instance profiles that hand them to instances.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use serde::Serialize;

use super::{CloudError, Page};
use crate::policy::{Document, DocumentError};

/// Tags of an IAM object, at most 50.
pub type Tags = BTreeMap<String, String>;

/// A policy document as IAM answers it: percent-encoded (RFC 3986), or, from emulators, plain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WireDocument(pub String);

impl WireDocument {
    /// The text, decoded. A `+` stays a `+`.
    pub fn text(&self) -> String {
        // A document always starts with `{`, encoded or not: that tells the two apart.
        if self.0.trim_start().starts_with('{') {
            return self.0.clone();
        }
        percent_encoding::percent_decode_str(&self.0).decode_utf8_lossy().into_owned()
    }

    /// The document.
    ///
    /// # Errors
    ///
    /// Where the text is not a policy document.
    pub fn parse(&self) -> Result<Document, DocumentError> {
        Document::parse(&self.text())
    }
}

/// A role, as `GetRole` answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its name, unique in the account whatever the case of its letters.
    pub name: String,
    /// Its path: `/` or `/…/`.
    pub path: String,
    /// Its unique id: `AROA…`.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Who may assume it.
    pub assume_role_policy_document: WireDocument,
    /// The ARN of the policy that bounds it.
    pub permissions_boundary: Option<String>,
    /// Its tags. `ListRoles` leaves them out.
    pub tags: Tags,
}

/// What `CreateRole` is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRole<'a> {
    /// Its name, 1 to 64 characters of `[\w+=,.@-]`.
    pub name: &'a str,
    /// Who may assume it: a policy document's text.
    pub assume_role_policy_document: &'a str,
    /// The ARN of the policy that bounds it.
    pub permissions_boundary: Option<&'a str>,
    /// Its tags.
    pub tags: &'a Tags,
}

/// A managed policy that is attached to a role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AttachedPolicy {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
}

/// A managed policy, of the account or of AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagedPolicy {
    /// Its ARN.
    pub arn: String,
    /// Its name, unique in the account whatever the case of its letters.
    pub name: String,
    /// Its path: `/` or `/…/`.
    pub path: String,
    /// The version in force: `v1`.
    pub default_version_id: String,
    /// Its tags. `ListPolicies` leaves them out.
    pub tags: Tags,
}

/// What `CreatePolicy` is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPolicy<'a> {
    /// Its name, 1 to 128 characters of `[\w+=,.@-]`.
    pub name: &'a str,
    /// Its path: `/`, or segments of `[A-Za-z0-9.,+@=_-]` with a `/` before, between and after.
    pub path: &'a str,
    /// The text of its document, which becomes version `v1`.
    pub document: &'a str,
    /// Its tags.
    pub tags: &'a Tags,
}

/// A version of a managed policy, as `ListPolicyVersions` answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyVersion {
    /// Its id: `v` and a number, which no later version of the policy has again.
    pub id: String,
    /// Whether it is the one in force.
    pub is_default: bool,
}

/// An instance profile, as `GetInstanceProfile` answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceProfile {
    /// Its name, unique in the account whatever the case of its letters.
    pub name: String,
    /// Its path: `/` or `/…/`.
    pub path: String,
    /// Its unique id: `AIPA…`.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// The names of the roles in it: none or one.
    pub roles: Vec<String>,
    /// Its tags.
    pub tags: Tags,
}

/// An OpenID Connect provider, as `GetOpenIDConnectProvider` answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcProvider {
    /// Its URL, without the `https://` that it was created with.
    pub url: String,
    /// Its client ids: whom its tokens are for, which is also called their audience.
    pub client_ids: BTreeSet<String>,
    /// The SHA-1 thumbprints of the certificates that its server may show.
    pub thumbprints: BTreeSet<String>,
    /// Its tags.
    pub tags: Tags,
}

/// What `CreateOpenIDConnectProvider` is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOidcProvider<'a> {
    /// Its URL: `https://…`, at most 255 characters, told apart by the case of its letters.
    pub url: &'a str,
    /// Its client ids, at most 100, each of 1 to 255 characters.
    pub client_ids: &'a BTreeSet<String>,
    /// The thumbprints of its server's certificates, at most five, each of 40 hexadecimal digits.
    pub thumbprints: &'a BTreeSet<String>,
    /// Its tags.
    pub tags: &'a Tags,
}

/// The account's own limits, from `GetAccountSummary`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Quotas {
    /// Characters of all inline policies of a role together, white space not counted.
    pub role_policy_size: usize,
    /// Characters of a trust document, white space not counted.
    pub assume_role_policy_size: usize,
    /// Characters of a managed policy, white space not counted.
    pub policy_size: usize,
    /// Managed policies that may be attached to a role.
    pub attached_policies_per_role: usize,
}

impl Default for Quotas {
    /// AWS's defaults: 10,240, 2,048, 6,144 and 10.
    fn default() -> Self {
        Self {
            role_policy_size: 10_240,
            assume_role_policy_size: 2_048,
            policy_size: 6_144,
            attached_policies_per_role: 10,
        }
    }
}

/// What can be read from IAM. What is not there is `NoSuchEntity`.
#[async_trait]
pub trait IamReader: Send + Sync {
    /// `GetRole`.
    async fn get_role(&self, role: &str) -> Result<Role, CloudError>;
    /// `ListRoles`, a part at a time, in order of name; without tags.
    async fn list_roles(&self, marker: Option<&str>) -> Result<Page<Role>, CloudError>;
    /// `GetRolePolicy`: one inline policy.
    async fn get_role_policy(&self, role: &str, policy: &str) -> Result<WireDocument, CloudError>;
    /// `ListRolePolicies`: the names of the inline policies, a part at a time.
    async fn list_role_policies(
        &self,
        role: &str,
        marker: Option<&str>,
    ) -> Result<Page<String>, CloudError>;
    /// `ListAttachedRolePolicies`, a part at a time.
    async fn list_attached_role_policies(
        &self,
        role: &str,
        marker: Option<&str>,
    ) -> Result<Page<AttachedPolicy>, CloudError>;
    /// `GetPolicy`: a managed policy of the account or of AWS.
    async fn get_policy(&self, arn: &str) -> Result<ManagedPolicy, CloudError>;
    /// `GetPolicyVersion`: a managed policy's document.
    async fn get_policy_version(
        &self,
        arn: &str,
        version_id: &str,
    ) -> Result<WireDocument, CloudError>;
    /// `ListPolicyVersions`, a part at a time: five at most, in no order that can be relied on.
    async fn list_policy_versions(
        &self,
        arn: &str,
        marker: Option<&str>,
    ) -> Result<Page<PolicyVersion>, CloudError>;
    /// `ListPolicies` of the account's own (scope `Local`), below a path (`/…/`), a part at a time;
    /// without tags.
    async fn list_policies(
        &self,
        path_prefix: &str,
        marker: Option<&str>,
    ) -> Result<Page<ManagedPolicy>, CloudError>;
    /// `GetInstanceProfile`.
    async fn get_instance_profile(&self, profile: &str) -> Result<InstanceProfile, CloudError>;
    /// `ListInstanceProfiles`, a part at a time; without tags.
    async fn list_instance_profiles(
        &self,
        marker: Option<&str>,
    ) -> Result<Page<InstanceProfile>, CloudError>;
    /// `ListInstanceProfilesForRole`, a part at a time; without tags.
    async fn list_instance_profiles_for_role(
        &self,
        role: &str,
        marker: Option<&str>,
    ) -> Result<Page<InstanceProfile>, CloudError>;
    /// `ListOpenIDConnectProviders`: the ARNs of all of them.
    async fn list_oidc_providers(&self) -> Result<Vec<String>, CloudError>;
    /// `GetOpenIDConnectProvider`. Its ARN is known beforehand: see
    /// [`oidc_provider_arn`](crate::arn::oidc_provider_arn).
    async fn get_oidc_provider(&self, arn: &str) -> Result<OidcProvider, CloudError>;
    /// `GetAccountSummary`, as far as it says limits.
    async fn get_account_summary(&self) -> Result<Quotas, CloudError>;
}

/// What can be written to IAM.
#[async_trait]
pub trait IamWriter: Send + Sync {
    /// `CreateRole`, tags and boundary included, so that there is no moment without them.
    async fn create_role(&self, role: NewRole<'_>) -> Result<Role, CloudError>;
    /// `UpdateAssumeRolePolicy`.
    async fn update_assume_role_policy(&self, role: &str, document: &str)
    -> Result<(), CloudError>;
    /// `PutRolePermissionsBoundary`.
    async fn put_role_permissions_boundary(&self, role: &str, arn: &str) -> Result<(), CloudError>;
    /// `DeleteRolePermissionsBoundary`.
    async fn delete_role_permissions_boundary(&self, role: &str) -> Result<(), CloudError>;
    /// `TagRole`: adds tags and overwrites those with the same keys.
    async fn tag_role(&self, role: &str, tags: &Tags) -> Result<(), CloudError>;
    /// `UntagRole`.
    async fn untag_role(&self, role: &str, keys: &[String]) -> Result<(), CloudError>;
    /// `DeleteRole`, which must have no policies left and be in no profile.
    async fn delete_role(&self, role: &str) -> Result<(), CloudError>;
    /// `PutRolePolicy`: an inline policy, created or replaced.
    async fn put_role_policy(
        &self,
        role: &str,
        policy: &str,
        document: &str,
    ) -> Result<(), CloudError>;
    /// `DeleteRolePolicy`.
    async fn delete_role_policy(&self, role: &str, policy: &str) -> Result<(), CloudError>;
    /// `AttachRolePolicy`. Attaching what is attached changes nothing.
    async fn attach_role_policy(&self, role: &str, arn: &str) -> Result<(), CloudError>;
    /// `DetachRolePolicy`.
    async fn detach_role_policy(&self, role: &str, arn: &str) -> Result<(), CloudError>;
    /// `CreatePolicy`, path and tags included.
    async fn create_policy(&self, policy: NewPolicy<'_>) -> Result<ManagedPolicy, CloudError>;
    /// `CreatePolicyVersion`, in force at once. Its id. A policy has five versions at most.
    async fn create_policy_version(&self, arn: &str, document: &str) -> Result<String, CloudError>;
    /// `DeletePolicyVersion`, which must not be the one in force.
    async fn delete_policy_version(&self, arn: &str, version_id: &str) -> Result<(), CloudError>;
    /// `TagPolicy`: adds tags and overwrites those with the same keys.
    async fn tag_policy(&self, arn: &str, tags: &Tags) -> Result<(), CloudError>;
    /// `UntagPolicy`.
    async fn untag_policy(&self, arn: &str, keys: &[String]) -> Result<(), CloudError>;
    /// `DeletePolicy`, which must be attached to nothing and have no version but the one in force.
    async fn delete_policy(&self, arn: &str) -> Result<(), CloudError>;
    /// `CreateInstanceProfile`, tags included.
    async fn create_instance_profile(
        &self,
        profile: &str,
        tags: &Tags,
    ) -> Result<InstanceProfile, CloudError>;
    /// `TagInstanceProfile`: adds tags and overwrites those with the same keys.
    async fn tag_instance_profile(&self, profile: &str, tags: &Tags) -> Result<(), CloudError>;
    /// `UntagInstanceProfile`.
    async fn untag_instance_profile(
        &self,
        profile: &str,
        keys: &[String],
    ) -> Result<(), CloudError>;
    /// `AddRoleToInstanceProfile`. A profile holds one role.
    async fn add_role_to_instance_profile(
        &self,
        profile: &str,
        role: &str,
    ) -> Result<(), CloudError>;
    /// `RemoveRoleFromInstanceProfile`.
    async fn remove_role_from_instance_profile(
        &self,
        profile: &str,
        role: &str,
    ) -> Result<(), CloudError>;
    /// `DeleteInstanceProfile`, which must be empty.
    async fn delete_instance_profile(&self, profile: &str) -> Result<(), CloudError>;
    /// `CreateOpenIDConnectProvider`, tags included. Its ARN.
    async fn create_oidc_provider(
        &self,
        provider: NewOidcProvider<'_>,
    ) -> Result<String, CloudError>;
    /// `UpdateOpenIDConnectProviderThumbprint`: these thumbprints in the place of all others.
    async fn update_oidc_provider_thumbprints(
        &self,
        arn: &str,
        thumbprints: &BTreeSet<String>,
    ) -> Result<(), CloudError>;
    /// `AddClientIDToOpenIDConnectProvider`. Adding what is there changes nothing.
    async fn add_client_id(&self, arn: &str, client_id: &str) -> Result<(), CloudError>;
    /// `RemoveClientIDFromOpenIDConnectProvider`. Removing what is not there changes nothing.
    async fn remove_client_id(&self, arn: &str, client_id: &str) -> Result<(), CloudError>;
    /// `TagOpenIDConnectProvider`: adds tags and overwrites those with the same keys.
    async fn tag_oidc_provider(&self, arn: &str, tags: &Tags) -> Result<(), CloudError>;
    /// `UntagOpenIDConnectProvider`.
    async fn untag_oidc_provider(&self, arn: &str, keys: &[String]) -> Result<(), CloudError>;
    /// `DeleteOpenIDConnectProvider`. Deleting what is not there changes nothing.
    async fn delete_oidc_provider(&self, arn: &str) -> Result<(), CloudError>;
}

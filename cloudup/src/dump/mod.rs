//! What a cluster owns in the account, by section: for people to read and programs to compare.
//!
//! A thing is the cluster's if its ownership tag says so. Things of IAM are looked for among the
//! names that the cluster's things can have, so that a large account need not be read whole; of
//! identity providers, which are named by address and few, every one is read. Things of EC2 are
//! found by their tags.

use std::collections::{BTreeMap, BTreeSet};

use cloudup_tasks::{
    cloud::{
        CloudError, CloudReader, all_pages,
        iam::{InstanceProfile as FoundProfile, Role as FoundRole, Tags, WireDocument},
    },
    iam::Owner,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

pub mod compute;
pub mod network;

use self::{
    compute::{AutoscalingGroup, KeyPair, LaunchTemplate, LifecycleHook},
    network::Network,
};
use crate::{manifest::InstanceGroup, names};

/// What a cluster owns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Dump {
    /// IAM roles, by name.
    pub roles: BTreeMap<String, Role>,
    /// The documents of inline policies, by `ROLE/POLICY`.
    pub inline_policies: BTreeMap<String, Value>,
    /// Managed policies of the cluster's own, by ARN.
    pub managed_policies: BTreeMap<String, ManagedPolicy>,
    /// Managed policies attached to the roles, in order.
    pub policy_attachments: Vec<Attachment>,
    /// Instance profiles, by name.
    pub instance_profiles: BTreeMap<String, InstanceProfile>,
    /// Launch templates, by name.
    pub launch_templates: BTreeMap<String, LaunchTemplate>,
    /// Auto Scaling groups, by name.
    pub autoscaling_groups: BTreeMap<String, AutoscalingGroup>,
    /// Their lifecycle hooks, by `GROUP/HOOK`.
    pub autoscaling_lifecycle_hooks: BTreeMap<String, LifecycleHook>,
    /// Key pairs, by name: those that launch templates name.
    pub key_pairs: BTreeMap<String, KeyPair>,
    /// Identity providers, by their addresses.
    pub oidc_providers: Vec<OidcProvider>,
    /// The network, in sections of its own.
    #[serde(flatten)]
    pub network: Network,
}

/// An IAM role.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Role {
    /// Who may assume it: a document, or the text that stands in its place.
    pub assume_role_policy: Value,
    /// The ARN of the policy that bounds it.
    pub permissions_boundary: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// A managed policy of the cluster's own.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ManagedPolicy {
    /// The document in force, or the text that stands in its place.
    pub policy: Value,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// A managed policy attached to a role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Attachment {
    /// The role's name.
    pub role: String,
    /// The policy's ARN.
    pub policy_arn: String,
}

/// An instance profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct InstanceProfile {
    /// The name of the role in it.
    pub role: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// An identity provider that speaks OpenID Connect.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct OidcProvider {
    /// Its address: `https://…`.
    pub url: String,
    /// Whom its tokens are for.
    pub client_id_list: BTreeSet<String>,
    /// SHA-1 thumbprints of the certificates that it may show.
    pub thumbprint_list: BTreeSet<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// Why the account could not be read.
#[derive(Debug, thiserror::Error)]
#[error("could not {doing}")]
pub struct DumpError {
    /// What was asked, as it follows "could not".
    pub doing: String,
    /// The answer.
    pub source: Box<CloudError>,
}

trait While<T> {
    fn doing(self, doing: impl FnOnce() -> String) -> Result<T, DumpError>;
}

impl<T> While<T> for Result<T, CloudError> {
    fn doing(self, doing: impl FnOnce() -> String) -> Result<T, DumpError> {
        self.map_err(|source| DumpError { doing: doing(), source: source.into() })
    }
}

/// What `cluster` owns in the account. Its rules are looked for also in the security groups of
/// others that its `groups` name.
///
/// # Errors
///
/// The first question that was not answered.
pub async fn dump(
    reader: &dyn CloudReader,
    cluster: &str,
    groups: &[InstanceGroup],
) -> Result<Dump, DumpError> {
    let of = Search { reader, cluster, groups, owner: Owner::new(cluster) };
    let mut dump = Dump::default();
    for role in of.roles().await? {
        of.policies(&role.name, &mut dump).await?;
        let described = Role {
            assume_role_policy: document(&role.assume_role_policy_document),
            permissions_boundary: role.permissions_boundary,
            tags: role.tags,
        };
        dump.roles.insert(role.name, described);
    }
    dump.policy_attachments.sort();
    dump.managed_policies = of.managed_policies().await?;
    for profile in of.profiles().await? {
        let role = profile.roles.into_iter().next();
        let described = InstanceProfile { role, tags: profile.tags };
        dump.instance_profiles.insert(profile.name, described);
    }
    dump.oidc_providers = of.oidc_providers().await?;
    of.compute(&mut dump).await?;
    dump.network = of.network().await?;
    Ok(dump)
}

/// A look for what one cluster owns.
struct Search<'a> {
    reader: &'a dyn CloudReader,
    cluster: &'a str,
    groups: &'a [InstanceGroup],
    owner: Owner,
}

impl Search<'_> {
    fn is_owned(&self, tags: &Tags) -> bool {
        tags.get(&self.owner.tag_key()).is_some_and(|value| value == "owned")
    }

    /// Listings have no tags, so each thing that may be ours by its name is asked for.
    async fn roles(&self) -> Result<Vec<FoundRole>, DumpError> {
        let iam = self.reader.iam();
        let listed =
            all_pages(async |marker: Option<String>| iam.list_roles(marker.as_deref()).await)
                .await
                .doing(|| "list the roles".to_owned())?;
        let mut roles = Vec::new();
        for role in listed.iter().filter(|role| names::may_be_of(&role.name, self.cluster)) {
            let found = CloudError::absent(iam.get_role(&role.name).await)
                .doing(|| format!("read role {}", role.name))?;
            roles.extend(found.filter(|role| self.is_owned(&role.tags)));
        }
        Ok(roles)
    }

    /// Those below the cluster's path; listings have no tags.
    async fn managed_policies(&self) -> Result<BTreeMap<String, ManagedPolicy>, DumpError> {
        let (iam, path) = (self.reader.iam(), names::policy_path(self.cluster));
        let listed = all_pages(async |marker: Option<String>| {
            iam.list_policies(&path, marker.as_deref()).await
        })
        .await
        .doing(|| format!("list the managed policies below {path}"))?;
        let mut policies = BTreeMap::new();
        for arn in listed.into_iter().map(|policy| policy.arn) {
            let found = CloudError::absent(iam.get_policy(&arn).await)
                .doing(|| format!("read managed policy {arn}"))?;
            let Some(policy) = found.filter(|policy| self.is_owned(&policy.tags)) else { continue };
            let text = iam.get_policy_version(&arn, &policy.default_version_id).await;
            let text = CloudError::absent(text).doing(|| format!("read the document of {arn}"))?;
            let Some(text) = text else { continue };
            let described = ManagedPolicy { policy: document(&text), tags: policy.tags };
            policies.insert(arn, described);
        }
        Ok(policies)
    }

    async fn profiles(&self) -> Result<Vec<FoundProfile>, DumpError> {
        let iam = self.reader.iam();
        let listed = all_pages(async |marker: Option<String>| {
            iam.list_instance_profiles(marker.as_deref()).await
        })
        .await
        .doing(|| "list the instance profiles".to_owned())?;
        let mut profiles = Vec::new();
        for profile in listed.iter().filter(|p| names::may_be_of(&p.name, self.cluster)) {
            let found = CloudError::absent(iam.get_instance_profile(&profile.name).await)
                .doing(|| format!("read instance profile {}", profile.name))?;
            profiles.extend(found.filter(|profile| self.is_owned(&profile.tags)));
        }
        Ok(profiles)
    }

    /// Their addresses say nothing about whose they are, so that all are asked for.
    async fn oidc_providers(&self) -> Result<Vec<OidcProvider>, DumpError> {
        let iam = self.reader.iam();
        let listed = iam.list_oidc_providers().await;
        let mut providers = Vec::new();
        for arn in listed.doing(|| "list the OpenID Connect providers".to_owned())? {
            let found = CloudError::absent(iam.get_oidc_provider(&arn).await)
                .doing(|| format!("read {arn}"))?;
            let ours = found.filter(|provider| self.is_owned(&provider.tags));
            providers.extend(ours.map(|provider| OidcProvider {
                url: format!("https://{}", provider.url),
                client_id_list: provider.client_ids,
                thumbprint_list: provider.thumbprints,
                tags: provider.tags,
            }));
        }
        providers.sort();
        Ok(providers)
    }

    /// The inline and the attached policies of a role.
    async fn policies(&self, role: &str, dump: &mut Dump) -> Result<(), DumpError> {
        let iam = self.reader.iam();
        let inline = all_pages(async |marker: Option<String>| {
            iam.list_role_policies(role, marker.as_deref()).await
        })
        .await
        .doing(|| format!("list the inline policies of role {role}"))?;
        for policy in inline {
            let text = CloudError::absent(iam.get_role_policy(role, &policy).await)
                .doing(|| format!("read inline policy {policy} of role {role}"))?;
            if let Some(text) = text {
                dump.inline_policies.insert(format!("{role}/{policy}"), document(&text));
            }
        }
        let attached = all_pages(async |marker: Option<String>| {
            iam.list_attached_role_policies(role, marker.as_deref()).await
        })
        .await
        .doing(|| format!("list the policies attached to role {role}"))?;
        dump.policy_attachments.extend(
            attached
                .into_iter()
                .map(|policy| Attachment { role: role.to_owned(), policy_arn: policy.arn }),
        );
        Ok(())
    }
}

/// A document as JSON, in its canonical form, or else its text as it is.
fn document(wire: &WireDocument) -> Value {
    wire.parse().map_or_else(|_| Value::String(wire.text()), |document| document.to_value())
}

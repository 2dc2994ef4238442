//! What an account holds: the format of its file, and of a seed.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::{
    Fault,
    by_name::{ByName, Named},
    vpc::state::{
        Address, DhcpOptions, Gateway, NatGateway, RouteTable, SecurityGroup, Subnet, Vpc,
    },
};
use crate::cloud::{
    autoscaling::{AutoScalingGroup, GroupInstance, LifecycleHook},
    ec2::{Image, Instance, InstanceType, KeyPair, LaunchTemplateData},
    iam::{Quotas, Tags},
};

/// The version of the format that this crate reads and writes.
pub const SCHEMA_VERSION: u32 = 1;

/// An object that the account keeps as it was given.
pub type Kept = BTreeMap<String, Value>;

/// What an account holds.
///
/// Its JSON is the account's file, and a seed: a seed says what it wants to differ from
/// [`State::default`], an empty account `123456789012` in `us-east-1`. See the
/// [module's documentation](super) for the keys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct State {
    /// The version of the format: 1.
    pub schema_version: u32,
    /// The account's twelve digits.
    pub account_id: String,
    /// The partition, as ARNs spell it: `aws`, `aws-cn`, `aws-us-gov` or any other.
    pub partition: String,
    /// The region.
    pub region: String,
    /// The region's availability zones.
    pub availability_zones: Vec<String>,
    /// Route 53's hosted zones.
    pub hosted_zones: Vec<HostedZone>,
    /// IAM roles.
    pub roles: ByName<Role>,
    /// Instance profiles.
    pub instance_profiles: ByName<InstanceProfile>,
    /// OpenID Connect providers.
    #[serde(skip_serializing_if = "ByName::is_empty")]
    pub oidc_providers: ByName<OidcProvider>,
    /// Managed policies of the account, and those of AWS beyond the ones it knows by itself.
    pub managed_policies: Vec<ManagedPolicy>,
    /// EC2 launch templates.
    pub launch_templates: ByName<LaunchTemplate>,
    /// The account's limits.
    pub quotas: Limits,
    /// What goes wrong, and when.
    pub faults: Vec<Fault>,
    /// How many items a part of a listing holds.
    pub page_size: usize,

    /// Machine images. Where none are given, every public image is there.
    pub images: Vec<Image>,
    /// Instance types. Where none are given, every type is there, without disks of its own.
    pub instance_types: Vec<InstanceType>,
    /// EC2 key pairs.
    #[serde(skip_serializing_if = "ByName::is_empty")]
    pub key_pairs: ByName<KeyPair>,
    /// Instances.
    #[serde(skip_serializing_if = "ByName::is_empty")]
    pub instances: ByName<Instance>,
    /// How many looks at an instance that was terminated it takes until it is gone; the looks before
    /// say `shutting-down`.
    #[serde(skip_serializing_if = "is_zero")]
    pub instance_end_looks: u64,
    /// Auto Scaling groups.
    #[serde(skip_serializing_if = "ByName::is_empty")]
    pub auto_scaling_groups: ByName<AutoScalingGroup>,
    /// The instances of warm pools, by the group's name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub warm_instances: BTreeMap<String, Vec<GroupInstance>>,
    /// How many looks at a group it takes until a new instance of it is in service; the looks
    /// before say `Pending`.
    #[serde(skip_serializing_if = "is_zero")]
    pub instance_start_looks: u64,
    /// The lifecycle hooks of Auto Scaling groups, by the group's name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub lifecycle_hooks: BTreeMap<String, Vec<LifecycleHook>>,
    /// VPCs.
    pub vpcs: ByName<Vpc>,
    /// DHCP options.
    #[serde(skip_serializing_if = "ByName::is_empty")]
    pub dhcp_options: ByName<DhcpOptions>,
    /// Internet gateways.
    pub internet_gateways: ByName<Gateway>,
    /// Egress-only internet gateways.
    pub egress_only_internet_gateways: ByName<Gateway>,
    /// Subnets.
    pub subnets: ByName<Subnet>,
    /// Route tables.
    pub route_tables: ByName<RouteTable>,
    /// Elastic IP addresses.
    pub elastic_ips: ByName<Address>,
    /// NAT gateways.
    pub nat_gateways: ByName<NatGateway>,
    /// Security groups.
    #[serde(skip_serializing_if = "ByName::is_empty")]
    pub security_groups: ByName<SecurityGroup>,
    /// Load balancer target groups, kept as given.
    pub target_groups: Vec<Kept>,

    /// The number of the last id that was given out.
    #[serde(skip_serializing_if = "is_zero")]
    pub last_id: u64,
    /// What has not arrived everywhere yet: how many reads of it still answer that it is not
    /// there.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub late: BTreeMap<String, u64>,
    /// The instances that are not in service yet: for how many more looks.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub starting: BTreeMap<String, u64>,
    /// The instances that are on their way out: for how many more looks.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub ending: BTreeMap<String, u64>,
    /// What the account was seeded with, which a reset goes back to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<Kept>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Default for State {
    fn default() -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            account_id: "123456789012".into(),
            partition: "aws".into(),
            region: "us-east-1".into(),
            availability_zones: ["a", "b", "c"].map(|zone| format!("us-east-1{zone}")).into(),
            hosted_zones: Vec::new(),
            roles: ByName::default(),
            instance_profiles: ByName::default(),
            oidc_providers: ByName::default(),
            managed_policies: Vec::new(),
            launch_templates: ByName::default(),
            quotas: Limits::default(),
            faults: Vec::new(),
            page_size: 100,
            images: Vec::new(),
            instance_types: Vec::new(),
            key_pairs: ByName::default(),
            instances: ByName::default(),
            instance_end_looks: 0,
            auto_scaling_groups: ByName::default(),
            warm_instances: BTreeMap::new(),
            instance_start_looks: 0,
            lifecycle_hooks: BTreeMap::new(),
            vpcs: ByName::default(),
            dhcp_options: ByName::default(),
            internet_gateways: ByName::default(),
            egress_only_internet_gateways: ByName::default(),
            subnets: ByName::default(),
            route_tables: ByName::default(),
            elastic_ips: ByName::default(),
            nat_gateways: ByName::default(),
            security_groups: ByName::default(),
            target_groups: Vec::new(),
            last_id: 0,
            late: BTreeMap::new(),
            starting: BTreeMap::new(),
            ending: BTreeMap::new(),
            seed: None,
        }
    }
}

impl State {
    /// The ARN of an IAM object of this account: `kind` is `role`, `path` starts and ends with `/`.
    pub fn iam_arn(&self, kind: &str, path: &str, name: &str) -> String {
        format!("arn:{}:iam::{}:{kind}{path}{name}", self.partition, self.account_id)
    }

    /// A unique id that starts with `prefix`, such as `AROA`. The ids of an account are given out
    /// in one order, so that the same calls meet the same ids.
    pub(super) fn next_iam_id(&mut self, prefix: &str) -> String {
        self.last_id += 1;
        format!("{prefix}CLOUDUP{:010}", self.last_id)
    }

    /// An id as EC2 gives them out: `prefix` is `lt`.
    pub(super) fn next_ec2_id(&mut self, prefix: &str) -> String {
        self.last_id += 1;
        format!("{prefix}-{:017x}", self.last_id)
    }
}

/// The text of a policy document. JSON may give the document itself instead of its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct DocumentText(pub String);

impl<'de> Deserialize<'de> for DocumentText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Value::deserialize(deserializer)? {
            Value::String(text) => Self(text),
            document => Self(document.to_string()),
        })
    }
}

impl JsonSchema for DocumentText {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "DocumentText".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "object"] })
    }
}

/// A hosted zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HostedZone {
    /// Its id, without `/hostedzone/`.
    pub id: String,
    /// Its name, with the final dot.
    pub name: String,
    /// Whether only its VPCs see it.
    #[serde(default)]
    pub private: bool,
    /// The ids of the VPCs that see a private zone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vpcs: Vec<String>,
}

/// An IAM role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Its path. By default `/`.
    #[serde(default = "root_path")]
    pub path: String,
    /// Its unique id. By default the account's next.
    #[serde(default)]
    pub id: String,
    /// Its ARN. By default from the account and the name.
    #[serde(default)]
    pub arn: String,
    /// Who may assume it. By default EC2.
    #[serde(default = "ec2_trust")]
    pub assume_role_policy_document: DocumentText,
    /// The ARN of the policy that bounds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions_boundary: Option<String>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
    /// Its inline policies by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inline_policies: BTreeMap<String, DocumentText>,
    /// The ARNs of the managed policies attached to it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub attached_policies: BTreeSet<String>,
}

impl Named for Role {
    fn name(&self) -> &str {
        &self.name
    }
}

impl Role {
    pub(super) fn named(name: &str) -> Self {
        Self {
            name: name.into(),
            path: root_path(),
            id: String::new(),
            arn: String::new(),
            assume_role_policy_document: ec2_trust(),
            permissions_boundary: None,
            tags: Tags::new(),
            inline_policies: BTreeMap::new(),
            attached_policies: BTreeSet::new(),
        }
    }
}

pub(super) fn root_path() -> String {
    "/".into()
}

/// A trust document that lets EC2 instances assume the role.
fn ec2_trust() -> DocumentText {
    DocumentText(
        serde_json::json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "Service": "ec2.amazonaws.com" },
                "Action": "sts:AssumeRole",
            }],
        })
        .to_string(),
    )
}

/// An instance profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InstanceProfile {
    /// Its name.
    pub name: String,
    /// Its path. By default `/`.
    #[serde(default = "root_path")]
    pub path: String,
    /// Its unique id. By default the account's next.
    #[serde(default)]
    pub id: String,
    /// Its ARN. By default from the account and the name; one of another account is kept.
    #[serde(default)]
    pub arn: String,
    /// The role in it. A seed's role that is not among `roles` is made, for EC2 to assume.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<RoleName>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

impl Named for InstanceProfile {
    fn name(&self) -> &str {
        &self.name
    }
}

/// An OpenID Connect provider. Its ARN follows from the account and its URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OidcProvider {
    /// Its URL: `https://…`.
    pub url: String,
    /// Its client ids.
    #[serde(default)]
    pub client_ids: BTreeSet<String>,
    /// The thumbprints of its server's certificates.
    #[serde(default)]
    pub thumbprints: BTreeSet<String>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

impl Named for OidcProvider {
    fn name(&self) -> &str {
        &self.url
    }

    /// As it is: the case of a URL's letters counts.
    fn key(url: &str) -> String {
        url.into()
    }
}

/// Which role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoleName {
    /// Its name.
    pub name: String,
}

/// A managed policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ManagedPolicy {
    /// Its ARN, which may be of another account or of AWS.
    pub arn: String,
    /// The version in force: `v1`.
    #[serde(default = "first_version")]
    pub default_version_id: String,
    /// The documents by version.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub versions: BTreeMap<String, DocumentText>,
    /// The document in force, a shorter way to give one version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentText>,
    /// The number of the last version there was, if it is not among `versions` any more.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub last_version: u64,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

impl ManagedPolicy {
    /// The document in force.
    pub fn in_force(&self) -> Option<&DocumentText> {
        self.versions.get(&self.default_version_id)
    }
}

fn first_version() -> String {
    "v1".into()
}

/// A launch template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LaunchTemplate {
    /// Its name.
    pub name: String,
    /// Its id. By default the account's next.
    #[serde(default)]
    pub id: String,
    /// The number of its default version.
    #[serde(default = "one")]
    pub default_version: i64,
    /// What its versions hold, from number 1 on; `null` where one was deleted.
    pub versions: Vec<Option<LaunchTemplateData>>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

impl Named for LaunchTemplate {
    fn name(&self) -> &str {
        &self.name
    }

    fn key(name: &str) -> String {
        name.into()
    }
}

impl Named for KeyPair {
    fn name(&self) -> &str {
        &self.name
    }

    fn key(name: &str) -> String {
        name.into()
    }
}

impl Named for Instance {
    fn name(&self) -> &str {
        &self.id
    }
}

impl Named for AutoScalingGroup {
    fn name(&self) -> &str {
        &self.name
    }

    fn key(name: &str) -> String {
        name.into()
    }
}

fn one() -> i64 {
    1
}

/// The account's limits. What is left out has AWS's default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Limits {
    /// Characters of all inline policies of a role together, white space not counted: 10,240.
    pub role_policy_size: usize,
    /// Characters of a trust document, white space not counted: 2,048.
    pub assume_role_policy_size: usize,
    /// Characters of a managed policy, white space not counted: 6,144.
    pub policy_size: usize,
    /// Managed policies that may be attached to a role: 10.
    pub attached_policies_per_role: usize,
    /// Tags of a role or an instance profile: 50.
    pub tags: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let Quotas {
            role_policy_size,
            assume_role_policy_size,
            policy_size,
            attached_policies_per_role,
        } = Quotas::default();
        Self {
            role_policy_size,
            assume_role_policy_size,
            policy_size,
            attached_policies_per_role,
            tags: 50,
        }
    }
}

impl From<&Limits> for Quotas {
    fn from(limits: &Limits) -> Self {
        Self {
            role_policy_size: limits.role_policy_size,
            assume_role_policy_size: limits.assume_role_policy_size,
            policy_size: limits.policy_size,
            attached_policies_per_role: limits.attached_policies_per_role,
        }
    }
}

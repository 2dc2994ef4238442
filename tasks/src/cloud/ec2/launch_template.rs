//! Launch templates: what instances are started with.
//!
//! The types' JSON is also the embedded account's.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Tagged;
use crate::cloud::iam::Tags;

/// A launch template, without what its versions hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchTemplate {
    /// Its id: `lt-…`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The number of the version in force.
    pub default_version: i64,
    /// The number of the newest version.
    pub latest_version: i64,
    /// The template's own tags.
    pub tags: Tags,
}

/// A version of a launch template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchTemplateVersion {
    /// The template's id.
    pub template_id: String,
    /// The template's name.
    pub template_name: String,
    /// Its number, from 1 on.
    pub number: i64,
    /// Whether it is the template's default.
    pub is_default: bool,
    /// What it holds.
    pub data: LaunchTemplateData,
    /// What it holds beyond that, by the names of EC2's parameters: `HibernationOptions`,
    /// `Placement.GroupName`.
    pub others: Vec<String>,
}

/// Which templates are asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Templates {
    /// Those that carry a tag.
    Tagged(Tagged),
    /// The one of that name.
    Named(String),
}

/// Which versions are asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Versions {
    /// The default version of every template.
    DefaultOfAll,
    /// Every version of the template of that name.
    AllOf(String),
}

/// What instances are started with. What is `None` or empty is not said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct LaunchTemplateData {
    /// The image's id: `ami-…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_id: Option<String>,
    /// The instance type: `t3.medium`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_type: Option<String>,
    /// The name of the instance profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iam_instance_profile: Option<String>,
    /// The name of the key pair.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_name: Option<String>,
    /// Whether the way to EBS volumes is kept apart from other traffic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ebs_optimized: Option<bool>,
    /// Whether instances cannot be terminated through the API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_api_termination: Option<bool>,
    /// Whether instances are monitored in detail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monitoring: Option<bool>,
    /// `default`, `dedicated` or `host`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenancy: Option<String>,
    /// `standard` or `unlimited`, of instance types that burst.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_credits: Option<String>,
    /// How instances reach their metadata service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata_options: Option<MetadataOptions>,
    /// That instances are spot instances, and how.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spot: Option<SpotOptions>,
    /// The network interfaces.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub network_interfaces: Vec<NetworkInterface>,
    /// The ids of security groups, where no network interface says them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub security_group_ids: Vec<String>,
    /// The volumes and other disks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub block_devices: Vec<BlockDevice>,
    /// The tags of what is started, by kind: `instance`, `volume`, `network-interface`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tag_specifications: BTreeMap<String, Tags>,
    /// What instances are told at their start, in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_data: Option<String>,
}

/// How instances reach their metadata service. What is `None` is EC2's default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct MetadataOptions {
    /// `optional` or `required`: whether IMDSv2 is needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_tokens: Option<String>,
    /// How many network hops an answer may take, 1 to 64. 1 keeps pods off the instance's role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_put_response_hop_limit: Option<i32>,
    /// `enabled` or `disabled`: whether it can be reached over IPv6 too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_protocol_ipv6: Option<String>,
    /// `enabled` or `disabled`: whether it can be reached at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_endpoint: Option<String>,
    /// `enabled` or `disabled`: whether it tells the instance's tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_metadata_tags: Option<String>,
}

/// How spot instances are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SpotOptions {
    /// The most to pay, in dollars an hour. The price on demand, if nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_price: Option<String>,
    /// For how many minutes they are kept, a multiple of 60.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_duration_minutes: Option<i32>,
    /// `hibernate`, `stop` or `terminate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_interruption_behavior: Option<String>,
}

/// A network interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct NetworkInterface {
    /// Its place: the first has 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_index: Option<i32>,
    /// Whether it gets a public address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub associate_public_ip_address: Option<bool>,
    /// Whether it goes with the instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_on_termination: Option<bool>,
    /// How many IPv6 addresses it gets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipv6_address_count: Option<i32>,
    /// The ids of its security groups.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
}

/// A disk: an EBS volume, or one of the instance's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct BlockDevice {
    /// The device: `/dev/xvda`.
    pub device_name: String,
    /// Which of the instance's own disks it is: `ephemeral0`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub virtual_name: Option<String>,
    /// The EBS volume that it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ebs: Option<EbsVolume>,
}

/// An EBS volume.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct EbsVolume {
    /// Its size in GiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume_size: Option<i32>,
    /// `gp3`, `io2` and so on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume_type: Option<String>,
    /// Operations a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iops: Option<i32>,
    /// MiB a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throughput: Option<i32>,
    /// Whether it is encrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encrypted: Option<bool>,
    /// The key it is encrypted with; AWS's own, if nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key_id: Option<String>,
    /// Whether it goes with the instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_on_termination: Option<bool>,
    /// The snapshot that it starts from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot_id: Option<String>,
}

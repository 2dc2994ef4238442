//! Instances.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::MetadataOptions;
use crate::cloud::iam::Tags;

/// An instance. Its JSON is also the embedded account's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Instance {
    /// Its id: `i-…`.
    pub id: String,
    /// `pending`, `running`, `shutting-down`, `terminated`, `stopping` or `stopped`.
    pub state: String,
    /// The id of its image.
    pub image_id: String,
    /// Its type.
    pub instance_type: String,
    /// The id of its subnet.
    pub subnet_id: String,
    /// The name of its key pair.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_name: Option<String>,
    /// The name of its instance profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iam_instance_profile: Option<String>,
    /// How it reaches its metadata service.
    pub metadata_options: MetadataOptions,
    /// The ids of its security groups.
    pub security_groups: Vec<String>,
    /// Its tags. EC2 adds `aws:ec2launchtemplate:id` and `…:version`, Auto Scaling
    /// `aws:autoscaling:groupName`.
    pub tags: Tags,
}

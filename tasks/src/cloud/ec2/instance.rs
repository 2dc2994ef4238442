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
    /// Its address in the VPC. One that is terminated has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_ip_address: Option<String>,
    /// Its address in the internet, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_ip_address: Option<String>,
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

/// What instances use, to ask which do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Using {
    /// The instance profile with this ARN.
    Profile(String),
    /// The security group with this id.
    SecurityGroup(String),
    /// The subnet with this id.
    Subnet(String),
}

impl Instance {
    /// Whether it is gone but for being listed, as it is for an hour.
    pub fn is_terminated(&self) -> bool {
        self.state == "terminated"
    }

    /// Whether it is on its way out, or gone.
    pub fn is_ending(&self) -> bool {
        self.is_terminated() || self.state == "shutting-down"
    }
}

//! EC2: launch templates, as far as they carry an instance profile.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::Serialize;

use super::CloudError;

/// A launch template with the data of its default version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchTemplate {
    /// Its id: `lt-…`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The number of the version described here.
    pub version: i64,
    /// What that version holds.
    pub data: LaunchTemplateData,
    /// The template's own tags.
    pub tags: BTreeMap<String, String>,
}

/// The part of a launch template's data that is ours to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LaunchTemplateData {
    /// The name of the instance profile.
    pub iam_instance_profile: Option<String>,
    /// The instance metadata options.
    pub metadata_options: Option<MetadataOptions>,
}

/// How instances reach their metadata service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MetadataOptions {
    /// `optional` or `required`: whether IMDSv2 is needed.
    pub http_tokens: String,
    /// How many network hops an answer may take, 1 to 64. 1 keeps pods off the instance's role.
    pub http_put_response_hop_limit: i32,
}

/// What can be read from EC2.
#[async_trait]
pub trait Ec2Reader: Send + Sync {
    /// `DescribeLaunchTemplates` by name, with the default version's data.
    async fn describe_launch_template(&self, name: &str) -> Result<LaunchTemplate, CloudError>;
}

/// What can be written to EC2.
#[async_trait]
pub trait Ec2Writer: Send + Sync {
    /// `CreateLaunchTemplate`, whose first version becomes the default.
    async fn create_launch_template(
        &self,
        name: &str,
        data: &LaunchTemplateData,
        tags: &BTreeMap<String, String>,
    ) -> Result<LaunchTemplate, CloudError>;

    /// `CreateLaunchTemplateVersion` on top of the given version, then `ModifyLaunchTemplate` to
    /// make it the default. What `data` leaves out stays as the version before had it.
    async fn create_launch_template_version(
        &self,
        name: &str,
        source_version: i64,
        data: &LaunchTemplateData,
    ) -> Result<LaunchTemplate, CloudError>;
}

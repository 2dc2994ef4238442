//! EC2, as far as Auto Scaling groups need it: launch templates and what these name.

mod image;
mod instance;
mod key_pair;
mod launch_template;

use async_trait::async_trait;

pub use self::{
    image::{Image, ImageQuery, InstanceType},
    instance::{Instance, Using},
    key_pair::KeyPair,
    launch_template::{
        BlockDevice, EbsVolume, LaunchTemplate, LaunchTemplateData, LaunchTemplateVersion,
        MetadataOptions, NetworkInterface, SpotOptions, Templates, Versions,
    },
};
use super::{CloudError, Page, iam::Tags};

/// Things that carry a tag with this value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tagged {
    /// The tag's key.
    pub key: String,
    /// The tag's value.
    pub value: String,
}

impl Tagged {
    /// Things of a cluster: kOps tags each with `KubernetesCluster`.
    pub fn of_cluster(cluster: impl Into<String>) -> Self {
        Self { key: "KubernetesCluster".to_owned(), value: cluster.into() }
    }
}

/// What can be read from EC2.
#[async_trait]
pub trait Ec2Reader: Send + Sync {
    /// `DescribeLaunchTemplates`, a part at a time.
    async fn describe_launch_templates(
        &self,
        which: &Templates,
        marker: Option<&str>,
    ) -> Result<Page<LaunchTemplate>, CloudError>;

    /// `DescribeLaunchTemplateVersions`, a part at a time.
    async fn describe_launch_template_versions(
        &self,
        which: &Versions,
        marker: Option<&str>,
    ) -> Result<Page<LaunchTemplateVersion>, CloudError>;

    /// `DescribeImages`: those that fit, in no order.
    async fn describe_images(&self, query: &ImageQuery) -> Result<Vec<Image>, CloudError>;

    /// `DescribeInstanceTypes` of one.
    async fn describe_instance_type(&self, name: &str) -> Result<InstanceType, CloudError>;

    /// `DescribeKeyPairs` by name, with the public key.
    async fn describe_key_pair(&self, name: &str) -> Result<KeyPair, CloudError>;

    /// `DescribeKeyPairs` of those that are tagged so, which answers all at once.
    async fn describe_key_pairs(&self, tagged: &Tagged) -> Result<Vec<KeyPair>, CloudError>;

    /// `DescribeInstances` of those that are tagged so, a part at a time.
    async fn describe_instances(
        &self,
        tagged: &Tagged,
        marker: Option<&str>,
    ) -> Result<Page<Instance>, CloudError>;

    /// `DescribeInstances` of those that use something, a part at a time: whoever they belong to,
    /// and those that are on their way out too.
    async fn describe_instances_using(
        &self,
        using: &Using,
        marker: Option<&str>,
    ) -> Result<Page<Instance>, CloudError>;
}

/// What can be written to EC2.
#[async_trait]
pub trait Ec2Writer: Send + Sync {
    /// `CreateLaunchTemplate`, whose first version is the default.
    async fn create_launch_template(
        &self,
        name: &str,
        data: &LaunchTemplateData,
        tags: &Tags,
    ) -> Result<LaunchTemplateVersion, CloudError>;

    /// `CreateLaunchTemplateVersion`, which does not make it the default. With a source, what
    /// `data` leaves out is as that version has it.
    async fn create_launch_template_version(
        &self,
        name: &str,
        source: Option<i64>,
        data: &LaunchTemplateData,
    ) -> Result<LaunchTemplateVersion, CloudError>;

    /// `ModifyLaunchTemplate`: which version is the default.
    async fn modify_launch_template(&self, name: &str, default: i64) -> Result<(), CloudError>;

    /// `DeleteLaunchTemplateVersions`, 200 at most. Those that are gone already are no error.
    async fn delete_launch_template_versions(
        &self,
        name: &str,
        versions: &[i64],
    ) -> Result<(), CloudError>;

    /// `DeleteLaunchTemplate`, with all of its versions.
    async fn delete_launch_template(&self, name: &str) -> Result<(), CloudError>;

    /// `ImportKeyPair`, with the text of a public key as OpenSSH writes it.
    async fn import_key_pair(
        &self,
        name: &str,
        public_key: &str,
        tags: &Tags,
    ) -> Result<KeyPair, CloudError>;

    /// `DeleteKeyPair`. One that is gone already is no error.
    async fn delete_key_pair(&self, name: &str) -> Result<(), CloudError>;

    /// `TerminateInstances`. Of several none is terminated where one is not there; those that are
    /// terminated already are no error.
    async fn terminate_instances(&self, ids: &[String]) -> Result<(), CloudError>;

    /// `CreateTags`: adds tags to something or changes them.
    async fn create_tags(&self, id: &str, tags: &Tags) -> Result<(), CloudError>;

    /// `DeleteTags`: takes tags from something, by key.
    async fn delete_tags(&self, id: &str, keys: &[String]) -> Result<(), CloudError>;
}

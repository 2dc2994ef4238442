//! EC2.

use async_trait::async_trait;

use crate::{
    cloud::{
        CloudError, Page,
        ec2::{
            Ec2Reader, Ec2Writer, Image, ImageQuery, Instance, InstanceType, KeyPair,
            LaunchTemplate, LaunchTemplateData, LaunchTemplateVersion, Tagged, Templates, Using,
            Versions,
        },
        iam::Tags,
    },
    local::{Account, Call},
};

const TEMPLATE: &str = "launch-template";
const KEY_PAIR: &str = "key-pair";

impl Call {
    fn ec2(operation: &'static str, kind: &'static str, resource: &str) -> Self {
        Self { service: "ec2", operation, kind, resource: resource.to_owned(), writes: false }
    }
}

#[async_trait]
impl Ec2Reader for Account {
    async fn describe_launch_templates(
        &self,
        which: &Templates,
        marker: Option<&str>,
    ) -> Result<Page<LaunchTemplate>, CloudError> {
        let (kind, resource) = match which {
            Templates::Tagged(_) => ("", ""),
            Templates::Named(name) => (TEMPLATE, name.as_str()),
        };
        let call = Call::ec2("DescribeLaunchTemplates", kind, resource);
        self.read(call, |state| state.describe_launch_templates(which, marker)).await
    }

    async fn describe_launch_template_versions(
        &self,
        which: &Versions,
        marker: Option<&str>,
    ) -> Result<Page<LaunchTemplateVersion>, CloudError> {
        let (kind, resource) = match which {
            Versions::DefaultOfAll => ("", ""),
            Versions::AllOf(name) => (TEMPLATE, name.as_str()),
        };
        let call = Call::ec2("DescribeLaunchTemplateVersions", kind, resource);
        self.read(call, |state| state.describe_launch_template_versions(which, marker)).await
    }

    async fn describe_images(&self, query: &ImageQuery) -> Result<Vec<Image>, CloudError> {
        let resource = match query {
            ImageQuery::Id(id) => id.clone(),
            ImageQuery::Named { owner, name } => format!("{owner}/{name}"),
        };
        let call = Call::ec2("DescribeImages", "image", &resource);
        self.read(call, |state| state.describe_images(query)).await
    }

    async fn describe_instance_type(&self, name: &str) -> Result<InstanceType, CloudError> {
        let call = Call::ec2("DescribeInstanceTypes", "instance-type", name);
        self.read(call, |state| state.describe_instance_type(name)).await
    }

    async fn describe_key_pair(&self, name: &str) -> Result<KeyPair, CloudError> {
        let call = Call::ec2("DescribeKeyPairs", KEY_PAIR, name);
        self.read(call, |state| state.describe_key_pair(name)).await
    }

    async fn describe_key_pairs(&self, tagged: &Tagged) -> Result<Vec<KeyPair>, CloudError> {
        let call = Call::ec2("DescribeKeyPairs", "", "");
        self.read(call, |state| Ok(state.describe_key_pairs(tagged))).await
    }

    async fn describe_instances(
        &self,
        tagged: &Tagged,
        marker: Option<&str>,
    ) -> Result<Page<Instance>, CloudError> {
        let call = Call::ec2("DescribeInstances", "", "");
        let found = self.read(call.clone(), |state| state.describe_instances(tagged, marker)).await;
        self.seen(&call, found?)
    }

    async fn describe_instances_using(
        &self,
        using: &Using,
        marker: Option<&str>,
    ) -> Result<Page<Instance>, CloudError> {
        let (Using::Profile(of) | Using::SecurityGroup(of) | Using::Subnet(of)) = using;
        let call = Call::ec2("DescribeInstances", "", of);
        let found =
            self.read(call.clone(), |state| state.describe_instances_using(using, marker)).await;
        self.seen(&call, found?)
    }
}

impl Account {
    /// Counts a look at these instances: those that are on their way out go by and by.
    fn seen(&self, call: &Call, found: Page<Instance>) -> Result<Page<Instance>, CloudError> {
        if found.items.iter().any(Instance::is_ending) {
            self.note(call, |state| {
                for instance in found.items.iter().filter(|it| it.is_ending()) {
                    state.end_seen(&instance.id);
                }
            })?;
        }
        Ok(found)
    }
}

#[async_trait]
impl Ec2Writer for Account {
    async fn create_launch_template(
        &self,
        name: &str,
        data: &LaunchTemplateData,
        tags: &Tags,
    ) -> Result<LaunchTemplateVersion, CloudError> {
        let call = Call::ec2("CreateLaunchTemplate", TEMPLATE, name).writing();
        self.write(call, |state| state.create_launch_template(name, data, tags)).await
    }

    async fn create_launch_template_version(
        &self,
        name: &str,
        source: Option<i64>,
        data: &LaunchTemplateData,
    ) -> Result<LaunchTemplateVersion, CloudError> {
        let call = Call::ec2("CreateLaunchTemplateVersion", TEMPLATE, name).writing();
        self.write(call, |state| state.create_launch_template_version(name, source, data)).await
    }

    async fn modify_launch_template(&self, name: &str, default: i64) -> Result<(), CloudError> {
        let call = Call::ec2("ModifyLaunchTemplate", TEMPLATE, name).writing();
        self.write(call, |state| state.modify_launch_template(name, default)).await
    }

    async fn delete_launch_template_versions(
        &self,
        name: &str,
        versions: &[i64],
    ) -> Result<(), CloudError> {
        let call = Call::ec2("DeleteLaunchTemplateVersions", TEMPLATE, name).writing();
        self.write(call, |state| state.delete_launch_template_versions(name, versions)).await
    }

    async fn delete_launch_template(&self, name: &str) -> Result<(), CloudError> {
        let call = Call::ec2("DeleteLaunchTemplate", TEMPLATE, name).writing();
        self.write(call, |state| state.delete_launch_template(name)).await
    }

    async fn import_key_pair(
        &self,
        name: &str,
        public_key: &str,
        tags: &Tags,
    ) -> Result<KeyPair, CloudError> {
        let call = Call::ec2("ImportKeyPair", KEY_PAIR, name).writing();
        self.write(call, |state| state.import_key_pair(name, public_key, tags)).await
    }

    async fn delete_key_pair(&self, name: &str) -> Result<(), CloudError> {
        let call = Call::ec2("DeleteKeyPair", KEY_PAIR, name).writing();
        self.write(call, |state| {
            state.key_pairs.remove(name);
            Ok(())
        })
        .await
    }

    async fn terminate_instances(&self, ids: &[String]) -> Result<(), CloudError> {
        let call = Call::ec2("TerminateInstances", "instance", &ids.join(","));
        self.write(call.writing(), |state| state.terminate_instances(ids)).await
    }

    async fn create_tags(&self, id: &str, tags: &Tags) -> Result<(), CloudError> {
        let call = Call::ec2("CreateTags", "", id).writing();
        self.write(call, |state| state.create_tags(id, tags)).await
    }

    async fn delete_tags(&self, id: &str, keys: &[String]) -> Result<(), CloudError> {
        let call = Call::ec2("DeleteTags", "", id).writing();
        self.write(call, |state| state.delete_tags(id, keys)).await
    }
}

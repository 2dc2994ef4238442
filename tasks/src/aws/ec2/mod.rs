//! EC2.

pub(super) mod answer;
pub(super) mod request;

use async_trait::async_trait;
use aws_sdk_ec2::{
    Client,
    types::{Filter, ResourceType},
};
use aws_smithy_types::Blob;

use super::error::Operation;
use crate::cloud::{
    CloudError, Page, code,
    ec2::{
        Ec2Reader, Ec2Writer, Image, ImageQuery, Instance, InstanceType, KeyPair, LaunchTemplate,
        LaunchTemplateData, LaunchTemplateVersion, Tagged, Templates, Using, Versions,
    },
    iam::Tags,
};

/// How much a listing of templates is asked for at a time: the most that EC2 takes.
const PAGE: i32 = 200;

/// The same for instances.
const LONG_PAGE: i32 = 1000;

/// EC2 through the SDK.
#[derive(Clone, Debug)]
pub(super) struct Ec2(pub(super) Client);

/// The operation of that name.
pub(super) const fn ec2(name: &'static str) -> Operation {
    Operation { service: "ec2", name }
}

fn filter(Tagged { key, value }: &Tagged) -> Filter {
    Filter::builder().name(format!("tag:{key}")).values(value).build()
}

#[async_trait]
impl Ec2Reader for Ec2 {
    async fn describe_launch_templates(
        &self,
        which: &Templates,
        marker: Option<&str>,
    ) -> Result<Page<LaunchTemplate>, CloudError> {
        let op = ec2("DescribeLaunchTemplates");
        let call = self.0.describe_launch_templates();
        let call = match which {
            Templates::Tagged(tagged) => call.filters(filter(tagged)).max_results(PAGE),
            Templates::Named(name) => call.launch_template_names(name),
        };
        let answer =
            call.set_next_token(marker.map(Into::into)).send().await.map_err(op.failed())?;
        let templates = answer.launch_templates.unwrap_or_default().into_iter();
        let items = templates.map(|template| answer::template(op, template));
        Ok(Page { items: items.collect::<Result<_, _>>()?, next: answer.next_token })
    }

    async fn describe_launch_template_versions(
        &self,
        which: &Versions,
        marker: Option<&str>,
    ) -> Result<Page<LaunchTemplateVersion>, CloudError> {
        let op = ec2("DescribeLaunchTemplateVersions");
        let call = self.0.describe_launch_template_versions().max_results(PAGE);
        let call = match which {
            Versions::DefaultOfAll => call.versions("$Default"),
            Versions::AllOf(name) => call.launch_template_name(name),
        };
        let answer =
            call.set_next_token(marker.map(Into::into)).send().await.map_err(op.failed())?;
        let versions = answer.launch_template_versions.unwrap_or_default().into_iter();
        let items = versions.map(|version| answer::version(op, version));
        Ok(Page { items: items.collect::<Result<_, _>>()?, next: answer.next_token })
    }

    async fn describe_images(&self, query: &ImageQuery) -> Result<Vec<Image>, CloudError> {
        let op = ec2("DescribeImages");
        let call = self.0.describe_images();
        let call = match query {
            ImageQuery::Id(id) => call.image_ids(id),
            ImageQuery::Named { owner, name } => {
                call.owners(owner).filters(Filter::builder().name("name").values(name).build())
            }
        };
        let answer = call.send().await.map_err(op.failed())?;
        let images = answer.images.unwrap_or_default().into_iter();
        images.map(|image| answer::image(op, image)).collect()
    }

    async fn describe_instance_type(&self, name: &str) -> Result<InstanceType, CloudError> {
        let op = ec2("DescribeInstanceTypes");
        let call = self.0.describe_instance_types().instance_types(name.into());
        let answer = call.send().await.map_err(op.failed())?;
        let known = answer.instance_types.unwrap_or_default().into_iter().next();
        answer::instance_type(op, op.expect(known, "instance type")?)
    }

    async fn describe_key_pair(&self, name: &str) -> Result<KeyPair, CloudError> {
        let op = ec2("DescribeKeyPairs");
        let call = self.0.describe_key_pairs().key_names(name).include_public_key(true);
        let answer = call.send().await.map_err(op.failed())?;
        let pair = answer.key_pairs.unwrap_or_default().into_iter().next();
        answer::key_pair(op, op.expect(pair, "key pair")?)
    }

    async fn describe_key_pairs(&self, tagged: &Tagged) -> Result<Vec<KeyPair>, CloudError> {
        let op = ec2("DescribeKeyPairs");
        let call = self.0.describe_key_pairs().filters(filter(tagged));
        let answer = call.send().await.map_err(op.failed())?;
        let pairs = answer.key_pairs.unwrap_or_default().into_iter();
        pairs.map(|pair| answer::key_pair(op, pair)).collect()
    }

    async fn describe_instances(
        &self,
        tagged: &Tagged,
        marker: Option<&str>,
    ) -> Result<Page<Instance>, CloudError> {
        self.instances(filter(tagged), marker).await
    }

    async fn describe_instances_using(
        &self,
        using: &Using,
        marker: Option<&str>,
    ) -> Result<Page<Instance>, CloudError> {
        let (name, value) = match using {
            Using::Profile(arn) => ("iam-instance-profile.arn", arn),
            Using::SecurityGroup(id) => ("instance.group-id", id),
            Using::Subnet(id) => ("subnet-id", id),
        };
        self.instances(Filter::builder().name(name).values(value).build(), marker).await
    }
}

impl Ec2 {
    async fn instances(
        &self,
        filter: Filter,
        marker: Option<&str>,
    ) -> Result<Page<Instance>, CloudError> {
        let op = ec2("DescribeInstances");
        let call = self.0.describe_instances().filters(filter).max_results(LONG_PAGE);
        let answer =
            call.set_next_token(marker.map(Into::into)).send().await.map_err(op.failed())?;
        let reservations = answer.reservations.unwrap_or_default().into_iter();
        let instances = reservations.flat_map(|it| it.instances.unwrap_or_default());
        let items = instances.map(|instance| answer::instance(op, instance));
        Ok(Page { items: items.collect::<Result<_, _>>()?, next: answer.next_token })
    }
}

#[async_trait]
impl Ec2Writer for Ec2 {
    async fn create_launch_template(
        &self,
        name: &str,
        data: &LaunchTemplateData,
        tags: &Tags,
    ) -> Result<LaunchTemplateVersion, CloudError> {
        let op = ec2("CreateLaunchTemplate");
        let call = self.0.create_launch_template().launch_template_name(name);
        let call = call.launch_template_data(request::data(data));
        let call = call.set_tag_specifications(request::tagged(ResourceType::LaunchTemplate, tags));
        let answer = call.send().await.map_err(op.failed())?;
        let template = answer::template(op, op.expect(answer.launch_template, "template")?)?;
        // The answer says nothing of the data, which is what was sent.
        Ok(LaunchTemplateVersion {
            template_id: template.id,
            template_name: template.name,
            number: template.latest_version,
            is_default: true,
            data: data.clone(),
            others: Vec::new(),
        })
    }

    async fn create_launch_template_version(
        &self,
        name: &str,
        source: Option<i64>,
        data: &LaunchTemplateData,
    ) -> Result<LaunchTemplateVersion, CloudError> {
        let op = ec2("CreateLaunchTemplateVersion");
        let call = self.0.create_launch_template_version().launch_template_name(name);
        let call = call.set_source_version(source.map(|number| number.to_string()));
        let call = call.launch_template_data(request::data(data));
        let answer = call.send().await.map_err(op.failed())?;
        answer::version(op, op.expect(answer.launch_template_version, "version")?)
    }

    async fn modify_launch_template(&self, name: &str, default: i64) -> Result<(), CloudError> {
        let op = ec2("ModifyLaunchTemplate");
        let call = self.0.modify_launch_template().launch_template_name(name);
        let call = call.default_version(default.to_string());
        call.send().await.map_err(op.failed()).map(drop)
    }

    async fn delete_launch_template_versions(
        &self,
        name: &str,
        versions: &[i64],
    ) -> Result<(), CloudError> {
        const GONE: &str = "launchTemplateVersionDoesNotExist";
        let op = ec2("DeleteLaunchTemplateVersions");
        let versions = versions.iter().map(i64::to_string).collect();
        let call = self.0.delete_launch_template_versions().launch_template_name(name);
        let answer = call.set_versions(Some(versions)).send().await.map_err(op.failed())?;
        let refused = answer.unsuccessfully_deleted_launch_template_versions.unwrap_or_default();
        let errors = refused.into_iter().filter_map(|one| one.response_error);
        let mut errors =
            errors.filter(|error| error.code.as_ref().is_none_or(|code| code.as_str() != GONE));
        match errors.next() {
            None => Ok(()),
            Some(error) => {
                let code = error.code.map_or(code::UNREADABLE.to_owned(), |it| it.as_str().into());
                let message = error.message.unwrap_or_default();
                Err(CloudError::new(op.service, op.name, code, message))
            }
        }
    }

    async fn delete_launch_template(&self, name: &str) -> Result<(), CloudError> {
        let call = self.0.delete_launch_template().launch_template_name(name);
        call.send().await.map_err(ec2("DeleteLaunchTemplate").failed()).map(drop)
    }

    async fn import_key_pair(
        &self,
        name: &str,
        public_key: &str,
        tags: &Tags,
    ) -> Result<KeyPair, CloudError> {
        let op = ec2("ImportKeyPair");
        let call = self.0.import_key_pair().key_name(name);
        let call = call.public_key_material(Blob::new(public_key));
        let call = call.set_tag_specifications(request::tagged(ResourceType::KeyPair, tags));
        let answer = call.send().await.map_err(op.failed())?;
        Ok(KeyPair {
            name: op.expect(answer.key_name, "key name")?,
            id: op.expect(answer.key_pair_id, "key pair id")?,
            public_key: Some(public_key.to_owned()),
            tags: tags.clone(),
        })
    }

    async fn delete_key_pair(&self, name: &str) -> Result<(), CloudError> {
        let call = self.0.delete_key_pair().key_name(name);
        call.send().await.map_err(ec2("DeleteKeyPair").failed()).map(drop)
    }

    async fn terminate_instances(&self, ids: &[String]) -> Result<(), CloudError> {
        let call = self.0.terminate_instances().set_instance_ids(Some(ids.to_vec()));
        call.send().await.map_err(ec2("TerminateInstances").failed()).map(drop)
    }

    async fn create_tags(&self, id: &str, tags: &Tags) -> Result<(), CloudError> {
        let call = self.0.create_tags().resources(id).set_tags(Some(request::tags(tags)));
        call.send().await.map_err(ec2("CreateTags").failed()).map(drop)
    }

    async fn delete_tags(&self, id: &str, keys: &[String]) -> Result<(), CloudError> {
        let tags = keys.iter().map(|key| aws_sdk_ec2::types::Tag::builder().key(key).build());
        let call = self.0.delete_tags().resources(id).set_tags(Some(tags.collect()));
        call.send().await.map_err(ec2("DeleteTags").failed()).map(drop)
    }
}

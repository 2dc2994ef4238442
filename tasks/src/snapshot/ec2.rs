//! EC2.

use async_trait::async_trait;
use futures::FutureExt;

use super::{Snapshot, Source, WriteSnapshot, reads::part, writes::Stale};
use crate::cloud::{
    CloudError, Page,
    ec2::{
        Ec2Reader, Ec2Writer, Image, ImageQuery, Instance, InstanceType, KeyPair, LaunchTemplate,
        LaunchTemplateData, LaunchTemplateVersion, Tagged, Templates, Using, Versions,
    },
    iam::Tags,
};

/// A part of what carries a tag.
pub(super) fn tagged_part(Tagged { key, value }: &Tagged, marker: Option<&str>) -> String {
    format!("{key}={value} {}", part(marker))
}

#[async_trait]
impl<S: Source> Ec2Reader for Snapshot<S> {
    async fn describe_launch_templates(
        &self,
        which: &Templates,
        marker: Option<&str>,
    ) -> Result<Page<LaunchTemplate>, CloudError> {
        let (subject, asked) = match which {
            Templates::Tagged(tagged) => ("", tagged_part(tagged, marker)),
            Templates::Named(name) => (name.as_str(), part(marker)),
        };
        let (source, of, after) = (self.source.clone(), which.clone(), marker.map(str::to_owned));
        let ask = || {
            async move {
                source.reader().ec2().describe_launch_templates(&of, after.as_deref()).await
            }
            .boxed()
        };
        self.answers.templates.get(subject, &asked, ask).await
    }

    async fn describe_launch_template_versions(
        &self,
        which: &Versions,
        marker: Option<&str>,
    ) -> Result<Page<LaunchTemplateVersion>, CloudError> {
        let subject = match which {
            Versions::DefaultOfAll => "",
            Versions::AllOf(name) => name,
        };
        let (source, of, after) = (self.source.clone(), which.clone(), marker.map(str::to_owned));
        let ask = || {
            async move {
                let ec2 = source.reader().ec2();
                ec2.describe_launch_template_versions(&of, after.as_deref()).await
            }
            .boxed()
        };
        self.answers.template_versions.get(subject, &part(marker), ask).await
    }

    async fn describe_images(&self, query: &ImageQuery) -> Result<Vec<Image>, CloudError> {
        let (subject, owner) = match query {
            ImageQuery::Id(id) => (id, ""),
            ImageQuery::Named { owner, name } => (name, owner.as_str()),
        };
        let (source, asked) = (self.source.clone(), query.clone());
        let ask = || async move { source.reader().ec2().describe_images(&asked).await }.boxed();
        self.answers.images.get(subject, owner, ask).await
    }

    async fn describe_instance_type(&self, name: &str) -> Result<InstanceType, CloudError> {
        let (source, of) = (self.source.clone(), name.to_owned());
        let ask = || async move { source.reader().ec2().describe_instance_type(&of).await }.boxed();
        self.answers.instance_types.get(name, "", ask).await
    }

    async fn describe_key_pair(&self, name: &str) -> Result<KeyPair, CloudError> {
        let (source, of) = (self.source.clone(), name.to_owned());
        let ask = || async move { source.reader().ec2().describe_key_pair(&of).await }.boxed();
        self.answers.key_pairs.get(name, "", ask).await
    }

    async fn describe_key_pairs(&self, tagged: &Tagged) -> Result<Vec<KeyPair>, CloudError> {
        let (source, of) = (self.source.clone(), tagged.clone());
        let ask = || async move { source.reader().ec2().describe_key_pairs(&of).await }.boxed();
        self.answers.key_pair_lists.get("", &tagged_part(tagged, None), ask).await
    }

    /// Asked anew each time: instances come and go by themselves.
    async fn describe_instances(
        &self,
        tagged: &Tagged,
        marker: Option<&str>,
    ) -> Result<Page<Instance>, CloudError> {
        self.source.reader().ec2().describe_instances(tagged, marker).await
    }

    /// Asked anew each time, too.
    async fn describe_instances_using(
        &self,
        using: &Using,
        marker: Option<&str>,
    ) -> Result<Page<Instance>, CloudError> {
        self.source.reader().ec2().describe_instances_using(using, marker).await
    }
}

impl WriteSnapshot {
    fn stale_template(&self, name: &str) -> Stale<impl Fn(&super::Answers)> {
        let name = name.to_owned();
        self.stale(move |answers| {
            answers.templates.forget("");
            answers.templates.forget(&name);
            answers.template_versions.forget("");
            answers.template_versions.forget(&name);
        })
    }

    /// What carries tags is known here by name and not by id.
    fn stale_tags(&self) -> Stale<impl Fn(&super::Answers)> {
        self.stale(|answers| {
            answers.templates.forget_all();
            answers.key_pairs.forget_all();
            answers.key_pair_lists.forget_all();
        })
    }

    fn stale_key_pair(&self, name: &str) -> Stale<impl Fn(&super::Answers)> {
        let name = name.to_owned();
        self.stale(move |answers| {
            answers.key_pairs.forget(&name);
            answers.key_pair_lists.forget_all();
        })
    }
}

#[async_trait]
impl Ec2Writer for WriteSnapshot {
    async fn create_launch_template(
        &self,
        name: &str,
        data: &LaunchTemplateData,
        tags: &Tags,
    ) -> Result<LaunchTemplateVersion, CloudError> {
        let _stale = self.stale_template(name);
        self.source.ec2().create_launch_template(name, data, tags).await
    }

    async fn create_launch_template_version(
        &self,
        name: &str,
        source: Option<i64>,
        data: &LaunchTemplateData,
    ) -> Result<LaunchTemplateVersion, CloudError> {
        let _stale = self.stale_template(name);
        self.source.ec2().create_launch_template_version(name, source, data).await
    }

    async fn modify_launch_template(&self, name: &str, default: i64) -> Result<(), CloudError> {
        let _stale = self.stale_template(name);
        self.source.ec2().modify_launch_template(name, default).await
    }

    async fn delete_launch_template_versions(
        &self,
        name: &str,
        versions: &[i64],
    ) -> Result<(), CloudError> {
        let _stale = self.stale_template(name);
        self.source.ec2().delete_launch_template_versions(name, versions).await
    }

    async fn delete_launch_template(&self, name: &str) -> Result<(), CloudError> {
        let _stale = self.stale_template(name);
        self.source.ec2().delete_launch_template(name).await
    }

    async fn import_key_pair(
        &self,
        name: &str,
        public_key: &str,
        tags: &Tags,
    ) -> Result<KeyPair, CloudError> {
        let _stale = self.stale_key_pair(name);
        self.source.ec2().import_key_pair(name, public_key, tags).await
    }

    async fn delete_key_pair(&self, name: &str) -> Result<(), CloudError> {
        let _stale = self.stale_key_pair(name);
        self.source.ec2().delete_key_pair(name).await
    }

    async fn terminate_instances(&self, ids: &[String]) -> Result<(), CloudError> {
        // A group that they are of starts others.
        let _stale = self.stale(|answers| answers.groups.forget_all());
        self.source.ec2().terminate_instances(ids).await
    }

    async fn create_tags(&self, id: &str, tags: &Tags) -> Result<(), CloudError> {
        let _stale = self.stale_tags();
        self.source.ec2().create_tags(id, tags).await
    }

    async fn delete_tags(&self, id: &str, keys: &[String]) -> Result<(), CloudError> {
        let _stale = self.stale_tags();
        self.source.ec2().delete_tags(id, keys).await
    }
}

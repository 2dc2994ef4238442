//! Launch templates, where the adapter has EC2.

use super::{
    Subject,
    check::{Kept, holds, refused, same, tags},
};
use crate::cloud::{
    ec2::{LaunchTemplateData, MetadataOptions},
    iam::Tags,
};

super::cases![
    a_launch_template_is_answered_as_it_was_created,
    a_new_version_keeps_what_it_does_not_say_and_is_the_default,
    a_launch_template_that_is_not_there_is_not_found,
    a_launch_templates_name_is_taken_once_it_is_used,
    a_launch_template_names_no_profile_that_is_not_there,
];

const NOT_FOUND: &[&str] =
    &["InvalidLaunchTemplateName.NotFoundException", "InvalidLaunchTemplateId.NotFound"];

fn data() -> LaunchTemplateData {
    let options =
        MetadataOptions { http_tokens: "required".into(), http_put_response_hop_limit: 1 };
    LaunchTemplateData { iam_instance_profile: None, metadata_options: Some(options) }
}

async fn a_launch_template_is_answered_as_it_was_created(subject: &Subject) -> Kept {
    let (Some(reads), Some(writes)) = (subject.reader().ec2(), subject.cloud.ec2()) else {
        return Ok(());
    };
    subject.profile("profile").await?;
    let data = LaunchTemplateData { iam_instance_profile: Some("profile".into()), ..data() };
    let wanted = tags([("owner", "me")]);
    let created = writes.create_launch_template("nodes.example.com", &data, &wanted).await?;
    let found = reads.describe_launch_template("nodes.example.com").await?;
    same("as found", &found, &created)?;
    holds("an id that starts with lt-", found.id.starts_with("lt-"))?;
    same("name", &found.name, "nodes.example.com")?;
    same("version", &found.version, &1)?;
    same("data", &found.data, &data)?;
    same("tags", &found.tags, &wanted)
}

async fn a_new_version_keeps_what_it_does_not_say_and_is_the_default(subject: &Subject) -> Kept {
    let (Some(reads), Some(writes)) = (subject.reader().ec2(), subject.cloud.ec2()) else {
        return Ok(());
    };
    subject.profile("profile").await?;
    writes.create_launch_template("nodes", &data(), &Tags::new()).await?;
    let change =
        LaunchTemplateData { iam_instance_profile: Some("profile".into()), metadata_options: None };
    let changed = writes.create_launch_template_version("nodes", 1, &change).await?;
    let found = reads.describe_launch_template("nodes").await?;
    same("as found", &found, &changed)?;
    same("version", &found.version, &2)?;
    let both = LaunchTemplateData { iam_instance_profile: Some("profile".into()), ..data() };
    same("data", &found.data, &both)?;
    let unknown = writes.create_launch_template_version("nodes", 7, &change).await;
    refused("of version 7", unknown, &["InvalidLaunchTemplateId.VersionNotFound"])
}

async fn a_launch_template_that_is_not_there_is_not_found(subject: &Subject) -> Kept {
    let (Some(reads), Some(writes)) = (subject.reader().ec2(), subject.cloud.ec2()) else {
        return Ok(());
    };
    refused("describe", reads.describe_launch_template("none").await, NOT_FOUND)?;
    let version = writes.create_launch_template_version("none", 1, &data()).await;
    refused("a version", version, NOT_FOUND)
}

async fn a_launch_templates_name_is_taken_once_it_is_used(subject: &Subject) -> Kept {
    let Some(writes) = subject.cloud.ec2() else { return Ok(()) };
    writes.create_launch_template("nodes", &data(), &Tags::new()).await?;
    let again = writes.create_launch_template("nodes", &data(), &Tags::new()).await;
    refused("the same again", again, &["InvalidLaunchTemplateName.AlreadyExistsException"])
}

async fn a_launch_template_names_no_profile_that_is_not_there(subject: &Subject) -> Kept {
    let Some(writes) = subject.cloud.ec2() else { return Ok(()) };
    let data = LaunchTemplateData { iam_instance_profile: Some("none".into()), ..data() };
    let created = writes.create_launch_template("nodes", &data, &Tags::new()).await;
    refused("none", created, &["InvalidParameterValue"])
}

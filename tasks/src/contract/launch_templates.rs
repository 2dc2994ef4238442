//! Launch templates and key pairs.

use std::collections::BTreeMap;

use super::{
    Subject,
    check::{Kept, holds, refused, same, tags},
};
use crate::cloud::{
    CloudError, all_pages,
    ec2::{
        BlockDevice, EbsVolume, LaunchTemplate, LaunchTemplateData, LaunchTemplateVersion,
        MetadataOptions, NetworkInterface, SpotOptions, Tagged, Templates, Versions,
    },
    iam::Tags,
};

super::cases![
    a_launch_template_is_answered_as_it_was_created,
    a_new_version_is_not_the_default_until_it_is_made_so,
    a_version_on_top_of_another_keeps_what_it_does_not_say,
    launch_templates_are_found_by_their_tags,
    launch_templates_are_listed_to_the_end,
    a_launch_template_that_is_not_there_is_not_found,
    a_launch_templates_name_is_taken_once_it_is_used,
    a_launch_template_may_name_what_is_not_there,
    old_versions_can_be_deleted_and_the_default_cannot,
    a_launch_template_goes_with_its_versions,
    a_key_pair_is_answered_as_it_was_imported,
    a_key_pair_is_found_by_its_tags_and_goes,
];

const NOT_FOUND: &[&str] =
    &["InvalidLaunchTemplateName.NotFoundException", "InvalidLaunchTemplateId.NotFound"];

pub(super) fn data() -> LaunchTemplateData {
    LaunchTemplateData {
        metadata_options: Some(MetadataOptions {
            http_tokens: Some("required".into()),
            http_put_response_hop_limit: Some(1),
            http_protocol_ipv6: Some("disabled".into()),
            ..MetadataOptions::default()
        }),
        ..LaunchTemplateData::default()
    }
}

fn everything() -> LaunchTemplateData {
    let all = tags([("Name", "node"), ("team", "blue")]);
    LaunchTemplateData {
        image_id: Some("ami-12345678".into()),
        instance_type: Some("t3.medium".into()),
        iam_instance_profile: Some("profile".into()),
        key_name: Some("key".into()),
        ebs_optimized: Some(true),
        disable_api_termination: Some(false),
        monitoring: Some(true),
        tenancy: Some("dedicated".into()),
        cpu_credits: Some("standard".into()),
        spot: Some(SpotOptions {
            max_price: Some("0.1".into()),
            block_duration_minutes: None,
            instance_interruption_behavior: Some("terminate".into()),
        }),
        network_interfaces: vec![NetworkInterface {
            device_index: Some(0),
            associate_public_ip_address: Some(true),
            delete_on_termination: Some(true),
            ipv6_address_count: Some(1),
            groups: vec!["sg-12345678".into(), "sg-87654321".into()],
        }],
        block_devices: vec![
            BlockDevice {
                device_name: "/dev/xvda".into(),
                virtual_name: None,
                ebs: Some(EbsVolume {
                    volume_size: Some(64),
                    volume_type: Some("gp3".into()),
                    iops: Some(3000),
                    throughput: Some(125),
                    encrypted: Some(true),
                    kms_key_id: Some("alias/mine".into()),
                    delete_on_termination: Some(true),
                    snapshot_id: None,
                }),
            },
            BlockDevice {
                device_name: "/dev/sdc".into(),
                virtual_name: Some("ephemeral0".into()),
                ebs: None,
            },
        ],
        tag_specifications: BTreeMap::from([
            ("instance".into(), all.clone()),
            ("volume".into(), all),
        ]),
        user_data: Some("IyEvYmluL3NoCg==".into()),
        ..data()
    }
}

impl Subject {
    async fn template(&self, name: &str) -> Result<LaunchTemplate, CloudError> {
        let which = Templates::Named(name.to_owned());
        let ec2 = self.reader().ec2();
        let found = all_pages(async |marker: Option<String>| {
            ec2.describe_launch_templates(&which, marker.as_deref()).await
        });
        found.await?.into_iter().next().ok_or_else(|| missing("DescribeLaunchTemplates"))
    }

    async fn version(
        &self,
        which: Versions,
        fits: impl Fn(&LaunchTemplateVersion) -> bool,
    ) -> Result<LaunchTemplateVersion, CloudError> {
        let ec2 = self.reader().ec2();
        let found = all_pages(async |marker: Option<String>| {
            ec2.describe_launch_template_versions(&which, marker.as_deref()).await
        });
        let mut found = found.await?.into_iter();
        found.find(fits).ok_or_else(|| missing("DescribeLaunchTemplateVersions"))
    }
}

fn missing(operation: &'static str) -> CloudError {
    CloudError::new("ec2", operation, "none", "it is not among those listed")
}

async fn a_launch_template_is_answered_as_it_was_created(subject: &Subject) -> Kept {
    let (writes, data) = (subject.cloud.ec2(), everything());
    let wanted = tags([("owner", "me")]);
    let created = writes.create_launch_template("nodes.example.com", &data, &wanted).await?;
    holds("an id that starts with lt-", created.template_id.starts_with("lt-"))?;
    let template = subject.template("nodes.example.com").await?;
    same("id", &template.id, &created.template_id)?;
    same("default version", &template.default_version, &1)?;
    same("latest version", &template.latest_version, &1)?;
    same("tags", &template.tags, &wanted)?;
    let of_it = |it: &LaunchTemplateVersion| it.template_name == "nodes.example.com";
    let found = subject.version(Versions::DefaultOfAll, of_it).await?;
    same("data", &found.data, &data)?;
    same("as found", &found, &created)
}

async fn a_new_version_is_not_the_default_until_it_is_made_so(subject: &Subject) -> Kept {
    let writes = subject.cloud.ec2();
    writes.create_launch_template("nodes", &data(), &Tags::new()).await?;
    let other = LaunchTemplateData { instance_type: Some("t3.large".into()), ..data() };
    let made = writes.create_launch_template_version("nodes", None, &other).await?;
    same("number", &made.number, &2)?;
    holds("it is not the default", !made.is_default)?;
    same("data", &made.data, &other)?;
    let template = subject.template("nodes").await?;
    same("versions", &(template.default_version, template.latest_version), &(1, 2))?;
    writes.modify_launch_template("nodes", 2).await?;
    let default = subject.version(Versions::DefaultOfAll, |_| true).await?;
    same("the default now", &(default.number, default.data), &(2, other))?;
    let unknown = writes.modify_launch_template("nodes", 7).await;
    refused("of version 7", unknown, &["InvalidLaunchTemplateId.VersionNotFound"])
}

async fn a_version_on_top_of_another_keeps_what_it_does_not_say(subject: &Subject) -> Kept {
    let writes = subject.cloud.ec2();
    writes.create_launch_template("nodes", &everything(), &Tags::new()).await?;
    let change =
        LaunchTemplateData { instance_type: Some("t3.large".into()), ..Default::default() };
    let made = writes.create_launch_template_version("nodes", Some(1), &change).await?;
    let both = LaunchTemplateData { instance_type: change.instance_type.clone(), ..everything() };
    same("data", &made.data, &both)?;
    let unknown = writes.create_launch_template_version("nodes", Some(7), &change).await;
    refused("of version 7", unknown, &["InvalidLaunchTemplateId.VersionNotFound"])
}

async fn launch_templates_are_found_by_their_tags(subject: &Subject) -> Kept {
    let (reads, writes) = (subject.reader().ec2(), subject.cloud.ec2());
    let mine = tags([("KubernetesCluster", "mine")]);
    let created = writes.create_launch_template("mine", &data(), &mine).await?;
    writes.create_launch_template("other", &data(), &Tags::new()).await?;
    let which = Templates::Tagged(Tagged::of_cluster("mine"));
    let listed = async || {
        let found = reads.describe_launch_templates(&which, None).await?.items;
        Ok::<_, CloudError>(found.into_iter().map(|it| it.name).collect::<Vec<_>>())
    };
    same("names", &listed().await?, &["mine"])?;
    writes.create_tags(&created.template_id, &tags([("team", "blue")])).await?;
    let both = tags([("KubernetesCluster", "mine"), ("team", "blue")]);
    same("tags", &subject.template("mine").await?.tags, &both)?;
    writes.delete_tags(&created.template_id, &["KubernetesCluster".into()]).await?;
    same("names without the tag", &listed().await?, &[] as &[&str])
}

async fn launch_templates_are_listed_to_the_end(subject: &Subject) -> Kept {
    let (reads, writes) = (subject.reader().ec2(), subject.cloud.ec2());
    let mine = tags([("KubernetesCluster", "mine")]);
    let mut names: Vec<_> = (0..subject.more_than_a_part).map(|n| format!("t-{n:03}")).collect();
    for name in &names {
        writes.create_launch_template(name, &data(), &mine).await?;
    }
    let which = Templates::Tagged(Tagged::of_cluster("mine"));
    let first = reads.describe_launch_templates(&which, None).await?;
    holds("templates: more than one part", first.next.is_some())?;
    let found = all_pages(async |marker: Option<String>| {
        reads.describe_launch_templates(&which, marker.as_deref()).await
    });
    let mut found: Vec<_> = found.await?.into_iter().map(|it| it.name).collect();
    found.sort();
    same("templates", &found, &names)?;
    let found = all_pages(async |marker: Option<String>| {
        reads.describe_launch_template_versions(&Versions::DefaultOfAll, marker.as_deref()).await
    });
    let mut found: Vec<_> = found.await?.into_iter().map(|it| it.template_name).collect();
    found.sort();
    names.sort();
    same("versions", &found, &names)
}

async fn a_launch_template_that_is_not_there_is_not_found(subject: &Subject) -> Kept {
    let (reads, writes) = (subject.reader().ec2(), subject.cloud.ec2());
    let which = Templates::Named("none".into());
    refused("describe", reads.describe_launch_templates(&which, None).await, NOT_FOUND)?;
    let which = Versions::AllOf("none".into());
    refused("versions", reads.describe_launch_template_versions(&which, None).await, NOT_FOUND)?;
    let version = writes.create_launch_template_version("none", None, &data()).await;
    refused("a version", version, NOT_FOUND)
}

async fn a_launch_templates_name_is_taken_once_it_is_used(subject: &Subject) -> Kept {
    let writes = subject.cloud.ec2();
    writes.create_launch_template("nodes", &data(), &Tags::new()).await?;
    let again = writes.create_launch_template("nodes", &data(), &Tags::new()).await;
    refused("the same again", again, &["InvalidLaunchTemplateName.AlreadyExistsException"])
}

async fn a_launch_template_may_name_what_is_not_there(subject: &Subject) -> Kept {
    let data = LaunchTemplateData { iam_instance_profile: Some("none".into()), ..data() };
    subject.cloud.ec2().create_launch_template("nodes", &data, &Tags::new()).await?;
    Ok(())
}

async fn old_versions_can_be_deleted_and_the_default_cannot(subject: &Subject) -> Kept {
    let writes = subject.cloud.ec2();
    writes.create_launch_template("nodes", &data(), &Tags::new()).await?;
    for _ in 0..2 {
        writes.create_launch_template_version("nodes", None, &data()).await?;
    }
    writes.delete_launch_template_versions("nodes", &[2]).await?;
    // What is gone already is no error.
    writes.delete_launch_template_versions("nodes", &[2]).await?;
    let reads = subject.reader().ec2();
    let which = Versions::AllOf("nodes".into());
    let found = all_pages(async |marker: Option<String>| {
        reads.describe_launch_template_versions(&which, marker.as_deref()).await
    });
    let mut numbers: Vec<_> = found.await?.into_iter().map(|it| it.number).collect();
    numbers.sort_unstable();
    same("versions", &numbers, &[1, 3])?;
    holds(
        "the default cannot go",
        writes.delete_launch_template_versions("nodes", &[1]).await.is_err(),
    )
}

const KEY: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQCtWu40XQo8dczLsCq0OWV+hxm9uV3WxeH9Kgh4sMzQxNtoU1pvW0XdjpkBesRKGoolfWeCLXWxpyQb1IaiMkKoz7MdhQ/6UKjMjP66aFWWp3pwD0uj0HuJ7tq4gKHKRYGTaZIRWpzUiANBrjugVgA+Sd7E/mYwc/DMXkIyRZbvhQ==";

async fn a_key_pair_is_answered_as_it_was_imported(subject: &Subject) -> Kept {
    let (reads, writes) = (subject.reader().ec2(), subject.cloud.ec2());
    let wanted = tags([("owner", "me")]);
    writes.import_key_pair("kubernetes.example.com-a:b", KEY, &wanted).await?;
    let found = reads.describe_key_pair("kubernetes.example.com-a:b").await?;
    same("public key", &found.public_key.as_deref(), &Some(KEY))?;
    same("tags", &found.tags, &wanted)?;
    let again = writes.import_key_pair("kubernetes.example.com-a:b", KEY, &wanted).await;
    refused("the same again", again, &["InvalidKeyPair.Duplicate"])?;
    refused("none", reads.describe_key_pair("none").await, &["InvalidKeyPair.NotFound"])
}

async fn a_key_pair_is_found_by_its_tags_and_goes(subject: &Subject) -> Kept {
    let (reads, writes) = (subject.reader().ec2(), subject.cloud.ec2());
    let wanted = tags([("KubernetesCluster", "example.com")]);
    writes.import_key_pair("ours", KEY, &wanted).await?;
    writes.import_key_pair("theirs", KEY, &Tags::new()).await?;
    let tagged = Tagged::of_cluster("example.com");
    let found = reads.describe_key_pairs(&tagged).await?;
    let names: Vec<_> = found.iter().map(|pair| pair.name.as_str()).collect();
    same("names", &names, &["ours"])?;
    same("tags", &found[0].tags, &wanted)?;
    writes.delete_key_pair("ours").await?;
    same("how many are left", &reads.describe_key_pairs(&tagged).await?.len(), &0)?;
    writes.delete_key_pair("ours").await?;
    reads.describe_key_pair("theirs").await?;
    Ok(())
}

async fn a_launch_template_goes_with_its_versions(subject: &Subject) -> Kept {
    let ec2 = subject.cloud.ec2();
    ec2.create_launch_template("nodes", &data(), &Tags::new()).await?;
    ec2.create_launch_template_version("nodes", Some(1), &data()).await?;
    ec2.delete_launch_template("nodes").await?;
    let which = Templates::Named("nodes".into());
    let found = subject.reader().ec2().describe_launch_templates(&which, None).await;
    refused("it", found, NOT_FOUND)?;
    refused("it again", ec2.delete_launch_template("nodes").await, NOT_FOUND)
}

//! The instances of Auto Scaling groups: what becomes of those that leave.

use std::slice;

use super::{
    Subject,
    check::{Kept, holds, refused, same},
    groups::GROUP,
};
use crate::cloud::{
    CloudError,
    autoscaling::{GroupInstance, GroupSettings, TemplateRef},
    ec2::{LaunchTemplateData, Tagged},
};

super::cases![
    an_instance_that_its_group_terminates_is_replaced_by_one_of_the_new_version,
    a_detached_instance_runs_on_and_is_replaced,
    an_instance_that_ec2_terminates_runs_no_longer,
    an_instance_that_is_not_there_is_not_terminated,
    a_group_without_a_warm_pool_keeps_no_instance_ready,
];

impl Subject {
    async fn members(&self) -> Result<Vec<GroupInstance>, CloudError> {
        let all = self.found().await?.instances.into_iter();
        Ok(all.filter(|it| !it.lifecycle_state.starts_with("Terminat")).collect())
    }

    /// Whether EC2 has an instance of the cluster that runs.
    async fn runs(&self, id: &str) -> Result<bool, CloudError> {
        let tagged = Tagged::of_cluster("example.com");
        let listed = self.reader().ec2().describe_instances(&tagged, None).await?;
        Ok(listed.items.iter().any(|it| it.id == id && it.state == "running"))
    }
}

async fn an_instance_that_its_group_terminates_is_replaced_by_one_of_the_new_version(
    subject: &Subject,
) -> Kept {
    let template = subject.group().await?;
    let change =
        LaunchTemplateData { instance_type: Some("t3.large".into()), ..Default::default() };
    let made = subject.cloud.ec2().create_launch_template_version(GROUP, Some(1), &change).await?;
    let next = TemplateRef { version: made.number.to_string(), ..template };
    let settings = GroupSettings { launch_template: Some(next), ..GroupSettings::default() };
    let groups = subject.cloud.autoscaling();
    groups.update_auto_scaling_group(GROUP, &settings).await?;

    let old = subject.members().await?;
    let gone = &old[0].id;
    groups.terminate_instance_in_auto_scaling_group(gone).await?;
    let members = subject.members().await?;
    same("members", &members.len(), &2)?;
    holds("it is a member no longer", members.iter().all(|it| it.id != *gone))?;
    holds("it runs no longer", !subject.runs(gone).await?)?;
    let versions = members.iter().filter_map(|it| it.launch_template.as_ref());
    let mut versions: Vec<_> = versions.map(|it| it.version.clone()).collect();
    versions.sort();
    same("versions", &versions, &["1", "2"])
}

async fn a_detached_instance_runs_on_and_is_replaced(subject: &Subject) -> Kept {
    subject.group().await?;
    let out = subject.members().await?.remove(0).id;
    subject.cloud.autoscaling().detach_instances(GROUP, slice::from_ref(&out)).await?;
    let members = subject.members().await?;
    same("members", &members.len(), &2)?;
    holds("it is a member no longer", members.iter().all(|it| it.id != out))?;
    holds("it runs on", subject.runs(&out).await?)?;
    let again = subject.cloud.autoscaling().detach_instances(GROUP, &[out]).await;
    refused("detaching it again", again, &["ValidationError"])
}

async fn an_instance_that_ec2_terminates_runs_no_longer(subject: &Subject) -> Kept {
    subject.group().await?;
    let out = subject.members().await?.remove(0).id;
    subject.cloud.autoscaling().detach_instances(GROUP, slice::from_ref(&out)).await?;
    subject.cloud.ec2().terminate_instances(slice::from_ref(&out)).await?;
    holds("it runs no longer", !subject.runs(&out).await?)?;
    same("members", &subject.members().await?.len(), &2)
}

async fn an_instance_that_is_not_there_is_not_terminated(subject: &Subject) -> Kept {
    subject.group().await?;
    let none = "i-0123456789abcdef0";
    let ended = subject.cloud.autoscaling().terminate_instance_in_auto_scaling_group(none).await;
    refused("by the group", ended, &["ValidationError"])?;
    let ended = subject.cloud.ec2().terminate_instances(&[none.to_owned()]).await;
    refused("by EC2", ended, &["InvalidInstanceID.NotFound"])
}

async fn a_group_without_a_warm_pool_keeps_no_instance_ready(subject: &Subject) -> Kept {
    subject.group().await?;
    let warm = subject.reader().autoscaling().describe_warm_pool(GROUP, None).await?.items;
    same("warm instances", &warm, &[] as &[GroupInstance])
}

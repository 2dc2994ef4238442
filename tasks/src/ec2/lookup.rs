//! Templates and groups of a cluster, found in listings that all tasks share.

use cloudup_engine::TaskError;

use crate::{
    cloud::{
        CloudError, CloudReader, all_pages,
        autoscaling::{AutoScalingGroup, Groups},
        ec2::{LaunchTemplate, LaunchTemplateVersion, Tagged, Templates, Versions},
    },
    iam::owner::{Owner, Ownership},
};

/// The template of that name, without what its versions hold.
pub(super) async fn template(
    reader: &dyn CloudReader,
    cluster: &str,
    name: &str,
) -> Result<Option<LaunchTemplate>, TaskError> {
    let doing = || format!("look for launch template {name}");
    let pages = async |which: Templates| {
        all_pages(async |marker: Option<String>| {
            reader.ec2().describe_launch_templates(&which, marker.as_deref()).await
        })
        .await
    };
    let of_cluster = pages(Templates::Tagged(Tagged::of_cluster(cluster))).await;
    let mut found = of_cluster.map_err(|error| error.while_doing(doing()))?.into_iter();
    if let Some(template) = found.find(|template| template.name == name) {
        return Ok(Some(template));
    }
    // One without the cluster's tag stands in the way all the same.
    let named = CloudError::absent(pages(Templates::Named(name.to_owned())).await)
        .map_err(|error| error.while_doing(doing()))?;
    Ok(named.into_iter().flatten().next())
}

/// The version of a template that is its default.
pub(super) async fn default_version(
    reader: &dyn CloudReader,
    name: &str,
) -> Result<Option<LaunchTemplateVersion>, TaskError> {
    let versions = all_pages(async |marker: Option<String>| {
        let which = Versions::DefaultOfAll;
        reader.ec2().describe_launch_template_versions(&which, marker.as_deref()).await
    });
    let versions =
        versions.await.map_err(|error| error.while_doing("read the launch templates"))?;
    Ok(versions.into_iter().find(|version| version.template_name == name))
}

/// The groups of a cluster.
pub(super) async fn groups(
    reader: &dyn CloudReader,
    cluster: &str,
) -> Result<Vec<AutoScalingGroup>, TaskError> {
    let found = group_pages(reader, Groups::Tagged(Tagged::of_cluster(cluster))).await;
    found.map_err(|error| {
        error.while_doing(format!("look for the Auto Scaling groups of cluster {cluster}"))
    })
}

/// The group of that name, unless it is being deleted.
pub(super) async fn group(
    reader: &dyn CloudReader,
    cluster: &str,
    name: &str,
) -> Result<Option<AutoScalingGroup>, TaskError> {
    let mut found = groups(reader, cluster).await?.into_iter();
    if let Some(group) = found.find(|group| group.name == name) {
        return Ok(Some(group).filter(is_staying));
    }
    // One without the cluster's tag stands in the way all the same.
    let named = group_pages(reader, Groups::Named(name.to_owned())).await;
    let named =
        named.map_err(|error| error.while_doing(format!("look for Auto Scaling group {name}")))?;
    Ok(named.into_iter().find(is_staying))
}

async fn group_pages(
    reader: &dyn CloudReader,
    which: Groups,
) -> Result<Vec<AutoScalingGroup>, CloudError> {
    all_pages(async |marker: Option<String>| {
        reader.autoscaling().describe_auto_scaling_groups(&which, marker.as_deref()).await
    })
    .await
}

/// The group of that name, if it is the owner's.
pub(super) async fn own_group(
    reader: &dyn CloudReader,
    owner: &Owner,
    name: &str,
) -> Result<Option<AutoScalingGroup>, TaskError> {
    let group = group(reader, owner.cluster(), name).await?;
    Ok(group.filter(|group| owner.of(&group.tag_values()) == Ownership::Ours))
}

/// Whether the group of that name is being deleted.
pub(super) async fn is_leaving(reader: &dyn CloudReader, name: &str) -> bool {
    let which = Groups::Named(name.to_owned());
    let found = reader.autoscaling().describe_auto_scaling_groups(&which, None).await;
    found.is_ok_and(|page| page.items.iter().any(|group| !is_staying(group)))
}

fn is_staying(group: &AutoScalingGroup) -> bool {
    group.status.is_none()
}

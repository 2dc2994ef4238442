//! Auto Scaling groups, instances, and what these start from.

use std::{collections::BTreeSet, time::Duration};

use cloudup_engine::{FieldChange, Stray, TaskError};

use super::{
    iam::profile_id,
    refusal::{gone, not_yet},
    thing::{Removable, Thing, Whose},
};
use crate::{
    cloud::{
        CloudError, CloudReader, CloudWriter, all_pages,
        autoscaling::{AutoScalingGroup, Groups},
        ec2::{Instance, Tagged, Templates, Using},
    },
    iam::owner::Ownership,
    trouble::invalid,
};

const WARM_POOL: &str = "WarmPool";

/// The tag by which Auto Scaling says which group an instance is of.
const GROUP_NAME: &str = "aws:autoscaling:groupName";

/// Things that say that they are the cluster's.
fn owned(whose: &Whose) -> Tagged {
    Tagged { key: whose.owner.tag_key(), value: "owned".to_owned() }
}

async fn groups(
    reader: &dyn CloudReader,
    which: Groups,
) -> Result<Vec<AutoScalingGroup>, CloudError> {
    all_pages(async |marker: Option<String>| {
        reader.autoscaling().describe_auto_scaling_groups(&which, marker.as_deref()).await
    })
    .await
}

/// Instances that are not gone yet.
async fn instances(reader: &dyn CloudReader, tagged: &Tagged) -> Result<Vec<Instance>, CloudError> {
    let mut found = all_pages(async |marker: Option<String>| {
        reader.ec2().describe_instances(tagged, marker.as_deref()).await
    })
    .await?;
    found.retain(|instance| !instance.is_terminated());
    Ok(found)
}

/// Instances that use something and are not gone yet.
pub(super) async fn instances_using(
    reader: &dyn CloudReader,
    using: &Using,
) -> Result<Vec<Instance>, TaskError> {
    let found = all_pages(async |marker: Option<String>| {
        reader.ec2().describe_instances_using(using, marker.as_deref()).await
    });
    let found = found.await.map_err(|error| {
        let (Using::Profile(of) | Using::SecurityGroup(of) | Using::Subnet(of)) = using;
        error.while_doing(format!("look which instances use {of}"))
    });
    Ok(found?.into_iter().filter(|instance| !instance.is_terminated()).collect())
}

/// An instance that uses something and is not the cluster's, in words.
pub(super) async fn foreign_instance(
    reader: &dyn CloudReader,
    whose: &Whose,
    using: &Using,
) -> Result<Option<String>, TaskError> {
    let found = instances_using(reader, using).await?;
    let foreign = found.iter().find_map(|instance| match whose.owner.of(&instance.tags) {
        Ownership::Ours => None,
        Ownership::Other(cluster) => {
            Some(format!("instance {} of cluster {cluster} uses it", instance.id))
        }
        Ownership::Nobody | Ownership::Shared => {
            Some(format!("instance {}, which is not the cluster's, uses it", instance.id))
        }
    });
    Ok(foreign)
}

/// Auto Scaling groups, with their instances, hooks and warm pools.
#[derive(Clone, Copy, Debug)]
pub struct AutoscalingGroups;

impl AutoscalingGroups {
    /// What one of that name is called in [`Thing::needs`].
    pub fn id(name: &str) -> String {
        format!("auto-scaling-group/{name}")
    }
}

async fn group_named(
    reader: &dyn CloudReader,
    name: &str,
) -> Result<Option<AutoScalingGroup>, TaskError> {
    let found = groups(reader, Groups::Named(name.to_owned())).await;
    let found =
        found.map_err(|error| error.while_doing(format!("look for Auto Scaling group {name}")));
    Ok(found?.into_iter().next())
}

impl Removable for AutoscalingGroups {
    const KIND: &'static str = "AutoscalingGroup";
    const EXPECTED_DURATION: Duration = Duration::from_secs(90);
    const WORD: &'static str = "Auto Scaling group";

    async fn list(reader: &dyn CloudReader, whose: &Whose) -> Result<Vec<Thing>, CloudError> {
        let found = groups(reader, Groups::Tagged(owned(whose))).await?;
        let thing = |group: AutoScalingGroup| {
            let ids: Vec<_> = group.instances.iter().map(|it| it.id.as_str()).collect();
            let told = match ids.len() {
                0 => Vec::new(),
                _ => vec![("instances", ids.join(", "))],
            };
            let template = group.template().map(|template| template.id.clone());
            Thing {
                id: Self::id(&group.name),
                needs: group.subnets.iter().cloned().chain(template).collect(),
                told,
                tags: Some(group.tag_values()),
                name: group.name,
            }
        };
        Ok(found.into_iter().map(thing).collect())
    }

    async fn parts(reader: &dyn CloudReader, thing: &Thing) -> Result<Vec<Stray>, TaskError> {
        let pool = group_named(reader, &thing.name).await?.and_then(|group| group.warm_pool);
        let stray = pool.map(|pool| Stray {
            kind: WARM_POOL,
            name: thing.name.clone(),
            fields: vec![FieldChange::removed("min_size", &pool.min_size)],
            deferred: false,
        });
        Ok(stray.into_iter().collect())
    }

    /// It is gone when its instances are.
    async fn delete(
        writer: &(dyn CloudWriter + 'static),
        _: &Whose,
        thing: &Thing,
        doing: String,
    ) -> Result<(), TaskError> {
        let (reader, name) = (writer.reader(), &thing.name);
        if let Some(group) = group_named(reader, name).await?
            && group.status.is_none()
        {
            gone(writer.autoscaling().delete_auto_scaling_group(name).await, doing.clone())?;
        }
        let tagged = Tagged { key: GROUP_NAME.to_owned(), value: name.clone() };
        let left = instances(reader, &tagged).await.map_err(|error| {
            error.while_doing(format!("see whether the instances of {name} are gone"))
        })?;
        if !left.is_empty() || group_named(reader, name).await?.is_some() {
            return Err(not_yet(&doing));
        }
        Ok(())
    }

    async fn delete_part(
        writer: &(dyn CloudWriter + 'static),
        part: &Stray,
    ) -> Result<(), TaskError> {
        if part.kind != WARM_POOL {
            return Err(invalid(format!("delete {}/{}", part.kind, part.name)));
        }
        let (name, doing) = (&part.name, format!("delete the warm pool beside {}", part.name));
        let pool = async || {
            let group = group_named(writer.reader(), name).await?;
            Ok::<_, TaskError>(group.and_then(|group| group.warm_pool))
        };
        if pool().await?.is_some_and(|pool| pool.status.is_none()) {
            gone(writer.autoscaling().delete_warm_pool(name).await, doing.clone())?;
        }
        if pool().await?.is_some() { Err(not_yet(&doing)) } else { Ok(()) }
    }
}

/// Instances that no Auto Scaling group of the cluster takes with it.
#[derive(Clone, Copy, Debug)]
pub struct Instances;

impl Removable for Instances {
    const KIND: &'static str = "Instance";
    const EXPECTED_DURATION: Duration = Duration::from_mins(1);
    const WORD: &'static str = "instance";

    async fn list(reader: &dyn CloudReader, whose: &Whose) -> Result<Vec<Thing>, CloudError> {
        let groups = groups(reader, Groups::Tagged(owned(whose))).await?;
        let groups: BTreeSet<_> = groups.into_iter().map(|group| group.name).collect();
        let alone = |it: &&Instance| it.tags.get(GROUP_NAME).is_none_or(|it| !groups.contains(it));
        let thing = |instance: &Instance| {
            let told = instance.tags.get("Name").map(|name| ("name", name.clone()));
            let profile = instance.iam_instance_profile.as_deref().map(profile_id);
            let groups = instance.security_groups.iter().cloned();
            Thing {
                id: instance.id.clone(),
                name: instance.id.clone(),
                needs: groups.chain([instance.subnet_id.clone()]).chain(profile).collect(),
                told: told.into_iter().collect(),
                tags: Some(instance.tags.clone()),
            }
        };
        Ok(instances(reader, &owned(whose)).await?.iter().filter(alone).map(thing).collect())
    }

    async fn delete(
        writer: &(dyn CloudWriter + 'static),
        whose: &Whose,
        thing: &Thing,
        doing: String,
    ) -> Result<(), TaskError> {
        let state = async || {
            let listed = instances(writer.reader(), &owned(whose)).await;
            let listed = listed.map_err(|error| error.while_doing(doing.clone()))?;
            Ok::<_, TaskError>(listed.into_iter().find(|instance| instance.id == thing.id))
        };
        if state().await?.is_some_and(|instance| !instance.is_ending()) {
            let ids = [thing.id.clone()];
            gone(writer.ec2().terminate_instances(&ids).await, doing.clone())?;
        }
        if state().await?.is_some() { Err(not_yet(&doing)) } else { Ok(()) }
    }
}

/// Launch templates, with all their versions.
#[derive(Clone, Copy, Debug)]
pub struct LaunchTemplates;

impl Removable for LaunchTemplates {
    const KIND: &'static str = "LaunchTemplate";
    const WORD: &'static str = "launch template";

    async fn list(reader: &dyn CloudReader, whose: &Whose) -> Result<Vec<Thing>, CloudError> {
        let which = Templates::Tagged(owned(whose));
        let templates = all_pages(async |marker: Option<String>| {
            reader.ec2().describe_launch_templates(&which, marker.as_deref()).await
        });
        let thing = |template: crate::cloud::ec2::LaunchTemplate| Thing {
            told: vec![("id", template.id.clone())],
            id: template.id,
            name: template.name,
            tags: Some(template.tags),
            needs: Vec::new(),
        };
        Ok(templates.await?.into_iter().map(thing).collect())
    }

    async fn delete(
        writer: &(dyn CloudWriter + 'static),
        _: &Whose,
        thing: &Thing,
        doing: String,
    ) -> Result<(), TaskError> {
        gone(writer.ec2().delete_launch_template(&thing.name).await, doing)
    }
}

/// Key pairs.
#[derive(Clone, Copy, Debug)]
pub struct KeyPairs;

impl Removable for KeyPairs {
    const KIND: &'static str = "SSHKey";
    const WORD: &'static str = "key pair";

    async fn list(reader: &dyn CloudReader, whose: &Whose) -> Result<Vec<Thing>, CloudError> {
        let pairs = reader.ec2().describe_key_pairs(&owned(whose)).await?;
        let thing = |pair: crate::cloud::ec2::KeyPair| Thing {
            told: vec![("id", pair.id.clone())],
            id: pair.id,
            name: pair.name,
            tags: Some(pair.tags),
            needs: Vec::new(),
        };
        Ok(pairs.into_iter().map(thing).collect())
    }

    async fn delete(
        writer: &(dyn CloudWriter + 'static),
        _: &Whose,
        thing: &Thing,
        doing: String,
    ) -> Result<(), TaskError> {
        gone(writer.ec2().delete_key_pair(&thing.name).await, doing)
    }
}

//! The launch templates that say which instance profile a group's instances have.

use cloudup_engine::Graph;
use cloudup_tasks::{
    cloud::{Aws, ec2::MetadataOptions},
    ec2::LaunchTemplate,
};

use super::{Blueprint, Profiles, Run, governed};
use crate::{
    manifest::{InstanceGroup, spec::Manager},
    names,
    phase::Phase,
};

/// A template for each group whose instances an Auto Scaling group starts, once its profile is
/// ready. What is no longer wanted goes after the templates, which may still name it.
pub(super) fn add(blueprint: &Blueprint, graph: &mut Graph<Aws>, run: Run, profiles: &Profiles) {
    let cluster = &blueprint.cluster;
    for group in &cluster.groups {
        if group.spec.manager == Manager::Karpenter {
            continue;
        }
        let profile = names::profile(group, cluster.name());
        let name = names::group(group.name(), group.spec.role, cluster.name());
        let mut tags = blueprint.owner().tags(&name);
        tags.extend(cluster.spec.cloud_labels.clone());
        let mut template = LaunchTemplate::new(&name, profile.clone())
            .metadata_options(metadata_options(group))
            .tagged(tags);
        if let Some(made) = profiles.made.get(&profile) {
            template = template.made_by(made);
        }
        let template = governed(graph, run, Phase::Cluster).add(template);
        for first in profiles.ready.get(&profile).into_iter().flatten().chain(&profiles.unwanted) {
            graph.order(first.clone(), template.id().clone());
        }
    }
}

/// IMDSv2 only, and one hop, which keeps pods off the instance's role, unless the group says
/// otherwise.
fn metadata_options(group: &InstanceGroup) -> MetadataOptions {
    let options = &group.spec.instance_metadata;
    MetadataOptions {
        http_tokens: options.http_tokens.clone().unwrap_or_else(|| "required".to_owned()),
        http_put_response_hop_limit: options
            .http_put_response_hop_limit
            // What is too large for EC2 is refused by the task.
            .map_or(1, |hops| i32::try_from(hops).unwrap_or(i32::MAX)),
    }
}

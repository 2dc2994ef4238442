//! What there is: the groups of a cluster with their instances, and which of these are to be
//! replaced.

use std::collections::BTreeMap;

use cloudup_tasks::cloud::{
    CloudReader, all_pages,
    autoscaling::{AutoScalingGroup, GroupInstance, Groups, TemplateRef},
    ec2::{Instance, LaunchTemplate, LaunchTemplateVersion, Tagged, Templates, Versions},
};

use super::{
    Reason,
    calls::{Attempts, CallError, Doing as _},
    difference,
};
use crate::{
    kubernetes::{
        ExpectedGroup, KubernetesError, KubernetesReader, Member as Expected, Node, Size,
    },
    manifest::{
        Cluster, InstanceGroup,
        spec::{Manager, Role},
    },
    names,
};

/// The tag of instances that were detached from the group that it names. kOps' own.
pub(super) const DETACHED: &str = "kops.k8s.io/detached-from-asg";

/// The annotation of nodes that are to be replaced whatever they started from. kOps' own.
const NEEDS_UPDATE: &str = "kops.k8s.io/needs-update";

/// What was found.
#[derive(Clone, Debug)]
pub(super) struct Survey {
    /// The groups that the cloud has, by the names of the instance groups.
    pub(super) groups: BTreeMap<String, FoundGroup>,
    /// What is said of the nodes.
    pub(super) nodes: Nodes,
    /// Auto Scaling groups of the cluster that are no instance group's.
    pub(super) strange: Vec<String>,
    /// Instance groups whose Auto Scaling group is on its way out.
    pub(super) going: Vec<String>,
}

/// What is known of the cluster's nodes.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Nodes {
    /// Nobody was asked: the cloud alone counts.
    NotAsked,
    /// These are there.
    Found(Vec<Node>),
    /// The API does not answer.
    Unreachable(String),
}

/// A group as it was found.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FoundGroup {
    /// The instance group's name.
    pub(super) name: String,
    /// What its nodes are.
    pub(super) role: Role,
    /// The Auto Scaling group's name.
    pub(super) auto_scaling_group: String,
    pub(super) min: usize,
    pub(super) max: usize,
    /// How many instances there are to be.
    pub(super) desired: usize,
    /// Whether it starts instances: its process `Launch` may be suspended.
    pub(super) launches: bool,
    /// The version that new instances start from, resolved to a number.
    pub(super) template: TemplateRef,
    /// Its instances: those of the group, then those kept ready, then those detached.
    pub(super) members: Vec<Member>,
}

/// An instance of a group.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Member {
    pub(super) id: String,
    pub(super) place: Place,
    /// Where in its life it is: `InService`, `Warmed:Stopped`; of one detached EC2's word.
    pub(super) state: String,
    /// The version that it started from.
    pub(super) template: Option<TemplateRef>,
    /// Its node, where it is one and somebody asked.
    pub(super) node: Option<Node>,
    /// Why it is to be replaced.
    pub(super) reasons: Vec<Reason>,
}

/// Where an instance is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In its group.
    Group,
    /// In the group's warm pool.
    WarmPool,
    /// Out of its group, running on.
    Detached,
}

impl Member {
    /// Whether it counts as one of those that are wanted.
    pub(super) fn is_in_service(&self) -> bool {
        match self.place {
            Place::Group => self.state == "InService",
            Place::WarmPool => false,
            Place::Detached => self.state == "running",
        }
    }

    pub(super) fn is_stale(&self) -> bool {
        !self.reasons.is_empty()
    }
}

impl FoundGroup {
    /// Whether a member does what it is there for.
    pub(super) fn serves(&self, member: &Member, nodes: &Nodes) -> bool {
        let is_ready = match nodes {
            Nodes::NotAsked => true,
            Nodes::Found(_) => member.node.as_ref().is_some_and(|node| node.is_ready),
            Nodes::Unreachable(_) => false,
        };
        member.is_in_service() && (is_ready || self.role == Role::Bastion)
    }

    /// Its instances, those aside that are kept ready.
    pub(super) fn running(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.place != Place::WarmPool)
    }

    pub(super) fn member(&self, id: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.id == id)
    }
}

impl Survey {
    /// Refuses to begin where Kubernetes does not answer.
    pub(super) fn reached(&self) -> Result<(), CallError> {
        match &self.nodes {
            Nodes::Unreachable(why) => {
                Err(KubernetesError::Unreachable(why.clone())).doing("list the nodes")
            }
            Nodes::NotAsked | Nodes::Found(_) => Ok(()),
        }
    }

    /// The groups as validation expects them.
    pub(super) fn expected(&self, cluster: &Cluster) -> Vec<ExpectedGroup> {
        let expected = |group: &InstanceGroup| {
            let found = self.groups.get(group.name());
            let size = match found {
                Some(found) => Size::Of(found.desired),
                None if group.spec.manager == Manager::Karpenter => Size::AsFound,
                None => Size::Missing,
            };
            let members = found.into_iter().flat_map(|found| &found.members);
            ExpectedGroup {
                name: group.name().to_owned(),
                role: group.spec.role,
                size,
                members: members
                    .map(|member| Expected {
                        id: member.id.clone(),
                        is_detached: member.place == Place::Detached,
                        is_warm: member.place == Place::WarmPool,
                    })
                    .collect(),
            }
        };
        cluster.groups.iter().map(expected).collect()
    }
}

/// Looks at all groups of a cluster.
pub(super) async fn survey(
    reader: &dyn CloudReader,
    kubernetes: Option<&dyn KubernetesReader>,
    cluster: &Cluster,
    attempts: &Attempts,
) -> Result<Survey, CallError> {
    let tagged = Tagged::of_cluster(cluster.name());
    let (scaling, ec2) = (reader.autoscaling(), reader.ec2());
    let groups = all_pages(async |marker: Option<String>| {
        let (which, marker) = (Groups::Tagged(tagged.clone()), marker.as_deref());
        attempts.cloud(async || scaling.describe_auto_scaling_groups(&which, marker).await).await
    });
    let groups = groups.await.doing("list the Auto Scaling groups")?;
    let templates = all_pages(async |marker: Option<String>| {
        let (which, marker) = (Templates::Tagged(tagged.clone()), marker.as_deref());
        attempts.cloud(async || ec2.describe_launch_templates(&which, marker).await).await
    });
    let templates = templates.await.doing("list the launch templates")?;
    let instances = all_pages(async |marker: Option<String>| {
        let marker = marker.as_deref();
        attempts.cloud(async || ec2.describe_instances(&tagged, marker).await).await
    });
    let instances = instances.await.doing("list the instances")?;
    let nodes = match kubernetes {
        None => Nodes::NotAsked,
        Some(kubernetes) => match kubernetes.nodes().await {
            Ok(nodes) => Nodes::Found(nodes),
            Err(KubernetesError::Unreachable(why)) => Nodes::Unreachable(why),
            Err(error) => return Err(error).doing("list the nodes"),
        },
    };

    let mut survey =
        Survey { groups: BTreeMap::new(), nodes, strange: Vec::new(), going: Vec::new() };
    for group in groups {
        let of = cluster
            .groups
            .iter()
            .find(|of| names::group(of.name(), of.spec.role, cluster.name()) == group.name);
        let Some(of) = of else {
            survey.strange.push(group.name);
            continue;
        };
        if group.status.is_some() {
            survey.going.push(of.name().to_owned());
            continue;
        }
        let mut warm = Vec::new();
        if group.warm_pool.is_some() {
            let listed = all_pages(async |marker: Option<String>| {
                let (name, marker) = (&group.name, marker.as_deref());
                attempts.cloud(async || scaling.describe_warm_pool(name, marker).await).await
            });
            warm = listed.await.doing("list the instances of a warm pool")?;
        }
        let found =
            Finding { of, templates: &templates, instances: &instances, nodes: &survey.nodes };
        let found = found.group(&group, &warm)?;
        survey.groups.insert(found.name.clone(), found);
    }
    Ok(survey)
}

/// One group's turn.
struct Finding<'a> {
    of: &'a InstanceGroup,
    templates: &'a [LaunchTemplate],
    instances: &'a [Instance],
    nodes: &'a Nodes,
}

impl Finding<'_> {
    fn group(
        &self,
        group: &AutoScalingGroup,
        warm: &[GroupInstance],
    ) -> Result<FoundGroup, CallError> {
        let template = self.resolved(group)?;
        let is_warm = |it: &GroupInstance| it.lifecycle_state.starts_with("Warmed");
        let leaves = |it: &GroupInstance| {
            ["Terminat", "Detach", "Warmed:Terminat"]
                .iter()
                .any(|state| it.lifecycle_state.starts_with(state))
        };
        // Instances of a warm pool may be listed with the group's too.
        let known: Vec<_> = group.instances.iter().filter(|it| !is_warm(it)).collect();
        let also_warm = group.instances.iter().filter(|it| is_warm(it));
        let also_warm = also_warm.filter(|it| warm.iter().all(|other| other.id != it.id));
        let warm: Vec<_> = warm.iter().chain(also_warm).collect();
        let placed = |it: &GroupInstance, place| {
            self.member(&it.id, place, &it.lifecycle_state, it.launch_template.clone(), &template)
        };
        let in_group = known.iter().filter(|it| !leaves(it)).map(|it| placed(it, Place::Group));
        let in_pool = warm.iter().filter(|it| !leaves(it)).map(|it| placed(it, Place::WarmPool));
        // One that is on its way out of the group runs on like those that are out.
        let stays = |it: &&GroupInstance| !it.lifecycle_state.starts_with("Detach");
        let detached = self.instances.iter().filter(|instance| {
            instance.tags.get(DETACHED) == Some(&group.name)
                && ["pending", "running", "stopping", "stopped"].contains(&instance.state.as_str())
                && group.instances.iter().filter(stays).all(|member| member.id != instance.id)
        });
        let detached =
            detached.map(|it| self.member(&it.id, Place::Detached, &it.state, None, &template));
        let size = |size: i32| usize::try_from(size).unwrap_or_default();
        Ok(FoundGroup {
            name: self.of.name().to_owned(),
            role: self.of.spec.role,
            auto_scaling_group: group.name.clone(),
            min: size(group.min_size),
            max: size(group.max_size),
            desired: size(group.desired_capacity),
            launches: !group.suspended_processes.contains("Launch"),
            members: in_group.chain(in_pool).chain(detached).collect(),
            template,
        })
    }

    /// The version that new instances start from, by its number.
    fn resolved(&self, group: &AutoScalingGroup) -> Result<TemplateRef, CallError> {
        let named = group.template().cloned().unwrap_or_default();
        if named.version.parse::<i64>().is_ok() {
            return Ok(named);
        }
        let template = self.templates.iter().find(|template| template.id == named.id);
        let template = template.ok_or_else(|| CallError::Template {
            group: group.name.clone(),
            template: named.id.clone(),
        })?;
        let number = match named.version.as_str() {
            "$Latest" => template.latest_version,
            _ => template.default_version,
        };
        Ok(TemplateRef { version: number.to_string(), ..named })
    }

    fn member(
        &self,
        id: &str,
        place: Place,
        state: &str,
        template: Option<TemplateRef>,
        wanted: &TemplateRef,
    ) -> Member {
        let node = match self.nodes {
            Nodes::Found(nodes) => nodes.iter().find(|it| it.instance_id.as_deref() == Some(id)),
            Nodes::NotAsked | Nodes::Unreachable(_) => None,
        };
        let mut reasons = Vec::new();
        if place == Place::Detached {
            reasons.push(Reason::Detached);
        } else if template.as_ref() != Some(wanted) {
            reasons.push(Reason::Template {
                from: template.as_ref().map(told),
                to: told(wanted),
                fields: Vec::new(),
            });
        }
        if node.is_some_and(|node| node.annotations.contains_key(NEEDS_UPDATE)) {
            reasons.push(Reason::Annotated);
        }
        let node = node.cloned();
        Member { id: id.to_owned(), place, state: state.to_owned(), template, node, reasons }
    }
}

/// `lt-0123:4`, as kOps writes it.
fn told(template: &TemplateRef) -> String {
    format!("{}:{}", template.id, template.version)
}

/// Says in which fields the versions differ that stale instances started from and that new ones
/// will.
pub(super) async fn explain(
    survey: &mut Survey,
    reader: &dyn CloudReader,
    attempts: &Attempts,
) -> Result<(), CallError> {
    let ec2 = reader.ec2();
    for group in survey.groups.values_mut() {
        let is_template = |reason: &Reason| matches!(reason, Reason::Template { .. });
        if !group.members.iter().any(|it| it.reasons.iter().any(is_template)) {
            continue;
        }
        let listed = all_pages(async |marker: Option<String>| {
            let which = Versions::AllOf(group.auto_scaling_group.clone());
            let marker = marker.as_deref();
            attempts
                .cloud(async || ec2.describe_launch_template_versions(&which, marker).await)
                .await
        });
        // Templates that are not named after their group are somebody else's: the versions are told.
        let versions = match listed.await {
            Err(error) if error.is_not_found() => continue,
            listed => listed.doing("list the versions of a launch template")?,
        };
        let version = |of: &TemplateRef| -> Option<&LaunchTemplateVersion> {
            let is_it = |it: &&LaunchTemplateVersion| {
                it.template_id == of.id && it.number.to_string() == of.version
            };
            versions.iter().find(is_it)
        };
        let wanted = version(&group.template);
        for member in &mut group.members {
            let started = member.template.as_ref().and_then(version);
            let (Some(started), Some(wanted)) = (started, wanted) else { continue };
            for reason in &mut member.reasons {
                if let Reason::Template { fields, .. } = reason {
                    *fields = difference::fields(started, wanted);
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;

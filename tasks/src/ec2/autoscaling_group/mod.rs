//! Auto Scaling groups.

mod mixed;
mod settings;

use std::collections::{BTreeMap, BTreeSet};

use cloudup_engine::{
    Change, Changes as _, Diff, Found, Input, Managed, Reader, Ref, Task, TaskError, Writer, note,
};

pub use self::mixed::MixedInstances;
use super::{
    LaunchTemplate, NetworkRef, lookup,
    network::{self, Makers},
    tags,
};
use crate::{
    aside::{Aside, Seen},
    cloud::{
        Aws, CloudReader,
        autoscaling::{AutoScalingGroup, TemplateRef, propagated},
        iam::Tags,
    },
    iam::{IamInstanceProfile, Owner, owner::Ownership},
    trouble::{conflict, invalid},
    vpc::Subnet,
};

/// An Auto Scaling group: how many instances there are, where, and what they start from.
///
/// How many are wanted at the moment is the autoscaler's to say. Load balancers, target groups and
/// metrics beyond those asked for stay.
#[derive(Clone, Debug, Diff)]
pub struct AutoscalingGroup {
    #[diff(skip)]
    name: String,
    /// The version of the launch template that instances start from, by its number.
    pub launch_template: Input<TemplateRef>,
    /// The least number of instances.
    pub min_size: i32,
    /// The greatest number of instances.
    pub max_size: i32,
    /// The subnets that instances are in.
    pub subnets: BTreeSet<NetworkRef>,
    /// Several instance types, on demand and spot.
    pub mixed_instances: Option<MixedInstances>,
    /// The processes that are suspended: `AZRebalance`.
    pub suspended_processes: Managed<BTreeSet<String>>,
    /// Whether new instances are spared when the group shrinks.
    pub instance_protection: bool,
    /// Whether spot instances at risk are replaced beforehand.
    pub capacity_rebalance: Managed<bool>,
    /// After how many seconds instances are replaced; 0 is never.
    pub max_instance_lifetime: i32,
    /// Metrics that are collected, every minute.
    pub metrics: BTreeSet<String>,
    /// Classic load balancers that instances are put behind, by name.
    pub load_balancers: BTreeSet<String>,
    /// Target groups that instances are put into, by ARN.
    pub target_groups: BTreeSet<String>,
    /// Its tags, as far as they are ours. New instances get them too.
    tags: Tags,
    #[diff(skip)]
    about: Aside<About>,
}

#[derive(Clone, Debug)]
struct About {
    owner: Owner,
    template: Ref<LaunchTemplate>,
    profile: Option<Ref<IamInstanceProfile>>,
    subnets: Makers<Subnet>,
    seen: Seen<Option<AutoScalingGroup>>,
}

impl AutoscalingGroup {
    /// A group of `owner`, with the tags that every object of ours has, whose instances start from
    /// the template. It is empty until sizes and subnets are given.
    pub fn new(name: impl Into<String>, owner: Owner, template: &Ref<LaunchTemplate>) -> Self {
        let name = name.into();
        Self {
            launch_template: template.get(super::LaunchTemplateOutput::reference),
            min_size: 0,
            max_size: 0,
            subnets: BTreeSet::new(),
            mixed_instances: None,
            suspended_processes: Managed::AsFound,
            instance_protection: false,
            capacity_rebalance: Managed::AsFound,
            max_instance_lifetime: 0,
            metrics: BTreeSet::new(),
            load_balancers: BTreeSet::new(),
            target_groups: BTreeSet::new(),
            tags: owner.tags(&name),
            about: Aside(About {
                owner,
                template: template.clone(),
                profile: None,
                subnets: Makers::new(),
                seen: Seen::default(),
            }),
            name,
        }
    }

    /// Adds tags to the group and to its new instances.
    #[must_use]
    pub fn tagged(mut self, tags: &Tags) -> Self {
        self.tags.extend(tags.clone());
        self
    }

    /// The task that makes the instance profile of its instances: if this run creates it, EC2 may
    /// not know it at once, which passes. It does not order the two.
    #[must_use]
    pub fn made_with(mut self, profile: &Ref<IamInstanceProfile>) -> Self {
        self.about.0.profile = Some(profile.clone());
        self
    }

    /// The tasks that make subnets, by the subnets' names: their ids need not be looked up. It does
    /// not order them.
    #[must_use]
    pub fn in_subnets_of(mut self, makers: &BTreeMap<String, Ref<Subnet>>) -> Self {
        self.about.0.subnets.clone_from(makers);
        self
    }

    fn owner(&self) -> &Owner {
        &self.about.0.owner
    }

    async fn known_subnets(&self, reader: &dyn CloudReader) -> Result<network::Known, TaskError> {
        network::subnets(reader, self.owner(), &self.about.0.subnets).await
    }

    /// The task that a group would be as asked for by.
    async fn state(
        &self,
        reader: &dyn CloudReader,
        group: &AutoScalingGroup,
    ) -> Result<Self, TaskError> {
        let template = group.template().cloned().unwrap_or_default();
        let known = self.known_subnets(reader).await?;
        let (tags, _) = tags::split(self.owner(), &group.tag_values(), &self.tags);
        let wanted_mixed = self.mixed_instances.as_ref();
        let asked = |found: &BTreeSet<String>, wanted: &BTreeSet<String>| {
            found.intersection(wanted).cloned().collect()
        };
        Ok(Self {
            launch_template: self.number(reader, template).await?.into(),
            min_size: group.min_size,
            max_size: group.max_size,
            subnets: known.refs(&group.subnets, &self.subnets),
            mixed_instances: group
                .mixed_instances_policy
                .as_ref()
                .map(|policy| MixedInstances::found(policy, wanted_mixed)),
            suspended_processes: Managed::Set(group.suspended_processes.clone()),
            instance_protection: group.instance_protection,
            capacity_rebalance: Managed::Set(group.capacity_rebalance.unwrap_or(false)),
            max_instance_lifetime: group.max_instance_lifetime,
            metrics: asked(&group.enabled_metrics, &self.metrics),
            load_balancers: asked(&group.load_balancers, &self.load_balancers),
            target_groups: asked(&group.target_groups, &self.target_groups),
            tags,
            ..self.clone()
        })
    }

    /// The reference with the number of the version that `$Latest` or `$Default` stands for, as
    /// kOps has its groups follow. Where this run made a version, what stands for it is not
    /// asked for: the answer might be the one before.
    async fn number(
        &self,
        reader: &dyn CloudReader,
        reference: TemplateRef,
    ) -> Result<TemplateRef, TaskError> {
        let made = self.about.0.template.output();
        let (Some(made), "$Latest" | "$Default" | "") = (made, reference.version.as_str()) else {
            return Ok(reference);
        };
        if made.is_new || made.id != reference.id {
            return Ok(reference);
        }
        // Groups and templates have one name.
        let template = lookup::template(reader, self.owner().cluster(), &self.name).await?;
        Ok(match template.filter(|template| template.id == reference.id) {
            Some(template) if reference.version == "$Latest" => {
                TemplateRef { version: template.latest_version.to_string(), ..reference }
            }
            Some(template) => {
                TemplateRef { version: template.default_version.to_string(), ..reference }
            }
            None => reference,
        })
    }
}

impl Task for AutoscalingGroup {
    const KIND: &'static str = "AutoscalingGroup";
    type Provider = Aws;
    type Output = ();

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, reader: &Reader<Self>) -> Result<Option<Found<Self>>, TaskError> {
        self.about.0.seen.set(None);
        let cluster = self.owner().cluster();
        let Some(group) = lookup::group(reader, cluster, &self.name).await? else {
            return Ok(None);
        };
        let state = self.state(reader, &group).await?;
        self.about.0.seen.set(Some(group));
        Ok(Some(Found { state, output: () }))
    }

    fn check_changes(&self, change: &Change<'_, Self>) -> Result<(), TaskError> {
        let name = &self.name;
        if self.subnets.is_empty() {
            return Err(invalid(format!("have Auto Scaling group {name} in no subnet"))
                .hint("give the instance group's spec.subnets"));
        }
        if self.max_size < self.min_size {
            let message = format!(
                "have at least {} and at most {} instances in {name}",
                self.min_size, self.max_size
            );
            return Err(invalid(message).hint("give a maxSize that is not below minSize"));
        }
        let seen = self.about.0.seen.get();
        let tags = seen.as_ref().map(AutoScalingGroup::tag_values).unwrap_or_default();
        if let Change::Update { .. } = change {
            let (ownership, what) = (self.owner().of(&tags), format!("Auto Scaling group {name}"));
            self.owner().check(&ownership, &what)?;
            if ownership == Ownership::Nobody {
                note(format!("{what} exists and its tags name no owner: it is taken over"));
            }
        }
        tags::check(&self.tags, &tags::split(self.owner(), &tags, &self.tags).1)
    }

    async fn render(
        &self,
        writer: &Writer<Self>,
        change: Change<'_, Self>,
    ) -> Result<(), TaskError> {
        match change {
            Change::Create => self.create(writer).await,
            Change::Update { changes, .. } => {
                let found = self.about.0.seen.get().unwrap_or_default();
                self.update(writer, &found, changes).await
            }
        }
    }
}

impl AutoscalingGroup {
    /// Creates the group with its tags, then switches on what cannot be given with it.
    async fn create(&self, writer: &Writer<Self>) -> Result<(), TaskError> {
        let (name, reader) = (&self.name, writer.reader());
        let doing = || format!("create Auto Scaling group {name}");
        let settings = self.all_settings(reader).await?;
        let created = writer
            .autoscaling()
            .create_auto_scaling_group(
                name,
                &settings,
                &propagated(&self.tags),
                &self.load_balancers,
                &self.target_groups,
            )
            .await;
        match created {
            Ok(()) => {}
            Err(error) if error.code == "AlreadyExists" => {
                // The answer to an earlier call may have been lost.
                let Some(found) = self.find(reader).await? else {
                    return Err(self.in_the_way(reader, error, doing()).await);
                };
                let seen = self.about.0.seen.get().unwrap_or_default();
                if self.owner().of(&seen.tag_values()) != Ownership::Ours {
                    let message = format!("{}: there is one that is not this cluster's", doing());
                    return Err(conflict(message).because(error));
                }
                let changes = Self::diff(&found.state, self);
                return if changes.list().is_empty() {
                    Ok(())
                } else {
                    self.update(writer, &seen, changes).await
                };
            }
            Err(error) => return Err(self.refusal(reader, error, doing()).await),
        }
        self.switch_on(writer, &AutoScalingGroup::default()).await
    }
}

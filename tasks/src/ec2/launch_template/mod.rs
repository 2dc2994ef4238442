//! Launch templates.

mod data;
mod versions;

use std::collections::{BTreeMap, BTreeSet};

use cloudup_engine::{
    Change, Changes as _, Delta, Diff, Found, Input, Managed, Reader, Ref, Stray, Task, TaskError,
    Writer, note,
};

use super::{NetworkRef, lookup, network::Makers, tags};
use crate::{
    aside::{Aside, Seen},
    cloud::{
        Aws,
        autoscaling::TemplateRef,
        ec2::{EbsVolume, LaunchTemplateVersion, MetadataOptions, SpotOptions},
        iam::Tags,
    },
    iam::{
        Owner,
        owner::{Ownership, TagChanges},
    },
    trouble::{conflict, is_taken, write_error},
    vpc::SecurityGroup,
};

/// A launch template: what instances are started with.
///
/// A change makes a new version on top of the default one, which keeps what is not said here (user
/// data above all), and makes it the default.
#[derive(Clone, Debug, Diff)]
pub struct LaunchTemplate {
    #[diff(skip)]
    name: String,
    /// The image, by id or as `OWNER/NAME`.
    pub image: Managed<String>,
    /// The instance type.
    pub instance_type: Managed<String>,
    /// The name of the instance profile.
    pub iam_instance_profile: Input<String>,
    /// The name of the key pair, if there is to be one.
    pub key_name: Managed<Option<String>>,
    /// The security groups of the first network interface.
    pub security_groups: Managed<BTreeSet<NetworkRef>>,
    /// Whether instances have public addresses.
    pub associate_public_ip: Managed<bool>,
    /// How many IPv6 addresses instances have.
    pub ipv6_addresses: i32,
    /// The root volume.
    pub root_volume: Managed<EbsVolume>,
    /// Further EBS volumes, by device.
    pub volumes: BTreeMap<String, EbsVolume>,
    /// Whether the way to EBS volumes is kept apart from other traffic.
    pub ebs_optimized: bool,
    /// How instances reach their metadata service; what is `None` is left as found.
    pub metadata_options: Managed<MetadataOptions>,
    /// Whether instances are monitored in detail.
    pub monitoring: bool,
    /// `default`, `dedicated` or `host`.
    pub tenancy: Option<String>,
    /// That instances are spot instances, and how.
    pub spot: Option<SpotOptions>,
    /// `standard` or `unlimited`.
    pub cpu_credits: Option<String>,
    /// The tags of instances, their volumes and their network interfaces.
    pub instance_tags: Tags,
    /// The template's own tags, as far as they are ours.
    tags: Tags,
    #[diff(skip)]
    about: Aside<About>,
}

#[derive(Clone, Debug)]
struct About {
    owner: Owner,
    /// Whether old versions are looked for.
    prunes: bool,
    security_groups: Makers<SecurityGroup>,
    seen: Seen<Option<SeenTemplate>>,
}

/// A template as it was found.
#[derive(Clone, Debug)]
struct SeenTemplate {
    ownership: Ownership,
    /// Its tags that are not ours.
    other_tags: Tags,
    live: LaunchTemplateVersion,
}

/// What others may know about a [`LaunchTemplate`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchTemplateOutput {
    /// Its id: `lt-…`.
    pub id: String,
    /// The number of the version in force, as EC2 said when it was made.
    pub version: i64,
    /// Whether this run made that version.
    pub is_new: bool,
    /// Whether instances are told at their start what to do.
    pub has_user_data: bool,
}

impl LaunchTemplateOutput {
    fn of(version: &LaunchTemplateVersion, is_new: bool) -> Self {
        Self {
            id: version.template_id.clone(),
            version: version.number,
            is_new,
            has_user_data: version.data.user_data.is_some(),
        }
    }

    /// The version in force, as groups refer to it.
    pub fn reference(&self) -> TemplateRef {
        TemplateRef { id: self.id.clone(), version: self.version.to_string() }
    }
}

impl LaunchTemplate {
    /// A template of `owner`, with the tags that every object of ours has, whose instances get this
    /// instance profile. Nothing else is said yet.
    pub fn new(
        name: impl Into<String>,
        owner: Owner,
        iam_instance_profile: impl Into<Input<String>>,
    ) -> Self {
        let name = name.into();
        Self {
            image: Managed::AsFound,
            instance_type: Managed::AsFound,
            iam_instance_profile: iam_instance_profile.into(),
            key_name: Managed::AsFound,
            security_groups: Managed::AsFound,
            associate_public_ip: Managed::AsFound,
            ipv6_addresses: 0,
            root_volume: Managed::AsFound,
            volumes: BTreeMap::new(),
            ebs_optimized: false,
            metadata_options: Managed::AsFound,
            monitoring: false,
            tenancy: None,
            spot: None,
            cpu_credits: None,
            instance_tags: owner.tags(&name),
            tags: owner.tags(&name),
            about: Aside(About {
                owner,
                prunes: false,
                security_groups: Makers::new(),
                seen: Seen::default(),
            }),
            name,
        }
    }

    /// Adds tags to the template and to what starts from it.
    #[must_use]
    pub fn tagged(mut self, tags: &Tags) -> Self {
        self.tags.extend(tags.clone());
        self.instance_tags.extend(tags.clone());
        self
    }

    /// Looks for versions that are too old to be kept.
    #[must_use]
    pub fn pruning(mut self, prunes: bool) -> Self {
        self.about.0.prunes = prunes;
        self
    }

    /// The tasks that make security groups, by the groups' names: their ids need not be looked up.
    /// It does not order them.
    #[must_use]
    pub fn in_groups_of(mut self, makers: &BTreeMap<String, Ref<SecurityGroup>>) -> Self {
        self.about.0.security_groups.clone_from(makers);
        self
    }

    fn owner(&self) -> &Owner {
        &self.about.0.owner
    }

    /// Says what a change of the metadata options gives to whoever runs on the instances.
    fn tell_access(&self, before: &MetadataOptions) {
        let Managed::Set(wanted) = &self.metadata_options else { return };
        let hops = |options: &MetadataOptions| options.http_put_response_hop_limit.unwrap_or(1);
        if hops(wanted) > hops(before) {
            note(format!(
                "access is widened: answers of the metadata service may travel {} hops, not {}, so \
                 that pods can take on the instances' role",
                hops(wanted),
                hops(before)
            ));
        }
        let optional =
            |options: &MetadataOptions| options.http_tokens.as_deref() == Some("optional");
        if optional(wanted) && !optional(before) {
            note(
                "access is widened: the metadata service asks for no token, so that whoever can \
                 have an instance fetch an address can take on its role",
            );
        }
    }

    /// Creates the template, tags and all.
    async fn create(&self, writer: &Writer<Self>) -> Result<LaunchTemplateOutput, TaskError> {
        let (name, reader) = (&self.name, writer.reader());
        let data = self.data(reader, None).await?;
        match writer.ec2().create_launch_template(name, &data, &self.tags).await {
            Ok(version) => Ok(LaunchTemplateOutput::of(&version, true)),
            // The answer to an earlier call may have been lost.
            Err(error) if is_taken(&error) => {
                let found = self.find(reader).await?;
                let is_this = |found: &Found<Self>| {
                    self.about.0.seen.get().is_some_and(|it| it.ownership == Ownership::Ours)
                        && Self::diff(&found.state, self).list().is_empty()
                };
                found.filter(is_this).map_or_else(
                    || {
                        let message = format!("create launch template {name}: the name is taken");
                        Err(conflict(message).because(error))
                    },
                    |found| Ok(LaunchTemplateOutput { is_new: true, ..found.output }),
                )
            }
            Err(error) => Err(error.while_doing(format!("create launch template {name}"))),
        }
    }

    /// Makes a version of what differs and puts it in force.
    async fn make_version(
        &self,
        writer: &Writer<Self>,
        live: &LaunchTemplateVersion,
    ) -> Result<LaunchTemplateOutput, TaskError> {
        let (name, ec2) = (&self.name, writer.ec2());
        let doing = || format!("make a new version of launch template {name}");
        let data = self.data(writer.reader(), Some(&live.data)).await?;
        let (source, data) =
            data::on_top_of(live, data).map_err(|lost| data::cannot_keep(&lost, &doing()))?;
        let version = ec2.create_launch_template_version(name, source, &data).await;
        let version = version.map_err(|error| write_error(error, true, doing()))?;
        ec2.modify_launch_template(name, version.number).await.map_err(|error| {
            let doing =
                format!("put version {} of launch template {name} in force", version.number);
            write_error(error, true, doing)
        })?;
        Ok(LaunchTemplateOutput::of(&version, true))
    }

    async fn set_tags(
        &self,
        writer: &Writer<Self>,
        id: &str,
        Delta { from, to }: Delta<'_, Tags>,
    ) -> Result<(), TaskError> {
        let doing = || format!("tag launch template {}", self.name);
        let TagChanges { set, remove } = TagChanges::between(from, to);
        if !set.is_empty() {
            let result = writer.ec2().create_tags(id, &set).await;
            result.map_err(|error| write_error(error, true, doing()))?;
        }
        if !remove.is_empty() {
            let result = writer.ec2().delete_tags(id, &remove).await;
            result.map_err(|error| write_error(error, true, doing()))?;
        }
        Ok(())
    }
}

impl Task for LaunchTemplate {
    const KIND: &'static str = "LaunchTemplate";
    const OUTPUT_SURVIVES_UPDATE: bool = false;
    type Provider = Aws;
    type Output = LaunchTemplateOutput;

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, reader: &Reader<Self>) -> Result<Option<Found<Self>>, TaskError> {
        self.about.0.seen.set(None);
        let cluster = self.owner().cluster();
        let Some(template) = lookup::template(reader, cluster, &self.name).await? else {
            return Ok(None);
        };
        let Some(live) = lookup::default_version(reader, &self.name).await? else {
            return Ok(None);
        };
        let ownership = self.owner().of(&template.tags);
        let (ours, other_tags) = tags::split(self.owner(), &template.tags, &self.tags);
        let state = Self { tags: ours, ..self.state(reader, &live.data).await? };
        let output = LaunchTemplateOutput::of(&live, false);
        self.about.0.seen.set(Some(SeenTemplate { ownership, other_tags, live }));
        Ok(Some(Found { state, output }))
    }

    fn check_changes(&self, change: &Change<'_, Self>) -> Result<(), TaskError> {
        self.check_values()?;
        let seen = self.about.0.seen.get();
        if let (Change::Update { .. }, Some(seen)) = (change, &seen) {
            let what = format!("launch template {}", self.name);
            self.owner().check(&seen.ownership, &what)?;
            if seen.ownership == Ownership::Nobody {
                note(format!("{what} exists and its tags name no owner: it is taken over"));
            }
            self.tell_access(&seen.live.data.metadata_options.clone().unwrap_or_default());
        } else {
            self.check_complete()?;
            // Against what we ask for where nothing is said.
            self.tell_access(&MetadataOptions {
                http_tokens: Some("required".to_owned()),
                ..MetadataOptions::default()
            });
        }
        let others = seen.map(|seen| seen.other_tags).unwrap_or_default();
        tags::check(&self.tags, &others)?;
        tags::check(&self.instance_tags, &Tags::new())
    }

    async fn render(
        &self,
        writer: &Writer<Self>,
        change: Change<'_, Self>,
    ) -> Result<LaunchTemplateOutput, TaskError> {
        let Change::Update { found, changes, .. } = change else {
            return self.create(writer).await;
        };
        let LaunchTemplateChanges { tags, .. } = &changes;
        let only_tags = changes.list().len() == usize::from(tags.is_some());
        if let Some(Delta { from, to }) = *tags {
            self.set_tags(writer, &found.output.id, Delta { from, to }).await?;
        }
        match self.about.0.seen.get() {
            Some(seen) if !only_tags => self.make_version(writer, &seen.live).await,
            _ => Ok(found.output.clone()),
        }
    }

    async fn strays(
        &self,
        reader: &Reader<Self>,
        found: Option<&Found<Self>>,
    ) -> Result<Vec<Stray>, TaskError> {
        let ours = self.about.0.seen.get().is_some_and(|it| it.ownership == Ownership::Ours);
        if found.is_none() || !ours || !self.about.0.prunes {
            return Ok(Vec::new());
        }
        Ok(versions::too_old(reader, self.owner().cluster(), &self.name)
            .await?
            .into_iter()
            .collect())
    }

    async fn delete(&self, writer: &Writer<Self>, stray: &Stray) -> Result<(), TaskError> {
        versions::delete(writer, &self.name, stray).await
    }
}

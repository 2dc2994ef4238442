//! What a version holds, as a task says it.

use std::collections::BTreeSet;

use cloudup_engine::{Managed, TaskError};

use super::LaunchTemplate;
use crate::{
    cloud::{
        CloudError, CloudReader,
        ec2::{
            BlockDevice, EbsVolume, ImageQuery, LaunchTemplateData, LaunchTemplateVersion,
            MetadataOptions, NetworkInterface,
        },
        iam::Tags,
    },
    ec2::{NetworkRef, image, network, tags},
    trouble::{conflict, invalid},
};

/// What is started besides instances that carries their tags.
const TAGGED: [&str; 3] = ["instance", "volume", "network-interface"];

impl LaunchTemplate {
    /// The task that a version's data would be as asked for by.
    pub(super) async fn state(
        &self,
        reader: &dyn CloudReader,
        data: &LaunchTemplateData,
    ) -> Result<Self, TaskError> {
        let (image, root) = self.found_image(reader, data).await?;
        let known = self.known_groups(reader).await?;
        let interface = data.network_interfaces.first();
        let groups = interface.map(|interface| interface.groups.as_slice()).unwrap_or_default();
        let volume_of = |device: &BlockDevice| device.ebs.clone().map(without_blanks);
        let is_root = |device: &&BlockDevice| Some(&device.device_name) == root.as_ref();
        let root_volume = data.block_devices.iter().find(is_root).and_then(volume_of);
        let others = data.block_devices.iter().filter(|device| !is_root(device));
        let volumes =
            others.filter_map(|device| Some((device.device_name.clone(), volume_of(device)?)));
        let managed = |value: Option<String>| value.map_or(Managed::AsFound, Managed::Set);
        Ok(Self {
            image,
            instance_type: managed(data.instance_type.clone()),
            iam_instance_profile: data.iam_instance_profile.clone().unwrap_or_default().into(),
            key_name: Managed::Set(data.key_name.clone()),
            security_groups: Managed::Set(known.refs(groups, &self.named_groups())),
            associate_public_ip: Managed::Set(
                interface.and_then(|it| it.associate_public_ip_address).unwrap_or(false),
            ),
            ipv6_addresses: interface.and_then(|it| it.ipv6_address_count).unwrap_or(0),
            root_volume: match root {
                Some(_) => Managed::Set(root_volume.unwrap_or_default()),
                // The image is gone, and nobody asks for another.
                None => self.root_volume.clone(),
            },
            volumes: volumes.collect(),
            ebs_optimized: data.ebs_optimized.unwrap_or(false),
            metadata_options: Managed::Set(self.found_options(data)),
            monitoring: data.monitoring.unwrap_or(false),
            tenancy: data.tenancy.clone(),
            spot: data.spot.clone(),
            cpu_credits: data.cpu_credits.clone(),
            instance_tags: self.found_tags(data),
            ..self.clone()
        })
    }

    async fn known_groups(&self, reader: &dyn CloudReader) -> Result<network::Known, TaskError> {
        network::security_groups(reader, self.owner(), &self.about.0.security_groups).await
    }

    /// The security groups that are asked for, if any are.
    fn named_groups(&self) -> BTreeSet<NetworkRef> {
        match &self.security_groups {
            Managed::AsFound => BTreeSet::new(),
            Managed::Set(groups) => groups.clone(),
        }
    }

    /// The image found, by the name asked for where it is that one, and the device of the root
    /// volume.
    async fn found_image(
        &self,
        reader: &dyn CloudReader,
        data: &LaunchTemplateData,
    ) -> Result<(Managed<String>, Option<String>), TaskError> {
        let found = data.image_id.clone().unwrap_or_default();
        if let Managed::Set(name) = &self.image {
            let image = image::find(reader, name).await?;
            let same = image.id == found;
            let shown = if same { name.clone() } else { found };
            return Ok((Managed::Set(shown), Some(image.root_device_name)));
        }
        let images = reader.ec2().describe_images(&ImageQuery::Id(found.clone())).await;
        let images = CloudError::absent(images)
            .map_err(|error| error.while_doing(format!("look at image {found}")))?;
        let root = images.into_iter().flatten().next().map(|image| image.root_device_name);
        Ok((Managed::Set(found), root))
    }

    /// The metadata options found, as far as any are asked for.
    fn found_options(&self, data: &LaunchTemplateData) -> MetadataOptions {
        let found = data.metadata_options.clone().unwrap_or_default();
        let Managed::Set(wanted) = &self.metadata_options else { return found };
        MetadataOptions {
            http_tokens: found.http_tokens.filter(|_| wanted.http_tokens.is_some()),
            http_put_response_hop_limit: found
                .http_put_response_hop_limit
                .filter(|_| wanted.http_put_response_hop_limit.is_some()),
            http_protocol_ipv6: found
                .http_protocol_ipv6
                .filter(|_| wanted.http_protocol_ipv6.is_some()),
            http_endpoint: found.http_endpoint.filter(|_| wanted.http_endpoint.is_some()),
            instance_metadata_tags: found
                .instance_metadata_tags
                .filter(|_| wanted.instance_metadata_tags.is_some()),
        }
    }

    /// Our part of the tags that something started gets: that of the first that differs.
    fn found_tags(&self, data: &LaunchTemplateData) -> Tags {
        let ours = TAGGED.map(|kind| {
            let none = Tags::new();
            let found = data.tag_specifications.get(kind).unwrap_or(&none);
            tags::split(self.owner(), found, &self.instance_tags).0
        });
        let differs = ours.iter().find(|tags| **tags != self.instance_tags);
        differs.or(ours.first()).cloned().unwrap_or_default()
    }

    /// What a version is to hold: what is asked for, and the rest as the `live` one has it.
    pub(super) async fn data(
        &self,
        reader: &dyn CloudReader,
        live: Option<&LaunchTemplateData>,
    ) -> Result<LaunchTemplateData, TaskError> {
        let mut data = live.cloned().unwrap_or_default();
        data.disable_api_termination = data.disable_api_termination.or(Some(false));
        data.iam_instance_profile = Some(self.iam_instance_profile.value()?);
        set(&mut data.instance_type, &self.instance_type);
        if let Managed::Set(key) = &self.key_name {
            data.key_name.clone_from(key);
        }
        if self.ebs_optimized || data.ebs_optimized.is_some() {
            data.ebs_optimized = Some(self.ebs_optimized);
        }
        data.monitoring = Some(self.monitoring);
        data.tenancy.clone_from(&self.tenancy);
        data.spot.clone_from(&self.spot);
        data.cpu_credits.clone_from(&self.cpu_credits);
        if let Managed::Set(wanted) = &self.metadata_options {
            let found = data.metadata_options.take().unwrap_or_default();
            data.metadata_options = Some(over(wanted.clone(), found));
        }
        self.set_network(reader, &mut data).await?;
        self.set_devices(reader, &mut data).await?;
        for kind in TAGGED {
            let found = data.tag_specifications.remove(kind).unwrap_or_default();
            let (_, mut tags) = tags::split(self.owner(), &found, &self.instance_tags);
            tags.extend(self.instance_tags.clone());
            data.tag_specifications.insert(kind.to_owned(), tags);
        }
        Ok(data)
    }

    async fn set_network(
        &self,
        reader: &dyn CloudReader,
        data: &mut LaunchTemplateData,
    ) -> Result<(), TaskError> {
        let groups = match &self.security_groups {
            Managed::AsFound => None,
            Managed::Set(groups) => {
                let known = self.known_groups(reader).await?;
                Some(known.ids(groups)?)
            }
        };
        // Groups are an interface's to say, or the instance's, and not both.
        let legacy = std::mem::take(&mut data.security_group_ids);
        if data.network_interfaces.is_empty() {
            data.network_interfaces.push(NetworkInterface::default());
        }
        if let Some(interface) = data.network_interfaces.first_mut() {
            interface.device_index = interface.device_index.or(Some(0));
            interface.delete_on_termination = interface.delete_on_termination.or(Some(true));
            set(&mut interface.associate_public_ip_address, &self.associate_public_ip);
            interface.ipv6_address_count = Some(self.ipv6_addresses);
            let found: BTreeSet<_> = interface.groups.iter().cloned().collect();
            match groups {
                // In the order found, where they are the same.
                Some(ids) if ids != found => interface.groups = ids.into_iter().collect(),
                Some(_) => {}
                None => interface.groups.extend(legacy),
            }
        }
        Ok(())
    }

    /// The root volume, the instance type's own disks, then further volumes.
    async fn set_devices(
        &self,
        reader: &dyn CloudReader,
        data: &mut LaunchTemplateData,
    ) -> Result<(), TaskError> {
        let found = std::mem::take(&mut data.block_devices);
        let root = if let Managed::Set(name) = &self.image {
            let image = image::find(reader, name).await?;
            data.image_id = Some(image.id);
            Some(image.root_device_name)
        } else {
            let id = data.image_id.clone().unwrap_or_default();
            let images =
                CloudError::absent(reader.ec2().describe_images(&ImageQuery::Id(id)).await)
                    .map_err(|error| error.while_doing("look at the image"))?;
            images.into_iter().flatten().next().map(|image| image.root_device_name)
        };
        let snapshot_of = |device: &str| {
            let same = found.iter().find(|other| other.device_name == device);
            same.and_then(|device| device.ebs.as_ref()?.snapshot_id.clone())
        };
        let volume = |device: &str, volume: &EbsVolume| BlockDevice {
            device_name: device.to_owned(),
            virtual_name: None,
            ebs: Some(EbsVolume { snapshot_id: snapshot_of(device), ..volume.clone() }),
        };
        match (&self.root_volume, root) {
            (Managed::Set(wanted), Some(root)) => data.block_devices.push(volume(&root, wanted)),
            (_, root) => {
                let kept = found.iter().filter(|device| {
                    device.ebs.is_some() && !self.volumes.contains_key(&device.device_name)
                });
                let is_root = |device: &&BlockDevice| {
                    root.as_ref().is_none_or(|root| *root == device.device_name)
                };
                data.block_devices.extend(kept.filter(is_root).cloned());
            }
        }
        data.block_devices.extend(self.own_disks(reader, data, &found).await?);
        data.block_devices
            .extend(self.volumes.iter().map(|(device, wanted)| volume(device, wanted)));
        Ok(())
    }

    async fn own_disks(
        &self,
        reader: &dyn CloudReader,
        data: &LaunchTemplateData,
        found: &[BlockDevice],
    ) -> Result<Vec<BlockDevice>, TaskError> {
        let (Managed::Set(_), Some(name)) = (&self.instance_type, &data.instance_type) else {
            return Ok(found.iter().filter(|it| it.virtual_name.is_some()).cloned().collect());
        };
        let known = reader.ec2().describe_instance_type(name).await;
        let known =
            known.map_err(|error| error.while_doing(format!("look at instance type {name}")))?;
        // As kOps: from /dev/sdc on.
        let letters = ('c'..='z').zip(0..known.instance_store_disks);
        Ok(letters
            .map(|(letter, number)| BlockDevice {
                device_name: format!("/dev/sd{letter}"),
                virtual_name: Some(format!("ephemeral{number}")),
                ebs: None,
            })
            .collect())
    }

    /// Refuses values that EC2 refuses.
    pub(super) fn check_values(&self) -> Result<(), TaskError> {
        let length = self.name.chars().count();
        let is_good = |c: char| c.is_ascii_alphanumeric() || "()./_-".contains(c);
        if !(3..=128).contains(&length) || !self.name.chars().all(is_good) {
            return Err(invalid(format!("name a launch template `{}`", self.name))
                .hint("use 3 to 128 letters, digits and `()./_-`"));
        }
        let Managed::Set(options) = &self.metadata_options else { return Ok(()) };
        if let Some(hops) = options.http_put_response_hop_limit
            && !(1..=64).contains(&hops)
        {
            return Err(invalid(format!("allow {hops} hops to the metadata service"))
                .hint("1 to 64 are possible; 1 keeps pods off the instance's role"));
        }
        if let Some(tokens) = &options.http_tokens
            && !["optional", "required"].contains(&tokens.as_str())
        {
            return Err(invalid(format!("have instance metadata tokens be `{tokens}`"))
                .hint("say `required` or `optional`"));
        }
        Ok(())
    }

    /// Refuses to create a template from which no instance can start.
    pub(super) fn check_complete(&self) -> Result<(), TaskError> {
        let lacks = |what: &str, field: &str| {
            invalid(format!("create launch template {}: it says no {what}", self.name))
                .hint(format!("give the instance group's spec.{field}"))
        };
        match (&self.image, &self.instance_type) {
            (Managed::AsFound, _) => Err(lacks("image", "image")),
            (_, Managed::AsFound) => Err(lacks("instance type", "machineType")),
            _ => Ok(()),
        }
    }
}

fn set<V: Clone>(into: &mut Option<V>, wanted: &Managed<V>) {
    if let Managed::Set(wanted) = wanted {
        *into = Some(wanted.clone());
    }
}

/// What is asked for, over what was found.
fn over(wanted: MetadataOptions, found: MetadataOptions) -> MetadataOptions {
    MetadataOptions {
        http_tokens: wanted.http_tokens.or(found.http_tokens),
        http_put_response_hop_limit: wanted
            .http_put_response_hop_limit
            .or(found.http_put_response_hop_limit),
        http_protocol_ipv6: wanted.http_protocol_ipv6.or(found.http_protocol_ipv6),
        http_endpoint: wanted.http_endpoint.or(found.http_endpoint),
        instance_metadata_tags: wanted.instance_metadata_tags.or(found.instance_metadata_tags),
    }
}

/// A volume as it is compared: no key is one way of having none, and its snapshot is nobody's to say.
fn without_blanks(volume: EbsVolume) -> EbsVolume {
    let kms_key_id = volume.kms_key_id.filter(|key| !key.is_empty());
    EbsVolume { kms_key_id, snapshot_id: None, ..volume }
}

/// The version to base a new one on, if on any, and what to say in it.
///
/// A version that holds only what we know is said anew in full. From one that holds more the rest
/// is inherited: then only what differs is said, and something that is to go cannot.
///
/// # Errors
///
/// Names what would be lost.
pub(super) fn on_top_of(
    live: &LaunchTemplateVersion,
    wanted: LaunchTemplateData,
) -> Result<(Option<i64>, LaunchTemplateData), Vec<String>> {
    if live.others.is_empty() {
        return Ok((None, wanted));
    }
    let nothing = LaunchTemplateData::default();
    let mut said = nothing.clone();
    let mut replaced = BTreeSet::new();
    let mut gone = false;
    macro_rules! differs {
        ($($field:ident $parameter:literal),* $(,)?) => {$(
            if wanted.$field != live.data.$field {
                gone |= wanted.$field == nothing.$field;
                replaced.insert($parameter);
                said.$field = wanted.$field;
            }
        )*};
    }
    differs!(
        image_id "ImageId",
        instance_type "InstanceType",
        iam_instance_profile "IamInstanceProfile",
        key_name "KeyName",
        ebs_optimized "EbsOptimized",
        disable_api_termination "DisableApiTermination",
        monitoring "Monitoring",
        tenancy "Placement",
        cpu_credits "CreditSpecification",
        metadata_options "MetadataOptions",
        spot "InstanceMarketOptions",
        network_interfaces "NetworkInterfaces",
        security_group_ids "SecurityGroupIds",
        tag_specifications "TagSpecifications",
        user_data "UserData",
    );
    // Snapshots are not inherited: devices are always said.
    replaced.insert("BlockDeviceMappings");
    said.block_devices = wanted.block_devices;
    let is_lost = |other: &&String| {
        let parameter = other.split('.').next().unwrap_or_default();
        gone || replaced.contains(parameter)
    };
    let lost: Vec<_> = live.others.iter().filter(is_lost).cloned().collect();
    if lost.is_empty() { Ok((Some(live.number), said)) } else { Err(lost) }
}

/// The error for a version that cannot be made without losing these.
pub(super) fn cannot_keep(lost: &[String], doing: &str) -> TaskError {
    conflict(format!("{doing}: it would lose {}", lost.join(", "))).hint(
        "the default version holds these, which are not managed here: make a version without \
         them, or with what is asked for, the default by hand",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(others: &[&str]) -> LaunchTemplateVersion {
        LaunchTemplateVersion {
            template_id: "lt-1".to_owned(),
            template_name: "nodes".to_owned(),
            number: 4,
            is_default: true,
            data: LaunchTemplateData {
                key_name: Some("key".to_owned()),
                tenancy: Some("default".to_owned()),
                user_data: Some("IyE=".to_owned()),
                ..LaunchTemplateData::default()
            },
            others: others.iter().map(|other| (*other).to_owned()).collect(),
        }
    }

    #[test]
    fn what_a_version_holds_beyond_what_we_know_is_inherited_or_nothing_is_done() {
        let wanted = |change: fn(&mut LaunchTemplateData)| {
            let mut data = live(&[]).data;
            change(&mut data);
            data
        };
        let monitored = |data: &mut LaunchTemplateData| data.monitoring = Some(true);
        // All of it is known: said in full.
        let (source, said) = on_top_of(&live(&[]), wanted(monitored)).unwrap();
        assert_eq!((source, said.user_data.is_some()), (None, true));
        // The rest is inherited: only the difference is said.
        let (source, said) = on_top_of(&live(&["HibernationOptions"]), wanted(monitored)).unwrap();
        assert_eq!((source, said.monitoring, said.user_data), (Some(4), Some(true), None));
        // A parameter that would be replaced holds more.
        let tenancy = |data: &mut LaunchTemplateData| data.tenancy = Some("host".to_owned());
        let lost = on_top_of(&live(&["Placement.GroupName", "CpuOptions"]), wanted(tenancy));
        assert_eq!(lost.unwrap_err(), ["Placement.GroupName"]);
        // Something is to go, and cannot be inherited away.
        let lost = on_top_of(&live(&["CpuOptions"]), wanted(|data| data.key_name = None));
        assert_eq!(lost.unwrap_err(), ["CpuOptions"]);
    }
}

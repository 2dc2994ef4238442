//! What a group's instances start from.

use std::collections::BTreeSet;

use cloudup_engine::Managed;
use cloudup_tasks::{
    cloud::ec2::{EbsVolume, MetadataOptions, SpotOptions},
    ec2::{LaunchTemplate, NetworkRef},
};

use super::{subnets, tags};
use crate::{
    manifest::{
        InstanceGroup,
        spec::{InstanceGroupSpec, Role, SubnetType, Volume},
    },
    model::Blueprint,
    names,
};

/// The type of volumes where nothing is said.
const VOLUME_TYPE: &str = "gp3";

/// The template of a group.
pub(super) fn of(blueprint: &Blueprint, group: &InstanceGroup) -> LaunchTemplate {
    let (cluster, spec) = (&blueprint.cluster, &group.spec);
    let name = names::group(group.name(), spec.role, cluster.name());
    let profile = names::profile(group, cluster.name());
    let mut template =
        LaunchTemplate::new(name, blueprint.owner(), profile).tagged(&tags::of(blueprint, group));
    let managed = |value: Option<String>| value.map_or(Managed::AsFound, Managed::Set);
    template.image = managed(spec.image.clone());
    template.instance_type = managed(group.first_machine_type().map(str::to_owned));
    template.key_name = key_name(blueprint);
    template.security_groups = Managed::Set(security_groups(blueprint, group));
    let subnets = subnets(blueprint, group);
    template.associate_public_ip = match subnets.first().and_then(|subnet| subnet.kind) {
        Some(SubnetType::Public | SubnetType::Utility) => {
            Managed::Set(spec.associate_public_ip.unwrap_or(true))
        }
        Some(SubnetType::Private | SubnetType::DualStack) => Managed::Set(false),
        None => Managed::AsFound,
    };
    let has_ipv6 = subnets.iter().any(|subnet| subnet.ipv6_cidr.is_some());
    template.ipv6_addresses = i32::from(has_ipv6);
    template.metadata_options = Managed::Set(metadata_options(spec, has_ipv6));
    template.root_volume = Managed::Set(root_volume(spec));
    let volumes = spec.volumes.iter();
    template.volumes = volumes.map(|it| (it.device.clone(), volume(it))).collect();
    template.ebs_optimized = spec.root_volume_optimization == Some(true);
    template.monitoring = spec.detailed_instance_monitoring == Some(true);
    template.tenancy.clone_from(&spec.tenancy);
    template.cpu_credits.clone_from(&spec.cpu_credits);
    // In a mixed group the group says what is spot.
    let price = spec.max_price.as_ref().filter(|_| spec.mixed_instances_policy.is_none());
    template.spot = price.map(|price| SpotOptions {
        max_price: Some(price.clone()),
        block_duration_minutes: spec.spot_duration_in_minutes,
        instance_interruption_behavior: spec.instance_interruption_behavior.clone(),
    });
    template
}

/// The key pair: one that exists, or the cluster's own. Where none is given here, kOps may have
/// one in its store: what is found stays.
fn key_name(blueprint: &Blueprint) -> Managed<Option<String>> {
    let cluster = &blueprint.cluster;
    let own = || blueprint.ssh_key.as_ref().map(|key| key.pair_name(cluster.name()));
    match cluster.spec.ssh_key_name.clone().or_else(own) {
        Some(name) => Managed::Set(Some(name)),
        None => Managed::AsFound,
    }
}

/// The role's security group, or what is in its place, and further ones.
fn security_groups(blueprint: &Blueprint, group: &InstanceGroup) -> BTreeSet<NetworkRef> {
    let (cluster, spec) = (&blueprint.cluster, &group.spec);
    let own = match &spec.security_group_override {
        Some(id) => NetworkRef::Id(id.clone()),
        None => NetworkRef::Named(names::security_group(spec.role, cluster.name())),
    };
    let serves = matches!(spec.role, Role::ControlPlane | Role::ApiServer);
    let balancer = cluster.spec.api.load_balancer.as_ref();
    let balancer = balancer.filter(|it| serves && it.class.as_deref() == Some("Network"));
    let of_balancer = balancer.into_iter().flat_map(|it| &it.additional_security_groups);
    let further = of_balancer.chain(&spec.additional_security_groups);
    further.map(|id| NetworkRef::Id(id.clone())).chain([own]).collect()
}

/// IMDSv2 only, and one hop, which keeps pods off the instance's role, unless the group says
/// otherwise.
fn metadata_options(spec: &InstanceGroupSpec, has_ipv6: bool) -> MetadataOptions {
    let options = &spec.instance_metadata;
    let tokens = options.http_tokens.clone().unwrap_or_else(|| "required".to_owned());
    MetadataOptions {
        http_tokens: Some(tokens),
        http_put_response_hop_limit: Some(
            options
                .http_put_response_hop_limit
                // What is too large for EC2 is refused by the task.
                .map_or(1, |hops| i32::try_from(hops).unwrap_or(i32::MAX)),
        ),
        http_protocol_ipv6: Some(if has_ipv6 { "enabled" } else { "disabled" }.to_owned()),
        ..MetadataOptions::default()
    }
}

fn root_volume(spec: &InstanceGroupSpec) -> EbsVolume {
    let size = spec.root_volume_size.filter(|size| *size > 0).unwrap_or(match spec.role {
        Role::ControlPlane => 64,
        Role::ApiServer | Role::Node => 128,
        Role::Bastion => 32,
    });
    let kind = spec.root_volume_type.as_deref().unwrap_or(VOLUME_TYPE);
    let (iops, throughput) = performance(kind, spec.root_volume_iops, spec.root_volume_throughput);
    let key = spec.root_volume_encryption_key.clone();
    EbsVolume {
        volume_size: Some(size),
        volume_type: Some(kind.to_owned()),
        // Too little of either counts as nothing.
        iops: iops.map(|iops| iops.max(least_iops(kind))),
        throughput: throughput.map(|throughput| throughput.max(125)),
        encrypted: Some(spec.root_volume_encryption.unwrap_or(true)),
        // As kOps: a key counts where encryption is asked for in so many words.
        kms_key_id: key.filter(|_| spec.root_volume_encryption == Some(true)),
        delete_on_termination: Some(true),
        snapshot_id: None,
    }
}

fn volume(volume: &Volume) -> EbsVolume {
    let kind = volume.kind.as_deref().unwrap_or(VOLUME_TYPE);
    let (iops, throughput) = performance(kind, volume.iops, volume.throughput);
    EbsVolume {
        volume_size: Some(volume.size),
        volume_type: Some(kind.to_owned()),
        iops,
        throughput,
        encrypted: Some(volume.encrypted.unwrap_or(true)),
        kms_key_id: volume.key.clone(),
        delete_on_termination: Some(volume.delete_on_termination.unwrap_or(true)),
        snapshot_id: None,
    }
}

/// Operations and MiB a second, of types that can be told.
fn performance(
    kind: &str,
    iops: Option<i32>,
    throughput: Option<i32>,
) -> (Option<i32>, Option<i32>) {
    match kind {
        "io1" | "io2" => (Some(iops.unwrap_or(100)), None),
        "gp3" => (Some(iops.unwrap_or(3000)), Some(throughput.unwrap_or(125))),
        _ => (None, None),
    }
}

fn least_iops(kind: &str) -> i32 {
    if kind == "gp3" { 3000 } else { 100 }
}

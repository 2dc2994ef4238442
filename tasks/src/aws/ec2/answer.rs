//! What EC2 answers, as the port's types.

use aws_sdk_ec2::types;

use super::super::error::Operation;
use crate::cloud::{
    CloudError,
    ec2::{
        BlockDevice, EbsVolume, Image, Instance, InstanceType, KeyPair, LaunchTemplate,
        LaunchTemplateData, LaunchTemplateVersion, MetadataOptions, NetworkInterface, SpotOptions,
    },
    iam::Tags,
};

pub(in crate::aws) fn tags(tags: Option<Vec<types::Tag>>) -> Tags {
    let tags = tags.unwrap_or_default().into_iter();
    tags.filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default()))).collect()
}

pub(super) fn template(
    op: Operation,
    template: types::LaunchTemplate,
) -> Result<LaunchTemplate, CloudError> {
    Ok(LaunchTemplate {
        id: op.expect(template.launch_template_id, "template id")?,
        name: op.expect(template.launch_template_name, "template name")?,
        default_version: op.expect(template.default_version_number, "default version")?,
        latest_version: op.expect(template.latest_version_number, "latest version")?,
        tags: tags(template.tags),
    })
}

pub(super) fn version(
    op: Operation,
    version: types::LaunchTemplateVersion,
) -> Result<LaunchTemplateVersion, CloudError> {
    let held = op.expect(version.launch_template_data, "template data")?;
    let others = others(&held);
    Ok(LaunchTemplateVersion {
        template_id: op.expect(version.launch_template_id, "template id")?,
        template_name: op.expect(version.launch_template_name, "template name")?,
        number: op.expect(version.version_number, "version number")?,
        is_default: version.default_version.unwrap_or(false),
        data: data(held),
        others,
    })
}

fn data(data: types::ResponseLaunchTemplateData) -> LaunchTemplateData {
    let market = data.instance_market_options;
    let specifications = data.tag_specifications.unwrap_or_default().into_iter();
    LaunchTemplateData {
        image_id: data.image_id,
        instance_type: data.instance_type.map(|it| it.as_str().to_owned()),
        iam_instance_profile: data.iam_instance_profile.and_then(|it| profile(it.name, it.arn)),
        key_name: data.key_name,
        ebs_optimized: data.ebs_optimized,
        disable_api_termination: data.disable_api_termination,
        monitoring: data.monitoring.and_then(|it| it.enabled),
        tenancy: data.placement.and_then(|it| it.tenancy).map(|it| it.as_str().to_owned()),
        cpu_credits: data.credit_specification.and_then(|it| it.cpu_credits),
        metadata_options: data.metadata_options.map(|it| MetadataOptions {
            http_tokens: it.http_tokens.map(|it| it.as_str().to_owned()),
            http_put_response_hop_limit: it.http_put_response_hop_limit,
            http_protocol_ipv6: it.http_protocol_ipv6.map(|it| it.as_str().to_owned()),
            http_endpoint: it.http_endpoint.map(|it| it.as_str().to_owned()),
            instance_metadata_tags: it.instance_metadata_tags.map(|it| it.as_str().to_owned()),
        }),
        spot: market.filter(|it| it.market_type == Some(types::MarketType::Spot)).map(|it| {
            let spot = it.spot_options;
            let behavior = spot.as_ref().and_then(|it| it.instance_interruption_behavior.clone());
            SpotOptions {
                max_price: spot.as_ref().and_then(|it| it.max_price.clone()),
                block_duration_minutes: spot.as_ref().and_then(|it| it.block_duration_minutes),
                instance_interruption_behavior: behavior.map(|it| it.as_str().to_owned()),
            }
        }),
        network_interfaces: data
            .network_interfaces
            .unwrap_or_default()
            .into_iter()
            .map(|it| NetworkInterface {
                device_index: it.device_index,
                associate_public_ip_address: it.associate_public_ip_address,
                delete_on_termination: it.delete_on_termination,
                ipv6_address_count: it.ipv6_address_count,
                groups: it.groups.unwrap_or_default(),
            })
            .collect(),
        security_group_ids: data.security_group_ids.unwrap_or_default(),
        block_devices: data
            .block_device_mappings
            .unwrap_or_default()
            .into_iter()
            .map(|it| BlockDevice {
                device_name: it.device_name.unwrap_or_default(),
                virtual_name: it.virtual_name,
                ebs: it.ebs.map(volume),
            })
            .collect(),
        tag_specifications: specifications
            .filter_map(|it| Some((it.resource_type?.as_str().to_owned(), tags(it.tags))))
            .collect(),
        user_data: data.user_data,
    }
}

fn volume(volume: types::LaunchTemplateEbsBlockDevice) -> EbsVolume {
    EbsVolume {
        volume_size: volume.volume_size,
        volume_type: volume.volume_type.map(|it| it.as_str().to_owned()),
        iops: volume.iops,
        throughput: volume.throughput,
        encrypted: volume.encrypted,
        kms_key_id: volume.kms_key_id,
        delete_on_termination: volume.delete_on_termination,
        snapshot_id: volume.snapshot_id,
    }
}

/// A profile's name, given or in its ARN.
fn profile(name: Option<String>, arn: Option<String>) -> Option<String> {
    let in_arn = |arn: String| arn.rsplit_once('/').map(|(_, name)| name.to_owned());
    name.or_else(|| arn.and_then(in_arn))
}

/// The parameters that a version holds and the port's types do not.
fn others(data: &types::ResponseLaunchTemplateData) -> Vec<String> {
    let mut others = Vec::new();
    macro_rules! note {
        ($holder:expr, $prefix:literal: $($field:ident),* $(,)?) => {$(
            if $holder.$field.is_some() {
                others.push(format!("{}{}", $prefix, camel(stringify!($field))));
            }
        )*};
    }
    note!(data, "": kernel_id, ram_disk_id, instance_initiated_shutdown_behavior, cpu_options,
        capacity_reservation_specification, hibernation_options, enclave_options,
        instance_requirements, private_dns_name_options, maintenance_options, disable_api_stop,
        operator, network_performance_options);
    let lists = [
        ("ElasticGpuSpecifications", data.elastic_gpu_specifications().is_empty()),
        ("ElasticInferenceAccelerators", data.elastic_inference_accelerators().is_empty()),
        ("SecurityGroups", data.security_groups().is_empty()),
        ("LicenseSpecifications", data.license_specifications().is_empty()),
        ("SecondaryInterfaces", data.secondary_interfaces().is_empty()),
    ];
    others.extend(lists.iter().filter(|(_, none)| !none).map(|(name, _)| (*name).to_owned()));
    if let Some(placement) = &data.placement {
        note!(placement, "Placement.": availability_zone, availability_zone_id, affinity,
            group_name, host_id, spread_domain, host_resource_group_arn, partition_number,
            group_id);
    }
    if let Some(market) = &data.instance_market_options {
        if market.market_type.as_ref().is_some_and(|it| *it != types::MarketType::Spot) {
            others.push("InstanceMarketOptions.MarketType".to_owned());
        }
        if let Some(spot) = &market.spot_options {
            note!(spot, "InstanceMarketOptions.": valid_until);
            if spot.spot_instance_type == Some(types::SpotInstanceType::Persistent) {
                others.push("InstanceMarketOptions.SpotInstanceType".to_owned());
            }
        }
    }
    for interface in data.network_interfaces() {
        note!(interface, "NetworkInterfaces.": associate_carrier_ip_address, description,
            interface_type, network_interface_id, private_ip_address,
            secondary_private_ip_address_count, subnet_id, network_card_index, ipv4_prefix_count,
            ipv6_prefix_count, primary_ipv6, ena_srd_specification,
            connection_tracking_specification, ena_queue_count);
        let lists = [
            ("Ipv6Addresses", interface.ipv6_addresses().is_empty()),
            ("PrivateIpAddresses", interface.private_ip_addresses().is_empty()),
            ("Ipv4Prefixes", interface.ipv4_prefixes().is_empty()),
            ("Ipv6Prefixes", interface.ipv6_prefixes().is_empty()),
        ];
        let lists = lists.iter().filter(|(_, none)| !none);
        others.extend(lists.map(|(name, _)| format!("NetworkInterfaces.{name}")));
    }
    for device in data.block_device_mappings() {
        note!(device, "BlockDeviceMappings.": no_device);
        if let Some(ebs) = &device.ebs {
            note!(ebs, "BlockDeviceMappings.": volume_initialization_rate, ebs_card_index);
        }
    }
    others.sort();
    others.dedup();
    others
}

/// `kernel_id` as EC2 spells it: `KernelId`.
fn camel(field: &str) -> String {
    let capital = |part: &str| {
        let mut letters = part.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
    };
    field.split('_').map(capital).collect::<Vec<String>>().concat()
}

pub(super) fn image(op: Operation, image: types::Image) -> Result<Image, CloudError> {
    Ok(Image {
        id: op.expect(image.image_id, "image id")?,
        name: image.name.unwrap_or_default(),
        owner_id: image.owner_id.unwrap_or_default(),
        root_device_name: op.expect(image.root_device_name, "root device")?,
        architecture: image.architecture.map(|it| it.as_str().to_owned()).unwrap_or_default(),
        creation_date: image.creation_date.unwrap_or_default(),
    })
}

pub(super) fn instance_type(
    op: Operation,
    info: types::InstanceTypeInfo,
) -> Result<InstanceType, CloudError> {
    let architectures =
        info.processor_info.and_then(|it| it.supported_architectures).unwrap_or_default();
    let disks = info.instance_storage_info.and_then(|it| it.disks).unwrap_or_default();
    Ok(InstanceType {
        name: op.expect(info.instance_type, "instance type")?.as_str().to_owned(),
        architectures: architectures.iter().map(|it| it.as_str().to_owned()).collect(),
        vcpus: info.v_cpu_info.and_then(|it| it.default_v_cpus).unwrap_or_default(),
        memory_mib: info.memory_info.and_then(|it| it.size_in_mib).unwrap_or_default(),
        gpu: info.gpu_info.is_some_and(|it| !it.gpus().is_empty()),
        instance_store_disks: disks.iter().filter_map(|it| it.count).sum(),
    })
}

pub(super) fn key_pair(op: Operation, pair: types::KeyPairInfo) -> Result<KeyPair, CloudError> {
    Ok(KeyPair {
        name: op.expect(pair.key_name, "key name")?,
        id: op.expect(pair.key_pair_id, "key pair id")?,
        public_key: pair.public_key.map(|key| key.trim().to_owned()),
        tags: tags(pair.tags),
    })
}

pub(super) fn instance(op: Operation, it: types::Instance) -> Result<Instance, CloudError> {
    let state = it.state.and_then(|state| state.name);
    let groups = it.security_groups.unwrap_or_default();
    Ok(Instance {
        id: op.expect(it.instance_id, "instance id")?,
        state: state.map(|it| it.as_str().to_owned()).unwrap_or_default(),
        image_id: it.image_id.unwrap_or_default(),
        instance_type: it.instance_type.map(|it| it.as_str().to_owned()).unwrap_or_default(),
        subnet_id: it.subnet_id.unwrap_or_default(),
        private_ip_address: it.private_ip_address,
        public_ip_address: it.public_ip_address,
        key_name: it.key_name,
        iam_instance_profile: it.iam_instance_profile.and_then(|it| profile(None, it.arn)),
        metadata_options: it
            .metadata_options
            .map(|it| MetadataOptions {
                http_tokens: it.http_tokens.map(|it| it.as_str().to_owned()),
                http_put_response_hop_limit: it.http_put_response_hop_limit,
                http_protocol_ipv6: it.http_protocol_ipv6.map(|it| it.as_str().to_owned()),
                http_endpoint: it.http_endpoint.map(|it| it.as_str().to_owned()),
                instance_metadata_tags: it.instance_metadata_tags.map(|it| it.as_str().to_owned()),
            })
            .unwrap_or_default(),
        security_groups: groups.into_iter().filter_map(|group| group.group_id).collect(),
        tags: tags(it.tags),
    })
}

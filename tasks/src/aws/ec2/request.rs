//! What EC2 is asked, from the port's types.

use aws_sdk_ec2::types;

use crate::cloud::{
    ec2::{BlockDevice, EbsVolume, LaunchTemplateData, MetadataOptions, SpotOptions},
    iam::Tags,
};

pub(in crate::aws) fn tags(tags: &Tags) -> Vec<types::Tag> {
    tags.iter().map(|(key, value)| types::Tag::builder().key(key).value(value).build()).collect()
}

/// The tags of what is created. EC2 refuses to be told of none.
pub(in crate::aws) fn tagged(
    kind: types::ResourceType,
    of: &Tags,
) -> Option<Vec<types::TagSpecification>> {
    let specification = types::TagSpecification::builder().resource_type(kind);
    (!of.is_empty()).then(|| vec![specification.set_tags(Some(tags(of))).build()])
}

/// A version's data. What is not said is not sent.
pub(super) fn data(data: &LaunchTemplateData) -> types::RequestLaunchTemplateData {
    let mut request = types::RequestLaunchTemplateData::builder()
        .set_image_id(data.image_id.clone())
        .set_instance_type(data.instance_type.as_deref().map(Into::into))
        .set_key_name(data.key_name.clone())
        .set_ebs_optimized(data.ebs_optimized)
        .set_disable_api_termination(data.disable_api_termination)
        .set_user_data(data.user_data.clone());
    if let Some(name) = &data.iam_instance_profile {
        request = request.iam_instance_profile(
            types::LaunchTemplateIamInstanceProfileSpecificationRequest::builder()
                .name(name)
                .build(),
        );
    }
    if let Some(enabled) = data.monitoring {
        request = request.monitoring(
            types::LaunchTemplatesMonitoringRequest::builder().enabled(enabled).build(),
        );
    }
    if let Some(tenancy) = &data.tenancy {
        request = request.placement(
            types::LaunchTemplatePlacementRequest::builder()
                .tenancy(tenancy.as_str().into())
                .build(),
        );
    }
    if let Some(credits) = &data.cpu_credits {
        let specification = types::CreditSpecificationRequest::builder().cpu_credits(credits);
        request = request.credit_specification(specification.build());
    }
    if let Some(options) = &data.metadata_options {
        request = request.metadata_options(metadata(options));
    }
    if let Some(options) = &data.spot {
        request = request.instance_market_options(spot(options));
    }
    for interface in &data.network_interfaces {
        request = request.network_interfaces(
            types::LaunchTemplateInstanceNetworkInterfaceSpecificationRequest::builder()
                .set_device_index(interface.device_index)
                .set_associate_public_ip_address(interface.associate_public_ip_address)
                .set_delete_on_termination(interface.delete_on_termination)
                .set_ipv6_address_count(interface.ipv6_address_count)
                .set_groups(some(&interface.groups))
                .build(),
        );
    }
    for device in &data.block_devices {
        request = request.block_device_mappings(block_device(device));
    }
    for (kind, tags_of) in data.tag_specifications.iter().filter(|(_, tags)| !tags.is_empty()) {
        request = request.tag_specifications(
            types::LaunchTemplateTagSpecificationRequest::builder()
                .resource_type(kind.as_str().into())
                .set_tags(Some(tags(tags_of)))
                .build(),
        );
    }
    request.set_security_group_ids(some(&data.security_group_ids)).build()
}

fn some(list: &[String]) -> Option<Vec<String>> {
    (!list.is_empty()).then(|| list.to_vec())
}

fn metadata(options: &MetadataOptions) -> types::LaunchTemplateInstanceMetadataOptionsRequest {
    types::LaunchTemplateInstanceMetadataOptionsRequest::builder()
        .set_http_tokens(options.http_tokens.as_deref().map(Into::into))
        .set_http_put_response_hop_limit(options.http_put_response_hop_limit)
        .set_http_protocol_ipv6(options.http_protocol_ipv6.as_deref().map(Into::into))
        .set_http_endpoint(options.http_endpoint.as_deref().map(Into::into))
        .set_instance_metadata_tags(options.instance_metadata_tags.as_deref().map(Into::into))
        .build()
}

fn spot(options: &SpotOptions) -> types::LaunchTemplateInstanceMarketOptionsRequest {
    let behavior = options.instance_interruption_behavior.as_deref().map(Into::into);
    types::LaunchTemplateInstanceMarketOptionsRequest::builder()
        .market_type(types::MarketType::Spot)
        .spot_options(
            types::LaunchTemplateSpotMarketOptionsRequest::builder()
                .set_max_price(options.max_price.clone())
                .set_block_duration_minutes(options.block_duration_minutes)
                .set_instance_interruption_behavior(behavior)
                .build(),
        )
        .build()
}

fn block_device(device: &BlockDevice) -> types::LaunchTemplateBlockDeviceMappingRequest {
    types::LaunchTemplateBlockDeviceMappingRequest::builder()
        .device_name(&device.device_name)
        .set_virtual_name(device.virtual_name.clone())
        .set_ebs(device.ebs.as_ref().map(volume))
        .build()
}

fn volume(volume: &EbsVolume) -> types::LaunchTemplateEbsBlockDeviceRequest {
    types::LaunchTemplateEbsBlockDeviceRequest::builder()
        .set_volume_size(volume.volume_size)
        .set_volume_type(volume.volume_type.as_deref().map(Into::into))
        .set_iops(volume.iops)
        .set_throughput(volume.throughput)
        .set_encrypted(volume.encrypted)
        .set_kms_key_id(volume.kms_key_id.clone())
        .set_delete_on_termination(volume.delete_on_termination)
        .set_snapshot_id(volume.snapshot_id.clone())
        .build()
}

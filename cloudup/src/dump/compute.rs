//! What instances start from, the groups that start them, and their key pairs.

use std::collections::{BTreeMap, BTreeSet};

use cloudup_tasks::cloud::{
    CloudError, all_pages,
    autoscaling::{self, AutoScalingGroup, Groups},
    ec2::{self, BlockDevice, LaunchTemplateData, Tagged, Templates, Versions},
    iam::Tags,
    vpc::{self, Which, all_security_groups, all_subnets},
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Dump, DumpError, Search, While as _};

/// A launch template's default version.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct LaunchTemplate {
    /// The disks.
    pub block_device_mappings: Vec<BlockDeviceMapping>,
    /// How instance types that burst are paid for.
    pub credit_specification: Option<CreditSpecification>,
    /// Whether the way to EBS volumes is kept apart from other traffic.
    pub ebs_optimized: Option<bool>,
    /// The name of the instance profile.
    pub iam_instance_profile: Option<String>,
    /// The image's id.
    pub image_id: Option<String>,
    /// That instances are spot instances, and how.
    pub instance_market_options: Option<MarketOptions>,
    /// The instance type.
    pub instance_type: Option<String>,
    /// The name of the key pair.
    pub key_name: Option<String>,
    /// How instances reach their metadata service.
    pub metadata_options: MetadataOptions,
    /// Whether instances are monitored in detail.
    pub monitoring: Option<Monitoring>,
    /// The network interfaces.
    pub network_interfaces: Vec<NetworkInterface>,
    /// Where instances are put.
    pub placement: Option<Placement>,
    /// The tags of what is started, by kind.
    pub tag_specifications: BTreeMap<String, Tags>,
    /// The template's own tags.
    pub tags: Tags,
}

/// A disk.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct BlockDeviceMapping {
    /// The device.
    pub device_name: String,
    /// The EBS volume that it is.
    pub ebs: Option<Ebs>,
    /// Which of the instance's own disks it is.
    pub virtual_name: Option<String>,
}

/// An EBS volume.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Ebs {
    /// Whether it goes with the instance.
    pub delete_on_termination: Option<bool>,
    /// Whether it is encrypted.
    pub encrypted: Option<bool>,
    /// Operations a second.
    pub iops: Option<i32>,
    /// The key it is encrypted with.
    pub kms_key_id: Option<String>,
    /// MiB a second.
    pub throughput: Option<i32>,
    /// GiB.
    pub volume_size: Option<i32>,
    /// Its type.
    pub volume_type: Option<String>,
}

/// How instance types that burst are paid for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CreditSpecification {
    /// `standard` or `unlimited`.
    pub cpu_credits: String,
}

/// How instances are bought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MarketOptions {
    /// `spot`.
    pub market_type: String,
    /// How spot instances are asked for.
    pub spot_options: SpotOptions,
}

/// How spot instances are asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SpotOptions {
    /// For how many minutes they are kept.
    pub block_duration_minutes: Option<i32>,
    /// What becomes of them when they are taken back.
    pub instance_interruption_behavior: Option<String>,
    /// The most to pay.
    pub max_price: Option<String>,
}

/// How instances reach their metadata service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MetadataOptions {
    /// Whether they can at all.
    pub http_endpoint: String,
    /// Whether they can over IPv6.
    pub http_protocol_ipv6: Option<String>,
    /// How many network hops an answer may take.
    pub http_put_response_hop_limit: Option<i32>,
    /// Whether IMDSv2 is needed: `optional` or `required`.
    pub http_tokens: Option<String>,
}

/// Whether instances are monitored in detail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Monitoring {
    /// Whether they are.
    pub enabled: bool,
}

/// A network interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NetworkInterface {
    /// Whether it gets a public address.
    pub associate_public_ip_address: Option<bool>,
    /// Whether it goes with the instance.
    pub delete_on_termination: Option<bool>,
    /// How many IPv6 addresses it gets.
    pub ipv6_address_count: Option<i32>,
    /// Its security groups: by name where they are the cluster's, or else by id.
    pub security_groups: Vec<String>,
}

/// Where instances are put.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Placement {
    /// `default`, `dedicated` or `host`.
    pub tenancy: String,
}

/// An Auto Scaling group.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct AutoscalingGroup {
    /// Whether spot instances at risk are replaced beforehand.
    pub capacity_rebalance: Option<bool>,
    /// The metrics that are collected.
    pub enabled_metrics: BTreeSet<String>,
    /// Whether new instances are spared when the group shrinks.
    pub instance_protection: bool,
    /// The name of the launch template.
    pub launch_template: Option<String>,
    /// The version that new instances start from: `latest`, or its number.
    pub launch_template_version: Option<String>,
    /// Classic load balancers.
    pub load_balancers: BTreeSet<String>,
    /// After how many seconds instances are replaced; 0 is never.
    pub max_instance_lifetime: i32,
    /// The greatest number of instances.
    pub max_size: i32,
    /// How often metrics are collected.
    pub metrics_granularity: Option<String>,
    /// The least number of instances.
    pub min_size: i32,
    /// Several instance types.
    pub mixed_instances_policy: Option<MixedInstancesPolicy>,
    /// Its subnets: by name where they are the cluster's, or else by id.
    pub subnets: Vec<String>,
    /// The processes that are suspended.
    pub suspended_processes: BTreeSet<String>,
    /// Its tags.
    pub tags: Tags,
    /// Whether new instances get all of them.
    pub tags_propagate_at_launch: bool,
    /// The ARNs of target groups.
    pub target_groups: BTreeSet<String>,
    /// The instances that are kept ready.
    pub warm_pool: Option<WarmPool>,
}

/// Several instance types in one group.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct MixedInstancesPolicy {
    /// How instances are shared out.
    pub instances_distribution: InstancesDistribution,
    /// The types.
    pub overrides: Vec<Override>,
}

/// How instances are shared out between on demand and spot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct InstancesDistribution {
    /// How on-demand instances are chosen.
    pub on_demand_allocation_strategy: Option<String>,
    /// How many are on demand whatever happens.
    pub on_demand_base_capacity: Option<i32>,
    /// How many of a hundred beyond those are.
    pub on_demand_percentage_above_base_capacity: Option<i32>,
    /// How spot instances are chosen.
    pub spot_allocation_strategy: Option<String>,
    /// Over how many pools they are spread.
    pub spot_instance_pools: Option<i32>,
    /// The most to pay for one; the price on demand, if empty.
    pub spot_max_price: String,
}

/// An instance type that may stand in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Override {
    /// Its name.
    pub instance_type: String,
}

/// Instances that are kept ready.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WarmPool {
    /// The greatest number of them and the group's own together.
    pub max_group_prepared_capacity: Option<i32>,
    /// The least number of them.
    pub min_size: i32,
}

/// Something that instances wait for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LifecycleHook {
    /// What becomes of one that nobody answers for.
    pub default_result: String,
    /// For how many seconds an answer is waited for.
    pub heartbeat_timeout: i32,
    /// On its way in or out.
    pub lifecycle_transition: String,
}

/// A key pair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct KeyPair {
    /// The public key, as OpenSSH writes it.
    pub public_key: Option<String>,
    /// Its tags.
    pub tags: Tags,
}

/// Names of network things by their ids.
type Names = BTreeMap<String, String>;

impl Search<'_> {
    pub(super) async fn compute(&self, dump: &mut Dump) -> Result<(), DumpError> {
        let tagged = Tagged::of_cluster(self.cluster);
        let (ec2, which) = (self.reader.ec2(), Templates::Tagged(tagged.clone()));
        let templates = all_pages(async |marker: Option<String>| {
            ec2.describe_launch_templates(&which, marker.as_deref()).await
        });
        let mut templates =
            templates.await.doing(|| "list the cluster's launch templates".to_owned())?;
        templates.retain(|template| self.is_owned(&template.tags));
        let versions = all_pages(async |marker: Option<String>| {
            ec2.describe_launch_template_versions(&Versions::DefaultOfAll, marker.as_deref()).await
        });
        let versions = versions.await.doing(|| "read the launch templates".to_owned())?;
        let tag = self.owner.tag_key();
        let security_groups = all_security_groups(self.reader.vpc(), Which::TagKey(&tag)).await;
        let names =
            names(&security_groups.doing(|| "list the cluster's security groups".to_owned())?);
        for version in versions {
            if let Some(template) = templates.iter().find(|it| it.id == version.template_id) {
                if let Some(key) = &version.data.key_name {
                    self.key_pair(key, dump).await?;
                }
                let described = template_of(version.data, template.tags.clone(), &names);
                dump.launch_templates.insert(template.name.clone(), described);
            }
        }
        self.groups(&tagged, &templates, dump).await
    }

    async fn key_pair(&self, name: &str, dump: &mut Dump) -> Result<(), DumpError> {
        if dump.key_pairs.contains_key(name) {
            return Ok(());
        }
        let found = CloudError::absent(self.reader.ec2().describe_key_pair(name).await)
            .doing(|| format!("read key pair {name}"))?;
        if let Some(pair) = found.filter(|pair| self.is_owned(&pair.tags)) {
            let described = KeyPair { public_key: pair.public_key, tags: pair.tags };
            dump.key_pairs.insert(name.to_owned(), described);
        }
        Ok(())
    }

    async fn groups(
        &self,
        tagged: &Tagged,
        templates: &[ec2::LaunchTemplate],
        dump: &mut Dump,
    ) -> Result<(), DumpError> {
        let (autoscaling, which) = (self.reader.autoscaling(), Groups::Tagged(tagged.clone()));
        let groups = all_pages(async |marker: Option<String>| {
            autoscaling.describe_auto_scaling_groups(&which, marker.as_deref()).await
        });
        let groups = groups.await.doing(|| "list the cluster's Auto Scaling groups".to_owned())?;
        let tag = self.owner.tag_key();
        let subnets = all_subnets(self.reader.vpc(), Which::TagKey(&tag)).await;
        let names = names(&subnets.doing(|| "list the cluster's subnets".to_owned())?);
        for group in groups {
            if !self.is_owned(&group.tag_values()) || group.status.is_some() {
                continue;
            }
            let hooks = autoscaling.describe_lifecycle_hooks(&group.name).await;
            let hooks = hooks.doing(|| format!("list the lifecycle hooks of {}", group.name))?;
            for hook in hooks {
                let key = format!("{}/{}", group.name, hook.name);
                dump.autoscaling_lifecycle_hooks.insert(key, hook_of(hook));
            }
            let described = group_of(&group, templates, &names);
            dump.autoscaling_groups.insert(group.name, described);
        }
        Ok(())
    }
}

fn names<T: vpc::Tagged>(things: &[T]) -> Names {
    let named = |thing: &T| Some((thing.id().to_owned(), thing.tags().get("Name")?.clone()));
    things.iter().filter_map(named).collect()
}

fn named<'i>(ids: impl IntoIterator<Item = &'i String>, names: &Names) -> Vec<String> {
    let mut shown: Vec<_> = ids.into_iter().map(|id| names.get(id).unwrap_or(id).clone()).collect();
    shown.sort();
    shown
}

fn template_of(data: LaunchTemplateData, tags: Tags, names: &Names) -> LaunchTemplate {
    let options = data.metadata_options.unwrap_or_default();
    let mut devices: Vec<_> = data.block_devices.into_iter().map(device).collect();
    devices.sort_by(|a, b| a.device_name.cmp(&b.device_name));
    LaunchTemplate {
        block_device_mappings: devices,
        credit_specification: data
            .cpu_credits
            .map(|cpu_credits| CreditSpecification { cpu_credits }),
        ebs_optimized: data.ebs_optimized,
        iam_instance_profile: data.iam_instance_profile,
        image_id: data.image_id,
        instance_market_options: data.spot.map(|spot| MarketOptions {
            market_type: "spot".to_owned(),
            spot_options: SpotOptions {
                block_duration_minutes: spot.block_duration_minutes,
                instance_interruption_behavior: spot.instance_interruption_behavior,
                max_price: spot.max_price,
            },
        }),
        instance_type: data.instance_type,
        key_name: data.key_name,
        metadata_options: MetadataOptions {
            http_endpoint: options.http_endpoint.unwrap_or_else(|| "enabled".to_owned()),
            http_protocol_ipv6: options.http_protocol_ipv6,
            http_put_response_hop_limit: options.http_put_response_hop_limit,
            http_tokens: options.http_tokens,
        },
        monitoring: data.monitoring.map(|enabled| Monitoring { enabled }),
        network_interfaces: data
            .network_interfaces
            .into_iter()
            .map(|interface| NetworkInterface {
                associate_public_ip_address: interface.associate_public_ip_address,
                delete_on_termination: interface.delete_on_termination,
                ipv6_address_count: interface.ipv6_address_count,
                security_groups: named(&interface.groups, names),
            })
            .collect(),
        placement: data.tenancy.map(|tenancy| Placement { tenancy }),
        tag_specifications: data.tag_specifications,
        tags,
    }
}

fn device(device: BlockDevice) -> BlockDeviceMapping {
    BlockDeviceMapping {
        device_name: device.device_name,
        ebs: device.ebs.map(|volume| Ebs {
            delete_on_termination: volume.delete_on_termination,
            encrypted: volume.encrypted,
            iops: volume.iops,
            kms_key_id: volume.kms_key_id,
            throughput: volume.throughput,
            volume_size: volume.volume_size,
            volume_type: volume.volume_type,
        }),
        virtual_name: device.virtual_name,
    }
}

fn hook_of(hook: autoscaling::LifecycleHook) -> LifecycleHook {
    LifecycleHook {
        default_result: hook.default_result,
        heartbeat_timeout: hook.heartbeat_timeout,
        lifecycle_transition: hook.transition,
    }
}

fn group_of(
    group: &AutoScalingGroup,
    templates: &[ec2::LaunchTemplate],
    names: &Names,
) -> AutoscalingGroup {
    let used = group.template();
    let template = used.and_then(|used| templates.iter().find(|it| it.id == used.id));
    let version = used.map(|used| {
        let newest = template.is_some_and(|it| used.version == it.latest_version.to_string());
        if newest || used.version == "$Latest" { "latest".to_owned() } else { used.version.clone() }
    });
    AutoscalingGroup {
        capacity_rebalance: group.capacity_rebalance.filter(|rebalance| *rebalance),
        enabled_metrics: group.enabled_metrics.clone(),
        instance_protection: group.instance_protection,
        launch_template: used
            .map(|used| template.map_or_else(|| used.id.clone(), |it| it.name.clone())),
        launch_template_version: version,
        load_balancers: group.load_balancers.clone(),
        max_instance_lifetime: group.max_instance_lifetime,
        max_size: group.max_size,
        metrics_granularity: (!group.enabled_metrics.is_empty()).then(|| "1Minute".to_owned()),
        min_size: group.min_size,
        mixed_instances_policy: group.mixed_instances_policy.as_ref().map(mixed_of),
        subnets: named(&group.subnets, names),
        suspended_processes: group.suspended_processes.clone(),
        tags: group.tag_values(),
        tags_propagate_at_launch: group.tags.values().all(|tag| tag.propagate_at_launch),
        target_groups: group.target_groups.clone(),
        warm_pool: group.warm_pool.as_ref().map(|pool| WarmPool {
            max_group_prepared_capacity: pool.max_group_prepared_capacity,
            min_size: pool.min_size,
        }),
    }
}

fn mixed_of(policy: &autoscaling::MixedInstancesPolicy) -> MixedInstancesPolicy {
    let distribution = policy.distribution.clone();
    MixedInstancesPolicy {
        instances_distribution: InstancesDistribution {
            on_demand_allocation_strategy: distribution.on_demand_allocation_strategy,
            on_demand_base_capacity: distribution.on_demand_base_capacity,
            on_demand_percentage_above_base_capacity: distribution
                .on_demand_percentage_above_base_capacity,
            spot_allocation_strategy: distribution.spot_allocation_strategy,
            spot_instance_pools: distribution.spot_instance_pools,
            spot_max_price: distribution.spot_max_price.unwrap_or_default(),
        },
        overrides: policy
            .instance_types
            .iter()
            .map(|name| Override { instance_type: name.clone() })
            .collect(),
    }
}

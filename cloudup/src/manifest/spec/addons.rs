//! Add-ons that need permissions.

use serde::{Deserialize, Serialize};

/// `spec.cloudConfig`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct CloudConfig {
    /// The EBS CSI driver.
    #[serde(rename = "awsEBSCSIDriver")]
    pub aws_ebs_csi_driver: EbsCsiDriver,
    /// Who manages the security groups of network load balancers: `Managed`, or absent.
    pub nlb_security_group_mode: Option<String>,
    /// Whether nodes are named after their addresses rather than their ids.
    #[serde(rename = "useIPBasedNodeNames")]
    pub use_ip_based_node_names: bool,
}

/// The EBS CSI driver.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct EbsCsiDriver {
    /// Always, nowadays: absent or true.
    pub enabled: Option<bool>,
    /// Whether kOps installs it; absent means yes.
    pub managed: Option<bool>,
}

/// `spec.externalDns`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ExternalDns {
    /// Whether nothing publishes records.
    pub disable: bool,
    /// What publishes them.
    pub provider: Option<DnsProvider>,
}

/// What publishes a cluster's DNS records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DnsProvider {
    /// kOps' own.
    DnsController,
    /// External DNS.
    ExternalDns,
    /// Nothing.
    None,
}

/// `spec.awsLoadBalancerController`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct AwsLoadBalancerController {
    /// Whether it is installed.
    pub enabled: Option<bool>,
    /// Whether it may use WAF (regional, classic).
    #[serde(rename = "enableWAF")]
    pub enable_waf: bool,
    /// Whether it may use WAF version 2.
    #[serde(rename = "enableWAFv2")]
    pub enable_waf_v2: bool,
    /// Whether it may use Shield.
    pub enable_shield: bool,
}

/// `spec.nodeTerminationHandler`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct NodeTerminationHandler {
    /// Whether it is installed; absent means yes, unless there is Karpenter.
    pub enabled: Option<bool>,
    /// Whether it listens to a queue; absent means yes.
    #[serde(rename = "enableSQSTerminationDraining")]
    pub enable_sqs_termination_draining: Option<bool>,
    /// Whether interruptions of spot instances are handled.
    pub enable_spot_interruption_draining: Option<bool>,
    /// Whether nodes are cordoned on a rebalance recommendation.
    pub enable_rebalance_monitoring: Option<bool>,
    /// Whether nodes are drained on a rebalance recommendation.
    pub enable_rebalance_draining: Option<bool>,
    /// The tag of groups that it handles.
    #[serde(rename = "managedASGTag")]
    pub managed_asg_tag: Option<String>,
}

/// `spec.clusterAutoscaler`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterAutoscaler {
    /// Whether it is installed.
    pub enabled: Option<bool>,
    /// Whether it knows instance types by heart, and need not ask EC2.
    pub aws_use_static_instance_list: Option<bool>,
}

/// `spec.certManager`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct CertManager {
    /// Whether it is there.
    pub enabled: Option<bool>,
    /// Whether kOps installs it; absent means yes.
    pub managed: Option<bool>,
    /// Zones in which it may answer DNS challenges.
    #[serde(rename = "hostedZoneIDs")]
    pub hosted_zone_ids: Vec<String>,
}

/// `spec.karpenter`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Karpenter {
    /// Whether it is installed.
    pub enabled: bool,
}

/// `spec.snapshotController`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct SnapshotController {
    /// Whether it is installed.
    pub enabled: Option<bool>,
}

/// `spec.podIdentityWebhook`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct PodIdentityWebhook {
    /// Whether it is installed.
    pub enabled: bool,
}

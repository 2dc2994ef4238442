//! A cluster.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    AwsLoadBalancerController, CertManager, CloudConfig, ClusterAutoscaler, Containerd, Empty,
    ExternalDns, Karpenter, Kubelet, Networking, NodeTerminationHandler, PodIdentityWebhook, Role,
    RollingUpdate, SnapshotController, Subnet, Topology, WarmPool, role,
};

/// `spec` of a `Cluster`, as far as it is acted on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterSpec {
    /// Where the cluster runs: `aws`.
    pub cloud_provider: Option<String>,
    /// The Kubernetes version, with or without a leading `v`.
    pub kubernetes_version: Option<String>,
    /// The API's public name.
    pub master_public_name: Option<String>,
    /// How the API is reached.
    pub api: Api,
    /// The addresses from which the API can be reached, and prefix lists.
    pub kubernetes_api_access: Vec<String>,
    /// The addresses from which nodes can be reached over SSH, and prefix lists.
    pub ssh_access: Vec<String>,
    /// The addresses from which node ports can be reached, and prefix lists.
    pub node_port_access: Vec<String>,
    /// A key pair that exists, by name, in the place of one of the cluster's own.
    pub ssh_key_name: Option<String>,
    /// What the kubelets of all nodes are told.
    pub kubelet: Kubelet,
    /// What those of the control plane are told besides.
    pub master_kubelet: Kubelet,
    /// Where the cluster's configuration is kept, which the control plane may read.
    pub config_base: Option<String>,
    /// Where key pairs are kept, if not below [`configBase`](Self::config_base).
    pub key_store: Option<String>,
    /// Where secrets are kept, if not below [`configBase`](Self::config_base).
    pub secret_store: Option<String>,
    /// The older name of [`configBase`](Self::config_base)'s parent.
    pub config_store: Option<String>,
    /// The hosted zone's name, or its id when there is no dot in it.
    pub dns_zone: Option<String>,
    /// A VPC that exists.
    #[serde(rename = "networkID")]
    pub network_id: Option<String>,
    /// The VPC's addresses.
    #[serde(rename = "networkCIDR")]
    pub network_cidr: Option<String>,
    /// Further addresses of the VPC.
    #[serde(rename = "additionalNetworkCIDRs")]
    pub additional_network_cidrs: Vec<String>,
    /// Whether subnets are left without tags.
    #[serde(rename = "DisableSubnetTags")]
    pub disable_subnet_tags: bool,
    /// Addresses that are not masqueraded; IPv6 here means an IPv6-only cluster.
    #[serde(rename = "nonMasqueradeCIDR")]
    pub non_masquerade_cidr: Option<String>,
    /// The subnets.
    pub subnets: Vec<Subnet>,
    /// How the cluster is seen from outside.
    pub topology: Topology,
    /// Which network add-on.
    pub networking: Networking,
    /// The identity of nodes and service accounts.
    pub iam: Iam,
    /// Managed policies to attach, by role. A role that is present with no policies is to have none;
    /// attachments of a role that is absent are left alone.
    #[serde(deserialize_with = "role::by_role")]
    pub external_policies: BTreeMap<Role, Vec<String>>,
    /// Statements to give to a role beside what it needs, as the text of a JSON list.
    #[serde(deserialize_with = "role::by_role")]
    pub additional_policies: BTreeMap<Role, String>,
    /// Tags for everything the cluster owns.
    pub cloud_labels: BTreeMap<String, String>,
    /// Whether secrets are encrypted with a key of AWS KMS, given in a secret.
    pub encryption_config: Option<bool>,
    /// The etcd clusters.
    pub etcd_clusters: Vec<EtcdCluster>,
    /// Publishing of the tokens' issuer.
    pub service_account_issuer_discovery: ServiceAccountIssuerDiscovery,
    /// The API server.
    #[serde(rename = "kubeAPIServer")]
    pub kube_api_server: KubeApiServer,
    /// The container runtime.
    pub containerd: Containerd,
    /// How instances are replaced, of groups which do not say otherwise.
    pub rolling_update: Option<RollingUpdate>,
    /// Warm pools of groups which do not say otherwise.
    pub warm_pool: Option<WarmPool>,
    /// The cloud's own settings.
    pub cloud_config: CloudConfig,
    /// The controller that publishes DNS records.
    pub external_dns: ExternalDns,
    /// The AWS load balancer controller.
    pub aws_load_balancer_controller: AwsLoadBalancerController,
    /// The node termination handler. Enabled when absent.
    pub node_termination_handler: NodeTerminationHandler,
    /// The cluster autoscaler.
    pub cluster_autoscaler: ClusterAutoscaler,
    /// cert-manager.
    pub cert_manager: CertManager,
    /// Karpenter.
    pub karpenter: Karpenter,
    /// The snapshot controller.
    pub snapshot_controller: SnapshotController,
    /// The pod identity webhook.
    pub pod_identity_webhook: PodIdentityWebhook,
}

impl ClusterSpec {
    /// Whether nodes and pods have IPv6 addresses only.
    pub fn is_ipv6_only(&self) -> bool {
        self.non_masquerade_cidr.as_deref().is_some_and(|cidr| cidr.contains(':'))
    }

    /// Whether the node termination handler is there, as it is unless the manifest says otherwise.
    /// With Karpenter, which handles terminations by itself, it must be asked for.
    pub fn has_termination_handler(&self) -> bool {
        self.node_termination_handler.enabled.unwrap_or(!self.karpenter.enabled)
    }

    /// Whether the node termination handler is there and listens to a queue, as it does unless the
    /// manifest says otherwise.
    pub fn has_termination_queue(&self) -> bool {
        self.has_termination_handler()
            && self.node_termination_handler.enable_sqs_termination_draining != Some(false)
    }
}

/// `spec.api`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Api {
    /// The load balancer before it, if there is one.
    pub load_balancer: Option<ApiLoadBalancer>,
    /// DNS records of the control plane's own addresses.
    pub dns: Option<Empty>,
}

/// `spec.api.loadBalancer`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ApiLoadBalancer {
    /// `Network` or `Classic`.
    pub class: Option<String>,
    /// The ids of security groups that instances behind it have besides.
    pub additional_security_groups: Vec<String>,
    /// The id of the security group that it has instead of one of its own. Rules that let it in
    /// are left alone.
    pub security_group_override: Option<String>,
}

/// `spec.iam`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Iam {
    /// Wide permissions of old; no longer supported.
    pub legacy: bool,
    /// Whether nodes may pull from Amazon ECR.
    pub allow_container_registry: bool,
    /// ARN of the policy that bounds every role's permissions.
    pub permissions_boundary: Option<String>,
    /// Whether add-ons have roles of their own, taken on through their service accounts.
    pub use_service_account_external_permissions: Option<bool>,
    /// Roles for the user's own service accounts.
    pub service_account_external_permissions: Vec<ServiceAccountPermission>,
}

impl Iam {
    /// Whether add-ons have roles of their own.
    pub fn uses_service_accounts(&self) -> bool {
        self.use_service_account_external_permissions == Some(true)
    }
}

/// An entry of `spec.iam.serviceAccountExternalPermissions`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceAccountPermission {
    /// The service account's name.
    pub name: String,
    /// Its namespace, in which `*` stands for any text.
    pub namespace: String,
    /// What it may do.
    pub aws: Option<AwsPermission>,
}

/// What a service account may do: one of the two.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct AwsPermission {
    /// ARNs of managed policies.
    #[serde(rename = "policyARNs")]
    pub policy_arns: Vec<String>,
    /// The text of a JSON list of statements.
    pub inline_policy: Option<String>,
}

/// An entry of `spec.etcdClusters`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct EtcdCluster {
    /// `main`, `events`, `cilium`.
    pub name: String,
    /// Its members.
    pub etcd_members: Vec<EtcdMember>,
    /// Its backups.
    pub backups: EtcdBackups,
}

/// A member of an etcd cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct EtcdMember {
    /// The member's name.
    pub name: String,
    /// The instance group that it runs in.
    pub instance_group: Option<String>,
    /// The key its volume is encrypted with.
    pub kms_key_id: Option<String>,
    /// Whether its volume is encrypted.
    pub encrypted_volume: Option<bool>,
}

/// Backups of an etcd cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct EtcdBackups {
    /// Where they go, if not below the cluster's own location.
    pub backup_store: Option<String>,
}

/// `spec.serviceAccountIssuerDiscovery`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceAccountIssuerDiscovery {
    /// Where the discovery documents are published.
    pub discovery_store: Option<String>,
    /// A service that publishes them.
    pub discovery_service: Option<DiscoveryService>,
    /// Whether AWS is to trust the issuer.
    #[serde(rename = "enableAWSOIDCProvider")]
    pub enable_aws_oidc_provider: bool,
    /// Audiences that AWS accepts beside its own.
    pub additional_audiences: Vec<String>,
}

/// A service that publishes discovery documents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct DiscoveryService {
    /// Its address.
    pub url: Option<String>,
}

/// `spec.kubeAPIServer`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeApiServer {
    /// The issuer of service-account tokens.
    pub service_account_issuer: Option<String>,
    /// The ports of services that every node answers: `30000-32767`, or `30000+2768`.
    pub service_node_port_range: Option<String>,
    /// Whether it answers those who do not say who they are.
    pub anonymous_auth: Option<bool>,
}

//! Kubernetes service accounts that have IAM roles of their own: those of add-ons, and the user's.
//!
//! Pods take such a role on with a token that the cluster's [issuer](crate::issuer) signed.

use std::{collections::BTreeMap, fmt};

use crate::{
    because::{Asked, Because},
    manifest::spec::{ClusterSpec, DnsProvider, DnsType, ServiceAccountPermission},
    names,
};

/// A service account, or those of one name in every namespace that a pattern fits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServiceAccount {
    /// Its namespace, in which `*` stands for any text.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl ServiceAccount {
    /// The name of its role.
    pub fn role_name(&self, cluster: &str) -> String {
        names::service_account_role(&self.namespace, &self.name, cluster)
    }

    /// Whether it stands for accounts in more than one namespace.
    pub fn is_pattern(&self) -> bool {
        self.namespace.contains('*')
    }

    /// What a token says whose it is.
    pub fn subject(&self) -> String {
        format!("system:serviceaccount:{}:{}", self.namespace, self.name)
    }

    /// The tags that its role has beside those of every role of ours. A tag's value cannot hold
    /// a `*`.
    pub fn tags(&self) -> BTreeMap<String, String> {
        BTreeMap::from([
            ("service-account.kops.k8s.io/name".to_owned(), self.name.clone()),
            (
                "service-account.kops.k8s.io/namespace".to_owned(),
                names::without_wildcards(&self.namespace),
            ),
        ])
    }
}

impl fmt::Display for ServiceAccount {
    /// `NAMESPACE/NAME`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

impl From<&ServiceAccountPermission> for ServiceAccount {
    fn from(entry: &ServiceAccountPermission) -> Self {
        Self { namespace: entry.namespace.clone(), name: entry.name.clone() }
    }
}

/// The path of an entry of `spec.iam.serviceAccountExternalPermissions`.
pub(crate) fn entry_path(index: usize) -> String {
    format!("spec.iam.serviceAccountExternalPermissions[{index}]")
}

/// An add-on that can have a role of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AddOn {
    /// kOps' own publisher of DNS records.
    DnsController,
    /// External DNS.
    ExternalDns,
    /// The cluster autoscaler.
    ClusterAutoscaler,
    /// cert-manager, which answers DNS challenges.
    CertManager,
    /// The node termination handler.
    NodeTerminationHandler,
    /// The AWS load balancer controller.
    LoadBalancerController,
    /// kube-router.
    KubeRouter,
    /// The AWS cloud controller manager.
    CloudControllerManager,
    /// The EBS CSI driver.
    EbsCsiDriver,
    /// Karpenter.
    Karpenter,
}

impl AddOn {
    /// Every add-on.
    pub const ALL: [Self; 10] = [
        Self::DnsController,
        Self::ExternalDns,
        Self::ClusterAutoscaler,
        Self::CertManager,
        Self::NodeTerminationHandler,
        Self::LoadBalancerController,
        Self::KubeRouter,
        Self::CloudControllerManager,
        Self::EbsCsiDriver,
        Self::Karpenter,
    ];

    /// Its service account, as kOps' manifests of the add-on name it.
    pub fn account(self) -> ServiceAccount {
        let name = match self {
            Self::DnsController => "dns-controller",
            Self::ExternalDns => "external-dns",
            Self::ClusterAutoscaler => "cluster-autoscaler",
            Self::CertManager => "cert-manager",
            Self::NodeTerminationHandler => "aws-node-termination-handler",
            Self::LoadBalancerController => "aws-load-balancer-controller",
            Self::KubeRouter => "kube-router",
            Self::CloudControllerManager => "aws-cloud-controller-manager",
            Self::EbsCsiDriver => "ebs-csi-controller-sa",
            Self::Karpenter => "karpenter",
        };
        ServiceAccount { namespace: "kube-system".to_owned(), name: name.to_owned() }
    }

    /// Whether it has a role of its own in a cluster.
    pub fn has_role(self, spec: &ClusterSpec) -> bool {
        !self.asked(spec).is_empty()
    }

    /// What asks for a role of its own.
    pub(crate) fn asked(self, spec: &ClusterSpec) -> Asked {
        let own = |because| Because::service_accounts().and(because);
        let uses_them = spec.iam.uses_service_accounts();
        self.needed(spec).into_iter().filter(|_| uses_them).map(own).collect()
    }

    /// What says that it is there and does something that AWS has to allow.
    fn needed(self, spec: &ClusterSpec) -> Asked {
        let publisher = match spec.external_dns.provider {
            _ if spec.topology.dns.kind == DnsType::None => DnsProvider::None,
            _ if spec.external_dns.disable => DnsProvider::None,
            provider => provider.unwrap_or(DnsProvider::DnsController),
        };
        match self {
            Self::DnsController => {
                Because::publisher().if_so(publisher == DnsProvider::DnsController)
            }
            Self::ExternalDns => Because::publisher().if_so(publisher == DnsProvider::ExternalDns),
            Self::ClusterAutoscaler => Because::field("spec.clusterAutoscaler.enabled")
                .if_so(spec.cluster_autoscaler.enabled == Some(true)),
            Self::CertManager => {
                let manager = &spec.cert_manager;
                Because::field("spec.certManager.enabled")
                    .and(Because::by_default("spec.certManager.managed", "true"))
                    .and(Because::field("spec.certManager.hostedZoneIDs"))
                    .if_so(
                        manager.enabled == Some(true)
                            && manager.managed != Some(false)
                            && !manager.hosted_zone_ids.is_empty(),
                    )
            }
            Self::NodeTerminationHandler => {
                Because::termination_handler().if_so(spec.has_termination_handler())
            }
            Self::LoadBalancerController => {
                Because::field("spec.awsLoadBalancerController.enabled")
                    .if_so(spec.aws_load_balancer_controller.enabled == Some(true))
            }
            Self::KubeRouter => Because::field("spec.networking.kuberouter")
                .if_so(spec.networking.kuberouter.is_some()),
            // It always is.
            Self::CloudControllerManager => vec![Because::service_accounts()],
            Self::EbsCsiDriver => {
                Because::by_default("spec.cloudConfig.awsEBSCSIDriver.managed", "true")
                    .if_so(spec.cloud_config.aws_ebs_csi_driver.managed != Some(false))
            }
            Self::Karpenter => {
                Because::field("spec.karpenter.enabled").if_so(spec.karpenter.enabled)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn with_roles(mut fields: serde_json::Value) -> Vec<String> {
        fields["iam"] = json!({ "useServiceAccountExternalPermissions": true });
        let spec: ClusterSpec = serde_json::from_value(fields).unwrap();
        let add_ons = AddOn::ALL.into_iter().filter(|add_on| add_on.has_role(&spec));
        add_ons.map(|add_on| add_on.account().name).collect()
    }

    #[test]
    fn an_add_on_that_is_there_and_needs_permissions_has_a_role() {
        const NTH: &str = "aws-node-termination-handler";
        const CCM: &str = "aws-cloud-controller-manager";
        const EBS: &str = "ebs-csi-controller-sa";
        let table: [(serde_json::Value, &[&str]); 14] = [
            (json!({}), &["dns-controller", NTH, CCM, EBS]),
            (json!({ "topology": { "dns": { "type": "None" } } }), &[NTH, CCM, EBS]),
            (json!({ "externalDns": { "provider": "none" } }), &[NTH, CCM, EBS]),
            (json!({ "externalDns": { "disable": true } }), &[NTH, CCM, EBS]),
            (
                json!({ "externalDns": { "disable": true, "provider": "external-dns" } }),
                &[NTH, CCM, EBS],
            ),
            (
                json!({ "externalDns": { "provider": "external-dns" } }),
                &["external-dns", NTH, CCM, EBS],
            ),
            (
                json!({ "clusterAutoscaler": { "enabled": true } }),
                &["dns-controller", "cluster-autoscaler", NTH, CCM, EBS],
            ),
            (
                json!({ "certManager": { "enabled": true, "hostedZoneIDs": ["Z1"] } }),
                &["dns-controller", "cert-manager", NTH, CCM, EBS],
            ),
            (
                json!({ "certManager": { "enabled": true, "managed": false, "hostedZoneIDs": ["Z1"] } }),
                &["dns-controller", NTH, CCM, EBS],
            ),
            (json!({ "certManager": { "enabled": true } }), &["dns-controller", NTH, CCM, EBS]),
            // Also where it listens to no queue.
            (
                json!({ "nodeTerminationHandler": { "enableSQSTerminationDraining": false } }),
                &["dns-controller", NTH, CCM, EBS],
            ),
            (
                json!({ "karpenter": { "enabled": true } }),
                &["dns-controller", CCM, EBS, "karpenter"],
            ),
            (
                json!({
                    "awsLoadBalancerController": { "enabled": true },
                    "networking": { "kuberouter": {} },
                }),
                &["dns-controller", NTH, "aws-load-balancer-controller", "kube-router", CCM, EBS],
            ),
            (
                json!({
                    "cloudConfig": { "awsEBSCSIDriver": { "managed": false } },
                    "nodeTerminationHandler": { "enabled": false },
                }),
                &["dns-controller", CCM],
            ),
        ];
        for (fields, expected) in table {
            assert_eq!(with_roles(fields.clone()), expected, "{fields}");
        }
    }

    #[test]
    fn no_add_on_has_a_role_unless_it_is_asked_for() {
        let fields = json!({ "clusterAutoscaler": { "enabled": true } });
        let spec: ClusterSpec = serde_json::from_value(fields).unwrap();
        assert!(!AddOn::ALL.into_iter().any(|add_on| add_on.has_role(&spec)));
    }

    #[test]
    fn a_wildcard_is_a_word_in_names_and_tags() {
        let account = ServiceAccount { namespace: "team-*".to_owned(), name: "app".to_owned() };
        assert_eq!(account.role_name("prod.example.org"), "app.team-wildcard.sa.prod.example.org");
        assert_eq!(account.tags()["service-account.kops.k8s.io/namespace"], "team-wildcard");
        assert_eq!(account.subject(), "system:serviceaccount:team-*:app");
    }
}

//! The identity provider through which IAM trusts the issuer of a cluster's tokens.

use cloudup_engine::Graph;
use cloudup_tasks::{cloud::Aws, iam::IamOidcProvider};

use super::{Blueprint, Run, governed};
use crate::{issuer::issuer, phase::Phase};

/// Whom the tokens are for that pods show to AWS.
const AUDIENCE: &str = "amazonaws.com";

/// The certificates that kOps has providers trust: of the authorities behind S3's addresses. IAM
/// asks for thumbprints, and does not look at them where it knows the authority itself.
const THUMBPRINTS: [&str; 2] =
    ["9e99a48a9960b14926bb7f3b02e22da2b0ab7280", "a9d53002e97e00e043244f3d170d6f4c414104fd"];

/// The provider, where the manifest asks for one. As in kOps, one that is no longer asked for
/// stays: roles that nobody here knows of may be taken on through it.
pub(super) fn add(blueprint: &Blueprint, graph: &mut Graph<Aws>, run: Run) {
    let Blueprint { cluster, environment, .. } = blueprint;
    let discovery = &cluster.spec.service_account_issuer_discovery;
    if !discovery.enable_aws_oidc_provider {
        return;
    }
    let url = issuer(cluster, &environment.region);
    let (partition, account) = (&environment.partition, &environment.account);
    let provider = IamOidcProvider::new(cluster.name(), url, partition, account, blueprint.owner());
    governed(graph, run, Phase::Security).add(
        provider
            .for_clients([AUDIENCE])
            .for_clients(&discovery.additional_audiences)
            .trusting(THUMBPRINTS)
            .tagged(cluster.spec.cloud_labels.clone()),
    );
}

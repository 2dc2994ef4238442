//! `spec.serviceAccountIssuerDiscovery`.

use super::Check;
use crate::manifest::spec::ServiceAccountIssuerDiscovery;

pub(super) fn check(discovery: &ServiceAccountIssuerDiscovery, check: &mut Check<'_>) {
    let path = "spec.serviceAccountIssuerDiscovery";
    let (store, service) = (&discovery.discovery_store, &discovery.discovery_service);
    if store.is_some() && service.is_some() {
        let message = "there are both a discoveryStore and a discoveryService";
        check.wrong(&format!("{path}.discoveryStore"), message, "keep one of them");
    }
    if let Some(store) = store {
        bucket(&format!("{path}.discoveryStore"), store, check);
    }
    if service.as_ref().is_some_and(|service| service.url.is_none()) {
        check.wrong(
            &format!("{path}.discoveryService.url"),
            "the service has no address",
            "give its https address",
        );
    }
    if discovery.enable_aws_oidc_provider && store.is_none() && service.is_none() {
        let message = "AWS can trust an issuer only when its documents are published";
        check.wrong(
            &format!("{path}.enableAWSOIDCProvider"),
            message,
            "give discoveryStore or discoveryService too",
        );
    }
}

fn bucket(path: &str, store: &str, check: &mut Check<'_>) {
    // A store in memory is kOps' own, for its tests.
    let Some((scheme @ ("s3" | "gs" | "memfs"), rest)) = store.split_once("://") else {
        let message = format!("{store:?} is not a place to publish documents at");
        check.wrong(path, message, "write s3://BUCKET/PATH");
        return;
    };
    let name = rest.split('/').next().unwrap_or_default();
    if name.is_empty() {
        check.wrong(path, format!("{store:?} names no bucket"), "write s3://BUCKET/PATH");
    } else if scheme == "s3" && name.contains('.') {
        let message = format!(
            "the bucket {name:?} has a dot in its name, and its address no valid certificate"
        );
        check.wrong(path, message, "use a bucket without dots");
    }
}

//! Who signs a cluster's service-account tokens, and where AWS finds the keys.

use crate::{
    because::Because,
    manifest::{Cluster, spec::KubeApiServer},
    partition,
};

/// What issuers' addresses start with, and the names of identity providers leave out.
const SCHEME: &str = "https://";

/// Everybody's addresses.
const ANYWHERE: [&str; 2] = ["0.0.0.0/0", "::/0"];

/// The issuer of a cluster's tokens: `spec.kubeAPIServer.serviceAccountIssuer`, or else where its
/// documents are published, or else the API server itself.
///
/// The API server is asked under its public name where the manifest gives one and anybody may ask
/// it. A bucket is taken to be in `region`, the cluster's own.
pub fn issuer(cluster: &Cluster, region: &str) -> String {
    decided(cluster, region).0
}

/// The issuer, and which field decides.
pub(crate) fn decided(cluster: &Cluster, region: &str) -> (String, Because) {
    let field = "spec.kubeAPIServer.serviceAccountIssuer";
    let spec = &cluster.spec;
    let KubeApiServer { service_account_issuer, anonymous_auth, service_node_port_range: _ } =
        &spec.kube_api_server;
    if let Some(issuer) = service_account_issuer {
        return (issuer.clone(), Because::field(field));
    }
    let discovery = &spec.service_account_issuer_discovery;
    if let Some(store) = &discovery.discovery_store {
        let url = published_at(store, region, spec.is_ipv6_only());
        return (url, Because::field("spec.serviceAccountIssuerDiscovery.discoveryStore"));
    }
    if let Some(url) = discovery.discovery_service.as_ref().and_then(|s| s.url.as_ref()) {
        let field = "spec.serviceAccountIssuerDiscovery.discoveryService.url";
        return (url.clone(), Because::field(field));
    }
    let is_open = *anonymous_auth == Some(true)
        && spec.kubernetes_api_access.iter().any(|cidr| ANYWHERE.contains(&cidr.as_str()));
    let url = match spec.master_public_name.as_ref().filter(|_| is_open) {
        Some(name) => format!("{SCHEME}{name}"),
        None => format!("{SCHEME}api.internal.{}", cluster.name()),
    };
    (url.clone(), Because::by_default(field, url))
}

/// The address of what is in a store. As in kOps it has no slash at its end and no empty part, so
/// that tokens name the issuer that IAM knows.
fn published_at(store: &str, region: &str, ipv6_only: bool) -> String {
    let Some((scheme, path)) = store.split_once("://") else { return store.to_owned() };
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    let bucket = parts.next().unwrap_or_default();
    let host = match scheme {
        "s3" => {
            let stack = if ipv6_only { "dualstack." } else { "" };
            let suffix = partition::dns_suffix(region);
            format!("{bucket}.s3.{stack}{region}.{suffix}")
        }
        "gs" => format!("storage.googleapis.com/{bucket}"),
        // A store in memory, in tests, is as if it were served.
        _ => bucket.to_owned(),
    };
    parts.fold(format!("{SCHEME}{host}"), |address, part| format!("{address}/{part}"))
}

/// What AWS calls the issuer: its address without the scheme.
pub fn provider_name(issuer: &str) -> &str {
    issuer.strip_prefix(SCHEME).unwrap_or(issuer)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::manifest::{Source, spec::Metadata};

    fn of(fields: Value, region: &str) -> String {
        let metadata = Metadata { name: "a.example.com".to_owned(), ..Metadata::default() };
        let cluster = Cluster {
            metadata,
            spec: serde_json::from_value(fields).unwrap(),
            groups: Vec::new(),
            raw: Value::Null,
            source: Source::default(),
        };
        issuer(&cluster, region)
    }

    #[test]
    fn an_issuer_is_where_its_keys_are_published() {
        let store =
            |store: &str| json!({ "serviceAccountIssuerDiscovery": { "discoveryStore": store } });
        let open = json!({
            "masterPublicName": "k.example.com",
            "kubeAPIServer": { "anonymousAuth": true },
            "kubernetesApiAccess": ["10.0.0.0/8", "::/0"],
        });
        let with = |field: &str, value: Value| {
            let mut fields = open.clone();
            fields[field] = value;
            fields
        };
        let table = [
            (json!({}), "eu-west-1", "https://api.internal.a.example.com"),
            (store("s3://b/c/d"), "eu-west-1", "https://b.s3.eu-west-1.amazonaws.com/c/d"),
            (store("s3://b/c/"), "cn-north-1", "https://b.s3.cn-north-1.amazonaws.com.cn/c"),
            (store("s3://b"), "us-gov-west-1", "https://b.s3.us-gov-west-1.amazonaws.com"),
            (store("s3://b//c//d/"), "eu-west-1", "https://b.s3.eu-west-1.amazonaws.com/c/d"),
            (store("gs://b/c"), "eu-west-1", "https://storage.googleapis.com/b/c"),
            (store("gs://b/"), "eu-west-1", "https://storage.googleapis.com/b"),
            (store("memfs://h/p/"), "eu-west-1", "https://h/p"),
            (
                json!({
                    "serviceAccountIssuerDiscovery": { "discoveryStore": "s3://b/c" },
                    "nonMasqueradeCIDR": "::/0",
                }),
                "eu-west-1",
                "https://b.s3.dualstack.eu-west-1.amazonaws.com/c",
            ),
            (
                json!({
                    "serviceAccountIssuerDiscovery":
                        { "discoveryService": { "url": "https://d.example.com/x/" } },
                }),
                "eu-west-1",
                "https://d.example.com/x/",
            ),
            (
                json!({
                    "serviceAccountIssuerDiscovery": { "discoveryStore": "s3://b/c" },
                    "kubeAPIServer": { "serviceAccountIssuer": "https://mine.example.com" },
                }),
                "eu-west-1",
                "https://mine.example.com",
            ),
            (open.clone(), "eu-west-1", "https://k.example.com"),
            (
                with("topology", json!({ "dns": { "type": "None" } })),
                "eu-west-1",
                "https://k.example.com",
            ),
            (
                with("masterPublicName", Value::Null),
                "eu-west-1",
                "https://api.internal.a.example.com",
            ),
            (
                with("kubernetesApiAccess", json!(["10.0.0.0/8"])),
                "eu-west-1",
                "https://api.internal.a.example.com",
            ),
            (
                with("kubeAPIServer", json!({ "anonymousAuth": false })),
                "eu-west-1",
                "https://api.internal.a.example.com",
            ),
        ];
        for (fields, region, expected) in table {
            assert_eq!(of(fields.clone(), region), expected, "{fields}");
        }
    }

    #[test]
    fn a_providers_name_is_the_rest_of_the_address_as_it_is() {
        assert_eq!(provider_name("https://d.example.com/x/"), "d.example.com/x/");
        assert_eq!(provider_name("http://d.example.com"), "http://d.example.com");
    }
}

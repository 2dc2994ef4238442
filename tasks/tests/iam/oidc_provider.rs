//! OpenID Connect providers.

use std::collections::BTreeSet;

use cloudup_engine::{Adder, ErrorKind};
use cloudup_tasks::{
    arn::oidc_provider_arn,
    cloud::{Aws, iam::Tags},
    iam::IamOidcProvider,
    local::{Effect, Fault},
};
use serde_json::{Value, json};

use super::{CLUSTER, account, apply, converge, failure, notes, owned, owner, plan, with, writes};

const URL: &str = "https://oidc.example.com/prod";
const ISSUER: &str = "oidc.example.com/prod";
const ACCOUNT: &str = "123456789012";
const PRINTS: [&str; 2] =
    ["9e99a48a9960b14926bb7f3b02e22da2b0ab7280", "a9d53002e97e00e043244f3d170d6f4c414104fd"];

fn bare(url: &str) -> IamOidcProvider {
    IamOidcProvider::new(CLUSTER, url, "aws", ACCOUNT, owner())
}

fn provider() -> IamOidcProvider {
    bare(URL).for_clients(["amazonaws.com", "sts"]).trusting(PRINTS)
}

fn add(provider: &IamOidcProvider) -> impl Fn(&mut Adder<'_, Aws>) {
    move |graph| drop(graph.add(provider.clone()))
}

fn remove(graph: &mut Adder<'_, Aws>) {
    graph.unwanted(IamOidcProvider::unwanted(CLUSTER, URL, "aws", ACCOUNT, owner()));
}

/// A provider in a seed, as [`provider`] wants it, with these tags.
fn there(tags: &Value) -> Value {
    json!({
        "url": URL,
        "clientIds": ["amazonaws.com", "sts"],
        "thumbprints": PRINTS,
        "tags": tags,
    })
}

fn seed(provider: &Value) -> Value {
    json!({ "oidcProviders": [provider] })
}

#[tokio::test]
async fn a_provider_is_created_with_everything_in_one_call() {
    let account = account(&json!({}));
    let team = Tags::from([("team".to_owned(), "blue".to_owned())]);
    let calls = converge(&account, add(&provider().tagged(team))).await;
    assert_eq!(calls, [format!("CreateOpenIDConnectProvider {ISSUER}")]);
    insta::assert_json_snapshot!(account.journal().moments[0].oidc_providers);
}

#[tokio::test]
async fn a_provider_is_looked_for_by_its_arn_alone() {
    let account = account(&seed(&there(&owned(CLUSTER))));
    let report = plan(&account, add(&provider())).await;
    assert!(report.changes().next().is_none(), "{report:#?}");
    let calls: Vec<_> = account.journal().calls.iter().map(|call| call.operation).collect();
    assert_eq!(calls, ["GetOpenIDConnectProvider"]);
}

#[tokio::test]
async fn each_field_is_changed_by_its_own_calls_and_no_other() {
    let found = there(&owned(CLUSTER));
    let upper = PRINTS.map(str::to_uppercase);
    let team = Tags::from([("team".to_owned(), "blue".to_owned())]);
    let other = bare(URL).for_clients(["amazonaws.com", "other"]).trusting(PRINTS);
    let table: [(Value, IamOidcProvider, &[&str]); 6] = [
        (found.clone(), provider(), &[]),
        (with(found.clone(), &json!({ "thumbprints": upper })), provider(), &[]),
        (
            with(found.clone(), &json!({ "thumbprints": ["0".repeat(40)] })),
            provider(),
            &["UpdateOpenIDConnectProviderThumbprint oidc.example.com/prod"],
        ),
        (
            found.clone(),
            other,
            &[
                "AddClientIDToOpenIDConnectProvider oidc.example.com/prod",
                "RemoveClientIDFromOpenIDConnectProvider oidc.example.com/prod",
            ],
        ),
        (
            found.clone(),
            provider().tagged(team),
            &["TagOpenIDConnectProvider oidc.example.com/prod"],
        ),
        (
            there(&with(owned(CLUSTER), &json!({ "kops.k8s.io/old": "x", "cost-center": "7" }))),
            provider(),
            &["UntagOpenIDConnectProvider oidc.example.com/prod"],
        ),
    ];
    for (found, wanted, expected) in table {
        let account = account(&seed(&found));
        assert_eq!(converge(&account, add(&wanted)).await, expected, "{found}");
        let left = account.state().unwrap();
        let left = left.oidc_providers.get(URL).unwrap();
        assert_eq!(left.tags.contains_key("cost-center"), found["tags"]["cost-center"] == "7");
    }
}

#[tokio::test]
async fn an_audience_that_stays_is_there_all_the_time() {
    let ids = |prefix: &'static str| {
        (0..99).map(move |n| format!("{prefix}-{n:02}")).chain(["sts".to_owned()])
    };
    let found = json!({ "clientIds": ids("old").collect::<BTreeSet<_>>() });
    let account = account(&seed(&with(there(&owned(CLUSTER)), &found)));
    let wanted = bare(URL).for_clients(ids("new")).trusting(PRINTS);
    assert_eq!(converge(&account, add(&wanted)).await.len(), 198);
    for moment in account.journal().moments {
        let provider = &moment.oidc_providers[URL];
        assert!(provider.client_ids.contains("sts") && provider.client_ids.len() >= 99);
    }
}

#[tokio::test]
async fn a_provider_that_is_nobodys_is_taken_over_and_its_tags_stay() {
    let account = account(&seed(&there(&json!({ "cost-center": "7" }))));
    insta::assert_snapshot!(notes(&plan(&account, add(&provider())).await).join("\n"));
    let calls = converge(&account, add(&provider())).await;
    assert_eq!(calls, [format!("TagOpenIDConnectProvider {ISSUER}")]);
    let tags = &account.journal().moments[0].oidc_providers[URL].tags;
    assert_eq!((tags["cost-center"].as_str(), tags[&owner().tag_key()].as_str()), ("7", "owned"));
}

#[tokio::test]
async fn a_provider_of_another_cluster_is_refused() {
    let others = json!({ "kubernetes.io/cluster/other": "owned" });
    let account = account(&seed(&there(&others)));
    let error = failure(&plan(&account, add(&provider())).await);
    assert_eq!(error, failure(&apply(&account, add(&provider())).await));
    insta::assert_snapshot!(error);
    assert_eq!(writes(&account), [] as [&str; 0]);
}

#[tokio::test]
async fn a_provider_made_meanwhile_by_somebody_else_is_refused() {
    // What is there does not show until the call that would create it.
    let account = account(&seed(&there(&json!({}))));
    let effect = Effect::Error { code: "NoSuchEntity".to_owned(), message: String::new() };
    let hidden = Fault::new(effect).operation("GetOpenIDConnectProvider").times(1);
    account.add_fault(hidden).unwrap();
    let report = apply(&account, add(&provider())).await;
    let error = report.failures().next().unwrap().error.clone().unwrap();
    assert_eq!(error.kind, ErrorKind::Conflict, "{error:?}");
    assert_eq!(writes(&account), [format!("CreateOpenIDConnectProvider {ISSUER}")]);
}

#[tokio::test]
async fn what_iam_would_refuse_is_refused_before_anything_is_called() {
    let account = account(&json!({}));
    let at = |url: &str| bare(url).for_clients(["sts"]).trusting(PRINTS);
    let many = |count: usize| (0..count).map(|n| format!("{n:040x}"));
    let table = [
        at("http://oidc.example.com"),
        at("oidc.example.com"),
        at("https://"),
        at("https:///prod"),
        at("https://oidc.example.com?cluster=prod"),
        at("https://oidc.example.com/a b"),
        at(&format!("https://{}", "x".repeat(248))),
        bare(URL),
        provider().for_clients([String::new(), "x".repeat(256)]),
        provider().for_clients(many(99)),
        provider().trusting(many(4)),
        provider().trusting(["sha1", &"g".repeat(40)]),
        provider().tagged(Tags::from([("aws:owner".to_owned(), "me".to_owned())])),
    ];
    let mut told = Vec::new();
    for wanted in table {
        told.push(failure(&plan(&account, add(&wanted)).await));
        assert_eq!(told.last(), Some(&failure(&apply(&account, add(&wanted)).await)));
    }
    assert_eq!(writes(&account), [] as [&str; 0]);
    insta::assert_snapshot!(told.join("\n"));
}

#[tokio::test]
async fn the_most_that_iam_takes_is_taken() {
    let many = |count: usize| (0..count).map(|n| format!("{n:040x}"));
    let url = format!("https://{}", "x".repeat(247));
    let account = account(&json!({}));
    converge(&account, add(&bare(&url).for_clients(many(100)).trusting(many(5)))).await;
}

#[tokio::test]
async fn a_provider_that_is_not_wanted_goes_if_it_is_ours() {
    let ours = account(&seed(&there(&owned(CLUSTER))));
    let calls = converge(&ours, remove).await;
    assert_eq!(calls, [format!("DeleteOpenIDConnectProvider {ISSUER}")]);
    for tags in [json!({}), json!({ "kubernetes.io/cluster/other": "owned" })] {
        let account = account(&seed(&there(&tags)));
        assert_eq!(converge(&account, remove).await, [] as [&str; 0]);
    }
    assert_eq!(converge(&account(&json!({})), remove).await, [] as [&str; 0]);
    // No provider can be at such a URL, so there is nothing to delete and nothing to refuse.
    let nowhere = |graph: &mut Adder<'_, Aws>| {
        graph.unwanted(IamOidcProvider::unwanted(CLUSTER, "https://", "aws", ACCOUNT, owner()));
    };
    assert_eq!(converge(&account(&json!({})), nowhere).await, [] as [&str; 0]);
}

#[tokio::test]
async fn a_provider_of_another_partition_is_found_there() {
    let seed = with(seed(&there(&owned(CLUSTER))), &json!({ "partition": "aws-cn" }));
    let account = account(&seed);
    let wanted = IamOidcProvider::new(CLUSTER, URL, "aws-cn", ACCOUNT, owner())
        .for_clients(["amazonaws.com", "sts"])
        .trusting(PRINTS);
    assert_eq!(converge(&account, add(&wanted)).await, [] as [&str; 0]);
    let arn = oidc_provider_arn("aws-cn", ACCOUNT, URL);
    assert_eq!(arn, "arn:aws-cn:iam::123456789012:oidc-provider/oidc.example.com/prod");
}

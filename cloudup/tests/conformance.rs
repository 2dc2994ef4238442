//! What instances and service accounts may do, compared grant by grant with what kOps gives them, on clusters kept
//! outside the project: `CLOUDUP_CONFORMANCE` names their folder. Without it there is nothing to
//! compare, and nothing is.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use cloudup::{
    environment::Environment,
    explain::{ExplainedStatement, Explanation},
    issuer::issuer,
    manifest::{Cluster, Manifest},
    model::{AccountRole, Blueprint},
    names,
    policy::{InlinePolicies, service_account_trust},
};
use cloudup_tasks::{
    local::{Account, State},
    policy::{Document, Grant},
};
use serde_json::Value;

#[expect(clippy::disallowed_methods, reason = "the one setting of this test")]
fn folder() -> Option<String> {
    std::env::var("CLOUDUP_CONFORMANCE").ok()
}

fn json(path: &Path) -> Value {
    let text =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn cluster(case: &Path) -> Cluster {
    let manifest = Manifest::read_files(&[case.join("cluster.yaml")])
        .unwrap_or_else(|error| panic!("{}: {error}", case.display()));
    manifest.clusters.into_iter().next().expect("a case has a cluster")
}

/// The embedded account as the case has it.
fn account(mut seed: Value, expected: &Value) -> Account {
    let at = &expected["test"]["environment"];
    for (key, from) in
        [("accountId", "account_id"), ("partition", "partition"), ("region", "region")]
    {
        if let Some(value) = at[from].as_str() {
            seed[key] = value.into();
        }
    }
    if at["zones"].is_array() {
        seed["availabilityZones"] = at["zones"].clone();
    }
    Account::in_memory(State::from_value(&seed).expect("a seed"))
}

fn grants(document: Option<&Document>) -> BTreeSet<Grant> {
    document.map(Document::grants).unwrap_or_default()
}

/// A case: what is made of its manifest, and what kOps makes of it.
struct Case {
    name: String,
    expected: Value,
    blueprint: Blueprint,
}

/// The cases in the folder, if there is one.
async fn cases() -> Vec<Case> {
    let Some(folder) = folder() else { return Vec::new() };
    let folder = Path::new(&folder);
    let seed = json(&folder.join("seed.json"));
    let paths = fs::read_dir(folder.join("cases")).expect("the folder has cases");
    let mut paths: Vec<_> = paths.map(|case| case.expect("a case").path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "there is no case in {}", folder.display());
    let mut cases = Vec::new();
    for path in paths {
        let name = path.display().to_string();
        let expected = json(&path.join("expected.json"));
        let cluster = cluster(&path);
        let account = account(seed.clone(), &expected);
        let environment = Environment::discover(&account, &cluster)
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let blueprint = Blueprint::new(cluster, environment)
            .unwrap_or_else(|errors| panic!("{name}: {errors:?}"));
        cases.push(Case { name, expected, blueprint });
    }
    cases
}

impl Case {
    /// Our roles, by name, with what they may do.
    fn roles(&self) -> BTreeMap<String, &InlinePolicies> {
        let cluster = self.blueprint.cluster().name();
        let instances = self.blueprint.policies().iter();
        let accounts = self.blueprint.accounts().iter();
        instances
            .map(|(role, policies)| (names::instance_role(*role, cluster), policies))
            .chain(accounts.map(|role| (role.account.role_name(cluster), &role.policies)))
            .collect()
    }
}

#[tokio::test]
async fn roles_are_granted_what_kops_grants_them() {
    let mut differences = Vec::new();
    for case in cases().await {
        for (name, policies) in case.roles() {
            if case.expected["roles"].get(&name).is_none() {
                continue;
            }
            let kops = case.expected["inline_policies"]
                .get(format!("{name}/{name}"))
                .map(|document| Document::from_value(document).expect("a document"));
            let (ours, theirs) = (grants(policies.own.as_ref()), grants(kops.as_ref()));
            for extra in ours.difference(&theirs) {
                differences.push(format!("{}: {name}: + {extra}", case.name));
            }
            for missing in theirs.difference(&ours) {
                differences.push(format!("{}: {name}: - {missing}", case.name));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[tokio::test]
async fn every_statement_is_explained_by_fields_of_the_manifest() {
    for Case { name, blueprint, .. } in cases().await {
        for role in Explanation::of(&blueprint).roles {
            let inline = role.inline.policies.iter().flat_map(|policy| &policy.statements);
            for ExplainedStatement { statement, reasons } in inline.chain(&role.trust.statements) {
                let sid = &statement.sid;
                let asked: BTreeSet<_> = reasons.iter().flat_map(|it| &it.actions).collect();
                let grants = statement.grants();
                let allowed: Vec<_> = grants.iter().map(|it| it.action.to_string()).collect();
                assert_eq!(asked, allowed.iter().collect(), "{name} {} {sid:?}", role.name);
                for fact in reasons.iter().flat_map(|it| it.because.iter().flatten()) {
                    let is_told = fact.place.is_some() != fact.default.is_some();
                    assert!(is_told, "{name} {} {sid:?} {fact:?}", role.name);
                }
            }
        }
    }
}

#[tokio::test]
async fn the_service_accounts_that_have_roles_in_kops_have_them_here() {
    for Case { name, expected, blueprint } in cases().await {
        let cluster = blueprint.cluster();
        let issuer = issuer(cluster, &blueprint.environment().region);
        let mut ours = BTreeMap::new();
        for AccountRole { account, attached, .. } in blueprint.accounts() {
            let trust = service_account_trust(account, &issuer, blueprint.environment());
            let attached = attached.clone().unwrap_or_default();
            ours.insert(account.role_name(cluster.name()), (trust.grants(), attached));
        }
        let roles = expected["roles"].as_object().expect("roles");
        let of_accounts = roles.iter().filter(|(_, role)| {
            let tags = role["tags"].as_object().expect("tags");
            tags.contains_key("service-account.kops.k8s.io/name")
        });
        let attachments = expected["policy_attachments"].as_array().expect("attachments");
        let mut theirs = BTreeMap::new();
        for (role, described) in of_accounts {
            let trust = Document::from_value(&described["assume_role_policy"]).expect("a document");
            let attached = attachments.iter().filter(|attachment| attachment["role"] == **role);
            let attached: BTreeSet<_> =
                attached.filter_map(|a| a["policy_arn"].as_str().map(str::to_owned)).collect();
            theirs.insert(role.clone(), (trust.grants(), attached));
        }
        assert_eq!(ours, theirs, "{name}");
    }
}

#[tokio::test]
async fn tokens_are_issued_where_kops_has_them_issued() {
    for Case { name, blueprint, .. } in cases().await {
        let path = Path::new(&name).join("completed-cluster.yaml");
        if !path.exists() {
            continue;
        }
        let completed =
            Manifest::read_files(&[path]).unwrap_or_else(|error| panic!("{name}: {error}"));
        let completed = completed.clusters.first().expect("a case has a cluster");
        let ours = issuer(blueprint.cluster(), &blueprint.environment().region);
        let kops = completed.spec.kube_api_server.service_account_issuer.as_ref();
        assert_eq!(Some(&ours), kops, "{name}");
    }
}

//! What instances may do, compared grant by grant with what kOps gives them, on clusters kept
//! outside the project: `CLOUDUP_CONFORMANCE` names their folder. Without it there is nothing to
//! compare, and nothing is.

use std::{collections::BTreeSet, fs, path::Path};

use cloudup::{
    environment::Environment,
    manifest::{Cluster, Manifest, spec::Role},
    names,
    policy::InlinePolicies,
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

#[tokio::test]
async fn instances_are_granted_what_kops_grants_them() {
    let Some(folder) = folder() else { return };
    let folder = Path::new(&folder);
    let seed = json(&folder.join("seed.json"));
    let (mut compared, mut differences) = (0, Vec::new());
    let cases = fs::read_dir(folder.join("cases")).expect("the folder has cases");
    let mut cases: Vec<_> = cases.map(|case| case.expect("a case").path()).collect();
    cases.sort();
    for path in &cases {
        let case = path.display();
        let expected = json(&path.join("expected.json"));
        let cluster = cluster(path);
        let account = account(seed.clone(), &expected);
        let environment = Environment::discover(&account, &cluster)
            .await
            .unwrap_or_else(|error| panic!("{case}: {error}"));
        for role in Role::ALL {
            let name = names::instance_role(role, cluster.name());
            if expected["roles"].get(&name).is_none() {
                continue;
            }
            let policies = InlinePolicies::of_instances(&cluster, &environment, role)
                .unwrap_or_else(|error| panic!("{case}: {error}"));
            let kops = expected["inline_policies"]
                .get(format!("{name}/{name}"))
                .map(|document| Document::from_value(document).expect("a document"));
            let (ours, theirs) = (grants(policies.own.as_ref()), grants(kops.as_ref()));
            compared += 1;
            for extra in ours.difference(&theirs) {
                differences.push(format!("{case}: {name}: + {extra}"));
            }
            for missing in theirs.difference(&ours) {
                differences.push(format!("{case}: {name}: - {missing}"));
            }
        }
    }
    assert!(compared > 0, "there is no role to compare");
    assert!(differences.is_empty(), "of {compared} roles:\n{}", differences.join("\n"));
}

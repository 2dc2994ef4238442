//! Manifests that kOps reads are read here, without a single mistake.

#![expect(clippy::print_stderr, reason = "a test says that it has nothing to read")]

use std::path::PathBuf;

use cloudup::manifest::Manifest;
use serde_json::{Value, json};

/// The folder of kOps' own test data, where there is one.
#[expect(clippy::disallowed_methods, reason = "a test has no command line to take it from")]
fn conformance() -> Option<PathBuf> {
    let folder = std::env::var("CLOUDUP_CONFORMANCE").ok();
    if folder.is_none() {
        eprintln!("not run: CLOUDUP_CONFORMANCE does not name a folder of cases");
    }
    folder.map(PathBuf::from)
}

/// The folders of kOps' own test clusters.
fn cases() -> Vec<PathBuf> {
    let Some(folder) = conformance() else { return Vec::new() };
    let mut cases: Vec<PathBuf> =
        folder.join("cases").read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(!cases.is_empty(), "{} is empty", folder.display());
    cases
}

#[test]
fn every_cluster_that_kops_tests_with_is_read_without_a_mistake() {
    let mut wrong = Vec::new();
    for case in cases() {
        for file in ["cluster.yaml", "completed-cluster.yaml"] {
            let path = case.join(file);
            if path.exists()
                && let Err(error) = Manifest::read_files(&[path])
            {
                wrong.push(error.to_string());
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// A manifest in which some fields of a spec are given.
fn manifest_with(kind: &str, fields: &Value) -> String {
    let mut cluster = json!({
        "apiVersion": "kops.k8s.io/v1alpha2",
        "kind": "Cluster",
        "metadata": {"name": "demo.example.com"},
        "spec": {"cloudProvider": "aws", "subnets": [{"name": "a", "zone": "us-east-1a"}]},
    });
    let mut group = json!({
        "apiVersion": "kops.k8s.io/v1alpha2",
        "kind": "InstanceGroup",
        "metadata": {"name": "nodes", "labels": {"kops.k8s.io/cluster": "demo.example.com"}},
        "spec": {"role": "Node", "subnets": ["a"]},
    });
    let spec = if kind == "Cluster" { &mut cluster["spec"] } else { &mut group["spec"] };
    for (name, value) in fields.as_object().unwrap() {
        spec[name] = value.clone();
    }
    format!("{cluster}\n---\n{group}\n")
}

#[test]
fn what_kops_refuses_is_refused_and_what_it_accepts_is_accepted() {
    let Some(folder) = conformance() else { return };
    for (file, kind) in [
        ("validate_additional_policies.json", "Cluster"),
        ("validate_instance_profile.json", "InstanceGroup"),
        ("validate_service_account_permissions.json", "Cluster"),
    ] {
        let text = std::fs::read_to_string(folder.join("unit").join(file)).unwrap();
        let unit: Value = serde_json::from_str(&text).unwrap();
        for case in unit["cases"].as_array().unwrap() {
            let text = manifest_with(kind, &case["input"]);
            let read = Manifest::read(&[("case.yaml", &text)]);
            let refused = !case["expected_errors"].as_array().unwrap().is_empty();
            assert_eq!(read.is_err(), refused, "{}: {read:?}", case["name"]);
        }
    }
}

//! Manifests that kOps reads are read here, without a single mistake.

#![expect(clippy::print_stderr, reason = "a test says that it has nothing to read")]

use std::path::PathBuf;

use cloudup::manifest::Manifest;

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

//! Policies that are wrong, as people write them into manifests, and what they are told.
//!
//! Each file in `testdata/bad_policies` is named by what is wrong with it: a `.json` is the text of
//! a policy, which is read from both fields that can hold one; a `.yaml` is a manifest.

use std::{fmt::Write, fs, path::Path};

use cloudup::manifest::{Manifest, ManifestErrors, Mistake};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/bad_policies");

/// Name and text of each file with this extension, by name.
fn files(extension: &str) -> Vec<(String, String)> {
    let mut files: Vec<_> = fs::read_dir(FOLDER)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == extension))
        .map(|path| {
            let name = Path::file_name(&path).unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

/// A manifest with this policy for nodes, line by line.
fn for_nodes(policy: &str) -> String {
    manifest(&format!("  additionalPolicies:\n    node: |\n{}", indented(policy, 6)), "")
}

/// A manifest with this policy for a service account.
fn for_an_account(policy: &str) -> String {
    let entry = "    serviceAccountExternalPermissions:\n    - name: app\n      namespace: team\n";
    let policy = format!("      aws:\n        inlinePolicy: |\n{}", indented(policy, 10));
    manifest("", &format!("{entry}{policy}"))
}

fn indented(policy: &str, by: usize) -> String {
    let lines: Vec<_> = policy.split_inclusive('\n').collect();
    let spaces = " ".repeat(by);
    format!("{spaces}{}", lines.join(&spaces))
}

fn manifest(fields: &str, iam: &str) -> String {
    format!(
        "apiVersion: kops.k8s.io/v1alpha2\nkind: Cluster\nmetadata:\n  name: demo.example.com\nspec:\n  \
         cloudProvider: aws\n  subnets:\n  - name: a\n    zone: eu-west-1a\n{fields}  iam:\n    legacy: false\n{iam}"
    )
}

fn mistakes(name: &str, text: &str) -> Vec<Mistake> {
    match Manifest::read(&[(name, text)]) {
        Ok(_) => Vec::new(),
        Err(ManifestErrors { mistakes }) => mistakes,
    }
}

/// A mistake, with the line it is on and a mark under its column.
fn shown(mistake: &Mistake, text: &str) -> String {
    const SHOWN: usize = 100;
    let line: Vec<char> =
        text.split('\n').nth(mistake.place.line - 1).unwrap_or_default().chars().collect();
    let column = mistake.place.column - 1;
    assert!(column <= line.len(), "{mistake}: the line has {} characters", line.len());
    let from = column.saturating_sub(SHOWN / 2);
    let part: String = line[from..].iter().take(SHOWN).copied().map(visible).collect();
    format!("{mistake}\n  | {part}\n  | {}^", " ".repeat(column - from))
}

fn visible(char: char) -> char {
    match char {
        '\u{feff}' => '␣',
        char if char.is_control() => '␦',
        char => char,
    }
}

fn told(name: &str, text: &str) -> String {
    let mistakes = mistakes(name, text);
    let mut told = format!("## {}\n\n", name.replace('-', " "));
    if mistakes.is_empty() {
        told.push_str("nothing is wrong\n\n");
    }
    for mistake in mistakes {
        writeln!(told, "{}\n", shown(&mistake, text)).unwrap();
    }
    told
}

#[test]
fn a_policy_that_is_wrong_is_told_so() {
    let files = files("json");
    let told: String = files.iter().map(|(name, text)| told(name, &for_nodes(text))).collect();
    insta::assert_snapshot!(told);
}

#[test]
fn a_manifest_with_a_wrong_policy_is_told_the_place_in_the_manifest() {
    let told: String = files("yaml").iter().map(|(name, text)| told(name, text)).collect();
    insta::assert_snapshot!(told);
}

#[test]
fn a_service_accounts_policy_is_read_as_a_roles_is() {
    for (name, text) in files("json") {
        let [of_nodes, of_account] = [for_nodes(&text), for_an_account(&text)].map(|text| {
            let mistakes = mistakes(&name, &text).into_iter();
            mistakes.map(|mistake| (mistake.message, mistake.hint)).collect::<Vec<_>>()
        });
        assert_eq!(of_nodes, of_account, "{name}");
    }
}

#[test]
fn every_mistake_says_what_to_do() {
    for (name, text) in files("json") {
        for mistake in mistakes(&name, &for_nodes(&text)) {
            assert!(mistake.hint.is_some(), "{mistake}");
        }
    }
}

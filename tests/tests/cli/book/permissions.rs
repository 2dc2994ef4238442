//! The reference of permissions: what the adapter of AWS calls.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::Value;

use super::{Page, none_is_wrong, page::root, settle};

const PAGE: &str = "docs/reference/permissions.md";

/// What AWS asks for beside, by its documentation of Auto Scaling's permissions: a group's instances
/// are started with what its template says.
const BESIDE: [&str; 3] = ["ec2:RunInstances", "iam:CreateServiceLinkedRole", "iam:PassRole"];

#[test]
fn the_reference_of_permissions_is_what_is_called() {
    let page = Page::read(Path::new(PAGE));
    let actions = actions();
    // The whole adapter was found, with all its services.
    assert!(actions.len() > 100, "{actions:?}");
    let (look, change): (BTreeSet<_>, BTreeSet<_>) =
        actions.into_iter().partition(|it| only_looks(it));
    let change = change.into_iter().chain(BESIDE.map(str::to_owned)).collect();
    let mut should_be = page.text.clone();
    for (file, actions) in [("change.json", &change), ("look.json", &look)] {
        let named = |block: &&super::page::Block| block.file.as_deref() == Some(file);
        let block = page.blocks.iter().find(named).expect("the page shows it");
        let document = document(actions);
        serde_json::from_str::<Value>(&document).expect("it is JSON");
        should_be.replace_range(block.range.clone(), &document);
    }
    none_is_wrong(settle(Path::new(PAGE), &page.text, &should_be).as_slice());
}

fn only_looks(action: &str) -> bool {
    let (_, name) = action.split_once(':').expect("it has a service");
    ["Describe", "Get", "List"].iter().any(|verb| name.starts_with(verb))
}

/// All operations that the adapter names, as IAM names them. Whoever asks STS who he is needs no
/// permission for it.
fn actions() -> BTreeSet<String> {
    let mut sources = Vec::new();
    read_below(&root().join("tasks/src/aws"), &mut sources);
    let mut actions = BTreeSet::new();
    for source in &sources {
        for service in ["autoscaling", "ec2", "iam"] {
            let call = format!("{service}(\"");
            let calls = source.split(&call).skip(1);
            let names = calls.filter_map(|rest| rest.split_once("\")")).map(|(name, _)| name);
            actions.extend(names.map(|name| format!("{service}:{name}")));
        }
        let spelt_out = source.split("service: \"route53\", name: \"").skip(1);
        let names = spelt_out.filter_map(|rest| rest.split_once('"')).map(|(name, _)| name);
        actions.extend(names.map(|name| format!("route53:{name}")));
    }
    actions
}

fn read_below(folder: &Path, sources: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("it is there") {
        let path = entry.expect("it can be read").path();
        if path.is_dir() {
            read_below(&path, sources);
        } else if path.file_name().is_none_or(|name| name != "tests.rs") {
            sources.push(fs::read_to_string(path).expect("it is text"));
        }
    }
}

/// A policy that allows these, as people would write it.
fn document(actions: &BTreeSet<String>) -> String {
    let mut lines = vec![String::new()];
    for action in actions {
        let action = format!("\"{action}\",");
        let last = lines.last_mut().expect("there is one");
        if last.len() + action.len() > 100 {
            lines.push(action);
        } else {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(&action);
        }
    }
    let lines = lines.join("\n        ");
    let lines = lines.trim_end_matches(',');
    format!(
        r#"{{
  "Version": "2012-10-17",
  "Statement": [
    {{
      "Effect": "Allow",
      "Action": [
        {lines}
      ],
      "Resource": "*"
    }}
  ]
}}
"#
    )
}

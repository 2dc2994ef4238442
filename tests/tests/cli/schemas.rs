//! What is printed for programs keeps to the schemas that are published for it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    kubernetes::{last_node, running},
    output::Schema,
    shell::{DEMO, Shell},
};

/// Every verb that prints JSON, how it is called, and the schema of what it prints. They are called
/// one after the other; `NODE` is the id of an instance.
const VERBS: &[(&str, &str, &str)] = &[
    ("update", "update -f more.yaml", "update"),
    ("update cluster", "update cluster -f more.yaml", "update"),
    ("show", "show plan.json", "update"),
    ("delete cluster", "delete cluster demo.example.com", "update"),
    ("delete instancegroup", "delete ig nodes-eu-west-1a", "update"),
    ("delete instancegroup", "delete ig nodes-eu-west-1a --unregister", "revisions"),
    ("drift", "drift -f more.yaml", "drift"),
    ("rolling-update cluster", "rolling-update cluster --force", "rolling-update"),
    ("delete instance", "delete instance NODE", "instance"),
    ("validate cluster", "validate cluster", "validate"),
    ("validate", "validate -f more.yaml", "check"),
    ("export cluster", "export cluster --out exported", "export"),
    ("get clusters", "get clusters", "manifests"),
    ("get instancegroups", "get ig", "manifests"),
    ("get all", "get all", "manifests"),
    ("get instances", "get instances", "instances"),
    ("get instances", "get instances --cloudonly", "instances"),
    ("get tasks", "get tasks", "tasks"),
    ("get tasks", "get tasks -f more.yaml", "tasks"),
    ("config show", "config show", "settings"),
    ("iam explain", "iam explain -f more.yaml", "explain"),
    ("diff", "diff -f more.yaml", "revisions"),
    ("check", "check -f more.yaml", "check"),
    ("lock show", "lock show demo.example.com", "lock"),
    ("toolbox dump", "toolbox dump demo.example.com", "dump"),
    ("apply", "apply plan.json", "update"),
    ("replace", "replace -f more.yaml", "revisions"),
    ("edit cluster", "edit cluster --set spec.kubernetesVersion=1.34.1", "revisions"),
    ("edit instancegroup", "edit ig nodes-eu-west-1a --set spec.maxSize=4", "revisions"),
    ("create", "create -f other.yaml", "revisions"),
];

/// Verbs that print a document whose form is somebody else's.
const FORMS_OF_OTHERS: [&str; 1] = ["iam policy"];

/// The examples' cluster with something else in another file, and another cluster in a third.
fn files(shell: Shell) -> Shell {
    shell
        .with_file("more.yaml", DEMO.replace("maxSize: 2", "maxSize: 3"))
        .with_file("other.yaml", DEMO.replace("demo.example.com", "other.example.com"))
}

#[test]
fn every_verb_prints_json_as_its_schema_says() {
    let (shell, _kubernetes) = running();
    let shell = files(shell);
    shell.run(["create", "-f", "cluster.yaml"]).expect(0);
    shell.run(["update", "-f", "more.yaml", "--out", "plan.json"]).expect(0);
    let node = last_node(&shell);
    for (_, command, schema) in VERBS {
        let command = command.replace("NODE", &node);
        let ran = shell.run(command.split(' ').chain(["-o", "json"]));
        let schema = Schema::published(schema);
        schema.expect(&ran.json());
        assert!(!schema.accepts(&json!("perhaps")), "{command}: it is a real schema");
    }
    let account = Schema::published("account");
    account.expect(&shell.account());
}

#[test]
fn a_lease_that_is_held_keeps_to_the_schema() {
    let shell = Shell::with_demo();
    shell.run(["create", "-f", "cluster.yaml"]).expect(0);
    let lease = json!({
        "cluster": "demo.example.com", "owner": "somebody", "host": "here", "reason": "edit",
        "id": "1", "since": "2026-01-01T00:00:00Z", "expires": "2026-01-01T00:02:00Z",
    });
    shell.write(".cloudup/state/.cloudup/demo.example.com/lease", lease.to_string());
    let shown = shell.run(["lock", "show", "-o", "json"]).expect(0).json();
    assert_eq!(shown["owner"], "somebody");
    Schema::published("lock").expect(&shown);
}

/// The verbs below `verb` that say in their help that they print JSON.
fn verbs_with_json(verb: &[&str], found: &mut BTreeSet<String>) {
    let help = Shell::new().run([verb, &["--help"][..]].concat()).expect(0).stdout;
    let options = help.split("\n\nExamples:").next().unwrap_or_default();
    if options.contains("--output <FORMAT>") && options.contains("json") {
        found.insert(verb.join(" "));
    }
    let commands = help.split("\nCommands:\n").nth(1).unwrap_or_default();
    let commands = commands.split("\n\n").next().unwrap_or_default();
    for line in commands.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   ")) {
        let name = line.split_whitespace().next().unwrap_or_default();
        if name != "help" {
            verbs_with_json(&[verb, &[name]].concat(), found);
        }
    }
}

#[test]
fn no_verb_that_prints_json_is_left_out() {
    let mut found = BTreeSet::new();
    verbs_with_json(&[], &mut found);
    let known = VERBS.iter().map(|(verb, ..)| *verb).chain(FORMS_OF_OTHERS);
    let known: BTreeSet<_> = known.map(str::to_owned).collect();
    assert_eq!(found, known);
}

#[test]
fn every_schema_is_published_and_refuses_something() {
    // Whoever asks for one that is not there is told which there are.
    let told = Shell::new().run(["toolbox", "schema", "none"]).expect(3).stderr;
    let names = told.split("[possible values: ").nth(1).and_then(|rest| rest.split(']').next());
    let names: Vec<_> = names.into_iter().flat_map(|names| names.split(", ")).collect();
    assert!(names.len() > 10, "{told}");
    for name in names {
        assert!(!Schema::published(name).accepts(&Value::from(7)), "{name}");
    }
}

//! What is printed, for people and for programs.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::shell::{DEMO, Ran, Shell, UPDATE, small};

pub(crate) const ADDITIONAL: &str = "  additionalPolicies:
    node: |
      [{ \"Effect\": \"Allow\", \"Action\": [\"s3:GetObject\"], \"Resource\": [\"arn:aws:s3:::a/*\"] }]
";
pub(crate) const LABELS: &str = "  cloudLabels: { team: platform }\n";
fn update<'a>(shell: &Shell, more: impl IntoIterator<Item = &'a str>) -> Ran {
    shell.run(UPDATE.into_iter().chain(more))
}

/// A shell in which the first manifest was applied, with the second in its place.
pub(crate) fn changed(first: &str, second: &str) -> Shell {
    let shell = Shell::new().with_file("cluster.yaml", first);
    update(&shell, ["--yes"]).expect(0);
    shell.with_file("cluster.yaml", second)
}

#[test]
fn a_manifest_may_come_from_standard_input() {
    let shell = Shell::with_demo();
    let from_file = update(&shell, []).expect(0);
    let from_input = shell.feed(["update", "cluster", "-f", "-"], DEMO).expect(0);
    assert_eq!(from_input.stdout, from_file.stdout);
}

#[test]
fn two_plans_are_the_same_bytes() {
    let shell = Shell::with_demo();
    for format in ["text", "json"] {
        let (first, second) = (update(&shell, ["-o", format]), update(&shell, ["-o", format]));
        assert_eq!(first.stdout, second.stdout);
        assert_eq!(first.stderr, second.stderr);
    }
}

#[test]
fn each_verb_has_formats_of_its_own_and_takes_them_before_it_as_well() {
    let shell = Shell::with_demo();
    shell.run(["create", "-f", "cluster.yaml"]).expect(0);
    let after = update(&shell, ["-o", "json"]).expect(0);
    for before in [&["-o", "json"][..], &["--output=json"], &["-ojson", "--cloud", "local"]] {
        let ran = shell.run([before, &UPDATE].concat()).expect(0);
        assert_eq!(ran.stdout, after.stdout, "{before:?}");
    }
    for (verb, formats) in [
        (&UPDATE[..], &["text", "table", "json"][..]),
        (&["get", "clusters"], &["table", "text", "wide", "yaml", "json"]),
        (&["toolbox", "dump", "demo.example.com"], &["json", "yaml"]),
        (&["toolbox", "account", "show"], &[]),
    ] {
        for format in ["text", "table", "wide", "yaml", "json"] {
            let ran = shell.run([verb, &["-o", format]].concat());
            let status = if formats.contains(&format) { 0 } else { 3 };
            assert_eq!(ran.status, status, "{verb:?} -o {format}\n{ran}");
        }
    }
}

#[test]
fn the_detailed_exit_status_tells_a_dry_run_with_changes() {
    let shell = Shell::with_demo();
    update(&shell, []).expect(0);
    update(&shell, ["--detailed-exitcode"]).expect(2);
    update(&shell, ["--detailed-exitcode", "--yes", "--target", "dryrun"]).expect(2);
    assert_eq!(shell.iam()["roles"], json!([]));
    update(&shell, ["--detailed-exitcode", "--yes"]).expect(0);
    update(&shell, ["--detailed-exitcode"]).expect(0);
}

/// Whether values keep to the schema that the command line publishes.
pub(crate) struct Schema {
    schemas: boon::Schemas,
    index: boon::SchemaIndex,
}

impl Schema {
    pub(crate) fn published(of: &str) -> Self {
        let schema = Shell::new().run(["toolbox", "schema", of]).expect(0).json();
        let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
        compiler.add_resource("cloudup.json", schema).expect("it is one schema");
        let index = compiler.compile("cloudup.json", &mut schemas).expect("it is a JSON schema");
        Self { schemas, index }
    }

    pub(crate) fn accepts(&self, value: &Value) -> bool {
        self.schemas.validate(value, self.index).is_ok()
    }

    #[track_caller]
    pub(crate) fn expect(&self, value: &Value) {
        if let Err(error) = self.schemas.validate(value, self.index) {
            panic!("{error:#}\n{value:#}");
        }
    }
}

/// Accounts in which an update plans, applies, fails and warns.
fn various() -> Vec<(Shell, Vec<&'static str>)> {
    let denied = json!({ "faults": [{ "operation": "CreateRole", "effect": "deny" }] });
    let throttled = json!({ "faults": [{ "calls": "write", "effect": "throttle", "times": 1 }] });
    let more = small(&format!("{LABELS}{ADDITIONAL}"), "");
    vec![
        (Shell::with_demo(), vec![]),
        (Shell::with_demo().with_account(&throttled), vec!["--yes"]),
        (Shell::with_demo().with_account(&denied), vec!["--yes"]),
        (changed(&more, &small("", "")), vec!["--yes", "--phase", "security"]),
        (Shell::with_demo(), vec!["--lifecycle-overrides", "*=ExistsAndWarnIfChanges"]),
    ]
}

#[test]
fn results_as_json_keep_to_the_published_schema() {
    let schema = Schema::published("update");
    for (shell, args) in various() {
        let ran = update(&shell, args.iter().copied().chain(["-o", "json"]));
        assert_eq!(ran.stderr, "", "results as JSON come alone");
        let mut report = ran.json();
        schema.expect(&report);
        assert_eq!(report["cluster"], "demo.example.com");
        report["report"]["entries"][0]["outcome"] = json!("perhaps");
        assert!(!schema.accepts(&report), "it is a real schema");
    }
}

#[test]
fn events_keep_to_the_published_schema_and_go_where_they_are_sent() {
    let schema = Schema::published("event");
    for (shell, args) in various() {
        let to_file = ["--json-events=events.jsonl"];
        let ran = update(&shell, args.iter().copied().chain(to_file));
        let events: Vec<Value> = shell
            .read("events.jsonl")
            .lines()
            .map(|line| serde_json::from_str(line).expect("each line is a value"))
            .collect();
        for event in &events {
            schema.expect(event);
        }
        let runs = events.iter().filter(|event| event["event"] == "run-finished").count();
        assert_eq!(runs, if args.contains(&"--yes") { 2 } else { 1 }, "{ran}");
        assert_eq!(events[0]["event"], "run-started");
        if args.contains(&"--yes") {
            assert!(ran.stderr.contains("IAMRole"), "progress is for people still\n{ran}");
        }
    }
    // Without a file, they are all that is on standard error.
    let shell = Shell::with_demo();
    let ran = update(&shell, ["--yes", "--json-events"]).expect(0);
    for line in ran.stderr.lines() {
        schema.expect(&serde_json::from_str(line).expect("each line is a value"));
    }
    assert!(ran.stdout.starts_with("demo.example.com in account "), "{ran}");
}

#[test]
fn tasks_are_shown_with_their_lifecycle_and_why() {
    let shell = Shell::with_demo();
    let choice = ["--phase", "security", "--lifecycle-overrides", "IAMRolePolicy=Ignore"];
    let kinds = ["get", "tasks"].into_iter().chain(choice);
    let tasks = ["get", "tasks", "-f", "cluster.yaml"].into_iter().chain(choice);
    insta::assert_snapshot!("kinds", shell.run(kinds.clone()).expect(0));
    insta::assert_snapshot!("tasks", shell.run(tasks.clone()).expect(0));
    for args in [kinds.collect::<Vec<_>>(), tasks.collect()] {
        let text = shell.run(&args).expect(0).stdout;
        let rows = shell.run([&args[..], &["-o", "json"]].concat()).expect(0).json();
        let rows = rows.as_array().expect("they are rows");
        assert_eq!(rows.len(), text.lines().count() - 1, "a line each, and the heading");
        for row in rows {
            let shown = text.lines().find(|line| {
                let task = row["task"].as_str().expect("it has a task");
                line.split_whitespace().next() == Some(task)
            });
            let shown = shown.expect("it is shown");
            assert!(shown.ends_with(row["rule"].as_str().expect("it has a rule")), "{shown}");
        }
    }
}

#[test]
fn a_dump_is_what_the_cluster_owns_by_name_or_by_manifest() {
    let shell = changed(&small(LABELS, ""), &small(LABELS, ""));
    let by_file = shell.run(["toolbox", "dump", "-f", "cluster.yaml"]).expect(0);
    insta::assert_snapshot!(by_file.stdout);
    let by_name = shell.run(["toolbox", "dump", "demo.example.com", "-o", "json"]).expect(0);
    for section in ["roles", "inline_policies", "policy_attachments", "instance_profiles"] {
        assert_eq!(by_name.json()[section], by_file.json()[section], "{section}");
    }
    let other = shell.run(["toolbox", "dump", "example.com"]).expect(0).json();
    assert_eq!(other["roles"], json!({}), "another cluster owns none of it");
}

#[test]
fn whoever_stops_reading_early_stops_nothing() {
    let shell = Shell::with_demo();
    let commands: [&[&str]; 7] = [
        &["--help"],
        &["iam", "explain", "-f", "cluster.yaml"],
        &["iam", "policy", "nodes", "-f", "cluster.yaml"],
        &["completion", "bash"],
        &["toolbox", "schema", "update"],
        &["update", "-f", "cluster.yaml"],
        &["update", "-f", "cluster.yaml", "--yes"],
    ];
    for args in commands {
        let mut command = shell.command(args);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
        drop(child.stdout.take());
        let ran = shell.finish(child).expect(0);
        assert!(!ran.stderr.contains("error"), "{args:?}\n{ran}");
    }
    update(&shell, ["--detailed-exitcode"]).expect(0);
}

//! What the documentation tells people to type does what it says.

use serde_json::Value;

use crate::{
    kubernetes::{last_node, running},
    shell::{DEMO, Shell},
};

const README: &str = include_str!("../../../README.md");
const EMBEDDED: &str = include_str!("../../../docs/embedded-account.md");

/// The blocks of a document in one language.
fn blocks<'a>(document: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    let after = document.split(&fence).skip(1);
    after.map(|rest| rest.split("```").next().unwrap_or_default()).collect()
}

/// The commands of a document's shell blocks, without comments, each on one line.
fn commands(document: &str) -> Vec<String> {
    let joined = blocks(document, "sh").concat().replace("\\\n", " ");
    let lines = joined.lines().map(|line| line.split(" #").next().unwrap_or_default().trim());
    lines.filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn the_first_command_plans_and_applies_and_then_has_nothing_to_do() {
    let commands = commands(README);
    let first = commands.first().and_then(|command| command.strip_prefix("cargo run -- "));
    let args: Vec<_> = first.expect("it runs the binary").split(' ').collect();
    let shell = Shell::new().with_file("examples/demo.example.com.yaml", DEMO);

    let made = shell.run(&args).expect(0);
    assert!(made.stdout.contains("    + nodes.demo.example.com\n"), "{made}");
    assert!(made.stdout.ends_with("\nDone: 41 created, 0 changed, 0 deleted.\n"), "{made}");
    let roles: Vec<_> = shell.iam()["roles"].as_array().into_iter().flatten().cloned().collect();
    let names: Vec<_> = roles.iter().filter_map(|role| role["name"].as_str()).collect();
    assert_eq!(names, ["masters.demo.example.com", "nodes.demo.example.com"]);

    let account = shell.account();
    let again = shell.run(&args).expect(0);
    assert!(again.stdout.ends_with("\nNothing to do.\n"), "{again}");
    assert_eq!(shell.account(), account);
}

fn asks_kubernetes(args: &str) -> bool {
    let verbs = ["validate ", "get instances ", "delete instance ", "rolling-update "];
    verbs.iter().any(|verb| args.starts_with(verb))
}

#[test]
fn every_other_command_runs() {
    let mut ran = 0;
    for command in commands(README) {
        // Tests do not run the tests, nor reach AWS.
        let Some(args) = command.strip_prefix("cloudup ") else { continue };
        if args.starts_with("--cloud aws ") || args.starts_with("--state s3:") {
            continue;
        }
        // The API goes with what is bound here.
        let (shell, _kubernetes, args) = if asks_kubernetes(args) {
            let (shell, kubernetes) = running();
            let args = args.replace("i-0123456789abcdef0", &last_node(&shell));
            (shell, Some(kubernetes), args)
        } else {
            (Shell::with_demo(), None, args.to_owned())
        };
        let shell = shell.with_variable("EDITOR", "true");
        if ["show", "apply"].iter().any(|verb| args.starts_with(verb)) {
            shell.run(["update", "-f", "cluster.yaml", "--out", "plan.json"]).expect(0);
        }
        if args.starts_with("toolbox dump") {
            shell.run(["update", "-f", "cluster.yaml", "--yes"]).expect(0);
        }
        if ["get clusters", "replace", "diff", "edit", "lock", "delete", "rolling-update"]
            .iter()
            .any(|verb| args.starts_with(verb))
        {
            shell.run(["create", "-f", "cluster.yaml"]).expect(0);
        }
        shell.run(args.split_whitespace()).expect(0);
        ran += 1;
    }
    assert_eq!(ran, 29, "the README has other commands than these tests know");
}

#[test]
fn the_embedded_account_works_as_documented() {
    let seed = blocks(EMBEDDED, "json").concat();
    let mut ran = 0;
    for command in commands(EMBEDDED) {
        let shell = Shell::new().with_file("seed.json", &seed).with_variable("EDITOR", "true");
        let args = command.strip_prefix("cloudup ").expect("it is about cloudup");
        if !args.contains("init") {
            let cloud = if args.contains("other.json") { "local:other.json" } else { "local" };
            shell.run(["--cloud", cloud, "toolbox", "account", "init"]).expect(0);
        }
        let run = shell.run(args.split_whitespace()).expect(0);
        if args.contains("--seed") {
            let seed: Value = serde_json::from_str(&seed).expect("it is JSON");
            let account = shell.account();
            for key in ["accountId", "region", "availabilityZones", "partition"] {
                assert_eq!(account[key], seed[key], "{run}");
            }
            assert_eq!(account["faults"][0]["effect"], "throttle");
        }
        ran += 1;
    }
    assert_eq!(ran, 5, "the document has other commands than these tests know");
}

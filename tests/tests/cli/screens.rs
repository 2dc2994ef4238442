//! Every screen, where nobody says how wide it is, and on narrow and wide terminals.

use serde_json::json;

use crate::{
    output::{ADDITIONAL, LABELS, changed},
    rolling_update::stale,
    shell::{Ran, Shell, UPDATE, small},
    state::stored,
};

const OF_OTHERS: &str =
    "  iam: { profile: arn:aws:iam::123456789012:instance-profile/security/workers }\n";

/// Where a command is run.
type Place = fn() -> Shell;

/// What is typed there, in parts.
type Typed = &'static [&'static [&'static str]];

/// The screens of updates: what each is called, where, and what is typed there.
const UPDATES: &[(&str, Place, Typed)] = &[
    ("plan_to_create", fresh, &[&UPDATE]),
    ("plan_to_create_the_example", Shell::with_demo, &[&UPDATE]),
    ("plan_in_full", fresh, &[&UPDATE, &["-v"]]),
    ("apply", fresh, &[&UPDATE, &["--yes"]]),
    ("nothing_to_do", made, &[&UPDATE, &["--yes"]]),
    ("plan_to_change", to_change, &[&UPDATE]),
    ("plan_to_delete", to_delete, &[&UPDATE]),
    ("plan_to_change_a_policy", to_change_a_policy, &[&UPDATE]),
    ("plan_to_hand_over", handed_over, &[&UPDATE]),
    ("plan_to_hand_over_and_prune", handed_over, &[&UPDATE, &["--prune"]]),
    ("warnings", to_delete, &[&UPDATE, &WARN]),
    ("missing_and_left_so", fresh, &[&UPDATE, &WARN, &["--phase", "security"]]),
    ("failure_and_what_it_blocks", unreadable, &[&UPDATE]),
    ("failure_before_an_apply", unreadable, &[&UPDATE, &["--yes"]]),
    ("failures_of_an_apply", denied, &[&UPDATE, &["--yes"]]),
    ("dry_target", fresh, &[&UPDATE, &["--yes", "--target", "dryrun"]]),
    ("flags_that_are_wrong", fresh, &[&UPDATE, &["--lifecycle-overrides", "IAMRol=Sync,*=Snyc"]]),
];

/// The other screens.
const OTHERS: &[(&str, Place, Typed)] = &[
    ("plan_to_delete_a_cluster", kept, &[&["delete", "cluster", "demo.example.com"]]),
    ("delete_a_cluster", kept, &[&["delete", "cluster", "demo.example.com", "--yes"]]),
    ("plan_a_rolling_update", stale, &[&["rolling-update", "cluster"], &FILE, &["--cloudonly"]]),
    ("drift", drifted, &[&["drift"], &FILE]),
    ("explain", Shell::with_demo, &[&["iam", "explain", "nodes"], &FILE]),
    ("tasks", fresh, &[&["get", "tasks", "--phase", "security"], &FILE]),
    ("clusters", kept, &[&["get", "clusters", "-o", "wide"]]),
    ("groups", kept, &[&["get", "ig", "-o", "wide"]]),
    ("instances", stale, &[&["get", "instances", "--cloudonly", "-o", "wide"], &FILE]),
    ("diff", differing, &[&["diff"], &FILE]),
];

const FILE: [&str; 2] = ["-f", "cluster.yaml"];
const WARN: [&str; 2] = ["--lifecycle-overrides", "*=ExistsAndWarnIfChanges"];

fn plain() -> String {
    small("", "")
}

fn more() -> String {
    small(&format!("{LABELS}{ADDITIONAL}"), "")
}

fn fresh() -> Shell {
    Shell::new().with_file("cluster.yaml", plain())
}

fn made() -> Shell {
    changed(&plain(), &plain())
}

fn to_change() -> Shell {
    changed(&plain(), &more())
}

fn to_delete() -> Shell {
    changed(&more(), &plain())
}

fn to_change_a_policy() -> Shell {
    changed(&more(), &more().replace("s3:GetObject", "s3:GetObjectVersion"))
}

/// A group that is given a profile of somebody else's.
fn handed_over() -> Shell {
    let shell = changed(&plain(), &small("", OF_OTHERS));
    let mut account = shell.account();
    let profiles = account["instanceProfiles"].as_array_mut().expect("there are some");
    profiles.push(json!({
        "name": "workers", "path": "/security/", "role": { "name": "workers" },
    }));
    shell.with_account(&account)
}

/// A role that may not be read.
fn unreadable() -> Shell {
    let fault = json!({ "operation": "GetRole", "resource": "nodes.*", "effect": "deny" });
    fresh().with_account(&json!({ "faults": [fault] }))
}

/// Two calls are denied that much waits for.
fn denied() -> Shell {
    let role = json!({ "operation": "CreateRole", "resource": "masters.*", "effect": "deny" });
    let options = json!({ "operation": "CreateDhcpOptions", "effect": "deny" });
    Shell::with_demo().with_account(&json!({ "faults": [role, options] }))
}

/// An account in which somebody was, and roles that may not be read.
fn drifted() -> Shell {
    let shell = made();
    let mut account = shell.account();
    account["roles"][0]["tags"]["Name"] = json!("somebody");
    account["instanceProfiles"][0]["role"] = json!(null);
    account["faults"] =
        json!([{ "operation": "GetRole", "effect": "deny", "resource": "masters.*" }]);
    shell.with_account(&account)
}

/// The examples' cluster, made, and in the state store.
fn kept() -> Shell {
    let shell = Shell::with_demo();
    shell.run(["create", "-f", "cluster.yaml"]).expect(0);
    shell.run(["update", "cluster", "--yes"]).expect(0);
    shell
}

/// A cluster in the store, and something else in the file.
fn differing() -> Shell {
    stored().with_file("cluster.yaml", more())
}

fn shown(place: Place, typed: Typed, columns: Option<&str>) -> Ran {
    let shell = match columns {
        Some(columns) => place().with_variable("COLUMNS", columns),
        None => place(),
    };
    shell.run(typed.concat())
}

/// Lines keep to the width, unless they hold a name that there is no room for: it is not broken.
fn check_width(name: &str, text: &str, columns: usize) {
    for line in text.lines().filter(|line| line.chars().count() > columns) {
        let indent = line.len() - line.trim_start().len();
        let longest = line.split_whitespace().map(|word| word.chars().count()).max();
        // Before it stand a sign and a word or two.
        assert!(indent + longest.unwrap_or_default() + 14 > columns, "{name}: {columns}\n{line}");
    }
}

#[test]
fn screens_keep_to_the_width_of_the_terminal() {
    for &(name, place, typed) in UPDATES.iter().chain(OTHERS) {
        insta::assert_snapshot!(name, shown(place, typed, None));
        for columns in [80, 140] {
            let ran = shown(place, typed, Some(&columns.to_string()));
            check_width(name, &ran.stdout, columns);
            insta::assert_snapshot!(format!("{name}_at_{columns}"), ran);
        }
    }
}

#[test]
fn sentences_stay_whole_in_files() {
    let whole = shown(unreadable, &[&UPDATE], None);
    let narrow = shown(unreadable, &[&UPDATE], Some("60"));
    let sentence = "hint: allow iam:GetRole to the identity that cloudup runs as\n";
    assert!(whole.stdout.contains(sentence), "{whole}");
    assert!(!narrow.stdout.contains(sentence), "{narrow}");
    // What is no width is as good as none.
    for columns in ["0", "wide", ""] {
        let other = shown(unreadable, &[&UPDATE], Some(columns));
        assert_eq!(other.stdout, whole.stdout, "{columns}");
    }
}

#[test]
fn colour_is_for_terminals_or_on_demand_and_says_nothing_alone() {
    let coloured: [(&str, Place); 3] = [
        ("colour_of_changes", to_change),
        ("colour_of_deletions", to_delete),
        ("colour_of_failures", unreadable),
    ];
    for (name, place) in coloured {
        let run = |shell: &Shell, more: &[&'static str]| {
            shell.run(UPDATE.iter().chain(more).copied()).stdout
        };
        let shell = place();
        let (coloured, auto) = (run(&shell, &["--color", "always"]), run(&shell, &[]));
        insta::assert_snapshot!(name, coloured.replace('\u{1b}', "␛"));
        assert!(!auto.contains('\u{1b}'), "a pipe is no terminal");
        assert_eq!(run(&shell, &["--color", "never"]), auto);
        assert_eq!(anstripped(&coloured), auto);
        let shell = shell.with_variable("CLICOLOR_FORCE", "1");
        assert_eq!(run(&shell, &[]), coloured, "CLICOLOR_FORCE colours a pipe");
        let shell = shell.with_variable("NO_COLOR", "1");
        assert_eq!(run(&shell, &[]), auto, "NO_COLOR is stronger");
    }
}

/// A text without its escape sequences for colour.
fn anstripped(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or(part, |(_, visible)| visible))
}

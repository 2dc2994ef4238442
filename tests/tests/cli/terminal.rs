//! Progress on a terminal, through a pseudo-terminal.

use std::{process::Stdio, time::Duration};

use rexpect::session::spawn_command;
use serde_json::json;

use crate::shell::{Shell, UPDATE};

/// All that a terminal gets from an update whose writes take a while.
fn seen(variables: &[(&'static str, &str)]) -> String {
    let fault = json!({ "calls": "write", "effect": { "slow": { "milliseconds": 250 } } });
    let denied = json!({ "operation": "CreateInternetGateway", "effect": "deny" });
    let mut shell = Shell::with_demo()
        .with_account(&json!({ "faults": [denied, fault] }))
        .with_variable("TERM", "xterm-256color")
        .with_variable("COLUMNS", "100");
    for (name, value) in variables {
        shell = shell.with_variable(name, *value);
    }
    let mut command = shell.command(UPDATE.into_iter().chain(["--yes", "--parallelism", "3"]));
    // All three are the terminal.
    command.stdin(Stdio::inherit()).stdout(Stdio::inherit()).stderr(Stdio::inherit());
    let timeout = Duration::from_mins(2).as_millis().try_into().ok();
    let mut session = spawn_command(command, timeout).expect("it starts");
    session.exp_eof().expect("it ends in time")
}

#[test]
fn a_terminal_shows_what_is_under_way_and_only_what_is_worth_it_stays() {
    let seen = seen(&[]);
    assert!(seen.contains("\u{1b}["), "it is a terminal\n{seen}");
    // The bar, how far it is, and what is under way since when.
    assert!(seen.contains(" after 1s"), "{seen}");
    assert!(seen.contains("about "), "{seen}");
    assert!(seen.contains(" blocked"), "{seen}");
    assert!(seen.contains("VPC/demo.example.com 0s"), "{seen}");
    // What failed is told at once, and what was done is not told one by one.
    assert!(seen.contains("x\u{1b}[0m InternetGateway/demo.example.com ("), "{seen}");
    assert!(!seen.contains("+\u{1b}[0m VPC/demo.example.com ("), "{seen}");
    assert!(seen.contains("Not complete:"), "{seen}");
}

#[test]
fn terminals_that_cannot_take_lines_back_and_ci_get_lines_that_stay() {
    for (name, value) in [("TERM", "dumb"), ("CI", "true")] {
        let seen = seen(&[(name, value), ("NO_COLOR", "1")]);
        assert!(seen.contains("  + VPC/demo.example.com ("), "{name}\n{seen}");
        assert!(!seen.contains('\u{1b}'), "{name}\n{seen}");
    }
}

#[test]
fn without_colour_lines_are_still_drawn_anew() {
    let seen = seen(&[("NO_COLOR", "1")]);
    assert!(seen.contains(" after 1s"), "{seen}");
    assert!(seen.contains("x InternetGateway/demo.example.com ("), "{seen}");
    // Of colours and weights nothing is left.
    let styled = seen.split("\u{1b}[").skip(1).any(|rest| {
        rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').starts_with('m')
    });
    assert!(!styled, "{seen}");
}

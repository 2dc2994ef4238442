//! Ctrl-C: once finishes what runs and reports, twice leaves at once.

use std::{
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::shell::{Ran, Shell, UPDATE};

/// An update whose writes take this long, three at a time.
fn slow(milliseconds: u64) -> (Shell, Child) {
    slow_with(milliseconds, [])
}

/// The same, with more flags.
pub(crate) fn slow_with<'a>(
    milliseconds: u64,
    flags: impl IntoIterator<Item = &'a str>,
) -> (Shell, Child) {
    let fault = json!({
        "calls": "write",
        "effect": { "slow": { "milliseconds": milliseconds } },
    });
    let shell = Shell::with_demo().with_account(&json!({ "faults": [fault] }));
    let more = ["--yes", "--parallelism", "3"];
    let child = shell.start(UPDATE.into_iter().chain(more).chain(flags));
    (shell, child)
}

/// Waits until the run is in the midst of its writes: the account has begun to be slow.
pub(crate) fn wait_for_writes(shell: &Shell) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while shell.account()["faults"][0]["hit"].as_u64().unwrap_or_default() == 0 {
        assert!(Instant::now() < deadline, "it does not come to writes");
        thread::sleep(Duration::from_millis(20));
    }
}

pub(crate) fn interrupt(child: &Child) {
    let done = Command::new("kill").arg("-INT").arg(child.id().to_string()).status();
    assert!(done.is_ok_and(|status| status.success()), "the signal cannot be sent");
}

/// What stands behind this sign.
fn names<'r>(ran: &'r Ran, sign: &str) -> Vec<&'r str> {
    let lines = ran.stdout.lines().filter(|line| line.starts_with(sign));
    lines.filter_map(|line| line.split_whitespace().nth(1)).collect()
}

/// A run without the fault completes, and the next has nothing to do.
fn converges(shell: &Shell) {
    let state = shell.account();
    let mut state = state.clone();
    state["faults"] = json!([]);
    shell.write(crate::shell::ACCOUNT, state.to_string());
    let again = shell.run(UPDATE.into_iter().chain(["--yes"])).expect(0);
    assert!(!again.stdout.contains("failed"), "{again}");
    let third = shell.run(UPDATE.into_iter().chain(["--detailed-exitcode"])).expect(0);
    assert!(third.stdout.ends_with("Nothing to do.\n"), "{third}");
    assert_eq!(shell.iam()["roles"].as_array().map(Vec::len), Some(2));
}

#[test]
fn the_first_interrupt_finishes_what_runs_and_tells_what_was_not_tried() {
    let (shell, child) = slow(700);
    wait_for_writes(&shell);
    interrupt(&child);
    let ran = shell.finish(child).expect(5);
    assert!(ran.stderr.contains("stopping: finishing what runs; interrupt again"), "{ran}");
    assert!(
        ran.stdout.contains("Stopped: what ran was finished, nothing new was started."),
        "{ran}"
    );
    assert!(ran.stdout.contains("\nNot complete: "), "{ran}");
    assert!(!ran.stdout.contains("in doubt"), "{ran}");
    assert!(ran.stdout.contains("\nnot tried, as it was stopped before: "), "{ran}");
    let roles = shell.iam()["roles"].as_array().map_or(0, Vec::len);
    assert!(roles >= 1, "what ran was finished\n{ran}");
    converges(&shell);
}

#[test]
fn the_second_interrupt_leaves_at_once_and_names_what_is_in_doubt() {
    let (shell, child) = slow(20_000);
    wait_for_writes(&shell);
    let started = Instant::now();
    interrupt(&child);
    thread::sleep(Duration::from_millis(200));
    interrupt(&child);
    let ran = shell.finish(child).expect(5);
    assert!(started.elapsed() < Duration::from_secs(10), "it does not leave\n{ran}");
    assert!(ran.stderr.contains("leaving at once"), "{ran}");
    assert!(ran.stdout.contains("Stopped at once: what is marked ? is in doubt."), "{ran}");
    let doubtful = names(&ran, "  ? ");
    assert!(doubtful.iter().any(|name| name.ends_with(".demo.example.com")), "{ran}");
    assert!(ran.stdout.contains("\nnot tried, as it was stopped before: "), "{ran}");
    converges(&shell);
}

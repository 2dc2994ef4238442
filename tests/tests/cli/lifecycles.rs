//! What each lifecycle makes of each state of a thing, in a plan and in an apply.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::shell::{Ran, Shell, UPDATE, small};

const LIFECYCLES: [&str; 5] =
    ["Sync", "Ignore", "WarnIfInsufficientAccess", "ExistsAndValidates", "ExistsAndWarnIfChanges"];

/// Signs of the line that tells of the policy: `+` created, `~` changed, `-` deleted, `=` kept,
/// `!` a warning, `x` failed, `d` failed because access was denied.
#[rustfmt::skip]
const TABLE: [(State, [&str; 5]); 7] = [
    //                   Sync  Ign  Warn  Val  WarnCh
    (State::Missing,   [ "+",  "=", "+",  "x", "!" ]),
    (State::Same,      [ "=",  "=", "=",  "=", "=" ]),
    (State::Different, [ "~",  "=", "~",  "x", "!" ]),
    (State::Denied,    [ "d",  "=", "!",  "d", "d" ]),
    (State::Throttled, [ "=",  "=", "=",  "=", "=" ]),
    (State::Broken,    [ "x",  "=", "x",  "x", "x" ]),
    (State::Stray,     [ "-",  "=", "-",  "x", "!" ]),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Missing,
    Same,
    Different,
    Denied,
    Throttled,
    Broken,
    Stray,
}

const NODES: &str = "nodes.demo.example.com";

impl State {
    /// The account in which the nodes' inline policy is in this state.
    fn account(self, settled: &Value) -> Value {
        let mut account = settled.clone();
        let policies = &mut account["roles"][0]["inlinePolicies"];
        let other = json!({
            "Version": "2012-10-17",
            "Statement": [{ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*" }],
        });
        let fault = |effect| json!({ "operation": "GetRolePolicy", "effect": effect });
        match self {
            Self::Missing => *policies = json!({}),
            Self::Same => {}
            Self::Different => policies[NODES] = other,
            Self::Stray => policies[format!("additional.{NODES}")] = other,
            Self::Denied => account["faults"] = json!([fault(json!("deny"))]),
            Self::Broken => {
                account["faults"] = json!([fault(json!({"error": {"code": "MalformedAnswer"}}))]);
            }
            Self::Throttled => {
                account["faults"] = json!([fault(json!("throttle"))]);
                account["faults"][0]["times"] = json!(1);
            }
        }
        account
    }

    /// The name of the policy that the table is about.
    fn policy(self) -> String {
        if self == Self::Stray { format!("additional.{NODES}") } else { NODES.to_owned() }
    }
}

/// The account after everything was made.
fn settled() -> Value {
    let shell = Shell::new().with_file("cluster.yaml", small("", ""));
    shell.run(UPDATE.into_iter().chain(["--yes"])).expect(0);
    shell.account()
}

/// The line of the policy, among the lines of its kind; where there is a stray, its line.
fn line(ran: &Ran, policy: &str) -> String {
    let after = ran.stdout.lines().skip_while(|line| *line != "  IAMRolePolicy").skip(1);
    let entries = after.take_while(|line| line.starts_with("    "));
    let mut of_policy = entries.filter(|line| line.split(' ').nth(5) == Some(policy));
    // The task that looks for a stray has the stray's name, and comes first.
    let first = of_policy.next().unwrap_or_else(|| panic!("no line of {policy}\n{ran}"));
    of_policy.next().unwrap_or(first).to_owned()
}

fn check(settled: &Value, lifecycle: &str, state: State, sign: &str, yes: bool) {
    let context = format!("{lifecycle} on {state:?}, --yes {yes}");
    let shell =
        Shell::new().with_file("cluster.yaml", small("", "")).with_account(&state.account(settled));
    let before = shell.iam();
    let rule = format!("IAMRolePolicy={lifecycle}");
    let mut args = [&UPDATE[..], &["-v", "--lifecycle-overrides", &rule]].concat();
    args.extend(yes.then_some("--yes"));

    let started = Instant::now();
    let ran = shell.run(&args);
    assert!(started.elapsed() < Duration::from_secs(20), "{context}: it waits too long");

    let status = match sign {
        "d" => 4,
        "x" => 1,
        _ => 0,
    };
    assert_eq!(ran.status, status, "{context}\n{ran}");
    let line = line(&ran, &state.policy());
    let shown = if sign == "d" { "x" } else { sign };
    assert!(line.starts_with(&format!("    {shown} ")), "{context}: {line}\n{ran}");
    let decided = format!("[{lifecycle}: IAMRolePolicy in --lifecycle-overrides]");
    assert!(line.ends_with(&decided), "{context}: {line}\n{ran}");

    let changes = yes && ["+", "~", "-"].contains(&sign);
    let after = shell.iam();
    assert_eq!(after != before, changes, "{context}: is the account changed?\n{ran}");
    if changes {
        let policies = after["roles"][0]["inlinePolicies"].as_object().expect("there are some");
        let mut settled = settled["roles"][0]["inlinePolicies"].clone();
        let settled = settled.as_object_mut().expect("there are some");
        assert_eq!(policies, settled, "{context}: the account is not as the manifest says\n{ran}");
    }
}

fn check_all(yes: bool) {
    let settled = settled();
    for (state, signs) in TABLE {
        for (lifecycle, sign) in LIFECYCLES.into_iter().zip(signs) {
            check(&settled, lifecycle, state, sign, yes);
        }
    }
}

#[test]
fn a_plan_says_what_each_lifecycle_makes_of_each_state_and_changes_nothing() {
    check_all(false);
}

#[test]
fn an_apply_does_what_each_lifecycle_makes_of_each_state() {
    check_all(true);
}

//! Drift and saved plans over sockets: what the account is asked, and what is done to it.

use cloudup_tests::moto::{self, Account};
use serde_json::Value;

use crate::shell::{Ran, Shell, UPDATE, small};

/// A shell whose cloud is an account over sockets.
struct Place {
    shell: Shell,
    account: Account,
}

impl Place {
    /// With the small cluster made in it, if there is an emulator.
    fn made() -> Option<Self> {
        let account = moto::server()?.account();
        let shell = Shell::new().with_file("cluster.yaml", small("", ""));
        let place = Self { shell, account };
        place.run(UPDATE.into_iter().chain(["--yes"])).expect(0);
        place.account.forget_calls();
        Some(place)
    }

    fn run<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Ran {
        let mut command = self.shell.command(args);
        self.account.enter(command.arg("--cloud=aws"));
        self.shell.finish(command.spawn().expect("the binary starts"))
    }

    /// Panics where something but reads was called since the calls were forgotten, or nothing was.
    fn has_only_read(&self, ran: &Ran) {
        assert_eq!(self.account.writes(), [], "{ran}");
        assert!(!self.account.calls().is_empty(), "it asked the account\n{ran}");
    }
}

/// What is changed: the entry's kind, name and sort, and then a line for each field. A value that
/// was not known when it was planned is not told, where `planned` says so of it.
fn changes(report: &Value, planned: &Value) -> Vec<String> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let entries = list(&report["report"]["entries"]).into_iter();
    let mut lines = Vec::new();
    for (entry, as_planned) in entries.zip(list(&planned["report"]["entries"])) {
        lines.push(format!("{} {} {}", entry["kind"], entry["name"], entry["change"]));
        for (mut change, as_planned) in
            list(&entry["changes"]).into_iter().zip(list(&as_planned["changes"]))
        {
            if !as_planned["to"]["known-after"].is_null() {
                change["to"] = Value::Null;
            }
            lines.push(change.to_string());
        }
    }
    lines
}

#[test]
fn drift_is_told_without_a_writing_call() {
    let Some(place) = Place::made() else { return };
    let none = place.run(["drift", "-f", "cluster.yaml"]).expect(0);
    place.has_only_read(&none);

    let by_hand = [
        ("RoleName", "nodes.demo.example.com"),
        ("Tags.member.1.Key", "Name"),
        ("Tags.member.1.Value", "somebody"),
    ];
    place.account.call("iam", "TagRole", &by_hand);
    place.account.forget_calls();
    for more in [&[][..], &["--prune"]] {
        let told = place.run(["drift", "-f", "cluster.yaml"].iter().chain(more).copied()).expect(2);
        assert!(told.stdout.contains("Name: somebody"), "{told}");
        place.has_only_read(&told);
    }
}

#[test]
fn a_saved_plan_is_carried_out_as_it_was_planned() {
    let Some(place) = Place::made() else { return };
    place.shell.write("cluster.yaml", small("  cloudLabels: { team: platform }\n", ""));
    let saved = place.run(UPDATE.into_iter().chain(["--out", "plan.json"])).expect(0);
    place.has_only_read(&saved);
    let planned = place.run(["show", "plan.json", "-o", "json"]).expect(0).json();
    let applied = place.run(["apply", "plan.json", "-o", "json"]).expect(0).json();
    let expected = changes(&planned, &planned);
    assert!(expected.iter().any(|line| line.contains("platform")), "{expected:#?}");
    assert_eq!(changes(&applied, &planned), expected);
    assert!(!place.account.writes().is_empty());

    place.account.forget_calls();
    let after = place.run(UPDATE.into_iter().chain(["--detailed-exitcode"])).expect(0);
    place.has_only_read(&after);
    let again = place.run(["apply", "plan.json"]).expect(0);
    place.has_only_read(&again);
}

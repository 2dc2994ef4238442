//! Pages in a browser, as people use them.

use std::{fmt::Write as _, fs};

use cloudup::{
    picture::Picture,
    record::{Ending, Record, Run, Status, Subject},
    update::UpdateReport,
};
use cloudup_engine::{Drawing, Entry, TaskId, Thing};
use cloudup_tests::browser;
use serde_json::{Value, json};

use crate::shell::{Shell, UPDATE, small};

/// As many as make 5,000 tasks.
const GROUPS: usize = 555;

/// A cluster with so many groups, each with a role for itself.
fn large(groups: usize) -> String {
    let mut manifest = small("", "");
    for nth in 0..groups {
        let _ = write!(
            manifest,
            "---
apiVersion: kops.k8s.io/v1alpha2
kind: InstanceGroup
metadata:
  name: nodes-{nth}
  labels: {{ kops.k8s.io/cluster: demo.example.com }}
  annotations: {{ cloudup/external-policies: 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess' }}
spec:
  role: Node
  image: ami-12345678
  machineType: t3.medium
  subnets: [a]
"
        );
    }
    manifest
}

/// A page of a picture with one task, with a name that is nobody's but an attacker's.
fn one() -> String {
    let task = TaskId::new("IAMRole", "</script><img src=https://example.com/x onerror=alert(1)>");
    let things = vec![Thing { task, wanted: true, group: None, mark: None, entry: None }];
    Picture::new("one", Drawing { things, ..Drawing::default() }, None).html()
}

#[test]
fn a_picture_is_for_everybody_who_has_a_browser() {
    let Some(browser) = browser::browser() else { return };
    let shell =
        Shell::with_demo().with_file("1.html", one()).with_file("large.yaml", large(GROUPS));
    shell.run(UPDATE.into_iter().chain(["--phase", "network", "--yes"])).expect(0);
    let draw = |file, format, out| {
        shell.run(["graph", "-f", file, "-o", format, "--out", out]).expect(0);
    };
    draw("cluster.yaml", "html", "41.html");
    draw("cluster.yaml", "svg", "41.svg");
    draw("large.yaml", "html", "5000.html");
    browser.check("graph", &shell.path(""));
}

/// The page of an update of 5,000 tasks: those of a small one, over and over.
fn many(applied: &Value) -> String {
    let mut update: UpdateReport = serde_json::from_value(applied.clone()).expect("it reads back");
    let few = std::mem::take(&mut update.report.entries);
    let again = (0..).flat_map(|nth| few.iter().map(move |entry| renamed(entry, nth)));
    update.report.entries = again.take(5000).collect();
    let moment = || "2026-11-26T12:00:00Z".parse().expect("a moment");
    let run = Run {
        command: "update cluster",
        line: "cloudup update cluster --yes",
        cloud: "AWS",
        user: "somebody",
        host: "somewhere",
        version: "1.2.3",
        began: moment(),
        ended: moment(),
    };
    let ending = Ending { status: Status::Failed, told: Vec::new() };
    let calls = update.calls.clone();
    Record { run, ending, subject: Subject::Update(&update), calls }.to_html()
}

fn renamed(entry: &Entry, nth: usize) -> Entry {
    let rename =
        |task: &TaskId| TaskId::new(task.kind().to_owned(), format!("{}-{nth}", task.name()));
    let mut entry = entry.clone();
    entry.task = rename(&entry.task);
    entry.timing.after = entry.timing.after.as_ref().map(rename);
    entry
}

#[test]
fn a_record_is_for_everybody_who_has_a_browser() {
    let Some(browser) = browser::browser() else { return };
    let faults = json!([
        { "operation": "CreateRole", "effect": "throttle", "times": 3 },
        { "operation": "CreateLaunchTemplate", "effect": "deny", "skip": 1, "times": 1 },
        { "effect": { "slow": { "milliseconds": 5 } } },
    ]);
    let shell = Shell::with_demo();
    shell.run(UPDATE.into_iter().chain(["--report", "plan.html"])).expect(0);
    let shell = shell.with_account(&json!({ "faults": faults }));
    let recorded =
        |command: &[&str], page: &str| shell.run(command.iter().copied().chain(["--report", page]));
    let applied = [&UPDATE[..], &["--yes", "-o", "json", "--parallelism", "3"]].concat();
    let applied = recorded(&applied, "apply.html").expect(4).json();
    recorded(&["drift", "-f", "cluster.yaml"], "drift.html").expect(2);
    shell.run(UPDATE.into_iter().chain(["--yes"])).expect(0);
    let wanted = shell.read("cluster.yaml").replace("t3.medium", "t3.large");
    shell.write("cluster.yaml", wanted);
    shell.run(UPDATE.into_iter().chain(["--yes"])).expect(0);
    let roll = ["rolling-update", "cluster", "-f", "cluster.yaml", "--cloudonly"];
    recorded(&roll, "roll.html").expect(0);
    fs::write(shell.path("5000.html"), many(&applied)).expect("a file can be written");
    browser.check("record", &shell.path(""));
}

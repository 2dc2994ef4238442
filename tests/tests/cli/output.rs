//! What is printed, for people and for programs.

use crate::shell::{DEMO, Shell, UPDATE};

#[test]
fn a_manifest_may_come_from_standard_input() {
    let shell = Shell::with_demo();
    let from_file = shell.run(UPDATE).expect(0);
    let from_input = shell.feed(["update", "cluster", "-f", "-"], DEMO).expect(0);
    assert_eq!(from_input.stdout, from_file.stdout);
}

#[test]
fn two_plans_are_the_same_bytes() {
    let shell = Shell::with_demo();
    for format in ["text", "json"] {
        let args = UPDATE.into_iter().chain(["-o", format]);
        let (first, second) = (shell.run(args.clone()).expect(0), shell.run(args).expect(0));
        assert_eq!(first.stdout, second.stdout);
        assert_eq!(first.stderr, second.stderr);
    }
}

#[test]
fn events_go_where_they_are_sent_and_progress_stays() {
    let shell = Shell::with_demo();
    let to_file = shell.run(UPDATE.into_iter().chain(["--yes", "--json-events=events.jsonl"]));
    assert!(to_file.stderr.contains("+ IAMRole/nodes.demo.example.com ("), "{to_file}");
    let events = shell.read("events.jsonl");
    assert_eq!(events.lines().filter(|line| line.contains(r#""event":"run-started""#)).count(), 2);
}

//! Instances are replaced: the binary, on the embedded account and a Kubernetes whose nodes are its
//! instances.

use std::{
    thread,
    time::{Duration, Instant},
};

use cloudup_tests::kubernetes::{FakeKubernetes, machines};
use serde_json::{Value, json};

use crate::{
    output::Schema,
    shell::{ACCOUNT, DEMO, Ran, Shell, UPDATE},
    signals::interrupt,
};

const ROLL: [&str; 4] = ["rolling-update", "cluster", "-f", "cluster.yaml"];

/// Nobody waits longer than needed.
const QUICK: [&str; 8] = [
    "--control-plane-interval",
    "0s",
    "--node-interval",
    "0s",
    "--post-drain-delay",
    "0s",
    "--validate-count",
    "1",
];

/// The examples' cluster, whose instances all started from something else than is wanted by now.
pub(crate) fn stale() -> Shell {
    let shell = Shell::with_demo();
    shell.run(UPDATE.into_iter().chain(["--yes"])).expect(0);
    let wanted = DEMO.replace("machineType: t3.medium", "machineType: t3.large");
    assert_ne!(wanted, DEMO);
    shell.write("cluster.yaml", wanted);
    shell.run(UPDATE.into_iter().chain(["--yes"])).expect(0);
    shell
}

fn roll<'a>(shell: &Shell, more: impl IntoIterator<Item = &'a str>) -> Ran {
    shell.run(ROLL.into_iter().chain(more))
}

/// The API of the shell's cluster, and where it is known.
fn api(shell: Shell) -> (Shell, FakeKubernetes) {
    let account = shell.path(ACCOUNT);
    let kubernetes = FakeKubernetes::of(move || machines(&account));
    let config = kubernetes.kubeconfig("demo.example.com");
    let shell = shell.with_file("kubeconfig", config);
    let path = shell.path("kubeconfig").display().to_string();
    (shell.with_variable("KUBECONFIG", path), kubernetes)
}

/// The ids of all instances.
fn instances(shell: &Shell) -> Vec<String> {
    let account = shell.account();
    let instances = account["instances"].as_array().map(Vec::as_slice).unwrap_or_default();
    instances.iter().filter_map(|it| it["id"].as_str().map(str::to_owned)).collect()
}

/// How far a run is that is not through.
fn progress(shell: &Shell) -> Value {
    let path = ".cloudup/state/.cloudup/demo.example.com/rolling-update";
    serde_json::from_slice(&shell.read_bytes(path)).unwrap_or_default()
}

#[test]
fn a_plan_says_what_would_be_replaced_and_why_and_an_apply_replaces_it() {
    let shell = stale();
    let before = shell.account();
    let planned = roll(&shell, ["--cloudonly", "--detailed-exitcode"]).expect(2);
    let as_json = roll(&shell, ["--cloudonly", "-o", "json"]).expect(0).json();
    assert_eq!(shell.account(), before, "a plan changes nothing");
    let schema = Schema::published("rolling-update");
    schema.expect(&as_json);
    let stale = as_json["groups"].as_array().unwrap().iter();
    let stale: usize = stale.map(|it| it["needUpdate"].as_array().map_or(0, Vec::len)).sum();
    assert_eq!(stale, instances(&shell).len());

    let old = instances(&shell);
    let told = ["--cloudonly", "--yes", "--json-events=events.jsonl"];
    let applied = roll(&shell, QUICK.into_iter().chain(told)).expect(0);
    let events = Schema::published("rolling-update-event");
    for line in shell.read("events.jsonl").lines() {
        events.expect(&serde_json::from_str(line).expect("each line is a value"));
    }
    assert_eq!(shell.read("events.jsonl").matches("\"terminating\"").count(), old.len());
    let new = instances(&shell);
    assert_eq!(new.len(), old.len());
    assert!(new.iter().all(|id| !old.contains(id)), "{old:?} {new:?}");
    assert_eq!(progress(&shell), Value::Null, "nothing is left to be done");
    let again = roll(&shell, ["--cloudonly", "--yes", "-o", "json"]).expect(0).json();
    schema.expect(&again);
    let after = roll(&shell, ["--cloudonly", "--detailed-exitcode"]).expect(0);
    insta::assert_snapshot!(format!("{planned}\n{applied}\n{after}"));
}

#[test]
fn nodes_are_drained_and_the_cluster_is_validated_between_instances() {
    let (shell, kubernetes) = api(stale());
    let old = instances(&shell);
    let planned = roll(&shell, []).expect(0);
    assert!(planned.stdout.contains("NODES"), "{planned}");
    let applied = roll(&shell, QUICK.into_iter().chain(["--yes"])).expect(0);
    assert_eq!(applied.stderr.matches("draining ").count(), old.len(), "{applied}");
    assert!(instances(&shell).iter().all(|id| !old.contains(id)), "{applied}");
    roll(&shell, ["--detailed-exitcode"]).expect(0);
    drop(kubernetes);
}

#[test]
fn what_is_not_there_is_told_before_anything_is_called() {
    let shell = stale();
    let more = ["--cloudonly", "--instance-group", "node-eu-west-1a", "--role", "nods"];
    let refused = roll(&shell, more).expect(3);
    insta::assert_snapshot!(refused);
}

#[test]
fn without_a_way_to_the_api_the_cloud_alone_is_proposed() {
    let shell = stale();
    let refused = roll(&shell, []).expect(3);
    assert!(refused.stderr.contains("--cloudonly"), "{refused}");
    let unreachable = FakeKubernetes::start().kubeconfig("demo.example.com");
    shell.write("kubeconfig", unreachable);
    let refused = roll(&shell, ["--kubeconfig", "kubeconfig"]).expect(1);
    assert!(refused.stderr.contains("--cloudonly"), "{refused}");
}

#[test]
fn whoever_is_asked_and_says_no_or_nothing_stops_it() {
    for answer in ["n\n", ""] {
        let shell = stale();
        let old = instances(&shell);
        let more = ["--cloudonly", "--yes", "--interactive"];
        let ran = shell.feed(ROLL.into_iter().chain(QUICK).chain(more), answer).expect(5);
        let new = instances(&shell);
        let kept = old.iter().filter(|id| new.contains(id)).count();
        assert_eq!(kept, old.len() - 1, "one is replaced, and then somebody is asked: {ran}");
        roll(&shell, QUICK.into_iter().chain(["--cloudonly", "--yes"])).expect(0);
    }
    let shell = stale();
    let more = ["--cloudonly", "--yes", "--interactive"];
    shell.feed(ROLL.into_iter().chain(QUICK).chain(more), "maybe\ny\na\n").expect(0);
}

#[test]
fn an_interrupt_stops_it_in_a_safe_state_and_the_next_run_goes_on() {
    let shell = stale();
    let old = instances(&shell);
    let more = ["--cloudonly", "--yes", "--control-plane-interval", "60s"];
    let child = shell.start(ROLL.into_iter().chain(more));
    let deadline = Instant::now() + Duration::from_mins(1);
    while instances(&shell).iter().all(|id| old.contains(id)) {
        assert!(Instant::now() < deadline, "nothing is replaced");
        thread::sleep(Duration::from_millis(20));
    }
    interrupt(&child);
    let ran = shell.finish(child).expect(5);
    assert!(ran.stdout.contains("Stopped. Run it again"), "{ran}");
    roll(&shell, QUICK.into_iter().chain(["--cloudonly", "--yes"])).expect(0);
    assert!(instances(&shell).iter().all(|id| !old.contains(id)));
}

#[test]
fn the_second_interrupt_leaves_at_once_and_says_what_is_in_doubt() {
    let slow = json!([{
        "operation": "TerminateInstanceInAutoScalingGroup",
        "effect": { "slow": { "milliseconds": 30_000 } },
    }]);
    let shell = stale();
    let mut account = shell.account();
    account["faults"] = slow;
    let shell = shell.with_account(&account);
    let old = instances(&shell);
    let more = ["--cloudonly", "--yes"];
    let child = shell.start(ROLL.into_iter().chain(QUICK).chain(more));
    let deadline = Instant::now() + Duration::from_mins(1);
    while shell.account()["faults"][0]["hit"].as_u64().unwrap_or_default() == 0 {
        assert!(Instant::now() < deadline, "nothing is terminated");
        thread::sleep(Duration::from_millis(20));
    }
    let begun = Instant::now();
    interrupt(&child);
    thread::sleep(Duration::from_millis(200));
    interrupt(&child);
    let ran = shell.finish(child).expect(5);
    assert!(begun.elapsed() < Duration::from_secs(10), "it does not leave\n{ran}");
    assert!(ran.stderr.contains("left at once"), "{ran}");
    let in_doubt = |id: &String| {
        let told = format!("in doubt: {id} of control-plane-eu-west-1a may be terminated");
        ran.stderr.contains(&told)
    };
    assert_eq!(old.iter().filter(|id| in_doubt(id)).count(), 1, "{ran}");
    assert_eq!(ran.stderr.matches("in doubt: ").count(), 1, "{ran}");

    let mut account = shell.account();
    account["faults"] = json!([]);
    let shell = shell.with_account(&account);
    shell.run(["lock", "break", "demo.example.com"]);
    roll(&shell, QUICK.into_iter().chain(["--cloudonly", "--yes"])).expect(0);
    assert!(instances(&shell).iter().all(|id| !old.contains(id)));
    assert_eq!(progress(&shell), Value::Null);
}

#[test]
fn a_run_that_is_killed_is_taken_over_once_its_lease_is() {
    let (shell, kubernetes) = api(stale());
    let old = instances(&shell);
    let mut child = shell.start(ROLL.into_iter().chain(QUICK).chain(["--yes"]));
    let deadline = Instant::now() + Duration::from_mins(1);
    while progress(&shell).is_null() {
        assert!(Instant::now() < deadline, "nothing is begun");
        thread::sleep(Duration::from_millis(10));
    }
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    roll(&shell, QUICK.into_iter().chain(["--yes"])).expect(6);
    shell.run(["lock", "break", "demo.example.com"]).expect(0);
    let planned = roll(&shell, []).expect(0);
    assert!(planned.stdout.contains("An earlier rolling update is not through."), "{planned}");
    roll(&shell, QUICK.into_iter().chain(["--yes"])).expect(0);
    assert!(instances(&shell).iter().all(|id| !old.contains(id)));
    assert_eq!(progress(&shell), Value::Null);
    drop(kubernetes);
}

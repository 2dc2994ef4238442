//! The IAM tasks on the embedded account: what they make, what they leave alone, what they refuse.

mod attachment;
mod compute;
mod existing;
mod managed_policy;
mod oidc_provider;
mod profile;
mod role;
mod role_policy;
mod trouble;

use cloudup_engine::{
    Adder, Entry, Graph, Lifecycle, Options, Overrides, Registry, Report, Source, TaskId,
    lifecycle::Sync,
};
use cloudup_tasks::{
    cloud::{Aws, CloudWriter},
    iam::Owner,
    local::{Account, State},
    policy::{Document, Principal, Statement},
};
use serde_json::{Value, json};

const CLUSTER: &str = "example.com";
const ROLE: &str = "nodes.example.com";

/// What a test adds to a graph.
trait Build: Fn(&mut Adder<'_, Aws>) {}
impl<F: Fn(&mut Adder<'_, Aws>)> Build for F {}

fn owner() -> Owner {
    Owner::new(CLUSTER)
}

/// An account seeded so, recording.
fn account(seed: &Value) -> Account {
    Account::in_memory(State::from_value(seed).expect("the seed is sound")).recording()
}

fn graph(lifecycle: impl Lifecycle + 'static, overrides: &str, build: impl Build) -> Graph<Aws> {
    let mut graph = Graph::new();
    let source = Source::Flag("--lifecycle-overrides".into());
    graph.overrides(Overrides::parse(overrides, &source, &Registry::default()).unwrap());
    build(&mut graph.under(lifecycle, Source::Default));
    graph
}

async fn plan(account: &Account, build: impl Build) -> Report {
    plan_under(Sync, account, build).await
}

async fn plan_under(
    lifecycle: impl Lifecycle + 'static,
    account: &Account,
    build: impl Build,
) -> Report {
    let graph = graph(lifecycle, "", build);
    graph.plan(account.reader(), &Options::default(), |_| ()).await.unwrap()
}

async fn apply(account: &Account, build: impl Build) -> Report {
    apply_with(account, "", build).await
}

async fn apply_with(account: &Account, overrides: &str, build: impl Build) -> Report {
    // One at a time, so that calls come in one order.
    let options = Options { concurrency: 1, ..Options::default() };
    graph(Sync, overrides, build).apply(account, &options, |_| ()).await.unwrap()
}

/// Applies, and expects everything to go well, and nothing to be left to do.
async fn converge(account: &Account, build: impl Build) -> Vec<String> {
    let before = account.journal().calls.len();
    let planned = plan(account, &build).await;
    let report = apply(account, &build).await;
    assert!(report.succeeded(), "{report:#?}");
    let did = |report: &Report| -> Vec<(TaskId, _)> {
        report.changes().map(|entry| (entry.task.clone(), entry.change)).collect()
    };
    assert_eq!(did(&planned), did(&report), "what was planned was not what was done");
    let writes = writes_since(account, before);
    let again = plan(account, &build).await;
    assert!(again.changes().next().is_none(), "{again:#?}");
    writes
}

/// The writing calls, in order: `CreateRole nodes`.
fn writes_since(account: &Account, before: usize) -> Vec<String> {
    let journal = account.journal();
    let calls = journal.calls.iter().skip(before).filter(|call| call.writes);
    calls.map(|call| format!("{} {}", call.operation, call.resource)).collect()
}

fn writes(account: &Account) -> Vec<String> {
    writes_since(account, 0)
}

/// The only entry that failed, with its error and hint on one line.
fn failure(report: &Report) -> String {
    let failures: Vec<_> = report.failures().collect();
    let [Entry { error: Some(error), .. }] = failures.as_slice() else {
        panic!("one failure expected: {report:#?}");
    };
    let hint = error.hint.as_ref().map(|hint| format!(" [{hint}]")).unwrap_or_default();
    format!("{error}{hint}")
}

fn notes(report: &Report) -> Vec<String> {
    report.entries.iter().flat_map(|entry| entry.notes.clone()).collect()
}

fn trust(service: &str) -> Document {
    Document::new([Statement::allow("Trust")
        .actions("sts:AssumeRole")
        .principal(Principal::service(service))])
}

fn ec2() -> Document {
    trust("ec2.amazonaws.com")
}

/// A document that allows these actions on everything.
fn allowing(actions: &[&str]) -> Document {
    Document::new([Statement::allow("A").actions(actions.to_vec()).resources("*")])
}

/// The tags of what the cluster owns.
fn owned(name: &str) -> Value {
    json!(owner().tags(name))
}

/// A role in a seed, to which more may be said.
fn role(tags: &Value) -> Value {
    json!({
        "name": ROLE,
        "assumeRolePolicyDocument": ec2(),
        "tags": tags,
    })
}

fn with(mut value: Value, more: &Value) -> Value {
    let members = more.as_object().expect("an object").clone();
    value.as_object_mut().expect("an object").extend(members);
    value
}

/// Managed policies of the account with these names.
fn managed(names: &[&str]) -> Value {
    let policies =
        names.iter().map(|name| json!({ "arn": arn(name), "document": allowing(&["s3:*"]) }));
    policies.collect()
}

fn arn(name: &str) -> String {
    format!("arn:aws:iam::123456789012:policy/{name}")
}

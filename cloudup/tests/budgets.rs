//! Updates of clusters whose roles have no room for their policies, on the embedded account.

use std::{collections::BTreeSet, fmt::Write as _, sync::Arc};

use cloudup::{
    dump::{Dump, dump},
    manifest::{Cluster, Manifest},
    overflow,
    update::{Update, UpdateError, UpdateOptions, UpdateReport},
};
use cloudup_engine::{Entry, Options, Outcome, Source};
use cloudup_tasks::{
    cloud::{CloudReader, CloudWriter},
    local::{Account, State},
    snapshot::Snapshot,
};
use serde_json::{Value, json};

const HEAD: &str = "
apiVersion: kops.k8s.io/v1alpha2
kind: Cluster
metadata:
  name: demo.example.com
ANNOTATIONSspec:
  cloudProvider: aws
  configBase: s3://state/demo.example.com
  etcdClusters:
  - name: main
    etcdMembers: [{ name: a, instanceGroup: control-plane-a }]
  subnets: [{ name: a, zone: eu-west-1a, type: Public, cidr: 172.20.32.0/19 }]
  networkCIDR: 172.20.0.0/16
  topology: { dns: { type: None } }
";

const NODES: &str = "nodes.demo.example.com";
const MASTERS: &str = "masters.demo.example.com";

fn group(name: &str, role: &str) -> String {
    format!(
        "---
apiVersion: kops.k8s.io/v1alpha2
kind: InstanceGroup
metadata:
  name: {name}
  labels: {{ kops.k8s.io/cluster: demo.example.com }}
spec: {{ role: {role}, image: ami-12345678, machineType: m5.large, subnets: [a] }}
"
    )
}

fn text(annotations: &str, more: &str) -> String {
    let annotations = if annotations.is_empty() {
        String::new()
    } else {
        format!("  annotations:\n    {annotations}\n")
    };
    let head = HEAD.replace("ANNOTATIONS", &annotations);
    format!("{head}{more}{}{}", group("control-plane-a", "Master"), group("nodes", "Node"))
}

fn cluster(annotations: &str, more: &str) -> Cluster {
    let text = text(annotations, more);
    let manifest =
        Manifest::read(&[("cluster.yaml", text)]).unwrap_or_else(|errors| panic!("{errors}"));
    manifest.clusters.into_iter().next().expect("there is a cluster")
}

const MANAGED: &str = "cloudup/policy-overflow: managed";

/// A statement that shares no action and no resource with others.
fn far_apart(name: &str, index: usize) -> Value {
    json!({
        "Sid": format!("{name}{index:03}"),
        "Effect": "Allow",
        "Action": format!("s3:{name}{index:03}"),
        "Resource": format!("arn:aws:s3:::{name}-{index:03}/{}", "x".repeat(60)),
    })
}

/// A statement about one resource and one action of its own, that merges with its like.
fn alike(index: usize) -> Value {
    json!({ "Effect": "Allow", "Action": format!("sqs:Do{index:03}"), "Resource": "*" })
}

/// What the manifest adds to each role.
fn adding(parts: &[(&str, Vec<Value>)]) -> String {
    let mut lines = String::from("  additionalPolicies:\n");
    for (role, statements) in parts {
        writeln!(lines, "    {role}: '{}'", json!(statements)).unwrap();
    }
    lines
}

fn large(role: &str, count: usize) -> String {
    adding(&[(role, (0..count).map(|index| far_apart("Part", index)).collect())])
}

fn account_with(more: &Value) -> Arc<Account> {
    let mut seed = json!({
        "accountId": "123456789012",
        "region": "eu-west-1",
        "managedPolicies": [{ "arn": "arn:aws:iam::123456789012:policy/logs" }],
    });
    let members = more.as_object().expect("an object").clone();
    seed.as_object_mut().expect("an object").extend(members);
    Arc::new(Account::in_memory(State::from_value(&seed).expect("a sound state")).recording())
}

fn account() -> Arc<Account> {
    account_with(&json!({}))
}

async fn try_to_prepare(account: &Arc<Account>, cluster: &Cluster) -> Result<Update, UpdateError> {
    let options = UpdateOptions::default();
    Update::prepare(cluster.clone(), options, CloudWriter::reader(&**account)).await
}

async fn refusal(account: &Arc<Account>, cluster: &Cluster) -> String {
    try_to_prepare(account, cluster).await.expect_err("there is no room").to_string()
}

async fn plan(account: &Arc<Account>, cluster: &Cluster) -> UpdateReport {
    let update = try_to_prepare(account, cluster).await.unwrap_or_else(|error| panic!("{error}"));
    let cloud = Snapshot::of_writer(account.clone());
    update.plan(cloud.reader(), &Options::default(), |_| ()).await.expect("a sound graph")
}

/// Applies what was planned, after which there is nothing to do.
async fn converge(account: &Arc<Account>, cluster: &Cluster) -> UpdateReport {
    let planned = plan(account, cluster).await;
    let update = try_to_prepare(account, cluster).await.unwrap_or_else(|error| panic!("{error}"));
    let cloud = Snapshot::of_writer(account.clone());
    let done = update.apply(&cloud, &Options::default(), |_| ()).await.expect("a sound graph");
    assert!(done.report.succeeded(), "{:#?}", done.report);
    assert_eq!(changes(&planned), changes(&done), "what was planned was not what was done");
    let again = plan(account, cluster).await;
    assert_eq!(changes(&again), "", "there is nothing left to do");
    done
}

/// What is changed, a line each.
fn changes(report: &UpdateReport) -> String {
    let mut lines = String::new();
    for Entry { task, change, .. } in report.report.changes() {
        writeln!(lines, "{task}: {change:?}").unwrap();
    }
    lines
}

/// What is said of IAM: the account has no network, and nobody gives templates user data.
fn notices(report: &UpdateReport) -> Vec<String> {
    let notices = report.notices.iter().map(ToString::to_string);
    notices.filter(|notice| !notice.contains("launch templates")).collect()
}

async fn owned(account: &Account, cluster: &Cluster) -> Dump {
    let reader: &dyn CloudReader = account;
    dump(reader, cluster.name(), &cluster.groups).await.expect("the account answers")
}

fn operations(account: &Account) -> BTreeSet<&'static str> {
    account.journal().calls.iter().map(|call| call.operation).collect()
}

/// The calls that tell where the cluster is, how much room there is, and what is left over.
const QUESTIONS: [&str; 5] =
    ["GetAccountSummary", "GetCallerIdentity", "ListInstanceProfiles", "ListPolicies", "ListRoles"];

#[tokio::test]
async fn all_roles_without_room_are_refused_with_what_takes_it_before_a_task_calls_anything() {
    let both = |count| {
        let part = |name| (0..count).map(|index| far_apart(name, index)).collect();
        adding(&[("node", part("Part")), ("master", part("Other"))])
    };
    let account = account();
    let told = refusal(&account, &cluster("", &both(90))).await;
    assert!(told.contains(NODES) && told.contains(MASTERS), "{told}");
    assert!(told.contains("(additionalPolicies)"), "{told}");
    assert!(told.contains(overflow::ANNOTATION), "{told}");
    insta::assert_snapshot!(told);
    // A role that has room is not told.
    let told = refusal(&account, &cluster("", &large("node", 90))).await;
    assert!(told.contains(NODES) && !told.contains(MASTERS), "{told}");
    assert_eq!(operations(&account), BTreeSet::from(QUESTIONS));
}

#[tokio::test]
async fn what_managed_policies_do_not_hold_either_is_refused_as_early() {
    let account = account_with(&json!({ "quotas": { "attachedPoliciesPerRole": 2 } }));
    let told = refusal(&account, &cluster(MANAGED, &large("node", 150))).await;
    assert!(told.contains("managed policies do not hold it either"), "{told}");
    assert_eq!(operations(&account), BTreeSet::from(QUESTIONS));
}

#[tokio::test]
async fn a_role_that_is_left_to_others_need_not_fit() {
    let account = account();
    let options = UpdateOptions {
        overrides: vec![(
            Source::Flag("--lifecycle-overrides".into()),
            "IAMRolePolicy=ExistsAndWarnIfChanges".to_owned(),
        )],
        ..UpdateOptions::default()
    };
    let wanted = cluster("", &large("node", 90));
    let prepared = Update::prepare(wanted, options, CloudWriter::reader(&*account)).await;
    assert!(prepared.is_ok(), "{prepared:?}");
}

#[tokio::test]
async fn what_fits_only_in_fewer_words_is_said_in_fewer_with_a_notice() {
    let account = account();
    let wanted = cluster("", &adding(&[("node", (0..150).map(alike).collect())]));
    let done = converge(&account, &wanted).await;
    let told = notices(&done);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].starts_with("what the manifest adds to role nodes.demo.example.com"),
        "{told:?}"
    );
    assert!(told[0].contains("fewer characters"), "{told:?}");
    let there = owned(&account, &wanted).await;
    assert_eq!(there.managed_policies.len(), 0);
    let policy = &there.inline_policies[&format!("{NODES}/additional.{NODES}")];
    let actions = |statement: &Value| statement["Action"].as_array().map_or(1, Vec::len);
    let said = policy["Statement"].as_array().expect("statements").iter().map(actions);
    assert_eq!(said.sum::<usize>(), 150, "{policy}");

    // With less there is no need, and nothing is merged.
    let short = cluster("", &adding(&[("node", (0..20).map(alike).collect())]));
    let done = converge(&account, &short).await;
    assert_eq!(notices(&done), [] as [&str; 0]);
    let there = owned(&account, &short).await;
    let policy = &there.inline_policies[&format!("{NODES}/additional.{NODES}")];
    assert_eq!(policy["Statement"].as_array().map(Vec::len), Some(20));
}

#[tokio::test]
async fn what_spills_is_planned_made_and_then_there_is_nothing_to_do() {
    let account = account();
    let wanted = cluster(MANAGED, &large("node", 90));
    let done = converge(&account, &wanted).await;
    insta::assert_snapshot!(format!("{}{}", changes(&done), notices(&done).join("\n")));
    let there = owned(&account, &wanted).await;
    assert!(there.managed_policies.len() > 1);
    for (arn, policy) in &there.managed_policies {
        assert!(arn.contains(":policy/cloudup/demo.example.com/overflow-"), "{arn}");
        assert_eq!(policy.tags["kubernetes.io/cluster/demo.example.com"], "owned");
    }
    let attached: Vec<_> =
        there.policy_attachments.iter().map(|one| (one.role.as_str(), &one.policy_arn)).collect();
    let expected: Vec<_> = there.managed_policies.keys().map(|arn| (NODES, arn)).collect();
    assert_eq!(attached, expected);
    let inline: Vec<_> = there.inline_policies.keys().map(String::as_str).collect();
    assert_eq!(inline, [format!("{MASTERS}/{MASTERS}")], "what the manifest adds goes as a whole");
    assert_eq!(sids(&there), (0..90).map(|index| format!("Part{index:03}")).collect());
}

/// The Sids that the manifest gave, wherever they are.
fn sids(dump: &Dump) -> BTreeSet<String> {
    let managed = dump.managed_policies.values().map(|managed| &managed.policy);
    let statements = dump
        .inline_policies
        .values()
        .chain(managed)
        .filter_map(|policy| policy["Statement"].as_array());
    let sids = statements.flatten().filter_map(|statement| statement["Sid"].as_str());
    sids.filter(|sid| sid.starts_with("Part")).map(str::to_owned).collect()
}

#[tokio::test]
async fn what_fits_again_is_inline_again_and_nothing_is_left_over() {
    // Of other managed policies nothing is said: the one attached by hand stays all the time.
    let logs = "arn:aws:iam::123456789012:policy/logs";
    for annotation in ["", MANAGED] {
        let account = account();
        let wanted = cluster(MANAGED, &large("node", 90));
        converge(&account, &wanted).await;
        CloudWriter::iam(&*account).attach_role_policy(NODES, logs).await.unwrap();
        assert_eq!(changes(&plan(&account, &wanted).await), "");

        let before = account.journal().moments.len();
        let small = cluster(annotation, &large("node", 20));
        converge(&account, &small).await;
        let there = owned(&account, &small).await;
        assert_eq!(there.managed_policies.len(), 0);
        assert!(account.state().unwrap().managed_policies.iter().all(|one| one.arn == logs));
        let attached: Vec<_> = there.policy_attachments.iter().map(|one| &one.policy_arn).collect();
        assert_eq!(attached, [logs]);
        assert_eq!(sids(&there), (0..20).map(|index| format!("Part{index:03}")).collect());
        // What stays was there all along.
        for moment in account.journal().moments.iter().skip(before) {
            let role = &moment.roles[NODES];
            let managed =
                role.attached_policies.iter().filter_map(|arn| moment.managed_policies.get(arn));
            let texts: String = role
                .inline_policies
                .values()
                .chain(managed.map(|policy| &policy.document))
                .cloned()
                .collect();
            for index in 0..20 {
                assert!(texts.contains(&format!("s3:Part{index:03}")), "{:?}", moment.after);
            }
        }
    }
}

#[tokio::test]
async fn without_the_annotation_what_still_does_not_fit_is_refused_and_stays() {
    let account = account();
    converge(&account, &cluster(MANAGED, &large("node", 90))).await;
    let writes = account.journal().writes().count();
    refusal(&account, &cluster("", &large("node", 90))).await;
    assert_eq!(account.journal().writes().count(), writes);
}

#[tokio::test]
async fn the_managed_policies_of_a_role_that_goes_go_with_it() {
    let account = account();
    converge(&account, &cluster(MANAGED, &large("node", 90))).await;
    let mut without = cluster(MANAGED, "");
    without.groups.retain(|group| group.metadata.name != "nodes");
    converge(&account, &without).await;
    let there = owned(&account, &without).await;
    assert_eq!(there.roles.keys().collect::<Vec<_>>(), [MASTERS]);
    assert_eq!(there.managed_policies.len(), 0);
}

#[tokio::test]
async fn the_accounts_quotas_decide() {
    let wanted = cluster("", &large("node", 20));
    let small = account_with(&json!({ "quotas": { "rolePolicySize": 2_000 } }));
    let told = refusal(&small, &wanted).await;
    assert!(told.contains("the account allows 2000"), "{told}");
    let spilled = cluster(MANAGED, &large("node", 20));
    converge(&small, &spilled).await;
    assert_ne!(owned(&small, &spilled).await.managed_policies.len(), 0);

    let wanted = cluster(MANAGED, &large("node", 90));
    let large = account_with(&json!({ "quotas": { "rolePolicySize": 30_000 } }));
    converge(&large, &wanted).await;
    assert_eq!(owned(&large, &wanted).await.managed_policies.len(), 0);

    // Managed policies are as large as the account allows, too.
    let counts = [3_000, 20_000].map(|policy_size| async move {
        let wanted = cluster(MANAGED, &self::large("node", 90));
        let account = account_with(&json!({ "quotas": { "policySize": policy_size } }));
        converge(&account, &wanted).await;
        owned(&account, &wanted).await.managed_policies.len()
    });
    let [small, large] = counts;
    let (small, large) = (small.await, large.await);
    assert!(small > 3 && large == 1, "{small} {large}");
}

#[test]
fn annotations_that_say_nothing_are_mistakes_at_their_place() {
    let wrong = [
        "cloudup/policy-overflow: manage",
        "cloudup/policy-overflow: \"yes\"",
        "cloudup/policy-overflow: \"\"",
        "cloudup/policy-overflows: managed",
        "cloudup/colour: red",
    ];
    let mut told = String::new();
    for annotation in wrong {
        let errors = Manifest::read(&[("cluster.yaml", text(annotation, ""))]).unwrap_err();
        writeln!(told, "{annotation}\n{errors}\n").unwrap();
    }
    insta::assert_snapshot!(told);
    for right in [MANAGED, "cloudup/policy-overflow: refuse", "team/colour: red"] {
        cluster(right, "");
    }
}

/// What may not be listed or read does not keep us from the rest.
#[tokio::test]
async fn left_over_policies_that_may_not_be_listed_are_worth_a_word() {
    let account = account();
    converge(&account, &cluster(MANAGED, &large("node", 90))).await;
    let fault = json!({ "operation": "ListPolicies", "effect": "deny" });
    account.add_fault(serde_json::from_value(fault).unwrap()).unwrap();
    let small = cluster(MANAGED, &large("node", 20));
    let update = try_to_prepare(&account, &small).await.unwrap_or_else(|error| panic!("{error}"));
    let cloud = Snapshot::of_writer(account.clone());
    let done = update.apply(&cloud, &Options::default(), |_| ()).await.unwrap();
    assert!(done.report.succeeded(), "{:#?}", done.report);
    assert!(done.report.entries.iter().all(|entry| entry.outcome != Outcome::Warned));
    let told = notices(&done);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("managed policies may not be listed"), "{told:?}");
}

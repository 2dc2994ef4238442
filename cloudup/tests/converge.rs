//! Whatever a manifest says, and whatever was there before: an update does what its plan said, and
//! then there is nothing left to do.

use std::sync::Arc;

use cloudup::{
    manifest::{Cluster, Manifest},
    update::{Update, UpdateOptions, UpdateReport},
};
use cloudup_engine::{ChangeKind, Mode, Options, TaskId};
use cloudup_tasks::{
    cloud::CloudWriter,
    local::{Account, State},
    snapshot::Snapshot,
};
use proptest::prelude::*;
use serde_json::json;

/// What a manifest may say, as far as it matters to instances.
#[derive(Clone, Debug)]
struct Wish {
    registry: bool,
    labels: bool,
    boundary: Option<&'static str>,
    external: Option<Vec<&'static str>>,
    additional: Option<&'static str>,
    hops: u8,
    groups: Vec<(&'static str, &'static str, bool)>,
}

fn wishes() -> impl Strategy<Value = Wish> {
    let groups = [
        ("control-plane-a", "Master", false),
        ("nodes", "Node", false),
        ("nodes", "Node", true),
        ("special", "Node", true),
        ("api", "APIServer", false),
        ("jump", "Bastion", false),
    ];
    let groups = prop::sample::subsequence(groups.to_vec(), 1..=groups.len());
    let external = prop::sample::subsequence(vec!["audit", "logs", "metrics"], 0..=3);
    let boundary = prop::option::of(prop::sample::select(vec!["boundary", "narrower"]));
    let additional = prop::option::of(prop::sample::select(vec![
        r#"[{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*"}]"#,
        r#"[{"Sid":"All","Effect":"Deny","NotAction":"sqs:*","Resource":"*"}]"#,
        "[]",
    ]));
    (any::<(bool, bool)>(), boundary, prop::option::of(external), additional, 1..3u8, groups)
        .prop_map(|((registry, labels), boundary, external, additional, hops, mut groups)| {
            groups.dedup_by_key(|(name, _, _)| *name);
            Wish { registry, labels, boundary, external, additional, hops, groups }
        })
}

const POLICIES: &str = "arn:aws:iam::123456789012:policy";

impl Wish {
    fn cluster(&self) -> Cluster {
        let boundary = self.boundary.map(|name| format!("{POLICIES}/{name}"));
        let external = self.external.as_ref().map(|names| {
            let arns: Vec<_> = names.iter().map(|name| format!("{POLICIES}/{name}")).collect();
            json!({ "node": arns })
        });
        let cluster = json!({
            "apiVersion": "kops.k8s.io/v1alpha2",
            "kind": "Cluster",
            "metadata": { "name": "demo.example.com" },
            "spec": {
                "cloudProvider": "aws",
                "configBase": "s3://state/demo.example.com",
                "etcdClusters": [],
                "subnets": [{ "name": "a", "zone": "eu-west-1a", "type": "Public", "cidr": "172.20.32.0/19" }],
                "networkCIDR": "172.20.0.0/16",
                "iam": { "allowContainerRegistry": self.registry, "permissionsBoundary": boundary },
                "cloudLabels": if self.labels { json!({ "team": "red" }) } else { json!({}) },
                "externalPolicies": external,
                "additionalPolicies": self.additional.map(|text| json!({ "node": text })),
            },
        });
        let groups = self.groups.iter().map(|(name, role, shared)| {
            let profile = "arn:aws:iam::123456789012:instance-profile/shared-nodes";
            json!({
                "apiVersion": "kops.k8s.io/v1alpha2",
                "kind": "InstanceGroup",
                "metadata": {
                    "name": name,
                    "labels": { "kops.k8s.io/cluster": "demo.example.com" },
                },
                "spec": {
                    "role": role,
                    "image": "ami-12345678",
                    "machineType": "m5.large",
                    "subnets": ["a"],
                    "iam": if *shared { json!({ "profile": profile }) } else { json!({}) },
                    "instanceMetadata": { "httpPutResponseHopLimit": self.hops },
                },
            })
        });
        // JSON is YAML too.
        let documents: Vec<_> = std::iter::once(cluster.clone()).chain(groups).collect();
        let text: Vec<_> = documents.iter().map(ToString::to_string).collect();
        let manifest = Manifest::read(&[("cluster.yaml", text.join("\n---\n"))])
            .unwrap_or_else(|errors| panic!("{errors}"));
        manifest.clusters.into_iter().next().expect("there is a cluster")
    }
}

fn account() -> Arc<Account> {
    let named = ["audit", "boundary", "logs", "metrics", "narrower"];
    let policies = named.map(|name| json!({ "arn": format!("{POLICIES}/{name}") }));
    let state = State::from_value(&json!({
        "accountId": "123456789012",
        "region": "eu-west-1",
        "hostedZones": [{ "id": "Z1", "name": "example.com.", "private": false }],
        "instanceProfiles": [{ "name": "shared-nodes", "role": { "name": "shared" } }],
        "managedPolicies": policies,
    }));
    Arc::new(Account::in_memory(state.expect("a sound state")))
}

async fn run(account: &Arc<Account>, wish: &Wish, prune: bool, mode: Mode) -> UpdateReport {
    let cloud = Snapshot::of_writer(account.clone());
    let options = UpdateOptions { prune, ..UpdateOptions::default() };
    let update = Update::prepare(wish.cluster(), options, cloud.reader())
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    let options = Options::default();
    let report = match mode {
        Mode::Plan => update.plan(cloud.reader(), &options, |_| ()).await,
        Mode::Apply => update.apply(&cloud, &options, |_| ()).await,
    };
    let report = report.expect("a sound graph");
    let failed: Vec<_> = report.report.failures().collect();
    assert!(report.report.succeeded(), "{failed:#?}");
    report
}

fn changes(report: &UpdateReport) -> Vec<(TaskId, ChangeKind)> {
    report.report.changes().map(|entry| (entry.task.clone(), entry.change)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_update_does_what_its_plan_said_and_leaves_nothing_to_do(
        before in wishes(),
        after in wishes(),
        prune in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let account = account();
            run(&account, &before, false, Mode::Apply).await;
            let planned = run(&account, &after, prune, Mode::Plan).await;
            let done = run(&account, &after, prune, Mode::Apply).await;
            assert_eq!(changes(&planned), changes(&done), "what was said was done");
            assert_eq!(planned.access, done.access);
            let again = run(&account, &after, prune, Mode::Plan).await;
            assert_eq!(changes(&again), [], "there is nothing left to do");
            assert!(again.access.is_empty());
        });
    }
}

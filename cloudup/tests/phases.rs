//! What becomes of each phase's tasks in a run that is restricted to one phase, or to none, on
//! accounts that have come so far.

use std::{collections::BTreeMap, fmt::Write as _, sync::Arc};

use cloudup::{
    kinds,
    manifest::Manifest,
    phase::Phase,
    update::{Update, UpdateOptions, UpdateReport},
};
use cloudup_engine::{ChangeKind, Mode, Options, Outcome};
use cloudup_tasks::{
    cloud::CloudWriter as _,
    local::{Account, State},
    snapshot::Snapshot,
};
use serde_json::json;

const MANIFEST: &str = "
apiVersion: kops.k8s.io/v1alpha2
kind: Cluster
metadata: { name: demo.example.com }
spec:
  cloudProvider: aws
  configBase: s3://state/demo.example.com
  subnets:
  - { name: a, zone: eu-west-1a, type: Private }
  - { name: utility-a, zone: eu-west-1a, type: Utility }
  topology: { dns: { type: None } }
---
apiVersion: kops.k8s.io/v1alpha2
kind: InstanceGroup
metadata: { name: nodes, labels: { kops.k8s.io/cluster: demo.example.com } }
spec:
  role: Node
  image: ami-12345678
  machineType: t3.medium
  minSize: 1
  subnets: [a]
";

const PHASES: [Option<Phase>; 4] =
    [Some(Phase::Network), Some(Phase::Security), Some(Phase::Cluster), None];

async fn run(account: &Arc<Account>, phase: Option<Phase>, mode: Mode) -> UpdateReport {
    let manifest = Manifest::read(&[("cluster.yaml", MANIFEST)]).expect("a sound manifest");
    let cluster = manifest.clusters.into_iter().next().expect("there is a cluster");
    let cloud = Snapshot::of_writer(account.clone());
    let asked = UpdateOptions { phase, ..UpdateOptions::default() };
    let update = Update::prepare(cluster, asked, cloud.reader()).await.expect("it is prepared");
    let options = Options::default();
    let report = match mode {
        Mode::Plan => update.plan(cloud.reader(), &options, |_| ()).await,
        Mode::Apply => update.apply(&cloud, &options, |_| ()).await,
    };
    report.expect("a sound graph")
}

/// An account in which updates restricted to these phases were made.
async fn after(phases: &[Phase]) -> State {
    let state = State::from_value(&json!({ "region": "eu-west-1" })).expect("a sound state");
    let account = Arc::new(Account::in_memory(state));
    for phase in phases {
        let report = run(&account, Some(*phase), Mode::Apply).await;
        let failures: Vec<_> = report.report.failures().collect();
        assert!(report.report.succeeded(), "{failures:#?}");
    }
    account.state().expect("an account in memory can be read")
}

/// How many tasks of each phase came to what, and why some of them failed.
fn told(report: &UpdateReport) -> String {
    let mut counts = BTreeMap::new();
    let mut reasons: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for entry in &report.report.entries {
        let phase = kinds::phase(entry.task.kind()).expect("every kind has a phase");
        let came = match (&entry.outcome, entry.change) {
            (Outcome::Kept, _) if &*entry.lifecycle == "Ignore" => "ignored",
            (Outcome::Kept, _) => "kept",
            (Outcome::Warned, _) => "warned about",
            (Outcome::Planned | Outcome::Done, ChangeKind::Create) => "created",
            (Outcome::Failed, _) => "failed",
            (Outcome::Blocked { .. }, _) => "blocked",
            other => panic!("{}: {other:?}", entry.task),
        };
        *counts.entry((phase, came, entry.lifecycle.as_ref())).or_insert(0) += 1;
        if let Some(error) = &entry.error {
            reasons.entry(error.to_string()).or_default().push(entry.task.kind());
        }
    }
    let mut told = String::new();
    for ((phase, came, lifecycle), count) in counts {
        writeln!(told, "  {phase}: {count} {came} ({lifecycle})").expect("room");
    }
    for (reason, mut kinds) in reasons {
        kinds.dedup();
        writeln!(told, "  {}: {reason}", kinds.join(", ")).expect("room");
    }
    told
}

#[tokio::test(start_paused = true)]
async fn each_phase_is_worked_on_checked_or_ignored() {
    use Phase::{Cluster, Network, Security};
    let accounts: [(&str, &[Phase]); 4] = [
        ("an empty account", &[]),
        ("an account with the network", &[Network]),
        ("an account with the network and security", &[Network, Security]),
        ("a complete account", &[Network, Security, Cluster]),
    ];
    let mut table = String::new();
    for (account, done) in accounts {
        let before = after(done).await;
        for phase in PHASES {
            let name = phase.map_or("none", Phase::name);
            for mode in [Mode::Plan, Mode::Apply] {
                let copy = Arc::new(Account::in_memory(before.clone()).recording());
                let report = run(&copy, phase, mode).await;
                let writes = copy.journal().writes().count();
                if mode == Mode::Plan {
                    assert_eq!(writes, 0, "a plan writes nothing");
                }
                writeln!(table, "{account}, phase {name}, {mode:?}: {writes} calls that write")
                    .expect("room");
                table += &told(&report);
            }
        }
    }
    insta::assert_snapshot!(table);
}

//! Clusters and instance groups that go, on the embedded account.

mod groups;
mod ownership;
mod phases;
mod trouble;
mod users;

use std::{fmt::Write as _, sync::Arc, time::Duration};

use cloudup::{
    manifest::{Cluster, Manifest},
    removal::{Removal, Target},
    ssh::PublicKey,
    update::{Update, UpdateOptions, UpdateReport},
};
use cloudup_engine::{Options, Retry};
use cloudup_tasks::{
    cloud::{CloudReader, CloudWriter},
    local::{Account, ByName, State},
    snapshot::Snapshot,
};
use serde_json::{Value, json};

pub(crate) const NAME: &str = "demo.example.com";

pub(crate) const TAG: &str = "kubernetes.io/cluster/demo.example.com";

const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJz3W0vI1Wc1dDq9mMZ8Qn7Xz0m2T9iQn2mC1l5b0QzK me@here";

/// A cluster with something of everything that clusters own.
const MANIFEST: &str = "
apiVersion: kops.k8s.io/v1alpha2
kind: Cluster
metadata:
  name: demo.example.com
  annotations: { cloudup/policy-overflow: managed }
spec:
  cloudProvider: aws
  configBase: s3://state/demo.example.com
  etcdClusters:
  - name: main
    etcdMembers: [{ name: a, instanceGroup: control-plane-a }]
  subnets:
  - { name: a, zone: eu-west-1a, type: Private }
  - { name: utility-a, zone: eu-west-1a, type: Utility }
  topology: { dns: { type: None } }
  externalPolicies: { node: [arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore] }
  iam: { useServiceAccountExternalPermissions: true }
  serviceAccountIssuerDiscovery:
    discoveryStore: s3://oidc/demo
    enableAWSOIDCProvider: true
  warmPool: { minSize: 1 }
---
apiVersion: kops.k8s.io/v1alpha2
kind: InstanceGroup
metadata: { name: control-plane-a, labels: { kops.k8s.io/cluster: demo.example.com } }
spec: { role: Master, image: ami-12345678, machineType: m5.large, subnets: [a] }
---
apiVersion: kops.k8s.io/v1alpha2
kind: InstanceGroup
metadata: { name: nodes, labels: { kops.k8s.io/cluster: demo.example.com } }
spec: { role: Node, image: ami-12345678, machineType: m5.large, subnets: [a], minSize: 2, maxSize: 3 }
---
apiVersion: kops.k8s.io/v1alpha2
kind: InstanceGroup
metadata: { name: spot, labels: { kops.k8s.io/cluster: demo.example.com } }
spec:
  role: Node
  image: ami-12345678
  machineType: m5.large
  subnets: [a]
  mixedInstancesPolicy: { instances: [m5.large, m5a.large] }
";

pub(crate) fn cluster() -> Cluster {
    read(MANIFEST)
}

/// The same, whose last group has a security group of somebody else's.
pub(crate) fn cluster_with_override(id: &str) -> Cluster {
    read(&format!("{MANIFEST}  securityGroupOverride: {id}\n"))
}

fn read(text: &str) -> Cluster {
    let manifest = Manifest::read(&[("cluster.yaml", text)]);
    manifest.unwrap_or_else(|errors| panic!("{errors}")).clusters.remove(0)
}

/// An account in which others are, too.
pub(crate) fn others() -> State {
    let theirs = json!({ "kubernetes.io/cluster/other.example.com": "owned" });
    let seed = json!({
        "region": "eu-west-1",
        "pageSize": 2,
        "roles": [
            { "name": "nodes.other.example.com", "tags": theirs },
            { "name": "by-hand.demo.example.com", "tags": { "Name": "by hand" } },
            { "name": "application" },
        ],
        "instanceProfiles": [
            { "name": "nodes.other.example.com", "tags": theirs, "role": { "name": "nodes.other.example.com" } },
            { "name": "by-hand.demo.example.com", "role": { "name": "by-hand.demo.example.com" } },
        ],
        "oidcProviders": [{ "url": "https://oidc.other.example.com", "tags": theirs }],
        "vpcs": [{ "id": "vpc-0a", "cidrBlock": "10.0.0.0/16", "tags": theirs }],
        "subnets": [{ "id": "subnet-0a", "vpcId": "vpc-0a", "availabilityZone": "eu-west-1a", "cidrBlock": "10.0.0.0/24", "tags": theirs }],
        "securityGroups": [{ "id": "sg-0a", "name": "nodes.other.example.com", "vpcId": "vpc-0a", "tags": theirs }],
        "instances": [{ "id": "i-0a", "state": "running", "subnetId": "subnet-0a", "securityGroups": ["sg-0a"], "iamInstanceProfile": "nodes.other.example.com", "tags": theirs }],
        "launchTemplates": [{ "name": "nodes.other.example.com", "versions": [{}], "tags": theirs }],
        "keyPairs": [{ "name": "other", "publicKey": KEY, "tags": theirs }],
    });
    State::from_value(&seed).unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn account(state: &State) -> Arc<Account> {
    Arc::new(Account::in_memory(state.clone()).recording())
}

pub(crate) fn state(account: &Account) -> State {
    account.state().expect("an account in memory can be read")
}

/// Runs to the end; whoever rests is woken at once.
pub(crate) fn at_once<O>(run: impl Future<Output = O>) -> O {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().start_paused(true).build().expect("a runtime").block_on(run)
}

/// The account once the cluster is there.
pub(crate) async fn made(cluster: &Cluster) -> State {
    let account = account(&others());
    let cloud = Snapshot::of_writer(account.clone());
    let ssh_key: PublicKey = KEY.parse().expect("it is a key");
    let options = UpdateOptions { ssh_key: Some(ssh_key), ..UpdateOptions::default() };
    let update = Update::prepare(cluster.clone(), options, cloud.reader()).await;
    let update = update.unwrap_or_else(|error| panic!("{error}"));
    let report = update.apply(&cloud, &Options::default(), |_| ()).await.expect("a sound graph");
    assert!(report.report.succeeded(), "{}", failures(&report));
    state(&account)
}

pub(crate) fn options() -> UpdateOptions {
    UpdateOptions::default()
}

pub(crate) fn overridden(text: &str) -> UpdateOptions {
    let flag = cloudup_engine::Source::Flag("--lifecycle-overrides".into());
    UpdateOptions { overrides: vec![(flag, text.to_owned())], ..options() }
}

/// A plan by somebody who just came.
pub(crate) async fn plan(
    account: &Arc<Account>,
    target: Target<'_>,
    options: &UpdateOptions,
) -> UpdateReport {
    let cloud = Snapshot::of_reader(account.clone() as Arc<dyn CloudReader>);
    let removal = Removal::prepare(target, options, &cloud).await;
    let removal = removal.unwrap_or_else(|error| panic!("{error}"));
    removal.plan(&cloud, &Options::default(), |_| ()).await.expect("a sound graph")
}

/// A removal by somebody who just came and waits ten minutes for what is in use.
pub(crate) async fn remove(
    account: &Arc<Account>,
    target: Target<'_>,
    asked: &UpdateOptions,
) -> UpdateReport {
    let cloud = Snapshot::of_writer(account.clone() as Arc<dyn CloudWriter>);
    let removal = Removal::prepare(target, asked, cloud.reader()).await;
    let removal = removal.unwrap_or_else(|error| panic!("{error}"));
    let retry = Retry { budget: Duration::from_mins(10), ..Retry::default() };
    let options = Options { retry, ..Options::default() };
    removal.apply(&cloud, &options, |_| ()).await.expect("a sound graph")
}

/// What went wrong, a line each.
pub(crate) fn failures(report: &UpdateReport) -> String {
    let mut told = String::new();
    for entry in report.report.failures() {
        let error = entry.error.as_ref().map(ToString::to_string).unwrap_or_default();
        writeln!(told, "{}: {error}", entry.task).expect("a string takes all");
    }
    told
}

/// What an account holds, without what it notes for itself, nor what others may do about it.
pub(crate) fn essence(state: &State) -> Value {
    let blank = State::default();
    let mut essence = json!(State {
        faults: Vec::new(),
        late: blank.late,
        last_id: 0,
        instance_end_looks: 0,
        ..state.clone()
    });
    // A NAT gateway that went is listed for a while.
    let gateways = essence["natGateways"].as_array_mut().expect("a list");
    gateways.retain(|gateway| gateway["state"] != "deleted");
    essence
}

/// The instances that are there, by id.
pub(crate) fn instances(state: &State) -> Vec<String> {
    ByName::iter(&state.instances).map(|instance| instance.id.clone()).collect()
}

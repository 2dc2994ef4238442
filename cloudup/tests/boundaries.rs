//! Permissions boundaries of single roles, on the embedded account.

use std::{collections::BTreeMap, fmt::Write as _, sync::Arc};

use cloudup::{
    boundaries,
    explain::Explanation,
    manifest::{Cluster, Manifest},
    update::{Update, UpdateOptions},
};
use cloudup_engine::Options;
use cloudup_tasks::{
    cloud::CloudWriter,
    local::{Account, State},
    snapshot::Snapshot,
};
use serde_json::json;

const GROUPS: [(&str, &str); 4] =
    [("cp", "Master"), ("api", "APIServer"), ("nodes", "Node"), ("bastions", "Bastion")];

fn text(annotation: &str, boundary: Option<&str>, groups: &[(&str, &str)]) -> String {
    let boundary = json!(boundary);
    let mut text = format!(
        "
apiVersion: kops.k8s.io/v1alpha2
kind: Cluster
metadata:
  name: demo.example.com
  annotations:{annotation}
spec:
  cloudProvider: aws
  configBase: s3://state/demo.example.com
  serviceAccountIssuerDiscovery:
    discoveryStore: s3://discovery/demo.example.com
    enableAWSOIDCProvider: true
  iam:
    permissionsBoundary: {boundary}
    serviceAccountExternalPermissions:
    - {{ name: app, namespace: team, aws: {{ policyARNs: [{}] }} }}
  subnets: [{{ name: a, zone: eu-west-1a, type: Public }}]
",
        arn("reader")
    );
    for (name, role) in groups {
        write!(
            text,
            "---
apiVersion: kops.k8s.io/v1alpha2
kind: InstanceGroup
metadata:
  name: {name}
  labels: {{ kops.k8s.io/cluster: demo.example.com }}
spec: {{ role: {role}, image: ami-12345678, machineType: m5.large, subnets: [a] }}
"
        )
        .unwrap();
    }
    text
}

fn cluster(annotation: &str, boundary: Option<&str>) -> Cluster {
    let manifest = Manifest::read(&[("cluster.yaml", text(annotation, boundary, &GROUPS))]);
    let manifest = manifest.unwrap_or_else(|errors| panic!("{errors}"));
    manifest.clusters.into_iter().next().expect("there is a cluster")
}

fn arn(name: &str) -> String {
    format!("arn:aws:iam::123456789012:policy/{name}")
}

fn account() -> Arc<Account> {
    let policies =
        ["reader", "all", "nodes", "b=,c", "app"].map(|name| json!({ "arn": arn(name) }));
    let state = State::from_value(&json!({
        "hostedZones": [{ "id": "Z1", "name": "example.com." }],
        "managedPolicies": policies,
    }));
    Arc::new(Account::in_memory(state.unwrap_or_else(|error| panic!("{error}"))))
}

/// Applies, and says what bounds each role then, without the path before the policy's name.
async fn bounds(account: &Arc<Account>, cluster: Cluster) -> BTreeMap<String, String> {
    let cloud = Snapshot::of_writer(account.clone());
    let update = Update::prepare(cluster, UpdateOptions::default(), cloud.reader()).await;
    let update = update.unwrap_or_else(|error| panic!("{error}"));
    let done = update.apply(&cloud, &Options::default(), |_| ()).await.unwrap();
    assert!(done.report.succeeded(), "{:#?}", done.report);
    // What explains the roles says the same as what is there.
    let explained = Explanation::of(update.blueprint()).roles.into_iter();
    let explained: BTreeMap<_, _> = explained
        .filter_map(|role| Some((role.name, role.boundary?.arn.rsplit_once('/')?.1.to_owned())))
        .collect();
    let state = account.state().unwrap();
    let found: BTreeMap<_, _> = state
        .roles
        .iter()
        .filter_map(|role| {
            let boundary = role.permissions_boundary.as_ref()?;
            Some((role.name.clone(), boundary.rsplit_once('/')?.1.to_owned()))
        })
        .collect();
    assert_eq!(found, explained);
    let cut = |name: String| name.replace(".demo.example.com", "");
    found.into_iter().map(|(name, boundary)| (cut(name), boundary)).collect()
}

fn written(entries: &[(&str, &str)]) -> String {
    let entry = |(role, policy): &(&str, &str)| match *policy {
        "none" => format!("      {role}=none\n"),
        policy => format!("      {role}={}\n", arn(policy)),
    };
    let entries: String = entries.iter().map(entry).collect();
    format!("\n    {}: |\n{entries}", boundaries::ANNOTATION)
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

#[tokio::test]
async fn each_role_has_the_boundary_that_it_is_given_or_else_that_of_all() {
    let account = account();
    let all = Some(arn("all"));
    let some = written(&[("node", "nodes"), ("bastion", "b=,c"), ("team/app", "app")]);
    let steps = [
        // Set, beside roles that have none.
        (
            some.clone(),
            None,
            map(&[("nodes", "nodes"), ("bastions", "b=,c"), ("app.team.sa", "app")]),
        ),
        // The others get the cluster's.
        (
            some,
            all.clone(),
            map(&[
                ("masters", "all"),
                ("apiservers", "all"),
                ("nodes", "nodes"),
                ("bastions", "b=,c"),
                ("app.team.sa", "app"),
            ]),
        ),
        // Changed, and one that is to have none.
        (
            written(&[
                ("nodes", "app"),
                ("masters", "nodes"),
                ("apiserver", "none"),
                ("team/app", "none"),
            ]),
            all.clone(),
            map(&[("masters", "nodes"), ("nodes", "app"), ("bastions", "all")]),
        ),
        // Removed: what holds for all holds again.
        (
            " {}".to_owned(),
            all,
            map(&[
                ("masters", "all"),
                ("apiservers", "all"),
                ("nodes", "all"),
                ("bastions", "all"),
                ("app.team.sa", "all"),
            ]),
        ),
        (" {}".to_owned(), None, map(&[])),
    ];
    for (annotation, boundary, expected) in steps {
        let cluster = cluster(&annotation, boundary.as_deref());
        assert_eq!(bounds(&account, cluster).await, expected, "{annotation}");
    }
}

#[test]
fn mistakes_are_told_at_their_place_in_the_text() {
    let good = arn("nodes");
    let wrong = [
        format!("node={good} nodes={good}"),
        format!("nods={good} team/ap={good} nodes.demo.example.com={good} app={good}"),
        "node bastion=nowhere apiserver=arn:aws:iam::123456789012:role/nodes node=".to_owned(),
        " ".to_owned(),
    ];
    let mut told = String::new();
    for entries in wrong {
        let annotation = format!("\n    {}: '{entries}'", boundaries::ANNOTATION);
        let read = Manifest::read(&[("cluster.yaml", text(&annotation, None, &GROUPS))]);
        writeln!(told, "{entries}\n{}\n", read.unwrap_err()).unwrap();
    }
    insta::assert_snapshot!(told);
}

#[test]
fn a_role_that_no_group_has_is_worth_a_word() {
    let annotation = written(&[("bastion", "b")]);
    let manifest = Manifest::read(&[("cluster.yaml", text(&annotation, None, &GROUPS[..3]))]);
    let notices = manifest.unwrap_or_else(|errors| panic!("{errors}")).notices;
    let notices: Vec<_> = notices.iter().map(ToString::to_string).collect();
    let told = "cluster.yaml:8:7: \"bastion\" has no effect: no instance group has this role";
    assert!(notices.iter().any(|notice| notice == told), "{notices:#?}");
}

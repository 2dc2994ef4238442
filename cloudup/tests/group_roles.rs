//! Groups with a role for themselves, on the embedded account.

use std::{collections::BTreeSet, fmt::Write as _, sync::Arc};

use cloudup::{
    dump::dump,
    explain::{Explanation, Subject},
    group_roles,
    manifest::{Cluster, Manifest},
    update::{Update, UpdateOptions, UpdateReport},
};
use cloudup_engine::{Options, Outcome};
use cloudup_tasks::{
    cloud::CloudWriter,
    local::{Account, State},
    snapshot::Snapshot,
};
use serde_json::json;

const SHARED: &str = "nodes.demo.example.com";
const OWN: &str = "gpu.nodes.demo.example.com.cloudup";
const STATEMENT: &str =
    r#"[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::models/*"}]"#;

fn arn(name: &str) -> String {
    format!("arn:aws:iam::123456789012:policy/{name}")
}

fn text(groups: &[(&str, &str, &str)]) -> String {
    let mut text = format!(
        "
apiVersion: kops.k8s.io/v1alpha2
kind: Cluster
metadata:
  name: demo.example.com
spec:
  cloudProvider: aws
  configBase: s3://state/demo.example.com
  externalPolicies: {{ node: [{}] }}
  additionalPolicies:
    node: '[{{\"Sid\":\"Shared\",\"Effect\":\"Allow\",\"Action\":\"sqs:*\",\"Resource\":\"*\"}}]'
  iam: {{ allowContainerRegistry: true, permissionsBoundary: {} }}
  subnets: [{{ name: a, zone: eu-west-1a, type: Public }}]
  topology: {{ dns: {{ type: None }} }}
",
        arn("logs"),
        arn("boundary"),
    );
    for (name, annotations, spec) in groups {
        write!(
            text,
            "---
apiVersion: kops.k8s.io/v1alpha2
kind: InstanceGroup
metadata:
  name: {name}
  labels: {{ kops.k8s.io/cluster: demo.example.com }}
  annotations: {{ {annotations} }}
spec: {{ role: Node, image: ami-12345678, machineType: m5.large, subnets: [a]{spec} }}
"
        )
        .unwrap();
    }
    text
}

fn cluster(groups: &[(&str, &str)]) -> Cluster {
    let groups: Vec<_> = groups.iter().map(|(name, given)| (*name, *given, "")).collect();
    let manifest = Manifest::read(&[("cluster.yaml", text(&groups))]);
    let manifest = manifest.unwrap_or_else(|errors| panic!("{errors}"));
    manifest.clusters.into_iter().next().expect("there is a cluster")
}

fn given() -> String {
    format!(
        "{}: '{} {}', {}: '{STATEMENT}'",
        group_roles::EXTERNAL,
        arn("models"),
        arn("logs"),
        group_roles::ADDITIONAL
    )
}

fn account() -> Arc<Account> {
    let policies = ["logs", "models", "boundary"].map(|name| json!({ "arn": arn(name) }));
    let state = State::from_value(&json!({ "managedPolicies": policies }));
    Arc::new(Account::in_memory(state.unwrap_or_else(|error| panic!("{error}"))).recording())
}

async fn apply(account: &Arc<Account>, cluster: Cluster, prune: bool) -> UpdateReport {
    let cloud = Snapshot::of_writer(account.clone());
    let options = UpdateOptions { prune, ..UpdateOptions::default() };
    let update = Update::prepare(cluster, options, cloud.reader()).await;
    let update = update.unwrap_or_else(|error| panic!("{error}"));
    let done = update.apply(&cloud, &Options::default(), |_| ()).await.unwrap();
    assert!(done.report.succeeded(), "{:#?}", done.report);
    done
}

/// The instance profile that a group's launch template names.
fn profile_of(account: &Account, group: &str) -> String {
    let state = account.state().unwrap();
    let name = format!("{group}.demo.example.com");
    let template = state.launch_templates.iter().find(|template| template.name == name);
    let versions = &template.expect("it has a template").versions;
    let newest = versions.last().and_then(Option::as_ref).expect("it has a version");
    newest.iam_instance_profile.clone().expect("it names a profile")
}

fn roles(account: &Account) -> BTreeSet<String> {
    account.state().unwrap().roles.iter().map(|role| role.name.clone()).collect()
}

#[tokio::test]
async fn a_group_that_is_given_more_has_a_role_of_its_own_with_all_that_others_have() {
    let account = account();
    let cluster = cluster(&[("nodes", ""), ("gpu", &given())]);
    apply(&account, cluster.clone(), false).await;
    let state = account.state().unwrap();
    let (own, shared) = (state.roles.get(OWN).unwrap(), state.roles.get(SHARED).unwrap());
    assert_eq!(own.attached_policies, [arn("logs"), arn("models")].into());
    assert_eq!(shared.attached_policies, [arn("logs")].into());
    assert_eq!(own.permissions_boundary, Some(arn("boundary")));
    assert_eq!(own.inline_policies[OWN], shared.inline_policies[SHARED]);
    let additional = &own.inline_policies[&format!("additional.{OWN}")].0;
    assert!(additional.contains("sqs:*") && additional.contains("s3:GetObject"), "{additional}");
    assert!(!shared.inline_policies[&format!("additional.{SHARED}")].0.contains("s3:GetObject"));
    assert_eq!(state.instance_profiles.get(OWN).unwrap().role.as_ref().unwrap().name, OWN);
    assert_eq!([profile_of(&account, "gpu"), profile_of(&account, "nodes")], [OWN, SHARED]);

    // A second time there is nothing to do; and whoever dumps or explains knows the role.
    let again = apply(&account, cluster.clone(), true).await;
    assert!(again.report.is_settled(), "{:#?}", again.report);
    let cloud = Snapshot::of_writer(account.clone());
    let dumped = dump(cloud.reader(), "demo.example.com", &cluster.groups).await.unwrap();
    assert!(dumped.roles.contains_key(OWN) && dumped.instance_profiles.contains_key(OWN));
    let update = Update::prepare(cluster.clone(), UpdateOptions::default(), cloud.reader());
    let explained = Explanation::of(update.await.unwrap().blueprint());
    let role = explained.roles.iter().find(|role| role.name == OWN).expect("it is explained");
    insta::assert_json_snapshot!(json!({
        "because": role.because, "attached": role.attached,
        "additional": role.inline.policies.iter().find(|it| it.name.starts_with("additional.")),
    }));
    assert_eq!(Subject::named(&cluster, "gpu").unwrap(), role.subject);
    assert_eq!(Subject::named(&cluster, OWN).unwrap(), role.subject);
}

#[tokio::test]
async fn a_group_goes_back_without_a_moment_without_permissions() {
    let account = account();
    apply(&account, cluster(&[("nodes", ""), ("gpu", &given())]), false).await;
    let without = || cluster(&[("nodes", ""), ("gpu", "")]);
    // Its instances may still run under the old role.
    let done = apply(&account, without(), false).await;
    assert_eq!(profile_of(&account, "gpu"), SHARED);
    assert!(roles(&account).contains(OWN));
    let left = done.report.entries.iter().filter(|entry| entry.task.name() == OWN);
    let outcomes: Vec<_> = left.map(|entry| entry.outcome.clone()).collect();
    assert!(
        !outcomes.is_empty() && outcomes.iter().all(|it| *it == Outcome::Warned),
        "{outcomes:?}"
    );
    apply(&account, without(), true).await;
    assert_eq!(roles(&account), [SHARED.to_owned()].into());
    let state = account.state().unwrap();
    assert!(state.instance_profiles.get(OWN).is_none());
}

#[tokio::test]
async fn the_role_of_a_group_that_is_gone_goes() {
    let account = account();
    apply(&account, cluster(&[("nodes", ""), ("gpu", &given())]), false).await;
    apply(&account, cluster(&[("nodes", "")]), false).await;
    assert_eq!(roles(&account), [SHARED.to_owned()].into());
}

#[tokio::test]
async fn where_every_group_has_its_own_role_the_shared_one_goes_with_pruning() {
    let account = account();
    apply(&account, cluster(&[("gpu", "")]), false).await;
    apply(&account, cluster(&[("gpu", &given())]), false).await;
    assert_eq!(roles(&account), [OWN.to_owned(), SHARED.to_owned()].into());
    apply(&account, cluster(&[("gpu", &given())]), true).await;
    assert_eq!(roles(&account), [OWN.to_owned()].into());
}

#[test]
fn mistakes_are_told_at_their_place() {
    let models = arn("models");
    let (external, additional) = (group_roles::EXTERNAL, group_roles::ADDITIONAL);
    let profile = ", iam: { profile: arn:aws:iam::123456789012:instance-profile/theirs }";
    let wrong = [
        (format!("{external}: '{models}  {models} models'"), ""),
        (format!("{external}: ''"), ""),
        (format!("{additional}: '{{}}'"), ""),
        (
            format!(
                "{additional}: '[{{\"Effect\":\"Alow\",\"Action\":\"s3:*\",\"Resource\":\"*\"}}]'"
            ),
            "",
        ),
        (format!("{external}: '{models}'"), profile),
        ("cloudup/external-policy: a, cloudup/policy-overflow: managed".to_owned(), ""),
    ];
    let mut told = String::new();
    for (annotations, spec) in wrong {
        let read = Manifest::read(&[("cluster.yaml", text(&[("gpu", &annotations, spec)]))]);
        writeln!(told, "{annotations}\n{}\n", read.unwrap_err()).unwrap();
    }
    insta::assert_snapshot!(told);
}

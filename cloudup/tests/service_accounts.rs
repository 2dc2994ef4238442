//! Updates of clusters whose service accounts have roles, on the embedded account.

use std::{collections::BTreeSet, fmt::Write as _, sync::Arc};

use cloudup::{
    dump::{Dump, dump},
    manifest::{Cluster, Manifest},
    phase::Phase,
    policy::instance_trust,
    service_accounts::AddOn,
    update::{Update, UpdateOptions, UpdateReport},
};
use cloudup_engine::{Options, Outcome};
use cloudup_tasks::{
    cloud::{CloudReader, CloudWriter},
    local::{Account, State},
    snapshot::Snapshot,
};
use serde_json::json;

const HEAD: &str = "
apiVersion: kops.k8s.io/v1alpha2
kind: Cluster
metadata:
  name: demo.example.com
spec:
  cloudProvider: aws
  configBase: s3://state/demo.example.com
  cloudLabels: { Owner: team }
  etcdClusters:
  - name: main
    etcdMembers: [{ name: a, instanceGroup: control-plane-a }]
  subnets: [{ name: a, zone: eu-west-1a, type: Public, cidr: 172.20.32.0/19 }]
  networkCIDR: 172.20.0.0/16
";

const GROUPS: &str = "---
apiVersion: kops.k8s.io/v1alpha2
kind: InstanceGroup
metadata:
  name: control-plane-a
  labels: { kops.k8s.io/cluster: demo.example.com }
spec: { role: Master, image: ami-12345678, machineType: m5.large, subnets: [a] }
";

const ADD_ONS: &str = "  iam: { useServiceAccountExternalPermissions: true }
  serviceAccountIssuerDiscovery:
    discoveryStore: s3://oidc/demo
    enableAWSOIDCProvider: true
";

/// Entries of the user's, with what stands above them.
fn entries(entries: &str) -> String {
    format!(
        "  iam:
    permissionsBoundary: arn:aws:iam::123456789012:policy/bound
    serviceAccountExternalPermissions:
{entries}"
    )
}

const LOGS: &str = "    - name: writer
      namespace: team-*
      aws: { policyARNs: [arn:aws:iam::123456789012:policy/logs] }
";

const INLINE: &str = r#"    - name: writer
      namespace: team-*
      aws: { inlinePolicy: '[{"Sid":"NotThose","Effect":"Allow","NotAction":"iam:*","Resource":"*"}]' }
"#;

const WRITER: &str = "writer.team-wildcard.sa.demo.example.com";

fn cluster(more: &str) -> Cluster {
    let text = format!("{HEAD}{more}{GROUPS}");
    let manifest =
        Manifest::read(&[("cluster.yaml", text)]).unwrap_or_else(|errors| panic!("{errors}"));
    manifest.clusters.into_iter().next().expect("there is a cluster")
}

fn account() -> Arc<Account> {
    let state = State::from_value(&json!({
        "accountId": "123456789012",
        "region": "eu-west-1",
        "hostedZones": [{ "id": "Z1", "name": "example.com.", "private": false }],
        "managedPolicies": [
            { "arn": "arn:aws:iam::123456789012:policy/logs" },
            { "arn": "arn:aws:iam::123456789012:policy/metrics" },
            { "arn": "arn:aws:iam::123456789012:policy/bound" },
        ],
    }));
    Arc::new(Account::in_memory(state.expect("a sound state")).recording())
}

async fn prepare(account: &Arc<Account>, cluster: &Cluster, options: UpdateOptions) -> Update {
    let update = Update::prepare(cluster.clone(), options, CloudWriter::reader(&**account)).await;
    update.unwrap_or_else(|error| panic!("{error}"))
}

async fn plan(account: &Arc<Account>, cluster: &Cluster, options: UpdateOptions) -> UpdateReport {
    let update = prepare(account, cluster, options).await;
    let cloud = Snapshot::of_writer(account.clone());
    update.plan(cloud.reader(), &Options::default(), |_| ()).await.expect("a sound graph")
}

/// Applies an update, after which there is nothing to do.
async fn apply(account: &Arc<Account>, cluster: &Cluster) -> UpdateReport {
    let done = try_to_apply(account, cluster).await;
    assert!(done.report.succeeded(), "{:?}", done.report);
    let again = plan(account, cluster, UpdateOptions::default()).await;
    assert_eq!(changes(&again), "", "there is nothing left to do");
    done
}

async fn owned(account: &Account, cluster: &Cluster) -> Dump {
    let reader: &dyn CloudReader = account;
    dump(reader, cluster.name(), &cluster.groups).await.expect("the account answers")
}

/// What is done, a line each.
fn changes(report: &UpdateReport) -> String {
    let mut lines = String::new();
    for entry in report.report.entries.iter().filter(|entry| entry.outcome != Outcome::Kept) {
        writeln!(lines, "{}: {:?}, {:?}", entry.task, entry.change, entry.outcome).unwrap();
    }
    lines
}

/// The notices, but for those about instances, of which nothing here is.
fn notices(report: &UpdateReport) -> Vec<String> {
    let told = report.notices.iter().map(ToString::to_string);
    told.filter(|notice| !notice.contains("launch templates")).collect()
}

#[tokio::test]
async fn add_ons_take_over_what_they_need_and_give_it_back() {
    let account = account();
    let (with, without) = (cluster(ADD_ONS), cluster(""));
    let done = apply(&account, &with).await;
    assert_eq!(notices(&done), [] as [&str; 0]);
    let there = owned(&account, &with).await;
    let names: BTreeSet<_> = there.roles.keys().map(String::as_str).collect();
    let expected = [
        "aws-cloud-controller-manager.kube-system.sa.demo.example.com",
        "aws-node-termination-handler.kube-system.sa.demo.example.com",
        "dns-controller.kube-system.sa.demo.example.com",
        "ebs-csi-controller-sa.kube-system.sa.demo.example.com",
        "masters.demo.example.com",
    ];
    assert_eq!(names, BTreeSet::from(expected));
    for name in expected {
        assert!(there.inline_policies.contains_key(&format!("{name}/{name}")), "{name}");
    }
    insta::assert_json_snapshot!(there.roles[expected[2]]);

    let planned = plan(&account, &without, UpdateOptions::default()).await;
    insta::assert_snapshot!(changes(&planned));
    apply(&account, &without).await;
    let left = owned(&account, &without).await;
    assert_eq!(left.roles.keys().collect::<Vec<_>>(), ["masters.demo.example.com"]);
}

#[tokio::test]
async fn a_users_account_has_exactly_what_its_entry_says() {
    let account = account();
    let attached = cluster(&entries(LOGS));
    apply(&account, &attached).await;
    let there = owned(&account, &attached).await;
    insta::assert_json_snapshot!((&there.roles[WRITER], &there.policy_attachments));

    // What somebody attaches by hand goes again.
    let iam = CloudWriter::iam(&*account);
    iam.attach_role_policy(WRITER, "arn:aws:iam::123456789012:policy/metrics").await.unwrap();
    apply(&account, &attached).await;
    assert_eq!(owned(&account, &attached).await.policy_attachments, there.policy_attachments);

    // Whoever goes over to a policy of its own lets the others go, once it has that.
    let inline = cluster(&entries(INLINE));
    apply(&account, &inline).await;
    let there = owned(&account, &inline).await;
    assert_eq!(
        there.inline_policies[&format!("{WRITER}/{WRITER}")]["Statement"],
        json!([{ "Sid": "NotThose", "Effect": "Allow", "NotAction": "iam:*", "Resource": "*" }])
    );
    assert_eq!(there.policy_attachments, []);
    let calls = account.journal().calls;
    let at = |operation| calls.iter().rposition(|call| call.operation == operation);
    assert!(at("PutRolePolicy") < at("DetachRolePolicy"), "{calls:#?}");
}

#[tokio::test]
async fn the_role_of_an_account_that_is_no_longer_named_goes_if_it_is_ours() {
    let account = account();
    let bounded = "  iam: { permissionsBoundary: arn:aws:iam::123456789012:policy/bound }\n";
    let (with, without) = (cluster(&entries(LOGS)), cluster(bounded));
    apply(&account, &with).await;
    let tags = [("kubernetes.io/cluster/other.example.com".to_owned(), "owned".to_owned())].into();
    let others = cloudup_tasks::cloud::iam::NewRole {
        name: "reader.team.sa.demo.example.com",
        assume_role_policy_document: &instance_trust("eu-west-1").compact(),
        permissions_boundary: None,
        tags: &tags,
    };
    CloudWriter::iam(&*account).create_role(others).await.unwrap();
    let planned = plan(&account, &without, UpdateOptions::default()).await;
    assert_eq!(
        changes(&planned),
        "IAMRole/writer.team-wildcard.sa.demo.example.com: Delete, Planned\n\
         IAMRolePolicyAttachment/writer.team-wildcard.sa.demo.example.com/arn:aws:iam::123456789012:policy/logs: Delete, Planned\n"
    );
    apply(&account, &without).await;
    assert_eq!(
        owned(&account, &without).await.roles.keys().collect::<Vec<_>>(),
        ["masters.demo.example.com"]
    );
    let reader: &dyn CloudReader = &*account;
    assert!(reader.iam().get_role("reader.team.sa.demo.example.com").await.is_ok());
}

/// The same account, in which things go wrong from now on.
fn troubled(account: &Account, faults: &serde_json::Value) -> Arc<Account> {
    let mut state = serde_json::to_value(account.state().unwrap()).unwrap();
    state["faults"] = faults.clone();
    Arc::new(Account::in_memory(State::from_value(&state).unwrap()).recording())
}

/// Applies an update in which something may go wrong.
async fn try_to_apply(account: &Arc<Account>, cluster: &Cluster) -> UpdateReport {
    let update = prepare(account, cluster, UpdateOptions::default()).await;
    let cloud = Snapshot::of_writer(account.clone());
    update.apply(&cloud, &Options::default(), |_| ()).await.expect("a sound graph")
}

#[tokio::test]
async fn nothing_is_taken_from_an_add_on_before_the_control_plane_may_do_it() {
    let account = account();
    let (with, without) = (cluster(ADD_ONS), cluster(""));
    apply(&account, &with).await;
    let account = troubled(&account, &json!([{ "operation": "PutRolePolicy", "effect": "deny" }]));
    assert!(!try_to_apply(&account, &without).await.report.succeeded());
    assert_eq!(owned(&account, &without).await.roles.len(), 5);
}

#[tokio::test]
async fn who_may_not_list_or_read_roles_of_accounts_can_still_work_on_the_others() {
    let faults = json!([
        { "operation": "ListRoles", "effect": "deny" },
        { "operation": "GetRole", "resource": "*.sa.demo.example.com", "effect": "deny" },
    ]);
    let account = troubled(&account(), &faults);
    let done = try_to_apply(&account, &cluster("")).await;
    assert!(done.report.succeeded(), "{:?}", done.report);
    let of_add_ons = AddOn::ALL.len();
    assert_eq!(done.report.counts().warned, of_add_ons, "{:?}", done.report);
    let notices: Vec<_> = done.notices.iter().map(ToString::to_string).collect();
    let of_roles = notices.iter().filter(|notice| notice.starts_with("roles may not be listed"));
    assert_eq!(of_roles.count(), 1, "{notices:?}");
}

#[tokio::test]
async fn what_add_ons_and_removed_accounts_had_may_be_hidden_from_us() {
    let bounded = "  iam: { permissionsBoundary: arn:aws:iam::123456789012:policy/bound }\n";
    let (with, without) = (cluster(&entries(LOGS)), cluster(bounded));
    for operation in
        ["GetRole", "ListInstanceProfilesForRole", "ListRolePolicies", "ListAttachedRolePolicies"]
    {
        for phase in [None, Some(Phase::Cluster)] {
            let account = account();
            apply(&account, &with).await;
            let fault = json!({ "operation": operation, "resource": WRITER, "effect": "deny" });
            let account = troubled(&account, &json!([fault]));
            let options = UpdateOptions { phase, ..UpdateOptions::default() };
            let planned = plan(&account, &without, options.clone()).await;
            assert!(planned.report.succeeded(), "{operation}: {:?}", planned.report);
            assert!(planned.report.counts().warned > 0, "{operation}: {:?}", planned.report);
            let update = prepare(&account, &without, options).await;
            let cloud = Snapshot::of_writer(account.clone());
            let done = update.apply(&cloud, &Options::default(), |_| ()).await.unwrap();
            assert!(done.report.succeeded(), "{operation}: {:?}", done.report);
        }
    }
}

#[tokio::test]
async fn what_is_attached_to_an_add_ons_role_is_left_alone() {
    let account = account();
    let with = cluster(ADD_ONS);
    apply(&account, &with).await;
    let role = "dns-controller.kube-system.sa.demo.example.com";
    let metrics = "arn:aws:iam::123456789012:policy/metrics";
    CloudWriter::iam(&*account).attach_role_policy(role, metrics).await.unwrap();
    apply(&account, &with).await;
    let attached = owned(&account, &with).await.policy_attachments;
    assert_eq!(attached.len(), 1, "{attached:?}");
}

#[tokio::test]
async fn a_user_may_give_an_add_on_a_role_where_it_has_none_of_its_own() {
    let account = account();
    let entry = LOGS.replace("writer", "cluster-autoscaler").replace("team-*", "kube-system");
    let cluster = cluster(&entries(&entry));
    apply(&account, &cluster).await;
    let roles = owned(&account, &cluster).await.roles;
    assert!(roles.contains_key("cluster-autoscaler.kube-system.sa.demo.example.com"));
}

#[tokio::test]
async fn the_issuer_is_trusted_for_whom_the_manifest_says() {
    let account = account();
    let more = "    additionalAudiences: [sts.amazonaws.com, amazonaws.com]\n";
    let wide = cluster(&format!("{ADD_ONS}{more}"));
    apply(&account, &wide).await;
    insta::assert_json_snapshot!(owned(&account, &wide).await.oidc_providers);

    let narrow = cluster(ADD_ONS);
    apply(&account, &narrow).await;
    let [provider] = &owned(&account, &narrow).await.oidc_providers[..] else { panic!() };
    assert_eq!(provider.client_id_list, BTreeSet::from(["amazonaws.com".to_owned()]));

    // One that is no longer asked for stays: others may have come to rely on it.
    apply(&account, &cluster("")).await;
    assert_eq!(owned(&account, &narrow).await.oidc_providers, std::slice::from_ref(provider));
}

#[tokio::test]
async fn roles_that_nobody_can_take_on_yet_are_worth_a_word() {
    let account = account();
    let unpublished = "  iam: { useServiceAccountExternalPermissions: true }\n";
    let planned = plan(&account, &cluster(unpublished), UpdateOptions::default()).await;
    let told = notices(&planned);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("https://api.internal.demo.example.com"), "{told:?}");
    let planned = plan(&account, &cluster(""), UpdateOptions::default()).await;
    assert_eq!(notices(&planned), [] as [&str; 0]);
}

#[tokio::test]
async fn service_accounts_are_the_security_phases() {
    let account = account();
    let options = |phase| UpdateOptions { phase: Some(phase), ..UpdateOptions::default() };
    let writers = |report: &UpdateReport| {
        let entries = report.report.entries.iter();
        let of_writer = entries.filter(|entry| entry.task.name() == WRITER);
        of_writer
            .map(|entry| (entry.lifecycle.to_string(), entry.outcome.clone()))
            .collect::<Vec<_>>()
    };
    let cluster = cluster(&entries(LOGS));
    let planned = plan(&account, &cluster, options(Phase::Security)).await;
    let found = writers(&planned);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found.iter().all(|(lifecycle, _)| lifecycle == "Sync"), "{found:?}");
    let planned = plan(&account, &cluster, options(Phase::Network)).await;
    assert!(writers(&planned).iter().all(|(lifecycle, _)| lifecycle == "Ignore"));
}

//! Whole updates on the embedded account.

use std::{collections::BTreeSet, fmt::Write as _, sync::Arc};

use cloudup::{
    dump::{Dump, dump},
    manifest::{Cluster, Manifest},
    phase::Phase,
    update::{Update, UpdateOptions, UpdateReport},
};
use cloudup_engine::{Entry, Mode, Options, Outcome, Source};
use cloudup_tasks::{
    cloud::{CloudReader, CloudWriter},
    local::{Account, State},
    snapshot::Snapshot,
};
use serde_json::json;

const CLUSTER: &str = "
apiVersion: kops.k8s.io/v1alpha2
kind: Cluster
metadata:
  name: demo.example.com
spec:
  cloudProvider: aws
  configBase: s3://state/demo.example.com
  etcdClusters:
  - name: main
    etcdMembers: [{ name: a, instanceGroup: control-plane-a }]
  subnets: [{ name: a, zone: eu-west-1a, type: Public, cidr: 172.20.32.0/19 }]
  networkCIDR: 172.20.0.0/16
  iam: { allowContainerRegistry: true }
";

const PROFILE: &str = "arn:aws:iam::123456789012:instance-profile/team/shared-nodes";

fn group(name: &str, role: &str, more: &str) -> String {
    format!(
        "---
apiVersion: kops.k8s.io/v1alpha2
kind: InstanceGroup
metadata:
  name: {name}
  labels: {{ kops.k8s.io/cluster: demo.example.com }}
spec:
  role: {role}
  image: ami-12345678
  machineType: m5.large
  subnets: [a]
{more}"
    )
}

fn control_plane() -> String {
    group("control-plane-a", "Master", "")
}

fn shared_nodes() -> String {
    group("special", "Node", &format!("  iam: {{ profile: \"{PROFILE}\" }}\n"))
}

fn cluster(more: &str, groups: &[String]) -> Cluster {
    cluster_of(&format!("{CLUSTER}{more}{}", groups.concat()))
}

fn cluster_of(text: &str) -> Cluster {
    let manifest =
        Manifest::read(&[("cluster.yaml", text)]).unwrap_or_else(|errors| panic!("{errors}"));
    manifest.clusters.into_iter().next().expect("there is a cluster")
}

/// An account with a hosted zone, and an instance profile that somebody else keeps.
fn account() -> Arc<Account> {
    let state = State::from_value(&json!({
        "accountId": "123456789012",
        "region": "eu-west-1",
        "hostedZones": [{ "id": "Z1", "name": "example.com.", "private": false }],
        "instanceProfiles": [{ "name": "shared-nodes", "path": "/team/", "role": { "name": "shared" } }],
        "managedPolicies": [{ "arn": "arn:aws:iam::123456789012:policy/logs" }],
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

async fn apply(account: &Arc<Account>, cluster: &Cluster, options: UpdateOptions) -> UpdateReport {
    let update = prepare(account, cluster, options).await;
    let cloud = Snapshot::of_writer(account.clone());
    update.apply(&cloud, &Options::default(), |_| ()).await.expect("a sound graph")
}

async fn owned(account: &Account, cluster: &Cluster) -> Dump {
    let reader: &dyn CloudReader = account;
    dump(reader, cluster.name(), &cluster.groups).await.expect("the account answers")
}

fn in_phase(phase: Phase) -> UpdateOptions {
    UpdateOptions { phase: Some(phase), ..UpdateOptions::default() }
}

fn overridden(text: &str) -> UpdateOptions {
    let flag = Source::Flag("--lifecycle-overrides".into());
    UpdateOptions { overrides: vec![(flag, text.to_owned())], ..UpdateOptions::default() }
}

/// The entries, a line each: what, under which lifecycle, and what came of it.
fn lines(report: &UpdateReport) -> String {
    let mut lines = String::new();
    for Entry { task, lifecycle, change, outcome, rule, .. } in &report.report.entries {
        writeln!(lines, "{task}: {lifecycle} ({rule}), {change:?}, {outcome:?}").unwrap();
    }
    lines
}

/// When a call was made about a thing, in the order of all calls.
fn call(account: &Account, operation: &str, resource: &str) -> usize {
    let calls = account.journal().calls;
    let found =
        calls.iter().position(|call| call.operation == operation && call.resource == resource);
    found.unwrap_or_else(|| panic!("{operation} {resource} was not called"))
}

fn writes(account: &Account) -> usize {
    account.journal().writes().count()
}

#[tokio::test]
async fn what_was_planned_is_made_and_then_there_is_nothing_to_do() {
    let account = account();
    let cluster = cluster("", &[control_plane(), group("nodes", "Node", ""), shared_nodes()]);
    let planned = plan(&account, &cluster, UpdateOptions::default()).await;
    assert_eq!(writes(&account), 0, "a plan writes nothing");
    insta::assert_snapshot!(lines(&planned));

    let done = apply(&account, &cluster, UpdateOptions::default()).await;
    assert!(done.report.succeeded(), "{}", lines(&done));
    assert_eq!(done.access, planned.access, "what was announced was done");
    insta::assert_json_snapshot!(owned(&account, &cluster).await);

    let member =
        call(&account, "AddRoleToInstanceProfile", "nodes.demo.example.com/nodes.demo.example.com");
    let template = call(&account, "CreateLaunchTemplate", "nodes.demo.example.com");
    assert!(member < template, "instances start with the role that they need");

    let again = plan(&account, &cluster, UpdateOptions::default()).await;
    assert_eq!(again.report.counts().changes(), 0, "{}", lines(&again));
    assert_eq!(again.access.len(), 0);
}

#[tokio::test]
async fn an_update_reads_nothing_twice() {
    let account = account();
    let cluster = cluster("", &[control_plane(), group("nodes", "Node", ""), shared_nodes()]);
    apply(&account, &cluster, UpdateOptions::default()).await;
    let before = account.journal().calls.len();
    let cloud = Snapshot::of_writer(account.clone());
    let update =
        Update::prepare(cluster.clone(), UpdateOptions::default(), cloud.reader()).await.unwrap();
    for _ in 0..2 {
        update.plan(cloud.reader(), &Options::default(), |_| ()).await.unwrap();
    }
    let calls = account.journal().calls.split_off(before);
    let different: BTreeSet<_> = calls.iter().map(|call| format!("{call:?}")).collect();
    assert_eq!(different.len(), calls.len(), "{calls:#?}");
}

#[tokio::test]
async fn the_documented_overrides_leave_existing_iam_alone_and_say_what_differs() {
    let account = account();
    let cluster = cluster("", &[shared_nodes()]);
    let documented = "IAMRole=ExistsAndWarnIfChanges,IAMRolePolicy=ExistsAndWarnIfChanges,\
                      IAMInstanceProfileRole=ExistsAndWarnIfChanges";
    for options in [UpdateOptions::default(), overridden(documented)] {
        let done = apply(&account, &cluster, options).await;
        assert!(done.report.succeeded(), "{}", lines(&done));
        let policy = done.report.entries.iter().find(|entry| {
            entry.task.name() == "shared-nodes" && entry.task.kind() == "IAMRolePolicy"
        });
        let policy = policy.expect("the profile's role is compared");
        assert_eq!(policy.outcome, Outcome::Warned, "it lacks the registry's permissions");
    }
    let journal = account.journal();
    let touched: Vec<_> = journal.writes().filter(|call| call.service == "iam").collect();
    assert!(touched.is_empty(), "no IAM was touched: {touched:?}");
}

#[tokio::test]
async fn phases_split_one_update_between_teams() {
    let account = account();
    let cluster = cluster("", &[control_plane(), shared_nodes()]);

    let network = apply(&account, &cluster, in_phase(Phase::Network)).await;
    assert!(network.report.succeeded());
    let journal = account.journal();
    assert!(journal.writes().all(|call| call.service == "ec2"), "nothing of IAM");
    assert!(journal.writes().all(|call| !call.operation.contains("SecurityGroup")));
    let made = owned(&account, &cluster).await.network;
    assert_eq!((made.vpcs.len(), made.subnets.len(), made.routes.len()), (1, 1, 2));

    let early = plan(&account, &cluster, in_phase(Phase::Cluster)).await;
    assert!(early.report.succeeded(), "a plan only warns of what is not there yet");
    assert!(early.report.counts().warned > 0);
    let refused = apply(&account, &cluster, in_phase(Phase::Cluster)).await;
    assert!(refused.report.failures().count() > 0, "an apply refuses to go ahead without it");
    assert_eq!(owned(&account, &cluster).await.launch_templates.len(), 0, "without its groups");

    let security = apply(&account, &cluster, in_phase(Phase::Security)).await;
    assert!(security.report.succeeded(), "{}", lines(&security));
    let templates = owned(&account, &cluster).await.launch_templates;
    assert_eq!(templates.len(), 0, "they are of a later phase");
    insta::assert_snapshot!(lines(&security));

    let rest = apply(&account, &cluster, in_phase(Phase::Cluster)).await;
    assert!(rest.report.succeeded(), "{}", lines(&rest));
    let whole = plan(&account, &cluster, UpdateOptions::default()).await;
    assert_eq!(whole.report.counts().changes(), 0, "the parts make a whole");
}

#[tokio::test]
async fn what_no_group_has_any_more_goes_after_the_templates_that_named_it() {
    let account = account();
    let before =
        cluster("", &[control_plane(), group("nodes", "Node", ""), group("jump", "Bastion", "")]);
    assert!(apply(&account, &before, UpdateOptions::default()).await.report.succeeded());

    // The bastions are gone; the nodes bring their own profile, and old ones may still run.
    let after = cluster(
        "",
        &[
            control_plane(),
            group("nodes", "Node", &format!("  iam: {{ profile: \"{PROFILE}\" }}\n")),
        ],
    );
    let done = apply(&account, &after, UpdateOptions::default()).await;
    assert!(done.report.succeeded(), "{}", lines(&done));
    let roles: Vec<_> = owned(&account, &after).await.roles.into_keys().collect();
    assert_eq!(roles, ["masters.demo.example.com", "nodes.demo.example.com"]);

    let pruned = UpdateOptions { prune: true, ..UpdateOptions::default() };
    let done = apply(&account, &after, pruned).await;
    assert!(done.report.succeeded(), "{}", lines(&done));
    let update = call(&account, "CreateLaunchTemplateVersion", "nodes.demo.example.com");
    let delete = call(&account, "DeleteRole", "nodes.demo.example.com");
    assert!(update < delete, "no template names what goes");
    let left = owned(&account, &after).await;
    assert_eq!(left.roles.keys().collect::<Vec<_>>(), ["masters.demo.example.com"]);
    assert_eq!(left.instance_profiles.keys().collect::<Vec<_>>(), ["masters.demo.example.com"]);
}

#[tokio::test]
async fn what_is_left_over_from_before_does_not_stop_another_phase() {
    let account = account();
    let jump = group("jump", "Bastion", "");
    let before = cluster("", &[control_plane(), shared_nodes(), jump]);
    assert!(apply(&account, &before, UpdateOptions::default()).await.report.succeeded());
    let more = group("more", "Node", &format!("  iam: {{ profile: \"{PROFILE}\" }}\n"));
    let after = cluster("", &[control_plane(), shared_nodes(), more]);
    let done = apply(&account, &after, in_phase(Phase::Cluster)).await;
    assert!(done.report.succeeded(), "{}", lines(&done));
    assert_eq!(done.report.counts().created, 3, "the new group, its template and its hook");
    assert!(owned(&account, &after).await.roles.contains_key("bastions.demo.example.com"));
}

#[tokio::test]
async fn a_group_may_name_the_profile_that_we_make_for_others() {
    let account = account();
    let ours = "arn:aws:iam::123456789012:instance-profile/nodes.demo.example.com";
    let named = group("special", "Node", &format!("  iam: {{ profile: \"{ours}\" }}\n"));
    let both = cluster("", &[group("nodes", "Node", ""), named.clone()]);
    let done = apply(&account, &both, UpdateOptions::default()).await;
    assert!(done.report.succeeded(), "{}", lines(&done));

    // Once nobody else uses it, it is the group's alone, and stays as it is.
    let alone = cluster("", &[named]);
    let pruned = UpdateOptions { prune: true, ..UpdateOptions::default() };
    let done = apply(&account, &alone, pruned).await;
    assert_eq!(done.report.counts().changes(), 0, "{}", lines(&done));
}

#[tokio::test]
async fn access_that_a_role_has_anyway_is_not_gained_again() {
    let account = account();
    let nodes = [group("nodes", "Node", "")];
    assert!(
        apply(&account, &cluster("", &nodes), UpdateOptions::default()).await.report.succeeded()
    );
    let more = r#"  additionalPolicies:
    node: '[{"Effect":"Allow","Action":["ecr:ListImages","sqs:SendMessage"],"Resource":"*"}]'
"#;
    let planned = plan(&account, &cluster(more, &nodes), UpdateOptions::default()).await;
    let access = &planned.access["nodes.demo.example.com"];
    assert_eq!(access.to_string(), "+ allow sqs:SendMessage on *\n");
}

#[tokio::test]
async fn a_sid_that_a_statement_of_the_manifest_gets_is_neither_access_gained_nor_lost() {
    let statement = r#"{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*"}"#;
    let more = format!("  additionalPolicies: {{ node: '[{statement}]' }}\n");
    let text = format!("{CLUSTER}{more}").replace("  iam: { allowContainerRegistry: true }\n", "");
    let wanted = |group: String| cluster_of(&format!("{text}{group}"));
    let account = account();
    let ours = wanted(group("nodes", "Node", ""));
    assert!(apply(&account, &ours, UpdateOptions::default()).await.report.succeeded());
    // As kOps, and versions before, have put it.
    let live = format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#);
    let iam = CloudWriter::iam(&*account);
    let (role, policy) = ("nodes.demo.example.com", "additional.nodes.demo.example.com");
    iam.put_role_policy(role, policy, &live).await.unwrap();
    let planned = plan(&account, &ours, UpdateOptions::default()).await;
    assert_eq!(planned.report.counts().updated, 1, "it gets its Sid: {}", lines(&planned));
    assert!(planned.access.is_empty());

    iam.put_role_policy("shared", "its-own", &live).await.unwrap();
    let planned = plan(&account, &wanted(shared_nodes()), UpdateOptions::default()).await;
    let compared = "IAMRolePolicy/shared-nodes: ExistsAndWarnIfChanges (default), None, Kept";
    assert!(lines(&planned).contains(compared), "{}", lines(&planned));
}

#[tokio::test]
async fn a_role_of_ours_stays_while_it_is_in_a_profile_that_a_group_brings() {
    let account = account();
    let ours = cluster("", &[control_plane(), group("nodes", "Node", "")]);
    assert!(apply(&account, &ours, UpdateOptions::default()).await.report.succeeded());
    // Somebody moved our role into a profile of their own, and the group names that.
    let iam = CloudWriter::iam(&*account);
    iam.remove_role_from_instance_profile("shared-nodes", "shared").await.unwrap();
    iam.add_role_to_instance_profile("shared-nodes", "nodes.demo.example.com").await.unwrap();
    let brought = cluster("", &[control_plane(), shared_nodes()]);
    let pruned = UpdateOptions { prune: true, ..UpdateOptions::default() };
    let done = apply(&account, &brought, pruned).await;
    assert!(done.report.succeeded(), "{}", lines(&done));
    let left = owned(&account, &brought).await;
    assert!(left.roles.contains_key("nodes.demo.example.com"));
    assert!(left.inline_policies.contains_key("nodes.demo.example.com/nodes.demo.example.com"));
    assert!(!left.instance_profiles.contains_key("nodes.demo.example.com"));
}

#[tokio::test]
async fn a_role_of_that_name_which_is_not_ours_is_left_alone() {
    let account = account();
    let cluster = cluster("", &[control_plane()]);
    let tags = [("kubernetes.io/cluster/demo.example.com".to_owned(), "shared".to_owned())];
    let role = cloudup_tasks::cloud::iam::NewRole {
        name: "nodes.demo.example.com",
        assume_role_policy_document: &cloudup::policy::instance_trust("eu-west-1").compact(),
        permissions_boundary: None,
        tags: &tags.into(),
    };
    CloudWriter::iam(&*account).create_role(role).await.unwrap();
    let done = apply(&account, &cluster, UpdateOptions::default()).await;
    assert!(done.report.succeeded());
    let reader: &dyn CloudReader = &*account;
    assert!(reader.iam().get_role("nodes.demo.example.com").await.is_ok());
}

#[tokio::test]
async fn roles_of_removed_groups_that_may_not_be_read_do_not_stop_the_rest() {
    let brought = [control_plane(), shared_nodes()];
    let gone = [control_plane()];
    let table = [
        ("GetRole", &brought[..], None, false),
        ("GetRole", &brought, None, true),
        ("GetRole", &brought, Some(Phase::Cluster), false),
        ("GetRole", &gone, None, false),
        ("GetRole", &gone, Some(Phase::Cluster), false),
        ("GetInstanceProfile", &brought, None, false),
        ("GetInstanceProfile", &gone, None, false),
        ("ListInstanceProfilesForRole", &gone, None, false),
        ("ListAttachedRolePolicies", &gone, None, false),
    ];
    let seeded = account();
    let before = cluster("", &[control_plane(), group("nodes", "Node", "")]);
    apply(&seeded, &before, UpdateOptions::default()).await;
    for (operation, groups, phase, prune) in table {
        let mut state = serde_json::to_value(seeded.state().unwrap()).unwrap();
        state["faults"] = json!([
            { "operation": operation, "resource": "nodes.demo.example.com", "effect": "deny" },
        ]);
        let account = Arc::new(Account::in_memory(State::from_value(&state).unwrap()).recording());
        let options = UpdateOptions { phase, prune, ..UpdateOptions::default() };
        let done = apply(&account, &cluster("", groups), options).await;
        let told = lines(&done);
        assert!(done.report.succeeded(), "{operation}: {told}");
        assert!(told.contains("Warned"), "{operation}: {told}");
    }
}

#[tokio::test]
async fn every_mistake_is_told_before_anything_is_called() {
    let account = account();
    let mut cluster = cluster("", &[control_plane(), group("nodes", "Node", "")]);
    let sound = cluster.clone();
    cluster.spec.config_base = Some("gs://bucket/key".to_owned());
    cluster.spec.subnets.clear();
    let error = Update::prepare(
        cluster.clone(),
        overridden("IAMRoel=Sync"),
        CloudWriter::reader(&*account),
    )
    .await
    .unwrap_err();
    insta::assert_snapshot!(error);

    let wrong = "IAMRoel=Sync,IAMRole=Sink,IAMRole/nodse.demo.example.com=Ignore";
    let error = Update::prepare(sound, overridden(wrong), CloudWriter::reader(&*account))
        .await
        .unwrap_err();
    insta::assert_snapshot!(error);
    assert_eq!(account.journal().calls.len(), 0);
}

#[tokio::test]
async fn annotations_override_lifecycles_for_a_cluster_or_for_one_groups_things() {
    let account = account();
    let mut cluster = cluster("", &[control_plane(), group("nodes", "Node", "")]);
    let annotate =
        |text: &str| [(cloudup::overrides::ANNOTATION.to_owned(), text.to_owned())].into();
    cluster.metadata.annotations = annotate("IAMInstanceProfile=WarnIfInsufficientAccess");
    cluster.groups[1].metadata.annotations = annotate("LaunchTemplate=Ignore,IAMRole=Ignore");
    let update = prepare(&account, &cluster, UpdateOptions::default()).await;
    let mut lines = String::new();
    for governed in update.governed(Mode::Plan) {
        if governed.rule.selector.is_some() {
            writeln!(lines, "{}: {} ({})", governed.task, governed.lifecycle, governed.rule)
                .unwrap();
        }
    }
    insta::assert_snapshot!(lines);
}

#[tokio::test]
async fn policies_and_attachments_of_the_manifest_are_the_roles_and_can_be_taken_back() {
    let account = account();
    let groups = [control_plane(), group("nodes", "Node", "")];
    let policies = r#"  externalPolicies:
    node: ["arn:aws:iam::123456789012:policy/logs"]
  additionalPolicies:
    node: '[{"Sid":"Queues","Effect":"Allow","NotAction":"sqs:DeleteQueue","Resource":"*"}]'
    bastion: '[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}]'
"#;
    let mut with = cluster(policies, &groups);
    let boundary = Some("arn:aws:iam::123456789012:policy/logs".to_owned());
    with.spec.iam.permissions_boundary.clone_from(&boundary);
    let done = apply(&account, &with, UpdateOptions::default()).await;
    assert!(done.report.succeeded(), "{}", lines(&done));
    let notices: Vec<_> = done.notices.iter().map(ToString::to_string).collect();
    assert_eq!(notices.len(), 2, "{notices:?}");
    assert!(notices[0].contains("spec.additionalPolicies[bastion] has no effect"), "{notices:?}");
    // Said once, whatever the number of templates; and not again when they are there.
    assert!(notices[1].contains("have no user data"), "{notices:?}");
    let again = plan(&account, &with, UpdateOptions::default()).await;
    assert_eq!(again.notices.len(), 1, "{:?}", again.notices);
    let there = owned(&account, &with).await;
    assert!(there.roles.values().all(|role| role.permissions_boundary == boundary));
    assert_eq!(there.policy_attachments.len(), 1);
    let additional =
        &there.inline_policies["nodes.demo.example.com/additional.nodes.demo.example.com"];
    assert_eq!(additional["Statement"][0]["Sid"], "Queues");
    assert_eq!(additional["Statement"][0]["NotAction"], "sqs:DeleteQueue");

    let without = cluster("  externalPolicies: { node: [] }\n", &groups);
    let done = apply(&account, &without, UpdateOptions::default()).await;
    assert!(done.report.succeeded(), "{}", lines(&done));
    assert_eq!(done.access["nodes.demo.example.com"].lost.len(), 1);
    let there = owned(&account, &without).await;
    assert!(there.roles.values().all(|role| role.permissions_boundary.is_none()));
    assert_eq!(there.policy_attachments, []);
    assert_eq!(there.inline_policies.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn questions_that_are_throttled_are_asked_again() {
    let account = account();
    for operation in ["GetCallerIdentity", "ListHostedZones", "GetAccountSummary"] {
        let fault = json!({ "operation": operation, "effect": "throttle", "times": 2 });
        account.add_fault(serde_json::from_value(fault).unwrap()).unwrap();
    }
    let cluster = cluster("", &[control_plane()]);
    let update = prepare(&account, &cluster, UpdateOptions::default()).await;
    assert_eq!(update.blueprint().environment().hosted_zone_id.as_deref(), Some("Z1"));
}

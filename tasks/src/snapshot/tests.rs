//! Snapshots: what is asked once, what is asked again.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::json;

use super::{ReadSnapshot, Snapshot, WriteSnapshot};
use crate::{
    cloud::{
        CloudReader, CloudWriter,
        autoscaling::Groups,
        ec2::{ImageQuery, LaunchTemplateData, Tagged, Templates, Versions},
        iam::{IamReader, IamWriter, NewOidcProvider, NewPolicy, NewRole, Quotas, Tags},
        vpc::Which,
    },
    local::{Account, Effect, Fault, State},
};

const POLICY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
const OIDC: &str = "arn:aws:iam::123456789012:oidc-provider/oidc.example.com";
const DOCUMENT: &str = r#"{"Statement":[{"Effect":"Allow","Action":["s3:*"],"Resource":["*"]}]}"#;

fn seeded() -> (Arc<Account>, WriteSnapshot) {
    let state = State::from_value(&json!({
        "roles": [{
            "name": "nodes",
            "attachedPolicies": [POLICY],
            "inlinePolicies": { "p": DOCUMENT },
            "permissionsBoundary": POLICY
        }],
        "instanceProfiles": [{ "name": "nodes", "role": { "name": "nodes" } }, { "name": "free" }],
        "oidcProviders": [{ "url": "https://oidc.example.com" }],
        "launchTemplates": [{ "name": "nodes", "versions": [{}] }],
        "hostedZones": [{ "id": "Z1", "name": "example.com." }]
    }));
    let account = Arc::new(Account::in_memory(state.unwrap()).recording());
    (account.clone(), Snapshot::of_writer(account))
}

/// Makes each reading call of the ports once; some find nothing.
async fn read_everything(cloud: &dyn CloudReader) {
    let iam = cloud.iam();
    iam.get_role("nodes").await.unwrap();
    iam.get_role("absent").await.unwrap_err();
    iam.list_roles(None).await.unwrap();
    iam.get_role_policy("nodes", "p").await.unwrap();
    iam.get_role_policy("nodes", "absent").await.unwrap_err();
    iam.list_role_policies("nodes", None).await.unwrap();
    iam.list_attached_role_policies("nodes", None).await.unwrap();
    iam.get_policy(POLICY).await.unwrap();
    iam.get_policy_version(POLICY, "v1").await.unwrap();
    iam.list_policy_versions(POLICY, None).await.unwrap();
    iam.list_policies("/", None).await.unwrap();
    iam.get_instance_profile("nodes").await.unwrap();
    iam.list_instance_profiles(None).await.unwrap();
    iam.list_instance_profiles_for_role("nodes", None).await.unwrap();
    iam.list_oidc_providers().await.unwrap();
    iam.get_oidc_provider(OIDC).await.unwrap();
    iam.get_account_summary().await.unwrap();
    cloud.sts().get_caller_identity().await.unwrap();
    cloud.route53().list_hosted_zones(None).await.unwrap();
    let ec2 = cloud.ec2();
    let tagged = Tagged::of_cluster("example.com");
    ec2.describe_launch_templates(&Templates::Tagged(tagged.clone()), None).await.unwrap();
    ec2.describe_launch_template_versions(&Versions::DefaultOfAll, None).await.unwrap();
    ec2.describe_images(&ImageQuery::Id("ami-1".into())).await.unwrap();
    ec2.describe_instance_type("t3.medium").await.unwrap();
    ec2.describe_key_pair("absent").await.unwrap_err();
    let of = Which::TagKey("kubernetes.io/cluster/example.com");
    cloud.vpc().describe_security_groups(of, None).await.unwrap();
    cloud.vpc().describe_subnets(of, None).await.unwrap();
    let groups = cloud.autoscaling();
    groups.describe_auto_scaling_groups(&Groups::Tagged(tagged), None).await.unwrap();
    groups.describe_auto_scaling_groups(&Groups::Named("g".into()), None).await.unwrap();
}

#[tokio::test]
async fn what_is_read_twice_is_asked_once() {
    let (account, snapshot) = seeded();
    read_everything(snapshot.reader()).await;
    assert_eq!(account.journal().calls.len(), 28);
    read_everything(snapshot.reader()).await;
    assert_eq!(account.journal().calls.len(), 28);
    snapshot.reader().iam().get_role("NODES").await.unwrap();
    assert_eq!(account.journal().calls.len(), 28, "names are the same whatever their case");

    let reader: Arc<dyn CloudReader> = account.clone();
    let other = ReadSnapshot::of_reader(reader);
    read_everything(&other).await;
    read_everything(&other).await;
    assert_eq!(account.journal().calls.len(), 56, "another run asks anew, once");
}

#[tokio::test(start_paused = true)]
async fn reads_at_the_same_time_share_a_call() {
    let (account, snapshot) = seeded();
    account.add_fault(Fault::new(Effect::Slow { milliseconds: 100 })).unwrap();
    let iam: &dyn IamReader = &snapshot;
    let (a, b, c) =
        tokio::join!(iam.get_role("nodes"), iam.get_role("nodes"), iam.get_role("nodes"));
    assert_eq!(a.unwrap(), b.unwrap());
    c.unwrap();
    assert_eq!(account.journal().calls.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn one_who_gives_up_holds_up_nobody() {
    let (account, snapshot) = seeded();
    account.add_fault(Fault::new(Effect::Slow { milliseconds: 100 })).unwrap();
    let iam: &dyn IamReader = &snapshot;
    let patience = std::time::Duration::from_millis(10);
    tokio::time::timeout(patience, iam.get_role("nodes")).await.unwrap_err();
    iam.get_role("nodes").await.unwrap();
    assert_eq!(account.journal().calls.len(), 1);
}

#[tokio::test]
async fn an_error_is_not_remembered_but_an_absence_is() {
    let (account, snapshot) = seeded();
    account.add_fault(Fault::new(Effect::Throttle).times(1)).unwrap();
    let iam: &dyn IamReader = &snapshot;
    assert_eq!(iam.get_role("nodes").await.unwrap_err().code, "Throttling");
    iam.get_role("nodes").await.unwrap();
    for _ in 0..2 {
        assert!(iam.get_role("absent").await.unwrap_err().is_not_found());
    }
    assert_eq!(account.journal().calls.len(), 3);
}

#[tokio::test]
async fn an_absence_is_not_remembered_of_what_the_run_made() {
    let (account, snapshot) = seeded();
    let reads: &dyn IamReader = &snapshot;
    reads.get_instance_profile("new").await.unwrap_err();
    account.add_fault(Fault::new(Effect::Late { reads: 2 })).unwrap();
    IamWriter::create_instance_profile(&snapshot, "new", &Tags::new()).await.unwrap();
    reads.get_instance_profile("new").await.unwrap_err();
    reads.get_instance_profile("new").await.unwrap_err();
    reads.get_instance_profile("new").await.unwrap();
}

#[tokio::test]
async fn a_summary_that_is_denied_is_the_default_and_no_other_error_is() {
    let (account, snapshot) = seeded();
    let fault = |effect| Fault::new(effect).operation("GetAccountSummary").times(1);
    account.add_fault(fault(Effect::Throttle)).unwrap();
    let iam: &dyn IamReader = &snapshot;
    assert_eq!(iam.get_account_summary().await.unwrap_err().code, "Throttling");
    account.add_fault(fault(Effect::Deny)).unwrap();
    for _ in 0..2 {
        assert_eq!(iam.get_account_summary().await.unwrap(), Quotas::default());
    }
    assert_eq!(account.journal().calls.len(), 2);
}

#[tokio::test]
async fn what_a_write_touches_is_read_again_and_is_as_written() {
    let (account, snapshot) = seeded();
    let (w, r): (&dyn IamWriter, &dyn IamReader) = (&snapshot, &snapshot);
    let tags = Tags::from([("a".to_owned(), "b".to_owned())]);
    let keys = ["a".to_owned()];
    read_everything(&snapshot).await;

    w.tag_role("Nodes", &tags).await.unwrap();
    assert_eq!(r.get_role("nodes").await.unwrap().tags, tags);
    w.untag_role("nodes", &keys).await.unwrap();
    assert!(r.get_role("nodes").await.unwrap().tags.is_empty());
    w.delete_role_permissions_boundary("nodes").await.unwrap();
    assert_eq!(r.get_role("nodes").await.unwrap().permissions_boundary, None);
    assert_eq!(r.list_roles(None).await.unwrap().items[0].permissions_boundary, None);
    w.put_role_permissions_boundary("nodes", POLICY).await.unwrap();
    assert!(r.get_role("nodes").await.unwrap().permissions_boundary.is_some());
    let trust = r.get_role("nodes").await.unwrap().assume_role_policy_document.text();
    w.update_assume_role_policy("nodes", &trust.replace("ec2.", "eks.")).await.unwrap();
    assert_ne!(r.get_role("nodes").await.unwrap().assume_role_policy_document.text(), trust);

    w.put_role_policy("nodes", "absent", DOCUMENT).await.unwrap();
    r.get_role_policy("nodes", "absent").await.unwrap();
    assert_eq!(r.list_role_policies("nodes", None).await.unwrap().items, ["absent", "p"]);
    w.delete_role_policy("nodes", "p").await.unwrap();
    r.get_role_policy("nodes", "p").await.unwrap_err();
    w.detach_role_policy("nodes", POLICY).await.unwrap();
    assert!(r.list_attached_role_policies("nodes", None).await.unwrap().items.is_empty());
    w.attach_role_policy("nodes", POLICY).await.unwrap();
    assert_eq!(r.list_attached_role_policies("nodes", None).await.unwrap().items.len(), 1);

    w.remove_role_from_instance_profile("nodes", "nodes").await.unwrap();
    assert!(r.get_instance_profile("nodes").await.unwrap().roles.is_empty());
    assert!(r.list_instance_profiles_for_role("nodes", None).await.unwrap().items.is_empty());
    w.add_role_to_instance_profile("free", "nodes").await.unwrap();
    assert_eq!(r.get_instance_profile("free").await.unwrap().roles, ["nodes"]);
    assert_eq!(r.list_instance_profiles_for_role("nodes", None).await.unwrap().items.len(), 1);
    w.tag_instance_profile("free", &tags).await.unwrap();
    assert_eq!(r.get_instance_profile("free").await.unwrap().tags, tags);
    w.untag_instance_profile("free", &keys).await.unwrap();
    assert!(r.get_instance_profile("free").await.unwrap().tags.is_empty());
    w.delete_instance_profile("nodes").await.unwrap();
    r.get_instance_profile("nodes").await.unwrap_err();
    assert_eq!(r.list_instance_profiles(None).await.unwrap().items.len(), 1);

    let role = NewRole {
        name: "absent",
        assume_role_policy_document: &trust,
        permissions_boundary: None,
        tags: &tags,
    };
    w.create_role(role).await.unwrap();
    r.get_role("absent").await.unwrap();
    assert_eq!(r.list_roles(None).await.unwrap().items.len(), 2);
    w.delete_role("absent").await.unwrap();
    r.get_role("absent").await.unwrap_err();

    let (ec2, reads) = (CloudWriter::ec2(&snapshot), CloudReader::ec2(&snapshot));
    let newest = async || {
        let which = Versions::AllOf("nodes".into());
        let found = reads.describe_launch_template_versions(&which, None).await.unwrap();
        found.items.into_iter().map(|it| (it.number, it.is_default)).next_back().unwrap()
    };
    assert_eq!(newest().await, (1, true));
    let data = LaunchTemplateData::default();
    ec2.create_launch_template_version("nodes", Some(1), &data).await.unwrap();
    assert_eq!(newest().await, (2, false));
    ec2.modify_launch_template("nodes", 2).await.unwrap();
    assert_eq!(newest().await, (2, true));
    let new = Templates::Named("new".into());
    reads.describe_launch_templates(&new, None).await.unwrap_err();
    ec2.create_launch_template("new", &data, &tags).await.unwrap();
    reads.describe_launch_templates(&new, None).await.unwrap();
    drop(account);
}

#[tokio::test]
async fn what_a_write_touches_of_an_oidc_provider_is_read_again() {
    let (_account, snapshot) = seeded();
    let (w, r): (&dyn IamWriter, &dyn IamReader) = (&snapshot, &snapshot);
    let tags = Tags::from([("a".to_owned(), "b".to_owned())]);
    let prints = BTreeSet::from(["a".repeat(40)]);
    let found = async || r.get_oidc_provider(OIDC).await;
    found().await.unwrap();
    r.list_oidc_providers().await.unwrap();

    w.tag_oidc_provider(OIDC, &tags).await.unwrap();
    assert_eq!(found().await.unwrap().tags, tags);
    w.untag_oidc_provider(OIDC, &["a".to_owned()]).await.unwrap();
    assert!(found().await.unwrap().tags.is_empty());
    w.update_oidc_provider_thumbprints(OIDC, &prints).await.unwrap();
    assert_eq!(found().await.unwrap().thumbprints, prints);
    w.add_client_id(OIDC, "sts").await.unwrap();
    assert!(found().await.unwrap().client_ids.contains("sts"));
    w.remove_client_id(OIDC, "sts").await.unwrap();
    assert!(found().await.unwrap().client_ids.is_empty());
    w.delete_oidc_provider(OIDC).await.unwrap();
    assert!(found().await.unwrap_err().is_not_found());
    assert_eq!(r.list_oidc_providers().await.unwrap(), [""; 0]);

    let url = "https://oidc.example.com";
    let none = BTreeSet::new();
    let new = NewOidcProvider { url, client_ids: &none, thumbprints: &prints, tags: &tags };
    assert_eq!(w.create_oidc_provider(new).await.unwrap(), OIDC);
    assert_eq!(found().await.unwrap().tags, tags);
    assert_eq!(r.list_oidc_providers().await.unwrap(), [OIDC]);
}

#[tokio::test]
async fn what_a_write_touches_of_a_managed_policy_is_read_again() {
    let (_account, snapshot) = seeded();
    let (w, r): (&dyn IamWriter, &dyn IamReader) = (&snapshot, &snapshot);
    let arn = "arn:aws:iam::123456789012:policy/ours/p";
    let (tags, keys) = (Tags::from([("a".to_owned(), "b".to_owned())]), ["a".to_owned()]);
    let found = async || r.get_policy(arn).await;
    let listed = async || r.list_policies("/ours/", None).await.unwrap().items.len();
    let versions = async || r.list_policy_versions(arn, None).await.unwrap().items.len();
    found().await.unwrap_err();
    assert_eq!(listed().await, 0);

    let new = NewPolicy { name: "p", path: "/ours/", document: DOCUMENT, tags: &Tags::new() };
    w.create_policy(new).await.unwrap();
    assert!(found().await.unwrap().tags.is_empty());
    assert_eq!((listed().await, versions().await), (1, 1));
    w.tag_policy(arn, &tags).await.unwrap();
    assert_eq!(found().await.unwrap().tags, tags);
    w.untag_policy(arn, &keys).await.unwrap();
    assert!(found().await.unwrap().tags.is_empty());
    w.create_policy_version(arn, DOCUMENT).await.unwrap();
    assert_eq!(found().await.unwrap().default_version_id, "v2");
    assert_eq!(versions().await, 2);
    r.get_policy_version(arn, "v1").await.unwrap();
    w.delete_policy_version(arn, "v1").await.unwrap();
    r.get_policy_version(arn, "v1").await.unwrap_err();
    assert_eq!(versions().await, 1);
    w.delete_policy(arn).await.unwrap();
    assert!(found().await.unwrap_err().is_not_found());
    assert_eq!(listed().await, 0);
}

#[tokio::test]
async fn a_write_forgets_no_more_than_it_touches() {
    let (account, snapshot) = seeded();
    read_everything(&snapshot).await;
    let before = account.journal().calls.len();
    IamWriter::put_role_policy(&snapshot, "nodes", "p", DOCUMENT).await.unwrap();
    read_everything(&snapshot).await;
    let asked: Vec<_> =
        account.journal().calls[before + 1..].iter().map(|call| call.operation).collect();
    assert_eq!(asked, ["GetRolePolicy", "GetRolePolicy", "ListRolePolicies"]);
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_makes_what_was_read_stale_all_the_same() {
    let (account, snapshot) = seeded();
    let (w, r): (&dyn IamWriter, &dyn IamReader) = (&snapshot, &snapshot);
    r.list_attached_role_policies("nodes", None).await.unwrap();
    account.add_fault(Fault::new(Effect::LoseReply).writes()).unwrap();
    w.detach_role_policy("nodes", POLICY).await.unwrap_err();
    assert!(r.list_attached_role_policies("nodes", None).await.unwrap().items.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_read_under_way_during_a_write_is_not_remembered() {
    let (account, snapshot) = seeded();
    let slow = Fault::new(Effect::Slow { milliseconds: 100 }).operation("AttachRolePolicy");
    account.add_fault(slow).unwrap();
    let other = "arn:aws:iam::aws:policy/IAMFullAccess";
    let (w, r): (&dyn IamWriter, &dyn IamReader) = (&snapshot, &snapshot);
    let (written, read) = tokio::join!(
        w.attach_role_policy("nodes", other),
        r.list_attached_role_policies("nodes", None)
    );
    written.unwrap();
    assert_eq!(read.unwrap().items.len(), 1, "as it was before");
    assert_eq!(r.list_attached_role_policies("nodes", None).await.unwrap().items.len(), 2);
}

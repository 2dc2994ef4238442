//! Managed policies attached to a role.

use std::collections::BTreeSet;

use cloudup_engine::{Adder, Finding, Lifecycle, Verdict, lifecycle::Sync};
use cloudup_tasks::{
    cloud::{Aws, iam::Quotas},
    iam::{IamManagedPolicy, IamRolePolicyAttachment},
    local::{Account, Effect, Fault},
};
use proptest::{collection::btree_set, prelude::*};
use serde_json::{Value, json};

use super::{
    ROLE, account, allowing, apply, apply_with, arn, converge, failure, managed, notes, owned,
    owner, plan, plan_under, role, with, writes,
};

fn attached(names: &[&str]) -> IamRolePolicyAttachment {
    IamRolePolicyAttachment::new(ROLE, owner(), names.iter().map(|name| arn(name)))
}

fn add(attachment: &IamRolePolicyAttachment) -> impl Fn(&mut Adder<'_, Aws>) {
    move |graph| drop(graph.add(attachment.clone()))
}

const NAMES: [&str; 13] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m"];

fn seed(tags: &Value, names: &[&str]) -> Value {
    let arns: Vec<_> = names.iter().map(|name| arn(name)).collect();
    json!({
        "roles": [with(role(tags), &json!({ "attachedPolicies": arns }))],
        "managedPolicies": managed(&NAMES),
    })
}

/// Makes what is wanted, and lets nothing go.
#[derive(Debug)]
struct KeepStrays;

impl Lifecycle for KeepStrays {
    fn name(&self) -> &'static str {
        "KeepStrays"
    }

    fn decide(&self, finding: &Finding) -> Verdict {
        match finding {
            Finding::Stray { .. } => Verdict::Keep,
            other => Sync.decide(other),
        }
    }
}

fn live(account: &Account) -> BTreeSet<String> {
    account.state().unwrap().roles.iter().next().unwrap().attached_policies.clone()
}

#[tokio::test]
async fn what_is_listed_is_attached_before_what_is_not_is_detached() {
    let account = account(&seed(&owned(ROLE), &["a", "b"]));
    assert_eq!(
        converge(&account, add(&attached(&["b", "c"]))).await,
        [
            format!("AttachRolePolicy {ROLE}/{}", arn("c")),
            format!("DetachRolePolicy {ROLE}/{}", arn("a")),
        ]
    );
}

#[tokio::test]
async fn an_empty_list_detaches_everything() {
    let account = account(&seed(&owned(ROLE), &["a", "b"]));
    assert_eq!(converge(&account, add(&attached(&[]))).await.len(), 2);
    assert!(live(&account).is_empty());
}

#[tokio::test]
async fn every_part_of_a_long_listing_is_read() {
    let mut seed = seed(&owned(ROLE), &NAMES[..10]);
    seed["pageSize"] = json!(3);
    let account = account(&seed);
    assert_eq!(converge(&account, add(&attached(&NAMES[..10]))).await, [] as [&str; 0]);
}

#[tokio::test]
async fn a_full_role_swaps_one_policy_for_another() {
    let account = account(&seed(&owned(ROLE), &NAMES[..10]));
    let mut wanted = NAMES[..9].to_vec();
    wanted.push("k");
    let report = apply(&account, add(&attached(&wanted))).await;
    assert!(report.succeeded(), "{report:#?}");
    insta::assert_snapshot!(notes(&report).join("\n"));
    assert_eq!(live(&account), wanted.iter().map(|name| arn(name)).collect());
}

#[tokio::test]
async fn a_quota_that_is_lower_than_we_know_is_met_in_the_same_way() {
    let mut seed = seed(&owned(ROLE), &NAMES[..3]);
    seed["quotas"] = json!({ "attachedPoliciesPerRole": 3 });
    let account = account(&seed);
    let report = apply(&account, add(&attached(&["c", "d", "e"]))).await;
    assert!(report.succeeded(), "{report:#?}");
    assert_eq!(live(&account).len(), 3);
}

#[tokio::test]
async fn without_room_nothing_is_called() {
    let account = account(&seed(&owned(ROLE), &NAMES[..10]));
    let wanted = attached(&["k"]);
    let kept = plan_under(KeepStrays, &account, add(&wanted)).await;
    let too_many = apply(&account, add(&attached(&NAMES[..11]))).await;
    assert_eq!(writes(&account), [] as [&str; 0]);
    insta::assert_snapshot!(format!("{}\n{}", failure(&kept), failure(&too_many)));
}

#[tokio::test]
async fn another_clusters_role_keeps_its_policies() {
    let account = account(&seed(&json!({ "kubernetes.io/cluster/other": "owned" }), &["a"]));
    assert_eq!(converge(&account, add(&attached(&[]))).await, [] as [&str; 0]);
}

#[tokio::test]
async fn attachments_follow_the_lifecycle_of_inline_policies() {
    let account = account(&seed(&owned(ROLE), &["a"]));
    let overrides = "IAMRolePolicy=ExistsAndWarnIfChanges";
    let report = apply_with(&account, overrides, add(&attached(&["b"]))).await;
    assert!(report.succeeded());
    assert_eq!(report.counts().warned, 2, "{report:#?}");
    assert_eq!(writes(&account), [] as [&str; 0]);
}

#[tokio::test]
async fn what_iam_would_refuse_is_refused_before_anything_is_called() {
    let arns = [
        "aws:arn:iam:123456789000:policy:test",
        "arn:aws:iam::123456789012:role/test",
        "arn:aws:iam::12345:policy/test",
        "arn:aws:iam::123456789012:policy/there-is-none",
    ];
    let mut told = Vec::new();
    for arn in arns {
        for seed in [seed(&owned(ROLE), &["a"]), json!({})] {
            let account = account(&seed);
            let wanted = IamRolePolicyAttachment::new(ROLE, owner(), [arn]);
            let planned = failure(&plan(&account, add(&wanted)).await);
            assert_eq!(planned, failure(&apply(&account, add(&wanted)).await));
            assert_eq!(writes(&account), [] as [&str; 0]);
            told.push(planned);
        }
    }
    told.dedup();
    insta::assert_snapshot!(told.join("\n"));
}

/// A policy of the cluster's own in a seed, with these tags.
fn own_policy(name: &str, tags: &Value) -> Value {
    json!({ "arn": own_arn(name), "document": allowing(&["s3:*"]), "tags": tags })
}

fn own_arn(name: &str) -> String {
    arn(&format!("{OWN}{name}"))
}

const OWN: &str = "cloudup/example.com/";

/// A role with these policies of the cluster's own and of others, and `old`, `new`, `theirs` and
/// `untagged` below the cluster's path.
fn seed_of_own(own: &[&str], others: &[&str]) -> Value {
    let mut seed = seed(&owned(ROLE), others);
    let attached = seed["roles"][0]["attachedPolicies"].as_array_mut().unwrap();
    attached.extend(own.iter().map(|name| json!(own_arn(name))));
    seed["managedPolicies"].as_array_mut().unwrap().extend([
        own_policy("old", &owned("old")),
        own_policy("new", &owned("new")),
        own_policy("theirs", &json!({ "kubernetes.io/cluster/other": "owned" })),
        own_policy("untagged", &json!({})),
    ]);
    seed
}

/// Has these of the cluster's own attached; they are made as they are.
fn own(
    wanted: &IamRolePolicyAttachment,
    names: &'static [&'static str],
) -> impl Fn(&mut Adder<'_, Aws>) {
    let wanted = wanted.clone();
    move |graph| {
        let made: Vec<_> = names
            .iter()
            .map(|name| {
                let account = ("aws", "123456789012");
                let path = format!("/{OWN}");
                let document = allowing(&["s3:*"]);
                let policy = IamManagedPolicy::new(*name, path, account, owner(), document);
                (own_arn(name), graph.add(policy))
            })
            .collect();
        let own = made.iter().map(|(arn, made)| (arn.clone(), made));
        let attachment = graph.add(wanted.clone().own(arn(OWN), own)).id().clone();
        for (_, made) in &made {
            graph.order(made.id().clone(), attachment.clone());
        }
    }
}

#[tokio::test]
async fn where_others_are_left_alone_only_ours_come_and_go() {
    let account = account(&seed_of_own(&["old", "theirs", "untagged"], &["a"]));
    assert_eq!(
        converge(&account, own(&attached(&[]).leaving_others(), &["new"])).await,
        [
            format!("AttachRolePolicy {ROLE}/{}", own_arn("new")),
            format!("DetachRolePolicy {ROLE}/{}", own_arn("old")),
        ]
    );
    let left = ["new", "theirs", "untagged"].map(own_arn);
    assert_eq!(live(&account), left.into_iter().chain([arn("a")]).collect());
}

#[tokio::test]
async fn where_the_manifest_governs_them_ours_and_what_it_lists_are_all_there_is() {
    let account = account(&seed_of_own(&["old", "theirs"], &["a", "b"]));
    converge(&account, own(&attached(&["b", "c"]), &["new"])).await;
    assert_eq!(live(&account), [own_arn("new"), arn("b"), arn("c")].into());
}

#[tokio::test]
async fn at_the_quota_what_is_others_makes_room_before_what_is_ours() {
    let mut seed = seed_of_own(&["old"], &["a"]);
    seed["quotas"] = json!({ "attachedPoliciesPerRole": 2 });
    let quotas = Quotas { attached_policies_per_role: 2, ..Quotas::default() };
    let account = account(&seed);
    let wanted = attached(&[]).within(quotas);
    let report = apply(&account, own(&wanted, &["new"])).await;
    assert!(report.succeeded(), "{report:#?}");
    assert_eq!(
        writes(&account)[..2],
        [
            format!("DetachRolePolicy {ROLE}/{}", arn("a")),
            format!("AttachRolePolicy {ROLE}/{}", own_arn("new")),
        ]
    );
    assert_eq!(live(&account), [own_arn("new")].into());
}

#[tokio::test]
async fn what_is_left_alone_makes_no_room() {
    let quotas = Quotas { attached_policies_per_role: 2, ..Quotas::default() };
    let wanted = attached(&[]).leaving_others().within(quotas);
    // One of ours goes for another, right before it.
    let mut seed = seed_of_own(&["old"], &["a"]);
    seed["quotas"] = json!({ "attachedPoliciesPerRole": 2 });
    let swapped = account(&seed);
    let report = apply(&swapped, own(&wanted, &["new"])).await;
    assert!(report.succeeded(), "{report:#?}");
    assert_eq!(live(&swapped), [own_arn("new"), arn("a")].into());

    let full = account(&seed_of_own(&[], &["a", "b"]));
    let told = failure(&plan(&full, own(&wanted, &["new"])).await);
    assert_eq!(told, failure(&apply(&full, own(&wanted, &["new"])).await));
    assert_eq!(writes(&full), [] as [&str; 0]);
    insta::assert_snapshot!(told);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// From any set of policies to any other, at any quota, with any one call failing.
    #[test]
    fn a_role_never_lacks_a_policy_that_was_there_and_is_to_be_there(
        old in btree_set(0..NAMES.len(), 0..=5),
        new in btree_set(0..NAMES.len(), 0..=5),
        slack in 0..3_usize,
        fails_at in 0..12_u64,
        loses_reply: bool,
    ) {
        let named = |set: &BTreeSet<usize>| -> Vec<&str> { set.iter().map(|n| NAMES[*n]).collect() };
        let (old, new) = (named(&old), named(&new));
        let mut seed = seed(&owned(ROLE), &old);
        seed["quotas"] = json!({ "attachedPoliciesPerRole": old.len().max(new.len()) + slack });
        let effect = if loses_reply {
            Effect::LoseReply
        } else {
            Effect::Error { code: "Unheard".to_owned(), message: String::new() }
        };
        let account = account(&seed);
        account.add_fault(Fault::new(effect).writes().skip(fails_at).times(1)).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            apply(&account, add(&attached(&new))).await;
            let second = apply(&account, add(&attached(&new))).await;
            assert!(second.succeeded(), "{second:#?}");
            assert!(plan(&account, add(&attached(&new))).await.changes().next().is_none());
        });
        let wanted: BTreeSet<_> = new.iter().map(|name| arn(name)).collect();
        prop_assert_eq!(live(&account), wanted.clone());
        let kept: BTreeSet<_> = old.iter().map(|name| arn(name)).filter(|arn| wanted.contains(arn)).collect();
        for moment in account.journal().moments {
            prop_assert!(moment.roles[ROLE].attached_policies.is_superset(&kept), "{:?}", moment.after);
        }
    }
}

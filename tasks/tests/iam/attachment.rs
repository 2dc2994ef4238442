//! Managed policies attached to a role.

use std::collections::BTreeSet;

use cloudup_engine::{Adder, Finding, Lifecycle, Verdict, lifecycle::Sync};
use cloudup_tasks::{
    cloud::Aws,
    iam::IamRolePolicyAttachment,
    local::{Account, Effect, Fault},
};
use proptest::{collection::btree_set, prelude::*};
use serde_json::{Value, json};

use super::{
    ROLE, account, apply, apply_with, arn, converge, failure, managed, notes, owned, owner, plan,
    plan_under, role, with, writes,
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

//! Instance profiles that somebody else keeps.

use cloudup_engine::{
    Adder, Outcome,
    lifecycle::{ExistsAndValidates, ExistsAndWarnIfChanges},
};
use cloudup_tasks::{
    cloud::Aws,
    iam::{ExistingInstanceProfile, ExistingRolePolicy, ExistingRolePolicyAttachment},
    local::{Account, Effect, Fault},
    policy::{AccessDiff, Document, Statement},
};
use serde_json::{Value, json};

use super::{account, allowing, apply, arn, failure, plan, plan_under, writes};

const PROFILE: &str = "custom";

/// A profile with a role of another name, which may do this.
fn seed(inline: &[&Document], attached: &[&Document]) -> Value {
    let managed = |index: usize| format!("managed-{index}");
    let inline =
        inline.iter().enumerate().map(|(n, document)| (format!("inline-{n}"), json!(document)));
    let policies = attached.iter().enumerate();
    json!({
        "roles": [{
            "name": "their-role",
            "assumeRolePolicyDocument": super::ec2(),
            "inlinePolicies": inline.collect::<Value>(),
            "attachedPolicies": (0..attached.len()).map(|n| arn(&managed(n))).collect::<Vec<_>>(),
        }],
        "instanceProfiles": [
            { "name": PROFILE, "role": { "name": "their-role" } },
            { "name": "empty" },
        ],
        "managedPolicies": policies
            .map(|(n, document)| json!({ "arn": arn(&managed(n)), "document": document }))
            .collect::<Vec<_>>(),
    })
}

fn needed() -> Document {
    Document::new([
        Statement::allow("A")
            .actions(["ec2:DescribeRegions", "ec2:DescribeInstances"])
            .resources("*"),
        Statement::allow("B").actions("s3:GetObject").resources("arn:aws:s3:::store/*").when(
            "Bool",
            "aws:SecureTransport",
            "true",
        ),
    ])
}

fn compare(graph: &mut Adder<'_, Aws>) {
    graph.add(ExistingRolePolicy::new(PROFILE, needed()));
}

/// What the plan says is missing.
async fn missing(account: &Account) -> String {
    let report = plan_under(ExistsAndWarnIfChanges, account, compare).await;
    let entry = &report.entries[0];
    match &entry.finding {
        cloudup_engine::Finding::Same => String::new(),
        cloudup_engine::Finding::Different { changes } => {
            assert_eq!(entry.outcome, Outcome::Warned);
            let read = |value: &Option<Value>| {
                Document::from_value(value.as_ref().unwrap()).unwrap_or_else(|_| Document::new([]))
            };
            let (from, to) = (read(&changes[0].from), read(&changes[0].to));
            AccessDiff::between([&from], [&to]).to_string()
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_granted_counts_wherever_it_stands() {
    let [a, b] = [0, 1].map(|n| Document::new([needed().statements[n].clone()]));
    let more = allowing(&["iam:*"]);
    for (inline, attached) in [
        (vec![&needed()], vec![]),
        (vec![], vec![&needed()]),
        (vec![&a], vec![&b, &more]),
        (vec![&a, &more, &b], vec![]),
    ] {
        let account = account(&seed(&inline, &attached));
        assert_eq!(missing(&account).await, "");
    }
}

#[tokio::test]
async fn what_is_missing_is_told_grant_by_grant() {
    let some = allowing(&["ec2:describeregions", "s3:GetObject"]);
    let account = account(&seed(&[&some], &[]));
    insta::assert_snapshot!(missing(&account).await);
}

#[tokio::test]
async fn what_may_not_be_read_is_a_difference_that_says_so() {
    let account = account(&seed(&[], &[&needed()]));
    account.add_fault(Fault::new(Effect::Deny).operation("GetPolicyVersion")).unwrap();
    let report = plan_under(ExistsAndWarnIfChanges, &account, compare).await;
    assert_eq!(report.entries[0].outcome, Outcome::Warned);
    insta::assert_json_snapshot!(report.entries[0].finding);
    assert!(!plan_under(ExistsAndValidates, &account, compare).await.succeeded());
}

#[tokio::test]
async fn a_profile_without_a_role_lacks_everything() {
    let account = account(&seed(&[], &[]));
    let build = |graph: &mut Adder<'_, Aws>| {
        graph.add(ExistingRolePolicy::new("empty", needed()));
    };
    let report = plan_under(ExistsAndWarnIfChanges, &account, build).await;
    assert_eq!(report.entries[0].outcome, Outcome::Warned);
    assert_eq!(report.entries[0].notes, ["instance profile empty holds no role"]);
}

#[tokio::test]
async fn attached_policies_are_compared_and_others_do_not_matter() {
    let account = account(&seed(&[], &[&needed(), &needed()]));
    let wanting = |names: &'static [&'static str]| {
        move |graph: &mut Adder<'_, Aws>| {
            let arns = names.iter().map(|name| arn(name));
            graph.add(ExistingRolePolicyAttachment::new(PROFILE, arns));
        }
    };
    let outcome = async |names| {
        let report = plan_under(ExistsAndWarnIfChanges, &account, wanting(names)).await;
        report.entries[0].outcome.clone()
    };
    assert_eq!(outcome(&["managed-0"]).await, Outcome::Kept);
    assert_eq!(outcome(&["managed-0", "managed-7"]).await, Outcome::Warned);
}

#[tokio::test]
async fn attachments_that_may_not_be_listed_are_worth_a_warning() {
    let account = account(&seed(&[], &[&needed()]));
    account.add_fault(Fault::new(Effect::Deny).operation("ListAttachedRolePolicies")).unwrap();
    let build = |graph: &mut Adder<'_, Aws>| {
        graph.add(ExistingRolePolicyAttachment::new(PROFILE, [arn("managed-0")]));
    };
    let report = plan_under(ExistsAndWarnIfChanges, &account, build).await;
    assert_eq!(report.entries[0].outcome, Outcome::Warned);
    assert!(report.entries[0].notes[0].contains("may not be listed"));
}

#[tokio::test]
async fn nothing_of_somebody_else_is_changed_under_any_lifecycle() {
    let account = account(&seed(&[], &[]));
    let attach = |graph: &mut Adder<'_, Aws>| {
        graph.add(ExistingRolePolicyAttachment::new(PROFILE, [arn("x")]));
    };
    let told = [failure(&apply(&account, compare).await), failure(&apply(&account, attach).await)];
    assert_eq!(writes(&account), [] as [&str; 0]);
    insta::assert_snapshot!(told.join("\n"));
}

#[tokio::test]
async fn an_existing_profile_must_be_there() {
    let account = account(&seed(&[], &[]));
    let named = |name: &'static str| {
        move |graph: &mut Adder<'_, Aws>| {
            graph.add(ExistingInstanceProfile::new(name, ["nodes-a", "nodes-b"]));
        }
    };
    assert!(plan(&account, named(PROFILE)).await.is_settled());
    insta::assert_snapshot!(failure(&plan(&account, named("missing")).await));
}

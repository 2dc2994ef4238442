//! Whatever goes wrong at whichever call, running again finishes the job.

use cloudup_engine::Adder;
use cloudup_tasks::{
    cloud::Aws,
    iam::{
        IamInstanceProfile, IamInstanceProfileRole, IamOidcProvider, IamRole, IamRolePolicy,
        IamRolePolicyAttachment,
    },
    local::{Account, Effect, Fault},
};
use serde_json::{Value, json};

use super::{
    CLUSTER, ROLE, account, allowing, apply, arn, converge, ec2, managed, owned, owner, plan, role,
    trust, with,
};

/// Everything that a group of instances has, and its cluster's OpenID Connect provider.
fn nodes(graph: &mut Adder<'_, Aws>) {
    let role = graph.add(IamRole::new(ROLE, owner(), ec2()).bounded_by(Some(arn("boundary"))));
    let profile = graph.add(IamInstanceProfile::new(ROLE, owner()));
    let document = Some(allowing(&["ec2:DescribeRegions"]));
    let policy = IamRolePolicy::new(ROLE, ROLE, owner(), document).made_by(&role);
    graph.after(&role).add(policy);
    let attached = IamRolePolicyAttachment::new(ROLE, owner(), [arn("a"), arn("b")]);
    graph.after(&role).add(attached.made_by(&role));
    let held = IamInstanceProfileRole::new(ROLE, ROLE, owner()).made_by(&profile, &role);
    graph.after(&role).after(&profile).add(held);
    let gone = IamRolePolicy::new("additional.nodes", ROLE, owner(), None);
    graph.after(&role).add(gone);
    let issuer = IamOidcProvider::new(CLUSTER, ISSUER, "aws", "123456789012", owner());
    graph.add(issuer.for_clients(["amazonaws.com", "sts"]).trusting(["a".repeat(40)]));
}

const ISSUER: &str = "https://oidc.example.com";

/// An account where all of it is there and differs.
fn drifted() -> Value {
    let tags = with(owned("old"), &json!({ "kops.k8s.io/old": "x" }));
    json!({
        "roles": [
            with(role(&tags), &json!({
                "assumeRolePolicyDocument": trust("lambda.amazonaws.com"),
                "inlinePolicies": {
                    ROLE: allowing(&["s3:*"]),
                    "additional.nodes": allowing(&["s3:*"]),
                },
                "attachedPolicies": [arn("b"), arn("c")],
            })),
            with(role(&owned("other")), &json!({ "name": "other" })),
        ],
        "instanceProfiles": [{ "name": ROLE, "tags": tags, "role": { "name": "other" } }],
        "oidcProviders": [{
            "url": ISSUER,
            "clientIds": ["old", "sts"],
            "thumbprints": ["b".repeat(40)],
            "tags": tags,
        }],
        "managedPolicies": managed(&["a", "b", "c", "boundary"]),
        "quotas": { "attachedPoliciesPerRole": 2 },
    })
}

fn empty() -> Value {
    json!({ "managedPolicies": managed(&["a", "b", "boundary"]) })
}

/// What the account came to, ids and faults left out.
fn outcome(account: &Account) -> Value {
    let mut shown = account.show().unwrap();
    let members = shown.as_object_mut().unwrap();
    members.remove("faults");
    members.remove("lastId");
    members.remove("late");
    for list in ["roles", "instanceProfiles"] {
        for thing in members[list].as_array_mut().unwrap() {
            thing.as_object_mut().unwrap().remove("id");
        }
    }
    shown
}

async fn settled(account: &Account) -> Value {
    let report = plan(account, nodes).await;
    assert!(report.changes().next().is_none() && report.succeeded(), "{report:#?}");
    outcome(account)
}

async fn sweep(seed: Value, effect: Effect) {
    let whole = account(&seed);
    assert!(apply(&whole, nodes).await.succeeded());
    let expected = settled(&whole).await;
    let calls = whole.journal().writes().count();
    assert!(calls >= 6, "{calls}");
    for nth in 0..calls as u64 {
        let account = account(&seed);
        account.add_fault(Fault::new(effect.clone()).writes().skip(nth).times(1)).unwrap();
        apply(&account, nodes).await;
        let second = apply(&account, nodes).await;
        assert!(second.succeeded(), "call {nth}: {second:#?}");
        assert_eq!(settled(&account).await, expected, "call {nth}");
        for moment in account.journal().moments {
            for (name, role) in &moment.roles {
                assert_eq!(role.tags[&owner().tag_key()], "owned", "{name}, call {nth}");
            }
            for (url, provider) in &moment.oidc_providers {
                assert_eq!(provider.tags[&owner().tag_key()], "owned", "{url}, call {nth}");
                assert!(provider.client_ids.contains("sts"), "{url}, call {nth}");
            }
        }
    }
}

#[tokio::test]
async fn an_apply_does_what_the_plan_said() {
    for seed in [empty(), drifted()] {
        let account = account(&seed);
        assert!(converge(&account, nodes).await.len() >= 6);
    }
}

fn broken() -> Effect {
    Effect::Error { code: "Unheard".to_owned(), message: String::new() }
}

#[tokio::test(start_paused = true)]
async fn an_error_at_any_call_can_be_recovered_from() {
    sweep(empty(), broken()).await;
    sweep(drifted(), broken()).await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_at_any_call_can_be_recovered_from() {
    sweep(empty(), Effect::LoseReply).await;
    sweep(drifted(), Effect::LoseReply).await;
}

#[tokio::test(start_paused = true)]
async fn throttling_at_any_call_is_waited_out_in_one_run() {
    for seed in [empty(), drifted()] {
        let whole = account(&seed);
        assert!(apply(&whole, nodes).await.succeeded());
        for nth in 0..whole.journal().writes().count() as u64 {
            let account = account(&seed);
            account.add_fault(Fault::new(Effect::Throttle).writes().skip(nth).times(3)).unwrap();
            assert!(apply(&account, nodes).await.succeeded(), "call {nth}");
            assert_eq!(settled(&account).await, settled(&whole).await, "call {nth}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_created_late_after_a_lost_answer_is_waited_for() {
    let account = account(&empty());
    for operation in ["CreateRole", "CreateInstanceProfile", "CreateOpenIDConnectProvider"] {
        let late = Fault::new(Effect::Late { reads: 7 }).operation(operation);
        account.add_fault(late).unwrap();
        let lost = Fault::new(Effect::LoseReply).operation(operation).times(1);
        account.add_fault(lost).unwrap();
    }
    let report = apply(&account, nodes).await;
    assert!(report.succeeded(), "{report:#?}");
    settled(&account).await;
}

//! Managed policies of a cluster's own.

use cloudup_engine::{Adder, ErrorKind};
use cloudup_tasks::{
    cloud::{
        Aws, CloudWriter,
        iam::{Quotas, Tags},
    },
    iam::{IamManagedPolicy, IamRole, IamRolePolicyAttachment, RoleDocuments},
    local::{Account, Effect, Fault},
    policy::{Document, Statement},
};
use serde_json::{Value, json};

use super::{
    ROLE, account, allowing, apply, apply_with, converge, ec2, failure, notes, owned, owner, plan,
    role, with, writes, writes_since,
};

const NAME: &str = "overflow-1.nodes.example.com";
const PATH: &str = "/cloudup/example.com/";
const ARN: &str =
    "arn:aws:iam::123456789012:policy/cloudup/example.com/overflow-1.nodes.example.com";
const NOWHERE: (&str, &str) = ("aws", "123456789012");

fn allowing_policy(actions: &[&str]) -> IamManagedPolicy {
    IamManagedPolicy::new(NAME, PATH, NOWHERE, owner(), allowing(actions))
}

fn policy() -> IamManagedPolicy {
    allowing_policy(&["s3:A", "s3:B"])
}

fn add(policy: &IamManagedPolicy) -> impl Fn(&mut Adder<'_, Aws>) {
    move |graph| drop(graph.add(policy.clone()))
}

fn remove(graph: &mut Adder<'_, Aws>) {
    graph.unwanted(IamManagedPolicy::unwanted(NAME, PATH, NOWHERE, owner()));
}

/// The policy in a seed, as [`policy`] wants it, with these tags.
fn there(tags: &Value) -> Value {
    json!({ "arn": ARN, "document": allowing(&["s3:A", "s3:B"]), "tags": tags })
}

/// The policy with as many versions as are allowed; the third is in force.
fn full(tags: &Value) -> Value {
    let versions: Value = ["v1", "v2", "v3", "v4", "v5"]
        .map(|id| (id.to_owned(), json!(allowing(&[&format!("s3:{id}")]))))
        .into_iter()
        .collect::<serde_json::Map<_, _>>()
        .into();
    json!({ "arn": ARN, "versions": versions, "defaultVersionId": "v3", "tags": tags })
}

fn seed(policy: &Value) -> Value {
    json!({ "managedPolicies": [policy] })
}

fn live(account: &Account) -> cloudup_tasks::local::ManagedPolicy {
    let mut policies = account.state().unwrap().managed_policies;
    policies.retain(|policy| policy.arn == ARN);
    policies.pop().expect("the policy is there")
}

fn call(operation: &str) -> String {
    format!("{operation} {ARN}")
}

#[tokio::test]
async fn a_policy_is_created_with_everything_in_one_call() {
    let account = account(&json!({}));
    let team = Tags::from([("team".to_owned(), "blue".to_owned())]);
    let calls = converge(&account, add(&policy().tagged(team))).await;
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert!(calls[0].starts_with("CreatePolicy "), "{calls:?}");
    insta::assert_json_snapshot!(account.journal().moments[0].managed_policies);
}

#[tokio::test]
async fn a_document_that_is_written_otherwise_is_the_same() {
    let text = r#"{ "Statement": { "Resource": ["*"], "Action": ["s3:B", "s3:A", "s3:A"],
        "Effect": "Allow", "Sid": "A" }, "Version": "2012-10-17" }"#;
    let found = with(there(&owned(NAME)), &json!({ "document": text }));
    let account = account(&seed(&found));
    assert_eq!(converge(&account, add(&policy())).await, [] as [&str; 0]);
}

#[tokio::test]
async fn a_change_is_a_new_version_that_is_in_force() {
    let account = account(&seed(&there(&owned(NAME))));
    let calls = converge(&account, add(&allowing_policy(&["s3:C"]))).await;
    assert_eq!(calls, [call("CreatePolicyVersion")]);
    let live = live(&account);
    assert_eq!(live.default_version_id, "v2");
    assert_eq!(live.in_force().unwrap().0, allowing(&["s3:C"]).compact());
}

#[tokio::test]
async fn the_oldest_version_that_is_not_in_force_makes_room() {
    let seeds = [
        (full(&owned(NAME)), "v1"),
        (with(full(&owned(NAME)), &json!({ "defaultVersionId": "v1" })), "v2"),
    ];
    for (found, oldest) in seeds {
        let account = account(&seed(&found));
        let calls = converge(&account, add(&policy())).await;
        assert_eq!(calls.len(), 2, "{calls:?}");
        assert!(calls[0].starts_with("DeletePolicyVersion "), "{calls:?}");
        assert_eq!(calls[1], call("CreatePolicyVersion"));
        let live = live(&account);
        assert!(!live.versions.contains_key(oldest), "{:?}", live.versions);
        assert_eq!((live.versions.len(), live.default_version_id.as_str()), (5, "v6"));
    }
}

#[tokio::test]
async fn versions_are_as_old_as_their_numbers_say() {
    let mut found = full(&owned(NAME));
    let versions: serde_json::Map<_, _> = ["v9", "v10", "v11", "v12", "v13"]
        .map(|id| (id.to_owned(), json!(allowing(&[&format!("s3:{id}")]))))
        .into_iter()
        .collect();
    found["versions"] = versions.into();
    found["defaultVersionId"] = json!("v13");
    let account = account(&seed(&found));
    converge(&account, add(&policy())).await;
    let live = live(&account);
    assert!(!live.versions.contains_key("v9"), "{:?}", live.versions);
    assert!(live.versions.contains_key("v10"));
}

#[tokio::test]
async fn one_that_is_nobodys_is_taken_over_tags_first() {
    let found = json!({ "arn": ARN, "document": allowing(&["s3:C"]), "tags": { "team": "red" } });
    let account = account(&seed(&found));
    let planned = plan(&account, add(&policy())).await;
    assert!(notes(&planned).iter().any(|note| note.contains("taken over")), "{planned:#?}");
    let calls = converge(&account, add(&policy())).await;
    assert_eq!(calls, [call("TagPolicy"), call("CreatePolicyVersion")]);
    let tags = live(&account).tags;
    assert_eq!(tags["team"], "red", "tags of others stay");
    assert_eq!(tags["kubernetes.io/cluster/example.com"], "owned");
}

#[tokio::test]
async fn surplus_tags_of_ours_go_last_and_those_of_others_stay() {
    let more = json!({ "kops.k8s.io/old": "x", "team": "red" });
    let found = there(&with(owned(NAME), &more));
    let account = account(&seed(&found));
    let green = Tags::from([("colour".to_owned(), "green".to_owned())]);
    let wanted = allowing_policy(&["s3:C"]).tagged(green);
    let calls = converge(&account, add(&wanted)).await;
    assert_eq!(calls, ["TagPolicy", "CreatePolicyVersion", "UntagPolicy"].map(call));
    let tags = live(&account).tags;
    assert!(!tags.contains_key("kops.k8s.io/old"), "{tags:?}");
    assert_eq!((tags["team"].as_str(), tags["colour"].as_str()), ("red", "green"));
}

#[tokio::test]
async fn what_somebody_else_owns_is_refused_and_stays_as_it_is() {
    let owners = [
        json!({ "kubernetes.io/cluster/other.example.com": "owned" }),
        json!({ "kubernetes.io/cluster/example.com": "shared" }),
    ];
    let mut told = Vec::new();
    for tags in owners {
        let account = account(&seed(&there(&tags)));
        let wanted = allowing_policy(&["s3:C"]);
        let planned = failure(&plan(&account, add(&wanted)).await);
        assert_eq!(planned, failure(&apply(&account, add(&wanted)).await));
        told.push(planned);
        // Nor does it go because we do not want ours any more.
        assert_eq!(converge(&account, remove).await, [] as [&str; 0]);
        assert_eq!(writes(&account), [] as [&str; 0]);
    }
    insta::assert_snapshot!(told.join("\n"));
}

#[tokio::test]
async fn a_name_that_is_taken_below_another_path_is_told() {
    let elsewhere = "arn:aws:iam::123456789012:policy/team/OVERFLOW-1.nodes.example.com";
    let theirs = json!({ "arn": elsewhere, "document": allowing(&["s3:*"]) });
    let account = account(&seed(&theirs));
    insta::assert_snapshot!(failure(&apply(&account, add(&policy())).await));
    let policies = account.state().unwrap().managed_policies;
    assert_eq!(policies.len(), 1);
    assert_eq!(policies[0].arn, elsewhere);
}

#[tokio::test]
async fn one_that_appears_after_the_plan_is_not_touched_unless_it_is_ours() {
    for (tags, is_ours) in [(owned(NAME), true), (json!({}), false)] {
        let mut seed = seed(&there(&tags));
        // It is not seen at first.
        seed["faults"] = json!([{ "operation": "GetPolicy", "effect": { "error": { "code": "NoSuchEntity" } }, "times": 1 }]);
        let account = account(&seed);
        let report = apply(&account, add(&allowing_policy(&["s3:C"]))).await;
        assert_eq!(report.succeeded(), is_ours, "{report:#?}");
        let document = live(&account).in_force().unwrap().0.clone();
        assert_eq!(document == allowing(&["s3:C"]).compact(), is_ours);
        if !is_ours {
            insta::assert_snapshot!(failure(&report));
        }
    }
}

#[tokio::test]
async fn one_that_is_not_wanted_goes_with_its_versions_first() {
    let account = account(&seed(&full(&owned(NAME))));
    let calls = converge(&account, remove).await;
    assert_eq!(calls.len(), 5, "{calls:?}");
    assert!(calls[..4].iter().all(|call| call.starts_with("DeletePolicyVersion ")), "{calls:?}");
    assert_eq!(calls[4], call("DeletePolicy"));
    assert_eq!(account.state().unwrap().managed_policies, []);
    assert_eq!(converge(&account, remove).await, [] as [&str; 0]);
}

#[tokio::test]
async fn one_that_is_not_wanted_stays_unless_its_tag_says_ours() {
    let tags = [
        json!({}),
        json!({ "KubernetesCluster": "example.com" }),
        json!({ "kubernetes.io/cluster/example.com": "shared" }),
        json!({ "kubernetes.io/cluster/other": "owned" }),
    ];
    for tags in tags {
        let account = account(&seed(&there(&tags)));
        assert_eq!(converge(&account, remove).await, [] as [&str; 0], "{tags}");
    }
}

#[tokio::test]
async fn what_others_have_attached_stays_and_the_error_says_what_to_do() {
    let theirs =
        json!({ "name": "theirs", "assumeRolePolicyDocument": ec2(), "attachedPolicies": [ARN] });
    let account = account(&with(seed(&there(&owned(NAME))), &json!({ "roles": [theirs] })));
    insta::assert_snapshot!(failure(&apply(&account, remove).await));
    assert_eq!(live(&account).tags, owner().tags(NAME));
}

#[tokio::test]
async fn what_may_not_be_read_fails_or_warns_as_the_lifecycle_says() {
    for operation in ["GetPolicy", "GetPolicyVersion"] {
        let account = account(&seed(&there(&owned(NAME))));
        account.add_fault(Fault::new(Effect::Deny).operation(operation)).unwrap();
        let wanted = allowing_policy(&["s3:C"]);
        let report = apply(&account, add(&wanted)).await;
        let failures: Vec<_> = report.failures().collect();
        assert_eq!(failures[0].error.as_ref().unwrap().kind, ErrorKind::Denied);
        assert!(failure(&report).contains(ARN), "{}", failure(&report));
        // The kind follows that of inline policies.
        let lenient = "IAMRolePolicy=WarnIfInsufficientAccess";
        let report = apply_with(&account, lenient, add(&wanted)).await;
        assert!(report.succeeded(), "{report:#?}");
        assert_eq!(report.counts().warned, 1);
        assert_eq!(writes(&account), [] as [&str; 0]);
    }
}

#[tokio::test]
async fn what_is_too_large_for_the_account_is_refused_before_anything_is_called() {
    let long = allowing_policy(&[&format!("s3:{}", "x".repeat(6_100))]);
    let short = allowing_policy(&[&format!("s3:{}", "x".repeat(900))]);
    let limited = |policy_size| Quotas { policy_size, ..Quotas::default() };
    let table = [
        (long.clone(), false),
        (long.within(limited(7_000)), true),
        (short.clone(), true),
        (short.within(limited(900)), false),
    ];
    let mut told = Vec::new();
    for (wanted, fits) in table {
        for seed in [json!({}), seed(&there(&owned(NAME)))] {
            let account = account(&seed);
            let planned = plan(&account, add(&wanted)).await;
            assert_eq!(planned.succeeded(), fits, "{planned:#?}");
            if !fits {
                assert_eq!(failure(&planned), failure(&apply(&account, add(&wanted)).await));
                assert_eq!(writes(&account), [] as [&str; 0]);
                told.push(failure(&planned));
            }
        }
    }
    told.dedup();
    insta::assert_snapshot!(told.join("\n"));
}

/// A policy for a role that has it attached.
fn with_role(graph: &mut Adder<'_, Aws>) {
    let role = graph.add(IamRole::new(ROLE, owner(), ec2()));
    let policy = graph.add(policy());
    let mut after = graph.after(&role);
    let attachment = IamRolePolicyAttachment::new(ROLE, owner(), [] as [&str; 0])
        .made_by(&role)
        .own(prefix(), [(ARN.to_owned(), &policy)])
        .leaving_others();
    let attachment = after.add(attachment).id().clone();
    graph.order(policy.id().clone(), attachment);
}

fn prefix() -> &'static str {
    ARN.strip_suffix(NAME).expect("an ARN ends in the name")
}

#[tokio::test(start_paused = true)]
async fn what_this_run_made_may_take_a_while_to_be_seen() {
    let account = account(&json!({}));
    for operation in ["CreateRole", "CreatePolicy"] {
        let late = Fault::new(Effect::Late { reads: 3 }).operation(operation);
        account.add_fault(late).unwrap();
    }
    let missing = Effect::Error { code: "NoSuchEntity".to_owned(), message: String::new() };
    account.add_fault(Fault::new(missing).operation("AttachRolePolicy").times(2)).unwrap();
    let report = apply(&account, with_role).await;
    assert!(report.succeeded(), "{report:#?}");
    let state = account.state().unwrap();
    assert!(state.roles.get(ROLE).unwrap().attached_policies.contains(ARN));
}

#[tokio::test(start_paused = true)]
async fn a_creation_whose_answer_is_lost_is_not_done_twice() {
    let account = account(&json!({}));
    account.add_fault(Fault::new(Effect::LoseReply).operation("CreatePolicy").times(1)).unwrap();
    let before = account.journal().calls.len();
    let report = apply(&account, add(&policy())).await;
    let again = apply(&account, add(&policy())).await;
    assert!(again.succeeded(), "{report:#?}{again:#?}");
    let calls = writes_since(&account, before);
    assert!(!calls.contains(&call("CreatePolicyVersion")), "{calls:?}");
    assert_eq!(live(&account).versions.len(), 1);
}

#[tokio::test]
async fn what_an_inline_policy_gains_stays_here_until_it_is_there() {
    let statement = |sid: &str| Statement::allow(sid).actions(format!("s3:{sid}")).resources("*");
    let (a, b) = (statement("A"), statement("B"));
    let both = Document::new([a.clone(), b.clone()]);
    let (here, inline) = (Document::new([a]), Document::new([b]));
    let role = with(role(&owned(ROLE)), &json!({ "attachedPolicies": [ARN] }));
    let found = json!({ "arn": ARN, "document": both, "tags": owned(NAME) });
    let account = account(&json!({ "roles": [role], "managedPolicies": [found] }));
    let documents =
        RoleDocuments::default().managed(ARN, here.clone()).inline(ROLE, Some(inline.clone()));
    let build = |graph: &mut Adder<'_, Aws>| {
        let policy = IamManagedPolicy::new(NAME, PATH, NOWHERE, owner(), here.clone())
            .among(ROLE, documents.clone());
        let policy = graph.add(policy).id().clone();
        let inline =
            cloudup_tasks::iam::IamRolePolicy::new(ROLE, ROLE, owner(), Some(inline.clone()))
                .among(documents.clone());
        let inline = graph.add(inline).id().clone();
        graph.order(policy, inline);
    };
    converge(&account, build).await;
    for moment in account.journal().moments {
        let texts = [
            moment.managed_policies[ARN].document.clone(),
            moment.roles[ROLE].inline_policies.get(ROLE).cloned().unwrap_or_default(),
        ];
        for action in ["s3:A", "s3:B"] {
            assert!(texts.iter().any(|text| text.contains(action)), "{:?}", moment.after);
        }
    }
    assert_eq!(live(&account).in_force().unwrap().0, here.compact());
}

#[tokio::test]
async fn a_version_that_somebody_else_makes_meanwhile_is_met() {
    let account = account(&seed(&full(&owned(NAME))));
    // There is room for one, until somebody takes it.
    let iam = CloudWriter::iam(&account);
    iam.delete_policy_version(ARN, "v1").await.unwrap();
    let full = Effect::Error { code: "LimitExceeded".to_owned(), message: String::new() };
    account.add_fault(Fault::new(full).operation("CreatePolicyVersion").times(1)).unwrap();
    let report = apply(&account, add(&policy())).await;
    assert!(report.succeeded(), "{report:#?}");
    let live = live(&account);
    assert!(!live.versions.contains_key("v2"), "{:?}", live.versions);
}

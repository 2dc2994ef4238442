//! Inline policies.

use cloudup_engine::Adder;
use cloudup_tasks::{
    cloud::Aws,
    iam::{IamRole, IamRolePolicy, RoleDocuments},
    local::{Effect, Fault},
    policy::{Document, Statement},
};
use serde_json::json;

use super::{
    ROLE, account, allowing, apply, apply_with, converge, ec2, failure, owned, owner, plan, role,
    with, writes,
};

fn policy(document: Option<Document>) -> IamRolePolicy {
    IamRolePolicy::new(ROLE, ROLE, owner(), document)
}

fn add(policy: &IamRolePolicy) -> impl Fn(&mut Adder<'_, Aws>) {
    move |graph| drop(graph.add(policy.clone()))
}

/// A document of about this many characters.
fn long(characters: usize) -> Document {
    allowing(&[&format!("s3:{}", "x".repeat(characters))])
}

#[tokio::test]
async fn a_policy_is_put_changed_and_deleted() {
    let account = account(&json!({ "roles": [role(&owned(ROLE))] }));
    let put = ["PutRolePolicy nodes.example.com/nodes.example.com"];
    assert_eq!(converge(&account, add(&policy(Some(allowing(&["s3:*"]))))).await, put);
    assert_eq!(converge(&account, add(&policy(Some(allowing(&["s3:*"]))))).await, [] as [&str; 0]);
    assert_eq!(converge(&account, add(&policy(Some(allowing(&["ec2:*"]))))).await, put);
    let delete = ["DeleteRolePolicy nodes.example.com/nodes.example.com"];
    assert_eq!(converge(&account, add(&policy(None))).await, delete);
    assert_eq!(converge(&account, add(&policy(Some(Document::new([]))))).await, [] as [&str; 0]);
}

#[tokio::test]
async fn a_policy_that_is_written_otherwise_is_the_same() {
    let text = r#"{ "Statement": { "Resource": ["*"], "Action": ["s3:B", "s3:A", "s3:A"],
        "Effect": "Allow", "Sid": "A" }, "Version": "2012-10-17" }"#;
    let inline = json!({ "inlinePolicies": { ROLE: text } });
    let account = account(&json!({ "roles": [with(role(&owned(ROLE)), &inline)] }));
    let wanted = policy(Some(allowing(&["s3:A", "s3:B"])));
    assert_eq!(converge(&account, add(&wanted)).await, [] as [&str; 0]);
}

#[tokio::test]
async fn other_policies_are_left_alone() {
    let inline = json!({ "inlinePolicies": { "other": allowing(&["s3:*"]) } });
    let account = account(&json!({ "roles": [with(role(&owned(ROLE)), &inline)] }));
    assert_eq!(converge(&account, add(&policy(None))).await, [] as [&str; 0]);
}

#[tokio::test]
async fn a_policy_of_another_clusters_role_is_not_deleted() {
    let inline = json!({ "inlinePolicies": { ROLE: allowing(&["s3:*"]) } });
    let theirs = role(&json!({ "kubernetes.io/cluster/other": "owned" }));
    let account = account(&json!({ "roles": [with(theirs, &inline)] }));
    assert_eq!(converge(&account, add(&policy(None))).await, [] as [&str; 0]);
}

#[tokio::test]
async fn a_lifecycle_governs_the_deletion_too() {
    let inline = json!({ "inlinePolicies": { ROLE: allowing(&["s3:*"]) } });
    let account = account(&json!({ "roles": [with(role(&owned(ROLE)), &inline)] }));
    for lifecycle in ["Ignore", "ExistsAndWarnIfChanges"] {
        let overrides = format!("IAMRolePolicy={lifecycle}");
        assert!(apply_with(&account, &overrides, add(&policy(None))).await.succeeded());
    }
    assert_eq!(writes(&account), [] as [&str; 0]);
}

fn beside(other: &str, document: Document) -> RoleDocuments {
    RoleDocuments::default().inline(ROLE, None).inline(other, Some(document))
}

#[tokio::test]
async fn all_inline_policies_of_a_role_share_its_room() {
    // What is there under its own name makes room for itself.
    let inline = json!({ "inlinePolicies": { "foreign": long(4_000), ROLE: long(5_000) } });
    let seed = json!({ "roles": [with(role(&owned(ROLE)), &inline)] });
    let table = [
        (policy(Some(long(6_000))), true),
        (policy(Some(long(6_200))), false),
        (policy(Some(long(2_900))).among(beside("additional", long(3_000))), true),
        (policy(Some(long(3_200))).among(beside("additional", long(3_000))), false),
        (policy(Some(long(3_000))).among(beside("foreign", long(7_000))), true),
        (policy(Some(long(3_200))).among(beside("foreign", long(7_000))), false),
    ];
    for (index, (wanted, fits)) in table.into_iter().enumerate() {
        let account = account(&seed);
        let planned = plan(&account, add(&wanted)).await;
        assert_eq!(planned.succeeded(), fits, "{index}");
        if !fits {
            apply(&account, add(&wanted)).await;
            assert_eq!(writes(&account), [] as [&str; 0], "{index}");
        }
        if index == 1 {
            insta::assert_snapshot!(failure(&planned));
        }
    }
}

#[tokio::test]
async fn what_others_put_is_not_counted_where_it_may_not_be_read() {
    let account = account(&json!({ "roles": [role(&owned(ROLE))] }));
    account.add_fault(Fault::new(Effect::Deny).operation("ListRolePolicies")).unwrap();
    assert!(apply(&account, add(&policy(Some(allowing(&["s3:*"]))))).await.succeeded());
}

#[tokio::test]
async fn what_iam_would_refuse_is_refused_before_anything_is_called() {
    let named = |name: &str| IamRolePolicy::new(name, ROLE, owner(), Some(allowing(&["s3:*"])));
    let stating = |statement: Statement| policy(Some(Document::new([statement])));
    let table = [
        named("a/b"),
        named(&"x".repeat(129)),
        stating(Statement::allow("no resource").actions("s3")),
        stating(Statement::allow("A").resources("bucket")),
        policy(Some(ec2())),
    ];
    let mut told = Vec::new();
    for wanted in table {
        let account = account(&json!({ "roles": [role(&owned(ROLE))] }));
        let planned = failure(&plan(&account, add(&wanted)).await);
        assert_eq!(planned, failure(&apply(&account, add(&wanted)).await));
        assert_eq!(writes(&account), [] as [&str; 0]);
        told.push(planned);
    }
    insta::assert_snapshot!(told.join("\n"));
}

/// `NoSuchEntity` of a put, twice.
fn unseen() -> Fault {
    let effect = Effect::Error { code: "NoSuchEntity".to_owned(), message: String::new() };
    Fault::new(effect).operation("PutRolePolicy").times(2)
}

#[tokio::test(start_paused = true)]
async fn a_role_that_has_not_arrived_everywhere_is_waited_for() {
    let account = account(&json!({}));
    account.add_fault(unseen()).unwrap();
    account.add_fault(Fault::new(Effect::Late { reads: 20 }).operation("CreateRole")).unwrap();
    let build = |graph: &mut Adder<'_, Aws>| {
        let role = graph.add(IamRole::new(ROLE, owner(), ec2()));
        let policy = policy(Some(allowing(&["s3:*"]))).made_by(&role);
        graph.after(&role).add(policy);
    };
    let report = apply(&account, build).await;
    assert!(report.succeeded(), "{report:#?}");
    assert_eq!(report.entries[1].timing.attempts, Some(3));
}

#[tokio::test(start_paused = true)]
async fn a_role_that_is_not_there_is_not_waited_for() {
    let account = account(&json!({}));
    let report = apply(&account, add(&policy(Some(allowing(&["s3:*"]))))).await;
    insta::assert_snapshot!(failure(&report));
    assert_eq!(report.entries[0].timing.attempts, Some(1));
}

//! Roles.

use cloudup_engine::Adder;
use cloudup_tasks::{
    cloud::{Aws, iam::Tags},
    iam::{IamRole, Owner},
    local::{Account, DocumentText, State},
    policy::{Document, Principal, Statement},
};
use serde_json::{Value, json};

use super::{
    ROLE, account, allowing, apply, converge, ec2, failure, managed, notes, owned, owner, plan,
    role, trust, with, writes,
};

fn nodes() -> IamRole {
    IamRole::new(ROLE, owner(), ec2())
}

fn add(role: &IamRole) -> impl Fn(&mut Adder<'_, Aws>) {
    move |graph| drop(graph.add(role.clone()))
}

/// An account with a role that has this text for a trust policy, whatever it is.
fn trusting(text: &str) -> Account {
    let seed = json!({ "roles": [role(&owned(ROLE))] });
    let mut state = State::from_value(&seed).unwrap();
    let mut role = state.roles.get(ROLE).unwrap().clone();
    role.assume_role_policy_document = DocumentText(text.to_owned());
    state.roles = [role].into_iter().collect();
    Account::in_memory(state).recording()
}

fn tags(account: &Account) -> Tags {
    account.state().unwrap().roles.iter().next().unwrap().tags.clone()
}

#[tokio::test]
async fn a_role_is_created_with_everything_in_one_call() {
    let account = account(&json!({ "managedPolicies": managed(&["boundary"]) }));
    let extra = Tags::from([("team".to_owned(), "blue".to_owned())]);
    let role = nodes().bounded_by(Some(super::arn("boundary"))).tagged(extra);
    assert_eq!(converge(&account, add(&role)).await, ["CreateRole nodes.example.com"]);
    insta::assert_json_snapshot!(account.journal().moments[0].roles);
}

#[tokio::test]
async fn each_field_is_changed_by_its_own_call_and_no_other() {
    let boundaries = managed(&["one", "two"]);
    let bounded = json!({ "permissionsBoundary": super::arn("one") });
    let found = role(&owned(ROLE));
    let bound = |name: &str| nodes().bounded_by(Some(super::arn(name)));
    let team = |value: &str| Tags::from([("team".to_owned(), value.to_owned())]);
    let table: [(Value, IamRole, &[&str]); 9] = [
        (found.clone(), nodes(), &[]),
        (
            found.clone(),
            IamRole::new(ROLE, owner(), trust("lambda.amazonaws.com")),
            &["UpdateAssumeRolePolicy nodes.example.com"],
        ),
        (found.clone(), bound("one"), &["PutRolePermissionsBoundary nodes.example.com"]),
        (with(found.clone(), &bounded), bound("one"), &[]),
        (
            with(found.clone(), &bounded),
            bound("two"),
            &["PutRolePermissionsBoundary nodes.example.com"],
        ),
        (
            with(found.clone(), &bounded),
            nodes(),
            &["DeleteRolePermissionsBoundary nodes.example.com"],
        ),
        (found.clone(), nodes().tagged(team("blue")), &["TagRole nodes.example.com"]),
        (
            role(&with(owned(ROLE), &json!({ "kops.k8s.io/old": "x" }))),
            nodes(),
            &["UntagRole nodes.example.com"],
        ),
        (
            role(&with(owned("other"), &json!({ "kops.k8s.io/old": "x", "cost-center": "7" }))),
            nodes().tagged(team("red")),
            &["TagRole nodes.example.com", "UntagRole nodes.example.com"],
        ),
    ];
    for (seed, wanted, calls) in table {
        let account = account(&json!({ "roles": [seed.clone()], "managedPolicies": boundaries }));
        assert_eq!(converge(&account, add(&wanted)).await, calls, "{seed:#} {wanted:#?}");
        assert_eq!(tags(&account).get("kops.k8s.io/old"), None);
        let kept = seed["tags"].get("cost-center").is_some();
        assert_eq!(tags(&account).contains_key("cost-center"), kept, "{wanted:#?}");
    }
}

#[tokio::test]
async fn a_role_is_never_without_its_owner() {
    let seed = role(&with(owned("old name"), &json!({ "kops.k8s.io/old": "x" })));
    let account = account(&json!({ "roles": [seed] }));
    converge(&account, add(&IamRole::new(ROLE, owner(), trust("lambda.amazonaws.com")))).await;
    let journal = account.journal();
    assert_eq!(journal.moments.len(), 3);
    for moment in &journal.moments {
        assert_eq!(moment.roles[ROLE].tags[&owner().tag_key()], "owned", "{:?}", moment.after);
    }
}

#[tokio::test]
async fn a_trust_policy_that_is_written_otherwise_is_the_same() {
    let seed = with(
        role(&owned(ROLE)),
        &json!({ "assumeRolePolicyDocument": {
            "Statement": {
                "Action": ["sts:AssumeRole"],
                "Principal": { "Service": ["ec2.amazonaws.com"] },
                "Effect": "Allow",
                "Sid": "Trust",
            },
            "Version": "2012-10-17",
        } }),
    );
    let account = account(&json!({ "roles": [seed] }));
    assert_eq!(converge(&account, add(&nodes())).await, [] as [&str; 0]);
}

#[tokio::test]
async fn a_role_that_is_nobodys_is_taken_over_and_its_tags_stay() {
    let account = account(&json!({ "roles": [role(&json!({ "cost-center": "7" }))] }));
    let planned = plan(&account, add(&nodes())).await;
    insta::assert_snapshot!(notes(&planned).join("\n"));
    assert_eq!(converge(&account, add(&nodes())).await, ["TagRole nodes.example.com"]);
    assert_eq!(tags(&account)["cost-center"], "7");
}

#[tokio::test]
async fn what_somebody_else_owns_is_refused() {
    let lambda = "/aws-service-role/lambda.amazonaws.com/";
    let table = [
        role(&json!({ "kubernetes.io/cluster/other.example.com": "owned" })),
        role(&json!({ "kubernetes.io/cluster/example.com": "shared" })),
        with(role(&json!({})), &json!({ "path": lambda })),
    ];
    let mut told = Vec::new();
    for seed in table {
        let account = account(&json!({ "roles": [seed] }));
        let planned = failure(&plan(&account, add(&nodes())).await);
        let applied = failure(&apply(&account, add(&nodes())).await);
        assert_eq!(planned, applied);
        assert_eq!(writes(&account), [] as [&str; 0]);
        told.push(planned);
    }
    insta::assert_snapshot!(told.join("\n"));
}

#[tokio::test]
async fn a_principal_that_was_recreated_is_put_again_and_explained() {
    let by_id = Document::new([Statement::allow("Trust")
        .actions("sts:AssumeRole")
        .principal(Principal::aws("AROAEXAMPLE0123456789"))]);
    let account = trusting(&by_id.compact());
    let wanted = IamRole::new(ROLE, owner(), ec2());
    insta::assert_snapshot!(notes(&plan(&account, add(&wanted)).await).join("\n"));
    assert_eq!(
        converge(&account, add(&wanted)).await,
        ["UpdateAssumeRolePolicy nodes.example.com"]
    );
}

#[tokio::test]
async fn a_trust_policy_that_cannot_be_read_is_a_difference() {
    let account = trusting(r#"{"Statement": "nonsense"}"#);
    insta::assert_snapshot!(notes(&plan(&account, add(&nodes())).await).join("\n"));
    assert_eq!(
        converge(&account, add(&nodes())).await,
        ["UpdateAssumeRolePolicy nodes.example.com"]
    );
}

#[tokio::test]
async fn what_iam_would_refuse_is_refused_before_anything_is_called() {
    let named = |name: &str| IamRole::new(name, owner(), ec2());
    let trusting = |document: Document| IamRole::new(ROLE, owner(), document);
    let tagged =
        |key: &str, value: &str| nodes().tagged(Tags::from([(key.to_owned(), value.to_owned())]));
    let bound = |arn: &str| nodes().bounded_by(Some(arn.to_owned()));
    let big = (0..90).map(|n| {
        Statement::allow(format!("S{n}"))
            .actions("sts:AssumeRole")
            .principal(Principal::aws(format!("arn:aws:iam::{n:012}:root")))
    });
    let table = [
        named(""),
        named("no/slashes"),
        named(&"x".repeat(65)),
        trusting(Document::new([])),
        trusting(allowing(&["s3:*"])),
        trusting(Document::new(big)),
        bound("aws:arn:iam:123456789000:policy:test-boundary"),
        bound("arn:aws:iam::123456789000:role/boundary"),
        bound("boundary"),
        tagged("aws:owner", "me"),
        tagged("team", "a\nb"),
    ];
    let mut told = Vec::new();
    for wanted in table {
        let account = account(&json!({}));
        let planned = failure(&plan(&account, add(&wanted)).await);
        assert_eq!(planned, failure(&apply(&account, add(&wanted)).await));
        assert_eq!(writes(&account), [] as [&str; 0]);
        told.push(planned);
    }
    insta::assert_snapshot!(told.join("\n"));
}

#[tokio::test]
async fn a_role_that_is_not_wanted_goes_with_all_that_holds_it() {
    let seed = json!({
        "roles": [with(role(&owned(ROLE)), &json!({
            "inlinePolicies": { "a": allowing(&["s3:*"]), "b": allowing(&["ec2:*"]) },
            "attachedPolicies": [super::arn("one"), super::arn("two")],
        }))],
        "instanceProfiles": [{ "name": "p", "role": { "name": ROLE } }],
        "managedPolicies": managed(&["one", "two"]),
    });
    let account = account(&seed);
    let unwanted =
        |graph: &mut Adder<'_, Aws>| drop(graph.unwanted(IamRole::unwanted(ROLE, owner())));
    let planned = plan(&account, unwanted).await;
    insta::assert_json_snapshot!(planned.entries);
    insta::assert_debug_snapshot!(converge(&account, unwanted).await);
    assert!(account.state().unwrap().roles.is_empty());
}

#[tokio::test]
async fn a_role_that_is_not_wanted_stays_while_a_profile_in_use_holds_it() {
    let seed = json!({
        "roles": [role(&owned(ROLE))],
        "instanceProfiles": [{ "name": "p", "role": { "name": ROLE } }],
    });
    for (in_use, stays) in [(vec!["q", "p"], true), (vec!["q"], false)] {
        let account = account(&seed);
        let unwanted = |graph: &mut Adder<'_, Aws>| {
            drop(graph.unwanted(IamRole::unwanted(ROLE, owner()).unless_in(&in_use)));
        };
        converge(&account, unwanted).await;
        assert_eq!(!account.state().unwrap().roles.is_empty(), stays, "{in_use:?}");
    }
}

#[tokio::test]
async fn a_role_that_is_not_ours_is_not_deleted() {
    let table = [json!({}), json!({ "kubernetes.io/cluster/other": "owned" })];
    for tags in table {
        let account = account(&json!({ "roles": [role(&tags)] }));
        let unwanted =
            |graph: &mut Adder<'_, Aws>| drop(graph.unwanted(IamRole::unwanted(ROLE, owner())));
        assert_eq!(converge(&account, unwanted).await, [] as [&str; 0], "{tags}");
    }
}

#[tokio::test]
async fn a_name_that_is_taken_in_another_case_is_a_conflict() {
    let other = with(role(&json!({})), &json!({ "name": "NODES.example.com" }));
    let account = account(&json!({ "roles": [other] }));
    let error = failure(&apply(&account, add(&nodes())).await);
    insta::assert_snapshot!(error);
}

#[tokio::test]
async fn another_cluster_of_the_same_name_prefix_is_another_owner() {
    let account = account(&json!({ "roles": [role(&owned(ROLE))] }));
    let wanted = IamRole::new(ROLE, Owner::new("example.com.au"), ec2());
    assert!(
        failure(&plan(&account, add(&wanted)).await).contains("belongs to cluster example.com")
    );
}

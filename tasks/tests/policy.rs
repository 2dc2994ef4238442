//! The policy document: what is read, what is refused, what is equal, and what is granted.

use std::collections::BTreeSet;

use cloudup_tasks::{
    cloud::iam::Quotas,
    policy::{AccessDiff, Document, DocumentUse, Principal, Statement},
};
use proptest::{collection::vec, option, prelude::*, sample::select};

/// A document with everything in it.
const WHOLE: &str = r#"{
  "Version": "2012-10-17",
  "Id": "whole",
  "Statement": [
    {
      "Sid": "A",
      "Effect": "Allow",
      "Action": ["s3:PutObject", "s3:GetObject", "s3:GetObject"],
      "NotResource": "arn:aws:s3:::secret/*",
      "Condition": {
        "Bool": {"aws:SecureTransport": true},
        "NumericLessThan": {"aws:MultiFactorAuthAge": 3600},
        "ForAllValues:StringLikeIfExists": {"aws:TagKeys": ["b", "a"]}
      }
    },
    {"Sid": "B", "Effect": "Deny", "NotAction": "iam:*", "Resource": ["*"]},
    {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"},
    {
      "Effect": "Allow",
      "NotPrincipal": {"AWS": ["123456789012"], "Service": "ec2.amazonaws.com"},
      "Action": "sts:AssumeRole"
    }
  ]
}"#;

fn messages(text: &str, usage: Option<DocumentUse>) -> Vec<String> {
    let result = match usage {
        Some(usage) => Document::parse_for(text, usage),
        None => Document::parse(text),
    };
    let error = result.expect_err("the document is wrong");
    error.mistakes.iter().map(ToString::to_string).collect()
}

#[test]
fn nothing_of_a_document_is_lost() {
    let document = Document::parse(WHOLE).unwrap();
    insta::assert_snapshot!(document.pretty());
}

#[test]
fn a_single_statement_needs_no_list() {
    let statement = r#"{"Effect": "Allow", "Action": "a:B", "Resource": "*"}"#;
    let single = Document::parse(&format!(r#"{{"Statement": {statement}}}"#)).unwrap();
    let list = Document::parse(&format!(r#"{{"Statement": [{statement}]}}"#)).unwrap();
    assert_eq!(single, list);
}

#[test]
fn all_mistakes_are_told_at_once_with_their_places() {
    let text = r#"{
  "Version": "2012-17-10",
  "Verison": "2012-10-17",
  "Statement": [
    {
      "sid": "x",
      "Effect": "allow",
      "Action": ["ec2DescribeRegions", 3],
      "NotAction": "ec2:*",
      "Resource": "arn:aws:s3:::b",
      "Resource": "*"
    },
    {"Sid": "Twice", "Effect": "Allow", "Action": "ec2:*", "Resource": "aws:arn:iam:123456789000:policy:test-boundary"},
    {"Sid": "Twice", "Effect": "Allow", "Resource": "bucket"},
    {"Sid": "not a sid", "Action": [], "Condition": {"StringEqual": {"tag": "v"}, "Bool": 3}},
    "statement"
  ]
}"#;
    insta::assert_snapshot!(messages(text, None).join("\n"));
}

#[test]
fn each_use_has_its_own_grammar() {
    let text = r#"{"Statement": [
        {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"},
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
        {"Effect": "Allow", "NotPrincipal": {"AWS": "*"}, "Action": "sts:AssumeRole"},
        {"Effect": "Allow", "Principal": {"AWS": []}, "Action": "sts:AssumeRole"},
        {"Effect": "Allow", "Principal": {"Servise": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
        {"Effect": "Allow", "Principal": "ec2.amazonaws.com", "Action": "sts:AssumeRole"}
    ]}"#;
    let permissions = messages(text, Some(DocumentUse::Permissions)).join("\n");
    let trust = messages(text, Some(DocumentUse::Trust)).join("\n");
    insta::assert_snapshot!(format!("permissions\n{permissions}\n\ntrust\n{trust}"));
}

#[test]
fn what_is_not_a_document_at_all_is_told_in_one_sentence() {
    let texts = [
        "",
        "{",
        "nonsense",
        "[]",
        "{}",
        r#"{"Statement": []}"#,
        r#"{"Statement": "x"}"#,
        "{\"Statement\": [],\n}",
        r#"{"Version": 2012, "Statement": null}"#,
        r#"{"Id": "\ud800", "Statement": []}"#,
    ];
    let told: Vec<String> = texts
        .iter()
        .map(|text| format!("{text:?}\n    {}", messages(text, None).join("\n    ")))
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn deep_nesting_is_refused_and_not_followed() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let text = format!(r#"{{"Statement": [{{"Effect": {deep}, "Action": "a:B"}}]}}"#);
    assert_eq!(messages(&text, None).len(), 1);
}

#[test]
fn what_is_built_is_what_is_read() {
    let built = Document::new([
        Statement::allow("Store").actions(["s3:GetObject"]).resources("arn:aws:s3:::store/*").when(
            "StringEquals",
            "aws:PrincipalTag/a",
            "b",
        ),
        Statement::deny("Rest").all_actions_but("s3:*").all_resources_but(["*"]),
    ]);
    assert_eq!(built.check(DocumentUse::Permissions), Ok(()));
    assert_eq!(Document::parse(&built.pretty()).unwrap(), built);
    assert_eq!(Document::parse(&built.compact()).unwrap(), built);
}

#[test]
fn a_deleted_principal_shows_as_a_unique_id() {
    let trust = |aws: &str| {
        Document::new([Statement::allow("T")
            .actions("sts:AssumeRole")
            .principal(Principal::aws([aws, "arn:aws:iam::123456789012:role/AROAlike"]))])
    };
    assert_eq!(trust("AROAEXAMPLE12345678").orphans().collect::<Vec<_>>(), ["AROAEXAMPLE12345678"]);
    assert_eq!(trust("AIDAEXAMPLE12345678").orphans().count(), 1);
    assert_eq!(trust("123456789012").orphans().count(), 0);
}

#[test]
fn white_space_does_not_count_towards_the_size() {
    let text = r#"{"Statement":[{"Sid":"A","Effect":"Allow","Action":"a:B","Resource":"arn:aws:s3:::a b c"}]}"#;
    assert_eq!(Document::parse(text).unwrap().size(), text.len() - 2);
}

#[test]
fn a_budget_names_what_takes_the_room() {
    let quotas = Quotas::default();
    let document = |length: usize| {
        Document::new([Statement::allow("S")
            .actions(format!("a:{}", "B".repeat(length)))
            .resources("*")])
    };
    let (large, small) = (document(6_000), document(4_200));
    let error = quotas.check_inline("nodes", [("small", &small), ("large", &large)]).unwrap_err();
    assert_eq!(quotas.check_inline("nodes", [("large", &large)]), Ok(()));
    let told = [
        error,
        quotas.check_trust("nodes", &small).unwrap_err(),
        quotas.check_managed("logs", &document(6_100)).unwrap_err(),
        quotas.check_attachments("nodes", 11).unwrap_err(),
    ];
    insta::assert_snapshot!(told.map(|over| over.to_string()).join("\n"));
    assert_eq!(quotas.check_attachments("nodes", 10), Ok(()));
}

#[test]
fn access_is_told_grant_by_grant() {
    let from = Document::new([
        Statement::allow("A").actions(["ec2:describeregions", "ec2:RunInstances"]).resources("*"),
        Statement::deny("D").actions("s3:*").resources("*"),
    ]);
    let to = Document::new([
        Statement::allow("B").actions("ec2:DescribeRegions").resources("*"),
        Statement::allow("C")
            .actions("s3:GetObject")
            .resources(["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"])
            .when("StringEquals", "aws:PrincipalTag/a", ["x", "y"])
            .when("Bool", "aws:SecureTransport", "true"),
        Statement::deny("E")
            .all_actions_but(["iam:*", "sts:*"])
            .all_resources_but("arn:aws:s3:::*"),
    ]);
    let diff = AccessDiff::between([&from], [&to]);
    insta::assert_snapshot!(diff);
    insta::assert_json_snapshot!(diff);
}

#[test]
fn a_statement_that_moves_between_documents_changes_no_access() {
    let a = Statement::allow("A").actions("ec2:*").resources("*");
    let b = Statement::allow("B").actions("s3:*").resources("*");
    let together = Document::new([a.clone(), b.clone()]);
    let apart = [Document::new([a]), Document::new([b])];
    assert!(AccessDiff::between([&together], &apart).is_empty());
}

fn some_statement() -> impl Strategy<Value = Statement> {
    let actions =
        vec(select(vec!["ec2:*", "ec2:DescribeRegions", "s3:Get*", "iam:PassRole"]), 1..4);
    let resources = vec(select(vec!["*", "arn:aws:s3:::a/*", "arn:aws:ec2:*:*:volume/*"]), 1..3);
    let condition = option::of((
        select(vec!["StringEquals", "StringLike"]),
        select(vec!["aws:RequestTag/a", "aws:ResourceTag/a"]),
        vec(select(vec!["x", "y", "z"]), 0..3),
    ));
    (any::<(bool, bool, bool)>(), actions, resources, condition).prop_map(
        |((deny, not_action, not_resource), actions, resources, condition)| {
            let mut statement = if deny { Statement::deny("S") } else { Statement::allow("S") };
            statement.sid = None;
            statement = if not_action {
                statement.all_actions_but(actions)
            } else {
                statement.actions(actions)
            };
            statement = if not_resource {
                statement.all_resources_but(resources)
            } else {
                statement.resources(resources)
            };
            match condition {
                Some((operator, key, values)) => statement.when(operator, key, values),
                None => statement,
            }
        },
    )
}

fn some_document() -> impl Strategy<Value = Document> {
    (vec(some_statement(), 1..5), option::of("[a-z]{1,5}")).prop_map(|(mut statements, id)| {
        for (index, statement) in statements.iter_mut().enumerate().skip(1) {
            statement.sid = Some(format!("S{index}"));
        }
        Document { id, ..Document::new(statements) }
    })
}

/// The same document written otherwise: lists reversed and doubled, one value as a list.
fn rewritten(document: &Document) -> String {
    fn lists(value: &mut serde_json::Value, inside: bool) {
        match value {
            serde_json::Value::Object(members) => {
                for (name, member) in members {
                    let values = inside
                        || matches!(
                            name.as_str(),
                            "Action" | "NotAction" | "Resource" | "NotResource"
                        );
                    if values && member.is_string() {
                        *member = vec![member.clone(), member.clone()].into();
                    }
                    lists(member, name == "StringEquals" || name == "StringLike");
                }
            }
            serde_json::Value::Array(items) => {
                items.reverse();
                for item in items {
                    lists(item, false);
                }
            }
            _ => {}
        }
    }
    let mut value = document.to_value();
    lists(&mut value, false);
    value.to_string()
}

/// Every document that says one thing less or else.
fn mutations(document: &Document) -> Vec<Document> {
    let mut all = Vec::new();
    let mut but = |change: &dyn Fn(&mut Document)| {
        let mut other = document.clone();
        change(&mut other);
        all.push(other);
    };
    but(&|document| document.version = None);
    but(&|document| document.id = Some("Another".to_owned()));
    but(&|document| document.statements.push(document.statements[0].clone()));
    for index in 0..document.statements.len() {
        but(&|document| drop(document.statements.remove(index)));
        but(&|document| document.statements[index].sid = Some("Another".to_owned()));
        but(&|document| {
            let statement = document.statements[index].clone();
            document.statements[index] = statement.when("Null", "aws:RequestTag/b", "true");
        });
        but(&|document| {
            use cloudup_tasks::policy::Effect;
            let statement = &mut document.statements[index];
            statement.effect = match statement.effect {
                Effect::Allow => Effect::Deny,
                Effect::Deny => Effect::Allow,
            };
        });
        but(&|document| {
            use cloudup_tasks::policy::Choice;
            let statement = &mut document.statements[index];
            statement.action = match statement.action.clone() {
                Choice::Only(actions) => Choice::AllBut(actions),
                Choice::AllBut(actions) => Choice::Only(actions),
            };
        });
        but(&|document| {
            let statement = document.statements[index].clone();
            document.statements[index] = statement.resources(["arn:aws:s3:::other"]);
        });
    }
    all
}

proptest! {
    #[test]
    fn what_is_printed_reads_back_the_same(document in some_document()) {
        for text in [document.compact(), document.pretty()] {
            let back = Document::parse(&text).unwrap();
            prop_assert_eq!(&back, &document);
            prop_assert_eq!(back.compact(), document.compact());
        }
        prop_assert_eq!(Document::from_value(&document.to_value()).unwrap(), document);
    }

    #[test]
    fn order_repetition_and_form_mean_nothing(document in some_document()) {
        let other = Document::parse(&rewritten(&document)).unwrap();
        prop_assert_eq!(&other, &document);
        prop_assert_eq!(other.compact(), document.compact());
        prop_assert_eq!(other.size(), document.size());
    }

    #[test]
    fn everything_else_means_something(document in some_document()) {
        for other in mutations(&document) {
            prop_assert_ne!(&other, &document);
            prop_assert_ne!(other.compact(), document.compact());
        }
    }

    #[test]
    fn nothing_is_gained_or_lost_by_writing_the_same_otherwise(document in some_document()) {
        let other = Document::parse(&rewritten(&document)).unwrap();
        prop_assert!(AccessDiff::between([&document], [&other]).is_empty());
    }

    #[test]
    fn what_one_way_gains_the_other_way_loses(a in some_document(), b in some_document()) {
        let there = AccessDiff::between([&a], [&b]);
        let back = AccessDiff::between([&b], [&a]);
        prop_assert_eq!(&there.gained, &back.lost);
        prop_assert_eq!(&there.lost, &back.gained);
        let added: BTreeSet<_> = there.added().collect();
        let grants = b.grants();
        prop_assert!(added.iter().all(|grant| grants.contains(*grant)));
    }
}

//! The policy document: what is read, what is refused, what is equal, and what is granted.

use std::collections::BTreeSet;

use cloudup_tasks::{
    cloud::iam::Quotas,
    policy::{
        AccessDiff, Choice, Document, DocumentUse, Effect, Principal, PrincipalKind, Statement,
    },
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

/// Several conditions at once, in any case, with values of every kind and some with none.
fn some_condition() -> impl Strategy<Value = Vec<(&'static str, &'static str, Vec<&'static str>)>> {
    let operators = select(vec![
        "StringEquals",
        "stringlike",
        "StringNotEqualsIfExists",
        "ForAllValues:StringLike",
        "ForAnyValue:StringEquals",
        "Null",
        "ArnNotLike",
        "NumericLessThan",
        "DateGreaterThan",
        "NotIpAddress",
        "Bool",
    ]);
    let keys = select(vec!["aws:RequestTag/a", "aws:requesttag/a", "aws:TagKeys", "s3:prefix"]);
    let values = select(vec!["x", "X", "*", "?", "${aws:username}", "ä", "10.0.0.0/8", "1", ""]);
    vec((operators, keys, vec(values, 0..3)), 0..4)
}

fn some_principal() -> impl Strategy<Value = Option<Principal>> {
    let kind = select(PrincipalKind::ALL.to_vec());
    let names = vec(select(vec!["*", "123456789012", "ec2.amazonaws.com", "a"]), 1..3);
    option::weighted(
        0.3,
        prop_oneof![
            Just(Principal::Anyone),
            (kind, names).prop_map(|(kind, names)| Principal::of(kind, names)),
        ],
    )
}

fn some_statement() -> impl Strategy<Value = Statement> {
    let actions = select(vec!["ec2:*", "EC2:*", "ec2:Describe?egions", "s3:Get*", "iam:PassRole"]);
    let resources = select(vec![
        "*",
        "arn:aws:s3:::a/*",
        "arn:aws:s3:::${aws:username}/?",
        "arn:aws:s3:::ä b",
        "arn:aws:ec2:*:*:volume/*",
    ]);
    let choices = any::<(bool, bool, bool, bool)>();
    let (actions, resources) = (vec(actions, 1..4), vec(resources, 1..3));
    (choices, actions, resources, some_principal(), some_condition()).prop_map(
        |((deny, not_action, not_resource, not_principal), actions, resources, who, conditions)| {
            let mut statement = if deny { Statement::deny("S") } else { Statement::allow("S") };
            statement.sid = None;
            let choice = if not_principal { Choice::AllBut } else { Choice::Only };
            statement.principal = who.map(choice);
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
            conditions.into_iter().fold(statement, |statement, (operator, key, values)| {
                statement.when(operator, key, values)
            })
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
    /// `values` says how many levels down the members' values are lists of values.
    fn lists(value: &mut serde_json::Value, values: Option<usize>) {
        match value {
            serde_json::Value::Object(members) => {
                for (name, member) in members {
                    let below = match (name.as_str(), values) {
                        (_, Some(depth)) => depth.checked_sub(1),
                        ("Condition", None) => Some(1),
                        ("Principal" | "NotPrincipal", None) => Some(0),
                        ("Action" | "NotAction" | "Resource" | "NotResource", None) => None,
                        (_, None) => {
                            lists(member, None);
                            continue;
                        }
                    };
                    if member.is_string() && *member != "*" {
                        *member = vec![member.clone(), member.clone()].into();
                    }
                    lists(member, below);
                }
            }
            serde_json::Value::Array(items) => {
                items.reverse();
                for item in items {
                    lists(item, None);
                }
            }
            _ => {}
        }
    }
    let mut value = document.to_value();
    lists(&mut value, None);
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
            document.statements[index] = statement.when("BinaryEquals", "aws:RequestTag/b", "true");
        });
        but(&|document| {
            let statement = &mut document.statements[index];
            statement.effect = match statement.effect {
                Effect::Allow => Effect::Deny,
                Effect::Deny => Effect::Allow,
            };
        });
        but(&|document| {
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
        but(&|document| {
            let action = &mut document.statements[index].action;
            let (Choice::Only(values) | Choice::AllBut(values)) = action;
            *values = values.iter().map(|value| format!("{value}a")).collect();
        });
        but(&|document| {
            let statement = &mut document.statements[index];
            statement.principal = match statement.principal.clone() {
                None => Some(Choice::Only(Principal::Anyone)),
                Some(Choice::Only(principal)) => Some(Choice::AllBut(principal)),
                Some(Choice::AllBut(principal)) => Some(Choice::Only(principal)),
            };
        });
        but(&|document| {
            let condition = &mut document.statements[index].condition;
            let keys = condition.values_mut().next();
            match keys.and_then(|keys| keys.values_mut().next()) {
                Some(values) => values.extend(["another"]),
                None => {
                    drop(condition.insert("Bool".to_owned(), std::collections::BTreeMap::new()));
                }
            }
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

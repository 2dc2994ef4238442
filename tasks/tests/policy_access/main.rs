//! Differences of access and minimised documents, against an evaluator that is not ours.

use std::{collections::BTreeSet, sync::LazyLock};

use cloudup_tasks::policy::{
    AccessDiff, Change, Choice, Document, DocumentUse, Effect, Grant, Names, Principal, Reason,
    Statement, Values,
};
use iam_rs::{Arn, Context, ContextValue, Decision, IAMPolicy, IAMRequest, PrincipalId};
use proptest::{
    collection::vec, option, prelude::*, sample::select, strategy::Strategy, test_runner::Config,
};

const ACTIONS: [&str; 10] = [
    "*",
    "s3:*",
    "s3:Get*",
    "S3:getobject",
    "s3:?etObject",
    "s3:GetObject",
    "s3:*Object",
    "ec2:*",
    "ec2:Describe*",
    "iam:PassRole",
];
const RESOURCES: [&str; 10] = [
    "*",
    "arn:aws:s3:::*",
    "arn:aws:s3:::a/*",
    "arn:aws:s3:::a/x",
    "arn:aws:s3:::?/x",
    "arn:aws:s3:::*/x",
    "arn:aws:s3:::${aws:PrincipalTag/t}/*",
    "arn:aws:s3:::${aws:PrincipalTag/t}/x",
    "arn:aws:ec2:*:*:volume/*",
    "arn:aws:ec2:eu-west-1:*:volume/x",
];
const OPERATORS: [&str; 8] = [
    "StringEquals",
    "StringEqualsIfExists",
    "StringEqualsIgnoreCase",
    "StringLike",
    "StringNotEquals",
    "StringNotLike",
    "ForAnyValue:StringEquals",
    "ForAllValues:StringEquals",
];

fn some_condition() -> impl Strategy<Value = Option<(&'static str, &'static str, Vec<&'static str>)>>
{
    let keys = select(vec!["aws:a", "aws:b"]);
    option::weighted(0.4, (select(&OPERATORS), keys, condition_values()))
}

fn condition_values() -> impl Strategy<Value = Vec<&'static str>> {
    vec(select(vec!["x", "y", "x*", "*"]), 1..3)
}

fn some_statement() -> impl Strategy<Value = Statement> {
    let exclusions = (prop::bool::weighted(0.15), prop::bool::weighted(0.15));
    let (actions, resources) = (vec(select(&ACTIONS), 1..4), vec(select(&RESOURCES), 1..4));
    (prop::bool::weighted(0.2), exclusions, actions, resources, some_condition()).prop_map(
        |(denies, (not_actions, not_resources), actions, resources, condition)| {
            let statement = if denies { Statement::deny("S") } else { Statement::allow("S") };
            let statement = if not_actions {
                statement.all_actions_but(actions)
            } else {
                statement.actions(actions)
            };
            let statement = if not_resources {
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

fn document(statements: impl IntoIterator<Item = Statement>) -> Document {
    let statements = statements.into_iter().enumerate();
    Document::new(statements.map(|(index, mut statement)| {
        statement.sid = Some(format!("S{index}"));
        statement
    }))
}

fn some_document() -> impl Strategy<Value = Document> {
    vec(some_statement(), 1..5).prop_map(document)
}

/// Two documents that have something in common: most of their statements.
fn related_documents() -> impl Strategy<Value = (Document, Document)> {
    let statements = || vec(some_statement(), 0..3);
    (vec(some_statement(), 1..4), statements(), statements(), any::<bool>()).prop_map(
        |(shared, from, to, reversed)| {
            let from = shared.iter().cloned().chain(from);
            let mut to: Vec<_> = shared.iter().cloned().chain(to).collect();
            if reversed {
                to.reverse();
            }
            (document(from), document(to))
        },
    )
}

/// A request for every action, resource and context that the documents tell apart, or nearly.
static REQUESTS: LazyLock<Vec<IAMRequest>> = LazyLock::new(|| {
    let actions = ["s3:GetObject", "s3:LetObject", "s3:GetAcl", "ec2:DescribeTags", "iam:PassRole"];
    let resources = [
        "arn:aws:s3:::a/x",
        "arn:aws:s3:::b/x",
        "arn:aws:s3:::a/y",
        "arn:aws:ec2:eu-west-1:123456789012:volume/x",
        "arn:aws:ec2:eu-west-2:123456789012:volume/y",
    ];
    let contexts: [&[(&str, &str)]; 6] = [
        &[],
        &[("aws:a", "x")],
        &[("aws:a", "y"), ("aws:b", "xy")],
        &[("aws:b", "x"), ("aws:PrincipalTag/t", "a")],
        &[("aws:a", "X"), ("aws:PrincipalTag/t", "b")],
        &[("aws:a", "z"), ("aws:b", "y"), ("aws:PrincipalTag/t", "a")],
    ];
    let mut requests = Vec::new();
    for action in actions {
        for resource in resources {
            for context in contexts {
                let value = |value: &str| ContextValue::String(value.to_owned());
                let data = context.iter().map(|(key, text)| ((*key).to_owned(), value(text)));
                requests.push(IAMRequest::new_with_context(
                    iam_rs::Principal::Aws(PrincipalId::String("123456789012".to_owned())),
                    action,
                    Arn::parse(resource).unwrap(),
                    Context { data: data.collect() },
                ));
            }
        }
    }
    requests
});

fn policy(document: &Document) -> IAMPolicy {
    IAMPolicy::from_json(&document.compact()).unwrap()
}

fn allows(policy: &IAMPolicy, request: &IAMRequest) -> bool {
    iam_rs::evaluate_policy(policy, request).unwrap() == Decision::Allow
}

fn answers(document: &Document) -> Vec<bool> {
    let policy = policy(document);
    REQUESTS.iter().map(|request| allows(&policy, request)).collect()
}

/// A document that allows what the grant is about.
fn about(grant: &Grant) -> Document {
    let list = |name: &String| Values::from(name.as_str());
    let mut statement = Statement::allow("S");
    statement.action = match &grant.action {
        Names::Only(action) => Choice::Only(Values::from(action.0.as_str())),
        Names::AllBut(all) => Choice::AllBut(all.iter().map(|action| action.0.clone()).collect()),
    };
    statement.resource = grant.resource.as_ref().map(|resource| match resource {
        Names::Only(resource) => Choice::Only(list(resource)),
        Names::AllBut(all) => Choice::AllBut(all.iter().cloned().collect()),
    });
    for (operator, keys) in &grant.condition {
        for (key, values) in keys {
            statement = statement.when(operator, key, Values::from(values.clone()));
        }
    }
    Document::new([statement])
}

fn agrees_with_the_evaluator(from: &Document, to: &Document) -> Result<(), TestCaseError> {
    let diff = AccessDiff::between([from], [to]);
    let unknown = || diff.unknown.iter().map(|unknown| &unknown.grant);
    let [gained, lost] = [&diff.gained, &diff.lost].map(|told| -> Vec<_> {
        told.iter().chain(unknown()).map(|grant| policy(&about(grant))).collect()
    });
    for ((request, before), after) in REQUESTS.iter().zip(answers(from)).zip(answers(to)) {
        let told = if after { &gained } else { &lost };
        prop_assert!(
            before == after || told.iter().any(|grant| allows(grant, request)),
            "{request:?} changes to {after}, and is not in\n{diff}"
        );
    }
    Ok(())
}

/// Statements that each name one action and one resource, in another order.
fn apart(document: &Document) -> Document {
    let mut statements = Vec::new();
    for statement in document.statements.iter().rev() {
        let one_by_one = |choice: &Choice<Values>| match choice {
            Choice::Only(values) => {
                values.iter().map(|value| Choice::Only(value.as_str().into())).collect()
            }
            Choice::AllBut(_) => vec![choice.clone()],
        };
        let resources = one_by_one(statement.resource.as_ref().unwrap());
        for action in one_by_one(&statement.action) {
            for resource in resources.iter().cloned().map(Some) {
                let action = action.clone();
                statements.push(Statement { action, resource, ..statement.clone() });
            }
        }
    }
    self::document(statements)
}

proptest! {
    #![proptest_config(Config::with_cases(128))]

    #[test]
    fn a_request_whose_answer_changes_is_in_what_is_told((from, to) in related_documents()) {
        agrees_with_the_evaluator(&from, &to)?;
    }

    #[test]
    fn a_statement_that_goes_is_told_where_it_is_missed(
        document in some_document(), index in any::<prop::sample::Index>()
    ) {
        let mut without = document.clone();
        without.statements.remove(index.index(document.statements.len()));
        agrees_with_the_evaluator(&document, &without)?;
    }

    #[test]
    fn another_condition_is_told_where_it_differs(
        statement in some_statement(),
        operators in [select(&OPERATORS), select(&OPERATORS)],
        is_the_same in prop::bool::weighted(0.7),
        [from, to] in [condition_values(), condition_values()],
    ) {
        let [one, other] = operators;
        let other = if is_the_same { one } else { other };
        let from = document([statement.clone().when(one, "aws:a", from)]);
        agrees_with_the_evaluator(&from, &document([statement.when(other, "aws:a", to)]))?;
    }

    #[test]
    fn statements_taken_apart_change_no_access(document in some_document()) {
        let diff = AccessDiff::between([&document], [&apart(&document)]);
        prop_assert!(diff.is_empty(), "{}", diff);
        prop_assert!(diff.kept.is_empty());
    }

    #[test]
    fn the_way_back_is_the_mirror_image((from, to) in related_documents()) {
        let there = AccessDiff::between([&from], [&to]);
        let back = AccessDiff::between([&to], [&from]);
        prop_assert_eq!(&there.gained, &back.lost);
        prop_assert_eq!(&there.lost, &back.gained);
        prop_assert_eq!(&there.kept, &back.kept);
        prop_assert_eq!(there.added().collect::<BTreeSet<_>>(), back.removed().collect());
        let turned = |diff: AccessDiff| -> BTreeSet<_> {
            let change = |change| match change {
                Change::Added => Change::Removed,
                Change::Removed => Change::Added,
            };
            diff.unknown.into_iter().map(|one| (one.grant, change(one.change), one.reason)).collect()
        };
        let there: BTreeSet<_> =
            there.unknown.into_iter().map(|one| (one.grant, one.change, one.reason)).collect();
        prop_assert_eq!(there, turned(back));
    }

    #[test]
    fn a_minimised_document_answers_the_same(document in some_document(), apart in any::<bool>()) {
        let document = if apart { self::apart(&document) } else { document };
        let small = document.minimised().unwrap().document;
        prop_assert!(small.size() <= document.size());
        prop_assert_eq!(small.check(DocumentUse::Permissions), Ok(()));
        prop_assert_eq!(&Document::parse(&small.pretty()).unwrap(), &small);
        prop_assert_eq!(answers(&small), answers(&document));
        prop_assert!(AccessDiff::between([&document], [&small]).is_empty());
        prop_assert_eq!(&small.minimised().unwrap().document, &small);
    }

    #[test]
    fn equal_documents_are_minimised_equally(document in some_document()) {
        let mut reversed = document.clone();
        reversed.statements.reverse();
        prop_assert_eq!(
            document.minimised().unwrap().document.compact(),
            reversed.minimised().unwrap().document.compact()
        );
    }

    #[test]
    fn every_sid_is_accounted_for(document in some_document()) {
        let small = document.minimised().unwrap();
        let kept = small.document.statements.iter().filter_map(|statement| statement.sid.clone());
        let merged = small.merged.values().flatten().cloned();
        let mut told: Vec<_> = kept.chain(merged).chain(small.dropped.clone()).collect();
        told.sort();
        let mut sids: Vec<_> =
            document.statements.iter().filter_map(|statement| statement.sid.clone()).collect();
        sids.sort();
        prop_assert_eq!(told, sids);
    }
}

fn allow(actions: &[&str], resource: &str) -> Statement {
    Statement::allow("S").actions(actions.to_vec()).resources(resource)
}

fn deny(action: &str, resource: &str) -> Statement {
    Statement { effect: Effect::Deny, ..allow(&[action], resource) }
}

#[test]
fn what_changes_nothing_is_no_difference() {
    let get = || allow(&["s3:Get*"], "*");
    let table = [
        ("covered", vec![get()], vec![get(), allow(&["S3:GetObject"], "arn:aws:s3:::a/*")]),
        ("condition", vec![get()], vec![get(), get().when("Bool", "aws:SecureTransport", "true")]),
        ("denied in full", vec![deny("s3:*", "*")], vec![deny("s3:*", "*"), get()]),
        ("covered denial", vec![deny("s3:*", "*")], vec![deny("s3:Get*", "*"), deny("s3:*", "*")]),
        (
            "what matches nothing",
            vec![get()],
            vec![get(), Statement::deny("S").all_actions_but("*").resources("*")],
        ),
        (
            "all but some and those",
            vec![allow(&["*"], "*")],
            vec![
                Statement::allow("S").all_actions_but("s3:*").resources("*"),
                allow(&["s3:*"], "*"),
            ],
        ),
        (
            "a denial that was and is",
            vec![deny("s3:GetAcl", "*"), get(), allow(&["s3:GetObject"], "*")],
            vec![deny("s3:GetAcl", "*"), get()],
        ),
    ];
    for (name, from, to) in table {
        let (from, to) = (Document::new(from), Document::new(to));
        assert_eq!(AccessDiff::between([&from], [&to]).to_string(), "", "{name}");
    }
}

#[test]
fn what_differs_is_told() {
    let trust = |principal: Choice<Principal>| Statement {
        principal: Some(principal),
        ..Statement::allow("S").actions("sts:AssumeRole")
    };
    let service = |name: &str| Principal::service(name);
    let table = [
        ("wider", vec![allow(&["s3:GetObject"], "*")], vec![allow(&["s3:Get*"], "*")]),
        (
            "narrower",
            vec![allow(&["ec2:*"], "*")],
            vec![allow(&["ec2:*"], "*").when("StringEquals", "aws:ResourceTag/a", "b")],
        ),
        ("partly denied", vec![], vec![allow(&["s3:*"], "*"), deny("s3:Delete*", "*")]),
        (
            "denied elsewhere",
            vec![],
            vec![allow(&["s3:*"], "arn:aws:s3:::a"), deny("s3:*", "arn:aws:s3:::b")],
        ),
        (
            "a denial comes",
            vec![allow(&["s3:*"], "*")],
            vec![allow(&["s3:*"], "*"), deny("s3:Put*", "*")],
        ),
        (
            "denied in full before",
            vec![allow(&["s3:*"], "*"), deny("*", "*")],
            vec![allow(&["s3:*"], "*")],
        ),
        (
            "everybody but",
            vec![trust(Choice::AllBut(service("a")))],
            vec![trust(Choice::AllBut(service("b")))],
        ),
    ];
    let told: Vec<_> = table
        .into_iter()
        .map(|(name, from, to)| {
            let (from, to) = (Document::new(from), Document::new(to));
            format!("{name}\n{}", AccessDiff::between([&from], [&to]))
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn what_cannot_be_told_says_why() {
    let to = Document::new([allow(&["s3:*"], "*"), deny("s3:Delete*", "*")]);
    let diff = AccessDiff::between([], [&to]);
    let unknown = diff.unknown.first().unwrap();
    assert!(matches!(&unknown.reason, Reason::DeniedInPart(denials) if denials.len() == 1));
    assert!(!diff.is_empty() && diff.gained.is_empty());
    assert_eq!(diff.added().count(), 2, "the denial and the allowance");
    insta::assert_json_snapshot!(diff);
}

#[test]
fn variables_mean_nothing_in_the_old_language() {
    let statement = allow(&["s3:GetObject"], "arn:aws:s3:::${aws:username}/*");
    let new = Document::new([statement]);
    let old = Document { version: None, ..new.clone() };
    assert!(!AccessDiff::between([&old], [&new]).is_empty());
    assert!(AccessDiff::between([&old], [&old.minimised().unwrap().document]).is_empty());
    let literal = Document::new([allow(&["s3:GetObject"], "arn:aws:s3:::${$}{aws:username}/*")]);
    assert!(AccessDiff::between([&old], [&literal]).is_empty());
}

#[test]
fn minimising_merges_and_drops_and_says_so() {
    let tagged = |sid: &str, action: &str| {
        let statement = allow(&[action], "*").when("StringEquals", "aws:ResourceTag/a", "b");
        Statement { sid: Some(sid.to_owned()), ..statement }
    };
    let named =
        |sid: &str, statement: Statement| Statement { sid: Some(sid.to_owned()), ..statement };
    let document = Document::new([
        named("Read", allow(&["s3:Get*", "s3:GetObject"], "arn:aws:s3:::a/*")),
        named("ReadOther", allow(&["s3:Get*"], "arn:aws:s3:::b/*")),
        named("ReadOne", allow(&["s3:GetObject"], "arn:aws:s3:::a/one")),
        tagged("Start", "ec2:Start*"),
        tagged("Stop", "ec2:Stop*"),
        named("Never", deny("iam:*", "*")),
    ]);
    let small = document.minimised().unwrap();
    assert!(AccessDiff::between([&document], [&small.document]).is_empty());
    let told = format!(
        "{} to {} characters\nmerged {:?}\ndropped {:?}\n{}\n{}",
        document.size(),
        small.document.size(),
        small.merged,
        small.dropped,
        small.document.pretty(),
        small.clone().without_sids().document.compact(),
    );
    insta::assert_snapshot!(told);
}

#[test]
fn minimising_merges_principals() {
    let trust =
        |sid: &str, principal| Statement::allow(sid).actions("sts:AssumeRole").principal(principal);
    let document = Document::new([
        trust("A", Principal::service("ec2.amazonaws.com")),
        trust("B", Principal::service("ssm.amazonaws.com")),
        trust("C", Principal::aws("123456789012")),
    ]);
    let small = document.minimised().unwrap().document;
    assert_eq!(small.statements.len(), 1);
    assert_eq!(small.check(DocumentUse::Trust), Ok(()));
    assert_eq!(small.grants(), document.grants());
}

#[test]
fn a_document_keeps_its_last_statement() {
    let nothing = || Statement::allow("S").all_actions_but("*").resources("*");
    let document = document([nothing(), nothing()]);
    let small = document.minimised().unwrap();
    assert_eq!(small.document.statements.len(), 1);
    assert_eq!(small.document.check(DocumentUse::Permissions), Ok(()));
}

//! Differences of access and minimised documents, against an evaluator that is not ours.

mod documents;
mod evaluator;

use std::collections::BTreeSet;

use cloudup_tasks::policy::{
    AccessDiff, Change, Choice, Document, DocumentUse, Effect, Principal, Reason, Statement,
    Unproven,
};
use proptest::{prelude::*, test_runner::Config};

use crate::{
    documents::{
        document, related_clauses, related_documents, related_trusts, some_document,
        some_statement, when,
    },
    evaluator::{agrees, answers, apart},
};

/// The diff seen from the other side.
fn is_mirrored(there: AccessDiff, back: AccessDiff) -> Result<(), TestCaseError> {
    prop_assert_eq!(&there.gained, &back.lost);
    prop_assert_eq!(&there.lost, &back.gained);
    prop_assert_eq!(&there.kept, &back.kept);
    prop_assert_eq!(there.added().collect::<BTreeSet<_>>(), back.removed().collect());
    let turned = |change| match change {
        Change::Added => Change::Removed,
        Change::Removed => Change::Added,
    };
    let there: BTreeSet<_> =
        there.unknown.into_iter().map(|one| (one.grant, one.change, one.reason)).collect();
    let back: BTreeSet<_> =
        back.unknown.into_iter().map(|one| (one.grant, turned(one.change), one.reason)).collect();
    prop_assert_eq!(there, back);
    Ok(())
}

/// Minimising again changes nothing, as far as it can be proved.
fn is_the_smallest(small: &Document) -> Result<(), TestCaseError> {
    if let Ok(again) = small.minimised() {
        prop_assert_eq!(&again.document, small);
    }
    Ok(())
}

// What cannot be proved is a legal outcome of minimising: then nothing is promised.
proptest! {
    #![proptest_config(Config::with_cases(128))]

    #[test]
    fn a_request_whose_answer_changes_is_in_what_is_told((from, to) in related_documents()) {
        agrees(&from, &to)?;
    }

    #[test]
    fn a_statement_that_goes_is_told_where_it_is_missed(
        document in some_document(), index in any::<prop::sample::Index>()
    ) {
        let mut without = document.clone();
        without.statements.remove(index.index(document.statements.len()));
        agrees(&document, &without)?;
    }

    #[test]
    fn another_condition_is_told_where_it_differs(
        statement in some_statement(),
        [from, to] in related_clauses(),
    ) {
        let of = |clause| document([when(statement.clone(), clause)]);
        agrees(&of(from), &of(to))?;
    }

    #[test]
    fn trust_that_changes_is_told((from, to) in related_trusts()) {
        agrees(&from, &to)?;
        let there = AccessDiff::between([&from], [&to]);
        is_mirrored(there, AccessDiff::between([&to], [&from]))?;
        prop_assert!(AccessDiff::between([&from], [&apart(&from)]).is_empty());
        let Ok(small) = from.minimised().map(|it| it.document) else { return Ok(()) };
        prop_assert_eq!(small.check(DocumentUse::Trust), Ok(()));
        prop_assert!(small.size() <= from.size());
        is_the_smallest(&small)?;
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
        is_mirrored(there, AccessDiff::between([&to], [&from]))?;
    }

    #[test]
    fn a_minimised_document_answers_the_same(document in some_document(), apart in any::<bool>()) {
        let document = if apart { crate::apart(&document) } else { document };
        let Ok(small) = document.minimised().map(|it| it.document) else { return Ok(()) };
        prop_assert!(small.size() <= document.size());
        prop_assert_eq!(small.check(DocumentUse::Permissions), Ok(()));
        prop_assert_eq!(&Document::parse(&small.pretty()).unwrap(), &small);
        prop_assert_eq!(answers(&small), answers(&document));
        prop_assert!(AccessDiff::between([&document], [&small]).is_empty());
        is_the_smallest(&small)?;
    }

    #[test]
    fn equal_documents_are_minimised_equally(document in some_document()) {
        let mut reversed = document.clone();
        reversed.statements.reverse();
        let compact = |document: &Document| {
            document.minimised().map(|it| it.document.compact())
        };
        prop_assert_eq!(compact(&document).ok(), compact(&reversed).ok());
    }

    #[test]
    fn every_sid_is_accounted_for(document in some_document()) {
        let Ok(small) = document.minimised() else { return Ok(()) };
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
        [usize::MAX, 0].map(|room| small.named(room).compact()).join("\n"),
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

#[test]
fn a_document_of_too_many_grants_is_left_as_it_is() {
    let names = |count: u32| (0..count).map(|n| format!("s3:Get{n}")).collect::<Vec<_>>();
    let of = |actions, resources| {
        let resources: Vec<_> = (0..resources).map(|n| format!("arn:aws:s3:::{n}")).collect();
        document([Statement::allow("S").actions(names(actions)).resources(resources)])
    };
    assert!(of(25, 40).minimised().is_ok());
    let error = of(3_000, 3_001).minimised().unwrap_err();
    assert_eq!(error, Unproven::TooManyGrants { grants: 9_003_000 });
    let told = "the document comes to 9003000 grants, and is minimised up to 1000";
    assert_eq!(error.to_string(), told);
}

#[test]
fn what_holds_always_covers_what_holds_under_a_condition_and_not_the_other_way() {
    let under = |statement: Statement| statement.when("Bool", "aws:SecureTransport", "true");
    let (one, all) = (allow(&["s3:GetObject"], "*"), allow(&["s3:Get*"], "*"));
    let table = [
        ([under(one.clone()), all.clone()], 1),
        ([one.clone(), under(all.clone())], 2),
        ([under(one), Statement { effect: Effect::Deny, ..all }], 2),
    ];
    for (statements, expected) in table {
        let document = document(statements);
        let small = document.minimised().unwrap().document;
        assert_eq!(small.statements.len(), expected, "{}", document.compact());
    }
}

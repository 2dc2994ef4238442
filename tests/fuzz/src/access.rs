//! What documents allow, and how that changes.

use cloudup_tasks::policy::{
    AccessDiff, Change, Choice, Document, DocumentUse, Effect, Statement, Values,
};

/// Two documents are made of the bytes. Nothing changes from one to itself in other words; there
/// and back are mirror images; what is minimised allows the same, in no more characters.
pub fn access(data: &[u8]) {
    let mut bytes = Bytes(data);
    let [one, other] = [bytes.document(), bytes.document()];
    of_one(&one);
    of_one(&other);
    mirror(&one, &other);
}

/// What holds for one document.
pub(crate) fn of_one(document: &Document) {
    let apart = apart(document);
    let diff = AccessDiff::between([document], [&apart]);
    assert!(diff.is_empty(), "{}\n{}\n{diff}", document.compact(), apart.compact());
    // What cannot be proved is a legal outcome.
    let Ok(small) = document.minimised() else { return };
    assert!(small.document.size() <= document.size(), "{}", document.compact());
    if document.check(DocumentUse::Permissions).is_ok() {
        assert_eq!(small.document.check(DocumentUse::Permissions), Ok(()));
    }
    if let Ok(again) = small.document.minimised() {
        assert_eq!(again.document, small.document, "{}", document.compact());
    }
}

fn mirror(one: &Document, other: &Document) {
    let there = AccessDiff::between([one], [other]);
    let back = AccessDiff::between([other], [one]);
    assert_eq!(there.gained, back.lost);
    assert_eq!(there.lost, back.gained);
    assert_eq!(there.kept, back.kept);
    let turned = |change| match change {
        Change::Added => Change::Removed,
        Change::Removed => Change::Added,
    };
    assert_eq!(there.unknown.len(), back.unknown.len());
    for unknown in &there.unknown {
        let mut mirrored = unknown.clone();
        mirrored.change = turned(unknown.change);
        assert!(back.unknown.contains(&mirrored), "{unknown}");
    }
}

/// The same with one action and one resource a statement, in another order.
fn apart(document: &Document) -> Document {
    let one_by_one = |choice: &Choice<Values>| match choice {
        Choice::Only(values) => {
            values.iter().map(|value| Choice::Only(value.as_str().into())).collect()
        }
        Choice::AllBut(_) => vec![choice.clone()],
    };
    let mut apart = Document { statements: Vec::new(), ..document.clone() };
    for statement in document.statements.iter().rev() {
        let resources = match &statement.resource {
            Some(resource) => one_by_one(resource).into_iter().map(Some).collect(),
            None => vec![None],
        };
        for action in one_by_one(&statement.action) {
            for resource in resources.clone() {
                let action = action.clone();
                apart.statements.push(Statement {
                    sid: None,
                    action,
                    resource,
                    ..statement.clone()
                });
            }
        }
    }
    apart
}

/// Bytes that are used up; behind their end there are zeros.
struct Bytes<'d>(&'d [u8]);

impl Bytes<'_> {
    fn next(&mut self) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first)
    }

    fn pick<T: Copy, const N: usize>(&mut self, from: [T; N]) -> T {
        from[self.next() % N]
    }

    fn document(&mut self) -> Document {
        let statements = 1 + self.next() % 4;
        let mut document = Document::new((0..statements).map(|_| self.statement()));
        if self.next() % 8 == 7 {
            document.version = None;
        }
        document
    }

    fn statement(&mut self) -> Statement {
        let shape = self.next();
        let mut statement = Statement::allow("S");
        statement.sid = None;
        if shape & 1 == 1 {
            statement.effect = Effect::Deny;
        }
        let actions = self.values("s3:", &ACTION_PARTS);
        statement = if shape & 6 == 6 {
            statement.all_actions_but(actions)
        } else {
            statement.actions(actions)
        };
        let start = self.pick(["arn:aws:s3:::", "arn:aws:ec2:", "arn:*"]);
        let resources = self.values(start, &RESOURCE_PARTS);
        statement = if shape & 0b1_1000 == 0b1_1000 {
            statement.all_resources_but(resources)
        } else {
            statement.resources(resources)
        };
        for _ in 0..(shape >> 5) % 4 {
            let (quantifier, operator, suffix) =
                (self.pick(QUANTIFIERS), self.pick(OPERATORS), self.pick(["", "", "IfExists"]));
            let operator = match operator {
                "Null" => operator.to_owned(),
                _ => format!("{quantifier}{operator}{suffix}"),
            };
            let key = self.pick(["aws:a", "aws:b", "AWS:A"]);
            let values = self.values("", &CONDITION_PARTS);
            statement = statement.when(operator, key, values);
        }
        statement
    }

    /// Up to four values of up to 31 parts.
    fn values(&mut self, start: &str, parts: &[&str]) -> Vec<String> {
        let count = 1 + self.next() % 4;
        (0..count)
            .map(|_| {
                let length = self.next() % 32;
                if length == 0 && !start.is_empty() {
                    return "*".to_owned();
                }
                let mut text = start.to_owned();
                text.extend((0..length).map(|_| parts[self.next() % parts.len()]));
                text
            })
            .collect()
    }
}

const ACTION_PARTS: [&str; 6] = ["*", "?", "a", "b", "A", "Get"];
const RESOURCE_PARTS: [&str; 10] =
    ["*", "?", "a", "b", ":", "/", "${aws:username}", "${*}", "${aws:a, 'x'}", "${"];
const CONDITION_PARTS: [&str; 10] =
    ["*", "?", "a", "b", "A", "true", "1", "2020-01-01", "10.0.0.0/8", "${aws:username}"];
const QUANTIFIERS: [&str; 4] = ["", "", "ForAnyValue:", "ForAllValues:"];
const OPERATORS: [&str; 13] = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "ArnLike",
    "ArnNotLike",
    "NumericLessThan",
    "NumericEquals",
    "DateGreaterThan",
    "IpAddress",
    "NotIpAddress",
    "Null",
];

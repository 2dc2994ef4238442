//! Documents in great variety.

use cloudup_tasks::policy::{Choice, Document, Effect, Principal, Statement};
use proptest::{collection::vec, option, prelude::*, sample::select, strategy::Strategy};

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

/// Operators, the keys they fit and the values to compare with.
#[derive(Debug)]
struct Family {
    operators: &'static [&'static str],
    keys: &'static [&'static str],
    values: &'static [&'static str],
}

const FAMILIES: [Family; 8] = [
    Family {
        operators: &[
            "StringEquals",
            "StringEqualsIfExists",
            "StringEqualsIgnoreCase",
            "StringLike",
            "StringLikeIfExists",
            "StringNotEquals",
            "StringNotEqualsIfExists",
            "StringNotEqualsIgnoreCase",
            "StringNotLike",
            "ForAnyValue:StringEquals",
            "ForAllValues:StringEquals",
            "ForAllValues:StringLike",
        ],
        keys: &["aws:a", "aws:b", "AWS:A"],
        values: &["x", "y", "x*", "*", "?", "X", "xy"],
    },
    Family {
        operators: &[
            "ForAnyValue:StringEquals",
            "ForAllValues:StringEquals",
            "ForAnyValue:StringLike",
            "ForAllValues:StringLike",
            "ForAnyValue:StringNotEquals",
            "ForAllValues:StringNotEquals",
        ],
        keys: &["aws:TagKeys"],
        values: &["x", "y", "x*", "?"],
    },
    Family {
        operators: &["ArnEquals", "ArnLike", "ArnLikeIfExists", "ArnNotEquals", "ArnNotLike"],
        keys: &["aws:PrincipalArn"],
        values: &["arn:aws:iam::1:role/a", "arn:aws:iam::*:role/a", "arn:aws:iam::1:role/*"],
    },
    Family {
        operators: &[
            "NumericEquals",
            "NumericNotEquals",
            "NumericLessThan",
            "NumericLessThanEquals",
            "NumericGreaterThan",
            "NumericGreaterThanEqualsIfExists",
        ],
        keys: &["aws:MultiFactorAuthAge"],
        values: &["1", "5", "5.0", "10"],
    },
    Family {
        operators: &["DateEquals", "DateNotEquals", "DateLessThan", "DateGreaterThanEquals"],
        keys: &["aws:CurrentTime"],
        values: &["2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z"],
    },
    Family {
        operators: &["IpAddress", "NotIpAddress", "IpAddressIfExists", "NotIpAddressIfExists"],
        keys: &["aws:SourceIp"],
        values: &["10.0.0.0/8", "10.1.0.0/16", "192.168.0.1"],
    },
    Family {
        operators: &["Bool", "BoolIfExists"],
        keys: &["aws:SecureTransport"],
        values: &["true", "false"],
    },
    Family { operators: &["Null"], keys: &["aws:a", "aws:SourceIp"], values: &["true", "false"] },
];

/// An operator, a key and values.
pub(crate) type Clause = (&'static str, &'static str, Vec<&'static str>);

fn some_clause() -> impl Strategy<Value = Clause> {
    (0..FAMILIES.len()).prop_flat_map(|index| clause_of(&FAMILIES[index]))
}

fn clause_of(family: &'static Family) -> impl Strategy<Value = Clause> {
    let Family { operators, keys, values } = family;
    // What several values of `Null` mean is not said anywhere.
    let most = if operators.contains(&"Null") { 1 } else { 3 };
    (select(*operators), select(*keys), vec(select(*values), 1..=most))
}

/// Two clauses about one key: often of one operator, and with values in common.
pub(crate) fn related_clauses() -> impl Strategy<Value = [Clause; 2]> {
    let family = (0..FAMILIES.len()).prop_map(|index| &FAMILIES[index]);
    (family, prop::bool::weighted(0.7)).prop_flat_map(|(family, is_the_same)| {
        (clause_of(family), clause_of(family)).prop_map(move |(one, mut other)| {
            other.1 = one.1;
            if is_the_same {
                other.0 = one.0;
            }
            [one, other]
        })
    })
}

pub(crate) fn when(statement: Statement, (operator, key, values): Clause) -> Statement {
    statement.when(operator, key, values)
}

/// Up to three clauses, often none.
fn with_conditions(statement: Statement) -> impl Strategy<Value = Statement> {
    let clauses = option::weighted(0.4, vec(some_clause(), 1..4));
    clauses.prop_map(move |clauses| {
        clauses.into_iter().flatten().fold(statement.clone(), |statement, clause| {
            let is_there =
                |keys: &std::collections::BTreeMap<String, _>| keys.contains_key(clause.1);
            let repeats = statement.condition.get(clause.0).is_some_and(is_there);
            if repeats { statement } else { when(statement, clause) }
        })
    })
}

pub(crate) fn some_statement() -> impl Strategy<Value = Statement> {
    let exclusions = (prop::bool::weighted(0.15), prop::bool::weighted(0.15));
    let (actions, resources) = (vec(select(&ACTIONS), 1..4), vec(select(&RESOURCES), 1..4));
    (prop::bool::weighted(0.25), exclusions, actions, resources)
        .prop_map(|(denies, (not_actions, not_resources), actions, resources)| {
            let statement = if denies { Statement::deny("S") } else { Statement::allow("S") };
            let statement = if not_actions {
                statement.all_actions_but(actions)
            } else {
                statement.actions(actions)
            };
            if not_resources {
                statement.all_resources_but(resources)
            } else {
                statement.resources(resources)
            }
        })
        .prop_flat_map(with_conditions)
}

pub(crate) fn document(statements: impl IntoIterator<Item = Statement>) -> Document {
    let statements = statements.into_iter().enumerate();
    Document::new(statements.map(|(index, mut statement)| {
        statement.sid = Some(format!("S{index}"));
        statement
    }))
}

pub(crate) fn some_document() -> impl Strategy<Value = Document> {
    vec(some_statement(), 1..5).prop_map(document)
}

/// Two documents that have something in common: most of their statements.
pub(crate) fn related_documents() -> impl Strategy<Value = (Document, Document)> {
    related(some_statement)
}

fn related<S: Strategy<Value = Statement> + 'static>(
    statement: fn() -> S,
) -> impl Strategy<Value = (Document, Document)> {
    let statements = move || vec(statement(), 0..3);
    (vec(statement(), 1..4), statements(), statements(), any::<bool>()).prop_map(
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

const PRINCIPALS: [(&str, &str); 7] = [
    ("AWS", "*"),
    ("AWS", "123456789012"),
    ("AWS", "arn:aws:iam::123456789012:role/a"),
    ("AWS", "arn:aws:iam::123456789012:role/b"),
    ("Service", "ec2.amazonaws.com"),
    ("Service", "ssm.amazonaws.com"),
    ("Federated", "arn:aws:iam::123456789012:oidc-provider/x"),
];

fn some_principal() -> impl Strategy<Value = Principal> {
    option::weighted(0.9, select(&PRINCIPALS)).prop_map(|principal| match principal {
        None => Principal::Anyone,
        Some(("AWS", name)) => Principal::aws(name),
        Some(("Service", name)) => Principal::service(name),
        Some((_, name)) => Principal::federated(name),
    })
}

fn some_trust() -> impl Strategy<Value = Statement> {
    let actions =
        vec(select(vec!["sts:AssumeRole", "sts:*", "sts:TagSession", "STS:assume*"]), 1..3);
    let choice = (some_principal(), prop::bool::weighted(0.2));
    (prop::bool::weighted(0.3), choice, actions)
        .prop_map(|(denies, (principal, all_but), actions)| {
            let mut statement = Statement::allow("S").actions(actions);
            if denies {
                statement.effect = Effect::Deny;
            }
            let choice = if all_but { Choice::AllBut } else { Choice::Only };
            Statement { principal: Some(choice(principal)), ..statement }
        })
        .prop_flat_map(with_conditions)
}

/// Two trust documents that have something in common.
pub(crate) fn related_trusts() -> impl Strategy<Value = (Document, Document)> {
    related(some_trust)
}

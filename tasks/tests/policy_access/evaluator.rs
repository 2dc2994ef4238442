//! What an evaluator that is not ours makes of documents.

use std::sync::LazyLock;

use cloudup_tasks::policy::{
    AccessDiff, Choice, Document, Grant, Names, Principal, Statement, Values,
};
use iam_rs::{Arn, Context, ContextValue, Decision, IAMPolicy, IAMRequest, PrincipalId};
use proptest::prelude::*;

use crate::documents::document;

/// Contexts that tell apart, or nearly, what the conditions say.
static CONTEXTS: LazyLock<Vec<Context>> = LazyLock::new(|| {
    let text = |text: &str| ContextValue::String(text.to_owned());
    let list = |items: &[&str]| {
        ContextValue::StringList(items.iter().map(|item| (*item).to_owned()).collect())
    };
    let all: Vec<Vec<(&str, ContextValue)>> = vec![
        vec![],
        vec![("aws:a", text("x")), ("aws:SecureTransport", ContextValue::Boolean(true))],
        vec![("aws:a", text("y")), ("aws:b", text("xy")), ("aws:SourceIp", text("10.2.0.1"))],
        vec![("aws:b", text("x")), ("aws:PrincipalTag/t", text("a"))],
        vec![("aws:a", text("X")), ("aws:PrincipalTag/t", text("b"))],
        vec![("aws:a", text("z")), ("aws:b", text("y")), ("aws:PrincipalTag/t", text("a"))],
        vec![("aws:a", text("xy")), ("aws:TagKeys", list(&["x", "xy"]))],
        vec![("aws:TagKeys", list(&["x"])), ("aws:SourceIp", text("10.1.0.1"))],
        vec![("aws:TagKeys", list(&["y", "z"])), ("aws:SourceIp", text("192.168.0.1"))],
        vec![
            ("aws:PrincipalArn", text("arn:aws:iam::1:role/a")),
            ("aws:MultiFactorAuthAge", ContextValue::Number(5.0)),
        ],
        vec![
            ("aws:PrincipalArn", text("arn:aws:iam::2:role/a")),
            ("aws:MultiFactorAuthAge", ContextValue::Number(10.0)),
            ("aws:SecureTransport", ContextValue::Boolean(false)),
        ],
        vec![
            ("aws:PrincipalArn", text("arn:aws:iam::1:role/b")),
            ("aws:MultiFactorAuthAge", ContextValue::Number(0.0)),
            ("aws:CurrentTime", text("2020-01-01T00:00:00Z")),
        ],
        vec![("aws:CurrentTime", text("2020-06-01T00:00:00Z")), ("aws:a", text("x"))],
        vec![("aws:CurrentTime", text("2022-01-01T00:00:00Z")), ("aws:b", text("X"))],
    ];
    let context = |data: Vec<(&str, ContextValue)>| Context {
        data: data.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
    };
    all.into_iter().map(context).collect()
});

fn request(
    principal: &iam_rs::Principal,
    action: &str,
    resource: &str,
    context: &Context,
) -> IAMRequest {
    let resource = Arn::parse(resource).unwrap();
    IAMRequest::new_with_context(principal.clone(), action, resource, context.clone())
}

fn aws(name: &str) -> iam_rs::Principal {
    iam_rs::Principal::Aws(PrincipalId::String(name.to_owned()))
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
    let mut requests = Vec::new();
    for action in actions {
        for resource in resources {
            let of = |context| request(&aws("123456789012"), action, resource, context);
            requests.extend(CONTEXTS.iter().map(of));
        }
    }
    requests
});

/// The same for taking on a role.
static ASSUMPTIONS: LazyLock<Vec<IAMRequest>> = LazyLock::new(|| {
    let service = |name: &str| iam_rs::Principal::Service(PrincipalId::String(name.to_owned()));
    let provider = "arn:aws:iam::123456789012:oidc-provider/x".to_owned();
    let principals = [
        aws("arn:aws:iam::123456789012:role/a"),
        aws("arn:aws:iam::123456789012:role/b"),
        aws("arn:aws:iam::999999999999:role/a"),
        service("ec2.amazonaws.com"),
        service("ssm.amazonaws.com"),
        iam_rs::Principal::Federated(PrincipalId::String(provider)),
    ];
    let mut requests = Vec::new();
    for principal in &principals {
        for action in ["sts:AssumeRole", "sts:TagSession", "sts:GetCallerIdentity"] {
            let of = |context| {
                request(principal, action, "arn:aws:iam::123456789012:role/trusting", context)
            };
            requests.extend(CONTEXTS.iter().map(of));
        }
    }
    requests
});

/// The evaluator wants a resource also where the role itself is meant, and does not know that
/// `{"AWS": "*"}` means everybody, as the IAM User Guide has it.
fn policy(document: &Document) -> IAMPolicy {
    let mut document = document.clone();
    for statement in &mut document.statements {
        if let Some(Choice::Only(principal) | Choice::AllBut(principal)) = &mut statement.principal
            && *principal == Principal::aws("*")
        {
            *principal = Principal::Anyone;
        }
    }
    for statement in document.statements.iter_mut().filter(|it| it.resource.is_none()) {
        *statement = statement.clone().resources("*");
    }
    IAMPolicy::from_json(&document.compact()).unwrap()
}

fn allows(policy: &IAMPolicy, request: &IAMRequest) -> bool {
    iam_rs::evaluate_policy(policy, request).unwrap() == Decision::Allow
}

/// Whether the document is about roles that are taken on.
fn requests(document: &Document) -> &'static [IAMRequest] {
    let is_trust = document.statements.iter().any(|statement| statement.principal.is_some());
    if is_trust { &ASSUMPTIONS } else { &REQUESTS }
}

pub(crate) fn answers(document: &Document) -> Vec<bool> {
    let policy = policy(document);
    requests(document).iter().map(|request| allows(&policy, request)).collect()
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
    statement.principal = grant.principal.as_ref().map(|principal| match principal {
        Names::Only(name) => Choice::Only(named(name)),
        Names::AllBut(all) => Choice::AllBut(named(all.first().unwrap())),
    });
    for (operator, keys) in &grant.condition {
        for (key, values) in keys {
            statement = statement.when(operator, key, Values::from(values.clone()));
        }
    }
    Document::new([statement])
}

/// The principal that a grant names by kind and name.
fn named(name: &str) -> Principal {
    match name.split_once(' ') {
        None => Principal::Anyone,
        Some(("AWS", name)) => Principal::aws(name),
        Some(("Service", name)) => Principal::service(name),
        Some((_, name)) => Principal::federated(name),
    }
}

pub(crate) fn agrees(from: &Document, to: &Document) -> Result<(), TestCaseError> {
    let diff = AccessDiff::between([from], [to]);
    let unknown = || diff.unknown.iter().map(|unknown| &unknown.grant);
    let [gained, lost] = [&diff.gained, &diff.lost].map(|told| -> Vec<_> {
        told.iter().chain(unknown()).map(|grant| policy(&about(grant))).collect()
    });
    for ((request, before), after) in requests(from).iter().zip(answers(from)).zip(answers(to)) {
        let told = if after { &gained } else { &lost };
        prop_assert!(
            before == after || told.iter().any(|grant| allows(grant, request)),
            "{request:?} changes to {after}, and is not in\n{diff}"
        );
    }
    Ok(())
}

/// Statements that each name one action and one resource, in another order.
pub(crate) fn apart(of: &Document) -> Document {
    let one_by_one = |choice: &Choice<Values>| match choice {
        Choice::Only(values) => {
            values.iter().map(|value| Choice::Only(value.as_str().into())).collect()
        }
        Choice::AllBut(_) => vec![choice.clone()],
    };
    let mut statements = Vec::new();
    for statement in of.statements.iter().rev() {
        let resources = statement.resource.as_ref().map(one_by_one);
        let resources = resources.map_or(vec![None], |it| it.into_iter().map(Some).collect());
        for action in one_by_one(&statement.action) {
            for resource in resources.clone() {
                let action = action.clone();
                statements.push(Statement { action, resource, ..statement.clone() });
            }
        }
    }
    document(statements)
}

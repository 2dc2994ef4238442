//! Which policy documents an account takes, and where.
//!
//! The grammar itself is [`Document`]'s. From the
//! [IAM JSON policy elements](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html).

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{error::Refusal, grammar, state::State};
use crate::policy::Document;

/// How long a document is to IAM: its characters, white space not counted.
pub(super) fn size(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace()).count()
}

/// Refuses what cannot say what somebody may do: an inline or managed policy.
pub(super) fn identity(text: &str) -> Result<(), Refusal> {
    for statement in statements(text)? {
        if statement.contains_key("Principal") || statement.contains_key("NotPrincipal") {
            return Err(Refusal::malformed("Policy document should not specify a principal."));
        }
        if !statement.contains_key("Resource") && !statement.contains_key("NotResource") {
            return Err(Refusal::malformed("Policy statement must contain resources."));
        }
        for action in values(&statement, &["Action", "NotAction"]) {
            if action != "*" && !action.contains(':') {
                return Err(Refusal::malformed(format!(
                    "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc. \
                     ({action})"
                )));
            }
        }
        for resource in values(&statement, &["Resource", "NotResource"]) {
            let is_arn = resource.starts_with("arn:") && resource.matches(':').count() >= 5;
            if resource != "*" && !is_arn {
                return Err(Refusal::malformed(format!(
                    "Resource {resource} must be in ARN format or \"*\"."
                )));
            }
        }
    }
    Ok(())
}

/// Refuses what cannot say who may assume a role of this account.
pub(super) fn trust(state: &State, text: &str) -> Result<(), Refusal> {
    let longest = state.quotas.assume_role_policy_size;
    if size(text) > longest {
        return Err(Refusal::limit(format!("Cannot exceed quota for ACLSizePerRole: {longest}")));
    }
    for statement in statements(text)? {
        if statement.contains_key("Resource") || statement.contains_key("NotResource") {
            return Err(Refusal::malformed("Has prohibited field Resource"));
        }
        if !statement.contains_key("Principal") && !statement.contains_key("NotPrincipal") {
            return Err(Refusal::malformed("Missing required field Principal"));
        }
        for action in values(&statement, &["Action", "NotAction"]) {
            if !action.to_lowercase().starts_with("sts:") {
                return Err(Refusal::malformed(
                    "AssumeRole policy may only specify STS AssumeRole actions.",
                ));
            }
        }
        for principals in ["Principal", "NotPrincipal"].iter().filter_map(|key| statement.get(*key))
        {
            let Value::Object(kinds) = principals else { continue };
            for (kind, names) in kinds {
                for principal in one_or_many(names) {
                    check_principal(state, kind, principal)?;
                }
            }
        }
    }
    Ok(())
}

fn check_principal(state: &State, kind: &str, principal: &str) -> Result<(), Refusal> {
    let known = match kind {
        "AWS" => principal == "*" || grammar::is_account_id(principal) || exists(state, principal),
        "Service" => {
            let dotted = principal.contains('.') && !principal.contains("..");
            dotted && principal.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c))
        }
        _ => !principal.is_empty(),
    };
    if known {
        return Ok(());
    }
    let kind = if kind == "Service" { "SERVICE" } else { kind };
    Err(Refusal::malformed(format!("Invalid principal in policy: \"{kind}\":\"{principal}\"")))
}

/// Whether an ARN names somebody: in this account a role that is there, elsewhere anybody.
fn exists(state: &State, arn: &str) -> bool {
    let parts: Vec<_> = arn.splitn(6, ':').collect();
    let ["arn", _, "iam" | "sts", "", account, resource] = parts[..] else { return false };
    if !grammar::is_account_id(account) || resource.is_empty() {
        return false;
    }
    account != state.account_id
        || resource == "root"
        || state.roles.iter().any(|role| role.arn == arn)
}

/// The statements of a document that keeps to the grammar.
fn statements(text: &str) -> Result<Vec<Map<String, Value>>, Refusal> {
    Document::parse(text)
        .map_err(|error| Refusal::malformed(format!("Syntax errors in policy. ({error})")))?;
    let syntax = || Refusal::malformed("Syntax errors in policy.");
    let Ok(Value::Object(mut document)) = serde_json::from_str(text) else { return Err(syntax()) };
    if let Some(version) = document.get("Version")
        && version != "2012-10-17"
        && version != "2008-10-17"
    {
        return Err(syntax());
    }
    let statements = match document.remove("Statement") {
        Some(Value::Array(statements)) if !statements.is_empty() => statements,
        Some(statement @ Value::Object(_)) => vec![statement],
        _ => return Err(syntax()),
    };
    let mut sids = BTreeSet::new();
    let mut found = Vec::new();
    for statement in statements {
        let Value::Object(statement) = statement else { return Err(syntax()) };
        if !statement.contains_key("Action") && !statement.contains_key("NotAction") {
            return Err(Refusal::malformed("Policy statement must contain actions."));
        }
        if let Some(sid) = statement.get("Sid").and_then(Value::as_str) {
            if !sid.chars().all(|c| c.is_ascii_alphanumeric()) {
                return Err(Refusal::malformed(format!(
                    "Statement IDs (SID) must be alpha-numeric. ({sid})"
                )));
            }
            if !sid.is_empty() && !sids.insert(sid.to_owned()) {
                return Err(Refusal::malformed(
                    "Statement IDs (SID) in a single policy must be unique.",
                ));
            }
        }
        found.push(statement);
    }
    Ok(found)
}

fn values<'a>(
    statement: &'a Map<String, Value>,
    keys: &'a [&str],
) -> impl Iterator<Item = &'a str> {
    keys.iter().filter_map(|key| statement.get(*key)).flat_map(one_or_many)
}

fn one_or_many(value: &Value) -> Vec<&str> {
    match value {
        Value::String(one) => vec![one],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

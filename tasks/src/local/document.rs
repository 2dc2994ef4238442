//! Which policy documents an account takes, and where: what [`Document`] says, and that those who
//! are trusted are there.

use super::{error::Refusal, grammar, state::State};
use crate::policy::{Choice, Document, DocumentUse, Principal, PrincipalKind};

/// How long a document is to IAM: its characters, white space not counted.
pub(super) fn size(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace()).count()
}

/// Refuses what cannot say what somebody may do: an inline or managed policy.
pub(super) fn identity(text: &str) -> Result<(), Refusal> {
    parse(text, DocumentUse::Permissions).map(drop)
}

/// Refuses what cannot say who may assume a role of this account.
pub(super) fn trust(state: &State, text: &str) -> Result<(), Refusal> {
    trust_but(state, text, |_, _| false)
}

/// Refuses what a role's trust can never have become. Other than [`trust`] it lets pass the unique
/// ids that IAM puts in the place of principals that were deleted.
pub(super) fn trust_found(state: &State, text: &str) -> Result<(), Refusal> {
    trust_but(state, text, |document, name| document.orphans().any(|orphan| orphan == name))
}

fn trust_but(
    state: &State,
    text: &str,
    excused: impl Fn(&Document, &str) -> bool,
) -> Result<(), Refusal> {
    let longest = state.quotas.assume_role_policy_size;
    if size(text) > longest {
        return Err(Refusal::limit(format!("Cannot exceed quota for ACLSizePerRole: {longest}")));
    }
    let document = parse(text, DocumentUse::Trust)?;
    for statement in &document.statements {
        let Some(Choice::Only(Principal::Of(kinds)) | Choice::AllBut(Principal::Of(kinds))) =
            &statement.principal
        else {
            continue;
        };
        for (kind, names) in kinds {
            for name in names {
                if !is_somebody(state, *kind, name) && !excused(&document, name) {
                    let kind =
                        if *kind == PrincipalKind::Service { "SERVICE" } else { kind.name() };
                    let message = format!("Invalid principal in policy: \"{kind}\":\"{name}\"");
                    return Err(Refusal::malformed(message));
                }
            }
        }
    }
    Ok(())
}

fn parse(text: &str, usage: DocumentUse) -> Result<Document, Refusal> {
    Document::parse_for(text, usage)
        .map_err(|error| Refusal::malformed(format!("Syntax errors in policy: {error}")))
}

fn is_somebody(state: &State, kind: PrincipalKind, name: &str) -> bool {
    match kind {
        PrincipalKind::Aws => {
            name == "*" || grammar::is_account_id(name) || is_principal_arn(state, name)
        }
        PrincipalKind::Service => {
            name.split('.').count() > 1 && name.split('.').all(|part| !part.is_empty())
        }
        PrincipalKind::Federated | PrincipalKind::CanonicalUser => !name.is_empty(),
    }
}

/// Whether an ARN names somebody: in this account a role that is there, elsewhere anybody.
fn is_principal_arn(state: &State, arn: &str) -> bool {
    let parts: Vec<_> = arn.splitn(6, ':').collect();
    let ["arn", _, "iam" | "sts", "", account, resource] = parts[..] else { return false };
    if !grammar::is_account_id(account) || resource.is_empty() {
        return false;
    }
    account != state.account_id
        || resource == "root"
        || state.roles.iter().any(|role| role.arn == arn)
}

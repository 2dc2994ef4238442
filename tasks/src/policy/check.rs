//! What IAM refuses although it can be read.

use std::collections::BTreeSet;

use super::{
    Choice, Condition, Document, Mistake, Principal, Statement, Values, error::did_you_mean,
    parse::join,
};
use crate::arn::Arn;

/// What a document is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentUse {
    /// What an identity may do: inline and managed policies. Names resources and no principal.
    Permissions,
    /// Who may assume a role. Names principals and no resource.
    Trust,
}

const VERSIONS: [&str; 2] = ["2012-10-17", "2008-10-17"];

/// Condition operators of the IAM User Guide, "IAM JSON policy elements: Condition operators".
const OPERATORS: [&str; 27] = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "Null",
];

/// Checks a document, part by part. Those who read one from text call the same for each part.
pub(super) struct Checker<'m> {
    pub(super) usage: Option<DocumentUse>,
    pub(super) mistakes: &'m mut Vec<Mistake>,
}

/// The mistakes of a document that was made in code.
pub(super) fn document(document: &Document, usage: DocumentUse) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let mut checker = Checker { usage: Some(usage), mistakes: &mut mistakes };
    if let Some(version) = &document.version {
        checker.version("Version", version);
    }
    checker.count("Statement", document.statements.len());
    let mut sids = BTreeSet::new();
    for (index, statement) in document.statements.iter().enumerate() {
        let Statement { sid, effect: _, principal, action, resource, condition } = statement;
        let path = format!("Statement[{index}]");
        if let Some(sid) = sid {
            checker.sid(&path, sid, &mut sids);
        }
        checker.principal(&path, principal.as_ref());
        checker.actions(&path, action);
        checker.resources(&path, resource.as_ref());
        checker.condition(&path, condition);
    }
    mistakes
}

/// `[A-Za-z0-9]*`: the grammar allows a Sid without letters.
fn is_sid(sid: &str) -> bool {
    sid.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn sid_hint(sid: &str) -> Option<String> {
    let without: String = sid.chars().filter(char::is_ascii_alphanumeric).collect();
    (!without.is_empty()).then(|| format!("`{without}` would do"))
}

impl Checker<'_> {
    pub(super) fn version(&mut self, path: &str, version: &str) {
        if !VERSIONS.contains(&version) {
            let message = format!("is not a version of the policy language: `{version}`");
            let hint = format!("write `{}`", Document::VERSION);
            self.mistakes.push(Mistake::new(path, message).hint(hint));
        }
    }

    pub(super) fn count(&mut self, path: &str, statements: usize) {
        if statements == 0 {
            self.mistakes.push(Mistake::new(path, "has no statements"));
        }
    }

    /// `path` is the statement's, here and below; `sids` those of the statements before.
    pub(super) fn sid(&mut self, path: &str, sid: &str, sids: &mut BTreeSet<String>) {
        let path = join(path, "Sid");
        if !is_sid(sid) {
            let message = format!("must be letters and digits, is `{sid}`");
            self.mistakes.push(Mistake::new(path, message).maybe_hint(sid_hint(sid)));
        } else if !sid.is_empty() && !sids.insert(sid.to_owned()) {
            let message = format!("`{sid}` is the Sid of an earlier statement");
            self.mistakes.push(Mistake::new(path, message).hint("give each its own"));
        }
    }

    pub(super) fn actions(&mut self, path: &str, actions: &Choice<Values>) {
        let path = join(path, actions.word("Action", "NotAction"));
        if actions.named().is_empty() {
            self.mistakes.push(Mistake::new(&path, "names no actions"));
        }
        for action in actions.named() {
            let is_trust = self.usage == Some(DocumentUse::Trust);
            if !is_action(action) {
                let message = format!("`{action}` is not an action");
                let hint = "write it as `service:Action`, such as `ec2:DescribeRegions`";
                self.mistakes.push(Mistake::new(&path, message).hint(hint));
            } else if is_trust && !action.to_lowercase().starts_with("sts:") {
                let message = format!("`{action}` cannot stand in a trust document");
                let hint = "a trust document is about `sts:AssumeRole` and its like";
                self.mistakes.push(Mistake::new(&path, message).hint(hint));
            }
        }
    }

    pub(super) fn resources(&mut self, path: &str, resources: Option<&Choice<Values>>) {
        let Some(resources) = resources else {
            if self.usage == Some(DocumentUse::Permissions) {
                let mistake = Mistake::new(path, "has neither `Resource` nor `NotResource`");
                let hint = "write \"Resource\": \"*\" where none can be named";
                self.mistakes.push(mistake.hint(hint));
            }
            return;
        };
        let path = join(path, resources.word("Resource", "NotResource"));
        if self.usage == Some(DocumentUse::Trust) {
            let mistake = Mistake::new(path, "cannot stand in a trust document");
            self.mistakes.push(mistake.hint("the resource is the role itself"));
            return;
        }
        if resources.named().is_empty() {
            self.mistakes.push(Mistake::new(&path, "names no resources"));
        }
        for resource in resources.named().iter().filter(|resource| !is_resource(resource)) {
            let hint = resource.parse::<Arn>().err().and_then(|error| error.hint());
            let message = format!("`{resource}` is neither an ARN nor `*`");
            self.mistakes.push(Mistake::new(&path, message).maybe_hint(hint));
        }
    }

    pub(super) fn principal(&mut self, path: &str, principal: Option<&Choice<Principal>>) {
        let Some(principal) = principal else {
            if self.usage == Some(DocumentUse::Trust) {
                let mistake = Mistake::new(path, "has no `Principal`");
                self.mistakes.push(mistake.hint("say who may assume the role"));
            }
            return;
        };
        let path = join(path, principal.word("Principal", "NotPrincipal"));
        let mistake = match (self.usage, principal) {
            (Some(DocumentUse::Permissions), _) => {
                Mistake::new(path, "cannot stand in a policy of a role")
                    .hint("the principal is the role itself")
            }
            (_, Choice::Only(principal) | Choice::AllBut(principal)) => match principal {
                Principal::Of(kinds) if kinds.values().all(Values::is_empty) => {
                    Mistake::new(path, "names nobody")
                }
                Principal::Of(_) | Principal::Anyone => return,
            },
        };
        self.mistakes.push(mistake);
    }

    pub(super) fn condition(&mut self, path: &str, condition: &Condition) {
        let path = join(path, "Condition");
        for (operator, keys) in condition {
            let path = join(&path, operator);
            if !is_operator(operator) {
                let hint = did_you_mean(bare_operator(operator), OPERATORS);
                let message = format!("`{operator}` is not a condition operator");
                self.mistakes.push(Mistake::new(&path, message).maybe_hint(hint));
            }
            for key in keys.keys().filter(|key| !key.contains(':')) {
                let message = format!("`{key}` is not a condition key");
                let hint = "write it as `service:key`, such as `aws:RequestTag/Name`";
                self.mistakes.push(Mistake::new(join(&path, key), message).hint(hint));
            }
        }
    }
}

fn is_action(action: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty()
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"*?-_".contains(&byte))
    };
    action == "*"
        || action.split_once(':').is_some_and(|(service, name)| is_word(service) && is_word(name))
}

/// An ARN pattern: wildcards and variables may stand in any part, and one wildcard for several.
fn is_resource(resource: &str) -> bool {
    const COLONS: usize = 5;
    let Some(rest) = resource.strip_prefix("arn:") else { return resource == "*" };
    resource.matches(':').count() >= COLONS || rest.contains('*')
}

/// An operator without what may stand before and after it.
fn bare_operator(operator: &str) -> &str {
    let operator = match operator.split_once(':') {
        Some((quantifier, rest))
            if ["forallvalues", "foranyvalue"].contains(&quantifier.to_lowercase().as_str()) =>
        {
            rest
        }
        _ => operator,
    };
    let if_exists = operator.len().saturating_sub("IfExists".len());
    match operator.split_at_checked(if_exists) {
        Some((bare, suffix)) if suffix.eq_ignore_ascii_case("IfExists") => bare,
        _ => operator,
    }
}

/// IAM takes operators in any case, and `IfExists` behind all but `Null`.
fn is_operator(operator: &str) -> bool {
    let bare = bare_operator(operator);
    let is_known = OPERATORS.iter().any(|known| known.eq_ignore_ascii_case(bare));
    let if_exists = operator.to_lowercase().ends_with("ifexists");
    is_known && !(if_exists && bare.eq_ignore_ascii_case("Null"))
}

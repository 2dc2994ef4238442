//! What IAM refuses although it can be read.

use std::collections::BTreeSet;

use super::{
    Choice, Condition, Document, Mistake, Principal, Statement, Values,
    error::nearest,
    reader::join,
    slips::{self, Slip},
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

/// What is asked of a document beyond what holds for every one.
#[derive(Clone, Copy, Default)]
pub(super) struct Grammar<'g> {
    pub(super) usage: Option<DocumentUse>,
    /// Whether it was written by hand, so that slips which IAM takes are worth telling.
    pub(super) by_hand: bool,
    /// The partition of all ARNs, where it is known.
    pub(super) partition: Option<&'g str>,
}

/// What may stand before an operator, with a colon.
const QUANTIFIERS: [&str; 2] = ["ForAllValues", "ForAnyValue"];

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
    pub(super) grammar: Grammar<'m>,
    pub(super) mistakes: &'m mut Vec<Mistake>,
}

/// The mistakes of a document that was made in code.
pub(super) fn document(document: &Document, usage: DocumentUse) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let grammar = Grammar { usage: Some(usage), ..Grammar::default() };
    let mut checker = Checker { grammar, mistakes: &mut mistakes };
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

/// A Sid that would do: the words together, each with a capital letter.
fn sid_hint(sid: &str) -> String {
    let mut words =
        sid.split(|char: char| !char.is_ascii_alphanumeric()).filter(|it| !it.is_empty());
    let mut near = words.next().unwrap_or_default().to_owned();
    for word in words {
        let (first, rest) = word.split_at(1);
        near.extend([&first.to_ascii_uppercase(), rest]);
    }
    if near.is_empty() || !sid.is_ascii() {
        return "use the letters A to Z and digits".to_owned();
    }
    format!("`{near}` would do")
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
            let hint = "give one, or no policy at all";
            self.mistakes.push(Mistake::new(path, "has no statements").hint(hint));
        }
    }

    /// `path` is the statement's, here and below; `sids` those of the statements before.
    pub(super) fn sid(&mut self, path: &str, sid: &str, sids: &mut BTreeSet<String>) {
        let path = join(path, "Sid");
        if !is_sid(sid) {
            let message = format!("must be letters and digits, is `{sid}`");
            self.mistakes.push(Mistake::new(path, message).hint(sid_hint(sid)));
        } else if !sid.is_empty() && !sids.insert(sid.to_owned()) {
            let message = format!("`{sid}` is the Sid of an earlier statement");
            self.mistakes.push(Mistake::new(path, message).hint("give each its own"));
        }
    }

    pub(super) fn actions(&mut self, path: &str, actions: &Choice<Values>) {
        let path = join(path, actions.word("Action", "NotAction"));
        if actions.named().is_empty() {
            let hint = "name one, or `*` for all";
            self.mistakes.push(Mistake::new(&path, "names no actions").hint(hint));
        }
        for action in actions.named() {
            let is_trust = self.grammar.usage == Some(DocumentUse::Trust);
            if !is_action(action) {
                let mistake = Mistake::new(&path, format!("`{action}` is not an action"));
                self.mistakes.push(mistake.hint(action_hint(action)).about(action));
            } else if is_trust && !action.to_lowercase().starts_with("sts:") {
                let message = format!("`{action}` cannot stand in a trust document");
                let hint = "a trust document is about `sts:AssumeRole` and its like";
                self.mistakes.push(Mistake::new(&path, message).hint(hint).about(action));
            } else {
                self.slip(&path, action, slips::service(action));
            }
        }
    }

    /// A slip at this value, where somebody can have made one.
    fn slip(&mut self, path: &str, value: &str, slip: Option<Slip>) {
        if let (true, Some((message, hint))) = (self.grammar.by_hand, slip) {
            self.mistakes.push(Mistake::new(path, message).hint(hint).about(value));
        }
    }

    pub(super) fn resources(&mut self, path: &str, resources: Option<&Choice<Values>>) {
        let Some(resources) = resources else {
            if self.grammar.usage == Some(DocumentUse::Permissions) {
                let mistake = Mistake::new(path, "has neither `Resource` nor `NotResource`");
                let hint = "write \"Resource\": \"*\" where none can be named";
                self.mistakes.push(mistake.hint(hint));
            }
            return;
        };
        let path = join(path, resources.word("Resource", "NotResource"));
        if self.grammar.usage == Some(DocumentUse::Trust) {
            let mistake = Mistake::new(path, "cannot stand in a trust document");
            self.mistakes.push(mistake.hint("the resource is the role itself"));
            return;
        }
        if resources.named().is_empty() {
            let hint = "name one, or `*` for all";
            self.mistakes.push(Mistake::new(&path, "names no resources").hint(hint));
        }
        for resource in resources.named() {
            if is_resource(resource) {
                let partition = || slips::partition(resource, self.grammar.partition);
                let slip = slips::variables(resource).or_else(partition);
                self.slip(&path, resource, slip);
            } else {
                let message = format!("`{resource}` is neither an ARN nor `*`");
                let mistake = Mistake::new(&path, message).hint(resource_hint(resource));
                self.mistakes.push(mistake.about(resource));
            }
        }
    }

    pub(super) fn principal(&mut self, path: &str, principal: Option<&Choice<Principal>>) {
        let Some(principal) = principal else {
            if self.grammar.usage == Some(DocumentUse::Trust) {
                let mistake = Mistake::new(path, "has no `Principal`");
                self.mistakes.push(mistake.hint("say who may assume the role"));
            }
            return;
        };
        let path = join(path, principal.word("Principal", "NotPrincipal"));
        let mistake = match (self.grammar.usage, principal) {
            (Some(DocumentUse::Permissions), _) => {
                Mistake::new(path, "cannot stand in a policy of a role")
                    .hint("the principal is the role itself")
            }
            (_, Choice::Only(principal) | Choice::AllBut(principal)) => match principal {
                Principal::Of(kinds) if kinds.values().all(Values::is_empty) => {
                    Mistake::new(path, "names nobody").hint("say who is meant")
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
                let message = format!("`{operator}` is not a condition operator");
                let mistake = Mistake::new(&path, message).hint(operator_hint(operator));
                self.mistakes.push(mistake.about(operator));
            }
            for (key, values) in keys {
                let path = join(&path, key);
                if !key.contains(':') {
                    let message = format!("`{key}` is not a condition key");
                    let hint = "write it as `service:key`, such as `aws:RequestTag/Name`";
                    self.mistakes.push(Mistake::new(&path, message).hint(hint).about(key));
                }
                self.slip(&path, key, slips::key(key));
                for value in values {
                    self.slip(&path, value, slips::variables(value));
                }
            }
        }
    }
}

fn action_hint(action: &str) -> String {
    let like = "write it as `service:Action`, such as `ec2:DescribeRegions`".to_owned();
    let trimmed = action.trim();
    let with_colon = trimmed.replacen(['.', '/'], ":", 1);
    if action.starts_with("arn:") {
        "that is a resource: put it into `Resource`".to_owned()
    } else if is_action(trimmed) {
        format!("write `{trimmed}`, without spaces around it")
    } else if trimmed.ends_with(':') && is_action(&format!("{trimmed}*")) {
        format!("write `{trimmed}*` for all of the service")
    } else if is_action(&with_colon) {
        format!("did you mean `{with_colon}`?")
    } else {
        like
    }
}

fn resource_hint(resource: &str) -> String {
    const PARTS: usize = 6;
    let trimmed = resource.trim();
    let lower = trimmed.get(..4).map(|start| start.to_lowercase() + &trimmed[4..]);
    if let Some(lower) = lower.filter(|lower| is_resource(lower)) {
        return format!("did you mean `{lower}`?");
    }
    if trimmed.to_lowercase().starts_with("arn:") && resource.matches(':').count() + 1 < PARTS {
        let parts = resource.matches(':').count() + 1;
        return format!("an ARN has {PARTS} parts, and this has {parts}: {LIKE}");
    }
    let error = resource.parse::<Arn>().err();
    let like = || format!("write it as {LIKE}, or `*` for all");
    error.and_then(|error| error.hint()).unwrap_or_else(like)
}

const LIKE: &str = "arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE";

/// The operator that was meant, together with what stands before and after it.
fn operator_hint(operator: &str) -> String {
    let (quantifier, rest) = match operator.split_once(':') {
        Some((quantifier, rest)) => (Some(quantifier), rest),
        None => (None, operator),
    };
    let bare = bare_operator(rest);
    let suffix = if bare.len() < rest.len() { "IfExists" } else { "" };
    if !suffix.is_empty() && bare.eq_ignore_ascii_case("Null") {
        return "write `Null`, which asks itself whether the key exists".to_owned();
    }
    let meant = nearest(bare, OPERATORS);
    let quantifier = quantifier.map(|written| nearest(written, QUANTIFIERS));
    match (quantifier, meant) {
        (None, Some(meant)) => format!("did you mean `{meant}{suffix}`?"),
        (Some(Some(quantifier)), Some(meant)) => {
            format!("did you mean `{quantifier}:{meant}{suffix}`?")
        }
        (Some(None), Some(_)) => {
            "before the colon stands `ForAllValues` or `ForAnyValue`".to_owned()
        }
        (_, None) => "such as `StringEquals`, `StringLike`, `ArnLike` or `Bool`".to_owned(),
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
    let mut parts = resource.splitn(COLONS + 1, ':');
    let is_spaced = |part: &str| part.contains(char::is_whitespace);
    !parts.by_ref().take(COLONS).any(is_spaced) && (parts.next().is_some() || rest.contains('*'))
}

/// An operator without what may stand before and after it.
fn bare_operator(operator: &str) -> &str {
    let operator = match operator.split_once(':') {
        Some((quantifier, rest))
            if QUANTIFIERS.iter().any(|known| known.eq_ignore_ascii_case(quantifier)) =>
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

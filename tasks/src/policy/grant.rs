//! Grants: what a document comes to, in parts that can be compared one by one.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Choice, Document, Effect, Principal, Statement};

/// One action on one resource under one condition, allowed or denied.
///
/// What a statement names by exclusion stays together: all actions but two are one grant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Grant {
    /// Allowed or denied.
    pub effect: Effect,
    /// To whom; nobody is named in what a role may do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<Names<String>>,
    /// Which action.
    pub action: Names<ActionName>,
    /// On what; nothing is named in who may assume a role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<Names<String>>,
    /// When: operator, then key, then values. Empty means always.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub condition: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
}

/// One name, or everything that several do not name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Names<T: Ord> {
    /// This, wildcards as written.
    Only(T),
    /// All but these.
    AllBut(BTreeSet<T>),
}

/// An action's name as it was written. The case of its letters means nothing to IAM.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct ActionName(pub String);

impl ActionName {
    fn folded(&self) -> impl Iterator<Item = u8> {
        self.0.bytes().map(|byte| byte.to_ascii_lowercase())
    }
}

impl PartialEq for ActionName {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for ActionName {}

impl PartialOrd for ActionName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ActionName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.folded().cmp(other.folded())
    }
}

impl fmt::Display for ActionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Document {
    /// What the document comes to, in the words of [version `2012-10-17`](Self::VERSION): where
    /// there are no variables in the document's own version, `${` stands for itself.
    pub fn grants(&self) -> BTreeSet<Grant> {
        let grants = self.statements.iter().flat_map(Statement::grants);
        if self.version.as_deref() == Some(Self::VERSION) {
            return grants.collect();
        }
        grants.map(Grant::without_variables).collect()
    }
}

impl Statement {
    /// What the statement comes to.
    pub fn grants(&self) -> BTreeSet<Grant> {
        let condition = self
            .condition
            .iter()
            .map(|(operator, keys)| {
                let keys = keys
                    .iter()
                    .map(|(key, values)| (key.clone(), values.iter().cloned().collect()))
                    .collect();
                (operator.clone(), keys)
            })
            .collect();
        let actions = names(&self.action, |values| {
            values.iter().cloned().map(ActionName).collect::<Vec<_>>()
        });
        let resources = optional(self.resource.as_ref(), |values| values.iter().cloned().collect());
        let principals = optional(self.principal.as_ref(), one_by_one);
        let mut grants = BTreeSet::new();
        for principal in &principals {
            for resource in &resources {
                for action in &actions {
                    grants.insert(Grant {
                        effect: self.effect,
                        principal: principal.clone(),
                        action: action.clone(),
                        resource: resource.clone(),
                        condition: BTreeMap::clone(&condition),
                    });
                }
            }
        }
        grants
    }
}

impl Grant {
    /// With each `${` written as what stands for itself.
    fn without_variables(self) -> Self {
        let escaped = |text: String| text.replace("${", "${$}{");
        let set = |texts: BTreeSet<String>| texts.into_iter().map(escaped).collect();
        let keys = |keys: BTreeMap<String, BTreeSet<String>>| {
            keys.into_iter().map(|(key, values)| (key, set(values))).collect()
        };
        Self {
            resource: self.resource.map(|resource| match resource {
                Names::Only(name) => Names::Only(escaped(name)),
                Names::AllBut(names) => Names::AllBut(set(names)),
            }),
            condition: self.condition.into_iter().map(|(name, of)| (name, keys(of))).collect(),
            ..self
        }
    }
}

fn names<V, T: Ord>(choice: &Choice<V>, list: impl FnOnce(&V) -> Vec<T>) -> Vec<Names<T>> {
    match choice {
        Choice::Only(values) => list(values).into_iter().map(Names::Only).collect(),
        Choice::AllBut(values) => vec![Names::AllBut(list(values).into_iter().collect())],
    }
}

fn optional<V, T: Ord>(
    choice: Option<&Choice<V>>,
    list: impl FnOnce(&V) -> Vec<T>,
) -> Vec<Option<Names<T>>> {
    match choice {
        Some(choice) => names(choice, list).into_iter().map(Some).collect(),
        None => vec![None],
    }
}

/// Each principal with its kind: `Service ec2.amazonaws.com`.
fn one_by_one(principal: &Principal) -> Vec<String> {
    match principal {
        Principal::Anyone => vec!["*".to_owned()],
        Principal::Of(kinds) => kinds
            .iter()
            .flat_map(|(kind, values)| values.iter().map(move |value| format!("{kind} {value}")))
            .collect(),
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        })
    }
}

impl<T: Ord + fmt::Display> fmt::Display for Names<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Only(name) => name.fmt(f),
            Self::AllBut(names) => {
                f.write_str("all but ")?;
                list(f, names)
            }
        }
    }
}

impl fmt::Display for Grant {
    /// `allow ec2:DescribeRegions on *`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { effect, principal, action, resource, condition } = self;
        write!(f, "{effect} {action}")?;
        if let Some(resource) = resource {
            write!(f, " on {resource}")?;
        }
        if let Some(principal) = principal {
            write!(f, " to {principal}")?;
        }
        let mut word = "when";
        for (operator, keys) in condition {
            for (key, values) in keys {
                write!(f, " {word} {key} {operator} ")?;
                list(f, values)?;
                word = "and";
            }
        }
        Ok(())
    }
}

fn list<T: fmt::Display>(f: &mut fmt::Formatter<'_>, items: &BTreeSet<T>) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        write!(f, "{separator}{item}")?;
    }
    Ok(())
}

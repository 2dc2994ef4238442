//! The access that roles gain and lose when their policies change: those inline, and the managed
//! ones that belong to the cluster.

use std::collections::{BTreeMap, BTreeSet};

use cloudup_engine::{Entry, FieldChange, Finding, Report};
use cloudup_tasks::{
    iam::{is_interim, kind},
    policy::{AccessDiff, Document, Grant},
};
use serde_json::Value;

use crate::{model::Blueprint, names, policy::Fitted};

/// What each role's policies came to, and will come to.
#[derive(Default)]
struct Access {
    from: BTreeSet<Grant>,
    to: BTreeSet<Grant>,
}

/// What changes for each role, by its name, over all its policies together: what moves from one to
/// another is no difference.
pub(crate) fn by_role(blueprint: &Blueprint, report: &Report) -> BTreeMap<String, AccessDiff> {
    let wanted = documents(blueprint);
    let cluster = blueprint.cluster().name();
    let accounts = blueprint.accounts().iter();
    let accounts: BTreeSet<_> = accounts.map(|role| role.account.role_name(cluster)).collect();
    let mut roles: BTreeMap<&str, Access> = BTreeMap::new();
    for entry in &report.entries {
        let policy = entry.task.name();
        let is_policy = [kind::ROLE_POLICY, kind::MANAGED_POLICY].contains(&entry.task.kind());
        // An interim document comes and goes within a run.
        if !is_policy || is_interim(policy) {
            continue;
        }
        let role = if accounts.contains(policy) { policy } else { role_of(policy) };
        let access = roles.entry(role).or_default();
        if entry.is_change() {
            for field in fields(entry) {
                access.from.extend(grants(field.from.as_ref()));
                access.to.extend(grants(field.to.as_ref()));
            }
        } else if entry.finding == Finding::Same
            && let Some(document) = wanted.get(entry.task.name())
        {
            access.from.extend(document.grants());
            access.to.extend(document.grants());
        }
    }
    roles
        .into_iter()
        .map(|(role, Access { from, to })| (role.to_owned(), AccessDiff::of(&from, &to)))
        .filter(|(_, diff)| !diff.is_empty())
        .collect()
}

/// The documents that roles are to have, by the policy's name.
fn documents(blueprint: &Blueprint) -> BTreeMap<String, &Document> {
    let mut documents = BTreeMap::new();
    for (name, Fitted { own, additional, managed, .. }) in blueprint.fitted() {
        documents
            .extend(additional.iter().map(|document| (names::additional_policy(name), document)));
        documents.extend(own.iter().map(|document| (name.clone(), document)));
        let managed = managed.iter().zip(1..);
        documents.extend(managed.map(|(document, n)| (names::overflow_policy(name, n), document)));
    }
    documents
}

/// The role that a policy of this name is for: ours have the role's name in theirs, and those of a
/// role that goes are listed as `ROLE/POLICY`.
fn role_of(policy: &str) -> &str {
    let role = policy.split_once('/').map_or(policy, |(role, _)| role);
    let overflow = names::role_of_overflow_policy(role);
    overflow.or_else(|| role.strip_prefix("additional.")).unwrap_or(role)
}

fn fields(entry: &Entry) -> &[FieldChange] {
    match &entry.finding {
        Finding::Missing { fields } | Finding::Stray { fields } => fields,
        Finding::Different { changes } => changes,
        Finding::NotLooked | Finding::Same | Finding::Unreadable { .. } => &[],
    }
}

fn grants(value: Option<&Value>) -> BTreeSet<Grant> {
    let document = value.and_then(|value| Document::from_value(value).ok());
    document.map(|document| document.grants()).unwrap_or_default()
}

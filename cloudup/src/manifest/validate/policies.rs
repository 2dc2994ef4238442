//! `spec.externalPolicies` and `spec.additionalPolicies`.

use std::collections::BTreeMap;

use cloudup_tasks::{
    arn::IamKind,
    policy::{DocumentError, DocumentUse, Statement},
};
use serde_json::Value;

use super::{Check, arns};
use crate::{
    environment,
    manifest::{
        Cluster, Mistake,
        spec::Role,
        suggest::{did_you_mean, one_of},
    },
    partition,
};

/// Roles that kOps knows and no instance group can have.
const WITHOUT_GROUPS: [&str; 3] = ["etcd", "scheduler", "kubecontrollermanager"];

/// The most managed policies that AWS lets anybody attach to a role; ten unless asked for more.
pub(super) const MOST_ATTACHMENTS: usize = 25;

pub(super) fn check(cluster: &Cluster, check: &mut Check<'_>) {
    keys("externalPolicies", cluster, check);
    keys("additionalPolicies", cluster, check);
    for (key, value) in given("externalPolicies", cluster) {
        let arns: Vec<&str> =
            value.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let path = format!("spec.externalPolicies[{key}]");
        let mut seen = BTreeMap::new();
        for (index, arn) in arns.iter().enumerate() {
            let here = format!("{path}[{index}]");
            arns::check(&here, arn, IamKind::Policy, check);
            if seen.insert(*arn, index).is_some() {
                check.wrong(&here, format!("{arn:?} is here twice"), "remove one");
            }
        }
        if arns.len() > MOST_ATTACHMENTS {
            let message = format!("{} policies are more than a role can have attached", arns.len());
            check.wrong(&path, message, format!("AWS allows {MOST_ATTACHMENTS} at most"));
        }
    }
    let partition = partition(cluster);
    for (key, value) in given("additionalPolicies", cluster) {
        if value.is_string() || value.is_null() {
            let text = value.as_str().unwrap_or_default();
            statements(&format!("spec.additionalPolicies[{key}]"), text, partition, check);
        }
    }
}

/// The entries as written.
fn given<'a>(field: &str, cluster: &'a Cluster) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let map = cluster.raw.get("spec").and_then(|spec| spec.get(field)).and_then(Value::as_object);
    map.into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}

/// Each key is a role, and no role has two.
fn keys(field: &str, cluster: &Cluster, check: &mut Check<'_>) {
    let mut seen: BTreeMap<Role, &str> = BTreeMap::new();
    for (key, _) in given(field, cluster) {
        let path = format!("spec.{field}[{key}]");
        if let Ok(role) = key.parse::<Role>() {
            if let Some(first) = seen.insert(role, key) {
                let message = format!("{key:?} and {first:?} are the same role");
                check.wrong(&path, message, format!("put both under {:?}", role.policy_key()));
            }
        } else if WITHOUT_GROUPS.contains(&key) {
            check.notice(&path, format!("{path} has no effect: no instance group has this role"));
        } else {
            let known = Role::ALL.map(Role::policy_key);
            // What people write for it: the role's own name, `nodes.demo.example.com`.
            let first = key.split(['.', '/']).next().unwrap_or(key);
            let hint = did_you_mean(first, known.into_iter().chain(["control-plane"]))
                .unwrap_or_else(|| format!("write {}", one_of(known)));
            check.wrong(&path, format!("{key:?} is not a role"), hint);
        }
    }
}

/// Checks the text of a JSON list of statements, for an account in `partition`, if that is known.
pub(super) fn statements(path: &str, text: &str, partition: Option<&str>, check: &mut Check<'_>) {
    if text.trim().is_empty() {
        check.wrong(
            path,
            "there is no policy",
            "write a JSON list of statements, [] for none, or remove it",
        );
        return;
    }
    if let Ok(Value::Object(object)) = serde_json::from_str::<Value>(text) {
        let (what, hint) = if object.keys().any(|key| key.eq_ignore_ascii_case("Statement")) {
            ("a whole policy", "give what is in Statement, in brackets: [ … ]")
        } else {
            ("one object", "put the statement in brackets: [ … ]")
        };
        check.wrong(path, format!("this is {what}, and has to be a list of statements"), hint);
        return;
    }
    if serde_json::from_str::<[(); 0]>(text).is_ok() {
        return; // No statements are no policy.
    }
    let read = match partition {
        Some(partition) => Statement::parse_list_in(text, DocumentUse::Permissions, partition),
        None => Statement::parse_list(text, DocumentUse::Permissions),
    };
    // How much a role has room for is known once its account is.
    if let Err(error) = read {
        mistakes(path, text, error, check);
    }
}

/// Tells the mistakes in a text at their places in the file. Where those cannot be told, the text's
/// place is given, and that in the text beside it.
fn mistakes(path: &str, text: &str, error: DocumentError, check: &mut Check<'_>) {
    let inside = check.source.inside(path, text);
    for mistake in error.mistakes {
        let at = mistake.position;
        let place = at.and_then(|at| inside.place(at.line, at.column));
        let mut message = match mistake.path.as_str() {
            "" => format!("the policy {}", mistake.message),
            here => format!("{here}: {}", mistake.message),
        };
        if let (None, Some(at)) = (&place, at) {
            message = format!("{message}, at {at} of the text");
        }
        let place = place.unwrap_or_else(|| check.source.place(path));
        check.mistakes.push(Mistake { place, message, hint: mistake.hint });
    }
}

/// The partition that the cluster's account is in, as far as its subnets say.
pub(super) fn partition(cluster: &Cluster) -> Option<&'static str> {
    partition::partition(&environment::region(&cluster.spec.subnets).ok()?)
}

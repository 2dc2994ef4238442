//! `spec.externalPolicies` and `spec.additionalPolicies`.

use std::collections::BTreeMap;

use cloudup_tasks::{
    arn::IamKind,
    policy::{DocumentUse, Statement},
};
use serde_json::Value;

use super::{Check, arns};
use crate::manifest::{
    Cluster, Mistake,
    spec::Role,
    suggest::{did_you_mean, one_of},
};

/// Roles that kOps knows and no instance group can have.
const WITHOUT_GROUPS: [&str; 3] = ["etcd", "scheduler", "kubecontrollermanager"];

/// The most managed policies that AWS lets anybody attach to a role; ten unless asked for more.
const MOST_ATTACHMENTS: usize = 25;

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
    for (key, value) in given("additionalPolicies", cluster) {
        if value.is_string() || value.is_null() {
            let text = value.as_str().unwrap_or_default();
            statements(&format!("spec.additionalPolicies[{key}]"), text, check);
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

/// Checks the text of a JSON list of statements.
pub(super) fn statements(path: &str, text: &str, check: &mut Check<'_>) {
    if text.trim().is_empty() {
        check.wrong(
            path,
            "there is no policy",
            "write a JSON list of statements, [] for none, or remove it",
        );
        return;
    }
    if let Ok(Value::Object(object)) = serde_json::from_str::<Value>(text)
        && object.contains_key("Statement")
    {
        let message = "this is a whole policy, and has to be a list of statements";
        check.wrong(path, message, "give what is in Statement, in brackets: [ … ]");
        return;
    }
    if serde_json::from_str::<[(); 0]>(text).is_ok() {
        return; // No statements are no policy.
    }
    let Err(error) = Statement::parse_list(text, DocumentUse::Permissions) else { return };
    for mistake in error.mistakes {
        let at = mistake.position;
        let place = at.and_then(|at| check.source.place_inside(path, at.line, at.column));
        let here = if mistake.path.is_empty() { "the policy" } else { &mistake.path };
        let mut message = format!("{here}: {}", mistake.message);
        if let (None, Some(at)) = (&place, at) {
            message = format!("{message}, at {at} of the text");
        }
        let place = place.unwrap_or_else(|| check.source.place(path));
        check.mistakes.push(Mistake { place, message, hint: mistake.hint });
    }
}

//! `spec.iam`.

use std::collections::BTreeMap;

use cloudup_tasks::arn::IamKind;

use super::{Check, arns, policies};
use crate::manifest::spec::{AwsPermission, Iam, ServiceAccountPermission};

pub(super) fn check(iam: &Iam, check: &mut Check<'_>) {
    if iam.legacy {
        check.wrong(
            "spec.iam.legacy",
            "the wide permissions of old no longer exist",
            "write legacy: false, or remove it",
        );
    }
    if let Some(boundary) = &iam.permissions_boundary {
        arns::check("spec.iam.permissionsBoundary", boundary, IamKind::Policy, check);
    }
    let mut seen = BTreeMap::new();
    for (index, entry) in iam.service_account_external_permissions.iter().enumerate() {
        let path = format!("spec.iam.serviceAccountExternalPermissions[{index}]");
        account(&path, entry, check);
        let key = (entry.namespace.as_str(), entry.name.as_str());
        if let Some(first) = seen.insert(key, index).filter(|_| !entry.name.is_empty()) {
            let message = format!("service account {}/{} is here twice", key.0, key.1);
            check.wrong(&path, message, format!("it is entry {first} already: put both together"));
        }
    }
}

fn account(path: &str, entry: &ServiceAccountPermission, check: &mut Check<'_>) {
    for (field, value, example) in [
        ("name", &entry.name, "the service account's"),
        ("namespace", &entry.namespace, "default, or * for any"),
    ] {
        // What is given in a wrong form is a mistake already.
        let place = format!("{path}.{field}");
        if value.is_empty() && !check.is_wrong(&place) {
            check.wrong(
                &place,
                format!("the entry has no {field}"),
                format!("give it one: {example}"),
            );
        }
    }
    if entry.name.contains('*') {
        let message = format!("{:?} names no service account", entry.name);
        check.wrong(
            &format!("{path}.name"),
            message,
            "a wildcard can stand in the namespace alone",
        );
    }
    let place = format!("{path}.aws");
    match &entry.aws {
        None if check.is_wrong(&place) => {}
        None => check.wrong(
            &place,
            "the entry gives no permissions",
            "give aws.policyARNs or aws.inlinePolicy",
        ),
        Some(aws) => permission(&place, aws, check),
    }
}

fn permission(path: &str, aws: &AwsPermission, check: &mut Check<'_>) {
    match (aws.policy_arns.is_empty(), &aws.inline_policy) {
        (true, None) => {
            let given = ["policyARNs", "inlinePolicy"].map(|name| format!("{path}.{name}"));
            if !given.iter().any(|path| check.is_wrong(path)) {
                check.wrong(
                    path,
                    "the entry gives no permissions",
                    "give policyARNs or inlinePolicy",
                );
            }
        }
        (false, Some(_)) => {
            check.wrong(path, "there are both policyARNs and inlinePolicy", "keep one of them");
        }
        _ => {}
    }
    for (index, arn) in aws.policy_arns.iter().enumerate() {
        arns::check(&format!("{path}.policyARNs[{index}]"), arn, IamKind::Policy, check);
    }
    if let Some(text) = &aws.inline_policy {
        policies::statements(&format!("{path}.inlinePolicy"), text, check);
    }
}

//! `spec.iam`.

use std::collections::{BTreeMap, BTreeSet};

use cloudup_tasks::arn::{Arn, IamKind};

use super::{Check, arns, policies};
use crate::{
    manifest::{
        Cluster,
        spec::{AwsPermission, ServiceAccountPermission},
    },
    service_accounts::{AddOn, ServiceAccount, entry_path},
};

pub(super) fn check(cluster: &Cluster, check: &mut Check<'_>) {
    let iam = &cluster.spec.iam;
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
    for (index, entry) in iam.service_account_external_permissions.iter().enumerate() {
        account(&entry_path(index), entry, policies::partition(cluster), check);
    }
    roles(cluster, check);
    identities(cluster, check);
}

/// The API server takes users and roles of IAM for users of the cluster, and nobody else.
fn identities(cluster: &Cluster, check: &mut Check<'_>) {
    let path = "/spec/authentication/aws/identityMappings";
    let mappings = cluster.raw.pointer(path).and_then(|value| value.as_array());
    for (index, mapping) in mappings.into_iter().flatten().enumerate() {
        let arn = mapping["arn"].as_str().unwrap_or_default();
        let is_identity = arn
            .parse::<Arn>()
            .is_ok_and(|arn| ["role/", "user/"].iter().any(|kind| arn.resource.starts_with(kind)));
        if !is_identity {
            check.wrong(
                &format!("spec.authentication.aws.identityMappings[{index}].arn"),
                format!("{arn:?} is not the ARN of a role or a user"),
                "write it like arn:aws:iam::123456789012:role/NAME",
            );
        }
    }
}

/// Each account has a role of its own, and so have add-ons.
fn roles(cluster: &Cluster, check: &mut Check<'_>) {
    let add_ons = AddOn::ALL.into_iter().filter(|add_on| add_on.has_role(&cluster.spec));
    let add_ons: BTreeSet<_> =
        add_ons.map(|add_on| add_on.account().role_name(cluster.name())).collect();
    let mut seen = BTreeMap::new();
    for (index, entry) in cluster.spec.iam.service_account_external_permissions.iter().enumerate() {
        let path = entry_path(index);
        let account = ServiceAccount::from(entry);
        if account.name.is_empty() {
            continue;
        }
        let role = account.role_name(cluster.name());
        if add_ons.contains(&role) {
            let message =
                format!("service account {account} is an add-on's, and has a role of its own");
            let hint = "remove the entry, or give another account the permissions";
            check.wrong(&path, message, hint);
        }
        match seen.get(&role) {
            None => {
                seen.insert(role, (index, account));
            }
            Some((first, same)) if *same == account => {
                let message = format!("service account {account} is here twice");
                let hint = format!("it is entry {first} already: put both together");
                check.wrong(&path, message, hint);
            }
            Some((first, other)) => {
                let message =
                    format!("service accounts {other} and {account} would have one role, {role}");
                let hint = format!("give entry {first} or this one another namespace");
                check.wrong(&path, message, hint);
            }
        }
    }
}

fn account(
    path: &str,
    entry: &ServiceAccountPermission,
    partition: Option<&str>,
    check: &mut Check<'_>,
) {
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
        Some(aws) => permission(&place, aws, partition, check),
    }
}

fn permission(path: &str, aws: &AwsPermission, partition: Option<&str>, check: &mut Check<'_>) {
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
        policies::statements(&format!("{path}.inlinePolicy"), text, partition, check);
    }
}

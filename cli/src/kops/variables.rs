//! kOps' variables.

use std::{collections::BTreeMap, path::PathBuf};

use crate::{
    config::{Given, SETTINGS, STATE},
    environment::Environment,
    exit::Failure,
};

/// The variables that choose whose credentials are used. What is done with others' is not what was
/// asked for.
const ROLE: &str = "KOPS_AWS_ROLE_ARN";

/// What variables of kOps' mean here that are not settings, and do not begin with `KOPS_`.
const OTHERS: [(&str, &str); 6] = [
    ("S3_ENDPOINT", "set AWS_ENDPOINT_URL_S3"),
    ("S3_REGION", "set AWS_REGION"),
    ("S3_ACCESS_KEY_ID", "set AWS_ACCESS_KEY_ID, or AWS_PROFILE"),
    ("S3_SECRET_ACCESS_KEY", "set AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"),
    ("SKIP_REGION_CHECK", "regions are not checked against a list"),
    ("DNS_IGNORE_NS_CHECK", "name servers are not asked"),
];

/// What to do instead of those that begin with `KOPS_`.
const INSTEAD: [(&str, &str); 4] = [
    (ROLE, "name a profile with that role_arn in AWS_PROFILE"),
    ("KOPS_STATE_S3_ACL", "the bucket's own settings say who may read"),
    ("KOPS_RUN_OBSOLETE_VERSION", "no version is compared"),
    ("KOPS_RUN_TOO_NEW_VERSION", "no version is compared"),
];

/// Whether a variable is one that kOps knows.
pub(crate) fn is_variable(name: &str) -> bool {
    name.starts_with("KOPS_") || OTHERS.iter().any(|(other, _)| *other == name)
}

fn is_setting(name: &str) -> bool {
    SETTINGS.iter().any(|setting| setting.kops == Some(name))
}

/// Whether it is kOps' own tests that mean it, or S3 that is not asked.
fn matters(name: &str, environment: &Environment) -> bool {
    let store = environment.configuration.winner(STATE).map(Given::text);
    !name.starts_with("S3_") || store.is_some_and(|store| store.starts_with("s3://"))
}

/// What is set for kOps and counts for nothing here.
pub(crate) fn notes(environment: &Environment) -> Vec<String> {
    let hints: BTreeMap<_, _> = OTHERS.into_iter().chain(INSTEAD).collect();
    let names = environment.variables.keys().map(String::as_str);
    let names =
        names.filter(|name| is_variable(name) && !is_setting(name) && matters(name, environment));
    names
        .map(|name| match hints.get(name) {
            Some(hint) => format!("{name} is kOps', and counts for nothing here: {hint}"),
            None => format!("{name} is kOps', and counts for nothing here"),
        })
        .collect()
}

/// kOps' own file of settings, if there is one.
pub(crate) fn own_file(environment: &Environment) -> Option<PathBuf> {
    let home = environment.home.as_ref()?;
    [".kops.yaml", ".kops/config"].map(|file| home.join(file)).into_iter().find(|it| it.is_file())
}

/// Why AWS is not asked at all: kOps would ask as somebody else.
pub(crate) fn refusal(environment: &Environment) -> Option<Failure> {
    environment.variables.get(ROLE).map(|role| {
        Failure::invalid(format!("{ROLE} asks for the role {role}, which cloudup does not take on"))
            .hint("name a profile with that role_arn in AWS_PROFILE, and unset it")
    })
}

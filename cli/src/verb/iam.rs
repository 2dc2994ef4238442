//! `cloudup iam`: documents as the manifests ask for them, and why.

use std::io::Write as _;

use cloudup::{
    explain::{ExplainedRole, Explanation, Subject, UnknownSubject},
    manifest::{Cluster, Notice},
    update::{Update, UpdateOptions},
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{cloud_name, input, print, update};
use crate::{
    args::{ExplainArgs, Global, NamedSourceArgs, OutputArg, PolicyArgs},
    environment::Environment,
    exit::{Exit, Failure},
    tell,
};

/// What `iam explain -o json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Shown {
    /// What account was asked: AWS, or the embedded account of which file.
    cloud: String,
    /// What is worth knowing and is about no role.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notices: Vec<Notice>,
    #[serde(flatten)]
    explanation: Explanation,
}

/// Runs `iam explain`.
pub(super) async fn explain(
    global: &Global,
    args: &ExplainArgs,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let naming = "cloudup iam explain [ROLE] --name NAME -f FILE";
    let given = (args.role.as_deref(), naming);
    let (update, subject) = prepare(global, environment, &args.source, given).await?;
    let mut explanation = Explanation::of(update.blueprint());
    let is_meant = |role: &ExplainedRole| subject.as_ref().is_none_or(|it| role.subject == *it);
    explanation.roles.retain(is_meant);
    let notices = if subject.is_none() { update.notices().to_vec() } else { Vec::new() };
    let shown = Shown { cloud: cloud_name(&global.cloud), notices, explanation };
    if global.output == OutputArg::Json {
        let text = serde_json::to_string_pretty(&shown)
            .map_err(|error| Failure::because(Exit::Failed, "write the result", &error))?;
        return print(|out| writeln!(out, "{text}"));
    }
    let Shown { cloud, notices, explanation } = &shown;
    print(|out| tell::explain::write(out, cloud, explanation, notices))
}

/// Runs `iam policy`. The document is JSON, whatever `-o` says: there is no other form of it.
pub(super) async fn policy(
    global: &Global,
    args: &PolicyArgs,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let naming = "cloudup iam policy ROLE --name NAME -f FILE";
    let given = (Some(args.role.as_str()), naming);
    let (update, subject) = prepare(global, environment, &args.source, given).await?;
    let subject = subject.expect("a role is given");
    let blueprint = update.blueprint();
    let document = if args.trust {
        Some(subject.trust(blueprint))
    } else {
        let policies = subject.policies(blueprint).cloned().unwrap_or_default();
        if args.additional { policies.additional } else { policies.own }
    };
    if let Some(document) = document {
        return print(|out| writeln!(out, "{}", document.pretty()));
    }
    let role = subject.role_name(blueprint.cluster().name());
    let word = if args.additional {
        "is given no additional permissions: it has no such policy"
    } else {
        "needs no permissions: it has no policy of its own"
    };
    // Where standard error is gone, nobody is left to be told.
    let _ = writeln!(anstream::stderr(), "role {role} {word}");
    Ok(Exit::Done)
}

/// The update whose documents are meant, and the role; or all that is wrong with what was given.
async fn prepare(
    global: &Global,
    environment: &Environment,
    source: &NamedSourceArgs,
    (role, naming): (Option<&str>, &str),
) -> Result<(Update, Option<Subject>), Failure> {
    let name = source.name.as_deref();
    let cluster = input::cluster(global, environment, &source.filename, name, naming).await;
    let (cluster, notices) = match (cluster, role.map(Subject::check)) {
        (Ok(cluster), _) => cluster,
        (Err(failure), Some(Err(unknown))) => return Err(failure.and(self::unknown(&unknown))),
        (Err(failure), _) => return Err(failure),
    };
    let subject = role.map(|role| named(&cluster, role)).transpose()?;
    let cloud = update::cloud(&global.cloud, Some(&cluster)).await?;
    let options = UpdateOptions::default();
    Ok((update::prepare(cluster, options, notices, &cloud).await?, subject))
}

fn named(cluster: &Cluster, role: &str) -> Result<Subject, Failure> {
    Subject::named(cluster, role).map_err(|error| {
        let failure = unknown(&error);
        if role == cluster.name() {
            // Other verbs take it here.
            return Failure { hints: Vec::new(), ..failure }
                .hint(format!("that is the cluster: leave it out, or name it with --name {role}"));
        }
        failure
    })
}

fn unknown(error: &UnknownSubject) -> Failure {
    Failure::invalid(error.to_string()).hint(error.hint.clone())
}

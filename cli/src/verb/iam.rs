//! `cloudup iam`: documents as the manifests ask for them, and why.

use std::{collections::BTreeMap, io::Write as _};

use cloudup::{
    explain::{Explanation, Subject, UnknownSubject},
    manifest::{Cluster, Notice},
    model::Blueprint,
    names,
    policy::Fitted,
    update::Update,
};
use cloudup_tasks::cloud::CloudWriter as _;
use schemars::JsonSchema;
use serde::Serialize;

use super::{cloud_name, input, print, update};
use crate::{
    args::{ChoiceArgs, ExplainArgs, Global, NamedSourceArgs, OutputArg, PolicyArgs},
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
    let Asked { blueprint, mut notices, subject } =
        asked(global, environment, &args.source, (args.role.as_deref(), naming)).await?;
    let mut explanation = Explanation::of(&blueprint);
    match &subject {
        None => notices.extend(blueprint.notices()),
        Some(subject) => {
            explanation.roles.retain(|role| role.subject == *subject);
            notices.clear();
        }
    }
    let shown = Shown { cloud: cloud_name(&global.cloud), notices, explanation };
    if args.format.output == OutputArg::Json {
        return print_json(&shown);
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
    let Asked { blueprint, subject, .. } =
        asked(global, environment, &args.source, (Some(&args.role), naming)).await?;
    let subject = subject.expect("a role is given");
    let role = subject.role_name(blueprint.cluster().name());
    if args.trust {
        return print(|out| writeln!(out, "{}", subject.trust(&blueprint).pretty()));
    }
    if blueprint.over_budget().contains_key(&role) {
        let cannot = "has no room for its policies, so an update refuses to write them";
        say(&format!("note: role {role} {cannot}; see cloudup iam explain {role}"));
    }
    let Fitted { own, additional, managed, .. } = subject.documents(&blueprint).unwrap_or_default();
    if args.managed {
        if managed.is_empty() {
            say(&format!("role {role} has no managed policies of the cluster's own"));
            return Ok(Exit::Done);
        }
        let named = |(number, document)| (names::overflow_policy(&role, number), document);
        return print_json(&(1..).zip(&managed).map(named).collect::<BTreeMap<_, _>>());
    }
    let document = if args.additional { additional } else { own };
    if let Some(document) = document {
        return print(|out| writeln!(out, "{}", document.pretty()));
    }
    let word = match (args.additional, managed.is_empty()) {
        (true, true) => "is given no additional permissions: it has no such policy",
        (true, false) => "has no inline policy of additional permissions: see --managed",
        (false, true) => "needs no permissions: it has no policy of its own",
        (false, false) => "has no inline policy of its own: see --managed",
    };
    say(&format!("role {role} {word}"));
    Ok(Exit::Done)
}

/// A sentence beside the result. Where standard error is gone, nobody is left to be told.
fn say(sentence: &str) {
    let _ = writeln!(anstream::stderr(), "{sentence}");
}

fn print_json(shown: &impl Serialize) -> Result<Exit, Failure> {
    let text = serde_json::to_string_pretty(shown)
        .map_err(|error| Failure::because(Exit::Failed, "write the result", &error))?;
    print(|out| writeln!(out, "{text}"))
}

/// What documents are asked for.
struct Asked {
    blueprint: Blueprint,
    /// What is worth knowing about the manifests.
    notices: Vec<Notice>,
    /// Whose they are; everybody's where none is named.
    subject: Option<Subject>,
}

/// The documents that are meant, or all that is wrong with what was given. That a role has no room
/// for them is not: then the more there is to explain.
async fn asked(
    global: &Global,
    environment: &Environment,
    source: &NamedSourceArgs,
    (role, naming): (Option<&str>, &str),
) -> Result<Asked, Failure> {
    let name = source.name.as_deref();
    let cluster = input::cluster(global, environment, &source.filename, name, naming).await;
    let (cluster, notices) = match (cluster, role.map(Subject::check)) {
        (Ok(cluster), _) => cluster,
        (Err(failure), Some(Err(unknown))) => return Err(failure.and(self::unknown(&unknown))),
        (Err(failure), _) => return Err(failure),
    };
    let subject = role.map(|role| named(&cluster, role)).transpose()?;
    let cloud = update::cloud(&global.cloud, Some(&cluster)).await?;
    let options = update::update_options(&ChoiceArgs::default(), false, environment)?;
    let blueprint = Update::blueprint_of(cluster, options, cloud.reader()).await;
    let blueprint = blueprint.map_err(|error| update::failure(&error))?;
    Ok(Asked { blueprint, notices, subject })
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

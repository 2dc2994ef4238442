//! `cloudup get tasks`: which lifecycle each task has, and why.

use std::path::PathBuf;

use cloudup::{
    kinds::{self, KINDS},
    phase,
};
use cloudup_engine::{Mode, Ruling};
use cloudup_tasks::cloud::CloudWriter as _;
use schemars::JsonSchema;
use serde::Serialize;

use super::{input, print, update};
use crate::{
    args::{ChoiceArgs, Global, OutputArg},
    config::CLUSTER,
    environment::Environment,
    exit::{Exit, Failure},
    tell::table,
};

/// A row.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Row {
    /// The kind, or the task.
    task: String,
    /// The phase that it belongs to.
    phase: String,
    /// The lifecycle that it has.
    lifecycle: String,
    /// The rule that set the lifecycle.
    rule: String,
}

/// Whose tasks are asked for, and what decides about their lifecycles.
pub(super) struct Asked<'a> {
    pub(super) name: Option<&'a str>,
    pub(super) filename: &'a [PathBuf],
    pub(super) choice: &'a ChoiceArgs,
}

/// Runs `get tasks`.
pub(super) async fn tasks(
    global: &Global,
    &Asked { name, filename, choice }: &Asked<'_>,
    output: OutputArg,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let options = update::update_options(choice, false, environment)?;
    let is_set = environment.configuration.winner(CLUSTER).is_some();
    let rows = if filename.is_empty() && name.is_none() && !is_set {
        let overrides = options.read_overrides().map_err(|error| update::failure(&error))?;
        KINDS
            .iter()
            .map(|&(kind, of)| {
                let (base, source) = phase::lifecycle(options.phase, of, Mode::Plan);
                let winner = overrides.winner(kind, kinds::follows(kind), "");
                let (lifecycle, rule) = match winner {
                    Some(rule) => (
                        rule.lifecycle.name().to_owned(),
                        format!("{} in {}", rule.selector, rule.source),
                    ),
                    None => (base.name().to_owned(), Ruling { selector: None, source }.to_string()),
                };
                Row { task: kind.to_owned(), phase: of.to_string(), lifecycle, rule }
            })
            .collect()
    } else {
        let naming = "cloudup get tasks NAME -f FILE";
        let (cluster, notices) =
            input::cluster(global, environment, filename, name, naming).await?;
        let cloud = update::cloud(&global.cloud, Some(&cluster)).await?;
        let update = update::prepare(cluster, options, notices, cloud.reader()).await?;
        let governed = update.governed(Mode::Plan).into_iter();
        governed
            .map(|governed| Row {
                phase: kinds::phase(governed.task.kind())
                    .map(|phase| phase.to_string())
                    .unwrap_or_default(),
                task: governed.task.to_string(),
                lifecycle: governed.lifecycle.to_string(),
                rule: governed.rule.to_string(),
            })
            .collect::<Vec<_>>()
    };
    show(output, &rows)
}

fn show(output: OutputArg, rows: &[Row]) -> Result<Exit, Failure> {
    if output == OutputArg::Json {
        let text = serde_json::to_string_pretty(rows)
            .map_err(|error| Failure::because(Exit::Failed, "write the result", &error))?;
        return print(|out| writeln!(out, "{text}"));
    }
    let cells = rows.iter().map(|row| {
        let Row { task, phase, lifecycle, rule } = row;
        [task, phase, lifecycle, rule].map(Clone::clone).to_vec()
    });
    print(|out| table(out, &["TASK", "PHASE", "LIFECYCLE", "RULE"], &cells.collect::<Vec<_>>()))
}

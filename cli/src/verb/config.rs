//! `cloudup config`: what is set, and by whom.

use std::{
    fs::OpenOptions,
    io::{ErrorKind, Write as _},
};

use clap::{Command, CommandFactory as _};
use schemars::JsonSchema;
use serde::Serialize;

use super::print;
use crate::{
    args::{Cli, ConfigCommand, ConfigShowArgs, OutputArg},
    config::{Configuration, Given, PROJECT, SETTINGS, Setting, default, template::template},
    environment::Environment,
    exit::{Exit, Failure},
    tell::table,
};

/// What `config show -o json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Shown {
    /// The files that were read, strongest first.
    files: Vec<String>,
    settings: Vec<Row>,
}

/// A setting.
#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    setting: &'static str,
    #[serde(flatten)]
    said: Said,
    /// Its variable.
    variable: String,
    /// What it beats, or is added to, strongest first; the default, which everything beats, left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    beats: Vec<Said>,
}

/// What somebody says.
#[derive(Debug, Serialize, JsonSchema)]
struct Said {
    /// As the flag takes it; nothing, where nothing is set and there is no default.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    /// Who says so: `flag`, `variable`, `file` (of `--config`), `project`, `user`, `default`.
    by: &'static str,
    /// Where: `--cloud`, `CLOUDUP_CLOUD`, `cloudup.toml:3`.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
}

impl From<&Given> for Said {
    fn from(given: &Given) -> Self {
        Self { value: Some(given.text()), by: given.layer.name(), place: Some(given.place.clone()) }
    }
}

/// Runs `config`.
pub(super) fn run(command: &ConfigCommand, environment: &Environment) -> Result<Exit, Failure> {
    match command {
        ConfigCommand::Show(args) => show(args, &environment.configuration),
        ConfigCommand::Init => init(),
    }
}

fn show(args: &ConfigShowArgs, configuration: &Configuration) -> Result<Exit, Failure> {
    let command = Cli::command();
    let rows = SETTINGS.iter().map(|setting| row(&command, setting, configuration));
    let files = configuration.files.clone();
    let shown = Shown { files, settings: rows.collect() };
    if args.format.output == OutputArg::Json {
        let text = serde_json::to_string_pretty(&shown)
            .map_err(|error| Failure::because(Exit::Failed, "write the result", &error))?;
        return print(|out| writeln!(out, "{text}"));
    }
    let line = |first: String, said: &Said| {
        let place = said.place.as_deref().unwrap_or(said.by);
        vec![first, said.value.clone().unwrap_or_else(|| "-".to_owned()), place.to_owned()]
    };
    let (mut lines, mut last) = (Vec::new(), None);
    for Row { setting, said, beats, .. } in &shown.settings {
        let (section, name) = match setting.split_once('.') {
            Some((section, name)) => (Some(section), format!("  {name}")),
            None => (None, (*setting).to_owned()),
        };
        if section != last {
            lines.extend(section.map(|section| vec![section.to_owned()]));
            last = section;
        }
        lines.push(line(name, said));
        lines.extend(beats.iter().map(|beaten| line(String::new(), beaten)));
    }
    print(|out| {
        table(out, &["SETTING", "VALUE", "FROM"], &lines)?;
        if shown.files.is_empty() {
            return writeln!(out, "\nNo file of settings was read.");
        }
        writeln!(out, "\nFiles, the strongest first:")?;
        shown.files.iter().try_for_each(|file| writeln!(out, "  {file}"))
    })
}

fn init() -> Result<Exit, Failure> {
    let doing = format!("write {PROJECT}");
    match OpenOptions::new().write(true).create_new(true).open(PROJECT) {
        Ok(mut file) => file
            .write_all(template(&Cli::command()).as_bytes())
            .map_err(|error| Failure::because(Exit::Failed, &doing, &error))?,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            return Err(Failure::invalid(format!("there is a {PROJECT} already")));
        }
        Err(error) => return Err(Failure::because(Exit::Failed, &doing, &error)),
    }
    print(|out| writeln!(out, "Written: {PROJECT}. What is set: cloudup config show"))
}

fn row(command: &Command, setting: &'static Setting, configuration: &Configuration) -> Row {
    let given = configuration.given(setting.key);
    let said = given.first().map_or_else(
        || Said { value: default(command, setting), by: "default", place: None },
        Said::from,
    );
    let beats = given.iter().skip(1).map(Said::from).collect();
    Row { setting: setting.key, said, variable: setting.variable(), beats }
}

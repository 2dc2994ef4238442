//! Settings: flags that were decided on once, in `cloudup.toml`, in the user's own file, or in the
//! environment.

mod files;
mod line;
mod read;
pub(crate) mod schema;
mod settings;
pub(crate) mod template;

use std::{collections::BTreeMap, fmt, path::Path};

use clap::{ArgMatches, Command};
use cloudup_engine::Source;

pub(crate) use self::files::PROJECT;
use self::settings::LIFECYCLES;
pub(crate) use self::settings::{CLUSTER, SETTINGS, STATE, Setting};
use crate::{environment::Environment, exit::Failure};

/// Who sets something, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Layer {
    /// The user's own file.
    User,
    /// The project's `cloudup.toml`.
    Project,
    /// The file that `--config` or `CLOUDUP_CONFIG` names, in place of both.
    Named,
    /// The environment.
    Variable,
    /// The command line.
    Flag,
}

impl Layer {
    /// What programs call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Project => "project",
            Self::Named => "file",
            Self::Variable => "variable",
            Self::Flag => "flag",
        }
    }
}

/// A value that somebody gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    /// The value as the flag takes it; a list's, one by one.
    pub(crate) values: Vec<String>,
    /// Who gave it.
    pub(crate) layer: Layer,
    /// Where: `cloudup.toml:3:1`, a variable's name, `--cloud`.
    pub(crate) place: String,
}

impl Given {
    /// The value in one text.
    pub(crate) fn text(&self) -> String {
        self.values.join(",")
    }
}

/// What is set, and where.
#[derive(Clone, Debug, Default)]
pub(crate) struct Configuration {
    /// By key, strongest first.
    given: BTreeMap<&'static str, Vec<Given>>,
    /// What the files are called that were read, strongest first.
    pub(crate) files: Vec<String>,
}

/// Something that is wrong with a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mistake {
    message: String,
    place: String,
    hint: Option<String>,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}\n  --> {}", self.message, self.place)?;
        self.hint.iter().try_for_each(|hint| write!(f, "\n  hint: {hint}"))
    }
}

impl Configuration {
    /// Reads what is set for this command line: in files, unless `named` says which, and in the
    /// environment.
    ///
    /// # Errors
    ///
    /// All that is wrong with it.
    pub(crate) fn read(
        environment: &Environment,
        named: Option<&Path>,
        command: &Command,
    ) -> Result<Self, Failure> {
        let files = files::find(environment, named)?;
        let mut configuration = Self::default();
        let mut mistakes = Vec::new();
        for setting in &SETTINGS {
            let given = variable(setting, environment);
            // Overrides in the environment are looked at with those of flags.
            let checked = given.iter().filter(|_| setting.key != LIFECYCLES);
            mistakes.extend(checked.filter_map(|given| line::check(command, setting, given)));
            configuration.add(setting, given);
        }
        for file in &files {
            let (given, wrong) = read::settings(file, command);
            mistakes.extend(wrong);
            for (setting, given) in given {
                configuration.add(setting, [given]);
            }
        }
        configuration.files = files.into_iter().map(|file| file.called).collect();
        if mistakes.is_empty() { Ok(configuration) } else { Err(failure(&mistakes)) }
    }

    fn add(&mut self, setting: &'static Setting, given: impl IntoIterator<Item = Given>) {
        let all = self.given.entry(setting.key).or_default();
        all.extend(given);
        // The order within a layer is the order in which it is written.
        all.sort_by_key(|given| std::cmp::Reverse(given.layer));
    }

    /// The command with what is set in the place of its defaults, and with the variables in its help.
    pub(crate) fn command(&self, command: Command) -> Command {
        line::with_defaults(line::with_all_flags(command), self)
    }

    /// Adds what the command line says.
    pub(crate) fn heed(&mut self, matches: &ArgMatches) {
        for (setting, given) in line::flags(matches) {
            self.add(setting, [given]);
        }
    }

    /// What is given of a setting, strongest first.
    pub(crate) fn given(&self, key: &str) -> &[Given] {
        self.given.get(key).map_or(&[], Vec::as_slice)
    }

    /// What counts of a setting that somebody gave.
    pub(crate) fn winner(&self, key: &str) -> Option<&Given> {
        self.given(key).first()
    }

    /// The overrides of lifecycles that flags are added to, weakest first.
    pub(crate) fn lifecycle_overrides(&self) -> Vec<(Source, String)> {
        let below_flags = self.given(LIFECYCLES).iter().filter(|it| it.layer != Layer::Flag);
        let mut overrides: Vec<_> =
            below_flags.map(|given| (source(given), given.text())).collect();
        overrides.reverse();
        overrides
    }
}

/// What a setting is where nobody says anything.
pub(crate) fn default(command: &Command, setting: &Setting) -> Option<String> {
    let flags = line::flags_of(command, setting);
    let values = flags.first()?.get_default_values();
    let values: Vec<_> = values.iter().map(|value| value.to_string_lossy()).collect();
    (!values.is_empty()).then(|| values.join(","))
}

/// Who says so, to the engine.
fn source(given: &Given) -> Source {
    let place = given.place.as_str().into();
    match given.layer {
        Layer::User | Layer::Project | Layer::Named => Source::File(place),
        Layer::Variable => Source::Environment(place),
        Layer::Flag => Source::Flag(place),
    }
}

/// What the environment says: our own variable, or else kOps'.
fn variable(setting: &Setting, environment: &Environment) -> Option<Given> {
    let names = [Some(setting.variable()), setting.kops.map(str::to_owned)];
    names.into_iter().flatten().find_map(|name| {
        let text = environment.variables.get(&name)?.clone();
        Some(Given { values: vec![text], layer: Layer::Variable, place: name })
    })
}

fn failure(mistakes: &[Mistake]) -> Failure {
    let word = if mistakes.len() == 1 { "mistake" } else { "mistakes" };
    let list = mistakes.iter().map(|mistake| format!("\n\n{mistake}"));
    Failure::invalid(format!(
        "{} {word} in the settings{}",
        mistakes.len(),
        list.collect::<String>()
    ))
}

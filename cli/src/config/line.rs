//! Settings and the command line: each setting is the default of a flag, and is right where the
//! flag takes it.

use std::{collections::BTreeSet, error::Error as _};

use clap::{
    Arg, ArgMatches, Command,
    error::{ContextKind, ContextValue},
    parser::ValueSource,
};
use cloudup::{phase::Phase, store::Location, update::UpdateOptions};

use super::{
    CLUSTER, Configuration, Given, Layer, Mistake, SETTINGS, STATE, Setting,
    settings::{Form, LIFECYCLES, PHASE},
    source,
};
use crate::verb::nearest;

/// The id of the setting's flag; its value has no other default than what is set. The cluster's name
/// and overrides are no mere defaults: whoever goes by them asks for them.
fn id(setting: &Setting) -> Option<String> {
    let is_default = !matches!(setting.key, CLUSTER | LIFECYCLES);
    is_default.then(|| setting.flag().replace('-', "_"))
}

/// The flags of a setting, wherever they are.
pub(super) fn flags_of<'c>(command: &'c Command, setting: &Setting) -> Vec<&'c Arg> {
    fn walk<'c>(
        command: &'c Command,
        path: &[&'c str],
        setting: &Setting,
        found: &mut Vec<&'c Arg>,
    ) {
        if setting.is_of(path) {
            let long = if setting.key == CLUSTER { "name" } else { setting.flag() };
            found.extend(command.get_arguments().filter(|arg| arg.get_long() == Some(long)));
        }
        for sub in command.get_subcommands() {
            let path: Vec<_> = path.iter().copied().chain([sub.get_name()]).collect();
            walk(sub, &path, setting, found);
        }
    }
    let mut found = Vec::new();
    walk(command, &[], setting, &mut found);
    found
}

/// The command with settings in the place of its flags' defaults. A format that a verb does not
/// have is not its default.
pub(super) fn with_defaults(command: Command, configuration: &Configuration) -> Command {
    fn walk(command: Command, path: &[String], configuration: &Configuration) -> Command {
        let names: Vec<_> = path.iter().map(String::as_str).collect();
        let command = command.mut_args(|arg| {
            let setting = SETTINGS.iter().find(|setting| {
                setting.is_of(&names) && id(setting).is_some_and(|id| arg.get_id() == id.as_str())
            });
            let Some(setting) = setting else { return arg };
            let arg = with_variable(arg, setting);
            match configuration.winner(setting.key) {
                Some(given) if offers(&arg, given) => arg.default_values(given.values.clone()),
                _ => arg,
            }
        });
        command.mut_subcommands(|sub| {
            let path: Vec<_> = path.iter().cloned().chain([sub.get_name().to_owned()]).collect();
            walk(sub, &path, configuration)
        })
    }
    walk(command, &[], configuration)
}

/// The flag with its variable in its help.
fn with_variable(arg: Arg, setting: &Setting) -> Arg {
    let variable = format!("[env: {}]", setting.variable());
    let arg = match arg.get_long_help().or(arg.get_help()).map(ToString::to_string) {
        Some(help) => arg.long_help(format!("{help}\n\n{variable}")),
        None => arg,
    };
    match arg.get_help().map(ToString::to_string) {
        Some(help) => arg.help(format!("{help} {variable}")),
        None => arg,
    }
}

/// The command with every setting's flag on the verb that shows what they come to.
pub(super) fn with_all_flags(command: Command) -> Command {
    let flags: Vec<_> = SETTINGS
        .iter()
        .filter_map(|setting| flags_of(&command, setting).first().map(|&arg| arg.clone()))
        .filter(|arg| !arg.is_global_set() && arg.get_id() != "output")
        .map(|arg| arg.hide(true))
        .collect();
    command
        .mut_subcommand("config", |config| config.mut_subcommand("show", |show| show.args(flags)))
}

/// Whether a flag that lists its values lists these.
fn offers(arg: &Arg, given: &Given) -> bool {
    let possible = arg.get_possible_values();
    let is_possible = |value: &String| possible.iter().any(|it| it.matches(value, false));
    possible.is_empty() || given.values.iter().all(is_possible)
}

/// What the command line says of settings.
pub(super) fn flags(matches: &ArgMatches) -> Vec<(&'static Setting, Given)> {
    let (mut path, mut leaf) = (Vec::new(), matches);
    while let Some((name, sub)) = leaf.subcommand() {
        path.push(name);
        leaf = sub;
    }
    let given = SETTINGS.iter().filter(|setting| setting.is_of(&path)).filter_map(|setting| {
        let ids = match setting.key {
            CLUSTER => vec!["name".to_owned(), "named".to_owned()],
            _ => vec![setting.flag().replace('-', "_")],
        };
        let id = ids.iter().find(|id| {
            matches!(leaf.try_contains_id(id), Ok(true))
                && leaf.value_source(id) == Some(ValueSource::CommandLine)
        })?;
        let values = leaf.try_get_raw(id).ok().flatten()?;
        let values = values.map(|value| value.to_string_lossy().into_owned()).collect();
        let place = format!("--{}", if setting.key == CLUSTER { "name" } else { setting.flag() });
        Some((setting, Given { values, layer: Layer::Flag, place }))
    });
    given.collect()
}

/// What is wrong with a value, if anything is.
pub(super) fn check(command: &Command, setting: &Setting, given: &Given) -> Option<Mistake> {
    let told = |message: String| Mistake { message, place: given.place.clone(), hint: None };
    let called = setting.key;
    let text = given.text();
    if given.values == [""] {
        return Some(told(format!("{called}: it is empty")));
    }
    if setting.form == Form::Number && text.parse::<i64>().is_err() {
        return Some(told(format!("{called}: `{text}` is no whole number")));
    }
    match called {
        STATE => text.parse::<Location>().err().map(|error| told(format!("{called}: {error}"))),
        PHASE => text.parse::<Phase>().err().map(|error| told(format!("{called}: {error}"))),
        CLUSTER => None,
        LIFECYCLES => {
            let overrides = vec![(source(given), text)];
            let options = UpdateOptions { overrides, ..UpdateOptions::default() };
            options.read_overrides().err().map(|error| told(error.to_string()))
        }
        _ => by_flag(command, setting, given),
    }
}

/// What the flag says to a value.
fn by_flag(command: &Command, setting: &Setting, given: &Given) -> Option<Mistake> {
    let mut refused: Option<clap::Error> = None;
    let mut valid = BTreeSet::new();
    for arg in flags_of(command, setting) {
        let values = given.values.iter().map(|value| format!("--{}={value}", setting.flag()));
        let alone = Command::new("setting").no_binary_name(true).arg(arg.clone());
        match alone.try_get_matches_from(values) {
            Ok(_) => return None,
            Err(error) => {
                if let Some(ContextValue::Strings(known)) = error.get(ContextKind::ValidValue) {
                    valid.extend(known.iter().cloned());
                }
                refused = refused.or(Some(error));
            }
        }
    }
    let error = refused?;
    let text = given.text();
    let (message, hint) = if let Some(source) = error.source() {
        (source.to_string(), None)
    } else {
        let hint = nearest(&text, valid.iter().map(String::as_str));
        let list = valid.iter().cloned().collect::<Vec<_>>().join(", ");
        let message = format!("`{text}` is none of {list}");
        (message, hint.map(|nearest| format!("did you mean `{nearest}`?")))
    };
    let message = format!("{}: {message}", setting.key);
    Some(Mistake { message, place: given.place.clone(), hint })
}

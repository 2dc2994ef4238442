//! The JSON schema of `cloudup.toml`, made from the settings and their flags.

use clap::{Arg, Command};
use schemars::{Schema, json_schema};
use serde_json::{Map, Value, json};

use super::{CLUSTER, SETTINGS, Setting, line::flags_of, settings::Form};

/// The schema.
pub(crate) fn schema(command: &Command) -> Schema {
    let (mut top, mut sections) = (Map::new(), Map::<String, Value>::new());
    for setting in &SETTINGS {
        let described = property(command, setting);
        let Some(section) = setting.section() else {
            top.insert(setting.key.to_owned(), described);
            continue;
        };
        let empty = || json!({ "type": "object", "additionalProperties": false, "properties": {} });
        let section = sections.entry(section).or_insert_with(empty);
        section["properties"][setting.flag()] = described;
    }
    top.extend(sections);
    json_schema!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "cloudup.toml",
        "description": "What cloudup goes by where neither flags nor the environment say otherwise.",
        "type": "object",
        "additionalProperties": false,
        "properties": top,
    })
}

fn property(command: &Command, setting: &Setting) -> Value {
    let mut property = match setting.form {
        Form::Text | Form::Cloud | Form::Store | Form::Path => json!({ "type": "string" }),
        Form::Number => json!({ "type": "integer", "minimum": 0 }),
        Form::Switch => json!({ "type": "boolean" }),
        Form::List => json!({ "type": "array", "items": { "type": "string" } }),
        Form::Lifecycles => {
            json!({ "type": "object", "additionalProperties": { "type": "string" } })
        }
    };
    let flags = flags_of(command, setting);
    property["description"] = json!(description(setting, flags.first().copied()));
    let mut words: Vec<_> = flags.iter().flat_map(|arg| arg.get_possible_values()).collect();
    words.retain(|word| !word.is_hide_set());
    let mut words: Vec<_> = words.iter().map(|word| word.get_name().to_owned()).collect();
    words.sort();
    words.dedup();
    if setting.form == Form::Text && !words.is_empty() {
        property["enum"] = json!(words);
    }
    property
}

/// What its flag does.
pub(crate) fn description(setting: &Setting, flag: Option<&Arg>) -> String {
    if setting.key == CLUSTER {
        return "The cluster that is meant where several could be, and none is named".to_owned();
    }
    let help = flag.and_then(|arg| arg.get_long_help().or(arg.get_help()));
    help.map(ToString::to_string).unwrap_or_default()
}

//! The reference of JSON output: what the published schemas say of each field.

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use serde_json::Value;

use super::{Page, none_is_wrong, settle};
use crate::shell::Shell;

const PAGE: &str = "docs/reference/json.md";

const INTRODUCTION: &str = "# JSON output

`-o json` prints a result for programs, and `--json-events` tells what happens while it happens, an event a line. This page is made
from their JSON schemas, which `cloudup toolbox schema NAME` prints. A field with a `?` may be left out.
Whatever a schema does not forbid may be added; what would break readers raises `schema_version`.
";

/// What a schema is about, in a heading.
fn title(name: &str) -> String {
    match name {
        "account" => "toolbox account show".to_owned(),
        "config" => "cloudup.toml".to_owned(),
        "dump" => "toolbox dump".to_owned(),
        "event" => "--json-events".to_owned(),
        "explain" => "iam explain -o json".to_owned(),
        "export" => "export cluster -o json".to_owned(),
        "instance" => "delete instance -o json".to_owned(),
        "instances" => "get instances -o json".to_owned(),
        "lock" => "lock show -o json".to_owned(),
        "manifests" => "get clusters|instancegroups|all -o json".to_owned(),
        "plan" => "A saved plan".to_owned(),
        "revisions" => "diff, create, replace and edit -o json".to_owned(),
        "rolling-update-event" => "rolling-update --json-events".to_owned(),
        "settings" => "config show -o json".to_owned(),
        "tasks" => "get tasks -o json".to_owned(),
        "validate" => "validate cluster -o json".to_owned(),
        verb => format!("{verb} -o json"),
    }
}

#[test]
fn the_reference_of_json_is_what_the_schemas_say() {
    let shell = Shell::new();
    let refused = shell.run(["toolbox", "schema", "none"]).expect(3).stderr;
    let (_, names) = refused.split_once("[possible values: ").expect("it says which there are");
    let (names, _) = names.split_once(']').expect("the list ends");
    let mut writer = Writer { page: INTRODUCTION.to_owned(), told: BTreeMap::new() };
    for name in names.split(',').map(str::trim) {
        let schema = shell.run(["toolbox", "schema", name]).expect(0).json();
        writer.section(name, &title(name), &schema);
    }
    let page = writer.page;
    none_is_wrong(settle(Path::new(PAGE), &Page::read(Path::new(PAGE)).text, &page).as_slice());
}

struct Writer {
    page: String,
    /// Types that have a place on the page: by name, what they are and how they are linked to.
    told: BTreeMap<String, (Value, String)>,
}

impl Writer {
    fn section(&mut self, name: &str, title: &str, schema: &Value) {
        let no_types = serde_json::Map::new();
        let types = schema["$defs"].as_object().unwrap_or(&no_types);
        let mut new = Vec::new();
        for (type_name, of) in types {
            match self.told.get(type_name) {
                Some((told, _)) if told == of => {}
                told => {
                    // A name may mean something else in another schema.
                    let heading = match told {
                        Some(_) => format!("{type_name} of {name}"),
                        None => type_name.clone(),
                    };
                    let link = heading.to_lowercase().replace(' ', "-");
                    self.told.insert(type_name.clone(), (of.clone(), link));
                    new.push((heading, of));
                }
            }
        }
        self.line(format_args!("\n## {title}"));
        self.body(schema);
        for (heading, of) in new {
            self.line(format_args!("\n### {heading}"));
            self.body(of);
        }
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        writeln!(self.page, "{line}").expect("a string takes all");
    }

    fn body(&mut self, schema: &Value) {
        let said = description(schema);
        if !said.is_empty() {
            self.line(format_args!("\n{said}"));
        }
        self.fields(schema);
        let parts = list(schema, "allOf");
        for part in [schema].into_iter().chain(parts) {
            self.variants(list(part, "oneOf").chain(list(part, "anyOf")).collect());
        }
        let is_plain =
            ["properties", "oneOf", "anyOf", "allOf"].iter().all(|key| schema[key].is_null());
        if is_plain {
            let kind = self.kind(schema);
            self.line(format_args!("\nIts type: {kind}."));
        }
    }

    fn fields(&mut self, schema: &Value) {
        let Some(fields) = schema["properties"].as_object() else { return };
        self.line(format_args!("\n| field | | |\n|---|---|---|"));
        for (name, of) in fields {
            let required = list(schema, "required").any(|it| it == name);
            let mark = if required { "" } else { "?" };
            let (kind, said) = (self.kind(of), description(of));
            let said = said.replace("\n\n", " ").replace('\n', " ").replace('|', "\\|");
            self.line(format_args!("| `{name}`{mark} | {kind} | {said} |"));
        }
    }

    /// What a thing may be: words, or objects that a field tells apart.
    fn variants(&mut self, variants: Vec<&Value>) {
        if variants.is_empty() {
            return;
        }
        self.line(format_args!(""));
        for variant in variants {
            let said = description(variant).replace('\n', " ");
            let told_by = variant["properties"].as_object().and_then(|fields| {
                fields
                    .iter()
                    .find_map(|(name, of)| Some(format!("`{name}`: `{}`", of.get("const")?)))
            });
            let is = told_by.unwrap_or_else(|| self.kind(variant));
            let mut line = format!("- {is}. {said}");
            let fields = variant["properties"].as_object().into_iter().flatten();
            for (name, of) in fields.filter(|(_, of)| of.get("const").is_none()) {
                let (kind, said) = (self.kind(of), description(of).replace('\n', " "));
                write!(line, "\n  - `{name}`: {kind}. {said}").expect("a string takes all");
            }
            self.line(format_args!("{}", line.trim_end()));
        }
    }

    /// What kind of value a schema asks for, in a few words.
    fn kind(&self, schema: &Value) -> String {
        if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
            let link = self.told.get(name).map_or(name, |(_, link)| link);
            return format!("[{name}](#{link})");
        }
        if let Some(value) = schema.get("const") {
            return format!("`{value}`");
        }
        let choice: Vec<_> = list(schema, "anyOf").chain(list(schema, "oneOf")).collect();
        if !choice.is_empty() {
            return choice.iter().map(|it| self.kind(it)).collect::<Vec<_>>().join(" or ");
        }
        let words: Vec<_> = list(schema, "enum").map(|value| format!("`{value}`")).collect();
        if !words.is_empty() {
            return words.join(" or ");
        }
        let one = |name: &str| match name {
            "array" => match schema.get("items") {
                Some(items) => format!("list of {}", self.kind(items)),
                None => "list".to_owned(),
            },
            "object" => match schema.get("additionalProperties") {
                Some(values) if values.is_object() => {
                    format!("object of {} by name", self.kind(values))
                }
                _ => "object".to_owned(),
            },
            name => name.to_owned(),
        };
        match &schema["type"] {
            Value::String(name) => one(name),
            Value::Array(names) => {
                let names: Vec<_> = names.iter().filter_map(Value::as_str).map(one).collect();
                names.join(" or ")
            }
            _ => "anything".to_owned(),
        }
    }
}

fn list<'a>(schema: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    schema[key].as_array().into_iter().flatten()
}

/// What the code says of a thing, without what only its readers understand: examples, headings, links.
fn description(schema: &Value) -> String {
    let text = schema["description"].as_str().unwrap_or_default();
    let text: String = text.split("```").step_by(2).collect();
    let lines = text.lines().filter(|line| !line.starts_with("# "));
    let text = lines.collect::<Vec<_>>().join("\n");
    let mut plain = String::new();
    let mut rest = text.as_str();
    while let Some((before, link)) = rest.split_once('[') {
        plain.push_str(before);
        let Some((words, after)) = link.split_once(']') else {
            plain.push('[');
            rest = link;
            continue;
        };
        plain.push_str(words);
        rest = match after.strip_prefix('(').and_then(|target| target.split_once(')')) {
            Some((_, after)) => after,
            None => after,
        };
    }
    plain.push_str(rest);
    plain.trim().to_owned()
}

//! What is in a file of settings.

use std::path::{Component, Path};

use clap::Command;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    Given, Layer, Mistake, SETTINGS, Setting,
    files::File,
    line,
    settings::{Form, REFUSED},
};
use crate::verb::nearest;

/// What a file sets, and all that is wrong with it.
pub(super) fn settings(
    file: &File,
    command: &Command,
) -> (Vec<(&'static Setting, Given)>, Vec<Mistake>) {
    let mut reader = Reader { file, command, given: Vec::new(), mistakes: Vec::new() };
    let (document, errors) = DeTable::parse_recoverable(&file.text);
    let at = |error: &toml::de::Error| error.span().map_or(0, |span| span.start);
    let mut errors: Vec<_> = errors.iter().map(|error| (at(error), error)).collect();
    errors.sort_by_key(|(at, _)| *at);
    for &(at, error) in &errors {
        reader.mistake(at, format!("this is not TOML: {}", error.message()), None);
    }
    // What was made of the rest is a guess.
    if errors.is_empty() {
        reader.table(None, document.get_ref());
    }
    (reader.given, reader.mistakes)
}

struct Reader<'f> {
    file: &'f File,
    command: &'f Command,
    given: Vec<(&'static Setting, Given)>,
    mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    /// The line and the column of a place in the text, from 1.
    fn position(&self, at: usize) -> (usize, usize) {
        let before = self.file.text.get(..at).unwrap_or(&self.file.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (line, column)
    }

    fn place(&self, at: usize) -> String {
        let (line, column) = self.position(at);
        format!("{}:{line}:{column}", self.file.called)
    }

    fn mistake(&mut self, at: usize, message: impl Into<String>, hint: Option<String>) {
        let place = self.place(at);
        self.mistakes.push(Mistake { message: message.into(), place, hint });
    }

    fn table(&mut self, section: Option<&str>, table: &DeTable<'_>) {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in entries {
            let (name, at) = (key.get_ref().as_ref(), key.span().start);
            let full = section.map_or_else(|| name.to_owned(), |it| format!("{it}.{name}"));
            let is_section = SETTINGS.iter().any(|setting| setting.section() == Some(name));
            if let Some(setting) = Setting::of(&full).filter(|it| it.section() == section) {
                self.setting(setting, at, value);
            } else if section.is_none() && is_section {
                match value.get_ref() {
                    DeValue::Table(table) => self.table(Some(name), table),
                    other => {
                        let told = format!("{name} is a table, and this is {}", kind(other));
                        self.mistake(
                            at,
                            told,
                            Some(format!("write [{name}], and what it sets below")),
                        );
                    }
                }
            } else {
                self.unknown(at, section, name);
            }
        }
    }

    fn unknown(&mut self, at: usize, section: Option<&str>, name: &str) {
        let full = section.map_or_else(|| name.to_owned(), |it| format!("{it}.{name}"));
        if let Some((_, why)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
            return self.mistake(at, format!("{full} cannot be set"), Some((*why).to_owned()));
        }
        let elsewhere = SETTINGS.iter().find(|setting| setting.flag() == name);
        let hint = if let Some(setting) = elsewhere {
            let place = setting.section().map_or_else(
                || "it stands above all tables".to_owned(),
                |section| format!("it belongs below [{section}]"),
            );
            Some(place)
        } else {
            let known = SETTINGS.iter().flat_map(|it| [Some(it.key), it.section()]).flatten();
            nearest(&full, known).map(|nearest| format!("did you mean {nearest}?"))
        };
        self.mistake(at, format!("there is no setting {full}"), hint);
    }

    fn setting(&mut self, setting: &'static Setting, at: usize, value: &Spanned<DeValue<'_>>) {
        if let (Form::Lifecycles, DeValue::Table(table)) = (setting.form, value.get_ref()) {
            let mut entries: Vec<_> = table.iter().collect();
            entries.sort_by_key(|(key, _)| key.span().start);
            for (selector, value) in entries {
                let at = selector.span().start;
                match value.get_ref().as_str() {
                    Some(lifecycle) => {
                        self.add(setting, at, vec![format!("{}={lifecycle}", selector.get_ref())]);
                    }
                    None => self.wrong(setting, value),
                }
            }
            return;
        }
        let values = match (setting.form, value.get_ref()) {
            (Form::Text | Form::Cloud | Form::Store | Form::Path, DeValue::String(text)) => {
                match self.placed(setting.form, text) {
                    Ok(text) => Some(vec![text]),
                    Err(why) => {
                        let hint = "name a place below this file's folder, or say it with a flag or \
                                    in the environment";
                        let told = format!("{}: {why}", setting.key);
                        return self.mistake(value.span().start, told, Some(hint.to_owned()));
                    }
                }
            }
            (Form::Number, DeValue::Integer(number)) => {
                let read = i64::from_str_radix(number.as_str(), number.radix());
                read.ok().map(|number| vec![number.to_string()])
            }
            (Form::Switch, DeValue::Boolean(on)) => Some(vec![on.to_string()]),
            (Form::List, DeValue::Array(list)) => {
                let wrong = list.iter().filter(|it| !it.get_ref().is_str());
                let wrong: Vec<_> = wrong.collect();
                if !wrong.is_empty() {
                    return wrong.into_iter().for_each(|it| self.wrong(setting, it));
                }
                list.iter().map(|it| it.get_ref().as_str().map(str::to_owned)).collect()
            }
            _ => None,
        };
        match values {
            Some(values) => self.add(setting, at, values),
            None => self.wrong(setting, value),
        }
    }

    fn wrong(&mut self, setting: &Setting, value: &Spanned<DeValue<'_>>) {
        let (at, found) = (value.span().start, kind(value.get_ref()));
        let told = format!("{} is {}, and this is {found}", setting.key, setting.form.told());
        self.mistake(at, told, None);
    }

    fn add(&mut self, setting: &'static Setting, at: usize, values: Vec<String>) {
        let (line, _) = self.position(at);
        let place = format!("{}:{line}", self.file.called);
        let given = Given { values, layer: self.file.layer, place };
        match line::check(self.command, setting, &given) {
            Some(mistake) => self.mistakes.push(Mistake { place: self.place(at), ..mistake }),
            None => self.given.push((setting, given)),
        }
    }

    /// The text with its path, if it has one, seen from the working directory.
    fn placed(&self, form: Form, text: &str) -> Result<String, &'static str> {
        let (before, path) = match form {
            Form::Cloud => match text.split_once("local:") {
                Some(("", path)) if !path.is_empty() => ("local:", path),
                _ => return Ok(text.to_owned()),
            },
            Form::Store => match text.split_once("://") {
                Some(("file", path)) => ("file://", path),
                Some(_) => return Ok(text.to_owned()),
                None => ("", text),
            },
            Form::Path => ("", text),
            _ => return Ok(text.to_owned()),
        };
        if self.file.layer == Layer::Project && leaves(Path::new(path)) {
            return Err("a project's files stay in the project's folder");
        }
        if path.is_empty() {
            return Ok(text.to_owned());
        }
        Ok(format!("{before}{}", self.file.folder().join(path).display()))
    }
}

/// Whether a path leads out of the folder that it starts from.
fn leaves(path: &Path) -> bool {
    let mut depth = 0_i32;
    path.components().any(|component| {
        match component {
            Component::Normal(_) => depth += 1,
            Component::ParentDir => depth -= 1,
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return true,
        }
        depth < 0
    })
}

impl Form {
    /// What it is written as.
    pub(super) fn told(self) -> &'static str {
        match self {
            Self::Text | Self::Cloud | Self::Store | Self::Path => "a text in quotes",
            Self::Number => "a whole number",
            Self::Switch => "true or false",
            Self::List => "a list of texts",
            Self::Lifecycles => "a table of lifecycles, such as IAMRole = \"Ignore\"",
        }
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a point",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

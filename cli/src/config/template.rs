//! A `cloudup.toml` to begin with.

use clap::Command;

use super::{SETTINGS, Setting, default, line::flags_of, schema::description, settings::Form};

/// How long its lines may be.
const WIDTH: usize = 98;

/// All that can be set, each with what it is for and its default. Nothing is set.
pub(crate) fn template(command: &Command) -> String {
    let mut text = vec![
        "# What cloudup goes by in this folder and below it, where neither flags nor the environment say"
            .to_owned(),
        "# otherwise. A line counts that has no `#` before it. See `cloudup config show`.".to_owned(),
    ];
    let mut last = None;
    for setting in &SETTINGS {
        if setting.section() != last {
            last = setting.section();
            text.extend([String::new(), format!("[{}]", last.unwrap_or_default())]);
        }
        let flags = flags_of(command, setting);
        let about = lines(&description(setting, flags.first().copied()));
        text.push(String::new());
        text.extend(about.iter().map(|line| format!("# {line}")));
        text.push(format!("# {} = {}", setting.flag(), value(command, setting)));
    }
    text.push(String::new());
    text.join("\n")
}

/// The default as a file has it, or something empty.
fn value(command: &Command, setting: &Setting) -> String {
    let default = default(command, setting).unwrap_or_default();
    match setting.form {
        Form::Text | Form::Cloud | Form::Store | Form::Path => format!("\"{default}\""),
        Form::Number | Form::Switch => default,
        Form::List => "[]".to_owned(),
        Form::Lifecycles => "{}".to_owned(),
    }
}

/// A text in lines that are not too long.
fn lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() < WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

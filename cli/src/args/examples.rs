//! What help says behind a command's options.

use clap::Command;

/// What begins the commands to try.
const EXAMPLES: &str = "Examples:\n";

/// What is worth knowing about a command, and commands to try, each as it is typed: a backslash at
/// a line's end goes on in the next.
pub(crate) fn notes_and_examples(command: &Command) -> (String, Vec<String>) {
    let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let (notes, examples) = text.split_once(EXAMPLES).unwrap_or((&text, ""));
    let mut typed: Vec<String> = Vec::new();
    for line in examples.lines() {
        let line = line.strip_prefix("  ").unwrap_or(line);
        match typed.last_mut().filter(|last| last.ends_with('\\')) {
            Some(last) => *last = format!("{last}\n{line}"),
            None => typed.push(line.to_owned()),
        }
    }
    (notes.trim_end().to_owned(), typed)
}

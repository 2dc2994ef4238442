//! The reference of commands: what `--help` says of each.

use std::{fmt::Write as _, path::Path};

use super::{Page, none_is_wrong, settle};
use crate::shell::Shell;

const PAGE: &str = "docs/reference/commands.md";

const INTRODUCTION: &str = "# Commands

This is what `cloudup COMMAND --help` says. Options that every command takes are listed once, with the first.
";

#[test]
fn the_reference_of_commands_is_what_help_says() {
    let mut page = INTRODUCTION.to_owned();
    tell(&Shell::new(), &mut Vec::new(), &mut page);
    none_is_wrong(settle(Path::new(PAGE), &Page::read(Path::new(PAGE)).text, &page).as_slice());
}

/// Adds what is said of a command, and then of those below it.
fn tell(shell: &Shell, command: &mut Vec<String>, page: &mut String) {
    let help = shell.run(command.iter().map(String::as_str).chain(["--help"])).expect(0).stdout;
    let title = [&["cloudup".to_owned()], &command[..]].concat().join(" ");
    let shown = match help.split_once("\nGlobal options:\n") {
        Some((own, global)) if !command.is_empty() => {
            // What stands behind them begins at the margin again: notes, and examples.
            let behind = global.lines().skip_while(|line| line.is_empty() || line.starts_with(' '));
            own.lines().chain([""]).chain(behind).collect::<Vec<_>>().join("\n")
        }
        _ => help.clone(),
    };
    let shown: Vec<_> = shown.trim_end().lines().map(str::trim_end).collect();
    write!(page, "\n## {title}\n\n```text\n{}\n```\n", shown.join("\n")).expect("it takes all");
    for below in commands(&help) {
        command.push(below);
        tell(shell, command, page);
        command.pop();
    }
}

/// The commands that a help lists, but for `help` itself.
fn commands(help: &str) -> Vec<String> {
    let listed = help.split_once("\nCommands:\n").map_or("", |(_, rest)| rest);
    let listed = listed.lines().take_while(|line| !line.is_empty());
    // What goes on in a further line stands deeper.
    let names = listed.filter_map(|line| line.strip_prefix("  ").filter(|it| !it.starts_with(' ')));
    let names = names.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

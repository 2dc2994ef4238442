//! The manual.

use std::{collections::BTreeMap, fs, process::Command};

use clap::Command as Clap;

use crate::{program::is_there, shell::Shell};

const STATUSES: &str = include_str!("../../../docs/reference/exit-status.md");

/// The pages that `toolbox man` writes, by name.
fn pages(shell: &Shell) -> BTreeMap<String, String> {
    shell.run(["toolbox", "man", "man"]).expect(0);
    let entries = fs::read_dir(shell.path("man")).expect("it was made");
    let names = entries.map(|entry| entry.expect("it can be listed").file_name());
    let names = names.map(|name| name.into_string().expect("names are plain"));
    names.map(|name| (name.clone(), shell.read(&format!("man/{name}")))).collect()
}

/// A command that people see, and all below it, each with its page's name.
fn commands<'c>(command: &'c Clap, page: &str, all: &mut Vec<(String, &'c Clap)>) {
    all.push((format!("{page}.1"), command));
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        if below.get_name() != "help" {
            commands(below, &format!("{page}-{}", below.get_name()), all);
        }
    }
}

#[test]
fn every_command_has_a_page_with_all_that_it_takes() {
    let shell = Shell::new();
    let pages = pages(&shell);
    let command = cloudup_cli::command();
    let mut all = Vec::new();
    commands(&command, "cloudup", &mut all);
    let names: Vec<_> = all.iter().map(|(name, _)| name.clone()).collect();
    let mut sorted = names.clone();
    sorted.sort();
    assert_eq!(pages.keys().cloned().collect::<Vec<_>>(), sorted);
    for (name, command) in all {
        let page = &pages[&name];
        let shown = command.get_arguments().filter(|arg| !arg.is_hide_set());
        for option in shown.filter_map(|arg| arg.get_long()) {
            let written = format!("\\-\\-{}", option.replace('-', "\\-"));
            assert!(page.contains(&written), "{name} has no {option}");
        }
        for section in ["NAME", "SYNOPSIS", "EXAMPLES", "ENVIRONMENT", "FILES"] {
            assert!(page.contains(&format!(".SH {section}\n")), "{name} has no {section}");
        }
    }
}

#[test]
fn the_statuses_are_those_of_the_book() {
    let rows = STATUSES.lines().filter_map(|row| row.strip_prefix("| ")?.strip_suffix(" |"));
    let rows: Vec<_> = rows.filter_map(|row| row.split_once(" | ")).take(7).collect();
    let page = &pages(&Shell::new())["cloudup.1"];
    let plain = page.replace("\\-", "-");
    for (code, meaning) in rows {
        let written = meaning.replace('`', "");
        assert!(
            plain.contains(&format!("\\fB{code}\\fR\n{written}\n")),
            "{code} {written}\n{plain}"
        );
    }
}

#[test]
fn every_page_is_typeset_without_a_warning() {
    let shell = Shell::new();
    let pages = pages(&shell);
    if !is_there("groff") {
        return;
    }
    for name in pages.keys() {
        let mut groff = Command::new("groff");
        groff.args(["-man", "-ww", "-Tutf8", "-z", "-K", "utf8"]).arg(shell.path("man").join(name));
        let output = groff.output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.is_empty(), "{name}: {said}");
    }
}

//! What help says of each command, and that its examples are right.

use std::{collections::BTreeMap, thread};

use clap::{Arg, Command};

use crate::{documented, shell::Shell};

/// How many examples run at once.
const WORKERS: usize = 8;

/// What begins the commands to try.
const EXAMPLES: &str = "\nExamples:\n";

/// A command that people see, with the words that lead to it.
struct Documented {
    words: Vec<String>,
    command: Command,
}

/// Every command, those that only group others included.
fn commands() -> Vec<Documented> {
    fn add(command: &Command, words: &[String], all: &mut Vec<Documented>) {
        all.push(Documented { words: words.to_vec(), command: command.clone() });
        let below = command.get_subcommands();
        for below in below.filter(|it| !it.is_hide_set() && it.get_name() != "help") {
            add(below, &[words, &[below.get_name().to_owned()]].concat(), all);
        }
    }
    let mut root = cloudup_cli::command();
    root.build();
    let mut all = Vec::new();
    add(&root, &[], &mut all);
    all
}

impl Documented {
    fn name(&self) -> String {
        self.words.join(" ")
    }

    /// What `--help` prints on a terminal of 80 columns.
    fn help(&self) -> String {
        let shell = Shell::new().with_variable("COLUMNS", "80");
        let words = self.words.iter().map(String::as_str);
        let ran = shell.run(words.chain(["--help"])).expect(0);
        assert_eq!(ran.stderr, "");
        ran.stdout
    }

    /// The commands to try, each on one line.
    fn examples(&self) -> Vec<String> {
        let help = self.help();
        let Some((_, examples)) = help.split_once(EXAMPLES) else { return Vec::new() };
        let joined = examples.replace("\\\n", "");
        let lines = joined.lines().map(|line| {
            let words: Vec<_> = line.split_whitespace().collect();
            words.join(" ")
        });
        lines.filter(|line| !line.is_empty()).collect()
    }
}

/// What of an example the binary itself is given.
fn own(example: &str) -> &str {
    let ends = [" | ", " > "].iter().filter_map(|end| example.find(end));
    let own = &example[..ends.min().unwrap_or(example.len())];
    own.strip_prefix("cloudup ").unwrap_or_else(|| panic!("{example} is about something else"))
}

#[test]
fn every_command_has_help() {
    for documented in commands() {
        let name = format!("help_{}", documented.words.join("_"));
        let help = documented.help();
        for line in help.lines() {
            assert!(line.chars().count() <= 80, "{name}: {line}");
        }
        insta::assert_snapshot!(name, help);
    }
}

#[test]
fn every_command_has_examples_which_are_taken() {
    for documented in commands() {
        let examples = documented.examples();
        assert!(!examples.is_empty(), "there are no examples of {}", documented.name());
        for example in examples {
            let words = own(&example).split_whitespace().map(|word| word.trim_matches('\''));
            let taken =
                cloudup_cli::command().try_get_matches_from(["cloudup"].into_iter().chain(words));
            if let Err(error) = taken {
                panic!("{example}: {error}");
            }
        }
    }
}

/// A leaf's own examples are about it: those of a group are about what is below it.
#[test]
fn examples_are_about_their_command() {
    for documented in commands() {
        let name = documented.name();
        let all = documented.examples();
        let (words, aliases): (Vec<_>, Vec<_>) = match documented.words.split_last() {
            Some((last, way)) => {
                let aliases = documented.command.get_visible_aliases().map(str::to_owned);
                (way.to_vec(), aliases.chain([last.clone()]).collect())
            }
            None => (Vec::new(), Vec::new()),
        };
        let is_about = |example: &String| {
            let said = own(example);
            aliases.is_empty()
                || aliases.iter().any(|alias| {
                    said.contains(
                        &[words.as_slice(), std::slice::from_ref(alias)].concat().join(" "),
                    )
                })
        };
        assert!(all.iter().any(is_about), "{name}: {all:?}");
    }
}

#[test]
fn every_example_runs() {
    let mut examples: Vec<_> = commands().iter().flat_map(Documented::examples).collect();
    examples.sort();
    examples.dedup();
    let run = |example: &String| {
        let args = own(example);
        let Some(ran) = documented::run(args) else { return };
        // Nothing was made, so that all has drifted, and there is all to do.
        let differs = args.contains("drift ") || args.contains("--detailed-exitcode");
        assert!(ran.status == 0 || differs && ran.status == 2, "{example}\n{ran}");
    };
    // Some wait, as rolling updates do between instances.
    thread::scope(|scope| {
        for nth in 0..WORKERS {
            let examples = &examples;
            scope.spawn(move || examples.iter().skip(nth).step_by(WORKERS).for_each(run));
        }
    });
}

fn options(command: &Command) -> Vec<&Arg> {
    let own = command.get_arguments().filter(|arg| arg.get_help_heading().is_none());
    own.filter(|arg| !arg.is_hide_set() && !matches!(arg.get_id().as_str(), "help" | "version"))
        .collect()
}

#[test]
fn options_come_in_one_order() {
    let mut before: BTreeMap<(String, String), String> = BTreeMap::new();
    let commands = commands();
    for documented in &commands {
        let longs = options(&documented.command);
        let longs = longs.iter().filter_map(|arg| arg.get_long().map(str::to_owned));
        // This one is shown last, wherever it is.
        let longs: Vec<_> = longs.filter(|long| long != "output").collect();
        for (at, first) in longs.iter().enumerate() {
            for then in &longs[at + 1..] {
                let other = before.get(&(then.clone(), first.clone()));
                assert_eq!(other, None, "--{first} is before --{then} in {}", documented.name());
                before.insert((first.clone(), then.clone()), documented.name());
            }
        }
    }
}

/// Options that mean something else from command to command, and are called alike all the same.
const OWN_WORDS: [&str; 24] = [
    "yes",
    "force",
    "out",
    "count",
    "wait",
    "interval",
    "prune",
    "filename",
    "name",
    "cloudonly",
    "detailed-exitcode",
    "drain-timeout",
    "post-drain-delay",
    "validation-timeout",
    "fail-on-drain-error",
    "ssh-public-key",
    "output",
    "cluster",
    "context",
    "kubeconfig",
    "set",
    "unset",
    "validate-count",
    "region",
];

#[test]
fn options_are_called_and_described_alike() {
    let mut known: BTreeMap<String, (String, String, String)> = BTreeMap::new();
    let commands = commands();
    for documented in &commands {
        for arg in options(&documented.command) {
            let Some(long) = arg.get_long() else { continue };
            let values = arg.get_value_names().unwrap_or_default().join(" ");
            // A file, or a folder.
            let values = if long == "out" { String::new() } else { values };
            let help = if OWN_WORDS.contains(&long) {
                String::new()
            } else {
                arg.get_long_help().or(arg.get_help()).map(ToString::to_string).unwrap_or_default()
            };
            let here = (values, help, documented.name());
            let first = known.entry(long.to_owned()).or_insert_with(|| here.clone());
            assert_eq!(
                (&first.0, &first.1),
                (&here.0, &here.1),
                "--{long} of {} and {}",
                first.2,
                here.2
            );
        }
    }
}

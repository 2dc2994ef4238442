//! What people who come from kOps type: taken where it means the same, and answered with what to do
//! instead where it does not.

mod flags;
mod variables;
mod verbs;

use clap::{
    Command,
    error::{ContextKind, ContextValue, ErrorKind},
};

pub(crate) use self::variables::{is_variable, notes, own_file, refusal};
use self::{
    flags::{Means, meaning},
    verbs::instead,
};
use crate::exit::Failure;

/// Whether an argument asks for what is so in any case, and can be left out.
pub(crate) fn is_so_anyway(verb: &str, argument: &str) -> bool {
    let Some(flag) = argument.strip_prefix("--") else { return false };
    let (flag, value) = flag.split_once('=').unwrap_or((flag, "true"));
    matches!(meaning(verb, flag), Some(Means::Anyway(so, _)) if so == value)
}

/// What to do instead of giving a flag a value that kOps takes, and nobody here.
pub(crate) fn instead_of_value(flag: &str, given: &str) -> Option<&'static str> {
    flags::value(flag, &given.to_lowercase())
}

/// What to say to a command line that clap refuses and kOps might have taken.
pub(crate) fn answer(error: &clap::Error, command: &Command, args: &[String]) -> Option<Failure> {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let verb = verb(command, args);
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let word = text(ContextKind::InvalidSubcommand)?;
            unknown_verb(&verb, word)
        }
        ErrorKind::UnknownArgument => {
            let argument = text(ContextKind::InvalidArg)?;
            let flag = match argument.strip_prefix("--") {
                Some(flag) => flag,
                None if argument == "-f" => "filename",
                None => return unknown_verb(&verb, argument),
            };
            let flag = flag.split('=').next().unwrap_or(flag);
            match meaning(&verb, flag)? {
                Means::Same => None,
                Means::Anyway(_, hint) | Means::Otherwise(hint) => Some(
                    Failure::invalid(format!("--{flag} is kOps', and there is no such flag here"))
                        .hint(hint),
                ),
            }
        }
        ErrorKind::InvalidValue => {
            let flag = text(ContextKind::InvalidArg)?.strip_prefix("--")?.split(' ').next()?;
            let given = text(ContextKind::InvalidValue)?;
            let hint = instead_of_value(flag, given)?;
            Some(Failure::invalid(format!("there is no --{flag} {given} here")).hint(hint))
        }
        _ => None,
    }
}

fn unknown_verb(verb: &str, word: &str) -> Option<Failure> {
    let typed = format!("{verb} {word}");
    let typed = typed.trim_start();
    let told = format!("`{typed}` is kOps', and there is no such command here");
    instead(typed).map(|hint| Failure::invalid(told).hint(hint))
}

/// The verb of a command line, by its full name: `get instancegroups`.
pub(crate) fn verb(command: &Command, args: &[String]) -> String {
    let (mut here, mut path) = (command, Vec::new());
    for arg in args.iter().skip(1) {
        if let Some(sub) = here.find_subcommand(arg) {
            path.push(sub.get_name());
            here = sub;
        }
    }
    match path.as_slice() {
        ["update"] => "update cluster".to_owned(),
        path => path.join(" "),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::args::Cli;

    fn at<'c>(command: &'c Command, verb: &str) -> &'c Command {
        verb.split(' ').filter(|word| !word.is_empty()).fold(command, |here, word| {
            here.find_subcommand(word).unwrap_or_else(|| panic!("there is no `{verb}`"))
        })
    }

    fn takes(command: &Command, flag: &str) -> bool {
        command.get_arguments().any(|arg| {
            arg.get_long() == Some(flag)
                || arg.get_all_aliases().unwrap_or_default().contains(&flag)
        })
    }

    #[test]
    fn every_flag_of_kops_is_taken_or_answered() {
        let mut command = Cli::command();
        command.build();
        for (verb, flags) in flags::FLAGS {
            for (flag, means) in *flags {
                let here = takes(at(&command, verb), flag);
                match means {
                    Means::Same => assert!(here, "`{verb}` has no --{flag}"),
                    Means::Anyway(_, hint) | Means::Otherwise(hint) => {
                        assert!(!here, "`{verb}` has --{flag}, and says there is none");
                        assert!(!hint.is_empty() && !hint.ends_with('.'), "{hint}");
                    }
                }
            }
        }
    }

    #[test]
    fn no_verb_that_is_answered_is_one_of_ours() {
        let command = Cli::command();
        for (typed, _) in verbs::VERBS {
            let (path, word) = typed.rsplit_once(' ').unwrap_or(("", typed));
            let parent = at(&command, path);
            assert!(parent.find_subcommand(word).is_none(), "there is a `{typed}`");
        }
    }
}

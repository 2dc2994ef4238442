//! Command lines that are spelt in another way than clap takes them.

use std::ffi::OsString;

use clap::{Arg, Command};

/// Flags that belong to verbs, and are taken before the verb as well.
const BEFORE_THE_VERB: [&str; 2] = ["-o", "--output"];

/// The arguments as clap takes them: what belongs to the verb and stands before it goes to the end.
pub(crate) fn normal(args: impl Iterator<Item = OsString>, command: &Command) -> Vec<OsString> {
    let mut args = args;
    let mut before: Vec<OsString> = args.next().into_iter().collect();
    let (mut verb, mut moved) = (None, Vec::new());
    while let Some(arg) = args.next() {
        let text = arg.to_string_lossy();
        if !text.starts_with('-') || text == "--" {
            verb = Some(arg);
            break;
        }
        let is_moved = BEFORE_THE_VERB.iter().any(|flag| is(flag, &text));
        let takes_next = if is_moved {
            BEFORE_THE_VERB.contains(&&*text)
        } else {
            command.get_arguments().any(|known| takes_next(known, &text))
        };
        let to = if is_moved { &mut moved } else { &mut before };
        to.push(arg);
        if takes_next {
            to.extend(args.next());
        }
    }
    let rest: Vec<_> = verb.into_iter().chain(args).collect();
    let end = rest.iter().position(|arg| arg == "--").unwrap_or(rest.len());
    let (verb, positional) = rest.split_at(end);
    [&before, verb, &moved, positional].concat()
}

/// Whether this is the flag, with or without a value in the same argument.
fn is(flag: &str, text: &str) -> bool {
    text.strip_prefix(flag)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('=') || !flag.starts_with("--"))
}

/// Whether this is a flag whose value is the next argument.
fn takes_next(known: &Arg, text: &str) -> bool {
    let is_known = known.get_long().is_some_and(|long| text.strip_prefix("--") == Some(long));
    is_known && known.get_action().takes_values()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::args::Cli;

    fn told(line: &str) -> String {
        let args = line.split(' ').map(OsString::from);
        let args = normal(args, &Cli::command());
        let args: Vec<_> = args.iter().map(|arg| arg.to_string_lossy()).collect();
        args.join(" ")
    }

    #[test]
    fn a_format_before_the_verb_is_the_verbs() {
        for (given, taken) in [
            ("cloudup -o json update", "cloudup update -o json"),
            ("cloudup --output=json update -v", "cloudup update -v --output=json"),
            ("cloudup --cloud local -ojson get ig", "cloudup --cloud local get ig -ojson"),
            ("cloudup -o json get ig -- a", "cloudup get ig -o json -- a"),
            ("cloudup --cloud -o update -o json", "cloudup --cloud -o update -o json"),
            ("cloudup -v update -o json", "cloudup -v update -o json"),
            ("cloudup -o", "cloudup -o"),
            ("cloudup", "cloudup"),
        ] {
            assert_eq!(told(given), taken, "{given}");
        }
    }
}

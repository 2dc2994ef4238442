//! Command lines that are spelt in another way than clap takes them: as kOps takes them.

use std::{ffi::OsString, path::Path};

use clap::{Arg, Command};

use crate::kops;

/// Flags that belong to verbs, and are taken before the verb as well.
const BEFORE_THE_VERB: [&str; 3] = ["-o", "--output", "--name"];

/// The arguments as clap takes them.
pub(crate) fn normal(args: impl Iterator<Item = OsString>, command: &Command) -> Vec<OsString> {
    let mut args: Vec<_> = args.collect();
    let end = args.iter().position(|arg| arg == "--").unwrap_or(args.len());
    let positional = args.split_off(end);
    let args = with_all(ordered(spelt(args), command));
    let texts: Vec<_> = args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
    let verb = kops::verb(command, &texts);
    let needed = args.into_iter().zip(texts).filter(|(_, text)| !kops::is_so_anyway(&verb, text));
    needed.map(|(arg, _)| arg).chain(positional).collect()
}

/// The file of settings that is named.
pub(crate) fn config(args: &[OsString]) -> Option<&Path> {
    let args = args.iter().take_while(|arg| *arg != "--");
    let mut args = args.filter_map(|arg| arg.to_str());
    args.find_map(|arg| match arg.strip_prefix("--config") {
        Some("") => Some(None),
        Some(rest) => rest.strip_prefix('=').map(Some),
        None => None,
    })
    .and_then(|value| value.or_else(|| args.next()))
    .map(Path::new)
}

/// Dashes in the place of underscores, as in `--instance_group`, and `-v` in the place of `-v 2`.
fn spelt(args: Vec<OsString>) -> Vec<OsString> {
    let (mut spelt, mut args) = (Vec::new(), args.into_iter().peekable());
    while let Some(arg) = args.next() {
        let Some(text) = arg.to_str().filter(|text| text.starts_with('-')) else {
            spelt.push(arg);
            continue;
        };
        let (flag, value) = match text.split_once('=') {
            Some((flag, value)) => (flag, Some(value)),
            None => (text, None),
        };
        let next = args.peek().and_then(|next| next.to_str()?.parse::<u8>().ok());
        let level = match (flag, value) {
            ("-v" | "--v", None) => next.inspect(|_| drop(args.next())),
            ("-v" | "--v", Some(value)) => value.parse().ok(),
            _ => flag.strip_prefix("-v").and_then(|level| level.parse().ok()),
        };
        if let Some(level) = level {
            spelt.extend(verbosity(level).map(OsString::from));
            continue;
        }
        if !flag.starts_with("--") || !flag.contains('_') {
            spelt.push(arg);
            continue;
        }
        let flag = flag.replace('_', "-");
        spelt.push(value.map_or_else(|| flag.clone(), |value| format!("{flag}={value}")).into());
    }
    spelt
}

/// What says as much as kOps says at a level.
fn verbosity(level: u8) -> Option<&'static str> {
    match level {
        0 => None,
        1..=3 => Some("-v"),
        4..=7 => Some("-vv"),
        8.. => Some("-vvv"),
    }
}

/// What belongs to the verb and stands before it goes to the end.
fn ordered(args: Vec<OsString>, command: &Command) -> Vec<OsString> {
    let mut args = args.into_iter();
    let mut before: Vec<OsString> = args.next().into_iter().collect();
    let (mut verb, mut moved) = (None, Vec::new());
    while let Some(arg) = args.next() {
        let text = arg.to_string_lossy();
        if !text.starts_with('-') {
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
    before.into_iter().chain(verb).chain(args).chain(moved).collect()
}

/// `get all` in the place of `get`, where a cluster or a flag follows: a cluster has a dot in its name,
/// which no verb has.
fn with_all(mut args: Vec<OsString>) -> Vec<OsString> {
    let get = args.iter().position(|arg| arg == "get");
    let after = get.and_then(|get| args.get(get + 1)).and_then(|after| after.to_str());
    let is_meant = |after: &str| match after.strip_prefix('-') {
        Some(_) => {
            after.starts_with("--name") || after.starts_with("-o") || after.starts_with("--output")
        }
        None => after.contains('.'),
    };
    if let (Some(get), Some(true)) = (get, after.map(is_meant)) {
        args.insert(get + 1, "all".into());
    }
    args
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
    use clap::CommandFactory as _;

    use super::*;
    use crate::args::Cli;

    fn told(line: &str) -> String {
        let args = line.split(' ').map(OsString::from);
        let args = normal(args, &Cli::command());
        let args: Vec<_> = args.iter().map(|arg| arg.to_string_lossy()).collect();
        args.join(" ")
    }

    #[test]
    fn what_is_kops_spelling_is_spelt_as_it_is_taken() {
        for (given, taken) in [
            ("cloudup -o json update", "cloudup update -o json"),
            ("cloudup --output=json update -v", "cloudup update -v --output=json"),
            ("cloudup --cloud local -ojson get ig", "cloudup --cloud local get ig -ojson"),
            ("cloudup -o json get ig -- a", "cloudup get ig -o json -- a"),
            ("cloudup --cloud -o update -o json", "cloudup --cloud -o update -o json"),
            ("cloudup --name=a update cluster", "cloudup update cluster --name=a"),
            ("cloudup --state s --name a get ig", "cloudup --state s get ig --name a"),
            ("cloudup -v update -o json", "cloudup -v update -o json"),
            ("cloudup -o", "cloudup -o"),
            ("cloudup", "cloudup"),
            ("cloudup get a.example.com -o yaml", "cloudup get all a.example.com -o yaml"),
            ("cloudup get --name=a -o yaml", "cloudup get all --name=a -o yaml"),
            ("cloudup --name a get", "cloudup get all --name a"),
            ("cloudup get task", "cloudup get task"),
            ("cloudup get --help", "cloudup get --help"),
            ("cloudup get ig -v 2", "cloudup get ig -v"),
            ("cloudup get ig --v=0", "cloudup get ig"),
            ("cloudup -v=4 get ig -v10", "cloudup -vv get ig -vvv"),
            ("cloudup get ig --v", "cloudup get ig --v"),
            ("cloudup update --dry_run --out=a_b", "cloudup update --dry-run --out=a_b"),
            ("cloudup update --a_b=c_d", "cloudup update --a-b=c_d"),
            ("cloudup get ig -- --a_b", "cloudup get ig -- --a_b"),
            ("cloudup update --create-kube-config=false --yes", "cloudup update --yes"),
            ("cloudup update --create-kube-config", "cloudup update --create-kube-config"),
            ("cloudup validate cluster --use_kubeconfig", "cloudup validate cluster"),
            ("cloudup get ig --use-kubeconfig", "cloudup get ig --use-kubeconfig"),
        ] {
            assert_eq!(told(given), taken, "{given}");
        }
    }

    #[test]
    fn the_file_of_settings_is_found_wherever_it_is_named() {
        for (line, named) in [
            ("cloudup update", None),
            ("cloudup --config a update", Some("a")),
            ("cloudup update --config=b", Some("b")),
            ("cloudup update --config=", Some("")),
            ("cloudup update --configs a", None),
            ("cloudup update --config", None),
            ("cloudup update -- --config a", None),
        ] {
            let args: Vec<_> = line.split(' ').map(OsString::from).collect();
            assert_eq!(config(&args), named.map(Path::new), "{line}");
        }
    }
}

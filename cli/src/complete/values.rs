//! What each value may be, by what help calls it.

use std::{ffi::OsStr, sync::Arc};

use clap::{Command, ValueHint};
use clap_complete::engine::{
    ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter as _,
};
use cloudup::{explain::Subject, kinds::KINDS, manifest::FieldPath, phase::Phase};
use cloudup_engine::{Governed, Registry, Selector};

use super::line::Line;

/// What completes a value that is begun.
type Complete = fn(&Line, &str) -> Vec<CompletionCandidate>;

/// The values that there is something to say about.
const VALUES: [(&str, Complete); 17] = [
    ("NAME", clusters),
    ("CLUSTER", clusters),
    ("GROUP", groups),
    ("GROUP,…", groups),
    ("ROLE", roles),
    ("ROLE,…", instance_roles),
    ("INSTANCE", instances),
    ("PHASE", phases),
    ("SELECTOR=LIFECYCLE,…", overrides),
    ("SELECTOR[.FIELD],…", ignored),
    ("CLOUD", clouds),
    ("STORE", stores),
    ("TARGET", targets),
    ("PATH", paths),
    ("PATH=VALUE", assignments),
    ("DIR", folders),
    ("FILE", files),
];

/// A command whose values complete.
pub(super) fn completing(command: Command, line: &Arc<Line>) -> Command {
    let command = command.mut_args(|arg| {
        let names = arg.get_value_names().unwrap_or_default();
        let known = names.first().and_then(|name| VALUES.iter().find(|(known, _)| name == known));
        let Some((_, complete)) = known else { return arg };
        let (line, complete) = (line.clone(), *complete);
        arg.value_hint(ValueHint::Other).add(ArgValueCompleter::new(move |typed: &OsStr| {
            typed.to_str().map(|typed| complete(&line, typed)).unwrap_or_default()
        }))
    });
    command.mut_subcommands(|below| completing(below, line))
}

/// The candidates that begin as what is typed, each with what it is.
fn begun<V: Into<String>, W: Into<String>>(
    typed: &str,
    all: impl IntoIterator<Item = (V, W)>,
) -> Vec<CompletionCandidate> {
    let all = all.into_iter().map(|(value, what)| (value.into(), what.into()));
    all.filter(|(value, _): &(String, String)| value.starts_with(typed))
        .map(|(value, what)| {
            let what = Some(what).filter(|what| !what.is_empty());
            CompletionCandidate::new(value).help(what.map(Into::into))
        })
        .collect()
}

/// Names without more to say about each.
fn names(typed: &str, names: Vec<String>) -> Vec<CompletionCandidate> {
    begun(typed, names.into_iter().map(|name| (name, "")))
}

fn clusters(line: &Line, typed: &str) -> Vec<CompletionCandidate> {
    names(typed, line.clusters())
}

fn groups(line: &Line, typed: &str) -> Vec<CompletionCandidate> {
    behind_comma(typed, |typed| names(typed, line.groups()))
}

fn roles(line: &Line, typed: &str) -> Vec<CompletionCandidate> {
    let Some(cluster) = line.cluster() else { return Vec::new() };
    let all = Subject::all(&cluster).into_iter();
    begun(typed, all.map(|it| (it.to_string(), it.role_name(cluster.name()))))
}

fn instance_roles(_: &Line, typed: &str) -> Vec<CompletionCandidate> {
    let words = ["control-plane", "apiserver", "node", "bastion"];
    behind_comma(typed, |typed| begun(typed, words.map(|word| (word, ""))))
}

fn instances(line: &Line, typed: &str) -> Vec<CompletionCandidate> {
    let of_group = |it: cloudup::rolling_update::Listed| (it.id, it.instance_group);
    begun(typed, line.instances().into_iter().map(of_group))
}

fn phases(_: &Line, typed: &str) -> Vec<CompletionCandidate> {
    let all = Phase::ALL.map(|phase| (phase.name(), ""));
    begun(typed, all.into_iter().chain([("iam", "security")]))
}

fn clouds(_: &Line, typed: &str) -> Vec<CompletionCandidate> {
    if let Some(path) = typed.strip_prefix("local:") {
        let paths = PathCompleter::any().complete(OsStr::new(path)).into_iter();
        return paths.map(|path| path.add_prefix("local:")).collect();
    }
    begun(
        typed,
        [
            ("local", "the embedded account in .cloudup/account.json"),
            ("local:", "the embedded account in another file"),
            ("aws", "the account of the usual AWS settings"),
        ],
    )
}

fn stores(_: &Line, typed: &str) -> Vec<CompletionCandidate> {
    let mut stores =
        begun(typed, [("s3://", "a bucket of Amazon's"), ("gs://", "one of Google's")]);
    stores.extend(PathCompleter::dir().complete(OsStr::new(typed)));
    stores
}

fn files(_: &Line, typed: &str) -> Vec<CompletionCandidate> {
    PathCompleter::any().complete(OsStr::new(typed))
}

fn folders(_: &Line, typed: &str) -> Vec<CompletionCandidate> {
    PathCompleter::dir().complete(OsStr::new(typed))
}

fn targets(_: &Line, typed: &str) -> Vec<CompletionCandidate> {
    begun(typed, [("direct", "the cloud"), ("dryrun", "nowhere: they are only shown")])
}

fn paths(line: &Line, typed: &str) -> Vec<CompletionCandidate> {
    let all = fields(line, typed);
    all.into_iter().map(|path| CompletionCandidate::new(path.text)).collect()
}

fn assignments(line: &Line, typed: &str) -> Vec<CompletionCandidate> {
    let all = fields(line, typed).into_iter();
    all.map(|path| {
        let end = if path.is_whole { "=" } else { "" };
        CompletionCandidate::new(path.text + end)
    })
    .collect()
}

/// The fields of what is edited.
fn fields(line: &Line, typed: &str) -> Vec<FieldPath> {
    match line.command.as_str() {
        "cluster" => FieldPath::of_cluster(typed),
        _ => FieldPath::of_group(typed),
    }
}

/// Overrides: kinds and tasks on the left, lifecycles on the right.
fn overrides(line: &Line, typed: &str) -> Vec<CompletionCandidate> {
    behind_comma(typed, |typed| match typed.split_once('=') {
        Some((selector, lifecycle)) => {
            let all = Registry::default();
            let all: Vec<_> = all.names().map(|name| (name.to_owned(), "")).collect();
            let begun = begun(lifecycle, all).into_iter();
            begun.map(|lifecycle| lifecycle.add_prefix(format!("{selector}="))).collect()
        }
        None => selected(line, typed).into_iter().map(|it| with_end(it, "=")).collect(),
    })
}

/// What drift is not to tell: kinds, tasks, and fields of either.
fn ignored(line: &Line, typed: &str) -> Vec<CompletionCandidate> {
    behind_comma(typed, |typed| {
        let mut all: Vec<_> =
            selected(line, typed).into_iter().map(|it| with_end(it, "")).collect();
        if let Some((stem, field)) = typed.rsplit_once('.')
            && let Ok(selector) = stem.parse::<Selector>()
        {
            let tasks = line.tasks();
            let mut tasks =
                tasks.iter().filter(|it| selector.matches(it.task.kind(), it.task.name()));
            let fields = tasks.next().map(|it| it.fields.clone()).unwrap_or_default();
            let fields = begun(field, fields.iter().map(|field| (field.to_string(), "")));
            all.extend(fields.into_iter().map(|field| field.add_prefix(format!("{stem}."))));
        }
        all
    })
}

/// A kind, or the tasks of one; with whether more is to come.
enum Selected {
    /// A kind or a task.
    Whole(String, String),
    /// A kind, whose tasks come next.
    Tasks(String),
}

/// Kinds until there is a slash, and then tasks; a pattern that fits some is as good as a task.
fn selected(line: &Line, typed: &str) -> Vec<Selected> {
    if typed.contains('/') {
        let tasks = line.tasks();
        let pattern = typed.parse::<Selector>().ok().filter(|_| typed.contains('*'));
        let fits = |it: &&Governed| match &pattern {
            Some(pattern) => pattern.matches(it.task.kind(), it.task.name()),
            None => it.task.to_string().starts_with(typed),
        };
        let mut found = tasks.iter().filter(fits);
        if pattern.is_some() {
            let first = found.next().map(|first| first.task.to_string());
            return first.map(|task| Selected::Whole(typed.to_owned(), task)).into_iter().collect();
        }
        return found.map(|it| Selected::Whole(it.task.to_string(), String::new())).collect();
    }
    let kinds = KINDS.iter().filter(|(kind, _)| kind.starts_with(typed));
    kinds
        .flat_map(|(kind, phase)| {
            let whole = Selected::Whole((*kind).to_owned(), format!("all of phase {phase}"));
            [whole, Selected::Tasks(format!("{kind}/"))]
        })
        .collect()
}

fn with_end(selected: Selected, end: &str) -> CompletionCandidate {
    match selected {
        Selected::Whole(text, what) => {
            let what = Some(what).filter(|what| !what.is_empty());
            CompletionCandidate::new(text + end).help(what.map(Into::into))
        }
        Selected::Tasks(text) => CompletionCandidate::new(text).help(Some("one of them".into())),
    }
}

/// Candidates for what stands behind the last comma.
fn behind_comma(
    typed: &str,
    complete: impl Fn(&str) -> Vec<CompletionCandidate>,
) -> Vec<CompletionCandidate> {
    let (before, last) = typed.split_at(typed.rfind(',').map_or(0, |at| at + 1));
    let candidates = complete(last).into_iter();
    candidates.map(|candidate| candidate.add_prefix(before)).collect()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::args::Cli;

    /// What nobody can suggest, but the one who types it.
    const FREE: [&str; 5] = ["N", "DURATION", "BOOL", "REGION", "CONTEXT"];

    #[test]
    fn there_is_something_to_say_about_every_value() {
        fn check(command: &Command) {
            for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
                let takes = arg.get_num_args().is_some_and(|count| count.takes_values());
                let names = arg.get_value_names().unwrap_or_default().join(" ");
                let is_known = VALUES.iter().any(|(known, _)| *known == names)
                    || FREE.contains(&names.as_str())
                    || arg.get_value_hint() == ValueHint::AnyPath
                    || !arg.get_possible_values().is_empty();
                assert!(!takes || is_known, "{}: {names} completes to nothing", command.get_name());
            }
            command.get_subcommands().filter(|it| !it.is_hide_set()).for_each(check);
        }
        let mut command = Cli::command();
        command.build();
        check(&command);
    }
}

//! What a plan comes to, before its details: how much of what, and what deserves a look.

use std::{collections::BTreeMap, io};

use anstyle::Style;
use cloudup_engine::{ChangeKind, Entry, FieldChange, Finding, Outcome, Report};
use serde_json::Value;

use super::{
    access,
    page::Page,
    report::Phases,
    style::{CREATE, DELETE, ERROR, HEADING, UPDATE},
};

/// Writes it, unless there is nothing to be done.
pub(crate) fn write(page: &mut Page<'_>, report: &Report, phases: &Phases<'_>) -> io::Result<()> {
    let changes: Vec<_> = report.changes().collect();
    if changes.is_empty() && report.succeeded() {
        return Ok(());
    }
    writeln!(page)?;
    for (phase, entries) in phases.split(changes.iter().copied()) {
        let mut title = phase;
        for (change, word, style) in [
            (ChangeKind::Create, "to create", CREATE),
            (ChangeKind::Update, "to change", UPDATE),
            (ChangeKind::Delete, "to delete", DELETE),
        ] {
            let meant: Vec<_> = entries.iter().filter(|entry| entry.change == change).collect();
            if meant.is_empty() {
                continue;
            }
            let count = meant.len();
            let word = format!("{HEADING}{title:9}{HEADING:#} {style}{count:2} {word}{style:#}: ");
            page.list(0, &word, Some(13), kinds(meant.into_iter().copied()))?;
            title = "";
        }
    }
    attention(page, report, &changes)
}

/// The kinds of things, and how many there are of each, in the order of the report.
fn kinds<'r>(entries: impl Iterator<Item = &'r Entry>) -> Vec<String> {
    let mut kinds: Vec<(&str, usize)> = Vec::new();
    for entry in entries {
        let kind = entry.task.kind();
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => *count += 1,
            None => kinds.push((kind, 1)),
        }
    }
    let told = kinds.into_iter().map(|(kind, count)| match count {
        1 => kind.to_owned(),
        many => format!("{many} {kind}"),
    });
    told.collect()
}

/// How many things are named one by one.
const NAMED: usize = 8;

/// How many documents are named one by one.
const FEW: usize = 3;

/// What deserves a look.
fn attention(page: &mut Page<'_>, report: &Report, changes: &[&Entry]) -> io::Result<()> {
    let of = |change: ChangeKind| changes.iter().filter(move |entry| entry.change == change);
    let names = |entries: &mut dyn Iterator<Item = &&Entry>| -> Vec<String> {
        entries.map(|entry| entry.task.to_string()).collect()
    };
    let mut look = |sign: &str, style: Style, word: &str, items: Vec<String>| {
        let more = items.len().saturating_sub(NAMED);
        let more = (more > 0).then(|| format!("and {more} more"));
        let items = items.into_iter().take(NAMED).chain(more);
        page.list(0, &format!("{style}{sign}{style:#} {word} "), Some(4), items)
    };
    let deleted = names(&mut of(ChangeKind::Delete));
    // Where nothing else is done, the numbers say it.
    if deleted.len() < changes.len() {
        look("-", DELETE, "deleted:", deleted)?;
    }
    let mut access: BTreeMap<bool, Vec<(&Entry, usize)>> = BTreeMap::new();
    for entry in changes {
        let (gained, lost) = access::counts(fields(entry));
        for (is_gain, count) in [(true, gained), (false, lost)] {
            if count > 0 {
                access.entry(is_gain).or_default().push((entry, count));
            }
        }
    }
    for (is_gain, sign, style, word) in
        [(true, "+", CREATE, "access gained"), (false, "-", DELETE, "access lost")]
    {
        let counts = access.remove(&is_gain).unwrap_or_default();
        let all: usize = counts.iter().map(|(_, count)| count).sum();
        let permissions = if all == 1 { "permission" } else { "permissions" };
        let places = if counts.len() > FEW {
            kinds(counts.iter().map(|(entry, _)| *entry))
        } else {
            counts.iter().map(|(entry, _)| entry.task.to_string()).collect()
        };
        look(sign, style, &format!("{word}: {all} {permissions}, by"), places)?;
    }
    let open = names(&mut of(ChangeKind::Create).filter(|entry| is_open(entry)));
    look("!", UPDATE, "open to everybody:", open)?;
    let templates = of(ChangeKind::Update).filter(|it| it.task.kind() == "LaunchTemplate");
    look(
        "!",
        UPDATE,
        "instances that run stay as they started until a rolling update:",
        names(&mut { templates }),
    )?;
    let noted = changes.iter().filter(|entry| !entry.notes.is_empty());
    look("!", UPDATE, "changed, with a note:", names(&mut { noted }))?;
    let warned: Vec<_> =
        report.entries.iter().filter(|entry| entry.outcome == Outcome::Warned).collect();
    look("!", UPDATE, "left with a warning:", names(&mut warned.iter()))?;
    let failed: Vec<_> = report.failures().collect();
    let blocked = report.blocked().count();
    let word = match blocked {
        0 => "failed:".to_owned(),
        held_up => format!("failed, and block {held_up} more:"),
    };
    look("x", ERROR, &word, names(&mut failed.iter()))
}

fn fields(entry: &Entry) -> &[FieldChange] {
    match &entry.finding {
        Finding::Missing { fields } | Finding::Stray { fields } => fields,
        Finding::Different { changes } => changes,
        Finding::NotLooked | Finding::Same | Finding::Unreadable { .. } => &[],
    }
}

/// Whether it is a rule that lets everybody in.
fn is_open(entry: &Entry) -> bool {
    let field = |name: &str| {
        let found = fields(entry).iter().find(|change| change.field == name);
        found.and_then(|change| change.to.as_ref())
    };
    entry.task.kind() == "SecurityGroupRule"
        && field("egress") == Some(&Value::Bool(false))
        && field("peer").is_some_and(|peer| peer == "0.0.0.0/0" || peer == "::/0")
}

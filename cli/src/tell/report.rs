//! A report as people read it: what changes, grouped; what is worth a word; what went wrong.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use cloudup_engine::{
    ChangeKind, Counts, Entry, Failure, Finding, Mode, Outcome, Report, StopLevel,
};

use super::{
    Detail, field,
    style::{self, DIM, ERROR, HEADING, UPDATE},
};

/// Writes the entries of `report` that somebody should see, grouped by phase and by kind.
///
/// `phase_of` names the phase that a kind belongs to; phases come in the order of `phases`.
pub(crate) fn entries(
    out: &mut dyn Write,
    report: &Report,
    detail: Detail,
    phases: &[&str],
    phase_of: impl Fn(&str) -> usize,
) -> io::Result<()> {
    let mut groups: BTreeMap<usize, Vec<(&str, Vec<&Entry>)>> = BTreeMap::new();
    for entry in report.entries.iter().filter(|entry| is_seen(entry, detail)) {
        let kinds = groups.entry(phase_of(entry.task.kind())).or_default();
        match kinds.iter_mut().find(|(kind, _)| *kind == entry.task.kind()) {
            Some((_, entries)) => entries.push(entry),
            None => kinds.push((entry.task.kind(), vec![entry])),
        }
    }
    for (phase, kinds) in groups {
        let phase = phases.get(phase).copied().unwrap_or("other");
        writeln!(out, "\n{HEADING}{phase}{HEADING:#}")?;
        for (kind, entries) in kinds {
            writeln!(out, "  {kind}")?;
            for seen in entries {
                entry(out, seen, detail)?;
            }
        }
    }
    Ok(())
}

fn is_seen(entry: &Entry, detail: Detail) -> bool {
    match detail {
        Detail::All => true,
        Detail::Changes => entry.outcome != Outcome::Kept || !entry.notes.is_empty(),
        Detail::Trouble => matches!(
            entry.outcome,
            Outcome::Failed | Outcome::Blocked { .. } | Outcome::NotTried | Outcome::InDoubt
        ),
    }
}

fn entry(out: &mut dyn Write, entry: &Entry, detail: Detail) -> io::Result<()> {
    let (sign, style) = style::sign(&entry.outcome, entry.change);
    write!(out, "    {style}{sign}{style:#} {}", entry.task.name())?;
    if let Some(word) = word(entry) {
        write!(out, " {DIM}({word}){DIM:#}")?;
    }
    // Where the rule is anything but "Sync because nobody said otherwise", it is named.
    if &*entry.lifecycle != "Sync" || entry.rule.selector.is_some() {
        write!(out, " {DIM}[{}: {}]{DIM:#}", entry.lifecycle, entry.rule)?;
    }
    writeln!(out)?;
    match &entry.finding {
        // What was to change has been told.
        _ if detail == Detail::Trouble => {}
        Finding::Missing { fields: changes }
        | Finding::Different { changes }
        | Finding::Stray { fields: changes } => {
            for change in changes {
                field::write(out, 10, change, detail)?;
            }
        }
        Finding::Unreadable { error } if entry.error.is_none() => failure(out, 10, error)?,
        Finding::Unreadable { .. } | Finding::NotLooked | Finding::Same => {}
    }
    for note in &entry.notes {
        writeln!(out, "          {UPDATE}note:{UPDATE:#} {note}")?;
    }
    if let Some(error) = &entry.error {
        failure(out, 10, error)?;
    }
    Ok(())
}

/// What the sign alone does not say.
fn word(entry: &Entry) -> Option<String> {
    let word = match (&entry.outcome, &entry.finding) {
        (Outcome::Failed, _) => "failed",
        (Outcome::Blocked { by }, _) => return Some(format!("not tried: blocked by {by}")),
        (Outcome::NotTried, _) => "not tried: stopped before",
        (Outcome::InDoubt, _) => "in doubt: it was being changed",
        (Outcome::Deferred, _) => "deleted with --prune",
        (Outcome::Warned, Finding::Missing { .. }) => "missing, left so",
        (Outcome::Warned, Finding::Different { .. }) => "differs, left as it is",
        (Outcome::Warned, Finding::Stray { .. }) => "no longer wanted, left as it is",
        (Outcome::Warned, Finding::Unreadable { .. }) => "could not be read",
        (Outcome::Planned | Outcome::Done, _) => match entry.change {
            ChangeKind::Delete => "deleted",
            ChangeKind::Create | ChangeKind::Update | ChangeKind::None => return None,
        },
        (Outcome::Warned | Outcome::Kept, _) => return None,
    };
    Some(word.to_owned())
}

/// Writes an error, its causes and its hint.
pub(super) fn failure(out: &mut dyn Write, indent: usize, error: &Failure) -> io::Result<()> {
    let pad = " ".repeat(indent);
    writeln!(out, "{pad}{ERROR}error:{ERROR:#} could not {}", error.message)?;
    for cause in &error.causes {
        writeln!(out, "{pad}  because: {cause}")?;
    }
    if let Some(hint) = &error.hint {
        writeln!(out, "{pad}{HEADING}hint:{HEADING:#} {hint}")?;
    }
    Ok(())
}

/// Writes the last lines: how many of each sort, and what to do now.
pub(crate) fn summary(out: &mut dyn Write, report: &Report, hint: Option<&str>) -> io::Result<()> {
    writeln!(out)?;
    for warning in &report.warnings {
        match &warning.task {
            Some(task) => {
                writeln!(out, "{UPDATE}warning:{UPDATE:#} {task}: {}", warning.message)?;
            }
            None => writeln!(out, "{UPDATE}warning:{UPDATE:#} {}", warning.message)?,
        }
    }
    match report.stopped {
        Some(StopLevel::Finish) => {
            writeln!(
                out,
                "{UPDATE}Stopped: what ran was finished, nothing new was started.{UPDATE:#}"
            )?;
        }
        Some(StopLevel::Leave) => {
            writeln!(out, "{UPDATE}Stopped at once: what is marked ? is in doubt.{UPDATE:#}")?;
        }
        None => {}
    }
    let counts = report.counts();
    if report.is_settled() && counts.changes() == 0 {
        let rest = rest(&counts);
        writeln!(out, "{HEADING}Nothing to do.{HEADING:#}{rest}")?;
        return Ok(());
    }
    let word = match report.mode {
        Mode::Plan => ("Plan:", "to create", "to change", "to delete"),
        Mode::Apply => ("Done:", "created", "changed", "deleted"),
    };
    let Counts { created, updated, deleted, .. } = counts;
    let head = if report.succeeded() { word.0 } else { "Not complete:" };
    writeln!(
        out,
        "{HEADING}{head}{HEADING:#} {created} {}, {updated} {}, {deleted} {}.{}",
        word.1,
        word.2,
        word.3,
        rest(&counts)
    )?;
    if let Some(hint) = hint {
        writeln!(out, "{hint}")?;
    }
    Ok(())
}

fn rest(counts: &Counts) -> String {
    let sorts = [
        (counts.warned, "with a warning"),
        (counts.deferred, "deleted with --prune"),
        (counts.failed, "failed"),
        (counts.blocked, "blocked"),
        (counts.not_tried, "not tried"),
        (counts.in_doubt, "in doubt"),
    ];
    let told: Vec<_> = sorts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, sort)| format!("{count} {sort}"))
        .collect();
    if told.is_empty() { String::new() } else { format!(" {}.", told.join(", ")) }
}

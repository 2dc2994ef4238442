//! A report as people read it: what changes, grouped; what is worth a word; what went wrong.

use std::{collections::BTreeMap, fmt::Write as _, io};

use cloudup_engine::{ChangeKind, Counts, Entry, Finding, Mode, Outcome, Report, StopLevel};

use super::{
    Detail,
    brief::{self, CommonTags},
    field,
    page::{GLUE, Page},
    style::{self, DIM, HEADING, UPDATE},
};

/// The phases that a report's entries are grouped by.
pub(crate) struct Phases<'a> {
    /// Their names, in order.
    pub(crate) names: &'a [&'a str],
    /// The place among them of the phase that a kind belongs to.
    pub(crate) of: &'a dyn Fn(&str) -> usize,
}

impl Phases<'_> {
    /// Entries by phase, each under the phase's name.
    pub(super) fn split<'r>(
        &self,
        entries: impl Iterator<Item = &'r Entry>,
    ) -> Vec<(&str, Vec<&'r Entry>)> {
        let mut phases: BTreeMap<usize, Vec<&Entry>> = BTreeMap::new();
        for entry in entries {
            phases.entry((self.of)(entry.task.kind())).or_default().push(entry);
        }
        let named = phases
            .into_iter()
            .map(|(place, entries)| (self.names.get(place).copied().unwrap_or("other"), entries));
        named.collect()
    }
}

/// Writes the entries of `report` that somebody should see, grouped by phase and by kind.
pub(crate) fn entries(
    page: &mut Page<'_>,
    report: &Report,
    detail: Detail,
    phases: &Phases<'_>,
) -> io::Result<()> {
    let seen = report.entries.iter().filter(|entry| is_seen(entry, detail));
    let common = match detail {
        Detail::All => CommonTags::default(),
        Detail::Changes => CommonTags::of(seen.clone().filter(|entry| entry.is_change())),
    };
    if !common.is_empty() {
        writeln!(page)?;
        common.write(page)?;
    }
    for (phase, entries) in phases.split(seen) {
        let mut kinds: Vec<(&str, Vec<&Entry>)> = Vec::new();
        for entry in entries {
            match kinds.iter_mut().find(|(kind, _)| *kind == entry.task.kind()) {
                Some((_, entries)) => entries.push(entry),
                None => kinds.push((entry.task.kind(), vec![entry])),
            }
        }
        writeln!(page, "\n{HEADING}{phase}{HEADING:#}")?;
        for (kind, entries) in kinds {
            writeln!(page, "  {kind}")?;
            for seen in entries {
                entry(page, seen, detail, &common)?;
            }
        }
    }
    Ok(())
}

/// What was held up, or broken off, is told apart.
fn is_seen(entry: &Entry, detail: Detail) -> bool {
    match (detail, &entry.outcome) {
        (Detail::All, _) => true,
        (Detail::Changes, Outcome::Kept) => !entry.notes.is_empty(),
        (Detail::Changes, outcome) => {
            !matches!(outcome, Outcome::Blocked { .. } | Outcome::NotTried | Outcome::InDoubt)
        }
    }
}

/// How far in an entry's details stand.
const DETAILS: usize = 8;

fn entry(
    page: &mut Page<'_>,
    entry: &Entry,
    detail: Detail,
    common: &CommonTags,
) -> io::Result<()> {
    let (sign, style) = style::sign(&entry.outcome, entry.change);
    let mut line = format!("{style}{sign}{style:#}{GLUE}{}", entry.task.name());
    // Writing to a string cannot fail.
    if let Some(word) = word(entry) {
        let _ = write!(line, " {DIM}({word}){DIM:#}");
    }
    line += &rule(entry);
    page.text(4, 6, &line)?;
    // What is told once is told of changes.
    let none = CommonTags::default();
    let common = if entry.is_change() { common } else { &none };
    match &entry.finding {
        Finding::Missing { fields } | Finding::Stray { fields } if detail == Detail::Changes => {
            brief::write(page, DETAILS, entry, fields, common)?;
        }
        Finding::Missing { fields: changes }
        | Finding::Different { changes }
        | Finding::Stray { fields: changes } => {
            for change in changes {
                if let Some(change) = common.rest(change) {
                    field::write(page, DETAILS, &change, detail)?;
                }
            }
        }
        Finding::Unreadable { .. } | Finding::NotLooked | Finding::Same => {}
    }
    entry
        .notes
        .iter()
        .try_for_each(|note| page.text(DETAILS, 2, &format!("{UPDATE}note:{UPDATE:#} {note}")))
}

/// The rule that decided, where it is anything but `Sync` because nobody said otherwise.
pub(super) fn rule(entry: &Entry) -> String {
    if &*entry.lifecycle == "Sync" && entry.rule.selector.is_none() {
        return String::new();
    }
    format!(" {DIM}[{}: {}]{DIM:#}", entry.lifecycle, entry.rule)
}

/// What the sign alone does not say.
fn word(entry: &Entry) -> Option<String> {
    let word = match (&entry.outcome, &entry.finding) {
        (Outcome::Failed, _) => "failed: see below",
        (Outcome::Blocked { by }, _) => return Some(format!("not tried: blocked by {by}")),
        (Outcome::NotTried, _) => "not tried: stopped before",
        (Outcome::InDoubt, _) => "in doubt: it was being changed",
        (Outcome::Deferred, _) => "deleted with --prune",
        (Outcome::Warned, Finding::Missing { .. }) => "missing, left so",
        (Outcome::Warned, Finding::Different { .. }) => "differs, left as it is",
        (Outcome::Warned, Finding::Stray { .. }) => "no longer wanted, left as it is",
        (Outcome::Warned, Finding::Unreadable { error }) => {
            let why = error.causes.last().unwrap_or(&error.message);
            return Some(format!("could not be read: {why}"));
        }
        (Outcome::Planned | Outcome::Done, _) => match entry.change {
            ChangeKind::Delete => "deleted",
            ChangeKind::Create | ChangeKind::Update | ChangeKind::None => return None,
        },
        (Outcome::Warned | Outcome::Kept, _) => return None,
    };
    Some(word.to_owned())
}

/// Writes the last lines: how many of each sort, and what to do now.
pub(crate) fn summary(page: &mut Page<'_>, report: &Report, hint: Option<&str>) -> io::Result<()> {
    writeln!(page)?;
    for warning in &report.warnings {
        let of = warning.task.as_ref().map(|task| format!("{task}: ")).unwrap_or_default();
        page.text(0, 2, &format!("{UPDATE}warning:{UPDATE:#} {of}{}", warning.message))?;
    }
    match report.stopped {
        Some(StopLevel::Finish) => {
            writeln!(
                page,
                "{UPDATE}Stopped: what ran was finished, nothing new was started.{UPDATE:#}"
            )?;
        }
        Some(StopLevel::Leave) => {
            writeln!(page, "{UPDATE}Stopped at once: what is marked ? is in doubt.{UPDATE:#}")?;
        }
        None => {}
    }
    let counts = report.counts();
    if report.is_settled() && counts.changes() == 0 {
        let rest = rest(&counts);
        writeln!(page, "{HEADING}Nothing to do.{HEADING:#}{rest}")?;
        return Ok(());
    }
    let word = match report.mode {
        Mode::Plan => ("Plan:", "to create", "to change", "to delete"),
        Mode::Apply => ("Done:", "created", "changed", "deleted"),
    };
    let Counts { created, updated, deleted, .. } = counts;
    let head = if report.succeeded() { word.0 } else { "Not complete:" };
    writeln!(
        page,
        "{HEADING}{head}{HEADING:#} {created} {}, {updated} {}, {deleted} {}.{}",
        word.1,
        word.2,
        word.3,
        rest(&counts)
    )?;
    if let Some(hint) = hint {
        page.text(0, 2, hint)?;
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

//! What went wrong in a run, all together: why, what to try, and what each failure held up.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
};

use cloudup_engine::{Entry, Failure, Outcome, Report, TaskId};

use super::{
    page::{GLUE, Page},
    report::rule,
    style::{DIM, ERROR, HEADING, UPDATE},
};

/// Writes it, if anything did.
pub(crate) fn write(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let failed: Vec<_> = report.failures().collect();
    let mut blocked: BTreeMap<&TaskId, Vec<&Entry>> = BTreeMap::new();
    for entry in &report.entries {
        if let Outcome::Blocked { by } = &entry.outcome {
            blocked.entry(by).or_default().push(entry);
        }
    }
    if !failed.is_empty() || !blocked.is_empty() {
        writeln!(page, "\n{ERROR}failed{ERROR:#}")?;
    }
    for entry in failed {
        let tries = match entry.timing.attempts {
            Some(tries) if tries > 1 => format!(" {DIM}(tried {tries} times){DIM:#}"),
            _ => String::new(),
        };
        let rule = rule(entry);
        page.text(2, 4, &format!("{ERROR}x{ERROR:#}{GLUE}{}{tries}{rule}", entry.task))?;
        if let Some(error) = &entry.error {
            failure(page, 6, error)?;
        }
        if let Some(held_up) = blocked.remove(&entry.task) {
            blocks(page, &held_up)?;
        }
    }
    for (by, held_up) in blocked {
        writeln!(page, "  {ERROR}x{ERROR:#} {by}")?;
        blocks(page, &held_up)?;
    }
    let of = |outcome: Outcome| report.entries.iter().filter(move |it| it.outcome == outcome);
    let names = |of: &mut dyn Iterator<Item = &Entry>| -> Vec<_> {
        of.map(|entry| entry.task.to_string()).collect()
    };
    let in_doubt = names(&mut of(Outcome::InDoubt));
    if !in_doubt.is_empty() {
        writeln!(page, "\n{ERROR}in doubt{ERROR:#}: being changed when it was left")?;
        in_doubt.iter().try_for_each(|task| writeln!(page, "  {ERROR}?{ERROR:#} {task}"))?;
    }
    let not_tried = names(&mut of(Outcome::NotTried));
    if !not_tried.is_empty() {
        writeln!(page)?;
        let word = format!("{HEADING}not tried{HEADING:#}, as it was stopped before: ");
        page.list(0, &word, Some(2), not_tried)?;
    }
    hints(page, report)
}

fn blocks(page: &mut Page<'_>, held_up: &[&Entry]) -> io::Result<()> {
    let word = format!("{UPDATE}blocks {}:{UPDATE:#} ", held_up.len());
    page.list(6, &word, Some(2), held_up.iter().map(|entry| entry.task.to_string()))
}

/// What to try about what could not be read and was left for it: once for all that it is about.
fn hints(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let warned = report.entries.iter().filter(|entry| entry.outcome == Outcome::Warned);
    let hints: BTreeSet<_> =
        warned.filter_map(|entry| unreadable(entry)?.hint.as_deref()).collect();
    if hints.is_empty() {
        return Ok(());
    }
    writeln!(page)?;
    hints.into_iter().try_for_each(|hint| {
        page.text(
            0,
            2,
            &format!("{HEADING}hint:{HEADING:#} to read what could not be read: {hint}"),
        )
    })
}

/// Why something could not be read.
pub(super) fn unreadable(entry: &Entry) -> Option<&Failure> {
    match &entry.finding {
        cloudup_engine::Finding::Unreadable { error } => Some(error),
        _ => None,
    }
}

/// Writes an error, its causes and its hint.
fn failure(page: &mut Page<'_>, indent: usize, error: &Failure) -> io::Result<()> {
    let Failure { message, causes, hint, .. } = error;
    page.text(indent, 4, &format!("{ERROR}error:{ERROR:#} could not {message}"))?;
    for cause in causes {
        page.text(indent + 2, 4, &format!("because: {cause}"))?;
    }
    match hint {
        Some(hint) => page.text(indent, 4, &format!("{HEADING}hint:{HEADING:#} {hint}")),
        None => Ok(()),
    }
}

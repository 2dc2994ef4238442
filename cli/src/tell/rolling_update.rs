//! A rolling update as people read it.

use std::{collections::BTreeMap, io};

use cloudup::rolling_update::{Event, GroupReport, Outcome, Reason, RollingUpdateReport};

use super::{
    page::Page,
    style::{DIM, ERROR, UPDATE},
    table,
};

/// How many instances are named for a reason that several share.
const NAMED: usize = 3;

/// Writes the groups, and why instances of theirs are to be replaced.
pub(crate) fn groups(page: &mut Page<'_>, report: &RollingUpdateReport) -> io::Result<()> {
    let with_nodes = report.groups.iter().any(|group| group.nodes.is_some());
    let mut headings = vec!["NAME", "STATUS", "NEEDUPDATE", "READY", "MIN", "TARGET", "MAX"];
    if with_nodes {
        headings.push("NODES");
    }
    let rows: Vec<_> = report.groups.iter().map(|group| row(group, with_nodes)).collect();
    table(page, &headings, &rows)?;
    for group in report.groups.iter().filter(|group| !group.need_update.is_empty()) {
        let count = group.need_update.len();
        writeln!(page, "\n{}: {} to be replaced", group.name, instances(count))?;
        for (reason, ids) in by_reason(group) {
            let shown = ids.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
            let more = ids.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let told = format!("{UPDATE}~{UPDATE:#} {reason} {DIM}({shown}{more}){DIM:#}");
            page.text(2, 4, &told)?;
        }
    }
    Ok(())
}

fn row(group: &GroupReport, with_nodes: bool) -> Vec<String> {
    let mut row = vec![group.name.clone(), group.status().to_owned()];
    let numbers = [group.need_update.len(), group.ready, group.min, group.target, group.max];
    row.extend(numbers.map(|number| number.to_string()));
    if with_nodes {
        row.push(group.nodes.map_or_else(|| "-".to_owned(), |nodes| nodes.to_string()));
    }
    row
}

/// The instances that are to be replaced for the same reasons.
fn by_reason(group: &GroupReport) -> BTreeMap<String, Vec<&str>> {
    let mut reasons: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for instance in &group.need_update {
        let told: Vec<_> = instance.reasons.iter().map(Reason::to_string).collect();
        reasons.entry(told.join("; ")).or_default().push(&instance.id);
    }
    reasons
}

fn instances(count: usize) -> String {
    if count == 1 { "1 instance".to_owned() } else { format!("{count} instances") }
}

/// Writes what came of it, a line a group.
pub(crate) fn summary(page: &mut Page<'_>, report: &RollingUpdateReport) -> io::Result<()> {
    writeln!(page)?;
    for group in &report.groups {
        for warning in &group.warnings {
            let told = format!("{UPDATE}!{UPDATE:#} {}: {}", group.name, indented(warning));
            page.text(0, 4, &told)?;
        }
        let name = &group.name;
        match &group.outcome {
            None | Some(Outcome::UpToDate) => {
                writeln!(page, "{DIM}={DIM:#} {name}: up to date")?;
            }
            Some(Outcome::Replaced { instances: count }) => {
                writeln!(page, "{UPDATE}~{UPDATE:#} {name}: {} replaced", instances(*count))?;
            }
            Some(Outcome::Stopped { instances: count }) => {
                let done = instances(*count);
                writeln!(page, "{UPDATE}!{UPDATE:#} {name}: stopped after {done}")?;
            }
            Some(Outcome::NotBegun) => writeln!(page, "{DIM}.{DIM:#} {name}: not begun")?,
            Some(Outcome::Failed { instances: count, error }) => {
                let done = instances(*count);
                writeln!(page, "{ERROR}x{ERROR:#} {name}: failed after {done}")?;
                page.text(4, 2, &indented(&error.to_string()))?;
                let mut cause = std::error::Error::source(error);
                while let Some(next) = cause {
                    page.text(4, 2, &format!("because: {}", indented(&next.to_string())))?;
                    cause = next.source();
                }
                if let Some(hint) = error.hint() {
                    page.text(4, 2, &format!("hint: {hint}"))?;
                }
            }
        }
    }
    Ok(())
}

fn indented(text: &str) -> String {
    text.replace('\n', "\n      ")
}

/// Writes what happens, a line each.
pub(crate) fn event(page: &mut Page<'_>, event: &Event<'_>) -> io::Result<()> {
    match event {
        Event::GroupStarted { group, instances: count } => {
            writeln!(page, "{group}: {} to be replaced", instances(*count))
        }
        Event::Detaching { group, instance } => {
            writeln!(page, "{group}: detaching {instance}, so that another takes its place")
        }
        Event::Draining { group, instance, node: Some(node) } => {
            writeln!(page, "{group}: draining {node} ({instance})")
        }
        // Nothing is drained: that it is terminated is told next.
        Event::Draining { node: None, .. } => Ok(()),
        Event::Terminating { group, instance, warm } => {
            let of = if *warm { " of the warm pool" } else { "" };
            writeln!(page, "{group}: terminating {instance}{of}")
        }
        Event::Waiting { group, troubles, left } => {
            let minutes = left.as_secs().div_ceil(60);
            writeln!(page, "{group}: waiting, {minutes} min at most")?;
            troubles.iter().try_for_each(|it| page.text(4, 2, &indented(it)))
        }
        Event::Settled { group } => writeln!(page, "{group}: well"),
        Event::Warning { group, message } => {
            let of = if group.is_empty() { String::new() } else { format!("{group}: ") };
            page.text(0, 2, &format!("{UPDATE}!{UPDATE:#} {of}{}", indented(message)))
        }
        Event::GroupFinished { group, replaced } => {
            writeln!(page, "{group}: {} replaced", instances(*replaced))
        }
    }
}

//! The entries of a report, by phase and kind.

use std::collections::{BTreeMap, BTreeSet};

use cloudup_engine::{Entry, Finding, Mark, Outcome, Report};
use maud::{Markup, html};

use super::{field, time::span, trouble::failure};
use crate::{kinds, phase::Phase};

/// The id of an entry's element, for links: by its place in the report.
pub(super) fn anchor(nth: usize) -> String {
    format!("entry-{nth}")
}

/// Entries with their places in the report.
type Placed<'e> = Vec<(usize, &'e Entry)>;

/// All entries; none where there are none.
pub(super) fn entries(report: &Report) -> Option<Markup> {
    if report.entries.is_empty() {
        return None;
    }
    let phases = Phase::ALL.map(Phase::name);
    let mut groups: BTreeMap<usize, Vec<(&str, Placed<'_>)>> = BTreeMap::new();
    for (nth, entry) in report.entries.iter().enumerate() {
        let kind = entry.task.kind();
        let phase = kinds::phase(kind);
        let place = phase.and_then(|phase| Phase::ALL.iter().position(|&other| other == phase));
        let kinds = groups.entry(place.unwrap_or(phases.len())).or_default();
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, entries)) => entries.push((nth, entry)),
            None => kinds.push((kind, vec![(nth, entry)])),
        }
    }
    Some(html! {
        (filters(report))
        div #entries {
            @for (phase, kinds) in &groups {
                div .phase {
                    h3 { (phases.get(*phase).copied().unwrap_or("other")) }
                    @for (kind, entries) in kinds {
                        div .kind {
                            h4 { (kind) }
                            @for (nth, entry) in entries { (details(*nth, entry)) }
                        }
                    }
                }
            }
        }
    })
}

/// What is shown of it all. Without scripts all is shown.
fn filters(report: &Report) -> Markup {
    let marks: BTreeSet<_> = report.entries.iter().map(Mark::of).collect();
    html! {
        form #filters .filters role="search" aria-label="Changes" hidden {
            label { "Search " input #search type="search" autocomplete="off" spellcheck="false" placeholder="a name, a field, a value" aria-keyshortcuts="/"; }
            fieldset {
                legend .unseen { "Which" }
                @for mark in marks {
                    label .mark .{ "mark-" (mark.name()) } {
                        input type="checkbox" value=(mark.name()) checked[!is_quiet(mark)] autocomplete="off";
                        (sign(mark)) (mark.name())
                    }
                }
            }
            button #open type="button" { "Open all" }
            button #close type="button" { "Close all" }
            span #count .quiet role="status" {}
        }
    }
}

/// Whether it is shown only to those who ask.
fn is_quiet(mark: Mark) -> bool {
    matches!(mark, Mark::Kept | Mark::Ignored)
}

fn sign(mark: Mark) -> Markup {
    html! { span aria-hidden="true" { (mark.sign()) } " " }
}

fn details(nth: usize, entry: &Entry) -> Markup {
    let mark = Mark::of(entry);
    let is_open = matches!(mark, Mark::Failed | Mark::InDoubt | Mark::Warn);
    html! {
        details .entry id=(anchor(nth)) data-mark=(mark.name()) open[is_open] {
            summary {
                span .mark .{ "mark-" (mark.name()) } { (sign(mark)) (mark.name()) }
                " " span .name { (entry.task.name()) }
                " " span .quiet { (word(entry)) }
            }
            (said(entry))
        }
    }
}

fn said(entry: &Entry) -> Markup {
    let looked = match &entry.finding {
        Finding::Missing { fields: changes }
        | Finding::Different { changes }
        | Finding::Stray { fields: changes } => field::fields(changes),
        Finding::Unreadable { error } if entry.error.is_none() => failure(error),
        Finding::Unreadable { .. } | Finding::NotLooked | Finding::Same => html! {},
    };
    let timing = &entry.timing;
    html! {
        @if let Some(error) = &entry.error { (failure(error)) }
        @for note in &entry.notes { p { strong { "note: " } (note) } }
        (looked)
        p .quiet {
            "Lifecycle " (entry.lifecycle) ", set by " (entry.rule) "."
            @if let Some(finder) = &entry.found_by { " Found by " (finder) "." }
            @if let (Some(started), Some(duration)) = (timing.started_ms, timing.duration_ms) {
                " Began at " (span(started)) " and took " (span(duration))
                @match timing.attempts { Some(tries) if tries > 1 => { ", in " (tries) " tries." } _ => "." }
            }
        }
    }
}

/// What the mark alone does not say.
fn word(entry: &Entry) -> String {
    match (&entry.outcome, &entry.finding) {
        (Outcome::Blocked { by }, _) => format!("blocked by {by}"),
        (Outcome::NotTried, _) => "stopped before".to_owned(),
        (Outcome::InDoubt, _) => "it was being changed".to_owned(),
        (Outcome::Deferred, _) => "deleted with --prune".to_owned(),
        (Outcome::Warned, Finding::Missing { .. }) => "missing, left so".to_owned(),
        (Outcome::Warned, Finding::Different { .. }) => "differs, left as it is".to_owned(),
        (Outcome::Warned, Finding::Stray { .. }) => "no longer wanted, left as it is".to_owned(),
        (Outcome::Warned, Finding::Unreadable { .. }) => "could not be read".to_owned(),
        _ => String::new(),
    }
}

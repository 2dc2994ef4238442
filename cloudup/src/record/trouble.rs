//! What went wrong, and what is worth a word.

use cloudup_engine::{Entry, Failure, Report};
use maud::{Markup, html};

use super::{Record, Subject, Told, entries::anchor};

/// Errors first, then warnings and notes; none where there is nothing to say.
pub(super) fn trouble(record: &Record<'_>, report: Option<&Report>) -> Option<Markup> {
    let entries = report.map(|report| report.entries.as_slice()).unwrap_or_default();
    let failed: Vec<_> =
        entries.iter().enumerate().filter(|(_, entry)| entry.error.is_some()).collect();
    let warnings = report.map(|report| report.warnings.as_slice()).unwrap_or_default();
    let (told, notices) = (&record.ending.told, record.subject.notices());
    let groups: Vec<_> = match record.subject {
        Subject::RollingUpdate(rolled, _) => rolled.groups.iter().collect(),
        _ => Vec::new(),
    };
    let of_groups =
        groups.iter().flat_map(|group| group.warnings.iter().map(|it| (&group.name, it)));
    let of_groups: Vec<_> = of_groups.collect();
    let errors = groups.iter().filter_map(|group| Some((&group.name, group.error()?)));
    let errors: Vec<_> = errors.collect();
    let quiet = failed.is_empty() && warnings.is_empty() && told.is_empty() && notices.is_empty();
    if quiet && of_groups.is_empty() && errors.is_empty() {
        return None;
    }
    Some(html! {
        ul .trouble {
            @for told in told { li .is-error { (ending(told)) } }
            @for (nth, entry) in failed { li .is-error { (entry_failure(nth, entry)) } }
            @for (name, error) in errors {
                li .is-error { strong { "error: " } (name) ": " (chain(error)) }
            }
            @for warning in warnings {
                li .is-warning {
                    strong { "warning: " }
                    @if let Some(task) = &warning.task { (task) ": " }
                    (warning.message)
                }
            }
            @for (name, warning) in of_groups {
                li .is-warning { strong { "warning: " } (name) ": " (warning) }
            }
            @for notice in &notices { li { strong { "note: " } (notice) } }
        }
    })
}

fn ending(told: &Told) -> Markup {
    html! {
        strong { "error: " }
        span .lines { (told.message) }
        @for hint in &told.hints { p .hint { strong { "hint: " } (hint) } }
    }
}

fn entry_failure(nth: usize, entry: &Entry) -> Markup {
    html! {
        a href={ "#" (anchor(nth)) } { (entry.task) }
        @if let Some(error) = &entry.error { (failure(error)) }
    }
}

/// An error with its causes and its hint.
pub(super) fn failure(error: &Failure) -> Markup {
    html! {
        div .failure {
            p { strong { "error: " } "could not " (error.message) }
            @for cause in &error.causes { p .cause { "because: " (cause) } }
            @if let Some(hint) = &error.hint { p .hint { strong { "hint: " } (hint) } }
        }
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.fold(error.to_string(), |told, cause| format!("{told}: {cause}"))
}

//! The calls that were made, and what was tried again.

use cloudup_engine::Report;
use cloudup_tasks::cloud::CallCount;
use maud::{Markup, html};

use super::{entries::anchor, time::span};

/// A table of calls, and one of rests; none where nothing was called.
pub(super) fn calls(calls: &[CallCount], report: Option<&Report>) -> Option<Markup> {
    let entries = report.map(|report| report.entries.as_slice()).unwrap_or_default();
    let rests = entries.iter().enumerate().flat_map(|(nth, entry)| {
        let looks = entry.look.iter().flat_map(|look| &look.waits);
        looks.chain(&entry.timing.waits).map(move |wait| (nth, entry, wait))
    });
    let mut rests: Vec<_> = rests.collect();
    rests.sort_by_key(|(_, _, wait)| wait.started_ms);
    if calls.is_empty() && rests.is_empty() {
        return None;
    }
    let sum = |of: fn(&CallCount) -> u64| calls.iter().map(of).sum::<u64>();
    Some(html! {
        @if !calls.is_empty() {
            table .numbers {
                caption {
                    (sum(|it| it.calls)) " calls, " (sum(|it| it.throttled)) " throttled, "
                    (sum(|it| it.failed)) " failed; together they took " (span(sum(|it| it.total_ms)))
                }
                thead { tr {
                    th scope="col" { "Operation" }
                    @for head in ["Calls", "Not there", "Throttled", "Failed", "Together", "Slowest"] {
                        th scope="col" { (head) }
                    }
                } }
                tbody {
                    @for call in calls {
                        tr {
                            th scope="row" { (call.service) ":" (call.operation) }
                            @for count in [call.calls, call.not_found, call.throttled, call.failed] {
                                td { @if count > 0 { (count) } }
                            }
                            td { (span(call.total_ms)) }
                            td { (span(call.slowest_ms)) }
                        }
                    }
                }
            }
        }
        @if !rests.is_empty() {
            h3 { "Tried again" }
            table {
                thead { tr {
                    @for head in ["At", "Task", "Try", "Rested", "Because"] { th scope="col" { (head) } }
                } }
                tbody {
                    @for (nth, entry, wait) in rests {
                        tr {
                            td { (span(wait.started_ms)) }
                            td { a href={ "#" (anchor(nth)) } { (entry.task) } }
                            td { (wait.attempt) }
                            td { (span(wait.delay_ms)) }
                            td { (wait.error) }
                        }
                    }
                }
            }
        }
    })
}

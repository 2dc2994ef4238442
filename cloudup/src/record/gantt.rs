//! The timeline of a run as a chart: a row for each entry that was tried.

use std::collections::{BTreeMap, BTreeSet};

use cloudup_engine::{Bar, Entry, Mark, Part, Report, Share, Timeline};
use maud::{Markup, html};

use super::{
    chart::{BAR, ROW, axis, stretch},
    entries::anchor,
    time::span,
};

/// The chart; none of a plan, nor where nothing was tried.
pub(super) fn gantt(report: &Report) -> Option<Markup> {
    let timeline = Timeline::of(report)?;
    // A millisecond at least, so that there is an axis.
    let total = timeline.total_ms.max(1);
    let places: BTreeMap<*const Entry, usize> = report
        .entries
        .iter()
        .enumerate()
        .map(|(nth, entry)| (std::ptr::from_ref(entry), nth))
        .collect();
    let place =
        |bar: &Bar<'_>| places.get(&std::ptr::from_ref(bar.entry)).copied().unwrap_or_default();
    let critical: BTreeSet<_> = timeline.path.iter().copied().collect();
    let mut rows: Vec<(usize, Vec<usize>)> = Vec::new();
    let mut row_of = BTreeMap::new();
    for (nth, bar) in timeline.bars.iter().enumerate() {
        let entry = place(bar);
        let row = *row_of.entry(entry).or_insert_with(|| {
            rows.push((entry, Vec::new()));
            rows.len() - 1
        });
        rows[row].1.push(nth);
    }
    Some(html! {
        (path(&timeline, place))
        (legend())
        div .chart tabindex="0" role="group" aria-label="Chart" {
            (axis(total))
            ol .rows {
                @for (entry, bars) in &rows {
                    @let is_critical = bars.iter().any(|bar| critical.contains(bar));
                    li .row .critical[is_critical] {
                        a href={ "#" (anchor(*entry)) } title=(report.entries[*entry].task) {
                            @if is_critical { span .unseen { "On the critical path: " } }
                            (report.entries[*entry].task)
                        }
                        (row(&timeline, bars, &critical, total))
                        span .took { (took(&timeline, bars)) }
                    }
                }
            }
        }
    })
}

/// What the run spent its time on.
fn path(timeline: &Timeline<'_>, place: impl Fn(&Bar<'_>) -> usize) -> Markup {
    let Share { worked_ms, rested_ms, queued_ms } = timeline.share();
    html! {
        p {
            "The run took " (span(timeline.total_ms)) ". Its critical path, " (timeline.path.len())
            " of " (timeline.bars.len()) " steps, was " (span(worked_ms)) " at work, "
            (span(rested_ms)) " at rest between tries, and " (span(queued_ms)) " waiting for a place."
        }
        details #path {
            summary { "The critical path, step by step" }
            table .numbers {
                thead { tr {
                    @for head in ["Step", "Began", "Worked", "Rested", "Waited for a place"] {
                        th scope="col" { (head) }
                    }
                } }
                tbody {
                    @for bar in timeline.critical() {
                        tr {
                            th scope="row" {
                                a href={ "#" (anchor(place(bar))) } { (bar.entry.task) }
                                @if let Some(part) = part(bar.part) { " " span .quiet { (part) } }
                            }
                            td { (span(bar.started_ms)) }
                            td { (span(bar.worked_ms())) }
                            td { (span(bar.rested_ms())) }
                            td { (span(bar.queued_ms())) }
                        }
                    }
                }
            }
        }
    }
}

/// What was done, where that is not plain.
fn part(part: Part) -> Option<&'static str> {
    match part {
        Part::Turn => None,
        Part::Look => Some("looked for"),
        Part::Deletion => Some("deleted"),
    }
}

/// What the chart's signs mean, and the hatching that its rows share.
fn legend() -> Markup {
    let key = |class: &str, text: &str| {
        html! {
            span .key {
                svg .key-bar width="28" height=(BAR) aria-hidden="true" {
                    rect class=(class) x="1" y="2" width="26" height="8" {}
                }
                (text)
            }
        }
    };
    html! {
        svg .hatching width="0" height="0" aria-hidden="true" {
            defs {
                pattern #hatch patternUnits="userSpaceOnUse" width="6" height="6" patternTransform="rotate(45)" {
                    rect .hatch-ground width="6" height="6" {}
                    rect .hatch-line width="2" height="6" {}
                }
            }
        }
        div .legend {
            (key("work", "at work"))
            (key("work critical-bar", "on the critical path"))
            (key("rest", "at rest, to be tried again"))
            (key("queue", "ready, waiting for a place"))
            label #only-label hidden {
                input #only type="checkbox" autocomplete="off"; " only the critical path"
            }
        }
    }
}

fn row(timeline: &Timeline<'_>, bars: &[usize], critical: &BTreeSet<usize>, total: u64) -> Markup {
    html! {
        svg width="100%" height=(ROW) aria-hidden="true" {
            title { (took(timeline, bars)) }
            @for nth in bars {
                @let bar = &timeline.bars[*nth];
                (stretch("queue", bar.ready_ms, bar.started_ms, total, (8, 2)))
                @for (class, from, until) in segments(bar) {
                    @if class == "rest" {
                        (stretch(class, from, until, total, (3, BAR)))
                    } @else {
                        @let mark = Mark::of(bar.entry).name();
                        @let on = if critical.contains(nth) { "critical-bar" } else { "" };
                        (stretch(&format!("{class} bar-{mark} {on}"), from, until, total, (3, BAR)))
                    }
                }
            }
        }
    }
}

/// A bar's tries and the rests between them.
fn segments(bar: &Bar<'_>) -> Vec<(&'static str, u64, u64)> {
    let mut segments = Vec::new();
    let mut from = bar.started_ms;
    for wait in &bar.timing.waits {
        let failed = wait.started_ms.clamp(from, bar.ended_ms);
        let resumed = wait.resumed_ms.unwrap_or(bar.ended_ms).clamp(failed, bar.ended_ms);
        segments.push(("work", from, failed));
        segments.push(("rest", failed, resumed));
        from = resumed;
    }
    segments.push(("work", from, bar.ended_ms));
    segments
}

/// How long a row's bars took, in words.
fn took(timeline: &Timeline<'_>, bars: &[usize]) -> String {
    let told = bars.iter().map(|&nth| {
        let bar = &timeline.bars[nth];
        let took = span(bar.ended_ms - bar.started_ms);
        match bar.timing.waits.len() {
            0 => took,
            rests => format!("{took}, {} tries", rests + 1),
        }
    });
    told.collect::<Vec<_>>().join(" + ")
}

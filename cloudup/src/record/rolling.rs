//! A rolling update's groups.

use maud::{Markup, html};

use super::{
    chart::{BAR, axis, stretch},
    time::span,
};
use crate::rolling_update::{GroupReport, Outcome, RollingUpdateReport, Stage, Stretch, Timeline};

pub(super) fn groups(rolled: &RollingUpdateReport) -> Markup {
    html! {
        table {
            thead { tr {
                @for head in ["Group", "Auto Scaling group", "Status", "Ready", "To replace", "Outcome"] {
                    th scope="col" { (head) }
                }
            } }
            tbody {
                @for group in &rolled.groups {
                    tr {
                        th scope="row" { (group.name) }
                        td { (group.auto_scaling_group) }
                        td { (group.status()) }
                        td { (group.ready) " of " (group.target) }
                        td { (group.need_update.len()) }
                        td { (outcome(group)) }
                    }
                }
            }
        }
        @for group in rolled.groups.iter().filter(|group| !group.need_update.is_empty()) {
            h3 { (group.name) }
            table {
                thead { tr {
                    @for head in ["Instance", "Node", "State", "Why"] { th scope="col" { (head) } }
                } }
                tbody {
                    @for instance in &group.need_update {
                        tr {
                            th scope="row" { (instance.id) }
                            td { (instance.node.as_deref().unwrap_or_default()) }
                            td { (instance.state) }
                            td { @for reason in &instance.reasons { p { (reason) } } }
                        }
                    }
                }
            }
        }
    }
}

/// A chart with a row for each instance that was replaced; none where none was.
pub(super) fn chart(timeline: &Timeline, took_ms: u64) -> Option<Markup> {
    // Milliseconds are cut off on both sides: a stretch may end one after the run.
    let ends = timeline.stretches.iter().map(|it| it.ended_ms.unwrap_or(it.started_ms));
    let total = ends.chain([took_ms, 1]).max()?;
    let mut rows: Vec<(&str, &str, Vec<&Stretch>)> = Vec::new();
    for stretch in &timeline.stretches {
        match rows.iter_mut().find(|(_, instance, _)| *instance == stretch.instance) {
            Some((.., stretches)) => stretches.push(stretch),
            None => rows.push((&stretch.group, &stretch.instance, vec![stretch])),
        }
    }
    if rows.is_empty() {
        return None;
    }
    Some(html! {
        div .legend {
            @for stage in [Stage::Detaching, Stage::Draining, Stage::Replacing] {
                span .key {
                    svg .key-bar width="28" height=(BAR) aria-hidden="true" {
                        rect class={ "work stage-" (stage.name()) } x="1" y="2" width="26" height="8" {}
                    }
                    (stage.name())
                }
            }
        }
        div .chart tabindex="0" role="group" aria-label="Chart" {
            (axis(total))
            ol .rows {
                @for (group, instance, stretches) in &rows {
                    li .row {
                        span .name title={ (group) " " (instance) } { (group) " " (instance) }
                        svg width="100%" height="18" aria-hidden="true" {
                            title { (told(stretches, total)) }
                            @for it in stretches {
                                (stretch(
                                    &format!("work stage-{}", it.stage.name()),
                                    it.started_ms,
                                    it.ended_ms.unwrap_or(total),
                                    total,
                                    (3, BAR),
                                ))
                            }
                        }
                        span .took { (told(stretches, total)) }
                    }
                }
            }
        }
    })
}

/// How long it was from the first to the last that was done about an instance.
fn told(stretches: &[&Stretch], total: u64) -> String {
    let from = stretches.iter().map(|it| it.started_ms).min().unwrap_or_default();
    let until = stretches.iter().map(|it| it.ended_ms.unwrap_or(total)).max().unwrap_or_default();
    let is_open = stretches.iter().any(|it| it.ended_ms.is_none());
    let took = span(until.saturating_sub(from));
    if is_open { format!("{took}, not over") } else { took }
}

fn outcome(group: &GroupReport) -> String {
    match &group.outcome {
        None => String::new(),
        Some(Outcome::UpToDate) => "nothing to do".to_owned(),
        Some(Outcome::Replaced { instances }) => format!("{instances} replaced"),
        Some(Outcome::Stopped { instances }) => format!("stopped, {instances} replaced"),
        Some(Outcome::Failed { instances, .. }) => format!("failed, {instances} replaced"),
        Some(Outcome::NotBegun) => "not begun".to_owned(),
    }
}

/// What came of it, in a sentence.
pub(super) fn headline(rolled: &RollingUpdateReport) -> &'static str {
    let planned = rolled.groups.iter().all(|group| group.outcome.is_none());
    match (rolled.needs_update(), planned) {
        (false, _) => "No rolling update required.",
        (true, true) => "Planned. Nothing was changed.",
        (true, false) => "Done.",
    }
}

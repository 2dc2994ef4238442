//! A picture as a page: beside a list of the same tasks, with details of the one that is chosen.

use std::collections::BTreeSet;

use cloudup_engine::{Drawing, Entry, Mark, Thing};
use maud::{Markup, html};
use serde::Serialize;
use serde_json::json;

use super::{Picture, svg, words};
use crate::page::{Page, Section};

const STYLE: &str = include_str!("html.css");
const SCRIPTS: [&str; 4] = [
    include_str!("js/details.js"),
    include_str!("js/list.js"),
    include_str!("js/picture.js"),
    include_str!("js/main.js"),
];

/// How many notes there may be before they are in the way.
const FEW: usize = 3;

/// What the page's details say of a task.
#[derive(Serialize)]
struct Details<'a> {
    task: String,
    phase: Option<&'a str>,
    mark: Option<&'static str>,
    words: Option<&'static str>,
    sign: Option<char>,
    lifecycle: Option<&'a str>,
    rule: Option<String>,
    /// What a plan found and would do, as a report has it.
    entry: Option<&'a Entry>,
}

/// The text of the page.
pub(super) fn page(picture: &Picture) -> String {
    let Picture { title, notices, drawing, whole, .. } = picture;
    let heading = format!("Tasks of {title}");
    let summary = html! {
        p { (picture.about().join(" ")) }
        @if notices.len() > FEW {
            details {
                summary { (notices.len()) " notes" }
                @for notice in notices { p { (notice) } }
            }
        } @else {
            @for notice in notices { p { "Note: " (notice) } }
        }
    };
    let part = |id, heading, body| Section { id, heading, body };
    let page = Page {
        title: &heading,
        summary,
        sections: vec![
            part("filter", "Filter", filters(drawing)),
            part("tasks", "List", list(drawing)),
            part("graph", "Picture", graph(drawing)),
            part("details", "Details", details()),
        ],
        styles: &[STYLE],
        scripts: &SCRIPTS,
        data: vec![
            ("things-data", json!(things(picture))),
            (
                "links-data",
                whole.links.iter().map(|it| json!([it.first, it.then, it.why.name()])).collect(),
            ),
        ],
    };
    page.to_html()
}

fn things(picture: &Picture) -> Vec<Details<'_>> {
    let entries = picture.report.as_ref().map(|report| report.entries.as_slice());
    let things = picture.drawing.things.iter();
    let details = things.map(|thing| {
        let entry = thing.entry.and_then(|entry| entries?.get(entry));
        let governed = picture.governed.get(&thing.task);
        Details {
            task: thing.task.to_string(),
            phase: phase(&picture.drawing, thing),
            mark: thing.mark.map(Mark::name),
            words: thing.mark.map(words),
            sign: thing.mark.map(Mark::sign),
            lifecycle: entry.map(|it| &*it.lifecycle).or(governed.map(|it| &*it.lifecycle)),
            rule: entry.map(|it| it.rule.to_string()).or(governed.map(|it| it.rule.to_string())),
            entry,
        }
    });
    details.collect()
}

fn phase<'a>(drawing: &'a Drawing, thing: &Thing) -> Option<&'a str> {
    thing.group.and_then(|group| drawing.groups.get(group)).map(String::as_str)
}

/// What is shown of it all. Without scripts there is nothing to choose with.
fn filters(drawing: &Drawing) -> Markup {
    let kinds: BTreeSet<_> = drawing.things.iter().map(|thing| thing.task.kind()).collect();
    let is_used = |group: usize| drawing.things.iter().any(|thing| thing.group == Some(group));
    let phases = drawing.groups.iter().enumerate().filter(|(group, _)| is_used(*group));
    html! {
        noscript { p { "Filters, search and details need JavaScript." } }
        form #filters .filters role="search" aria-label="Tasks" hidden {
            label { "Search " input #search type="search" autocomplete="off" spellcheck="false" placeholder="part of a name"; }
            label { "Kind " select #kind autocomplete="off" {
                option value="" { "all" }
                @for kind in kinds { option { (kind) } }
            } }
            label { "Phase " select #phase autocomplete="off" {
                option value="" { "all" }
                @for (_, phase) in phases { option { (phase) } }
            } }
            @if drawing.marks().next().is_some() {
                fieldset #marks {
                    legend { "Change" }
                    @for mark in drawing.marks() {
                        label .mark .{ "mark-" (mark.name()) } {
                            input type="checkbox" value=(mark.name()) checked autocomplete="off";
                            span aria-hidden="true" { (mark.sign()) } " " (mark.name())
                        }
                    }
                }
            }
            button #clear type="reset" { "Show all" }
            span #count role="status" {}
        }
    }
}

fn list(drawing: &Drawing) -> Markup {
    let groups = (0..drawing.groups.len()).map(Some).chain([None]);
    let of_group =
        |group| drawing.things.iter().enumerate().filter(move |(_, it)| it.group == group);
    html! {
        div #list {
            @for group in groups.filter(|group| of_group(*group).next().is_some()) {
                h3 { (group.and_then(|group| drawing.groups.get(group)).map_or("other", String::as_str)) }
                ul {
                    @for (nth, thing) in of_group(group) { (row(nth, thing)) }
                }
            }
        }
    }
}

fn row(nth: usize, thing: &Thing) -> Markup {
    html! {
        li {
            button type="button" data-thing=(nth) tabindex="-1" {
                @if let Some(mark) = thing.mark {
                    span .mark .{ "mark-" (mark.name()) } {
                        span aria-hidden="true" { (mark.sign()) } " " (mark.name())
                    }
                }
                span .kind { (thing.task.kind()) } " "
                span .name { (thing.task.name()) }
            }
        }
    }
}

fn graph(drawing: &Drawing) -> Markup {
    html! {
        div .tools {
            div role="group" aria-label="Zoom" #zoom hidden {
                button type="button" value="in" { "Closer" }
                button type="button" value="out" { "Farther" }
                button type="button" value="fit" { "Whole" }
            }
            p #legend .legend {
                "An arrow leads from what comes first to what follows: solid, it carries a value; "
                "dashed, it only orders; dotted, it leads to a stray or orders deletions. "
                "Keys: arrows go along the picture, Enter shows details, + − 0 zoom."
            }
        }
        div #canvas { (svg::element(drawing)) }
    }
}

fn details() -> Markup {
    html! { div #chosen tabindex="-1" { p .quiet { "Choose a task in the list or in the picture." } } }
}

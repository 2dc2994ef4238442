//! A picture as SVG: by itself, or in a page.

use std::fmt::Write as _;

use cloudup_engine::{Drawing, Thing, Why};
use maud::{Markup, PreEscaped, html};

use super::layout::{BOX, Layout};

/// How many characters of a text a box has room for.
const ROOM: usize = 31;

/// The colours of a picture by itself.
const STYLE: &str = include_str!("svg.css");

/// The text of a file.
pub(super) fn file(drawing: &Drawing, title: &str, about: &str) -> String {
    let layout = Layout::of(drawing);
    let (width, height) = layout.size;
    let picture = html! {
        (PreEscaped("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"))
        svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title about"
            width=(width) height=(height) viewBox={ "0 0 " (width) " " (height) } {
            title #title { (clean(title)) }
            desc #about { (clean(about)) }
            style { (PreEscaped(STYLE)) }
            rect .ground width=(width) height=(height) {}
            (inside(drawing, &layout, Use::File))
        }
    };
    picture.into_string() + "\n"
}

/// The element for a page, which has its own styles and its own words for what it is.
pub(super) fn element(drawing: &Drawing) -> Markup {
    let layout = Layout::of(drawing);
    let (width, height) = layout.size;
    html! {
        svg #picture role="group" aria-label="Picture of the tasks" aria-describedby="legend"
            viewBox={ "0 0 " (width) " " (height) } {
            (inside(drawing, &layout, Use::Page))
        }
    }
}

/// What an SVG is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// It is a file of its own: a thing has its whole name as a title.
    File,
    /// It is in a page: a thing is a button.
    Page,
}

fn inside(drawing: &Drawing, layout: &Layout, used: Use) -> Markup {
    html! {
        defs {
            marker #arrow viewBox="0 0 8 8" refX="8" refY="4"
                markerUnits="userSpaceOnUse" markerWidth="9" markerHeight="9" orient="auto" {
                path d="M0 0 8 4 0 8z" {}
            }
        }
        g {
            @for (group, top, height) in &layout.bands {
                rect .band x="8" y=(top) width=(layout.size.0 - 16.0) height=(height) rx="8" {}
                @if let Some(name) = group.and_then(|group| drawing.groups.get(group)) {
                    text .band-name x="20" y=(top + 19.0) { (clean(name)) }
                }
            }
        }
        g {
            @for (link, corners) in drawing.links.iter().zip(&layout.links) {
                path class={ "link " (link.why.name()) } d=(path(corners, link.why))
                    data-first=(link.first) data-then=(link.then) marker-end="url(#arrow)" {}
            }
        }
        g {
            @for (nth, (thing, corner)) in drawing.things.iter().zip(&layout.things).enumerate() {
                (self::thing(nth, thing, *corner, used))
            }
        }
    }
}

fn thing(nth: usize, thing: &Thing, (x, y): (f64, f64), used: Use) -> Markup {
    let mark = thing.mark.map_or("unmarked", cloudup_engine::Mark::name);
    let whole = match thing.mark {
        Some(mark) => format!("{}: {}", thing.task, mark.name()),
        None => thing.task.to_string(),
    };
    let in_page = used == Use::Page;
    html! {
        g class={ "thing " (mark) } data-thing=(nth) transform={ "translate(" (x) " " (y) ")" }
            role=[in_page.then_some("button")] tabindex=[in_page.then_some("-1")]
            aria-label=[in_page.then(|| clean(&whole))] {
            @if !in_page { title { (clean(&whole)) } }
            rect width=(BOX.0) height=(BOX.1) rx="5" {}
            @if let Some(mark) = thing.mark {
                text .sign x="13" y="24" { (mark.sign()) }
            }
            text .kind x="28" y="15" { (clean(thing.task.kind())) }
            text .name x="28" y="30" { (clean(&short(thing.task.name()))) }
        }
    }
}

/// Straight in lanes, bent in between.
fn path(corners: &[(f64, f64)], why: Why) -> String {
    let mut out = String::new();
    let Some((x, y)) = corners.first() else { return out };
    let _ = write!(out, "M{x} {y}");
    for (nth, pair) in corners.windows(2).enumerate() {
        let [(x1, y1), (x2, y2)] = pair else { continue };
        if nth % 2 == 1 {
            let _ = write!(out, "H{x2}");
        } else {
            // What leads back, as only deletions may, swings out at both ends.
            let bend = if why == Why::Deletion { 60.0 } else { (x2 - x1).abs() / 2.0 };
            let _ = write!(out, "C{} {y1} {} {y2} {x2} {y2}", x1 + bend, x2 - bend);
        }
    }
    out
}

/// As much of a name as a box has room for: its start and its end, which tell most.
fn short(name: &str) -> String {
    let count = name.chars().count();
    if count <= ROOM {
        return name.to_owned();
    }
    let start: String = name.chars().take(ROOM - 13).collect();
    let end: String = name.chars().skip(count - 12).collect();
    format!("{start}…{end}")
}

/// A text without the characters that XML has not.
fn clean(text: &str) -> String {
    let allowed =
        |character: char| !character.is_control() && !matches!(character, '\u{fffe}' | '\u{ffff}');
    text.chars().map(|it| if allowed(it) { it } else { '\u{fffd}' }).collect()
}

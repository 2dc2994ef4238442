//! Mermaid's language.

use std::fmt::Write as _;

use super::{Drawing, Thing, Why, colour};
use crate::Mark;

pub(super) fn write(drawing: &Drawing) -> String {
    let mut out = String::from("flowchart LR\n");
    for (nth, group) in drawing.groups.iter().enumerate() {
        let mut things = drawing.of_group(Some(nth)).peekable();
        if things.peek().is_none() {
            continue;
        }
        let _ = writeln!(out, "    subgraph g{nth} [{}]", quoted(group));
        things.for_each(|(at, it)| thing(&mut out, "        ", at, it));
        out.push_str("    end\n");
    }
    drawing.of_group(None).for_each(|(at, it)| thing(&mut out, "    ", at, it));
    for link in &drawing.links {
        let arrow = match link.why {
            Why::Value => "-->",
            Why::Order => "-.->",
            Why::Deletion => "-. deleted before .->",
            Why::Stray => "-. stray .->",
        };
        let _ = writeln!(out, "    t{} {arrow} t{}", link.first, link.then);
    }
    for mark in drawing.marks() {
        let _ = writeln!(out, "    classDef {} fill:{},color:#000000", word(mark), colour(mark));
    }
    out
}

fn thing(out: &mut String, indent: &str, at: usize, thing: &Thing) {
    let mark = thing.mark.map_or_else(String::new, |mark| format!(":::{}", word(mark)));
    let _ = writeln!(out, "{indent}t{at}[{}]{mark}", quoted(&thing.label()));
}

/// A mark's name as Mermaid takes it for a class.
fn word(mark: Mark) -> String {
    mark.name().replace('-', "_")
}

/// A text in quotes, with the characters that mean something to Mermaid, or to the HTML that it
/// makes, as entities. So is a sign at the start, which would make a list.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for (nth, character) in text.chars().enumerate() {
        match character {
            sign if nth == 0 && !sign.is_alphanumeric() => {
                let _ = write!(out, "#{};", u32::from(sign));
            }
            '#' | '"' | '&' | '<' | '>' | '`' | '\\' | ';' | '*' | '_' => {
                let _ = write!(out, "#{};", u32::from(character));
            }
            other if other.is_control() => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out + "\""
}

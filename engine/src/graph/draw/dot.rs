//! Graphviz' language.

use std::fmt::Write as _;

use super::{Drawing, Thing, Why, colour};

pub(super) fn write(drawing: &Drawing) -> String {
    let mut out = String::from("digraph {\n    rankdir = LR;\n    node [shape = box];\n");
    for (nth, group) in drawing.groups.iter().enumerate() {
        let mut things = drawing.of_group(Some(nth)).peekable();
        if things.peek().is_none() {
            continue;
        }
        let _ = writeln!(out, "    subgraph cluster_{nth} {{\n        label = {};", quoted(group));
        things.for_each(|(at, it)| thing(&mut out, "        ", at, it));
        out.push_str("    }\n");
    }
    drawing.of_group(None).for_each(|(at, it)| thing(&mut out, "    ", at, it));
    for link in &drawing.links {
        let style = match link.why {
            Why::Value => "",
            Why::Order => " [style = dashed]",
            Why::Deletion => " [style = dotted, constraint = false, class = \"deletion\"]",
            Why::Stray => " [style = dotted, class = \"stray\"]",
        };
        let _ = writeln!(out, "    t{} -> t{}{style};", link.first, link.then);
    }
    out.push_str("}\n");
    out
}

fn thing(out: &mut String, indent: &str, at: usize, thing: &Thing) {
    let style = thing.mark.map_or_else(String::new, |mark| {
        let (class, colour) = (mark.name(), colour(mark));
        format!(", class = \"{class}\", style = filled, fillcolor = \"{colour}\"")
    });
    let _ = writeln!(out, "{indent}t{at} [label = {}{style}];", quoted(&thing.label()));
}

/// A text in quotes. Graphviz knows escapes of its own, and HTML's.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '&' => out.push_str("&amp;"),
            other if other.is_control() => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out + "\""
}

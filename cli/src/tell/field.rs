//! A field's change.

use std::{
    collections::BTreeSet,
    io::{self, Write},
};

use cloudup_engine::FieldChange;
use serde_json::{Map, Value};
use similar::{ChangeTag, TextDiff};

use super::{
    Detail, access,
    style::{CREATE, DELETE, DIM, UPDATE},
};

/// Writes one field of an entry.
pub(super) fn write(
    out: &mut dyn Write,
    indent: usize,
    change: &FieldChange,
    detail: Detail,
) -> io::Result<()> {
    let pad = " ".repeat(indent);
    let FieldChange { field, from, to, immutable } = change;
    let (from, to) = (from.as_ref().filter(|v| !nothing(v)), to.as_ref().filter(|v| !nothing(v)));
    if from.is_none() && to.is_none() {
        return Ok(());
    }
    let fixed = if *immutable { " (cannot be changed)" } else { "" };

    let documents = (access::document(from), access::document(to));
    if documents.0.is_some() || documents.1.is_some() {
        writeln!(out, "{pad}{field}:{fixed}")?;
        access::write(out, indent + 2, documents.0.as_ref(), documents.1.as_ref())?;
        // What is all new, or all gone, has been told: its text is for those who ask.
        let partly = from.is_some_and(says_something) && to.is_some_and(says_something);
        if detail == Detail::All || partly {
            text_diff(out, indent + 2, from, to)?;
        }
        return Ok(());
    }
    match (from, to) {
        (Some(Value::Object(from)), Some(Value::Object(to))) if !known_after(to) => {
            writeln!(out, "{pad}{field}:{fixed}")?;
            map_diff(out, indent + 2, from, to)
        }
        (None, Some(Value::Object(to))) if !known_after(to) => {
            writeln!(out, "{pad}{field}:{fixed}")?;
            map_diff(out, indent + 2, &Map::new(), to)
        }
        (Some(Value::Object(from)), None) => {
            writeln!(out, "{pad}{field}:{fixed}")?;
            map_diff(out, indent + 2, from, &Map::new())
        }
        (Some(Value::Array(from)), Some(Value::Array(to))) => {
            writeln!(out, "{pad}{field}:{fixed}")?;
            list_diff(out, indent + 2, from, to)
        }
        (None, Some(Value::Array(to))) => {
            writeln!(out, "{pad}{field}:{fixed}")?;
            list_diff(out, indent + 2, &[], to)
        }
        (None, Some(to)) => writeln!(out, "{pad}{field}: {}{fixed}", plain(to)),
        (Some(from), None) => writeln!(
            out,
            "{pad}{field}: {DELETE}{}{DELETE:#} {DIM}→{DIM:#} (none){fixed}",
            plain(from)
        ),
        (Some(from), Some(to)) => writeln!(
            out,
            "{pad}{field}: {} {DIM}→{DIM:#} {UPDATE}{}{UPDATE:#}{fixed}",
            plain(from),
            plain(to)
        ),
        (None, None) => Ok(()),
    }
}

/// Whether a document has statements; what is found of a role's access may have none.
fn says_something(document: &Value) -> bool {
    let statements = document.get("Statement").and_then(Value::as_array);
    statements.is_none_or(|statements| !statements.is_empty())
}

fn nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn known_after(members: &Map<String, Value>) -> bool {
    members.len() == 1 && members.contains_key("known-after")
}

/// A value on one line: strings as they are, what is not known yet by whose it is.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(members) if known_after(members) => {
            let tasks = members.values().filter_map(Value::as_array).flatten();
            let tasks: Vec<_> = tasks.filter_map(Value::as_str).collect();
            format!("(known after {})", tasks.join(", "))
        }
        other => other.to_string(),
    }
}

fn map_diff(
    out: &mut dyn Write,
    indent: usize,
    from: &Map<String, Value>,
    to: &Map<String, Value>,
) -> io::Result<()> {
    let pad = " ".repeat(indent);
    let keys: BTreeSet<_> = from.keys().chain(to.keys()).collect();
    for key in keys {
        match (from.get(key), to.get(key)) {
            (None, Some(to)) => {
                writeln!(out, "{pad}{CREATE}+{CREATE:#} {key}: {}", plain(to))?;
            }
            (Some(from), None) => {
                writeln!(out, "{pad}{DELETE}-{DELETE:#} {key}: {}", plain(from))?;
            }
            (Some(from), Some(to)) if from != to => {
                let (from, to) = (plain(from), plain(to));
                writeln!(out, "{pad}{UPDATE}~{UPDATE:#} {key}: {from} {DIM}→{DIM:#} {to}")?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn list_diff(out: &mut dyn Write, indent: usize, from: &[Value], to: &[Value]) -> io::Result<()> {
    let pad = " ".repeat(indent);
    for added in to.iter().filter(|item| !from.contains(item)) {
        writeln!(out, "{pad}{CREATE}+{CREATE:#} {}", plain(added))?;
    }
    for removed in from.iter().filter(|item| !to.contains(item)) {
        writeln!(out, "{pad}{DELETE}-{DELETE:#} {}", plain(removed))?;
    }
    Ok(())
}

fn text_diff(
    out: &mut dyn Write,
    indent: usize,
    from: Option<&Value>,
    to: Option<&Value>,
) -> io::Result<()> {
    let pad = " ".repeat(indent);
    let pretty = |value: Option<&Value>| value.map_or(String::new(), |value| format!("{value:#}"));
    let (from, to) = (pretty(from), pretty(to));
    let diff = TextDiff::from_lines(from.as_str(), to.as_str());
    for (nth, group) in diff.grouped_ops(2).iter().enumerate() {
        if nth > 0 {
            writeln!(out, "{pad}{DIM}...{DIM:#}")?;
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let line = change.value().trim_end_matches('\n');
            match change.tag() {
                ChangeTag::Insert => writeln!(out, "{pad}{CREATE}+ {line}{CREATE:#}")?,
                ChangeTag::Delete => writeln!(out, "{pad}{DELETE}- {line}{DELETE:#}")?,
                ChangeTag::Equal => writeln!(out, "{pad}{DIM}  {line}{DIM:#}")?,
            }
        }
    }
    Ok(())
}

//! A field's change.

use std::{collections::BTreeSet, io};

use cloudup_engine::FieldChange;
use serde_json::{Map, Value};
use similar::{ChangeTag, TextDiff};

use super::{
    Detail, access,
    page::Page,
    style::{CREATE, DELETE, DIM, UPDATE},
    value::{known_after, nothing, plain},
};

/// Writes one field of an entry.
pub(super) fn write(
    page: &mut Page<'_>,
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
        writeln!(page, "{pad}{field}:{fixed}")?;
        access::write(page, indent + 2, documents.0.as_ref(), documents.1.as_ref())?;
        // What is all new, or all gone, has been told: its text is for those who ask.
        let partly = from.is_some_and(says_something) && to.is_some_and(says_something);
        if detail == Detail::All || partly {
            text_diff(page, indent + 2, from, to)?;
        }
        return Ok(());
    }
    let (from_map, to_map) = (from.map(map), to.map(map));
    let empty = Map::new();
    // What comes or goes as a whole has nothing on the other side.
    if let (Some(from), Some(to)) =
        (from_map.unwrap_or(Some(&empty)), to_map.unwrap_or(Some(&empty)))
    {
        writeln!(page, "{pad}{field}:{fixed}")?;
        return map_diff(page, indent + 2, from, to);
    }
    match (from, to) {
        (Some(Value::Array(from)), Some(Value::Array(to))) => {
            writeln!(page, "{pad}{field}:{fixed}")?;
            list_diff(page, indent + 2, from, to)
        }
        (None, Some(Value::Array(to))) => {
            writeln!(page, "{pad}{field}:{fixed}")?;
            list_diff(page, indent + 2, &[], to)
        }
        (None, to) => {
            let to = to.map(plain).unwrap_or_default();
            page.text(indent, 2, &format!("{field}: {to}{fixed}"))
        }
        (Some(from), None) => {
            let from = plain(from);
            let text = format!("{field}: {DELETE}{from}{DELETE:#} {DIM}→{DIM:#} (none){fixed}");
            page.text(indent, 2, &text)
        }
        (Some(from), Some(to)) => {
            let (from, to) = (plain(from), plain(to));
            let text = format!("{field}: {from} {DIM}→{DIM:#} {UPDATE}{to}{UPDATE:#}{fixed}");
            page.text(indent, 2, &text)
        }
    }
}

/// Whether a document has statements; what is found of a role's access may have none.
fn says_something(document: &Value) -> bool {
    let statements = document.get("Statement").and_then(Value::as_array);
    statements.is_none_or(|statements| !statements.is_empty())
}

/// An object that is told member by member: neither one that is told by its id, nor what stands for
/// a value that is still to come.
fn map(value: &Value) -> Option<&Map<String, Value>> {
    let members = value.as_object()?;
    (known_after(value).is_none() && !members.contains_key("id")).then_some(members)
}

/// Writes what becomes of each member.
pub(super) fn map_diff(
    page: &mut Page<'_>,
    indent: usize,
    from: &Map<String, Value>,
    to: &Map<String, Value>,
) -> io::Result<()> {
    let keys: BTreeSet<_> = from.keys().chain(to.keys()).collect();
    for key in keys {
        match (from.get(key), to.get(key)) {
            (None, Some(to)) => {
                page.text(indent, 4, &format!("{CREATE}+{CREATE:#} {key}: {}", plain(to)))?;
            }
            (Some(from), None) => {
                page.text(indent, 4, &format!("{DELETE}-{DELETE:#} {key}: {}", plain(from)))?;
            }
            (Some(from), Some(to)) if from != to => {
                let (from, to) = (plain(from), plain(to));
                let text = format!("{UPDATE}~{UPDATE:#} {key}: {from} {DIM}→{DIM:#} {to}");
                page.text(indent, 4, &text)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn list_diff(page: &mut Page<'_>, indent: usize, from: &[Value], to: &[Value]) -> io::Result<()> {
    for added in to.iter().filter(|item| !from.contains(item)) {
        page.text(indent, 4, &format!("{CREATE}+{CREATE:#} {}", plain(added)))?;
    }
    for removed in from.iter().filter(|item| !to.contains(item)) {
        page.text(indent, 4, &format!("{DELETE}-{DELETE:#} {}", plain(removed)))?;
    }
    Ok(())
}

fn text_diff(
    page: &mut Page<'_>,
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
            writeln!(page, "{pad}{DIM}...{DIM:#}")?;
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let line = change.value().trim_end_matches('\n');
            match change.tag() {
                ChangeTag::Insert => writeln!(page, "{pad}{CREATE}+ {line}{CREATE:#}")?,
                ChangeTag::Delete => writeln!(page, "{pad}{DELETE}- {line}{DELETE:#}")?,
                ChangeTag::Equal => writeln!(page, "{pad}{DIM}  {line}{DIM:#}")?,
            }
        }
    }
    Ok(())
}

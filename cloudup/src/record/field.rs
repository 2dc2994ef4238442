//! A field's change.

use cloudup_engine::FieldChange;
use cloudup_tasks::policy::{AccessDiff, Document};
use maud::{Markup, html};
use serde_json::{Map, Value};
use similar::{ChangeTag, TextDiff};

use super::access;

/// The fields of an entry, each with what it was and what it is to be.
pub(super) fn fields(changes: &[FieldChange]) -> Markup {
    let told: Vec<_> = changes.iter().filter(|change| says_something(change)).collect();
    html! {
        @if !told.is_empty() {
            dl .fields { @for change in told { (field(change)) } }
        }
    }
}

fn says_something(change: &FieldChange) -> bool {
    [&change.from, &change.to].into_iter().flatten().any(|value| !is_nothing(value))
}

fn field(change: &FieldChange) -> Markup {
    let FieldChange { field, from, to, immutable } = change;
    let (from, to) =
        (from.as_ref().filter(|v| !is_nothing(v)), to.as_ref().filter(|v| !is_nothing(v)));
    html! {
        dt { (field) @if *immutable { span .quiet { " (cannot be changed)" } } }
        dd {
            (documents(from, to))
            @match (from.map(plain), to.map(plain)) {
                (Some(Some(from)), Some(Some(to))) => {
                    del { (from) } " → " ins { (to) }
                }
                (None, Some(Some(to))) => { ins { (to) } }
                (Some(Some(from)), None) => { del { (from) } " → (none)" }
                _ => { (text(from, to)) }
            }
        }
    }
}

/// What the change of a policy document gives and takes, where it is one.
fn documents(from: Option<&Value>, to: Option<&Value>) -> Markup {
    let document = |value: Option<&Value>| Document::from_value(value?).ok();
    let (from, to) = (document(from), document(to));
    html! {
        @if from.is_some() || to.is_some() {
            (access::diff(&AccessDiff::between(from.as_ref(), to.as_ref())))
        }
    }
}

/// The change of a value of several lines.
fn text(from: Option<&Value>, to: Option<&Value>) -> Markup {
    let lines = |value: Option<&Value>| value.map_or(String::new(), |value| format!("{value:#}"));
    let (from, to) = (lines(from), lines(to));
    let diff = TextDiff::from_lines(from.as_str(), to.as_str());
    let groups = diff.grouped_ops(2);
    html! {
        pre .diff {
            @for (nth, group) in groups.iter().enumerate() {
                @if nth > 0 { span .quiet { "…\n" } }
                @for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
                    @let line = change.value().trim_end_matches('\n');
                    @match change.tag() {
                        ChangeTag::Insert => { ins { "+ " (line) } "\n" }
                        ChangeTag::Delete => { del { "- " (line) } "\n" }
                        ChangeTag::Equal => { "  " (line) "\n" }
                    }
                }
            }
        }
    }
}

/// A value that stands on one line: strings as they are, what is not known yet by whose it is.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Object(members) if is_known_after(members) => {
            let tasks = members.values().filter_map(Value::as_array).flatten();
            let tasks: Vec<_> = tasks.filter_map(Value::as_str).collect();
            Some(format!("(known after {})", tasks.join(", ")))
        }
        Value::Object(_) | Value::Array(_) => None,
        other => Some(other.to_string()),
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn is_known_after(members: &Map<String, Value>) -> bool {
    members.len() == 1 && members.contains_key("known-after")
}

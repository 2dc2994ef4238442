//! A thing that is made or goes, on few lines; and the tags that many things share, said once.

use std::{borrow::Cow, collections::BTreeMap, io};

use cloudup_engine::{Entry, FieldChange, Finding};
use serde_json::{Map, Value};

use super::{
    access, field,
    page::Page,
    style::{DIM, HEADING},
    value::{known_after, members, nothing, plain},
};

/// Tags that are told once: those that all things have which are made, and what becomes of the tags
/// of all things that are changed.
#[derive(Debug, Default)]
pub(super) struct CommonTags {
    made: BTreeMap<String, Turn>,
    changed: BTreeMap<String, Turn>,
}

/// What a tag was, and what it will be.
type Turn = (Option<Value>, Option<Value>);

/// How many things must share tags for these to be told once.
const SEVERAL: usize = 3;

impl CommonTags {
    /// Those of `entries`, which are all changes.
    pub(super) fn of<'r>(entries: impl Iterator<Item = &'r Entry> + Clone) -> Self {
        let made = entries.clone().filter_map(|entry| match &entry.finding {
            Finding::Missing { fields } => Some(fields),
            _ => None,
        });
        let changed = entries.filter_map(|entry| match &entry.finding {
            Finding::Different { changes } => Some(changes),
            _ => None,
        });
        Self { made: shared(made.flatten()), changed: shared(changed.flatten()) }
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.made.is_empty() && self.changed.is_empty()
    }

    /// Says them.
    pub(super) fn write(&self, page: &mut Page<'_>) -> io::Result<()> {
        if !self.made.is_empty() {
            let tags = self.made.iter().map(|(key, (_, to))| tag(key, to.as_ref()));
            let name = ["Name, where it is the thing's own name".to_owned()];
            let word = format!("{HEADING}tags{HEADING:#} of all marked +: ");
            page.list(0, &word, Some(2), tags.chain(name))?;
        }
        if !self.changed.is_empty() {
            page.text(0, 2, &format!("{HEADING}tags{HEADING:#} of all marked ~:"))?;
            let side = |of: fn(&Turn) -> Option<&Value>| -> Map<String, Value> {
                let turns = self.changed.iter();
                turns.filter_map(|(key, turn)| Some((key.clone(), of(turn)?.clone()))).collect()
            };
            field::map_diff(page, 2, &side(|turn| turn.0.as_ref()), &side(|turn| turn.1.as_ref()))?;
        }
        Ok(())
    }

    /// A field of a thing that is changed, without what has been told of it; nothing where that is
    /// all there is to say.
    pub(super) fn rest<'c>(&self, change: &'c FieldChange) -> Option<Cow<'c, FieldChange>> {
        if !is_tags(change) || self.changed.is_empty() {
            return Some(Cow::Borrowed(change));
        }
        let without = |side: Option<&Value>| {
            let mut side = side.cloned();
            if let Some(Value::Object(tags)) = &mut side {
                tags.retain(|key, _| !self.changed.contains_key(key));
            }
            side
        };
        let rest = FieldChange {
            from: without(change.from.as_ref()),
            to: without(change.to.as_ref()),
            ..change.clone()
        };
        (!turns(&rest).is_empty()).then_some(Cow::Owned(rest))
    }
}

/// What becomes of tags in all of these fields that hold some, where there are several.
fn shared<'f>(fields: impl Iterator<Item = &'f FieldChange>) -> BTreeMap<String, Turn> {
    let mut turns = fields.filter(|change| is_tags(change)).map(turns);
    let Some(mut common) = turns.next() else { return BTreeMap::new() };
    let mut things = 1;
    for others in turns {
        things += 1;
        common.retain(|key, turn| others.get(key) == Some(turn));
    }
    if things < SEVERAL { BTreeMap::new() } else { common }
}

/// What becomes of each tag in a field.
fn turns(change: &FieldChange) -> BTreeMap<String, Turn> {
    let mut turns: BTreeMap<String, Turn> = BTreeMap::new();
    let side = |side: Option<&Value>| side.and_then(Value::as_object).cloned();
    for (key, value) in side(change.from.as_ref()).into_iter().flatten() {
        turns.entry(key).or_default().0 = Some(value);
    }
    for (key, value) in side(change.to.as_ref()).into_iter().flatten() {
        turns.entry(key).or_default().1 = Some(value);
    }
    turns.retain(|_, (from, to)| from != to);
    turns
}

fn is_tags(change: &FieldChange) -> bool {
    change.field == "tags" || change.field.ends_with("_tags")
}

/// A tag as people write it, where it has a value at all.
fn tag(key: &str, value: Option<&Value>) -> String {
    match value.filter(|value| **value != "") {
        Some(value) => format!("{key}={}", plain(value)),
        None => key.to_owned(),
    }
}

/// Kinds whose names say all there is to say of what is made.
const SAID_BY_NAME: [&str; 1] = ["SecurityGroupRule"];

/// Writes the fields of a thing that is made, or goes: what is short in as few lines as it takes,
/// each other field on lines of its own. What goes takes its tags with it. Documents are told in
/// full where somebody else is to see to them.
pub(super) fn write(
    page: &mut Page<'_>,
    indent: usize,
    entry: &Entry,
    fields: &[FieldChange],
    common: &CommonTags,
) -> io::Result<()> {
    let goes = matches!(entry.finding, Finding::Stray { .. });
    let (mut short, mut long) = (Vec::new(), Vec::new());
    for change in fields {
        let value = change.to.as_ref().or(change.from.as_ref());
        let Some(value) = value.filter(|value| !nothing(value)) else { continue };
        // Whatever is found will do: of what is made there is nothing to say.
        if (*value == "(as found)" && !goes) || (is_tags(change) && goes) {
            continue;
        }
        match short_of(value) {
            Some(text) => short.push(format!("{}: {text}", change.field)),
            None => long.push((change, value)),
        }
    }
    if !SAID_BY_NAME.contains(&entry.task.kind()) {
        page.list(indent, "", None, short)?;
    }
    let own = long.iter().find(|(change, _)| change.field == "tags").map(|(_, value)| *value);
    for (change, value) in long {
        let field = &change.field;
        let word = format!("{field}: ");
        let documents =
            (access::document(change.from.as_ref()), access::document(change.to.as_ref()));
        match value {
            _ if documents.0.is_some() || documents.1.is_some() => {
                let (from, to) = (documents.0.as_ref(), documents.1.as_ref());
                if entry.is_change() {
                    access::brief(page, indent, field, from, to)?;
                } else {
                    page.text(indent, 0, &word)?;
                    access::write(page, indent + 2, from, to)?;
                }
            }
            Value::Object(_) if is_tags(change) && field != "tags" && own == Some(value) => {
                page.text(indent, 2, &format!("{field}: {DIM}the same as tags{DIM:#}"))?;
            }
            Value::Object(tags) if is_tags(change) => {
                let is_own_name = |key: &str, value: &Value| {
                    !common.made.is_empty() && key == "Name" && *value == *entry.task.name()
                };
                let rest = tags.iter().filter(|(key, value)| {
                    !common.made.contains_key(*key) && !is_own_name(key, value)
                });
                page.list(indent, &word, Some(2), rest.map(|(key, value)| tag(key, Some(value))))?;
            }
            Value::Object(of) => page.list(indent, &word, Some(2), members(of))?,
            Value::Array(items) => page.list(indent, &word, Some(2), items.iter().map(plain))?,
            other => page.text(indent, 2, &format!("{word}{}", plain(other)))?,
        }
    }
    Ok(())
}

/// A value that is said in a few words. What a task will give is named after the task.
fn short_of(value: &Value) -> Option<String> {
    match value {
        value if known_after(value).is_some() => known_after(value),
        Value::Array(items) => match items.as_slice() {
            [item] => short_of(item),
            _ => None,
        },
        Value::Object(members) if members.contains_key("id") => Some(plain(value)),
        Value::Object(_) => None,
        value => Some(plain(value)).filter(|text| !text.contains('\n')),
    }
}

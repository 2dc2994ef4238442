//! A text changed where its value changes, and nowhere else: comments, order and quotes of the rest
//! stay as they are.
//!
//! What is written is read again before it is given out. So a way of writing that is not foreseen
//! here costs the comments, and never the meaning.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    Entry, Node, Position, Scalar, Style, Tree,
    emit::{self, entry, item},
    parse, split,
};

/// The text of one document with another value, if it can be had by changing it here and there.
pub(in crate::manifest) fn patched(text: &str, wanted: &Value) -> Option<String> {
    let document = read(text)?;
    let Value::Object(map) = wanted else { return None };
    let mut patch = Patch { lines: Lines::of(text), edits: BTreeMap::new() };
    match &document.tree {
        Tree::Map(entries) if !patch.is_flow(&document) => patch.map(entries, map)?,
        _ => return None,
    }
    let changed = patch.apply()?;
    (read(&changed)?.to_value() == *wanted).then_some(changed)
}

/// The one document of a text.
fn read(text: &str) -> Option<Node> {
    let mut documents = Vec::new();
    for part in split(text) {
        let (found, fault) = parse(part);
        if fault.is_some() {
            return None;
        }
        documents.extend(found);
    }
    let document = documents.pop()?;
    documents.is_empty().then_some(document)
}

/// A text, whose lines can be found.
struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Self { text, starts: std::iter::once(0).chain(breaks).collect() }
    }

    fn start(&self, line: usize) -> usize {
        self.starts.get(line - 1).copied().unwrap_or(self.text.len())
    }

    /// Where a line ends, before its break.
    fn end(&self, line: usize) -> usize {
        let start = self.start(line);
        let line = &self.text[start..self.start(line + 1)];
        start + line.trim_end_matches(['\n', '\r']).len()
    }

    fn offset(&self, at: Position) -> usize {
        let start = self.start(at.line);
        let line = &self.text[start..];
        start + line.char_indices().nth(at.column - 1).map_or(line.len(), |(offset, _)| offset)
    }

    fn after(&self, at: Position) -> &'t str {
        &self.text[self.offset(at)..]
    }

    /// Whether nothing but blanks stands before a place on its line.
    fn is_first(&self, at: Position) -> bool {
        self.text[self.start(at.line)..self.offset(at)].trim().is_empty()
    }
}

/// What is to be changed of a text: by where it begins, where it ends and what takes its place.
struct Patch<'t> {
    lines: Lines<'t>,
    edits: BTreeMap<usize, (usize, String)>,
}

impl Patch<'_> {
    fn apply(self) -> Option<String> {
        let Self { lines, edits } = self;
        let (mut changed, mut passed) = (String::new(), 0);
        for (start, (end, text)) in edits {
            changed.push_str(lines.text.get(passed..start)?);
            changed.push_str(&text);
            passed = end;
        }
        changed.push_str(lines.text.get(passed..)?);
        Some(changed)
    }

    fn replace(&mut self, start: usize, end: usize, text: String) {
        self.edits.insert(start, (end, text));
    }

    /// Adds lines behind a line.
    fn add(&mut self, line: usize, text: &str) {
        let at = self.lines.end(line);
        let added = self.edits.entry(at).or_insert_with(|| (at, String::new()));
        added.1.push('\n');
        added.1.push_str(text.trim_end_matches('\n'));
    }

    /// Takes lines out.
    fn remove(&mut self, first: usize, last: usize) {
        self.replace(self.lines.start(first), self.lines.start(last + 1), String::new());
    }

    /// Whether a list or a mapping is written in brackets or braces.
    fn is_flow(&self, node: &Node) -> bool {
        self.lines.after(node.at).starts_with(['[', '{'])
    }

    fn map(&mut self, entries: &[Entry], wanted: &Map<String, Value>) -> Option<()> {
        let first = entries.first()?;
        for (number, here) in entries.iter().enumerate() {
            match wanted.get(&here.key) {
                Some(value) if here.value.to_value() == *value => {}
                Some(value) => self.entry(here, value)?,
                None if self.lines.is_first(here.key_at) => {
                    self.remove(here.key_at.line, self.last_line(here)?);
                }
                // What follows moves up, behind the dash.
                None => {
                    let next = entries.get(number + 1)?;
                    let [start, end] = [here, next].map(|it| self.lines.offset(it.key_at));
                    self.replace(start, end, String::new());
                }
            }
        }
        let last = entries.last()?;
        let indent = first.key_at.column - 1;
        for (key, value) in wanted {
            if !entries.iter().any(|entry| entry.key == *key) {
                self.add(self.last_line(last)?, &entry(key, value, indent));
            }
        }
        Some(())
    }

    fn entry(&mut self, here: &Entry, wanted: &Value) -> Option<()> {
        if self.within(&here.value, wanted)? {
            return Some(());
        }
        let indent = here.key_at.column - 1;
        let text = entry(&here.key, wanted, indent);
        let [start, end] = [self.lines.offset(here.key_at), self.lines.end(self.last_line(here)?)];
        self.replace(start, end, text.trim_start().trim_end_matches('\n').to_owned());
        Some(())
    }

    /// Changes a value where it stands, if that is enough.
    fn within(&mut self, here: &Node, wanted: &Value) -> Option<bool> {
        match (&here.tree, wanted) {
            (Tree::Map(entries), Value::Object(map))
                if !self.is_flow(here) && entries.iter().any(|it| map.contains_key(&it.key)) =>
            {
                self.map(entries, map)?;
            }
            (Tree::List(items), Value::Array(values))
                if !self.is_flow(here) && !items.is_empty() && !values.is_empty() =>
            {
                self.list(items, values)?;
            }
            (Tree::Scalar(scalar), wanted) if is_single(scalar, wanted) => {
                let start = self.lines.offset(here.at);
                let end = start + scalar.written.raw.trim_end().len();
                self.replace(start, end, emit::scalar(wanted, None));
            }
            _ => return Some(false),
        }
        Some(true)
    }

    fn list(&mut self, items: &[Node], wanted: &[Value]) -> Option<()> {
        let same = |(item, value): &(&Node, &Value)| item.to_value() == **value;
        let before = items.iter().zip(wanted).take_while(same).count();
        let (items_left, wanted_left) = (&items[before..], &wanted[before..]);
        let behind = items_left.iter().rev().zip(wanted_left.iter().rev()).take_while(same).count();
        let items_left = &items_left[..items_left.len() - behind];
        let wanted_left = &wanted_left[..wanted_left.len() - behind];
        let both = items_left.len().min(wanted_left.len());
        let indent = self.dash(items.first()?)?.column - 1;
        for (here, value) in items_left.iter().zip(wanted_left) {
            if !self.within(here, value)? {
                let start = self.lines.offset(self.dash(here)?);
                let end = self.lines.end(self.last_line_of(here)?);
                let text = item(value, indent);
                self.replace(start, end, text.trim_start().trim_end_matches('\n').to_owned());
            }
        }
        for here in &items_left[both..] {
            self.lines.is_first(self.dash(here)?).then_some(())?;
            self.remove(here.at.line, self.last_line_of(here)?);
        }
        for value in &wanted_left[both..] {
            let line = match (before + both).checked_sub(1) {
                Some(number) => self.last_line_of(&items[number])?,
                None => items.first()?.at.line.checked_sub(1).filter(|line| *line > 0)?,
            };
            self.add(line, &item(value, indent));
        }
        Some(())
    }

    /// The dash before an item, where it is on the same line.
    fn dash(&self, item: &Node) -> Option<Position> {
        let before = &self.lines.text[self.lines.start(item.at.line)..self.lines.offset(item.at)];
        let before = before.trim_end();
        before.ends_with('-').then(|| Position { column: before.chars().count(), ..item.at })
    }

    /// The last line that belongs to an entry.
    fn last_line(&self, entry: &Entry) -> Option<usize> {
        match &entry.value.tree {
            // What is not written stands nowhere.
            Tree::Scalar(scalar) if scalar.written.raw.is_empty() => Some(entry.key_at.line),
            _ => self.last_line_of(&entry.value),
        }
    }

    fn last_line_of(&self, node: &Node) -> Option<usize> {
        match &node.tree {
            Tree::Scalar(scalar) if scalar.written.raw.is_empty() => None,
            Tree::Scalar(scalar) => {
                Some(node.at.line + scalar.written.raw.trim_end().matches('\n').count())
            }
            _ if self.is_flow(node) => {
                let rest = self.lines.after(node.at);
                // The shortest text that is the same: a bracket in a text closes nothing.
                let mut ends = rest.match_indices([']', '}']).map(|(at, _)| &rest[..=at]);
                let whole = ends
                    .find(|text| read(text).is_some_and(|read| read.to_value() == node.to_value()));
                Some(node.at.line + whole?.matches('\n').count())
            }
            Tree::List(items) => self.last_line_of(items.last()?),
            Tree::Map(entries) => self.last_line(entries.last()?),
        }
    }
}

/// Whether both are on one line, so that one can stand where the other does.
fn is_single(scalar: &Scalar, wanted: &Value) -> bool {
    let raw = scalar.written.raw.trim_end();
    let is_compound = match wanted {
        Value::Array(items) => !items.is_empty(),
        Value::Object(map) => !map.is_empty(),
        _ => false,
    };
    !is_compound
        && scalar.written.style != Style::Block
        && !raw.is_empty()
        && !raw.contains('\n')
        && !raw.starts_with(['&', '!', '*'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const TEXT: &str = "\
# what this is
kind: Cluster # a cluster

spec:
  # the version
  version: 1.31.0   # not newer
  labels: { team: blue, note: 'a } b' } # whose
  iam:
    legacy: false
    # may be long
  subnets:
  # the first
  - name: a # here
    zone: eu-1a
  # the second
  - name: b
    zone: eu-1b
  policy: |
    [
      1
    ]
  keys: [a,
    b]
  empty:
# the end
";

    /// The text with what was written put in place of what was there.
    fn with(replaced: &[(&str, &str)]) -> String {
        let one = |text: String, (from, to): &(&str, &str)| {
            assert!(text.contains(from), "{from}");
            text.replacen(from, to, 1)
        };
        replaced.iter().fold(TEXT.to_owned(), one)
    }

    #[test]
    fn a_change_leaves_the_rest_as_it_is_written() {
        type Change = fn(&mut Value);
        let old = read(TEXT).expect("it is sound").to_value();
        let cases: [(Change, &[(&str, &str)]); 13] = [
            (|v| v["spec"]["version"] = json!("1.32.0"), &[("1.31.0 ", "1.32.0 ")]),
            (|v| v["spec"]["iam"]["legacy"] = json!(true), &[("false", "true")]),
            (
                |v| v["spec"]["iam"]["boundary"] = json!("b"),
                &[("false\n", "false\n    boundary: b\n")],
            ),
            (
                |v| v["spec"]["new"] = json!({ "a": [1] }),
                &[("  empty:\n", "  empty:\n  new:\n    a:\n    - 1\n")],
            ),
            (|v| v["spec"]["empty"] = json!("x"), &[("  empty:\n", "  empty: x\n")]),
            (|v| v["spec"]["subnets"][1]["zone"] = json!("z"), &[("eu-1b", "z")]),
            (
                |v| v["spec"]["subnets"].as_array_mut().unwrap().push(json!({ "name": "c" })),
                &[("eu-1b\n", "eu-1b\n  - name: c\n")],
            ),
            (
                |v| drop(v["spec"]["subnets"].as_array_mut().unwrap().remove(0)),
                &[("  - name: a # here\n    zone: eu-1a\n", "")],
            ),
            (
                |v| drop(v["spec"]["subnets"][0].as_object_mut().unwrap().remove("name")),
                &[("name: a # here\n    zone", "zone")],
            ),
            (
                |v| v["spec"]["labels"]["team"] = json!("red"),
                &[(
                    "labels: { team: blue, note: 'a } b' } # whose",
                    "labels:\n    note: a } b\n    team: red",
                )],
            ),
            (
                |v| drop(v["spec"].as_object_mut().unwrap().remove("policy")),
                &[("  policy: |\n    [\n      1\n    ]\n", "")],
            ),
            (
                |v| v["spec"]["policy"] = json!("p"),
                &[("policy: |\n    [\n      1\n    ]\n", "policy: p\n")],
            ),
            (|v| v["spec"]["keys"] = json!(["a"]), &[("keys: [a,\n    b]", "keys:\n  - a")]),
        ];
        for (number, (change, expected)) in cases.into_iter().enumerate() {
            let mut wanted = old.clone();
            change(&mut wanted);
            assert_eq!(patched(TEXT, &wanted).as_deref(), Some(&*with(expected)), "case {number}");
        }
        assert_eq!(patched(TEXT, &old).as_deref(), Some(TEXT));
    }

    #[test]
    fn what_cannot_be_changed_in_place_is_told() {
        let wanted = json!({ "a": { "b": 2 } });
        for text in
            ["{ a: { b: 1 } }", "a: 1\n---\na: 2", "- a", "", "a: [", "x: &x { b: 1 }\na: *x"]
        {
            assert_eq!(patched(text, &wanted), None, "{text}");
        }
        // What is taken in stands somewhere else, where it is not to be changed.
        let merged = "x: &x\n  b: 1\na:\n  <<: *x\n";
        assert_eq!(patched(merged, &json!({ "x": { "b": 1 }, "a": { "b": 2 } })), None);
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            (0..99).prop_map(Value::from),
            "[a-c #:'-]{0,4}".prop_map(Value::from),
            Just(Value::Null),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-e]", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    /// A mapping that has a field, so that it is written in lines.
    fn document() -> impl Strategy<Value = Value> {
        prop::collection::btree_map("[a-e]", value(), 1..5)
            .prop_map(|map| Value::Object(map.into_iter().collect()))
    }

    proptest! {
        /// Of what was written here, any other value can be made; it is the one that was wanted, and
        /// comments between fields of the document stay.
        #[test]
        fn any_change_comes_to_what_is_wanted(old in document(), wanted in document()) {
            let fields = old.as_object().expect("it is one").iter();
            let texts = fields.map(|(key, value)| ["# about ", key, "\n", &entry(key, value, 0)].concat());
            let text = texts.collect::<Vec<_>>().concat();
            if let Some(changed) = patched(&text, &wanted) {
                prop_assert_eq!(read(&changed).map(|it| it.to_value()), Some(wanted));
                for key in old.as_object().expect("it is one").keys() {
                    let comment = format!("# about {key}\n");
                    prop_assert!(changed.contains(&comment), "{}", changed);
                }
            }
        }
    }
}

//! From text to tree, within bounds.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span};

use super::{Entry, Node, Position, Scalar, Style, Tree, Written, split::Part};

/// How deep a document may be nested. kOps' own types need less than thirty.
const MAX_DEPTH: usize = 100;
/// How many nodes a document may have, once its aliases are written out.
const MAX_NODES: usize = 200_000;

/// Why a part of a file cannot be read.
#[derive(Clone, Debug)]
pub(in crate::manifest) struct Fault {
    pub(in crate::manifest) at: Position,
    pub(in crate::manifest) message: String,
    pub(in crate::manifest) hint: Option<String>,
}

/// Reads a part's documents, leaving out empty ones.
pub(in crate::manifest) fn parse(part: Part<'_>) -> (Vec<Node>, Option<Fault>) {
    let mut builder = Builder { lines_before: part.lines_before, ..Builder::default() };
    let mut rest = Rest { text: part.text, index: 0 };
    let mut parser = Parser::new_from_str(part.text);
    while let Some(event) = parser.next_event() {
        let done = match event {
            Ok((event, span)) => {
                let raw = rest.between(span.start.index(), span.end.index());
                builder.accept(event, span, raw)
            }
            Err(error) => Err(builder.syntax(&error)),
        };
        if let Err(fault) = done {
            return (builder.documents, Some(fault));
        }
    }
    (builder.documents, None)
}

/// What of a text has not been passed yet.
struct Rest<'t> {
    text: &'t str,
    /// How many characters have been passed.
    index: usize,
}

impl<'t> Rest<'t> {
    /// The text between two characters; what comes before the first is passed.
    fn between(&mut self, start: usize, end: usize) -> &'t str {
        let passed = start.saturating_sub(self.index);
        self.text = &self.text[bytes(self.text, passed)..];
        self.index += passed;
        &self.text[..bytes(self.text, end.saturating_sub(self.index))]
    }
}

/// How many bytes the first characters of a text have.
fn bytes(text: &str, characters: usize) -> usize {
    text.char_indices().nth(characters).map_or(text.len(), |(offset, _)| offset)
}

#[derive(Default)]
struct Builder {
    lines_before: usize,
    documents: Vec<Node>,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Anchored>,
    nodes: usize,
}

/// What an anchor names, how many nodes it has, and how deep it is.
struct Anchored {
    node: Node,
    size: usize,
    depth: usize,
}

/// A list or mapping whose end has not come yet.
struct Open {
    at: Position,
    anchor: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, key: Option<(String, Position)> },
}

impl Builder {
    fn accept(&mut self, event: Event<'_>, span: Span, raw: &str) -> Result<(), Fault> {
        let at = self.position(span.start);
        match event {
            Event::DocumentStart(_) => self.anchors.clear(),
            Event::Scalar(text, style, anchor, tag) => {
                let text_by_tag =
                    tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
                let scalar = Scalar {
                    text: text.into_owned(),
                    plain: style == ScalarStyle::Plain && !text_by_tag,
                    written: Written { style: styled(style), at, raw: raw.to_owned() },
                };
                self.add(Node { at, tree: Tree::Scalar(scalar) }, anchor)?;
            }
            Event::Alias(anchor) => {
                let Some(Anchored { size, depth, .. }) = self.anchors.get(&anchor) else {
                    return Err(fault(at, "this alias is inside what it stands for", None));
                };
                let (size, depth) = (*size, *depth);
                self.count(size, at)?;
                self.check_depth(depth, at)?;
                if let Some(anchored) = self.anchors.get(&anchor) {
                    let node = Node { at, ..anchored.node.clone() };
                    self.add(node, 0)?;
                }
            }
            Event::SequenceStart(anchor, _) => {
                self.open(Open { at, anchor, content: Content::List(Vec::new()) })?;
            }
            Event::MappingStart(anchor, _) => {
                let content = Content::Map { entries: Vec::new(), key: None };
                self.open(Open { at, anchor, content })?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    let tree = match open.content {
                        Content::List(items) => Tree::List(items),
                        Content::Map { entries, .. } => Tree::Map(merged(entries)),
                    };
                    self.add(Node { at: open.at, tree }, open.anchor)?;
                }
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn open(&mut self, open: Open) -> Result<(), Fault> {
        self.check_depth(1, open.at)?;
        self.open.push(open);
        Ok(())
    }

    fn check_depth(&self, more: usize, at: Position) -> Result<(), Fault> {
        if self.open.len() + more > MAX_DEPTH {
            let message = format!("this is nested more than {MAX_DEPTH} levels deep");
            return Err(fault(at, &message, None));
        }
        Ok(())
    }

    fn add(&mut self, node: Node, anchor: usize) -> Result<(), Fault> {
        self.count(1, node.at)?;
        if anchor != 0 {
            let (size, depth) = node.measure();
            self.anchors.insert(anchor, Anchored { node: node.clone(), size, depth });
        }
        match self.open.last_mut() {
            None if node.is_null() => {}
            None => self.documents.push(node),
            Some(Open { content: Content::List(items), .. }) => items.push(node),
            Some(Open { content: Content::Map { entries, key }, .. }) => match key.take() {
                Some((key, key_at)) => entries.push(Entry { key, key_at, value: node }),
                None => match node.tree {
                    Tree::Scalar(scalar) => *key = Some((scalar.text, node.at)),
                    Tree::List(_) | Tree::Map(_) => {
                        return Err(fault(
                            node.at,
                            "the name of a field is a list or a mapping",
                            Some("quote a text that begins with a brace or a bracket"),
                        ));
                    }
                },
            },
        }
        Ok(())
    }

    fn count(&mut self, nodes: usize, at: Position) -> Result<(), Fault> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MAX_NODES {
            let message =
                format!("the document has more than {MAX_NODES} parts here, aliases written out");
            return Err(fault(at, &message, None));
        }
        Ok(())
    }

    fn position(&self, marker: saphyr_parser::Marker) -> Position {
        Position { line: self.lines_before + marker.line(), column: marker.col() + 1 }
    }

    fn syntax(&self, error: &ScanError) -> Fault {
        let info = error.info();
        let (message, hint) = SYNTAX
            .iter()
            .find(|(part, ..)| info.contains(part))
            .map_or((info, None), |(_, message, hint)| (*message, Some(*hint)));
        fault(self.position(*error.marker()), &format!("this is not YAML: {message}"), hint)
    }
}

/// What the parser says, what it means, and what to do.
const SYNTAX: [(&str, &str, &str); 12] = [
    ("tab", "there is a tab", "indent with spaces"),
    (
        "mapping values are not allowed",
        "a field cannot start here",
        "check the indentation; put a text that contains \": \" in quotes",
    ),
    (
        "did not find expected key",
        "a field was expected here",
        "indent it like the lines it belongs with",
    ),
    (
        "did not find expected '-'",
        "an item of the list was expected here",
        "indent it like the lines it belongs with",
    ),
    (
        "invalid indentation in quoted",
        "a text in quotes goes on into the next field",
        "close the quote",
    ),
    (
        "invalid indentation",
        "what is in brackets or braces goes on into the next field",
        "close it",
    ),
    (
        "unexpected end of stream",
        "something that opens here is not closed",
        "close the quote or bracket",
    ),
    (
        "invalid trailing content after",
        "a text in quotes ends before this",
        "put a text with quotes of its own behind |, or in quotes of the other kind",
    ),
    (
        "byte order mark",
        "there is a byte order mark inside the document",
        "remove it: save as plain UTF-8",
    ),
    ("unexpected character", "a text cannot start with this character", "put the text in quotes"),
    (
        "unknown anchor",
        "no anchor of this name comes before",
        "define it with & before its first use with *",
    ),
    (
        "unknown escape",
        "there is no such escape in a text in double quotes",
        "use single quotes, or write \\\\ for a backslash",
    ),
];

fn styled(style: ScalarStyle) -> Style {
    match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted => Style::SingleQuoted,
        ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
        ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
    }
}

fn fault(at: Position, message: &str, hint: Option<&str>) -> Fault {
    Fault { at, message: message.to_owned(), hint: hint.map(str::to_owned) }
}

/// Takes in what `<<` names, which the mapping's own entries override.
fn merged(entries: Vec<Entry>) -> Vec<Entry> {
    if !entries.iter().any(|entry| entry.key == "<<") {
        return entries;
    }
    let (merges, mut own): (Vec<Entry>, Vec<Entry>) =
        entries.into_iter().partition(|entry| entry.key == "<<");
    for merge in merges {
        let maps = match merge.value.tree {
            Tree::List(items) => items,
            Tree::Scalar(_) | Tree::Map(_) => vec![merge.value],
        };
        for map in maps {
            let Tree::Map(given) = map.tree else { continue };
            for entry in given {
                if !own.iter().any(|other| other.key == entry.key) {
                    own.push(entry);
                }
            }
        }
    }
    own
}

//! Reading JSON part by part: what is there, where it is, and what is wrong with it.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    DocumentError, Mistake, Position, Values,
    check::{Checker, Grammar},
    error::{Lines, nearest},
    json::{Kind, Node},
    syntax,
};

/// The most bytes that are read. No quota of IAM comes near, however many spaces there are.
const MOST_BYTES: usize = 1 << 18;

/// Reads a text with `read`, and gives every mistake its place.
pub(super) fn read<'t, T>(
    text: &'t str,
    grammar: Grammar<'t>,
    read: impl FnOnce(&mut Reader<'t>, Node<'t>) -> Option<T>,
) -> Result<T, DocumentError> {
    if text.len() > MOST_BYTES {
        let message = format!("has {} bytes, and no policy has more than {MOST_BYTES}", text.len());
        let mut mistake = Mistake::new("", message).hint("IAM takes a few thousand characters");
        mistake.position = Some(Position { line: 1, column: 1 });
        return Err(DocumentError { mistakes: vec![mistake] });
    }
    let lines = Lines::of(text);
    let root = match Node::parse(text) {
        Ok(root) => root,
        Err(error) => {
            return Err(DocumentError { mistakes: vec![syntax::explain(text, &lines, &error)] });
        }
    };
    let (places, meant) = (BTreeMap::new(), BTreeSet::new());
    let mut reader = Reader { text, lines, grammar, places, meant, mistakes: Vec::new() };
    let result = read(&mut reader, root);
    let Reader { lines, places, mut mistakes, .. } = reader;
    match result {
        Some(result) if mistakes.is_empty() => Ok(result),
        _ => {
            for mistake in mistakes.iter_mut().filter(|mistake| mistake.position.is_none()) {
                let value = mistake.value.as_ref();
                let of_value = value.and_then(|value| places.get(&of(&mistake.path, value)));
                let offset = of_value.copied().unwrap_or_else(|| place(&places, &mistake.path));
                mistake.position = Some(lines.position(offset));
            }
            mistakes.sort_by_key(|mistake| mistake.position);
            Err(DocumentError { mistakes })
        }
    }
}

/// Under what a value's place is kept.
fn of(path: &str, value: &str) -> String {
    format!("{path} {value}")
}

/// The place of `path`, or of the innermost thing around it that has one.
fn place(places: &BTreeMap<String, usize>, path: &str) -> usize {
    let mut path = path;
    loop {
        match (places.get(path), path.rfind(['.', '['])) {
            (Some(offset), _) => return *offset,
            (None, Some(end)) => path = &path[..end],
            (None, None) => return places.get("").copied().unwrap_or_default(),
        }
    }
}

/// Reads the parts of a text.
pub(super) struct Reader<'t> {
    pub(super) text: &'t str,
    lines: Lines<'t>,
    pub(super) grammar: Grammar<'t>,
    /// Where each path starts, and each value of a list.
    pub(super) places: BTreeMap<String, usize>,
    /// The paths of members that are there under a misspelt name.
    meant: BTreeSet<String>,
    mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    pub(super) fn check(&mut self) -> Checker<'_> {
        Checker { grammar: self.grammar, mistakes: &mut self.mistakes }
    }

    pub(super) fn wrong(&mut self, mistake: Mistake) {
        self.mistakes.push(mistake);
    }

    /// Takes a value apart, and remembers where it is.
    pub(super) fn open<'n>(&mut self, path: &str, node: Node<'n>) -> Option<Kind<'n>> {
        self.places.insert(path.to_owned(), node.offset(self.text));
        match node.kind() {
            Ok(kind) => Some(kind),
            Err(error) => {
                self.wrong(unreadable(path, &error));
                None
            }
        }
    }

    /// Whether a member is there under a misspelt name, or its opposite is.
    pub(super) fn is_meant(&self, path: &str, name: &str) -> bool {
        [name.to_owned(), format!("Not{name}")]
            .iter()
            .any(|name| self.meant.contains(&join(path, name)))
    }

    pub(super) fn expected(&mut self, path: &str, expected: &str, found: &Kind<'_>) {
        let mistake = Mistake::new(path, format!("must be {expected}, is {}", found.describe()));
        self.wrong(mistake.hint(match (found, expected) {
            (_, "a list of statements") => "write it in brackets: [ … ]",
            (Kind::List(_), "an object") => "remove the brackets",
            (_, "an object") if path.ends_with("Condition") => {
                "write {\"StringEquals\": {\"service:key\": value}}"
            }
            (_, "an object") if path.contains("Condition.") => "write {\"service:key\": value}",
            (_, "an object") => "write {\"Effect\": \"Allow\", \"Action\": …, \"Resource\": …}",
            (Kind::Object(_), _) if path.contains("Condition.") => {
                "a key has values alone; that of a tag is written `aws:RequestTag/Name`"
            }
            (Kind::Number(value), _) if !is_finite(value) => "no number is that large",
            (Kind::Bool(_) | Kind::Number(_), _) => "put it in double quotes",
            (Kind::Null, _) => "give it a value, or remove it",
            (Kind::List(_), "a string") => "give one alone, without brackets",
            _ => "what is nested here belongs elsewhere",
        }));
    }

    /// An object's members by name. Refuses what is written twice, and, where `known` names the
    /// members there can be, any other.
    pub(super) fn object<'n>(
        &mut self,
        path: &str,
        node: Node<'n>,
        known: Option<&[&str]>,
    ) -> Option<Vec<(String, Node<'n>)>> {
        let members = match self.open(path, node)? {
            Kind::Object(members) => members,
            other => {
                self.expected(path, "an object", &other);
                return None;
            }
        };
        let mut kept = Vec::new();
        let mut names = BTreeSet::new();
        for member in members {
            let name = self.canonical(member.name, known);
            let (at, offset) = (join(path, &name), member.name_node.offset(self.text));
            let mistake = if known.is_some_and(|known| !known.contains(&name.as_str())) {
                let (mistake, meant) = unknown(&at, &name, known.unwrap_or_default());
                self.meant.extend(meant.map(|meant| join(path, meant)));
                Some(mistake)
            } else if names.insert(name.clone()) {
                None
            } else {
                Some(Mistake::new(&at, "is written twice").hint("keep one of them"))
            };
            if let Some(mut mistake) = mistake {
                mistake.position = Some(self.lines.position(offset));
                self.wrong(mistake);
            } else {
                self.places.insert(of(&at, &name), offset);
                kept.push((name, member.value));
            }
        }
        Some(kept)
    }

    /// A member's name as the language spells it: what people write may have it in any case.
    fn canonical(&self, name: String, known: Option<&[&str]>) -> String {
        let any_case = |known: &&&str| self.grammar.by_hand && known.eq_ignore_ascii_case(&name);
        let known = known.unwrap_or_default().iter().find(any_case);
        known.map_or(name, |known| (*known).to_owned())
    }

    pub(super) fn string(&mut self, path: &str, node: Node<'_>) -> Option<String> {
        match self.open(path, node)? {
            Kind::Text(text) => Some(text),
            other => {
                self.expected(path, "a string", &other);
                None
            }
        }
    }

    /// A value or a list of values.
    pub(super) fn values(
        &mut self,
        path: &str,
        node: Node<'_>,
        scalars: Scalars,
    ) -> Option<Values> {
        match self.open(path, node)? {
            Kind::List(items) => {
                let values = items.into_iter().enumerate().map(|(index, item)| {
                    let item_path = format!("{path}[{index}]");
                    let kind = self.open(&item_path, item)?;
                    let value = self.scalar(&item_path, kind, scalars, "a string")?;
                    let offset = item.offset(self.text);
                    self.places.entry(of(path, &value)).or_insert(offset);
                    Some(value)
                });
                // Every item is looked at before the first bad one counts.
                let values: Vec<Option<String>> = values.collect();
                values.into_iter().collect()
            }
            kind => Some(self.scalar(path, kind, scalars, "a string or a list of strings")?.into()),
        }
    }

    pub(super) fn strings(&mut self, path: &str, node: Node<'_>) -> Option<Values> {
        self.values(path, node, Scalars::Strings)
    }

    fn scalar(
        &mut self,
        path: &str,
        kind: Kind<'_>,
        scalars: Scalars,
        expected: &str,
    ) -> Option<String> {
        match (kind, scalars) {
            (Kind::Text(text), _) => Some(text),
            (Kind::Bool(value), Scalars::Any) => Some(value.to_string()),
            (Kind::Number(value), Scalars::Any) if is_finite(value) => Some(value.to_owned()),
            (other, _) => {
                self.expected(path, expected, &other);
                None
            }
        }
    }

    /// Nobody writes nothing on purpose.
    pub(super) fn nothing(&mut self, path: &str, message: &str, hint: &str) {
        if self.grammar.by_hand {
            self.wrong(Mistake::new(path, message).hint(hint));
        }
    }
}

fn is_finite(number: &str) -> bool {
    number.parse().is_ok_and(f64::is_finite)
}

/// A text that JSON's grammar allows and that is no text: half of a pair.
fn unreadable(path: &str, error: &serde_json::Error) -> Mistake {
    let what = match syntax::said(error).as_str() {
        "lone leading surrogate in hex escape" | "unexpected end of hex escape" => {
            "a `\\u` escape is half of a character".to_owned()
        }
        other => other.to_owned(),
    };
    Mistake::new(path, format!("cannot be read: {what}")).hint("write the character itself")
}

/// A member that there is not, and the one that was meant.
fn unknown<'k>(at: &str, name: &str, known: &[&'k str]) -> (Mistake, Option<&'k str>) {
    let mistake = Mistake::new(at, "is not a member that a policy has here");
    let meant = nearest(name, known.iter().copied());
    let hint = if let Some(meant) = meant {
        format!("did you mean `{meant}`?")
    } else {
        let known: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
        format!("the members here are {}", known.join(", "))
    };
    (mistake.hint(hint), meant)
}

/// Which plain values may stand in a list.
#[derive(Clone, Copy)]
pub(super) enum Scalars {
    /// Strings.
    Strings,
    /// Booleans and numbers too: IAM takes them in conditions, and means their text.
    Any,
}

/// The path of a member.
pub(super) fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

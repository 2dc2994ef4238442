//! A document's tree against the fields that kOps knows.

mod scalar;

use serde_json::{Map, Value};

use super::{
    mistake::{Mistake, Notice, Place},
    schema::{Field, Fields, Kind, Type, places_of},
    source::{FieldPath, Source},
    suggest::nearest,
    yaml::{Entry, Node, Position, Tree},
};

/// What a document's tree is read into.
pub(super) struct Decoder<'a> {
    pub(super) kind: Kind,
    pub(super) source: Source,
    pub(super) mistakes: &'a mut Vec<Mistake>,
    pub(super) notices: &'a mut Vec<Notice>,
}

impl Decoder<'_> {
    /// Reads a document into JSON that the types of [`spec`](super::spec) can be read from: what is
    /// unknown or of the wrong type is left out, and noted as a mistake; so is what is null.
    pub(super) fn document(&mut self, node: &Node) -> Map<String, Value> {
        match &node.tree {
            Tree::Map(entries) => self.object(entries, self.kind.fields(), &FieldPath::default()),
            Tree::Scalar(_) | Tree::List(_) => Map::new(),
        }
    }

    fn object(
        &mut self,
        entries: &[Entry],
        fields: &Fields,
        path: &FieldPath,
    ) -> Map<String, Value> {
        let mut object = Map::new();
        for entry in self.without_duplicates(entries, |name| path.field(name)) {
            let here = path.field(&entry.key);
            self.remember(entry, &here);
            let Some(field) = fields.get(entry.key.as_str()) else {
                self.unknown(entry, fields, path, &here);
                continue;
            };
            if let Some(version) = field.until {
                let why = match version {
                    "never" => "no version of kOps acts on it".to_owned(),
                    version => format!("kOps removed it after version {version}"),
                };
                let message = format!("{} has no effect: {why}", here.as_str());
                let place = Some(self.source.place(here.as_str()));
                self.notices.push(Notice { place, message });
            }
            let given = self.value(&entry.value, &field.ty, field, &here);
            // kOps cannot tell an empty text from none.
            if let Some(value) = given.filter(|value| value != "") {
                object.insert(entry.key.clone(), value);
            }
        }
        object
    }

    fn value(&mut self, node: &Node, ty: &Type, field: &Field, path: &FieldPath) -> Option<Value> {
        if node.is_null() {
            return None;
        }
        match (ty, &node.tree) {
            (Type::Any, _) => Some(node.to_value()),
            (Type::List(ty), Tree::List(items)) => Some(self.list(items, ty, field, path)),
            (Type::Map(ty), Tree::Map(entries)) => Some(self.map(entries, ty, field, path)),
            (Type::Object, Tree::Map(entries)) => {
                Some(Value::Object(self.object(entries, &field.fields, path)))
            }
            (Type::List(_) | Type::Map(_) | Type::Object, _)
            | (_, Tree::List(_) | Tree::Map(_)) => {
                self.wrong_shape(node, ty, path);
                None
            }
            (_, Tree::Scalar(scalar)) => match scalar::read(scalar, ty, &field.values) {
                Ok(value) => Some(value),
                Err((message, hint)) => {
                    self.mistake(path, node.at, message, hint);
                    None
                }
            },
        }
    }

    fn list(&mut self, items: &[Node], ty: &Type, field: &Field, path: &FieldPath) -> Value {
        let mut list = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let here = path.key(index);
            self.source.insert(&here, item.at);
            if item.is_null() {
                let message = "this item of the list is empty".to_owned();
                self.mistake(
                    &here,
                    item.at,
                    message,
                    Some("remove it, or give it a value".to_owned()),
                );
            }
            list.extend(self.value(item, ty, field, &here));
        }
        Value::Array(list)
    }

    fn map(&mut self, entries: &[Entry], ty: &Type, field: &Field, path: &FieldPath) -> Value {
        let mut map = Map::new();
        for entry in self.without_duplicates(entries, |key| path.key(key)) {
            let here = path.key(&entry.key);
            self.remember(entry, &here);
            let value = if entry.value.is_null() {
                // As kOps: the name is there, with nothing.
                Some(match ty {
                    Type::List(_) => Value::Array(Vec::new()),
                    _ => Value::String(String::new()),
                })
            } else {
                self.value(&entry.value, ty, field, &here)
            };
            if let Some(value) = value {
                map.insert(entry.key.clone(), value);
            }
        }
        Value::Object(map)
    }

    fn without_duplicates<'e>(
        &mut self,
        entries: &'e [Entry],
        path: impl Fn(&str) -> FieldPath,
    ) -> Vec<&'e Entry> {
        duplicates(entries, |entry, first| {
            let here = path(&entry.key);
            let message = format!("{:?} is here twice", entry.key);
            let hint = format!("it is on line {} already: remove one", first.key_at.line);
            self.mistake(&here, entry.key_at, message, Some(hint));
        })
    }

    fn remember(&mut self, entry: &Entry, path: &FieldPath) {
        let at = match &entry.value.tree {
            Tree::Scalar(scalar) if !entry.value.is_null() => {
                self.source.insert_text(path, &scalar.written);
                entry.value.at
            }
            _ => entry.key_at,
        };
        self.source.insert(path, at);
    }

    fn unknown(&mut self, entry: &Entry, fields: &Fields, path: &FieldPath, here: &FieldPath) {
        let name = entry.key.as_str();
        let known = fields.iter().filter(|(_, field)| field.until.is_none()).map(|(name, _)| *name);
        let places = places_of(name, self.kind.fields());
        let other_case = known.clone().find(|field| field.eq_ignore_ascii_case(name));
        let hint = if let Some(field) = other_case {
            Some(format!("did you mean {field:?}? Upper and lower case matter"))
        } else if let Some(hint) = other_kind(here, self.kind) {
            Some(hint)
        } else if let ([place], _) | ([place, ..], "spec" | "") = (places.as_slice(), path.as_str())
        {
            let parent = place.rsplit_once('.').map_or("the document itself", |(parent, _)| parent);
            Some(format!("it belongs in {parent}"))
        } else if let Some(field) = nearest(name, known.clone()) {
            Some(format!("did you mean {field:?}?"))
        } else if fields.is_empty() {
            Some(format!("{} has no fields: write {{}}", path.as_str()))
        } else if fields.len() <= 12 {
            Some(format!("the fields here are {}", known.collect::<Vec<_>>().join(", ")))
        } else {
            None
        };
        self.mistake(here, entry.key_at, format!("there is no field {name:?}"), hint);
    }

    fn wrong_shape(&mut self, node: &Node, ty: &Type, path: &FieldPath) {
        let found = match &node.tree {
            Tree::List(_) => "a list".to_owned(),
            Tree::Map(_) => "a mapping".to_owned(),
            Tree::Scalar(scalar) => scalar::describe(scalar),
        };
        let hint = match (ty, &node.tree) {
            (Type::List(_), Tree::Scalar(scalar)) => {
                Some(format!("write each item on a line of its own: - {}", scalar.text.trim()))
            }
            (Type::List(_), Tree::Map(_)) => {
                Some("put \"- \" before the first field of each item".to_owned())
            }
            (Type::String, Tree::Map(entries)) if path.as_str() == "spec.cloudProvider" => {
                let name = entries.first().map_or("aws", |entry| entry.key.as_str());
                Some(format!("v1alpha2 has the provider's name alone: cloudProvider: {name}"))
            }
            (Type::String, _) if is_policy(path.as_str()) => {
                Some("write the statements as a text: put | behind the colon".to_owned())
            }
            (Type::Object, Tree::Scalar(_)) => Some("give its fields, or {} for none".to_owned()),
            _ => None,
        };
        let at = match &node.tree {
            Tree::Scalar(_) => node.at,
            _ => self
                .source
                .position(path.as_str())
                .map_or(node.at, |(line, column)| Position { line, column }),
        };
        let message = format!("this is {found}, and has to be {}", scalar::expected(ty));
        self.mistake(path, at, message, hint);
    }

    pub(super) fn mistake(
        &mut self,
        path: &FieldPath,
        at: Position,
        message: String,
        hint: Option<String>,
    ) {
        let place: Place = self.source.place_at(path.as_str(), at);
        self.mistakes.push(Mistake { place, message, hint });
    }
}

/// The entries, each key once; the others are told with the first that has the same key.
pub(super) fn duplicates<'e>(
    entries: &'e [Entry],
    mut tell: impl FnMut(&'e Entry, &'e Entry),
) -> Vec<&'e Entry> {
    let mut seen: std::collections::BTreeMap<&str, &Entry> = std::collections::BTreeMap::new();
    let mut once = Vec::new();
    for entry in entries {
        if let Some(first) = seen.get(entry.key.as_str()) {
            tell(entry, first);
        } else {
            seen.insert(&entry.key, entry);
            once.push(entry);
        }
    }
    once
}

/// Whether a list of statements stands here.
fn is_policy(path: &str) -> bool {
    path.starts_with("spec.additionalPolicies[") || path.ends_with(".aws.inlinePolicy")
}

/// A hint where the other kind of document has such a field.
fn other_kind(path: &FieldPath, kind: Kind) -> Option<String> {
    let other = match kind {
        Kind::Cluster => Kind::InstanceGroup,
        Kind::InstanceGroup => Kind::Cluster,
        Kind::SshCredential => return None,
    };
    let name = path.as_str().strip_prefix("spec.")?;
    let field = other.fields().get("spec")?.fields.contains_key(name);
    field.then(|| format!("it is a field of the {}", other.name()))
}

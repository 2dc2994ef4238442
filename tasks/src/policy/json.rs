//! JSON with the place of every value, and with members that are written twice.
//!
//! `serde_json` checks the syntax of the whole text once; after that every value is a slice of it.
//! Values are taken apart only as deep as somebody asks, so nesting costs nothing.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// A value in a text.
#[derive(Clone, Copy)]
pub(super) struct Node<'t> {
    raw: &'t RawValue,
}

/// A value taken apart by one level.
pub(super) enum Kind<'t> {
    Null,
    Bool(bool),
    /// As it is written.
    Number(&'t str),
    Text(String),
    List(Vec<Node<'t>>),
    /// In the order of the text, members that are written twice included.
    Object(Vec<Member<'t>>),
}

/// A member of an object.
pub(super) struct Member<'t> {
    pub(super) name: String,
    pub(super) name_node: Node<'t>,
    pub(super) value: Node<'t>,
}

impl<'t> Node<'t> {
    /// The value that `text` is.
    pub(super) fn parse(text: &'t str) -> serde_json::Result<Self> {
        serde_json::from_str(text).map(|raw| Self { raw })
    }

    /// How many bytes into `text`, the text it was parsed from, it starts.
    pub(super) fn offset(self, text: &str) -> usize {
        self.raw.get().as_ptr().addr().saturating_sub(text.as_ptr().addr())
    }

    /// Takes it apart by one level. The error is a text that JSON's grammar allows and Rust's
    /// strings do not: a lone surrogate.
    pub(super) fn kind(self) -> serde_json::Result<Kind<'t>> {
        let text = self.raw.get();
        Ok(match text.as_bytes().first() {
            Some(b'{') => Kind::Object(serde_json::from_str::<Members<'t>>(text)?.0),
            Some(b'[') => {
                let items: Vec<&'t RawValue> = serde_json::from_str(text)?;
                Kind::List(items.into_iter().map(|raw| Node { raw }).collect())
            }
            Some(b'"') => Kind::Text(serde_json::from_str(text)?),
            Some(b't') => Kind::Bool(true),
            Some(b'f') => Kind::Bool(false),
            Some(b'n') => Kind::Null,
            _ => Kind::Number(text),
        })
    }
}

impl Kind<'_> {
    /// What it is, for messages.
    pub(super) fn describe(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

/// An object's members, none dropped.
struct Members<'t>(Vec<Member<'t>>);

impl<'t> Deserialize<'t> for Members<'t> {
    fn deserialize<D: Deserializer<'t>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor(PhantomData))
    }
}

struct MembersVisitor<'t>(PhantomData<&'t ()>);

impl<'t> Visitor<'t> for MembersVisitor<'t> {
    type Value = Members<'t>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some((name, value)) = map.next_entry::<&'t RawValue, &'t RawValue>()? {
            members.push(Member {
                name: serde_json::from_str(name.get()).map_err(serde::de::Error::custom)?,
                name_node: Node { raw: name },
                value: Node { raw: value },
            });
        }
        Ok(Members(members))
    }
}

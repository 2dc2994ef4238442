//! The tree.

use serde_json::{Map, Value};

use super::{Position, Scalar};

/// Something in a document.
#[derive(Clone, Debug)]
pub(in crate::manifest) struct Node {
    pub(in crate::manifest) at: Position,
    pub(in crate::manifest) tree: Tree,
}

/// What a node is.
#[derive(Clone, Debug)]
pub(in crate::manifest) enum Tree {
    Scalar(Scalar),
    List(Vec<Node>),
    /// Entries in the order written; a key may be there twice.
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone, Debug)]
pub(in crate::manifest) struct Entry {
    pub(in crate::manifest) key: String,
    pub(in crate::manifest) key_at: Position,
    pub(in crate::manifest) value: Node,
}

impl Node {
    /// The value of a key, the first where there are several.
    pub(in crate::manifest) fn get(&self, key: &str) -> Option<&Node> {
        match &self.tree {
            Tree::Map(entries) => {
                entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
            }
            Tree::Scalar(_) | Tree::List(_) => None,
        }
    }

    /// The text of a scalar that is not null.
    pub(in crate::manifest) fn text(&self) -> Option<&str> {
        match &self.tree {
            Tree::Scalar(scalar) if !self.is_null() => Some(&scalar.text),
            _ => None,
        }
    }

    pub(in crate::manifest) fn is_null(&self) -> bool {
        matches!(&self.tree, Tree::Scalar(scalar) if scalar.resolve() == super::Resolved::Null)
    }

    /// The node as JSON.
    pub(in crate::manifest) fn to_value(&self) -> Value {
        match &self.tree {
            Tree::Scalar(scalar) => scalar.to_value(),
            Tree::List(items) => Value::Array(items.iter().map(Node::to_value).collect()),
            Tree::Map(entries) => {
                let mut map = Map::new();
                for entry in entries {
                    map.entry(&entry.key).or_insert_with(|| entry.value.to_value());
                }
                Value::Object(map)
            }
        }
    }

    /// How many nodes there are, and how many levels of lists and mappings.
    pub(super) fn measure(&self) -> (usize, usize) {
        let children: Vec<(usize, usize)> = match &self.tree {
            Tree::Scalar(_) => return (1, 0),
            Tree::List(items) => items.iter().map(Node::measure).collect(),
            Tree::Map(entries) => entries.iter().map(|entry| entry.value.measure()).collect(),
        };
        children
            .iter()
            .fold((1, 1), |(size, depth), (more, deep)| (size + more, depth.max(deep + 1)))
    }
}

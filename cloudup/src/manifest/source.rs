//! Where a document came from.

use std::{collections::BTreeMap, fmt};

use super::{mistake::Place, yaml::Position};

/// Where a document came from, and where in it each field is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// The file's name, as given.
    pub file: String,
    /// Which of the file's documents, from 1.
    pub document: usize,
    start: Position,
    positions: BTreeMap<String, Position>,
    literals: BTreeMap<String, Position>,
}

impl Source {
    pub(super) fn new(file: &str, document: usize, start: Position) -> Self {
        Self { file: file.to_owned(), document, start, ..Self::default() }
    }

    pub(super) fn insert(&mut self, path: &FieldPath, at: Position) {
        self.positions.insert(path.0.clone(), at);
    }

    pub(super) fn insert_literal(&mut self, path: &FieldPath, at: Position) {
        self.literals.insert(path.0.clone(), at);
    }

    /// Line and column, from 1, of a field's value (of its name, where the value is a list or a
    /// mapping), by its path: `spec.subnets[0].zone`, `spec.externalPolicies[node]`.
    pub fn position(&self, path: &str) -> Option<(usize, usize)> {
        self.positions.get(path).map(|at| (at.line, at.column))
    }

    /// The place of a field, or of the nearest thing around it that the document has.
    pub fn place(&self, path: &str) -> Place {
        let mut around = path;
        let at = loop {
            if let Some(at) = self.positions.get(around) {
                break *at;
            }
            match around.rfind(['.', '[']) {
                Some(end) => around = &around[..end],
                None => break self.start,
            }
        };
        self.place_at(path, at)
    }

    /// The place of a line and column, from 1, inside a text in the document. They are counted from
    /// the text's beginning where the text is not written line by line (`|`).
    pub(crate) fn place_inside(&self, path: &str, line: usize, column: usize) -> Option<Place> {
        let start = self.literals.get(path)?;
        let at = Position {
            line: start.line + line.saturating_sub(1),
            column: start.column + column.saturating_sub(1),
        };
        Some(self.place_at(path, at))
    }

    pub(super) fn place_at(&self, path: &str, at: Position) -> Place {
        Place {
            file: self.file.clone(),
            document: self.document,
            path: path.to_owned(),
            line: at.line,
            column: at.column,
        }
    }
}

/// A field's path as it is printed: names after dots; indices and the keys of maps in brackets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FieldPath(String);

impl FieldPath {
    pub(super) fn field(&self, name: &str) -> Self {
        Self(if self.0.is_empty() { name.to_owned() } else { format!("{}.{name}", self.0) })
    }

    pub(super) fn key(&self, key: impl fmt::Display) -> Self {
        Self(format!("{}[{key}]", self.0))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

//! Where a document came from.

use std::{collections::BTreeMap, fmt};

use super::{
    mistake::Place,
    yaml::{Position, Written},
};

/// Where a document came from, and where in it each field is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// The file's name, as given.
    pub file: String,
    /// Which of the file's documents, from 1.
    pub document: usize,
    start: Position,
    positions: BTreeMap<String, Position>,
    texts: BTreeMap<String, Written>,
}

impl Source {
    pub(super) fn new(file: &str, document: usize, start: Position) -> Self {
        Self { file: file.to_owned(), document, start, ..Self::default() }
    }

    pub(super) fn insert(&mut self, path: &FieldPath, at: Position) {
        self.positions.insert(path.0.clone(), at);
    }

    pub(super) fn insert_text(&mut self, path: &FieldPath, written: &Written) {
        self.texts.insert(path.0.clone(), written.clone());
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

    /// What a field's text is made of, to find places inside it.
    pub(crate) fn inside<'s>(&'s self, path: &'s str, text: &str) -> Inside<'s> {
        let lines = text.split('\n').scan(0, |next, line| {
            let start = *next;
            *next += line.chars().count() + 1;
            Some(start)
        });
        let characters = self.texts.get(path).and_then(|written| written.places(text));
        Inside { source: self, path, characters, lines: lines.collect() }
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

/// The inside of a field's text.
pub(crate) struct Inside<'s> {
    source: &'s Source,
    path: &'s str,
    /// Where in the file each character of the text stands, and its end, as far as that can be
    /// told for sure.
    characters: Option<Vec<Position>>,
    /// The character that each line of the text begins with.
    lines: Vec<usize>,
}

impl Inside<'_> {
    /// The place in the file of a line and column, from 1, of the text. `None` where that cannot
    /// be told for sure.
    pub(crate) fn place(&self, line: usize, column: usize) -> Option<Place> {
        let start = self.lines.get(line.checked_sub(1)?)?;
        let at = self.characters.as_ref()?.get(start + column.checked_sub(1)?)?;
        Some(self.source.place_at(self.path, *at))
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

//! YAML as a tree in which everything knows its place.

mod parse;
mod scalar;
mod split;
mod tree;

pub(super) use parse::{Fault, parse};
pub(super) use scalar::{Resolved, Scalar};
pub(super) use split::split;
pub(super) use tree::{Entry, Node, Tree};

/// A line and a column, both from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    pub(super) line: usize,
    pub(super) column: usize,
}

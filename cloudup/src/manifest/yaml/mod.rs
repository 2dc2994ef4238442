//! YAML as a tree in which everything knows its place.

mod emit;
mod parse;
mod patch;
mod scalar;
mod split;
mod tree;
mod written;

pub(super) use emit::emit;
pub(super) use parse::{Fault, parse};
pub(super) use patch::patched;
pub(super) use scalar::{Resolved, Scalar};
pub(super) use split::{Part, split};
pub(super) use tree::{Entry, Node, Tree};
pub(super) use written::{Style, Written};

/// A line and a column, both from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    pub(super) line: usize,
    pub(super) column: usize,
}

//! Policies as the access they give and take.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
};

use anstyle::Style;
use cloudup_tasks::policy::{AccessDiff, Document, Grant, Names};
use serde_json::Value;

use super::style::{CREATE, DELETE, DIM, UPDATE};

/// The policy document that a report's value is, if it is one.
pub(super) fn document(value: Option<&Value>) -> Option<Document> {
    Document::from_value(value?).ok()
}

/// What the change of a document gives and takes: the actions of each resource and condition
/// together.
pub(super) fn write(
    out: &mut dyn Write,
    indent: usize,
    from: Option<&Document>,
    to: Option<&Document>,
) -> io::Result<()> {
    let diff = AccessDiff::between(from, to);
    // What cannot be told has lines of its own, with the reason.
    let told = |grant: &&Grant| !diff.unknown.iter().any(|unknown| unknown.grant == **grant);
    lines(out, indent, "+", CREATE, diff.added().filter(told))?;
    lines(out, indent, "-", DELETE, diff.removed().filter(told))?;
    for unknown in &diff.unknown {
        writeln!(out, "{:indent$}{UPDATE}{unknown}{UPDATE:#}", "")?;
    }
    lines(out, indent, "=", DIM, diff.kept.iter())
}

fn lines<'g>(
    out: &mut dyn Write,
    indent: usize,
    sign: &str,
    style: Style,
    grants: impl Iterator<Item = &'g Grant>,
) -> io::Result<()> {
    for (rest, actions) in by_what_they_share(grants) {
        let pad = " ".repeat(indent);
        let (before, after) = rest.split();
        writeln!(out, "{pad}{style}{sign} {before}{style:#}{after}")?;
        for line in wrapped(&actions, WIDTH.saturating_sub(indent + 4)) {
            writeln!(out, "{pad}    {line}")?;
        }
    }
    Ok(())
}

/// How wide lists of actions run.
pub(super) const WIDTH: usize = 110;

/// What grants of several actions have in common.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Shared {
    text: String,
    all_but: bool,
}

impl Shared {
    fn split(&self) -> (&str, &str) {
        self.text
            .split_once(' ')
            .map_or((self.text.as_str(), ""), |(word, _)| self.text.split_at(word.len()))
    }
}

fn by_what_they_share<'g>(
    grants: impl Iterator<Item = &'g Grant>,
) -> BTreeMap<Shared, BTreeSet<String>> {
    let mut shared: BTreeMap<Shared, BTreeSet<String>> = BTreeMap::new();
    for grant in grants {
        let action = grant.action.to_string();
        // The grant reads `allow ACTION on …`: without the action it is what several share.
        let text = grant.to_string().replacen(&format!(" {action}"), "", 1);
        let all_but = matches!(grant.action, Names::AllBut(_));
        shared.entry(Shared { text, all_but }).or_default().insert(action);
    }
    shared
}

/// A list in lines of `width` characters.
pub(super) fn wrapped<'i>(
    items: impl IntoIterator<Item = &'i String>,
    width: usize,
) -> Vec<String> {
    let items: Vec<_> = items.into_iter().collect();
    let mut lines = vec![String::new()];
    for (index, item) in items.iter().enumerate() {
        let comma = if index + 1 == items.len() { "" } else { "," };
        let line = lines.last_mut().expect("there is always a line");
        if !line.is_empty() && line.len() + 1 + item.len() + comma.len() > width {
            lines.push(format!("{item}{comma}"));
        } else {
            let space = if line.is_empty() { "" } else { " " };
            line.extend([space, item.as_str(), comma]);
        }
    }
    lines
}

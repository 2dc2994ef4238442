//! Policies as the access they give and take.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
};

use anstyle::Style;
use cloudup_engine::FieldChange;
use cloudup_tasks::policy::{AccessDiff, Document, Grant, Names};
use serde_json::Value;

use super::{
    page::Page,
    style::{CREATE, DELETE, DIM, UPDATE},
};

/// The policy document that a report's value is, if it is one.
pub(super) fn document(value: Option<&Value>) -> Option<Document> {
    Document::from_value(value?).ok()
}

/// What the change of a document gives and takes: the actions of each resource and condition
/// together.
pub(super) fn write(
    page: &mut Page<'_>,
    indent: usize,
    from: Option<&Document>,
    to: Option<&Document>,
) -> io::Result<()> {
    let diff = AccessDiff::between(from, to);
    // What cannot be told has lines of its own, with the reason.
    let told = |grant: &&Grant| !diff.unknown.iter().any(|unknown| unknown.grant == **grant);
    lines(page, indent, "+", CREATE, diff.added().filter(told))?;
    lines(page, indent, "-", DELETE, diff.removed().filter(told))?;
    for unknown in &diff.unknown {
        page.text(indent, 4, &format!("{UPDATE}{unknown}{UPDATE:#}"))?;
    }
    lines(page, indent, "=", DIM, diff.kept.iter())
}

fn lines<'g>(
    page: &mut Page<'_>,
    indent: usize,
    sign: &str,
    style: Style,
    grants: impl Iterator<Item = &'g Grant>,
) -> io::Result<()> {
    for (rest, actions) in by_what_they_share(grants) {
        let (before, after) = rest.split();
        page.text(indent, 4, &format!("{style}{sign} {before}{style:#}{after}"))?;
        page.list(indent + 4, "", None, actions)?;
    }
    Ok(())
}

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

/// How many actions a whole document may have to be told action by action where it is told in
/// brief.
const FEW: usize = 12;

/// A document that comes or goes as a whole, in brief: where it has many actions, how many of each
/// service there are on what, and whether that is under conditions.
pub(super) fn brief(
    page: &mut Page<'_>,
    indent: usize,
    field: &str,
    from: Option<&Document>,
    to: Option<&Document>,
) -> io::Result<()> {
    let diff = AccessDiff::between(from, to);
    let (sign, style) = if to.is_some() { ("+", CREATE) } else { ("-", DELETE) };
    if !diff.unknown.is_empty() {
        writeln!(page, "{:indent$}{field}:", "")?;
        return write(page, indent + 2, from, to);
    }
    let grants: Vec<_> = diff.added().chain(diff.removed()).collect();
    let is_whole = grants.len() <= FEW;
    let told: Vec<(String, Vec<String>)> = if is_whole {
        let shared = by_what_they_share(grants.into_iter());
        shared.into_iter().map(|(rest, all)| (rest.text, all.into_iter().collect())).collect()
    } else {
        by_place(&grants).into_iter().map(|(place, on)| (place, by_service(&on))).collect()
    };
    let before = format!("{style}{sign}{style:#} ");
    if let [(place, actions)] = told.as_slice() {
        return page.list(indent, &format!("{field}: {before}{place}: "), Some(4), actions);
    }
    writeln!(page, "{:indent$}{field}:", "")?;
    for (place, actions) in told {
        page.list(indent + 2, &format!("{before}{place}: "), Some(4), actions)?;
    }
    if is_whole {
        return Ok(());
    }
    let more = "each action and condition: -v, or cloudup iam explain";
    page.text(indent + 2, 2, &format!("{DIM}{more}{DIM:#}"))
}

/// Grants by what they are on and to whom, those under conditions apart.
fn by_place<'g>(grants: &[&'g Grant]) -> BTreeMap<String, Vec<&'g Grant>> {
    let mut places: BTreeMap<String, Vec<&Grant>> = BTreeMap::new();
    for &grant in grants {
        let Grant { effect, principal, action: _, resource, condition } = grant;
        let mut place = effect.to_string();
        for (word, names) in [("on", resource), ("to", principal)] {
            if let Some(names) = names {
                place = format!("{place} {word} {names}");
            }
        }
        if !condition.is_empty() {
            place += " under conditions";
        }
        places.entry(place).or_default().push(grant);
    }
    places
}

/// The actions of grants: those of a service that has many by their number.
fn by_service(grants: &[&Grant]) -> Vec<String> {
    let mut services: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for grant in grants {
        let action = grant.action.to_string();
        let service = action.split(':').next().unwrap_or_default().to_owned();
        services.entry(service).or_default().insert(action);
    }
    let told = services.into_iter().flat_map(|(service, actions)| match actions.len() {
        0..=4 => actions.into_iter().collect(),
        many => vec![format!("{many} actions of {service}")],
    });
    told.collect()
}

/// How many permissions the documents in these fields give, and how many they take away: one is
/// an action on a resource under a condition.
pub(super) fn counts(changes: &[FieldChange]) -> (usize, usize) {
    let diffs = changes.iter().filter_map(|change| {
        let (from, to) = (document(change.from.as_ref()), document(change.to.as_ref()));
        (from.is_some() || to.is_some()).then(|| AccessDiff::between(&from, &to))
    });
    diffs.fold((0, 0), |(gained, lost), diff| (gained + diff.gained.len(), lost + diff.lost.len()))
}

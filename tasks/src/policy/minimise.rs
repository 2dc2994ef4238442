//! The same grants in fewer characters.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use super::{AccessDiff, Choice, Document, Grant, Principal, Statement, Values};

/// A document that grants what another does, in no more characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minimised {
    /// The document.
    pub document: Document,
    /// Statements that others were merged into, by Sid, and the Sids of those.
    pub merged: BTreeMap<String, BTreeSet<String>>,
    /// The Sids of statements that others cover in full.
    pub dropped: BTreeSet<String>,
}

impl Minimised {
    /// The document with Sids that say what was merged: all of their Sids in one; or, where that is
    /// long or the document would take more than `room` characters, the first and how many more.
    #[must_use]
    pub fn named(&self, room: usize) -> Document {
        const LONGEST: usize = 64;
        let all = |kept: &str, others: &BTreeSet<String>| {
            let sid: String = [kept].into_iter().chain(others.iter().map(String::as_str)).collect();
            if sid.len() <= LONGEST { sid } else { counted(kept, others) }
        };
        let named = self.with_sids(all);
        if named.size() <= room { named } else { self.with_sids(counted) }
    }

    /// The document with the Sids that `sid` gives to statements that others were merged into. One
    /// that another statement has already ends in an `x`.
    fn with_sids(&self, sid: impl Fn(&str, &BTreeSet<String>) -> String) -> Document {
        let mut document = self.document.clone();
        let mut taken: BTreeSet<_> =
            document.statements.iter().filter_map(|statement| statement.sid.clone()).collect();
        for statement in &mut document.statements {
            let Some(kept) = &statement.sid else { continue };
            let Some(others) = self.merged.get(kept) else { continue };
            let mut name = sid(kept, others);
            while !taken.insert(name.clone()) {
                name.push('x');
            }
            statement.sid = Some(name);
        }
        document
    }
}

fn counted(kept: &str, others: &BTreeSet<String>) -> String {
    format!("{kept}And{}More", others.len())
}

/// A document that was minimised could not be proved to grant what it did before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unproven(
    /// What would seem to change.
    pub Box<AccessDiff>,
);

impl std::error::Error for Unproven {}

impl fmt::Display for Unproven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the minimised document may not grant the same:\n{}", self.0)
    }
}

impl Document {
    /// The same grants in fewer characters: what others of its grants cover is dropped, and
    /// statements that differ in nothing but actions, resources or principals are one.
    ///
    /// A statement that others are merged into keeps its Sid. What comes out depends on what the
    /// document says alone, and is the same when it is minimised again.
    ///
    /// ```
    /// use cloudup_tasks::policy::{Document, Statement};
    ///
    /// let document = Document::new([
    ///     Statement::allow("Read").actions(["s3:GetObject", "s3:Get*"]).resources("*"),
    ///     Statement::allow("Write").actions("s3:Put*").resources("*"),
    /// ]);
    /// let minimised = document.minimised()?;
    /// let both = Statement::allow("Read").actions(["s3:Get*", "s3:Put*"]).resources("*");
    /// assert_eq!(minimised.document, Document::new([both]));
    /// assert!(minimised.merged["Read"].contains("Write"));
    /// # Ok::<_, cloudup_tasks::policy::Unproven>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where the result cannot be proved to grant the same. Then the document is to be used as it
    /// is.
    pub fn minimised(&self) -> Result<Minimised, Unproven> {
        let start = Shrinking::of(self);
        let smallest = [
            [Axis::Action, Axis::Resource, Axis::Principal],
            [Axis::Resource, Axis::Action, Axis::Principal],
            [Axis::Principal, Axis::Action, Axis::Resource],
        ]
        .map(|axes| start.clone().shrunk(axes).finish(self))
        .into_iter()
        .min_by_key(|minimised| minimised.document.size())
        .expect("there are three");
        let diff = AccessDiff::between([self], [&smallest.document]);
        if diff.is_empty() { Ok(smallest) } else { Err(Unproven(Box::new(diff))) }
    }
}

/// What two statements that are merged may differ in.
#[derive(Clone, Copy)]
enum Axis {
    Action,
    Resource,
    Principal,
}

/// A statement on its way.
#[derive(Clone)]
struct Part {
    statement: Statement,
    /// The Sids of those merged into it.
    merged: BTreeSet<String>,
}

#[derive(Clone)]
struct Shrinking {
    version: Option<String>,
    parts: Vec<Part>,
    dropped: BTreeSet<String>,
}

impl Shrinking {
    /// Begins with the canonical order, so that equal documents come out equal.
    fn of(document: &Document) -> Self {
        let mut statements = document.statements.clone();
        statements.sort();
        let part = |statement| Part { statement, merged: BTreeSet::new() };
        Self {
            version: document.version.clone(),
            parts: statements.into_iter().map(part).collect(),
            dropped: BTreeSet::new(),
        }
    }

    /// Until nothing more goes: each step takes a value or a statement away.
    fn shrunk(mut self, axes: [Axis; 3]) -> Self {
        while axes.into_iter().any(|axis| self.merge(axis)) || self.drop_covered() {}
        self
    }

    fn finish(self, original: &Document) -> Minimised {
        let mut merged = BTreeMap::new();
        let mut statements = Vec::new();
        for Part { statement, merged: sids } in self.parts {
            if let (Some(sid), false) = (&statement.sid, sids.is_empty()) {
                merged.insert(sid.clone(), sids);
            }
            statements.push(statement);
        }
        let document =
            Document { version: original.version.clone(), id: original.id.clone(), statements };
        Minimised { document, merged, dropped: self.dropped }
    }

    /// Merges the first two statements that differ in this alone.
    fn merge(&mut self, axis: Axis) -> bool {
        for kept in 0..self.parts.len() {
            for gone in kept + 1..self.parts.len() {
                let both = [kept, gone].map(|index| &self.parts[index].statement);
                let Some(statement) = merged(axis, both) else { continue };
                let Part { statement: Statement { sid, .. }, merged } = self.parts.remove(gone);
                let part = &mut self.parts[kept];
                part.statement = statement;
                part.merged.extend(merged);
                match &part.statement.sid {
                    Some(_) => part.merged.extend(sid),
                    None => part.statement.sid = sid,
                }
                return true;
            }
        }
        false
    }

    /// Drops the statements, actions and resources whose grants others cover.
    fn drop_covered(&mut self) -> bool {
        let before = self.parts.len();
        let mut grants: Vec<_> =
            self.parts.iter().map(|part| Some(self.grants(&part.statement))).collect();
        let mut changed = false;
        for index in 0..before {
            // What stays `None` is dropped: all of it, or what matches nothing at all, but never
            // the last statement, since a document has one.
            let own = grants[index].take().unwrap_or_default();
            let others: Vec<_> = grants.iter().flatten().flatten().collect();
            let are_covered = |grants: &BTreeSet<Grant>, rest: &BTreeSet<Grant>| {
                let covering = || others.iter().copied().chain(rest);
                grants.iter().all(|grant| grant.is_covered_by(covering()))
            };
            let is_the_last = grants.iter().all(Option::is_none);
            if !is_the_last && are_covered(&own, &BTreeSet::new()) {
                continue;
            }
            let mut statement = self.parts[index].statement.clone();
            let covered = |statement: &Statement| {
                splits(statement).into_iter().find_map(|(without, value)| {
                    are_covered(&self.grants(&value), &self.grants(&without)).then_some(without)
                })
            };
            while let Some(without) = covered(&statement) {
                statement = without;
                changed = true;
            }
            grants[index] = Some(self.grants(&statement));
            self.parts[index].statement = statement;
        }
        for (part, grants) in std::mem::take(&mut self.parts).into_iter().zip(grants) {
            match grants {
                Some(_) => self.parts.push(part),
                None => self.dropped.extend(part.merged.into_iter().chain(part.statement.sid)),
            }
        }
        changed || self.parts.len() < before
    }

    /// What a statement comes to in a document of this version.
    fn grants(&self, statement: &Statement) -> BTreeSet<Grant> {
        let statements = vec![statement.clone()];
        Document { version: self.version.clone(), id: None, statements }.grants()
    }
}

/// A statement without one of its values, and with that value alone: for each action and resource
/// of a statement with several.
fn splits(statement: &Statement) -> Vec<(Statement, Statement)> {
    let mut splits = Vec::new();
    for (without, only) in parted(&statement.action) {
        let with = |action| Statement { action, ..statement.clone() };
        splits.push((with(without), with(only)));
    }
    for (without, only) in statement.resource.iter().flat_map(parted) {
        let with = |resource| Statement { resource: Some(resource), ..statement.clone() };
        splits.push((with(without), with(only)));
    }
    splits
}

fn parted(choice: &Choice<Values>) -> Vec<(Choice<Values>, Choice<Values>)> {
    let Choice::Only(values) = choice else { return Vec::new() };
    if values.len() < 2 {
        return Vec::new();
    }
    let part = |value: &String| {
        let without = values.iter().filter(|other| *other != value).cloned().collect();
        (Choice::Only(without), Choice::Only(Values::from(value.as_str())))
    };
    values.iter().map(part).collect()
}

/// One statement for two that differ in the axis alone, Sids aside; with the Sid of the first.
fn merged(axis: Axis, [one, other]: [&Statement; 2]) -> Option<Statement> {
    let mut merged = one.clone();
    match axis {
        Axis::Action => merged.action = both(&one.action, &other.action)?,
        Axis::Resource => {
            merged.resource = Some(both(one.resource.as_ref()?, other.resource.as_ref()?)?);
        }
        Axis::Principal => {
            merged.principal = Some(all(one.principal.as_ref()?, other.principal.as_ref()?)?);
        }
    }
    let Statement { sid: _, effect, principal, action, resource, condition } = other;
    let is_the_same = *effect == one.effect
        && *condition == one.condition
        && (matches!(axis, Axis::Principal) || *principal == one.principal)
        && (matches!(axis, Axis::Action) || *action == one.action)
        && (matches!(axis, Axis::Resource) || *resource == one.resource);
    is_the_same.then_some(merged)
}

fn both(one: &Choice<Values>, other: &Choice<Values>) -> Option<Choice<Values>> {
    let (Choice::Only(one), Choice::Only(other)) = (one, other) else { return None };
    Some(Choice::Only(one.iter().chain(other).cloned().collect()))
}

fn all(one: &Choice<Principal>, other: &Choice<Principal>) -> Option<Choice<Principal>> {
    let (Choice::Only(Principal::Of(one)), Choice::Only(Principal::Of(other))) = (one, other)
    else {
        return None;
    };
    let mut kinds = one.clone();
    for (kind, values) in other {
        kinds.entry(*kind).or_default().extend(values.clone());
    }
    Some(Choice::Only(Principal::Of(kinds)))
}

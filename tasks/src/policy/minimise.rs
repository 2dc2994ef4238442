//! The same grants in fewer characters.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use super::{AccessDiff, Choice, Document, Grant, Principal, Statement, Values, weaker};

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

/// The most grants of a document that is minimised. Each may have to be compared with each, so this
/// bounds the time it takes; what there is room for in an account has a few hundred.
const MOST_GRANTS: usize = 1_000;

/// Why a document is to be used as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unproven {
    /// What would seem to change.
    Changes(Box<AccessDiff>),
    /// It comes to so many grants that it is not tried.
    TooManyGrants {
        /// How many.
        grants: usize,
    },
}

impl std::error::Error for Unproven {}

impl fmt::Display for Unproven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changes(diff) => {
                write!(f, "the minimised document may not grant the same:\n{diff}")
            }
            Self::TooManyGrants { grants } => write!(
                f,
                "the document comes to {grants} grants, and is minimised up to {MOST_GRANTS}"
            ),
        }
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
    /// Where the result cannot be proved to grant the same, or it would take too long: where
    /// actions and resources of all statements come to more than 1,000 pairs. Then the document is
    /// to be used as it is.
    pub fn minimised(&self) -> Result<Minimised, Unproven> {
        let grants = self.statements.iter().map(pairs).fold(0, usize::saturating_add);
        if grants > MOST_GRANTS {
            return Err(Unproven::TooManyGrants { grants });
        }
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
        if diff.is_empty() { Ok(smallest) } else { Err(Unproven::Changes(Box::new(diff))) }
    }
}

/// How many grants a statement comes to, told without making them.
fn pairs(statement: &Statement) -> usize {
    let count = |choice: &Choice<Values>| match choice {
        Choice::Only(values) => values.len(),
        Choice::AllBut(_) => 1,
    };
    let principals = match &statement.principal {
        Some(Choice::Only(Principal::Of(kinds))) => kinds.values().map(Values::len).sum(),
        _ => 1,
    };
    let resources = statement.resource.as_ref().map_or(1, count);
    // One without any is compared with others all the same.
    count(&statement.action).saturating_mul(resources).saturating_mul(principals).max(1)
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

    /// The first two statements that differ in this alone.
    fn pair(&self, axis: Axis) -> Option<(usize, usize)> {
        let mut firsts = BTreeMap::new();
        let mut pair = None;
        for (index, Part { statement, .. }) in self.parts.iter().enumerate() {
            let Some(rest) = rest(axis, statement) else { continue };
            let first = *firsts.entry(rest).or_insert(index);
            if first != index && pair.is_none_or(|(kept, _)| first < kept) {
                pair = Some((first, index));
            }
        }
        pair
    }

    /// Merges them.
    fn merge(&mut self, axis: Axis) -> bool {
        let Some((kept, gone)) = self.pair(axis) else { return false };
        let Part { statement, merged } = self.parts.remove(gone);
        let part = &mut self.parts[kept];
        let sid = part.statement.take(axis, statement);
        part.merged.extend(merged);
        match &part.statement.sid {
            Some(_) => part.merged.extend(sid),
            None => part.statement.sid = sid,
        }
        true
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
            let others: Vec<_> = grants
                .iter()
                .flatten()
                .filter(|others| may_cover(others, &own))
                .flatten()
                .collect();
            let is_the_last = grants.iter().all(Option::is_none);
            if !is_the_last && are_covered(&own, &others) {
                continue;
            }
            let mut statement = self.parts[index].statement.clone();
            while let Some(without) = self.without_what_is_covered(&statement, &others) {
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

    /// A statement without the first of its actions, or else resources, whose grants `others` and
    /// the rest of the statement cover.
    fn without_what_is_covered(
        &self,
        statement: &Statement,
        others: &[&Grant],
    ) -> Option<Statement> {
        let of_actions = parted(&statement.action)
            .map(|choice| choice.map(|action| Statement { action, ..statement.clone() }));
        let of_resources = statement.resource.iter().flat_map(|choice| {
            parted(choice).map(|choice| {
                choice.map(|resource| Statement { resource: Some(resource), ..statement.clone() })
            })
        });
        [of_actions.collect::<Vec<_>>(), of_resources.collect()].into_iter().find_map(|splits| {
            let grants: Vec<_> = splits.iter().map(|[_, only]| self.grants(only)).collect();
            let is_covered = |index: &usize| {
                let rest = grants[..*index].iter().chain(&grants[index + 1..]).flatten();
                let covering: Vec<_> = others.iter().copied().chain(rest).collect();
                are_covered(&grants[*index], &covering)
            };
            let covered = (0..grants.len()).find(is_covered)?;
            splits.into_iter().nth(covered).map(|[without, _]| without)
        })
    }

    /// What a statement comes to in a document of this version.
    fn grants(&self, statement: &Statement) -> BTreeSet<Grant> {
        let statements = vec![statement.clone()];
        Document { version: self.version.clone(), id: None, statements }.grants()
    }
}

/// Whether grants of one statement can cover those of another: all grants of a statement have its
/// effect and condition, so most statements need no closer look.
fn may_cover(others: &BTreeSet<Grant>, grants: &BTreeSet<Grant>) -> bool {
    others.first().zip(grants.first()).is_some_and(|(other, grant)| {
        other.effect == grant.effect && weaker::follows(&other.condition, &grant.condition)
    })
}

fn are_covered(grants: &BTreeSet<Grant>, others: &[&Grant]) -> bool {
    grants.iter().all(|grant| grant.is_covered_by(others.iter().copied()))
}

/// For each of several values: all but it, and it alone.
fn parted(choice: &Choice<Values>) -> impl Iterator<Item = [Choice<Values>; 2]> {
    let values = match choice {
        Choice::Only(values) if values.len() > 1 => Some(values),
        _ => None,
    };
    values.into_iter().flat_map(|values| {
        values.iter().map(|value| {
            let without = values.iter().filter(|other| *other != value).cloned().collect();
            [Choice::Only(without), Choice::Only(Values::from(value.as_str()))]
        })
    })
}

/// What a statement says but for the axis, if it can be merged with another that says the same.
fn rest(axis: Axis, statement: &Statement) -> Option<impl Ord + '_> {
    let Statement { sid: _, effect, principal, action, resource, condition } = statement;
    let (mut principal, mut action, mut resource) =
        (principal.as_ref(), Some(action), resource.as_ref());
    let can_be_merged = match axis {
        Axis::Action => matches!(action.take(), Some(Choice::Only(_))),
        Axis::Resource => matches!(resource.take(), Some(Choice::Only(_))),
        Axis::Principal => matches!(principal.take(), Some(Choice::Only(Principal::Of(_)))),
    };
    can_be_merged.then_some((effect, principal, action, resource, condition))
}

impl Statement {
    /// Takes what another says on the axis, where [the rest](rest) is the same. The other's Sid.
    fn take(&mut self, axis: Axis, other: Self) -> Option<String> {
        match axis {
            Axis::Action => add(&mut self.action, other.action),
            Axis::Resource => {
                if let (Some(own), Some(other)) = (&mut self.resource, other.resource) {
                    add(own, other);
                }
            }
            Axis::Principal => {
                if let (
                    Some(Choice::Only(Principal::Of(own))),
                    Some(Choice::Only(Principal::Of(other))),
                ) = (&mut self.principal, other.principal)
                {
                    for (kind, values) in other {
                        own.entry(kind).or_default().extend(values);
                    }
                }
            }
        }
        other.sid
    }
}

fn add(own: &mut Choice<Values>, other: Choice<Values>) {
    if let (Choice::Only(own), Choice::Only(other)) = (own, other) {
        own.extend(other);
    }
}

//! What a change of documents gives and takes.

use std::{collections::BTreeSet, fmt};

use schemars::JsonSchema;
use serde::Serialize;

use super::{Document, Effect, Grant};

/// The access that one identity gains and loses when its documents change.
///
/// A denial that appears is access lost, one that goes away is access gained. Grants are compared
/// as they are written, wildcards included, and over all documents together: what moves from one
/// document to another is no difference.
///
/// ```
/// use cloudup_tasks::policy::{AccessDiff, Document, Statement};
///
/// let regions = Statement::allow("Regions").actions(["ec2:DescribeRegions"]).resources("*");
/// let diff = AccessDiff::between([], [&Document::new([regions])]);
/// assert_eq!(diff.to_string(), "+ allow ec2:DescribeRegions on *\n");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct AccessDiff {
    /// What becomes possible: new allowances, and denials that go away.
    pub gained: BTreeSet<Grant>,
    /// What stops being possible: allowances that go away, and new denials.
    pub lost: BTreeSet<Grant>,
}

impl AccessDiff {
    /// What changes for an identity that had `from` and will have `to`.
    pub fn between<'d>(
        from: impl IntoIterator<Item = &'d Document>,
        to: impl IntoIterator<Item = &'d Document>,
    ) -> Self {
        Self::of(&union(from), &union(to))
    }

    /// What changes between two sets of grants.
    pub fn of(from: &BTreeSet<Grant>, to: &BTreeSet<Grant>) -> Self {
        let mut diff = Self::default();
        for grant in not_in(to, from) {
            match grant.effect {
                Effect::Allow => diff.gained.insert(grant.clone()),
                Effect::Deny => diff.lost.insert(grant.clone()),
            };
        }
        for grant in not_in(from, to) {
            match grant.effect {
                Effect::Allow => diff.lost.insert(grant.clone()),
                Effect::Deny => diff.gained.insert(grant.clone()),
            };
        }
        diff
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.gained.is_empty() && self.lost.is_empty()
    }

    /// The grants that are new, denials included.
    pub fn added(&self) -> impl Iterator<Item = &Grant> {
        let allowed = self.gained.iter().filter(|grant| grant.effect == Effect::Allow);
        allowed.chain(self.lost.iter().filter(|grant| grant.effect == Effect::Deny))
    }

    /// The grants that go away, denials included.
    pub fn removed(&self) -> impl Iterator<Item = &Grant> {
        let allowed = self.lost.iter().filter(|grant| grant.effect == Effect::Allow);
        allowed.chain(self.gained.iter().filter(|grant| grant.effect == Effect::Deny))
    }
}

/// The grants of all documents together.
pub fn union<'d>(documents: impl IntoIterator<Item = &'d Document>) -> BTreeSet<Grant> {
    documents.into_iter().flat_map(Document::grants).collect()
}

/// The grants that `covering` does not cover.
///
/// A grant is covered by an equal one. This is the place where a wider one, by wildcard, would
/// count too.
fn not_in<'g>(
    grants: &'g BTreeSet<Grant>,
    covering: &'g BTreeSet<Grant>,
) -> impl Iterator<Item = &'g Grant> {
    grants.difference(covering)
}

impl fmt::Display for AccessDiff {
    /// A line a grant: `+ allow …` for what is new, `- allow …` for what goes away.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for grant in self.added() {
            writeln!(f, "+ {grant}")?;
        }
        for grant in self.removed() {
            writeln!(f, "- {grant}")?;
        }
        Ok(())
    }
}

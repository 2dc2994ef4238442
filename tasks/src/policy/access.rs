//! What a change of documents gives and takes.

use std::{collections::BTreeSet, fmt};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Document, Effect, Grant, Names};

/// The access that one identity gains and loses when its documents change.
///
/// A denial that appears is access lost, one that goes away is access gained. Grants are compared
/// over all documents together: what moves from one document to another is no difference, nor is
/// what other grants [cover](Grant::is_covered_by), nor an allowance that a denial beside it
/// takes back in full.
///
/// Where nothing is gained, lost or unknown, nothing changes. The other way round a change that is
/// told may be none: a condition that allows as much in other words counts as another condition.
///
/// ```
/// use cloudup_tasks::policy::{AccessDiff, Document, Statement};
///
/// let read = |action: &str| {
///     Document::new([Statement::allow("Read").actions(action).resources("*")])
/// };
/// let diff = AccessDiff::between([&read("s3:GetObject")], [&read("s3:Get*")]);
/// assert_eq!(diff.to_string(), "+ allow s3:Get* on *\n= allow s3:GetObject on *\n");
/// assert!(AccessDiff::between([&read("s3:*")], [&read("S3:*")]).is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct AccessDiff {
    /// What becomes possible: new allowances, and denials that go away.
    pub gained: BTreeSet<Grant>,
    /// What stops being possible: allowances that go away, and new denials.
    pub lost: BTreeSet<Grant>,
    /// What comes or goes to an effect that cannot be told.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unknown: BTreeSet<Unknown>,
    /// What of the above is no change: the grants of one side that a wider one contains which the
    /// other side has not.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub kept: BTreeSet<Grant>,
}

/// A grant that comes or goes to an effect that cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Unknown {
    /// The grant.
    pub grant: Grant,
    /// Whether it comes or goes.
    pub change: Change,
    /// Why its effect cannot be told.
    pub reason: Reason,
}

/// Whether a grant comes or goes.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// It was not there.
    Added,
    /// It will not be there.
    Removed,
}

/// Why the effect of a grant cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// These denials beside it take some of it back, or may.
    DeniedInPart(BTreeSet<Grant>),
    /// It is for everybody but some, and who that is depends on who there is.
    EverybodyBut,
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
        if from == to {
            return diff;
        }
        let (from, to) = (Access::of(from), Access::of(to));
        diff.compare(&from, &to, Change::Added);
        diff.compare(&to, &from, Change::Removed);
        diff
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.gained.is_empty() && self.lost.is_empty() && self.unknown.is_empty()
    }

    /// The grants that are new, denials included, and those to an unknown effect.
    pub fn added(&self) -> impl Iterator<Item = &Grant> {
        let unknown = self.unknown.iter().filter(|one| one.change == Change::Added);
        self.told(Change::Added).chain(unknown.map(|one| &one.grant))
    }

    /// The grants that go away, denials included, and those to an unknown effect.
    pub fn removed(&self) -> impl Iterator<Item = &Grant> {
        let unknown = self.unknown.iter().filter(|one| one.change == Change::Removed);
        self.told(Change::Removed).chain(unknown.map(|one| &one.grant))
    }

    /// The grants that come or go to an effect that can be told.
    fn told(&self, change: Change) -> impl Iterator<Item = &Grant> {
        let (allowed, denied) = match change {
            Change::Added => (&self.gained, &self.lost),
            Change::Removed => (&self.lost, &self.gained),
        };
        let allowed = allowed.iter().filter(|grant| grant.effect == Effect::Allow);
        allowed.chain(denied.iter().filter(|grant| grant.effect == Effect::Deny))
    }

    /// Files what `there` says and `here` does not.
    ///
    /// Nothing that becomes possible is missed. A request that `there` allows and `here` does not
    /// is matched by a live allowance of `there` and by none of its denials. If no allowance of
    /// `here` matches it, that allowance is not covered, and is filed. Otherwise a denial of `here`
    /// matches it, which no denial of `there` covers, and that one is filed from the other side.
    fn compare(&mut self, here: &Access<'_>, there: &Access<'_>, change: Change) {
        let (more, less) = match change {
            Change::Added => (&mut self.gained, &mut self.lost),
            Change::Removed => (&mut self.lost, &mut self.gained),
        };
        for (theirs, ours, filed) in
            [(&there.allows, &here.allows, more), (&there.denials, &here.denials, less)]
        {
            for &grant in theirs.iter().filter(|grant| !covers(ours, grant)) {
                let narrower = ours.iter().filter(|our| our.is_covered_by([grant]));
                self.kept.extend(narrower.copied().cloned());
                match there.doubt(grant) {
                    Some(reason) => {
                        self.unknown.insert(Unknown { grant: grant.clone(), change, reason });
                    }
                    None => {
                        filed.insert(grant.clone());
                    }
                }
            }
        }
    }
}

/// What an identity has: the grants that have an effect, since they match something.
struct Access<'g> {
    /// The allowances that no denial takes back in full.
    allows: BTreeSet<&'g Grant>,
    denials: BTreeSet<&'g Grant>,
}

impl<'g> Access<'g> {
    fn of(grants: &'g BTreeSet<Grant>) -> Self {
        let matches_something = |grant: &&Grant| !grant.is_matched_by([]);
        let (allows, denials): (BTreeSet<_>, BTreeSet<_>) = grants
            .iter()
            .filter(matches_something)
            .partition(|grant| grant.effect == Effect::Allow);
        let is_live = |grant: &&Grant| !grant.is_matched_by(denials.iter().copied());
        Self { allows: allows.into_iter().filter(is_live).collect(), denials }
    }

    /// Why the effect of one of these grants cannot be told, if it cannot.
    fn doubt(&self, grant: &Grant) -> Option<Reason> {
        if matches!(grant.principal, Some(Names::AllBut(_))) {
            return Some(Reason::EverybodyBut);
        }
        if grant.effect == Effect::Deny {
            return None;
        }
        let denials = self.denials.iter().filter(|denial| !denial.is_apart_from(grant));
        let denials: BTreeSet<_> = denials.copied().cloned().collect();
        (!denials.is_empty()).then_some(Reason::DeniedInPart(denials))
    }
}

fn covers(grants: &BTreeSet<&Grant>, grant: &Grant) -> bool {
    grants.contains(grant) || grant.is_covered_by(grants.iter().copied())
}

/// The grants of all documents together.
pub fn union<'d>(documents: impl IntoIterator<Item = &'d Document>) -> BTreeSet<Grant> {
    documents.into_iter().flat_map(Document::grants).collect()
}

impl fmt::Display for AccessDiff {
    /// A line a grant: `+ allow …` for what is new, `- allow …` for what goes away, `? + allow …`
    /// for what comes to an unknown effect, `= allow …` for what of all this stays as it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for change in [Change::Added, Change::Removed] {
            for grant in self.told(change) {
                writeln!(f, "{change} {grant}")?;
            }
        }
        for unknown in &self.unknown {
            writeln!(f, "? {unknown}")?;
        }
        for grant in &self.kept {
            writeln!(f, "= {grant}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Unknown {
    /// `+ allow s3:* on * (denied in part: deny s3:Delete* on *)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { grant, change, reason } = self;
        write!(f, "{change} {grant} ({reason})")
    }
}

impl fmt::Display for Change {
    /// `+` or `-`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Added => "+",
            Self::Removed => "-",
        })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DeniedInPart(denials) => {
                f.write_str("denied in part: ")?;
                for (index, denial) in denials.iter().enumerate() {
                    let separator = if index == 0 { "" } else { "; " };
                    write!(f, "{separator}{denial}")?;
                }
                Ok(())
            }
            Self::EverybodyBut => f.write_str("who that leaves cannot be told"),
        }
    }
}

//! Lifecycles that somebody chose for some tasks.

use std::{fmt, sync::Arc};

use super::{Governance, NotASelector, Ruling, Selector, Source};
use crate::{Lifecycle, Registry, UnknownLifecycle};

/// One override: these tasks have this lifecycle, because that source says so.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Which tasks.
    pub selector: Selector,
    /// What decides about them.
    pub lifecycle: Arc<dyn Lifecycle>,
    /// Who says so.
    pub source: Source,
}

impl Rule {
    fn governance(&self) -> Governance {
        let selector = Some(self.selector.to_string().into());
        let ruling = Ruling { selector, source: self.source.clone() };
        Governance::new(Arc::clone(&self.lifecycle), ruling)
    }
}

/// All overrides of a run, from all their sources.
///
/// The strongest source wins; within one, the most specific selector; among equals, the last.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    rules: Vec<Rule>,
}

impl Overrides {
    /// Reads `SELECTOR=LIFECYCLE,…`. Spaces around the parts mean nothing, nor do empty entries.
    ///
    /// Whether the kinds exist is for the graph to say: see [`Graph::overrides`].
    ///
    /// [`Graph::overrides`]: crate::Graph::overrides
    pub fn parse(text: &str, source: &Source, known: &Registry) -> Result<Self, OverrideError> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let (mut rules, mut mistakes) = (Vec::new(), Vec::new());
        for entry in entries {
            match rule(entry, source, known) {
                Ok(rule) => rules.push(rule),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        if mistakes.is_empty() {
            Ok(Self { rules })
        } else {
            Err(OverrideError { source: source.clone(), mistakes })
        }
    }

    /// Adds one more.
    pub fn push(&mut self, rule: Rule) {
        self.rules.push(rule);
    }

    /// Adds all of `others`.
    pub fn extend(&mut self, others: Self) {
        self.rules.extend(others.rules);
    }

    /// Every rule, in the order given.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule that decides about the thing, if any does: one that names its own kind, or else
    /// one that names the kind it follows.
    pub fn winner(&self, kind: &str, follows: Option<&str>, name: &str) -> Option<&Rule> {
        self.strongest(kind, name).or_else(|| self.strongest(follows?, name))
    }

    fn strongest(&self, kind: &str, name: &str) -> Option<&Rule> {
        let matching = self.rules.iter().filter(|rule| rule.selector.matches(kind, name));
        matching.max_by_key(|rule| (rule.source.rank(), rule.selector.specificity()))
    }

    pub(crate) fn govern(
        &self,
        kind: &str,
        follows: Option<&str>,
        name: &str,
        base: &Governance,
    ) -> Governance {
        match self.winner(kind, follows, name) {
            Some(rule) => rule.governance(),
            None => base.clone(),
        }
    }
}

fn rule(entry: &str, source: &Source, known: &Registry) -> Result<Rule, Mistake> {
    let shape = || Mistake::Shape(entry.to_owned());
    // The last `=`: a name may have one, a lifecycle has none.
    let (selector, lifecycle) = entry.rsplit_once('=').ok_or_else(shape)?;
    let selector = selector.trim().parse().map_err(Mistake::Selector)?;
    let lifecycle = known.get(lifecycle.trim()).map_err(Mistake::Lifecycle)?;
    Ok(Rule { selector, lifecycle, source: source.clone() })
}

/// What is wrong with the overrides of one source: all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverrideError {
    /// Where they were given.
    pub source: Source,
    /// Each mistake, in the order in which they were written.
    pub mistakes: Vec<Mistake>,
}

/// One mistake in an override.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mistake {
    /// It is not of the form `SELECTOR=LIFECYCLE`.
    #[error("`{0}` is not of the form SELECTOR=LIFECYCLE, such as IAMRole=Ignore")]
    Shape(String),
    /// What stands before the `=` is not a selector.
    #[error(transparent)]
    Selector(NotASelector),
    /// What stands after the `=` is not a lifecycle.
    #[error(transparent)]
    Lifecycle(UnknownLifecycle),
}

impl fmt::Display for OverrideError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, mistake) in self.mistakes.iter().enumerate() {
            let line = if nth == 0 { "" } else { "\n" };
            write!(f, "{line}{}: {mistake}", self.source)?;
        }
        Ok(())
    }
}

impl std::error::Error for OverrideError {}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was said where, about which thing (kind, what it follows, name), and who wins.
    type Case<'a> =
        (&'a [(&'a Source, &'a str)], (&'a str, Option<&'a str>, &'a str), Option<&'a str>);

    fn parse(text: &str, source: &Source) -> Overrides {
        Overrides::parse(text, source, &Registry::default()).expect("sound overrides")
    }

    #[test]
    fn the_strongest_source_wins_then_the_narrowest_then_the_last() {
        let manifest = Source::Manifest("annotation".into());
        let environment = Source::Environment("VARIABLE".into());
        let flag = Source::Flag("--flag".into());
        let phase = Source::Phase("phase security".into());
        let role = ("IAMRole", None, "nodes");
        let attachment = ("IAMRolePolicyAttachment", Some("IAMRolePolicy"), "nodes");
        let table: &[Case<'_>] = &[
            (&[], role, None),
            (&[(&flag, "VPC=Ignore")], role, None),
            (&[(&flag, "IAMRole=Ignore")], role, Some("Ignore")),
            (&[(&flag, "IAMRole=Ignore,IAMRole=Sync")], role, Some("Sync")),
            (&[(&flag, "IAMRole/nodes=Ignore,IAMRole=Sync")], role, Some("Ignore")),
            (&[(&flag, "IAMRole/n*=Ignore,IAMRole/nodes=Sync")], role, Some("Sync")),
            (&[(&flag, "IAMRole=Sync"), (&environment, "IAMRole=Ignore")], role, Some("Sync")),
            (&[(&flag, "*=Sync"), (&environment, "IAMRole/nodes=Ignore")], role, Some("Sync")),
            (&[(&environment, "*=Sync"), (&manifest, "IAMRole=Ignore")], role, Some("Sync")),
            (&[(&manifest, "*=Sync"), (&phase, "IAMRole=Ignore")], role, Some("Sync")),
            (&[(&flag, "IAMRolePolicy=Ignore")], attachment, Some("Ignore")),
            (&[(&flag, "IAMRolePolicy/nodes=Ignore")], attachment, Some("Ignore")),
            (&[(&flag, "IAMRolePolicy/other=Ignore")], attachment, None),
            // A rule for the kind itself wins, however weak, over one for the kind it follows.
            (
                &[(&flag, "IAMRolePolicy=Ignore"), (&manifest, "IAMRolePolicyAttachment=Sync")],
                attachment,
                Some("Sync"),
            ),
        ];
        for (said, (kind, follows, name), expected) in table {
            let mut overrides = Overrides::default();
            for (source, text) in *said {
                overrides.extend(parse(text, source));
            }
            let winner = overrides.winner(kind, *follows, name).map(|rule| rule.lifecycle.name());
            assert_eq!(winner, *expected, "{said:?} on {kind}/{name}");
        }
    }

    #[test]
    fn every_mistake_is_told_at_once_and_where_it_was_made() {
        let flag = Source::Flag("--lifecycle-overrides".into());
        let text = "IAMRole, =Sync,IAMRole/=Sync,VPC=Sink,,IAMRole=Ignore=Sync";
        let error = Overrides::parse(text, &flag, &Registry::default()).expect_err("all wrong");
        insta::assert_snapshot!(error, @"
        --lifecycle-overrides: `IAMRole` is not of the form SELECTOR=LIFECYCLE, such as IAMRole=Ignore
        --lifecycle-overrides: `` does not start with a kind: write `Kind` or `Kind/name`, with `*` for any text
        --lifecycle-overrides: `IAMRole/` names nothing after the slash: write `Kind/name`, or `Kind` alone for all
        --lifecycle-overrides: there is no lifecycle `Sink` (did you mean `Sync`?); there are ExistsAndValidates, ExistsAndWarnIfChanges, Ignore, Sync, WarnIfInsufficientAccess
        --lifecycle-overrides: `IAMRole=Ignore` does not start with a kind: write `Kind` or `Kind/name`, with `*` for any text
        ");
    }

    #[test]
    fn spaces_and_empty_entries_mean_nothing() {
        let overrides = parse(" IAMRole = Sync , ,VPC=Ignore,", &Source::Default);
        let selectors: Vec<_> =
            overrides.rules().iter().map(|rule| rule.selector.to_string()).collect();
        assert_eq!(selectors, ["IAMRole", "VPC"]);
    }
}

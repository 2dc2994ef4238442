//! The room that a role has for its policies, and how they fit into it.

use std::fmt;

use cloudup_tasks::{
    cloud::iam::Quotas,
    policy::{Document, OverBudget},
};

use super::{InlinePolicies, spill::spilled};
use crate::overflow::{self, Overflow};

/// A role's documents as they are written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fitted {
    /// The role's own inline policy.
    pub own: Option<Document>,
    /// The inline policy of what the manifest adds.
    pub additional: Option<Document>,
    /// Managed policies with what has no room inline.
    pub managed: Vec<Document>,
    /// How many characters were saved in each inline policy by saying the same in fewer.
    pub saved: Vec<(Part, usize)>,
}

/// One of a role's two inline policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Its own.
    Own,
    /// What the manifest adds.
    Additional,
}

impl Fitted {
    /// Each document there is.
    pub fn documents(&self) -> impl Iterator<Item = &Document> {
        self.own.iter().chain(&self.additional).chain(&self.managed)
    }

    /// What was done to make them fit, for people to know.
    pub(crate) fn notices(&self, role: &str) -> impl Iterator<Item = String> {
        let saved = self.saved.iter().map(move |(part, saved)| {
            let policy = match part {
                Part::Own => format!("the policy of role {role}"),
                Part::Additional => format!("what the manifest adds to role {role}"),
            };
            format!("{policy} says the same in {saved} fewer characters, so that it fits")
        });
        let managed = (!self.managed.is_empty()).then(|| {
            let count = self.managed.len();
            let policies = if count == 1 { "a managed policy" } else { "managed policies" };
            format!("what the inline policies of role {role} have no room for is in {policies}")
        });
        saved.chain(managed)
    }

    pub(crate) fn of(policies: &InlinePolicies) -> Self {
        let InlinePolicies { own, additional, .. } = policies.clone();
        Self { own, additional, ..Self::default() }
    }

    fn size(&self) -> usize {
        self.own.iter().chain(&self.additional).map(Document::size).sum()
    }

    fn part(&mut self, part: Part) -> &mut Option<Document> {
        match part {
            Part::Own => &mut self.own,
            Part::Additional => &mut self.additional,
        }
    }
}

/// The room that a role has for its policies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget<'a> {
    /// The account's limits.
    pub(crate) quotas: &'a Quotas,
    /// What becomes of what has no room.
    pub(crate) overflow: Overflow,
    /// How many managed policies of others the role is to have.
    pub(crate) attached: usize,
}

impl Budget<'_> {
    /// The documents as they fit: as they are, where they do; or else minimised, the role's own
    /// first; or else with a part of them in managed policies, where the manifest allows it.
    ///
    /// # Errors
    ///
    /// Where they do not fit.
    pub(crate) fn fit(
        &self,
        role: &str,
        policies: &InlinePolicies,
    ) -> Result<Fitted, Box<RoleOverBudget>> {
        let room = self.quotas.role_policy_size;
        let written = Fitted::of(policies);
        let (mut small, mut unproven) = (written.clone(), Vec::new());
        for part in [Part::Own, Part::Additional] {
            if small.size() <= room {
                return Ok(small);
            }
            let others = small.size() - small.part(part).as_ref().map_or(0, Document::size);
            let Some(document) = small.part(part).clone() else { continue };
            match document.minimised() {
                Ok(minimised) => {
                    let named = minimised.named(room.saturating_sub(others));
                    let saved = document.size().saturating_sub(named.size());
                    if saved > 0 {
                        *small.part(part) = Some(named);
                        small.saved.push((part, saved));
                    }
                }
                Err(error) => unproven.push(error.to_string()),
            }
        }
        if small.size() <= room {
            return Ok(small);
        }
        let most = self.quotas.attached_policies_per_role.saturating_sub(self.attached);
        let spill = |fitted: &Fitted| {
            let (own, additional) = (fitted.own.as_ref(), fitted.additional.as_ref());
            let spilled = spilled(own, additional, self.quotas, most)?;
            Some(Fitted { saved: fitted.saved.clone(), ..spilled })
        };
        let fitted = match self.overflow {
            Overflow::Refuse => None,
            // As it is written, if it fits so: then it is split the same way for longer.
            Overflow::Managed => spill(&written).or_else(|| spill(&small)),
        };
        fitted.ok_or_else(|| Box::new(self.over(role, &small, unproven)))
    }

    fn over(&self, role: &str, small: &Fitted, unproven: Vec<String>) -> RoleOverBudget {
        let parts = [("its own", &small.own), ("additionalPolicies", &small.additional)];
        let mut takers: Vec<_> = parts
            .into_iter()
            .filter_map(|(part, document)| Some((part, document.as_ref()?)))
            .flat_map(|(part, document)| {
                let sizes = document.statement_sizes().into_iter();
                sizes.map(move |(sid, size)| (format!("{sid} ({part})"), size))
            })
            .collect();
        takers.sort_by(|(a, a_size), (b, b_size)| b_size.cmp(a_size).then_with(|| a.cmp(b)));
        let over = OverBudget {
            what: format!("the inline policies of role {role}"),
            wanted: small.size(),
            limit: self.quotas.role_policy_size,
            unit: "characters",
            takers,
        };
        RoleOverBudget {
            over,
            saved: small.saved.iter().map(|(_, saved)| saved).sum(),
            unproven,
            overflow: self.overflow,
            attached: self.attached,
            most_attached: self.quotas.attached_policies_per_role,
            policy_size: self.quotas.policy_size,
        }
    }
}

/// A role whose policies do not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleOverBudget {
    /// How much there is room for, and what takes it: statements of both documents.
    pub over: OverBudget,
    /// How many characters were saved already by saying the same in fewer.
    pub saved: usize,
    /// Why a document could not be said in fewer.
    pub unproven: Vec<String>,
    /// What the manifest says about what has no room.
    pub overflow: Overflow,
    attached: usize,
    most_attached: usize,
    policy_size: usize,
}

impl std::error::Error for RoleOverBudget {}

impl fmt::Display for RoleOverBudget {
    /// A line of what is wrong, the largest statements, and a line of what to do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 10;
        let OverBudget { what, wanted, limit, unit, takers } = &self.over;
        write!(f, "{what} would take {wanted} {unit}, and the account allows {limit}")?;
        if self.saved > 0 {
            write!(f, "; merging statements has saved {} already", self.saved)?;
        }
        for error in &self.unproven {
            write!(f, "\n  left as it is: {}", error.replace('\n', "; "))?;
        }
        for (taker, size) in takers.iter().take(SHOWN) {
            write!(f, "\n  {size:>6} {taker}")?;
        }
        if let Some(rest) = takers.get(SHOWN..).filter(|rest| !rest.is_empty()) {
            let sum: usize = rest.iter().map(|(_, size)| size).sum();
            write!(f, "\n  {sum:>6} {} more statements", rest.len())?;
        }
        match self.overflow {
            Overflow::Refuse => write!(
                f,
                "\n  hint: let what has no room go into managed policies (annotation {}: {} of the \
                 Cluster), move a part into policies of your own (spec.externalPolicies), give \
                 service accounts roles of their own \
                 (spec.iam.useServiceAccountExternalPermissions), or have AWS raise the quota",
                overflow::ANNOTATION,
                Overflow::Managed.name(),
            ),
            Overflow::Managed => write!(
                f,
                "\n  hint: managed policies do not hold it either: each has room for {} characters, \
                 no statement may be larger, and of {} that a role may have {} are others; attach \
                 fewer, give service accounts roles of their own \
                 (spec.iam.useServiceAccountExternalPermissions), or have AWS raise a quota",
                self.policy_size, self.most_attached, self.attached,
            ),
        }
    }
}

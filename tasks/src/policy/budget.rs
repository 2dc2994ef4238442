//! What an account has room for, and what takes it.

use std::fmt;

use super::Document;
use crate::cloud::iam::Quotas;

/// A limit of the account that would be passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverBudget {
    /// What is limited: `the inline policies of role nodes`.
    pub what: String,
    /// How much was asked for.
    pub wanted: usize,
    /// How much there is.
    pub limit: usize,
    /// What it is counted in: `characters`.
    pub unit: &'static str,
    /// What takes the room, the largest first.
    pub takers: Vec<(String, usize)>,
}

impl std::error::Error for OverBudget {}

impl fmt::Display for OverBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, wanted, limit, unit, takers } = self;
        write!(f, "{what} would take {wanted} {unit}, and the account allows {limit}")?;
        for (index, (taker, size)) in takers.iter().enumerate() {
            let separator = if index == 0 { ": " } else { ", " };
            write!(f, "{separator}{taker} {size}")?;
        }
        Ok(())
    }
}

impl Quotas {
    /// Checks the inline policies that a role is to have, all of them, by name.
    ///
    /// # Errors
    ///
    /// Where they are too large together.
    pub fn check_inline<'d>(
        &self,
        role: &str,
        policies: impl IntoIterator<Item = (&'d str, &'d Document)>,
    ) -> Result<(), OverBudget> {
        let takers: Vec<_> = policies
            .into_iter()
            .map(|(name, document)| (name.to_owned(), document.size()))
            .collect();
        sum(format!("the inline policies of role {role}"), takers, self.role_policy_size)
    }

    /// Checks a trust document.
    ///
    /// # Errors
    ///
    /// Where it is too large.
    pub fn check_trust(&self, role: &str, document: &Document) -> Result<(), OverBudget> {
        let takers = document.statement_sizes();
        let what = format!("the trust document of role {role}");
        one(what, document.size(), takers, self.assume_role_policy_size)
    }

    /// Checks a managed policy's document.
    ///
    /// # Errors
    ///
    /// Where it is too large.
    pub fn check_managed(&self, policy: &str, document: &Document) -> Result<(), OverBudget> {
        let takers = document.statement_sizes();
        one(format!("managed policy {policy}"), document.size(), takers, self.policy_size)
    }

    /// Checks how many managed policies a role is to have attached.
    ///
    /// # Errors
    ///
    /// Where they are too many.
    pub fn check_attachments(&self, role: &str, attached: usize) -> Result<(), OverBudget> {
        if attached <= self.attached_policies_per_role {
            return Ok(());
        }
        Err(OverBudget {
            what: format!("role {role}"),
            wanted: attached,
            limit: self.attached_policies_per_role,
            unit: "attached policies",
            takers: Vec::new(),
        })
    }
}

fn sum(what: String, takers: Vec<(String, usize)>, limit: usize) -> Result<(), OverBudget> {
    let wanted = takers.iter().map(|(_, size)| size).sum();
    one(what, wanted, takers, limit)
}

fn one(
    what: String,
    wanted: usize,
    mut takers: Vec<(String, usize)>,
    limit: usize,
) -> Result<(), OverBudget> {
    const NAMED: usize = 5;
    if wanted <= limit {
        return Ok(());
    }
    takers.sort_by(|(a, a_size), (b, b_size)| b_size.cmp(a_size).then_with(|| a.cmp(b)));
    takers.truncate(NAMED);
    Err(OverBudget { what, wanted, limit, unit: "characters", takers })
}

impl Document {
    /// How many characters each statement takes, by its Sid or else its index, in the order of the
    /// document.
    pub fn statement_sizes(&self) -> Vec<(String, usize)> {
        let statements = self.statements.iter().enumerate();
        statements
            .map(|(index, statement)| {
                let name = statement.sid.clone().unwrap_or_else(|| format!("Statement[{index}]"));
                (name, Self::new([statement.clone()]).size() - Self::new([]).size())
            })
            .collect()
    }
}

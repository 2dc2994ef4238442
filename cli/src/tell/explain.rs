//! Roles and their documents, with what each part is for.

use std::{collections::BTreeSet, io};

use cloudup::{
    explain::{
        Budget, ExplainedArn, ExplainedAttachments, ExplainedInline, ExplainedManaged,
        ExplainedProfile, ExplainedRole, ExplainedStatement, Explanation, Fact, Reason, Subject,
    },
    manifest::Notice,
};
use cloudup_tasks::policy::{Grant, Names, Statement};

use super::{
    page::Page,
    style::{DELETE, DIM, HEADING},
};

/// Writes all roles of an explanation.
pub(crate) fn write(
    page: &mut Page<'_>,
    cloud: &str,
    explanation: &Explanation,
    notices: &[Notice],
) -> io::Result<()> {
    page.text(0, 4, &format!("{HEADING}{explanation}{HEADING:#} {DIM}({cloud}){DIM:#}"))?;
    super::notices(page, notices)?;
    explanation.roles.iter().try_for_each(|explained| role(page, explained))
}

fn role(page: &mut Page<'_>, role: &ExplainedRole) -> io::Result<()> {
    let ExplainedRole {
        name,
        subject,
        is_made,
        because,
        profiles,
        trust,
        inline,
        managed,
        attached,
        boundary,
    } = role;
    let who = match subject {
        Subject::Instances(role) => format!("instances of role {role}"),
        Subject::Group { name, role } => format!("instances of group {name}, of role {role}"),
        Subject::ServiceAccount(account) => format!("service account {account}"),
    };
    let made = if *is_made { "" } else { ", not made: its groups bring their own profiles" };
    writeln!(page, "\n{HEADING}{name}{HEADING:#}: {who}{made}")?;
    ways(page, 2, because)?;
    for ExplainedProfile { name, because } in profiles {
        writeln!(page, "  the role in instance profile {name} needs what is below")?;
        ways(page, 4, &because.iter().map(|fact| vec![fact.clone()]).collect::<Vec<_>>())?;
    }
    heading(page, "trust document", trust.budget, " characters")?;
    trust.statements.iter().try_for_each(|it| statement(page, it))?;
    let ExplainedInline { budget, refusal, policies } = inline;
    heading(page, "inline policies", *budget, " characters")?;
    if let Some(refusal) = refusal {
        let mut before = format!("{DELETE}no room, so an update refuses to write them:{DELETE:#} ");
        for line in refusal.lines() {
            writeln!(page, "    {before}{line}")?;
            before.clear();
        }
    }
    if policies.is_empty() {
        writeln!(page, "    none")?;
    }
    for policy in policies {
        writeln!(page, "\n    {HEADING}{}{HEADING:#}: {} characters", policy.name, policy.size)?;
        policy.statements.iter().try_for_each(|it| statement(page, it))?;
    }
    self::managed(page, managed)?;
    if let Some(attached) = attached {
        self::attached(page, attached, managed)?;
    } else {
        let others = if managed.is_empty() { "" } else { "others are " };
        let left = format!("{others}left alone, as the manifest lists none");
        writeln!(page, "\n  {HEADING}attached policies{HEADING:#}: {left}")?;
        own(page, managed)?;
    }
    if let Some(ExplainedArn { arn, because }) = boundary {
        writeln!(page, "\n  {HEADING}permissions boundary{HEADING:#}: {arn}")?;
        ways(page, 4, &[vec![because.clone()]])?;
    }
    Ok(())
}

fn heading(page: &mut Page<'_>, title: &str, budget: Budget, unit: &str) -> io::Result<()> {
    let Budget { taken, limit } = budget;
    writeln!(page, "\n  {HEADING}{title}{HEADING:#}: {taken} of {limit}{unit}")
}

/// What has no room inline.
fn managed(page: &mut Page<'_>, managed: &[ExplainedManaged]) -> io::Result<()> {
    if managed.is_empty() {
        return Ok(());
    }
    writeln!(
        page,
        "\n  {HEADING}managed policies{HEADING:#}: of the cluster's own, with what has no room inline"
    )?;
    for ExplainedManaged { name, arn: _, budget, statements } in managed {
        let Budget { taken, limit } = budget;
        writeln!(page, "\n    {HEADING}{name}{HEADING:#}: {taken} of {limit} characters")?;
        statements.iter().try_for_each(|it| statement(page, it))?;
    }
    Ok(())
}

/// The cluster's own among the attached policies.
fn own(page: &mut Page<'_>, managed: &[ExplainedManaged]) -> io::Result<()> {
    managed.iter().try_for_each(|ExplainedManaged { arn, .. }| {
        writeln!(page, "    {arn}\n      {DIM}because{DIM:#} what it holds has no room inline")
    })
}

fn attached(
    page: &mut Page<'_>,
    attached: &ExplainedAttachments,
    managed: &[ExplainedManaged],
) -> io::Result<()> {
    let ExplainedAttachments { budget, policies, because } = attached;
    heading(page, "attached policies", *budget, "")?;
    own(page, managed)?;
    for ExplainedArn { arn, because } in policies {
        writeln!(page, "    {arn}")?;
        ways(page, 6, &[vec![because.clone()]])?;
    }
    if policies.is_empty() {
        let none = if managed.is_empty() { "none: what" } else { "no others: what else" };
        writeln!(page, "    {none} is attached is detached")?;
        ways(page, 6, &[vec![because.clone()]])?;
    }
    Ok(())
}

fn statement(page: &mut Page<'_>, explained: &ExplainedStatement) -> io::Result<()> {
    let ExplainedStatement { statement, reasons } = explained;
    let sid = statement.sid.as_deref().unwrap_or("(no Sid)");
    writeln!(page, "\n    {HEADING}{sid}{HEADING:#}")?;
    let Statement { effect, condition, .. } = statement;
    let grants = statement.grants();
    let named = |of: fn(&Grant) -> Option<&Names<String>>| -> BTreeSet<String> {
        grants.iter().filter_map(of).map(ToString::to_string).collect()
    };
    list(page, 6, &format!("{effect} on "), &named(|grant| grant.resource.as_ref()))?;
    list(page, 6, &format!("{effect} to "), &named(|grant| grant.principal.as_ref()))?;
    let mut word = "when";
    for (operator, keys) in condition {
        for (key, values) in keys {
            list(page, 6, &format!("{word} {key} {operator} "), values)?;
            word = " and";
        }
    }
    reasons.iter().try_for_each(|it| reason(page, it))
}

fn reason(page: &mut Page<'_>, reason: &Reason) -> io::Result<()> {
    let Reason { purpose, actions, resources, because } = reason;
    page.text(6, 2, purpose)?;
    list(page, 10, "", actions)?;
    list(page, 10, "on ", resources)?;
    ways(page, 8, because)
}

/// A list in as many lines as it takes, after a word; nothing where there is nothing in it.
fn list<'i>(
    page: &mut Page<'_>,
    indent: usize,
    word: &str,
    items: impl IntoIterator<Item = &'i String>,
) -> io::Result<()> {
    page.list(indent, word, None, items)
}

/// How many ways of asking for the same are told: a cluster may have many groups of a role.
const TOLD: usize = 3;

/// The ways in which something is asked for.
fn ways(page: &mut Page<'_>, indent: usize, because: &[Vec<Fact>]) -> io::Result<()> {
    for (index, facts) in because.iter().take(TOLD).enumerate() {
        let mut word = if index == 0 { "because " } else { "or because " };
        for fact in facts {
            page.text(indent, 4, &format!("{DIM}{word}{DIM:#}{fact}"))?;
            word = "    and ";
        }
    }
    match because.len().saturating_sub(TOLD) {
        0 => Ok(()),
        more => {
            writeln!(page, "{:indent$}{DIM}or in {more} more ways: -o json lists all{DIM:#}", "")
        }
    }
}

//! Roles and their documents, with what each part is for.

use std::{
    collections::BTreeSet,
    io::{self, Write},
};

use cloudup::{
    explain::{
        Budget, ExplainedArn, ExplainedAttachments, ExplainedInline, ExplainedManaged,
        ExplainedProfile, ExplainedRole, ExplainedStatement, Explanation, Fact, Reason, Subject,
    },
    manifest::Notice,
};
use cloudup_tasks::policy::{Grant, Names, Statement};

use super::{
    access::{self, WIDTH},
    style::{DELETE, DIM, HEADING, UPDATE},
};

/// Writes all roles of an explanation.
pub(crate) fn write(
    out: &mut dyn Write,
    cloud: &str,
    explanation: &Explanation,
    notices: &[Notice],
) -> io::Result<()> {
    writeln!(out, "{HEADING}{explanation}{HEADING:#} {DIM}({cloud}){DIM:#}")?;
    for notice in notices {
        writeln!(out, "{UPDATE}note:{UPDATE:#} {notice}")?;
    }
    explanation.roles.iter().try_for_each(|explained| role(out, explained))
}

fn role(out: &mut dyn Write, role: &ExplainedRole) -> io::Result<()> {
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
    writeln!(out, "\n{HEADING}{name}{HEADING:#}: {who}{made}")?;
    ways(out, 2, because)?;
    for ExplainedProfile { name, because } in profiles {
        writeln!(out, "  the role in instance profile {name} needs what is below")?;
        ways(out, 4, &because.iter().map(|fact| vec![fact.clone()]).collect::<Vec<_>>())?;
    }
    heading(out, "trust document", trust.budget, " characters")?;
    trust.statements.iter().try_for_each(|it| statement(out, it))?;
    let ExplainedInline { budget, refusal, policies } = inline;
    heading(out, "inline policies", *budget, " characters")?;
    if let Some(refusal) = refusal {
        let mut before = format!("{DELETE}no room, so an update refuses to write them:{DELETE:#} ");
        for line in refusal.lines() {
            writeln!(out, "    {before}{line}")?;
            before.clear();
        }
    }
    if policies.is_empty() {
        writeln!(out, "    none")?;
    }
    for policy in policies {
        writeln!(out, "\n    {HEADING}{}{HEADING:#}: {} characters", policy.name, policy.size)?;
        policy.statements.iter().try_for_each(|it| statement(out, it))?;
    }
    self::managed(out, managed)?;
    if let Some(attached) = attached {
        self::attached(out, attached, managed)?;
    } else {
        let others = if managed.is_empty() { "" } else { "others are " };
        let left = format!("{others}left alone, as the manifest lists none");
        writeln!(out, "\n  {HEADING}attached policies{HEADING:#}: {left}")?;
        own(out, managed)?;
    }
    if let Some(ExplainedArn { arn, because }) = boundary {
        writeln!(out, "\n  {HEADING}permissions boundary{HEADING:#}: {arn}")?;
        ways(out, 4, &[vec![because.clone()]])?;
    }
    Ok(())
}

fn heading(out: &mut dyn Write, title: &str, budget: Budget, unit: &str) -> io::Result<()> {
    let Budget { taken, limit } = budget;
    writeln!(out, "\n  {HEADING}{title}{HEADING:#}: {taken} of {limit}{unit}")
}

/// What has no room inline.
fn managed(out: &mut dyn Write, managed: &[ExplainedManaged]) -> io::Result<()> {
    if managed.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n  {HEADING}managed policies{HEADING:#}: of the cluster's own, with what has no room inline"
    )?;
    for ExplainedManaged { name, arn: _, budget, statements } in managed {
        let Budget { taken, limit } = budget;
        writeln!(out, "\n    {HEADING}{name}{HEADING:#}: {taken} of {limit} characters")?;
        statements.iter().try_for_each(|it| statement(out, it))?;
    }
    Ok(())
}

/// The cluster's own among the attached policies.
fn own(out: &mut dyn Write, managed: &[ExplainedManaged]) -> io::Result<()> {
    managed.iter().try_for_each(|ExplainedManaged { arn, .. }| {
        writeln!(out, "    {arn}\n      {DIM}because{DIM:#} what it holds has no room inline")
    })
}

fn attached(
    out: &mut dyn Write,
    attached: &ExplainedAttachments,
    managed: &[ExplainedManaged],
) -> io::Result<()> {
    let ExplainedAttachments { budget, policies, because } = attached;
    heading(out, "attached policies", *budget, "")?;
    own(out, managed)?;
    for ExplainedArn { arn, because } in policies {
        writeln!(out, "    {arn}")?;
        ways(out, 6, &[vec![because.clone()]])?;
    }
    if policies.is_empty() {
        let none = if managed.is_empty() { "none: what" } else { "no others: what else" };
        writeln!(out, "    {none} is attached is detached")?;
        ways(out, 6, &[vec![because.clone()]])?;
    }
    Ok(())
}

fn statement(out: &mut dyn Write, explained: &ExplainedStatement) -> io::Result<()> {
    let ExplainedStatement { statement, reasons } = explained;
    let sid = statement.sid.as_deref().unwrap_or("(no Sid)");
    writeln!(out, "\n    {HEADING}{sid}{HEADING:#}")?;
    let Statement { effect, condition, .. } = statement;
    let grants = statement.grants();
    let named = |of: fn(&Grant) -> Option<&Names<String>>| -> BTreeSet<String> {
        grants.iter().filter_map(of).map(ToString::to_string).collect()
    };
    list(out, 6, &format!("{effect} on "), &named(|grant| grant.resource.as_ref()))?;
    list(out, 6, &format!("{effect} to "), &named(|grant| grant.principal.as_ref()))?;
    let mut word = "when";
    for (operator, keys) in condition {
        for (key, values) in keys {
            list(out, 6, &format!("{word} {key} {operator} "), values)?;
            word = " and";
        }
    }
    reasons.iter().try_for_each(|it| reason(out, it))
}

fn reason(out: &mut dyn Write, reason: &Reason) -> io::Result<()> {
    let Reason { purpose, actions, resources, because } = reason;
    writeln!(out, "      {purpose}")?;
    list(out, 10, "", actions)?;
    list(out, 10, "on ", resources)?;
    ways(out, 8, because)
}

/// A list in as many lines as it takes, after a word; nothing where there is nothing in it.
fn list<'i>(
    out: &mut dyn Write,
    indent: usize,
    word: &str,
    items: impl IntoIterator<Item = &'i String>,
) -> io::Result<()> {
    let rest = indent + word.chars().count();
    let lines = access::wrapped(items, WIDTH.saturating_sub(rest));
    let mut before = format!("{:indent$}{word}", "");
    for line in lines.iter().filter(|line| !line.is_empty()) {
        writeln!(out, "{before}{line}")?;
        before = " ".repeat(rest);
    }
    Ok(())
}

/// How many ways of asking for the same are told: a cluster may have many groups of a role.
const TOLD: usize = 3;

/// The ways in which something is asked for.
fn ways(out: &mut dyn Write, indent: usize, because: &[Vec<Fact>]) -> io::Result<()> {
    for (index, facts) in because.iter().take(TOLD).enumerate() {
        let mut word = if index == 0 { "because " } else { "or because " };
        for fact in facts {
            writeln!(out, "{:indent$}{DIM}{word}{DIM:#}{fact}", "")?;
            word = "    and ";
        }
    }
    match because.len().saturating_sub(TOLD) {
        0 => Ok(()),
        more => {
            writeln!(out, "{:indent$}{DIM}or in {more} more ways: -o json lists all{DIM:#}", "")
        }
    }
}

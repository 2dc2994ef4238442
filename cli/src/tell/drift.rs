//! What has drifted.

use std::io::{self, Write};

use cloudup::drift::{DriftCounts, DriftReport};

use super::style::{DIM, HEADING, UPDATE};

/// Writes where it is, and what is worth knowing beside.
pub(crate) fn header(out: &mut dyn Write, cloud: &str, found: &DriftReport) -> io::Result<()> {
    let DriftReport { cluster, environment, notices, .. } = found;
    writeln!(out, "{HEADING}{cluster} in {environment}{HEADING:#} {DIM}({cloud}){DIM:#}")?;
    notices.iter().try_for_each(|notice| writeln!(out, "{UPDATE}note:{UPDATE:#} {notice}"))
}

/// Writes how many of each sort there are.
pub(crate) fn summary(out: &mut dyn Write, found: &DriftReport) -> io::Result<()> {
    let DriftCounts {
        missing,
        different,
        unwanted,
        same,
        ignored,
        deferred,
        not_compared,
        unknown,
    } = found.counts;
    let told = |sorts: &[(usize, &str)]| {
        let told = sorts.iter().filter(|(count, _)| *count > 0);
        told.map(|(count, sort)| format!("{count} {sort}")).collect::<Vec<_>>().join(", ")
    };
    let drift = told(&[(missing, "missing"), (different, "different"), (unwanted, "not wanted")]);
    let drift = if drift.is_empty() { "nothing".to_owned() } else { drift };
    let rest = told(&[
        (same, "as they should be"),
        (ignored, "ignored"),
        (deferred, "left for --prune"),
        (not_compared, "not compared"),
        (unknown, "could not be compared"),
    ]);
    let rest = if rest.is_empty() { rest } else { format!(" {rest}.") };
    writeln!(out, "\n{HEADING}Drift:{HEADING:#} {drift}.{rest}")
}

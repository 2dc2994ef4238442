//! What has drifted.

use std::io;

use cloudup::drift::{DriftCounts, DriftReport};

use super::{
    page::Page,
    style::{DIM, HEADING},
};

/// Writes where it is, and what is worth knowing beside.
pub(crate) fn header(page: &mut Page<'_>, cloud: &str, found: &DriftReport) -> io::Result<()> {
    let DriftReport { cluster, environment, notices, .. } = found;
    page.text(
        0,
        4,
        &format!("{HEADING}{cluster} in {environment}{HEADING:#} {DIM}({cloud}){DIM:#}"),
    )?;
    super::notices(page, notices)
}

/// Writes how many of each sort there are.
pub(crate) fn summary(page: &mut Page<'_>, found: &DriftReport) -> io::Result<()> {
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
    writeln!(page, "\n{HEADING}Drift:{HEADING:#} {drift}.{rest}")
}

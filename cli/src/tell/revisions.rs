//! What becomes of a cluster's documents in the state store.

use std::io::{self, Write};

use cloudup::store::{Revision, What};

use super::style::{CREATE, DELETE, HEADING, UPDATE};

/// Writes what becomes of a cluster's documents, field by field.
pub(crate) fn revisions(
    out: &mut dyn Write,
    cluster: &str,
    revisions: &[Revision],
) -> io::Result<()> {
    writeln!(out, "{HEADING}{cluster}{HEADING:#}")?;
    if revisions.is_empty() {
        return writeln!(out, "  nothing differs");
    }
    for Revision { kind, name, what } in revisions {
        match what {
            What::Created => writeln!(out, "  {CREATE}+{CREATE:#} {kind} {name}")?,
            What::Removed => writeln!(out, "  {DELETE}-{DELETE:#} {kind} {name}")?,
            What::Changed(differences) => {
                let aside = if differences.is_empty() { ": only how it is written" } else { "" };
                writeln!(out, "  {UPDATE}~{UPDATE:#} {kind} {name}{aside}")?;
                for difference in differences {
                    writeln!(out, "      {difference}")?;
                }
            }
        }
    }
    Ok(())
}

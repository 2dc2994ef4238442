//! What becomes of a cluster's documents in the state store.

use std::io;

use cloudup::store::{Revision, What};

use super::{
    page::Page,
    style::{CREATE, DELETE, HEADING, UPDATE},
};

/// Writes what becomes of a cluster's documents, field by field.
pub(crate) fn revisions(
    page: &mut Page<'_>,
    cluster: &str,
    revisions: &[Revision],
) -> io::Result<()> {
    writeln!(page, "{HEADING}{cluster}{HEADING:#}")?;
    if revisions.is_empty() {
        return writeln!(page, "  nothing differs");
    }
    for Revision { kind, name, what } in revisions {
        match what {
            What::Created => writeln!(page, "  {CREATE}+{CREATE:#} {kind} {name}")?,
            What::Removed => writeln!(page, "  {DELETE}-{DELETE:#} {kind} {name}")?,
            What::Changed(differences) => {
                let aside = if differences.is_empty() { ": only how it is written" } else { "" };
                writeln!(page, "  {UPDATE}~{UPDATE:#} {kind} {name}{aside}")?;
                for difference in differences {
                    page.text(6, 2, &difference.to_string())?;
                }
            }
        }
    }
    Ok(())
}

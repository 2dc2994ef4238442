//! What is wrong with manifests beyond their form, all of it at once.

use super::{Manifest, Mistake, Notice};

/// Checks everything that can be checked without asking anybody.
pub(super) fn manifest(
    _manifest: &Manifest,
    _mistakes: &mut Vec<Mistake>,
    _notices: &mut Vec<Notice>,
) {
}

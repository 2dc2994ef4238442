//! What keeps a page to itself: its policy, and data that cannot be taken for markup.

use data_encoding::BASE64;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// The Content-Security-Policy of a page with these styles and scripts, and no others.
pub(super) fn policy(styles: &[&str], scripts: &[&str]) -> String {
    let digests =
        |texts: &[&str]| texts.iter().map(|text| digest(text)).collect::<Vec<_>>().join(" ");
    format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        digests(styles),
        digests(scripts)
    )
}

/// A text's digest, as a policy names it.
pub(super) fn digest(text: &str) -> String {
    format!("'sha256-{}'", BASE64.encode(&Sha256::digest(text)))
}

/// JSON that can stand in a `script` element: nothing in it ends the element, or opens a comment.
pub(super) fn json(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c")
}

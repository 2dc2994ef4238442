//! Programs that some tests need, and not every machine has: shells, and what typesets the manual.

use std::{env, io::Write as _, process::Command};

/// Whether a program is there. Where it is not, the test is skipped, with a word about it; with
/// `CLOUDUP_REQUIRE_SHELLS=1` it fails.
pub(crate) fn is_there(name: &str) -> bool {
    if Command::new(name).arg("--version").output().is_ok() {
        return true;
    }
    #[expect(clippy::disallowed_methods, reason = "a test's own switch, not the product's")]
    let required = env::var("CLOUDUP_REQUIRE_SHELLS").is_ok_and(|value| value == "1");
    assert!(!required, "CLOUDUP_REQUIRE_SHELLS=1, but there is no {name}");
    // Not with a macro, whose output the harness keeps to itself when a test passes.
    let word = format!("SKIPPED for want of {name} (CLOUDUP_REQUIRE_SHELLS=1 fails instead)\n");
    let _ = std::io::stderr().write_all(word.as_bytes());
    false
}

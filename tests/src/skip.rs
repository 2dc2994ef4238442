//! Tests that cannot be run everywhere.

use std::{
    io::{self, Write},
    thread,
};

/// What a test needs; `None`, and a word about it on standard error, where it is missing.
///
/// # Panics
///
/// Where it is missing and the environment says `variable=1`: that it must be there.
pub(crate) fn unless_there<'t, T>(needed: &'t Result<T, String>, variable: &str) -> Option<&'t T> {
    match needed {
        Ok(needed) => Some(needed),
        Err(missing) => {
            #[expect(clippy::disallowed_methods, reason = "a test's own switch, not the product's")]
            let required = std::env::var(variable).is_ok_and(|value| value == "1");
            assert!(!required, "{variable}=1, but {missing}");
            let test = thread::current().name().unwrap_or("a test").to_owned();
            // Not with a macro, whose output the harness keeps to itself when a test passes.
            let word = format!("SKIPPED {test} ({variable}=1 fails instead): {missing}\n");
            io::stderr().write_all(word.as_bytes()).ok();
            None
        }
    }
}

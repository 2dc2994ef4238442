//! The environment, read once.

use std::{env, ffi::OsString};

/// What of the environment the command line goes by, beside what flags stand for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    /// `CLOUDUP_LIFECYCLE_OVERRIDES`.
    pub(crate) lifecycle_overrides: Option<String>,
    /// `KUBE_EDITOR`, then `EDITOR`, as kOps looks for one.
    pub(crate) editor: Option<OsString>,
}

/// The variable that lifecycle overrides are taken from.
pub(crate) const LIFECYCLE_OVERRIDES: &str = "CLOUDUP_LIFECYCLE_OVERRIDES";

impl Environment {
    /// Reads it.
    pub(crate) fn read() -> Self {
        let given = |name| env::var_os(name).filter(|value| !value.is_empty());
        Self {
            lifecycle_overrides: given(LIFECYCLE_OVERRIDES)
                .map(|value| value.to_string_lossy().into_owned()),
            editor: given("KUBE_EDITOR").or_else(|| given("EDITOR")),
        }
    }
}

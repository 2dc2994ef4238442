//! Who decides what becomes of a difference.

mod kops;

use std::{fmt, sync::Arc};

use serde::Serialize;

pub use self::kops::{
    ExistsAndValidates, ExistsAndWarnIfChanges, Ignore, Sync, WarnIfInsufficientAccess,
};
use crate::Finding;

/// Decides what becomes of a difference between the cloud and what was asked for.
///
/// A lifecycle only decides; it never looks or touches. That makes each one a table
/// from [`Finding`] to [`Verdict`], and its test the same table.
pub trait Lifecycle: fmt::Debug + Send + std::marker::Sync {
    /// The name people write in a cluster spec.
    fn name(&self) -> &'static str;

    /// Whether the task is looked for even if no other takes a value from it.
    fn looks(&self) -> bool {
        true
    }

    /// What to do about what was found.
    fn decide(&self, finding: &Finding) -> Verdict;
}

impl<L: Lifecycle + ?Sized> Lifecycle for Arc<L> {
    fn name(&self) -> &'static str {
        (**self).name()
    }

    fn looks(&self) -> bool {
        (**self).looks()
    }

    fn decide(&self, finding: &Finding) -> Verdict {
        (**self).decide(finding)
    }
}

/// What a [`Lifecycle`] decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Make it so.
    Render,
    /// Leave it as it is.
    Keep,
    /// Leave it as it is, and say so.
    Warn,
    /// Stop: this is not what we were promised.
    Fail,
}

//! Who decides what becomes of a difference.

mod kops;
mod registry;

use std::{fmt, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::{
    kops::{ExistsAndValidates, ExistsAndWarnIfChanges, Ignore, Sync, WarnIfInsufficientAccess},
    registry::{Registry, RegistryError, UnknownLifecycle},
};
use crate::Finding;

/// Decides what becomes of a difference between what is there and what was asked for.
///
/// A lifecycle only decides; it never looks or touches. That makes each one a table
/// from [`Finding`] to [`Verdict`], and its test the same table.
///
/// # Guarantees
///
/// It is asked about every effect: a creation, an update, and the deletion of each stray.
/// Whatever it says, nothing is rendered that is as described, and nothing is changed that was not
/// looked at or could not be read.
pub trait Lifecycle: fmt::Debug + Send + std::marker::Sync {
    /// The name people write in an override.
    fn name(&self) -> &str;

    /// Whether a thing is looked at and compared though no other task takes a value from it.
    fn reads(&self) -> bool {
        true
    }

    /// What to do about what was found.
    fn decide(&self, finding: &Finding) -> Verdict;
}

impl<L: Lifecycle + ?Sized> Lifecycle for Arc<L> {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn reads(&self) -> bool {
        (**self).reads()
    }

    fn decide(&self, finding: &Finding) -> Verdict {
        (**self).decide(finding)
    }
}

/// What a [`Lifecycle`] decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Make it so: create it, update it, or, if it is a stray, delete it.
    Render,
    /// Leave it as it is.
    Keep,
    /// Leave it as it is, and say so.
    Warn,
    /// Stop: this is not what we were promised.
    Fail,
}

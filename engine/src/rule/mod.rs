//! Which lifecycle a task has, and who said so.

mod overrides;
mod selector;

use std::{fmt, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::{
    overrides::{Mistake, OverrideError, Overrides, Rule},
    selector::{NotASelector, Selector, Specificity},
};
use crate::Lifecycle;

/// Who set a rule, weakest first. The text says it in the reader's words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "source", content = "label", rename_all = "kebab-case")]
pub enum Source {
    /// Nobody: it is so unless something is said.
    Default,
    /// The phase that the run is restricted to: `phase security`.
    Phase(Arc<str>),
    /// A file of settings: `cloudup.toml:3`.
    File(Arc<str>),
    /// A manifest: `annotation of Cluster minimal.example.com`.
    Manifest(Arc<str>),
    /// A variable of the environment: `CLOUDUP_LIFECYCLE_OVERRIDES`.
    Environment(Arc<str>),
    /// A flag of the command line: `--lifecycle-overrides`.
    Flag(Arc<str>),
}

impl Source {
    /// How strong the source is: a rule of a higher rank beats every one of a lower.
    fn rank(&self) -> u8 {
        match self {
            Self::Default => 0,
            Self::Phase(_) => 1,
            Self::File(_) => 2,
            Self::Manifest(_) => 3,
            Self::Environment(_) => 4,
            Self::Flag(_) => 5,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Default => "default",
            Self::Phase(label)
            | Self::File(label)
            | Self::Manifest(label)
            | Self::Environment(label)
            | Self::Flag(label) => label,
        })
    }
}

/// The rule that set a lifecycle, as a report names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ruling {
    /// What the rule selects, if it is an override: `IAMRole` or `IAMRole/nodes.*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<Arc<str>>,
    /// Who set it.
    #[serde(flatten)]
    pub source: Source,
}

impl fmt::Display for Ruling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(selector) = &self.selector {
            write!(f, "{selector} in ")?;
        }
        self.source.fmt(f)
    }
}

/// A lifecycle and the rule that set it.
#[derive(Clone, Debug)]
pub(crate) struct Governance {
    pub(crate) lifecycle: Arc<dyn Lifecycle>,
    /// The lifecycle's name, ready for the report.
    pub(crate) name: Arc<str>,
    pub(crate) ruling: Ruling,
}

impl Governance {
    pub(crate) fn new(lifecycle: Arc<dyn Lifecycle>, ruling: Ruling) -> Self {
        Self { name: lifecycle.name().into(), lifecycle, ruling }
    }
}

//! What looking for a thing came to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Failure, FieldChange};

/// What looking for a thing came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "finding", rename_all = "kebab-case")]
pub enum Finding {
    /// It was not looked at; or only for the values that others take from it, and not compared.
    NotLooked,
    /// It is not there.
    Missing {
        /// What it would be created with.
        fields: Vec<FieldChange>,
    },
    /// It is as it should be: there and as described, or not there if it is not wanted.
    Same,
    /// It is there, and differs.
    Different {
        /// How.
        changes: Vec<FieldChange>,
    },
    /// It could not be looked at.
    Unreadable {
        /// Why.
        #[serde(rename = "unreadable")]
        error: Failure,
    },
    /// It is there, it is ours, and it is not wanted.
    Stray {
        /// What would go with it: each field with what is there now and nothing asked for.
        fields: Vec<FieldChange>,
    },
}

impl Finding {
    /// Its name, as reports spell it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotLooked => "not-looked",
            Self::Missing { .. } => "missing",
            Self::Same => "same",
            Self::Different { .. } => "different",
            Self::Unreadable { .. } => "unreadable",
            Self::Stray { .. } => "stray",
        }
    }
}

//! What is wrong with a manifest, and what is worth saying about it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A place in a manifest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// The file's name, as given.
    pub file: String,
    /// Which of the file's documents, from 1. Empty documents do not count.
    pub document: usize,
    /// The field: `spec.subnets[0].zone`, `spec.externalPolicies[node]`. Empty for the document.
    pub path: String,
    /// The line in the file, from 1.
    pub line: usize,
    /// The column, in characters, from 1.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Something in a manifest that is wrong.
///
/// Prints as a block of lines without a trailing newline:
///
/// ```text
/// error: there is no field "subnet"
///   --> cluster.yaml:12:3, document 1, spec.subnet
///   hint: did you mean "subnets"?
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Mistake {
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "error: {}\n  --> {}, document {}",
            self.message, self.place, self.place.document
        )?;
        if !self.place.path.is_empty() {
            write!(f, ", {}", self.place.path)?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n  hint: {hint}")?;
        }
        Ok(())
    }
}

/// Something in a manifest that is worth knowing, and is not wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Notice {
    /// Where, if it is about one place.
    #[serde(flatten)]
    pub place: Option<Place>,
    /// What.
    pub message: String,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{place}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

/// Everything that is wrong with a manifest, in the order of its files and lines; never empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct ManifestErrors {
    /// The mistakes.
    pub mistakes: Vec<Mistake>,
}

impl fmt::Display for ManifestErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, mistake) in self.mistakes.iter().enumerate() {
            write!(f, "{}{mistake}", if number == 0 { "" } else { "\n\n" })?;
        }
        Ok(())
    }
}

impl std::error::Error for ManifestErrors {}

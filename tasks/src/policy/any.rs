//! A document as it is found, which may not be one.

use serde::{Serialize, Serializer};

use super::Document;
use crate::cloud::iam::WireDocument;

/// A policy document, or the text that stands where one should be.
///
/// What is asked for is always a document. What is found may be a text that cannot be read as
/// one, which is a difference like any other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnyDocument {
    /// A document.
    Document(Document),
    /// Something else.
    Other(String),
}

impl AnyDocument {
    /// Reads what was found. `what` it is goes into a note where it is no document.
    pub(crate) fn found(wire: &WireDocument, what: &str) -> Self {
        match wire.parse() {
            Ok(document) => Self::Document(document),
            Err(error) => {
                cloudup_engine::note(format!("{what} is not a policy document: {error}"));
                Self::Other(wire.text())
            }
        }
    }

    /// The document, if it is one.
    pub fn document(&self) -> Option<&Document> {
        match self {
            Self::Document(document) => Some(document),
            Self::Other(_) => None,
        }
    }

    /// The text to send.
    pub(crate) fn compact(&self) -> String {
        match self {
            Self::Document(document) => document.compact(),
            Self::Other(text) => text.clone(),
        }
    }
}

impl From<Document> for AnyDocument {
    fn from(document: Document) -> Self {
        Self::Document(document)
    }
}

impl Serialize for AnyDocument {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Document(document) => document.serialize(serializer),
            Self::Other(text) => serializer.serialize_str(text),
        }
    }
}

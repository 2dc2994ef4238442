//! What was asked for in a role's documents, in what words and because of what.

use cloudup_tasks::policy::Statement;

use crate::because::Asked;

/// One thing that was asked for. Its permissions are found again in a document under its Sid, or
/// wherever minimising the document has put them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Request {
    /// The Sid, and what of the statement under that Sid was asked for.
    pub(crate) statement: Statement,
    /// What for, in a few words.
    pub(crate) purpose: String,
    /// What in the manifest asks for it.
    pub(crate) because: Asked,
}

impl Request {
    /// Adds it to others. The same thing that is asked for in several ways is there once.
    pub(super) fn add_to(self, requests: &mut Vec<Self>) {
        let Self { statement, purpose, because } = &self;
        let same = requests
            .iter_mut()
            .find(|other| other.statement == *statement && other.purpose == *purpose);
        let Some(other) = same else { return requests.push(self) };
        for way in because {
            if !other.because.contains(way) {
                other.because.push(way.clone());
            }
        }
    }
}

//! The documents of a file, as they are written.

use serde_json::Value;

use super::yaml::{self, Part};

/// A document of a file, as it is written: comments and all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The file's name.
    pub file: String,
    /// The document's text.
    pub text: String,
    /// How many of the file's lines come before it.
    pub lines_before: usize,
    /// How many of the file's documents come before it. Empty ones do not count.
    pub documents_before: usize,
}

impl Excerpt {
    /// A whole file that is to hold one document, if any.
    pub fn whole(file: impl Into<String>, text: impl Into<String>) -> Self {
        let (file, text) = (file.into(), text.into());
        Self { file, text, lines_before: 0, documents_before: 0 }
    }

    /// A file's documents, in order. What cannot be read counts as a document.
    pub fn all(file: &str, text: &str) -> Vec<Self> {
        let mut excerpts = Vec::new();
        for part in yaml::split(text) {
            let (documents, fault) = yaml::parse(part);
            if documents.is_empty() && fault.is_none() {
                continue;
            }
            let Part { mut lines_before, mut text } = part;
            // The line that sets it off from what comes before is not its own.
            if let Some(rest) = text.strip_prefix("---\n").or_else(|| text.strip_prefix("---\r\n"))
            {
                (lines_before, text) = (lines_before + 1, rest);
            }
            excerpts.push(Self {
                file: file.to_owned(),
                text: format!("{}\n", text.trim_end()),
                lines_before,
                documents_before: excerpts.len(),
            });
        }
        excerpts
    }

    /// The documents of a text as JSON; what cannot be read is left out.
    pub fn values(text: &str) -> Vec<Value> {
        let parts = yaml::split(text).into_iter();
        parts.flat_map(|part| yaml::parse(part).0).map(|node| node.to_value()).collect()
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        let before = self.lines_before;
        yaml::split(&self.text)
            .into_iter()
            .map(move |part| Part { lines_before: before + part.lines_before, ..part })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_told_apart_and_keep_their_comments_and_places() {
        let text = "# all\n---\n# first\na: 1 # one\n---\n---\n\nb: 2\n...\nc: 3\n\n";
        let found = Excerpt::all("f", text);
        let found: Vec<_> =
            found.iter().map(|e| (e.text.as_str(), e.lines_before, e.documents_before)).collect();
        assert_eq!(
            found,
            [
                ("# all\n---\n# first\na: 1 # one\n", 0, 0),
                ("\nb: 2\n...\n", 6, 1),
                ("c: 3\n", 9, 2)
            ]
        );
    }
}

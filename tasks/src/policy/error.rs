//! What is wrong with a policy document.

use std::fmt;

/// Why a text, or a document made in code, is not a policy document: every mistake in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentError {
    /// The mistakes, at least one, in the order of the text.
    pub mistakes: Vec<Mistake>,
}

impl std::error::Error for DocumentError {}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.mistakes.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{mistake}")?;
        }
        Ok(())
    }
}

/// One mistake in a policy document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where: `Statement[0].Action`. Empty for the document as a whole.
    pub path: String,
    /// Where in the text, if there is one.
    pub position: Option<Position>,
    /// What is wrong, as a fragment in lower case.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Mistake {
    /// A mistake at `path`.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), position: None, message: message.into(), hint: None }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same, where there is something to say.
    #[must_use]
    pub(crate) fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, " ({hint})")?;
        }
        if let Some(position) = self.position {
            write!(f, " at {position}")?;
        }
        Ok(())
    }
}

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The character in that line, from 1.
    pub column: usize,
}

impl Position {
    /// The place `offset` bytes into `text`.
    pub(crate) fn of(text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self { line, column: before[start..].chars().count() + 1 }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// `did you mean …?`, where one of the words is close to what was written.
pub(crate) fn did_you_mean<'a>(
    written: &str,
    words: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    const CLOSE: f64 = 0.8;
    let lower = written.to_lowercase();
    words
        .into_iter()
        .map(|word| (strsim::jaro_winkler(&lower, &word.to_lowercase()), word))
        .filter(|(closeness, _)| *closeness >= CLOSE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, word)| format!("did you mean `{word}`?"))
}

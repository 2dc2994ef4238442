//! A policy document: its meaning, its canonical text and its size.

use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeMap};
use serde_json::Value;

use super::{DocumentError, DocumentUse, Statement, check, parse};

/// A policy document.
///
/// Two documents are equal when they differ in nothing but the order of statements and the
/// order, repetition and form (one value or a list) of values.
///
/// ```
/// use cloudup_tasks::policy::Document;
///
/// let one = Document::parse(
///     r#"{"Statement": {"Effect": "Allow", "Action": "ec2:DescribeRegions", "Resource": "*"}}"#,
/// )?;
/// let list = Document::parse(
///     r#"{"Statement": [{"Effect": "Allow", "Action": ["ec2:DescribeRegions"], "Resource": ["*"]}]}"#,
/// )?;
/// assert_eq!(one, list);
/// # Ok::<_, cloudup_tasks::policy::DocumentError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Document {
    /// The language version, `2012-10-17`. Absent means `2008-10-17`.
    pub version: Option<String>,
    /// The document's own id.
    pub id: Option<String>,
    /// Its statements, at least one, as they were written.
    pub statements: Vec<Statement>,
}

impl Document {
    /// The language version that has variables: the one to write.
    pub const VERSION: &'static str = "2012-10-17";

    /// A document of the current version.
    pub fn new(statements: impl IntoIterator<Item = Statement>) -> Self {
        Self {
            version: Some(Self::VERSION.to_owned()),
            id: None,
            statements: statements.into_iter().collect(),
        }
    }

    /// Reads a document and checks what holds for documents of every use.
    ///
    /// # Errors
    ///
    /// Every mistake in it, with its place in the text.
    pub fn parse(text: &str) -> Result<Self, DocumentError> {
        parse::document(text, None)
    }

    /// Reads a document and checks it as one for `usage`.
    ///
    /// # Errors
    ///
    /// Every mistake in it, with its place in the text.
    pub fn parse_for(text: &str, usage: DocumentUse) -> Result<Self, DocumentError> {
        parse::document(text, Some(usage))
    }

    /// Reads a document from JSON that was parsed already.
    ///
    /// # Errors
    ///
    /// Every mistake in it. Members that were written twice are no longer seen.
    pub fn from_value(value: &Value) -> Result<Self, DocumentError> {
        let mut error = match Self::parse(&value.to_string()) {
            Ok(document) => return Ok(document),
            Err(error) => error,
        };
        for mistake in &mut error.mistakes {
            mistake.position = None;
        }
        Err(error)
    }

    /// Checks a document that was made in code as one for `usage`.
    ///
    /// # Errors
    ///
    /// Every mistake in it.
    pub fn check(&self, usage: DocumentUse) -> Result<(), DocumentError> {
        let mistakes = check::document(self, usage);
        if mistakes.is_empty() { Ok(()) } else { Err(DocumentError { mistakes }) }
    }

    /// The canonical text on one line, as it is sent to IAM. Equal documents have equal texts.
    pub fn compact(&self) -> String {
        // Only strings and maps of strings: nothing that JSON cannot say.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The canonical text for people: two spaces of indentation, no final line break.
    pub fn pretty(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// The document as JSON, in its canonical form: statements and values sorted.
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// Its size as IAM counts it: characters that are not white space.
    pub fn size(&self) -> usize {
        self.compact().chars().filter(|character| !character.is_whitespace()).count()
    }

    /// Unique ids of deleted principals that it still names: see
    /// [`Principal::orphans`](super::Principal::orphans).
    pub fn orphans(&self) -> impl Iterator<Item = &str> {
        self.statements
            .iter()
            .filter_map(|statement| statement.principal.as_ref())
            .flat_map(|principal| principal.named().orphans())
    }

    fn in_order(&self) -> Vec<&Statement> {
        let mut statements: Vec<_> = self.statements.iter().collect();
        statements.sort();
        statements
    }
}

impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        let Self { version, id, statements: _ } = self;
        *version == other.version && *id == other.id && self.in_order() == other.in_order()
    }
}

impl Eq for Document {}

impl Serialize for Document {
    /// The canonical form.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(version) = &self.version {
            map.serialize_entry("Version", version)?;
        }
        if let Some(id) = &self.id {
            map.serialize_entry("Id", id)?;
        }
        map.serialize_entry("Statement", &self.in_order())?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::from_value(&value).map_err(serde::de::Error::custom)
    }
}

//! Statements that the manifest gives as they are.

use std::collections::BTreeSet;

use cloudup_tasks::policy::{Document, DocumentError, DocumentUse, Statement};

use super::Request;
use crate::because::{Because, Field};

/// Which text of the manifest holds statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// `spec.additionalPolicies`.
    AdditionalPolicies,
    /// A service account's `inlinePolicy`.
    InlinePolicy,
    /// What an instance group is given for itself.
    Group,
}

impl Origin {
    /// What the Sids of its statements begin with where the manifest gives none.
    fn word(self) -> &'static str {
        match self {
            Self::AdditionalPolicies => "AdditionalPolicy",
            Self::InlinePolicy => "InlinePolicy",
            Self::Group => "GroupPolicy",
        }
    }
}

/// The statements of a manifest's text.
#[derive(Debug, Default)]
pub(super) struct Given {
    /// As a document; no statements, no document.
    pub(super) document: Option<Document>,
    /// Each of them, in the order of the text.
    pub(super) requests: Vec<Request>,
}

impl Given {
    /// Reads the text, a JSON list of statements in a field.
    ///
    /// # Errors
    ///
    /// Where it is anything else.
    pub(super) fn read(text: &str, origin: Origin, field: &Field) -> Result<Self, DocumentError> {
        if serde_json::from_str::<[(); 0]>(text).is_ok() {
            return Ok(Self::default());
        }
        let mut statements = Statement::parse_list(text, DocumentUse::Permissions)?;
        name(&mut statements, origin.word());
        let places = Statement::places(text);
        let requests = statements.iter().enumerate().map(|(index, statement)| Request {
            statement: statement.clone(),
            purpose: format!("The manifest gives it: statement {} of its text", index + 1),
            because: vec![Because::within(field.clone(), places.get(index).copied())],
        });
        let requests = requests.collect();
        statements.sort();
        Ok(Self { document: Some(Document::new(statements)), requests })
    }
}

impl Given {
    /// Both together. Where a Sid of `other` is here already, an `x` makes the difference.
    #[must_use]
    pub(super) fn and(mut self, other: Self) -> Self {
        let mut sids: BTreeSet<_> =
            self.requests.iter().filter_map(|request| request.statement.sid.clone()).collect();
        for mut request in other.requests {
            if let Some(sid) = &mut request.statement.sid {
                while !sids.insert(sid.clone()) {
                    sid.push('x');
                }
            }
            self.requests.push(request);
        }
        let mut statements: Vec<_> =
            self.requests.iter().map(|request| request.statement.clone()).collect();
        statements.sort();
        self.document = (!statements.is_empty()).then(|| Document::new(statements));
        self
    }
}

/// Gives a Sid to each statement that has none: `word`, and the statement's number in the text.
/// Where somebody has written that very Sid, an `x` makes the difference.
fn name(statements: &mut [Statement], word: &str) {
    let has_sid =
        |statement: &Statement| statement.sid.as_deref().is_some_and(|sid| !sid.is_empty());
    let written: BTreeSet<_> = statements.iter().filter_map(|it| it.sid.clone()).collect();
    for (index, statement) in statements.iter_mut().enumerate() {
        if has_sid(statement) {
            continue;
        }
        let mut sid = format!("{word}{}", index + 1);
        while written.contains(&sid) {
            sid.push('x');
        }
        statement.sid = Some(sid);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The Sids that statements with these Sids come out with, in the order of the text.
    fn sids(written: &[Option<&str>]) -> Vec<String> {
        let statement = |sid: Option<&str>| {
            let mut statement = Statement::allow("").actions("s3:GetObject").resources("*");
            statement.sid = sid.map(str::to_owned);
            serde_json::to_string(&statement).unwrap()
        };
        let list: Vec<_> = written.iter().copied().map(statement).collect();
        let text = format!("[{}]", list.join(","));
        let field = Field::new("spec.additionalPolicies[node]");
        let given = Given::read(&text, Origin::AdditionalPolicies, &field).unwrap();
        let sids = given.requests.into_iter().filter_map(|request| request.statement.sid);
        sids.collect()
    }

    #[test]
    fn a_statement_without_a_sid_is_named_for_its_place_and_never_as_another() {
        type Case = (&'static [Option<&'static str>], &'static [&'static str]);
        let table: [Case; 5] = [
            (&[Some("Mine")], &["Mine"]),
            (&[None, Some("Mine"), None], &["AdditionalPolicy1", "Mine", "AdditionalPolicy3"]),
            (&[Some(""), Some("")], &["AdditionalPolicy1", "AdditionalPolicy2"]),
            (&[Some("AdditionalPolicy2"), None], &["AdditionalPolicy2", "AdditionalPolicy2x"]),
            (
                &[None, Some("AdditionalPolicy1x"), Some("AdditionalPolicy1")],
                &["AdditionalPolicy1xx", "AdditionalPolicy1x", "AdditionalPolicy1"],
            ),
        ];
        for (written, expected) in table {
            assert_eq!(sids(written), expected, "{written:?}");
        }
    }
}

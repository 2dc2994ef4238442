//! Reading a policy document.

use cloudup_tasks::policy::{Document, DocumentError, DocumentUse, Statement};

/// A document is read, or every mistake in it has a place that exists; what is read is printed and
/// read again as the same.
pub fn policy(data: &[u8]) {
    let Some(text) = super::text(data) else { return };
    for usage in [DocumentUse::Permissions, DocumentUse::Trust] {
        match Document::parse_for(text, usage) {
            Ok(document) => {
                assert_eq!(document.check(usage), Ok(()), "what is read passes the check");
            }
            Err(error) => places_exist(&error, text),
        }
        match Statement::parse_list(text, usage) {
            Ok(statements) => is_printed(&Document::new(statements)),
            Err(error) => places_exist(&error, text),
        }
    }
    match Document::parse(text) {
        Ok(document) => {
            is_printed(&document);
            super::access::of_one(&document);
        }
        Err(error) => places_exist(&error, text),
    }
}

fn is_printed(document: &Document) {
    for printed in [document.compact(), document.pretty()] {
        let back = Document::parse(&printed).expect("what is printed can be read");
        assert_eq!(&back, document, "{printed}");
        assert_eq!(back.compact(), document.compact());
        assert_eq!(back.grants(), document.grants());
        assert!(document.size() <= printed.chars().count());
    }
}

fn places_exist(error: &DocumentError, text: &str) {
    assert!(!error.mistakes.is_empty(), "an error without a mistake");
    let lines: Vec<_> = text.split('\n').collect();
    for mistake in &error.mistakes {
        let at = mistake.position.expect("a mistake in a text has a place");
        let line = at.line.checked_sub(1).and_then(|line| lines.get(line));
        let Some(line) = line else { panic!("{mistake}: there are {} lines", lines.len()) };
        let columns = line.chars().count() + 1;
        assert!((1..=columns).contains(&at.column), "{mistake}: the line has {columns} columns");
    }
}

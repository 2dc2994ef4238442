//! What is wrong with a text that is not JSON, in words for those who wrote it.

use super::{Mistake, error::Lines};

/// What `serde_json` says about `text`, as a mistake with its place.
pub(super) fn explain(text: &str, lines: &Lines<'_>, error: &serde_json::Error) -> Mistake {
    let said = said(error);
    let found = offset(text, error);
    let at = |offset: usize| text[offset..].chars().next();
    let before = text[..found].trim_end();
    let (offset, message, hint) = match said.as_str() {
        _ if text.starts_with('\u{feff}') => {
            (0, "it starts with a byte order mark".to_owned(), "remove it: save as plain UTF-8")
        }
        said if said.starts_with("EOF") => {
            let Some((opener, offset)) = open_at_end(text) else {
                return mistake(lines, found, "it ends too early", "finish it");
            };
            let hint = match opener {
                '"' => "close it with `\"`",
                '[' => "close it with `]`",
                _ => "close it with `}`",
            };
            (offset, format!("this `{opener}` is not closed"), hint)
        }
        _ if matches!(at(found), Some(']' | '}')) && before.ends_with(',') => {
            (before.len() - 1, "a comma stands behind the last item".to_owned(), "remove the comma")
        }
        "trailing characters" => (
            found,
            "there is more behind its end".to_owned(),
            "put all statements into one list: [ … ]",
        ),
        "expected `:`" => (found, "a colon is missing here".to_owned(), "write \"Member\": value"),
        "invalid escape"
            if text[..found].rsplit('\\').next().is_some_and(|it| it.starts_with('u')) =>
        {
            (found, "this escape is too short".to_owned(), "write four digits behind `\\u`")
        }
        "invalid escape" => {
            (found, "there is no such escape".to_owned(), "write `\\\\` for a backslash")
        }
        "recursion limit exceeded" => {
            (found, "it is nested too deep".to_owned(), "a policy has few levels")
        }
        said if said.starts_with("control character") => {
            // It names the character before.
            let next = at(found).map_or(found, |char| found + char.len_utf8());
            let found = if at(found).is_some_and(char::is_control) { found } else { next };
            let (message, hint) = match at(found) {
                Some('\t') => ("there is a tab in a string", "write `\\t`"),
                Some('\n' | '\r') => (
                    "a string goes on over the end of the line",
                    "close it with `\"`, or write `\\n`",
                ),
                _ => ("there is a control character in a string", "remove it"),
            };
            (found, message.to_owned(), hint)
        }
        said => {
            let letters = before.len() == found;
            let start = before.trim_end_matches(char::is_alphanumeric).len();
            let found = if letters { start } else { found };
            let found = if text[..found].ends_with('-') { found - 1 } else { found };
            let (message, hint) = unexpected(text, found, said);
            return mistake(lines, found, &message, &hint);
        }
    };
    mistake(lines, offset, &message, hint)
}

/// What `serde_json` says, without the place, which we say ourselves.
pub(super) fn said(error: &serde_json::Error) -> String {
    let message = error.to_string();
    match message.rsplit_once(" at line ") {
        Some((message, _)) => message.to_owned(),
        None => message,
    }
}

fn mistake(lines: &Lines<'_>, offset: usize, message: &str, hint: &str) -> Mistake {
    let mut mistake = Mistake::new("", format!("is not JSON: {message}")).hint(hint);
    mistake.position = Some(lines.position(offset));
    mistake
}

/// Where the character is that `serde_json` stopped at. Its columns are bytes.
fn offset(text: &str, error: &serde_json::Error) -> usize {
    let before = text.split_inclusive('\n').take(error.line().saturating_sub(1));
    let start: usize = before.map(str::len).sum();
    let mut offset = (start + error.column().saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// What stands where something else should.
fn unexpected(text: &str, offset: usize, said: &str) -> (String, String) {
    let rest = &text[offset..];
    let is_first = text[..offset].trim().is_empty();
    let word: String =
        rest.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '-')).collect();
    let is_yaml = rest.starts_with("- ")
        || rest.lines().next().is_some_and(|line| line.contains(": ") || line.ends_with(':'));
    let own = |message: &str, hint: &str| (message.to_owned(), hint.to_owned());
    match rest.chars().next() {
        Some('-' | 'a'..='z' | 'A'..='Z') if is_first && is_yaml => own(
            "this looks like YAML",
            "write the statements as JSON: [{\"Effect\": \"Allow\", \"Action\": …, \"Resource\": …}]",
        ),
        Some('\'') => own("strings stand in double quotes", "write \"…\" for '…'"),
        Some('“' | '”' | '„' | '‘' | '’') => {
            own("these are quotes of a text processor", "write straight ones: \"…\"")
        }
        Some('/' | '#') => own(
            "there are no comments in JSON",
            "remove it; the Sid of a statement can say why it is there",
        ),
        Some(',') if text[..offset].trim_end().ends_with(':') => {
            own("a value is missing here", "give one before the comma")
        }
        Some(',') => own("there is a comma too many", "remove it"),
        Some(char) if char.is_alphanumeric() && text[..offset].ends_with('"') => own(
            "a string ends before this",
            "close the one before it, or write `\\\"` for a quote inside",
        ),
        Some('}') if said.contains("`]`") => own("this `}` closes a list", "close it with `]`"),
        Some(']') if said.contains("`}`") => own("this `]` closes an object", "close it with `}`"),
        Some(closing @ ('}' | ']')) => {
            let hint = format!("give one before the `{closing}`");
            ("a value is missing here".to_owned(), hint)
        }
        Some('0'..='9') if said == "invalid number" || said == "key must be a string" => {
            own("this is not a number of JSON", "put it in double quotes")
        }
        _ if matches!(word.as_str(), "NaN" | "Infinity" | "-Infinity" | "nan" | "inf") => (
            format!("`{word}` is not a number of JSON"),
            format!("write \"{word}\", if it is meant"),
        ),
        _ if matches!(word.as_str(), "True" | "TRUE" | "False" | "FALSE") => {
            (format!("`{word}` is not a value of JSON"), format!("write `{}`", word.to_lowercase()))
        }
        _ if matches!(word.as_str(), "None" | "nil" | "undefined") => {
            (format!("`{word}` is not a value of JSON"), "remove the member".to_owned())
        }
        Some(_) if is_first && said != "key must be a string" => {
            own("it does not start like a list", "write [{\"Effect\": \"Allow\", …}]")
        }
        _ if said == "key must be a string"
            || ["expected value", "expected ident"].contains(&said) && !word.is_empty() =>
        {
            if word.is_empty() {
                return own("the name of a member has to be a string", "write \"Member\": value");
            }
            (format!("`{word}` has no quotes"), format!("write \"{word}\""))
        }
        _ if said.starts_with("expected `,`") => own(
            "a comma is missing before this",
            "put one between the items, or close what is open",
        ),
        _ if said == "expected value" => own("a value is missing here", "give one"),
        _ => own(said, "write it as JSON"),
    }
}

/// The innermost string, list or object that is open where the text ends, and where it starts.
fn open_at_end(text: &str) -> Option<(char, usize)> {
    let mut open = Vec::new();
    let mut string = None;
    let mut escaped = false;
    for (offset, char) in text.char_indices() {
        match (string, char) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(_), '"') => string = None,
            (None, '"') => string = Some(('"', offset)),
            (None, '[' | '{') => open.push((char, offset)),
            (None, ']' | '}') => {
                open.pop();
            }
            _ => {}
        }
    }
    string.or_else(|| open.pop())
}

//! A file cut into documents, so that one that cannot be read does not hide the others.

/// A part of a file that holds one document, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::manifest) struct Part<'a> {
    /// How many lines of the file come before it.
    pub(in crate::manifest) lines_before: usize,
    pub(in crate::manifest) text: &'a str,
}

/// Cuts a file before each line that starts a document, and after each that ends one: `---` and `...`
/// at the beginning of a line mean that everywhere, even inside a text. Directives (`%YAML`) stay with
/// the document that they precede.
pub(in crate::manifest) fn split(text: &str) -> Vec<Part<'_>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut parts = Vec::new();
    let (mut start, mut lines_before) = (0, 0);
    let (mut offset, mut content) = (0, false);
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let is = |marker| {
            line.strip_prefix(marker).is_some_and(|rest: &str| {
                rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n'])
            })
        };
        let marker = is("---");
        if marker && content {
            parts.push(Part { lines_before, text: &text[start..offset] });
            (start, lines_before, content) = (offset, number, false);
        }
        let trimmed = line.trim();
        content |= marker || !(trimmed.is_empty() || trimmed.starts_with(['#', '%']));
        offset += line.len();
        if is("...") && content {
            parts.push(Part { lines_before, text: &text[start..offset] });
            (start, lines_before, content) = (offset, number + 1, false);
        }
    }
    parts.push(Part { lines_before, text: &text[start..] });
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<(usize, &str)> {
        split(text).into_iter().map(|part| (part.lines_before, part.text)).collect()
    }

    #[test]
    fn a_file_is_cut_before_each_document_marker() {
        assert_eq!(
            texts("# first\n---\na: 1\n---\nb: 2\n--- {c: 3}\n"),
            [(0, "# first\n---\na: 1\n"), (3, "---\nb: 2\n"), (5, "--- {c: 3}\n")]
        );
    }

    #[test]
    fn a_file_is_cut_after_the_end_of_a_document() {
        assert_eq!(
            texts("a: 1\n...\nb: 2\n...\n---\nc: 3\n"),
            [(0, "a: 1\n...\n"), (2, "b: 2\n...\n"), (4, "---\nc: 3\n")]
        );
    }

    #[test]
    fn dashes_inside_a_line_or_longer_ones_do_not_cut() {
        assert_eq!(texts("a: ---\n----: 1\n ---\n"), [(0, "a: ---\n----: 1\n ---\n")]);
    }

    #[test]
    fn a_byte_order_mark_and_windows_line_ends_are_no_obstacle() {
        assert_eq!(texts("\u{feff}a: 1\r\n---\r\nb: 2"), [(0, "a: 1\r\n"), (1, "---\r\nb: 2")]);
    }
}

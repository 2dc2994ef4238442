//! Merging what was typed with what somebody else changed in the meantime, line by line.

use std::borrow::Cow;

use similar::{ConflictStyle, TextMerge};

/// How the lines begin that set off both sides of a conflict, in the order that they come in.
const MARKERS: [&str; 4] = ["<<<<<<<", "|||||||", "=======", ">>>>>>>"];

/// Both changes to `base`; where they touch the same lines, an error that has both sides of each
/// conflict between markers.
pub(super) fn merge(base: &str, typed: &str, theirs: &str) -> Result<String, String> {
    let (base, typed, theirs) = (ended(base), ended(typed), ended(theirs));
    let mut merge = TextMerge::from_lines(&*base, &*typed, &*theirs);
    merge.conflict_style(ConflictStyle::Diff3).labels(
        "as it was",
        "what was typed",
        "what is in force",
    );
    if merge.is_conflicted() { Err(merge.to_string()) } else { Ok(merge.to_string()) }
}

/// The lines, from 1, that begin as markers of a conflict do.
pub(super) fn markers(text: &str) -> Vec<usize> {
    let lines = text.lines().zip(1..);
    let marked = |line: &str| MARKERS.iter().any(|marker| line.starts_with(marker));
    lines.filter(|(line, _)| marked(line)).map(|(_, number)| number).collect()
}

/// An editor that leaves out the last line break has not changed the last line.
fn ended(text: &str) -> Cow<'_, str> {
    if text.is_empty() || text.ends_with('\n') {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("{text}\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "a: 1\nb: 2\nc: 3\nd: 4\n";

    #[test]
    fn changes_of_different_lines_are_both_kept() {
        for (typed, theirs, both) in [
            ("a: 9\nb: 2\nc: 3\nd: 4\n", "a: 1\nb: 2\nc: 3\nd: 8\n", "a: 9\nb: 2\nc: 3\nd: 8\n"),
            ("b: 2\nc: 3\nd: 4", "a: 1\nb: 2\nc: 3\nd: 4\ne: 5\n", "b: 2\nc: 3\nd: 4\ne: 5\n"),
            ("a: 7\nb: 2\nc: 3\nd: 4\n", "a: 7\nb: 2\nc: 3\nd: 4\n", "a: 7\nb: 2\nc: 3\nd: 4\n"),
            (BASE, "a: 1\n", "a: 1\n"),
        ] {
            assert_eq!(merge(BASE, typed, theirs).as_deref(), Ok(both));
        }
    }

    #[test]
    fn a_conflict_has_both_sides_and_is_known_by_its_markers() {
        let conflict = merge(BASE, "a: 9\nb: 2\nc: 3\nd: 4\n", "a: 8\nb: 2\nc: 3\nd: 4\n");
        let conflict = conflict.expect_err("they change the same line");
        insta::assert_snapshot!(conflict, @r"
        <<<<<<< what was typed
        a: 9
        ||||||| as it was
        a: 1
        =======
        a: 8
        >>>>>>> what is in force
        b: 2
        c: 3
        d: 4
        ");
        assert_eq!(markers(&conflict), [1, 3, 5, 7]);
        assert_eq!(markers(BASE), [0; 0]);
    }
}

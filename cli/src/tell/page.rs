//! What is written on, and how wide it is.

use std::{
    fmt,
    io::{self, Write},
    iter,
    sync::OnceLock,
};

use textwrap::{
    Options, WordSeparator, WordSplitter, WrapAlgorithm,
    core::{Word, display_width},
};

/// A space at which a sentence is not broken: between a sign and what it is about.
pub(super) const GLUE: char = '\u{a0}';

/// How wide lists run where nobody says how wide it is: in files, and in CI.
const LISTS: usize = 100;

/// How long a word is that a list stands no longer behind, and how far in it stands then.
const LONG: usize = 24;
const SHORT: usize = 4;

/// What the process was started on; like the choice of colours, it is the same for all that is
/// printed.
static TERMINAL: OnceLock<Terminal> = OnceLock::new();

/// What is printed on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Terminal {
    /// How many columns there are, if that is known.
    pub(crate) columns: Option<usize>,
    /// Whether lines on standard error can be drawn anew.
    pub(crate) is_live: bool,
}

impl Terminal {
    /// Settles what all is printed on. Only the first time counts.
    pub(crate) fn settle(self) {
        let _ = TERMINAL.set(self);
    }

    /// What was settled.
    pub(super) fn settled() -> Self {
        TERMINAL.get().copied().unwrap_or_default()
    }
}

/// Something to write on that knows how wide it is.
///
/// Lists and tables keep to the width. Sentences do so, too, where it is known; in files and in CI
/// they stay whole, so that they are found by searching for them. A name is never broken.
pub(crate) struct Page<'w> {
    out: &'w mut dyn Write,
    columns: Option<usize>,
}

impl<'w> Page<'w> {
    /// As wide as the process was told.
    pub(crate) fn new(out: &'w mut dyn Write) -> Self {
        Self { out, columns: Terminal::settled().columns }
    }

    /// So wide, if that is known.
    #[cfg(test)]
    pub(crate) fn of_width(out: &'w mut dyn Write, columns: Option<usize>) -> Self {
        Self { out, columns }
    }

    /// How many columns there are, if that is known.
    pub(crate) fn columns(&self) -> Option<usize> {
        self.columns
    }

    /// Writes as `write!` and `writeln!` ask for it, without a trait in scope.
    pub(crate) fn write_fmt(&mut self, text: fmt::Arguments<'_>) -> io::Result<()> {
        self.out.write_fmt(text)
    }

    /// Writes bytes as they are.
    pub(crate) fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)
    }

    /// Writes sentences, `indent` columns in; what of them goes on in further lines, `hang` columns
    /// more. Lines that the text has itself keep how far in they are. [`GLUE`] is a space at which
    /// nothing is broken.
    pub(crate) fn text(&mut self, indent: usize, hang: usize, text: &str) -> io::Result<()> {
        for line in text.lines() {
            let sentence = line.trim_start();
            let indent = indent + line.len() - sentence.len();
            let (first, rest) = (" ".repeat(indent), " ".repeat(indent + hang));
            let Some(columns) = self.columns else {
                writeln!(
                    self.out,
                    "{}",
                    format!("{first}{sentence}").trim_end().replace(GLUE, " ")
                )?;
                continue;
            };
            let options = Options::new(columns)
                .initial_indent(&first)
                .subsequent_indent(&rest)
                .break_words(false)
                .word_separator(WordSeparator::AsciiSpace)
                .word_splitter(WordSplitter::NoHyphenation)
                .wrap_algorithm(WrapAlgorithm::FirstFit);
            for line in textwrap::wrap(sentence, options) {
                writeln!(self.out, "{}", line.trim_end().replace(GLUE, " "))?;
            }
        }
        Ok(())
    }

    /// Writes a list behind `word`, with commas; nothing where there is nothing in it. Further lines
    /// stand below the first item, or `hang` columns in where one is given, or where the word is long.
    pub(crate) fn list(
        &mut self,
        indent: usize,
        word: &str,
        hang: Option<usize>,
        items: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> io::Result<()> {
        let mut texts: Vec<_> = items.into_iter().map(|it| format!("{}, ", it.as_ref())).collect();
        let Some(last) = texts.last_mut() else { return Ok(()) };
        last.truncate(last.len() - ", ".len());
        let taken = display_width(word);
        let rest = indent + hang.unwrap_or(if taken > LONG { SHORT } else { taken });
        let width = self.columns.unwrap_or(LISTS);
        // The word has the first item beside it, unless there is known to be no room for both.
        let both = indent + taken + display_width(texts[0].trim_end());
        if self.columns.is_none_or(|columns| both <= columns) {
            texts[0].insert_str(0, word);
        } else {
            texts.insert(0, word.to_owned());
        }
        let words: Vec<_> = texts.iter().map(|text| Word::from(text)).collect();
        let room = [width.saturating_sub(indent), width.saturating_sub(rest)];
        #[expect(clippy::cast_precision_loss, reason = "a line has not that many columns")]
        let room = room.map(|columns| columns as f64);
        let lines = textwrap::wrap_algorithms::wrap_first_fit(&words, &room);
        for (line, pad) in lines.iter().zip(iter::once(indent).chain(iter::repeat(rest))) {
            let text: String = line.iter().flat_map(|word| [word.word, word.whitespace]).collect();
            writeln!(self.out, "{:pad$}{}", "", text.trim_end())?;
        }
        Ok(())
    }
}

impl Write for Page<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(columns: Option<usize>, write: impl FnOnce(&mut Page<'_>)) -> String {
        let mut bytes = Vec::new();
        write(&mut Page::of_width(&mut bytes, columns));
        String::from_utf8(bytes).expect("it is text")
    }

    #[test]
    fn sentences_are_wrapped_where_the_width_is_known_and_names_stay_whole() {
        let text = "hint: allow iam:GetRole to the-identity-that-cloudup-runs-as\nand more";
        for (columns, expected) in [
            (None, "  hint: allow iam:GetRole to the-identity-that-cloudup-runs-as\n  and more\n"),
            (
                Some(20),
                "  hint: allow\n    iam:GetRole to\n    the-identity-that-cloudup-runs-as\n  and more\n",
            ),
        ] {
            let found = written(columns, |page| page.text(2, 2, text).expect("it is memory"));
            assert_eq!(found, expected, "{columns:?}");
        }
    }

    #[test]
    fn lists_keep_to_the_width_below_their_word() {
        let items = ["ec2:CreateTags", "ec2:DeleteTags", "s3:Get*"];
        for (columns, hang, expected) in [
            (None, None, " on ec2:CreateTags, ec2:DeleteTags, s3:Get*\n"),
            (Some(36), None, " on ec2:CreateTags, ec2:DeleteTags,\n    s3:Get*\n"),
            (Some(20), Some(1), " on ec2:CreateTags,\n  ec2:DeleteTags,\n  s3:Get*\n"),
        ] {
            let found =
                written(columns, |page| page.list(1, "on ", hang, items).expect("it is memory"));
            assert_eq!(found, expected, "{columns:?}");
        }
        assert_eq!(written(None, |page| page.list(1, "on ", None, [""; 0]).expect("memory")), "");
    }

    #[test]
    fn colours_take_no_room() {
        let text = format!("{0}a{0:#} bc", crate::tell::style::HEADING);
        assert_eq!(written(Some(4), |page| page.text(0, 0, &text).expect("memory")), text + "\n");
    }
}

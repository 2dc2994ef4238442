//! Where each character of a text stands in the file that it was read from.
//!
//! What was read is known. So what was written is only followed beside it, and where the two do not
//! agree nothing is said: a place is right, or there is none.

use std::{iter::Peekable, str::Chars};

use super::Position;

/// A scalar as it stands in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::manifest) struct Written {
    pub(super) style: Style,
    /// Where it starts: its anchor or tag, where it has one; of a block without, its first line that
    /// is not blank.
    pub(super) at: Position,
    /// From there to its end, quotes included.
    pub(super) raw: String,
}

/// How a scalar is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::manifest) enum Style {
    #[default]
    Plain,
    SingleQuoted,
    DoubleQuoted,
    /// Line by line, `|`, or folded, `>`.
    Block,
}

impl Written {
    /// The place of each character of `text`, what this was read as, and of its end.
    pub(in crate::manifest) fn places(&self, text: &str) -> Option<Vec<Position>> {
        let mut follower = Follower {
            raw: self.raw.chars().peekable(),
            text: text.chars().peekable(),
            at: self.at,
            places: Vec::new(),
        };
        follower.properties(self.style)?;
        match self.style {
            Style::Block => follower.block(follower.at.column),
            Style::Plain => follower.flow(None),
            Style::SingleQuoted => follower.flow(Some('\'')),
            Style::DoubleQuoted => follower.flow(Some('"')),
        }?;
        follower.places.push(follower.at);
        Some(follower.places)
    }
}

/// Goes through what is written and what it was read as, side by side.
struct Follower<'w> {
    raw: Peekable<Chars<'w>>,
    text: Peekable<Chars<'w>>,
    /// Where the next character that is written stands.
    at: Position,
    places: Vec<Position>,
}

impl Follower<'_> {
    /// The next character that is written.
    fn step(&mut self) -> Option<char> {
        let char = self.raw.next()?;
        self.at = match char {
            '\n' => Position { line: self.at.line + 1, column: 1 },
            '\r' => self.at,
            _ => Position { column: self.at.column + 1, ..self.at },
        };
        Some(char)
    }

    /// The next character that was read stands here.
    fn reads(&mut self, at: Position, char: char) -> Option<()> {
        let is_it = self.text.next()? == char;
        self.places.push(at);
        is_it.then_some(())
    }

    /// Goes past an anchor and a tag, and the head of a block that has them.
    fn properties(&mut self, style: Style) -> Option<()> {
        if style == Style::Block && !matches!(self.raw.peek(), Some('&' | '!')) {
            return Some(());
        }
        while self.raw.next_if(|char| matches!(char, '&' | '!')).is_some() {
            self.at.column += 1;
            while self.raw.peek().is_some_and(|char| !char.is_whitespace()) {
                self.step();
            }
            self.line_breaks();
        }
        if style == Style::Block {
            matches!(self.raw.peek(), Some('|' | '>')).then_some(())?;
            while self.step()? != '\n' {}
            while matches!(self.raw.peek(), Some('\n' | '\r' | ' ')) {
                self.step();
            }
        }
        Some(())
    }

    /// What the line breaks of a block were read as: nothing, a space or line breaks.
    fn folded(&mut self, at: Position) {
        let is_space = self.text.next_if_eq(&' ').is_some();
        if is_space {
            self.places.push(at);
        }
        while !is_space && self.text.next_if_eq(&'\n').is_some() {
            self.places.push(at);
        }
    }

    /// A block whose lines start in this column.
    fn block(&mut self, column: usize) -> Option<()> {
        let start = self.at;
        while self.text.next_if_eq(&'\n').is_some() {
            self.places.push(start);
        }
        while self.text.peek().is_some() {
            while let Some(char) = self.raw.next_if(|char| !matches!(char, '\n' | '\r')) {
                self.reads(self.at, char)?;
                self.at.column += 1;
            }
            // To the first character of the next line that is not blank.
            let end = self.at;
            while self.raw.peek().is_some()
                && (self.at.column < column || matches!(self.raw.peek(), Some('\n' | '\r')))
            {
                if !matches!(self.step(), Some(' ' | '\n' | '\r')) {
                    return None;
                }
            }
            self.folded(end);
            if self.raw.peek().is_none() {
                return self.text.peek().is_none().then_some(());
            }
        }
        Some(())
    }

    /// A text in quotes or without them, on one line or several.
    fn flow(&mut self, quote: Option<char>) -> Option<()> {
        if let Some(quote) = quote {
            (self.step()? == quote).then_some(())?;
        }
        while self.text.peek().is_some() {
            let at = self.at;
            let mut ahead = self.raw.clone();
            let blanks = std::iter::from_fn(|| ahead.next_if(|char| matches!(char, ' ' | '\t')));
            let blanks = blanks.count();
            if matches!(ahead.peek(), Some('\n' | '\r')) {
                match self.line_breaks() {
                    1 => self.reads(at, ' ')?,
                    more => (1..more).try_for_each(|_| self.reads(at, '\n'))?,
                }
                continue;
            }
            for _ in 0..blanks {
                let at = self.at;
                let blank = self.step()?;
                self.reads(at, blank)?;
            }
            let at = self.at;
            if self.text.peek().is_none() {
                break;
            }
            match (self.step()?, quote) {
                ('\'', Some('\'')) => {
                    (self.step()? == '\'').then_some(())?;
                    self.reads(at, '\'')?;
                }
                ('\\', Some('"')) => self.escape(at)?,
                ('"', Some('"')) => return None,
                (char, _) => self.reads(at, char)?,
            }
        }
        Some(())
    }

    /// To the first character behind line breaks and blanks; how many line breaks those were.
    fn line_breaks(&mut self) -> usize {
        let mut breaks = 0;
        while matches!(self.raw.peek(), Some('\n' | '\r' | ' ' | '\t')) {
            breaks += usize::from(self.step() == Some('\n'));
        }
        breaks
    }

    /// What stands behind a backslash at the end of a line.
    fn continued(&mut self, at: Position, before: usize) -> Option<()> {
        let breaks = before + self.line_breaks();
        (1..breaks).try_for_each(|_| self.reads(at, '\n'))
    }

    /// What stands behind a backslash in double quotes.
    fn escape(&mut self, at: Position) -> Option<()> {
        let digits = match self.step()? {
            // The text goes on with the next line; blank ones before that are breaks.
            '\n' => return self.continued(at, 1),
            '\r' => return self.continued(at, 0),
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        for _ in 0..digits {
            self.step()?.is_ascii_hexdigit().then_some(())?;
        }
        self.text.next()?;
        self.places.push(at);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Tree, parse, split};

    /// The first field's text, and where each of its characters stands.
    fn followed(yaml: &str) -> Option<(String, Vec<(usize, usize)>)> {
        let (documents, _) = parse(*split(yaml).first()?);
        let node = documents.first()?.get("a")?;
        let Tree::Scalar(scalar) = &node.tree else { return None };
        let places = scalar.written.places(&scalar.text)?;
        assert_eq!(places.len(), scalar.text.chars().count() + 1, "{yaml:?}");
        Some((scalar.text.clone(), places.into_iter().map(|at| (at.line, at.column)).collect()))
    }

    #[test]
    fn each_character_is_where_it_is_written() {
        #[rustfmt::skip]
        let table = [
            ("a: plain X", "X", (1, 10)), ("a: plain\n  and X", "X", (2, 7)),
            ("a: 'it''s X'", "X", (1, 11)), ("a: 'one \n\n  two X'", "X", (3, 7)),
            (r#"a: "\"\n\u00e4\x41 X""#, "X", (1, 20)), ("a: \"one \\\n   two X\"", "X", (2, 8)),
            ("a: |\n  one\n  X", "X", (3, 3)), ("a: |\n\n\n  one\n\n    X\n", "X", (6, 5)),
            ("a: |2-\n    one\n   X\n", "X", (3, 4)), ("a: >\n  one\n  X\n", "X", (3, 3)),
            ("a: >-\n\n  one\n\n  two\n    three\n  X\n", "X", (7, 3)), ("a: |\r\n  one\r\n  X\r\n", "X", (3, 3)),
            ("b: ä\na: |\n  ä X", "X", (3, 5)),
            ("a: &b !!str |\n\n  one\n  X\n", "X", (4, 3)), ("a: &b 'X'", "X", (1, 8)), ("a: !!str X", "X", (1, 10)),
            ("a: |\n  one\n   \n\t\n", "one", (2, 3)),
        ];
        for (yaml, what, place) in table {
            let (text, places) = followed(yaml).unwrap_or_else(|| panic!("{yaml:?}"));
            let index = text.find(what).map(|offset| text[..offset].chars().count());
            assert_eq!(places[index.unwrap()], place, "{yaml:?} {text:?}");
        }
    }

    proptest! {
        /// A letter that is written once is found where it is.
        #[test]
        fn no_place_is_wrong(
            head in prop::sample::select(vec!["", "'", "\"", "|\n  ", ">\n  ", ">+\n  ", "|\n\n  ", ">2\n   "]),
            parts in prop::collection::vec(
                prop::sample::select(vec!["a", "ä", " ", "\n  ", "\n\n  ", "\n    ", "''", "\\n", "\\\n  ", "\\x41", "\r\n  ", "X"]),
                0..12,
            ),
        ) {
            let quote = head.trim_end_matches(['|', '>', '+', '2', ' ', '\n']);
            let yaml = format!("b: 1\na: {head}{}{quote}\n", parts.concat());
            if yaml.matches('X').count() != 1 {
                return Ok(());
            }
            if let Some((text, places)) = followed(&yaml) {
                let Some(offset) = text.find('X') else { return Ok(()) };
                let (line, column) = places[text[..offset].chars().count()];
                let written = yaml.split('\n').nth(line - 1).and_then(|it| it.chars().nth(column - 1));
                prop_assert_eq!(written, Some('X'), "{:?} at {}:{}", yaml, line, column);
            }
        }
    }
}

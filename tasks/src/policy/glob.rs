//! Patterns with `*` and `?`: whether one says all that another says, and whether two have
//! anything in common.
//!
//! Where the answer depends on what cannot be known, it is the one that promises less: *not
//! inside*, *not apart*.
//!
//! The documentation leaves open how far a wildcard in an ARN reaches: it speaks of the segments
//! between the colons, and IAM is known to match across them. A pattern counts as inside another
//! only where it is under both readings.

use std::collections::{BTreeSet, VecDeque};

/// A pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Glob {
    tokens: Vec<Token>,
    /// Whether its colons may bound its wildcards.
    is_arn: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// This character.
    Char(char),
    /// `?`: any one character.
    One,
    /// `*`: any characters, or none.
    Many,
    /// `${…}`: one string, which the request decides.
    Variable(String),
}

/// How far wildcards reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    /// Over everything.
    Whole,
    /// Over no colon in the first five segments of an ARN, unless at the very end.
    Segments,
}

/// What stands at one place of a word: a character, or what no pattern spells out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Symbol<'t> {
    Char(char),
    Other,
    Variable(&'t str),
}

/// The places in a pattern that a word may have led to.
type Places = Vec<usize>;

impl Glob {
    /// An action's name: the case of letters means nothing.
    pub(super) fn action(text: &str) -> Self {
        Self { tokens: tokens(&text.to_ascii_lowercase()), is_arn: false }
    }

    /// A resource.
    pub(super) fn resource(text: &str) -> Self {
        Self { tokens: tokens(text), is_arn: true }
    }

    /// What `StringLike` compares with.
    pub(super) fn value(text: &str) -> Self {
        Self { tokens: tokens(text), is_arn: false }
    }

    /// `*`.
    pub(super) fn everything() -> Self {
        Self { tokens: vec![Token::Many], is_arn: false }
    }

    /// The variables in it.
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        self.tokens.iter().filter_map(|token| match token {
            Token::Variable(name) => Some(name.as_str()),
            Token::Char(_) | Token::One | Token::Many => None,
        })
    }

    /// Whether all that this matches is matched by one of `others`, whatever the variables are.
    ///
    /// Of what a wildcard of this stands for nothing is known. So the words to try are those
    /// with [`Symbol::Other`] in its places, which only a wildcard of another matches; and whoever
    /// matches such a word matches every word of that shape. A variable is known by its name only:
    /// the same variable matches it, and a `*` that reaches over everything.
    pub(super) fn is_inside(&self, others: &[&Self]) -> bool {
        if others.iter().any(|other| other.tokens == self.tokens) {
            return true;
        }
        let readings: &[Reading] = if self.is_arn || others.iter().any(|other| other.is_arn) {
            &[Reading::Whole, Reading::Segments]
        } else {
            &[Reading::Whole]
        };
        readings.iter().all(|reading| self.has_no_word_outside(others, *reading))
    }

    /// Whether nothing is matched by both. Variables may be anything.
    pub(super) fn is_apart(&self, other: &Self) -> bool {
        let width = other.tokens.len() + 1;
        let mut seen = vec![false; (self.tokens.len() + 1) * width];
        let mut open = vec![(0, 0)];
        while let Some((a, b)) = open.pop() {
            if std::mem::replace(&mut seen[a * width + b], true) {
                continue;
            }
            match (self.tokens.get(a), other.tokens.get(b)) {
                (None, None) => return false,
                (Some(Token::Many | Token::Variable(_)), right) => {
                    open.push((a + 1, b));
                    open.extend(right.map(|_| (a, b + 1)));
                }
                (left, Some(Token::Many | Token::Variable(_))) => {
                    open.push((a, b + 1));
                    open.extend(left.map(|_| (a + 1, b)));
                }
                (Some(Token::Char(a_char)), Some(Token::Char(b_char))) => {
                    open.extend((a_char == b_char).then_some((a + 1, b + 1)));
                }
                (Some(_), Some(_)) => open.push((a + 1, b + 1)),
                (None, Some(_)) | (Some(_), None) => {}
            }
        }
        true
    }

    /// Searches for a word that this matches and none of `others` does.
    fn has_no_word_outside(&self, others: &[&Self], reading: Reading) -> bool {
        /// More than patterns in use come to, by far; beyond it nothing is promised.
        const MOST: usize = 1 << 14;
        let start: Vec<Places> = others.iter().map(|other| other.start(reading)).collect();
        let mut seen = BTreeSet::from([(0, start.clone())]);
        let mut open = VecDeque::from([(0, start)]);
        while let Some((place, reached)) = open.pop_front() {
            let matches_the_rest =
                |(other, places): (&&Self, &Places)| other.matches_all(places, reading);
            if others.iter().zip(&reached).any(matches_the_rest) {
                continue;
            }
            let Some(token) = self.tokens.get(place) else {
                let is_matched =
                    |(other, places): (&&Self, &Places)| places.last() == Some(&other.tokens.len());
                if others.iter().zip(&reached).any(is_matched) {
                    continue;
                }
                return false;
            };
            let mut next = Vec::new();
            let mut step = |to: usize, symbol| {
                let reached = others.iter().zip(&reached);
                let reached = reached.map(|(other, at)| other.step(at, symbol, reading)).collect();
                next.push((to, reached));
            };
            let colon = (reading == Reading::Segments && self.crosses(place, reading))
                .then_some(Symbol::Char(':'));
            match token {
                Token::Char(char) => step(place + 1, Symbol::Char(*char)),
                Token::Variable(name) => step(place + 1, Symbol::Variable(name)),
                Token::One => {
                    [Some(Symbol::Other), colon]
                        .into_iter()
                        .flatten()
                        .for_each(|symbol| step(place + 1, symbol));
                }
                Token::Many => {
                    [Some(Symbol::Other), colon]
                        .into_iter()
                        .flatten()
                        .for_each(|symbol| step(place, symbol));
                    next.push((place + 1, reached));
                }
            }
            for state in next {
                if seen.insert(state.clone()) {
                    open.push_back(state);
                }
            }
            if seen.len() > MOST {
                return false;
            }
        }
        true
    }

    fn start(&self, reading: Reading) -> Places {
        self.closed(vec![0], reading)
    }

    fn step(&self, places: &[usize], symbol: Symbol<'_>, reading: Reading) -> Places {
        let next = places.iter().filter_map(|&place| match (self.tokens.get(place)?, symbol) {
            (Token::Char(a), Symbol::Char(b)) => (*a == b).then_some(place + 1),
            (Token::Variable(a), Symbol::Variable(b)) => (a == b).then_some(place + 1),
            (Token::One, Symbol::Other) => Some(place + 1),
            (Token::One, Symbol::Char(char)) => {
                (char != ':' || self.crosses(place, reading)).then_some(place + 1)
            }
            (Token::Many, Symbol::Other) => Some(place),
            (Token::Many, Symbol::Char(char)) => {
                (char != ':' || self.crosses(place, reading)).then_some(place)
            }
            (Token::Many, Symbol::Variable(_)) => self.crosses(place, reading).then_some(place),
            (Token::Char(_) | Token::One | Token::Variable(_), _) => None,
        });
        self.closed(next.collect(), reading)
    }

    /// With the places behind a `*`, which may stand for nothing, in order. What comes before a
    /// `*` that reaches over everything matches nothing that the `*` would not.
    fn closed(&self, mut places: Places, reading: Reading) -> Places {
        let mut index = 0;
        while let Some(&place) = places.get(index) {
            if self.tokens.get(place) == Some(&Token::Many) {
                places.push(place + 1);
            }
            index += 1;
        }
        places.sort_unstable();
        places.dedup();
        let is_last_star = |&place: &usize| {
            self.tokens.get(place) == Some(&Token::Many) && self.crosses(place, reading)
        };
        let from = places.iter().rposition(is_last_star).unwrap_or(0);
        places.split_off(from)
    }

    /// Whether whatever follows is matched.
    fn matches_all(&self, places: &[usize], reading: Reading) -> bool {
        let Some(last) = self.tokens.len().checked_sub(1) else { return false };
        self.tokens[last] == Token::Many && self.crosses(last, reading) && places.contains(&last)
    }

    /// Whether a wildcard in this place may stand for a colon.
    fn crosses(&self, place: usize, reading: Reading) -> bool {
        const SEGMENTS: usize = 5;
        let is_colon = |token: &&Token| **token == Token::Char(':');
        reading == Reading::Whole
            || place + 1 == self.tokens.len()
            || self.tokens[..place].iter().filter(is_colon).count() >= SEGMENTS
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        let variable = rest.strip_prefix("${").and_then(|rest| rest.split_once('}'));
        rest = variable.map_or(&rest[char.len_utf8()..], |(_, behind)| behind);
        let token = match (char, variable) {
            // How the language spells the characters that mean something in it.
            (_, Some(("*", _))) => Token::Char('*'),
            (_, Some(("?", _))) => Token::Char('?'),
            (_, Some(("$", _))) => Token::Char('$'),
            (_, Some((name, _))) => Token::Variable(name.to_owned()),
            ('*', None) if tokens.last() == Some(&Token::Many) => continue,
            ('*', None) => Token::Many,
            ('?', None) => Token::One,
            (char, None) => Token::Char(char),
        };
        tokens.push(token);
    }
    tokens
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn inside(a: &str, b: &str) -> bool {
        Glob::value(a).is_inside(&[&Glob::value(b)])
    }

    #[test]
    fn what_is_inside_what() {
        #[rustfmt::skip]
        let table = [
            ("s3:GetObject", "s3:Get*", true), ("s3:Get*", "s3:GetObject", false),
            ("a", "*", true), ("*", "a*", false), ("", "*", true), ("*", "**", true),
            ("?*", "*?", true), ("*?", "?*", true), ("*", "?*", false), ("a?", "a*", true),
            ("a*", "a?", false), ("a*b*c", "a*c", true), ("a*c", "a*b*c", false),
            ("*ab*", "*a*b*", true), ("*a*b*", "*ab*", false), ("??", "?*?", true),
            ("*a", "*", true), ("x*a?", "x*?", true), ("x*?", "x*a?", false),
            ("${v}", "*", true), ("${v}", "${v}", true), ("${v}", "?*", false), ("${v}", "${w}", false),
            ("x", "${v}", false), ("*", "${v}", false), ("a${v}b", "a*", true), ("a${v}b", "a${v}*", true),
            ("a*", "a${v}*", false), ("${*}", "*", true), ("*", "${*}", false), ("${*}", "?", true),
            ("$", "${$}", true), ("${", "${", true), ("${x", "$*", true),
        ];
        for (a, b, expected) in table {
            assert_eq!(inside(a, b), expected, "{a} inside {b}");
        }
    }

    #[test]
    fn several_together_can_hold_what_none_holds() {
        let [all, none, some] = ["*", "", "?*"].map(Glob::value);
        assert!(all.is_inside(&[&none, &some]));
        assert!(!all.is_inside(&[&none]) && !all.is_inside(&[&some]) && !all.is_inside(&[]));
    }

    #[test]
    fn wildcards_in_arns_are_inside_only_however_far_they_reach() {
        #[rustfmt::skip]
        let table = [
            ("arn:aws:ec2:eu-west-1:1:volume/*", "arn:aws:ec2:*:*:volume/*", true),
            ("arn:aws:ec2:eu-west-1:1:volume/*", "arn:aws:ec2:*:volume/*", false),
            ("arn:aws:ec2:a:1:volume/x", "arn:aws:ec2:*", true), ("arn:aws:ec2:*:1:v", "*", true),
            ("arn:aws:logs:a:1:group:x:y", "arn:aws:logs:a:1:g*:y", true),
            ("arn:aws:ec2:*", "arn:aws:ec2:*:1:*", false), ("arn:aws:ec2:?:1:v", "arn:aws:ec2:*:1:v", true),
            ("arn:aws:s3:::a:b", "arn:aws:s3::?a:b", false),
            ("arn:aws:s3:${r}::a", "arn:aws:s3:*::a", false), ("arn:aws:s3:::${r}a", "arn:aws:s3:::*a", true),
        ];
        for (a, b, expected) in table {
            let is_inside = Glob::resource(a).is_inside(&[&Glob::resource(b)]);
            assert_eq!(is_inside, expected, "{a} inside {b}");
        }
        let (narrow, wide) = ("a:b:c:d:e*:f", "a:b:c:*:f");
        assert!(
            inside(narrow, wide) && !Glob::resource(narrow).is_inside(&[&Glob::resource(wide)])
        );
    }

    #[test]
    fn what_is_apart_from_what() {
        #[rustfmt::skip]
        let table = [
            ("a", "b", true), ("a", "a", false), ("a*", "*b", false), ("a*", "b*", true), ("a?", "a", true),
            ("*a", "*b", true), ("", "*", false), ("", "?", true), ("a*c", "?b*", false), ("${v}", "x", false),
            ("a${v}", "b${v}", true), ("a", "a${v}", false), ("a?", "ab", false), ("${*}", "a", true),
        ];
        for (a, b, expected) in table {
            let (left, right) = (Glob::value(a), Glob::value(b));
            assert_eq!(left.is_apart(&right), expected, "{a} apart from {b}");
            assert_eq!(right.is_apart(&left), expected, "{b} apart from {a}");
        }
    }

    #[test]
    fn the_case_of_an_action_means_nothing() {
        assert!(Glob::action("S3:getobject").is_inside(&[&Glob::action("s3:Get*")]));
        assert!(!Glob::resource("A").is_inside(&[&Glob::resource("a*")]));
    }

    /// Every word of up to four letters.
    fn words() -> Vec<String> {
        let mut words = vec![String::new()];
        let mut from = 0;
        for _ in 0..4 {
            let to = words.len();
            for index in from..to {
                words.extend(['a', 'b', ':'].map(|letter| format!("{}{letter}", words[index])));
            }
            from = to;
        }
        words
    }

    fn matches(pattern: &[char], word: &[char]) -> bool {
        match (pattern, word) {
            ([], []) => true,
            (['*', rest @ ..], _) => {
                matches(rest, word) || (!word.is_empty() && matches(pattern, &word[1..]))
            }
            (['?', pattern @ ..], [_, word @ ..]) => matches(pattern, word),
            ([a, pattern @ ..], [b, word @ ..]) => a == b && matches(pattern, word),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn what_is_said_of_patterns_holds_for_words(
            a in "[ab:*?]{0,4}", b in "[ab*?]{0,4}", c in "[ab:*?]{0,4}"
        ) {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            let [left, right, third] = [&a, &b, &c].map(|text| Glob::value(text));
            let words = words();
            let holds = |text: &str, word: &String| matches(&chars(text), &chars(word));
            let in_left = || words.iter().filter(|word| holds(&a, word));
            // A pattern of up to four tokens that is not inside shows it in words this short, or
            // has all of them inside by their length.
            let all_in = in_left().all(|word| holds(&b, word) || holds(&c, word));
            if left.is_inside(&[&right, &third]) {
                prop_assert!(all_in);
            }
            let overlap = in_left().any(|word| holds(&b, word));
            prop_assert!(!(left.is_apart(&right) && overlap));
            if !left.is_apart(&right) && a.len() + b.len() <= 4 {
                prop_assert!(overlap);
            }
        }
    }
}

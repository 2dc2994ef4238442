//! Which tasks a rule is about.

use std::{fmt, str::FromStr};

/// Tasks by kind, or by kind and name: `IAMRole`, `IAMRole/nodes.*`.
///
/// A `*` stands for any run of characters, in the kind as in the name.
#[derive(Clone, PartialEq, Eq)]
pub struct Selector {
    kind: String,
    name: Option<String>,
}

/// A text that is not a [`Selector`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotASelector {
    /// The kind is empty or has characters that no kind has.
    #[error("`{0}` does not start with a kind: write `Kind` or `Kind/name`, with `*` for any text")]
    Kind(String),
    /// There is a slash and nothing after it.
    #[error("`{0}` names nothing after the slash: write `Kind/name`, or `Kind` alone for all")]
    Name(String),
}

impl Selector {
    /// Whether it selects the thing of this kind with this name.
    pub fn matches(&self, kind: &str, name: &str) -> bool {
        self.matches_kind(kind) && self.name.as_ref().is_none_or(|pattern| glob(pattern, name))
    }

    /// Whether it could select something of this kind.
    pub fn matches_kind(&self, kind: &str) -> bool {
        glob(&self.kind, kind)
    }

    /// The kind as written, with its `*`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The name as written, with its `*`, if one was.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// How narrow it is. Of two that match, the one that is more specific wins: one with a name
    /// over one without, then one with fewer `*`, then the one that spells out more.
    pub fn specificity(&self) -> Specificity {
        let text = format!("{}/{}", self.kind, self.name.as_deref().unwrap_or_default());
        let stars = text.matches('*').count();
        Specificity {
            exact_name: self.name.as_ref().is_some_and(|name| !name.contains('*')),
            named: self.name.is_some(),
            exact_kind: !self.kind.contains('*'),
            spelt_out: text.len() - stars,
        }
    }
}

/// How narrow a [`Selector`] is; a greater one is narrower.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Specificity {
    exact_name: bool,
    named: bool,
    exact_kind: bool,
    spelt_out: usize,
}

impl FromStr for Selector {
    type Err = NotASelector;

    fn from_str(text: &str) -> Result<Self, NotASelector> {
        let (kind, name) = match text.split_once('/') {
            Some((kind, name)) => (kind, Some(name)),
            None => (text, None),
        };
        if kind.is_empty() || !kind.chars().all(|c| c.is_ascii_alphanumeric() || c == '*') {
            return Err(NotASelector::Kind(text.to_owned()));
        }
        if name == Some("") {
            return Err(NotASelector::Name(text.to_owned()));
        }
        Ok(Self { kind: kind.to_owned(), name: name.map(str::to_owned) })
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{}/{name}", self.kind),
            None => f.write_str(&self.kind),
        }
    }
}

impl fmt::Debug for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Whether `pattern`, in which `*` stands for any run of characters, is all of `text`.
fn glob(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    let mut pieces: Vec<_> = rest.split('*').collect();
    let tail = pieces.pop().unwrap_or_default();
    for piece in pieces {
        // The first place will do: it leaves the most for the pieces that follow.
        let Some(at) = text.find(piece) else { return false };
        text = &text[at + piece.len()..];
    }
    text.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn selector(text: &str) -> Selector {
        text.parse().expect("a selector")
    }

    #[test]
    fn a_selector_matches_by_kind_by_name_and_by_star() {
        let table = [
            ("IAMRole", "IAMRole", "nodes", true),
            ("IAMRole", "IAMRolePolicy", "nodes", false),
            ("IAMRole*", "IAMRolePolicy", "nodes", true),
            ("*", "VPC", "main", true),
            ("IAMRole/nodes", "IAMRole", "nodes", true),
            ("IAMRole/nodes", "IAMRole", "nodes.example.com", false),
            ("IAMRole/nodes.*", "IAMRole", "nodes.example.com", true),
            ("IAMRole/*.example.com", "IAMRole", "nodes.example.com", true),
            ("IAMRole/*.example.com", "IAMRole", "nodes.example.org", false),
            ("IAMRole/n*s.*.com", "IAMRole", "nodes.example.com", true),
            ("IAMRole/a*a", "IAMRole", "a", false),
            ("File/etc/*", "File", "etc/hosts", true),
            ("iamrole", "IAMRole", "nodes", false),
        ];
        for (text, kind, name, expected) in table {
            assert_eq!(selector(text).matches(kind, name), expected, "{text} on {kind}/{name}");
        }
    }

    #[test]
    fn selectors_go_from_broad_to_narrow() {
        let broad_to_narrow = [
            "*",
            "IAM*",
            "IAMRole*",
            "VPC",
            "IAMRole",
            "*/nodes.*",
            "IAMRole/*",
            "IAMRole/nodes.*",
            "*/nodes",
            "IAMRole/nodes",
        ];
        for pair in broad_to_narrow.windows(2) {
            let (broad, narrow) = (selector(pair[0]), selector(pair[1]));
            assert!(broad.specificity() < narrow.specificity(), "{broad} and {narrow}");
        }
    }

    #[test]
    fn what_is_not_a_selector_is_refused_with_the_way_to_write_one() {
        for text in ["", "/nodes", "IAM Role", "IAMRole=", "IAMRole\u{e9}"] {
            assert_eq!(text.parse::<Selector>(), Err(NotASelector::Kind(text.to_owned())));
        }
        assert_eq!("IAMRole/".parse::<Selector>(), Err(NotASelector::Name("IAMRole/".into())));
    }

    proptest! {
        /// A star put in place of any part still matches the whole.
        #[test]
        fn a_star_stands_for_any_text(text in "[ab]{0,6}", from in 0usize..7, to in 0usize..7) {
            let (from, to) = (from.min(text.len()), to.min(text.len()));
            let (from, to) = (from.min(to), from.max(to));
            let pattern = format!("{}*{}", &text[..from], &text[to..]);
            prop_assert!(glob(&pattern, &text), "{} on {}", pattern, text);
        }

        /// The glob agrees with the plainest definition of one.
        #[test]
        fn the_glob_is_what_a_glob_is(pattern in "[ab*]{0,6}", text in "[ab]{0,6}") {
            fn plain(pattern: &[u8], text: &[u8]) -> bool {
                match (pattern, text) {
                    ([], []) => true,
                    ([b'*', rest @ ..], _) => (0..=text.len()).any(|skip| plain(rest, &text[skip..])),
                    ([p, pattern @ ..], [t, text @ ..]) => p == t && plain(pattern, text),
                    _ => false,
                }
            }
            prop_assert_eq!(glob(&pattern, &text), plain(pattern.as_bytes(), text.as_bytes()));
        }
    }
}

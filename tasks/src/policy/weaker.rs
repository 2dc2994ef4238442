//! Which conditions hold wherever another does.
//!
//! Only what follows from the meaning of the operators alone counts; everything else does not
//! follow.

use std::collections::{BTreeMap, BTreeSet};

use super::glob::Glob;

/// A statement's condition: operator, then key, then values.
type Condition = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;
type Values = BTreeSet<String>;

/// Operators that hold where one of their values does: more values are weaker.
const ANY_OF: [&str; 10] = [
    "stringequals",
    "stringequalsignorecase",
    "stringlike",
    "arnequals",
    "arnlike",
    "numericequals",
    "dateequals",
    "binaryequals",
    "bool",
    "ipaddress",
];

/// Operators that hold where none of their values does: fewer values are weaker.
const NONE_OF: [&str; 8] = [
    "stringnotequals",
    "stringnotequalsignorecase",
    "stringnotlike",
    "arnnotequals",
    "arnnotlike",
    "numericnotequals",
    "datenotequals",
    "notipaddress",
];

/// Whether `weak` holds wherever `strong` does.
pub(super) fn follows(weak: &Condition, strong: &Condition) -> bool {
    each(weak).all(|weak| each(strong).any(|strong| one_follows(weak, strong)))
}

/// All of these must hold.
fn each(condition: &Condition) -> impl Iterator<Item = (&str, &str, &Values)> {
    condition.iter().flat_map(|(operator, keys)| {
        keys.iter().map(move |(key, values)| (operator.as_str(), key.as_str(), values))
    })
}

fn one_follows(
    (weak_operator, weak_key, weak): (&str, &str, &Values),
    (strong_operator, strong_key, strong): (&str, &str, &Values),
) -> bool {
    if !weak_key.eq_ignore_ascii_case(strong_key) {
        return false;
    }
    let (weak_operator, strong_operator) =
        (Operator::new(weak_operator), Operator::new(strong_operator));
    let Operator { quantifier, base, if_exists } = &weak_operator;
    if *quantifier != strong_operator.quantifier || (strong_operator.if_exists && !if_exists) {
        return false;
    }
    let (base, strong_base) = (base.as_str(), strong_operator.base.as_str());
    // What no value at all means is not said anywhere.
    let has_values = !weak.is_empty() && !strong.is_empty();
    if base != strong_base {
        let is_spelt_out = |value: &String| !value.contains(['*', '?']);
        return has_values
            && (base, strong_base) == ("stringlike", "stringequals")
            && strong.iter().all(is_spelt_out)
            && are_like(strong, weak);
    }
    weak == strong
        || has_values
            && ((ANY_OF.contains(&base) && strong.is_subset(weak))
                || (base == "stringlike" && are_like(strong, weak))
                || (NONE_OF.contains(&base) && quantifier.is_empty() && weak.is_subset(strong)))
}

/// Whether all that is like one of `values` is like one of `patterns`.
fn are_like(values: &Values, patterns: &Values) -> bool {
    let patterns: Vec<_> = patterns.iter().map(|pattern| Glob::value(pattern)).collect();
    let patterns: Vec<_> = patterns.iter().collect();
    values.iter().all(|value| Glob::value(value).is_inside(&patterns))
}

/// An operator's parts in lower case: `ForAnyValue:`, `StringEquals`, `IfExists`.
struct Operator {
    quantifier: String,
    base: String,
    if_exists: bool,
}

impl Operator {
    fn new(operator: &str) -> Self {
        let operator = operator.to_ascii_lowercase();
        let (quantifier, rest) = operator.split_once(':').unwrap_or(("", &operator));
        let base = rest.strip_suffix("ifexists");
        Self {
            quantifier: quantifier.to_owned(),
            base: base.unwrap_or(rest).to_owned(),
            if_exists: base.is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Condition {
        let mut condition = Condition::new();
        for part in text.split(" and ").filter(|part| !part.is_empty()) {
            let mut words = part.split(' ');
            let (key, operator) = (words.next().unwrap(), words.next().unwrap());
            let values = words.map(str::to_owned).collect();
            condition.entry(operator.to_owned()).or_default().insert(key.to_owned(), values);
        }
        condition
    }

    #[test]
    fn a_condition_follows_from_a_stronger_one() {
        #[rustfmt::skip]
        let table = [
            ("", "k StringEquals a", true), ("k StringEquals a", "", false),
            ("k StringEquals a b", "k StringEquals a", true), ("k StringEquals a", "k StringEquals a b", false),
            ("K stringequals a", "k StringEquals a", true), ("j StringEquals a", "k StringEquals a", false),
            ("k StringEquals a", "k StringEquals a and j Bool true", true),
            ("k StringEquals a and j Bool true", "k StringEquals a", false),
            ("k StringNotEquals a", "k StringNotEquals a b", true),
            ("k StringNotEquals a b", "k StringNotEquals a", false),
            ("k StringLike a*", "k StringLike ab*", true), ("k StringLike ab*", "k StringLike a*", false),
            ("k StringLike a*", "k StringEquals ab", true), ("k StringEquals ab", "k StringLike ab", false),
            ("k StringLike a?", "k StringEquals a*", false), ("k StringNotLike ab*", "k StringNotLike a*", false),
            ("k StringEqualsIfExists a", "k StringEquals a", true),
            ("k StringEquals a", "k StringEqualsIfExists a", false),
            ("k ForAnyValue:StringEquals a b", "k ForAnyValue:StringEquals a", true),
            ("k ForAnyValue:StringEquals a", "k ForAllValues:StringEquals a", false),
            ("k StringEquals a", "k ForAnyValue:StringEquals a", false),
            ("k ForAnyValue:StringNotEquals a", "k ForAnyValue:StringNotEquals a b", false),
            ("k NumericLessThan 2 3", "k NumericLessThan 2", false), ("k Null true", "k Null true", true),
            ("k NumericLessThan 2", "k NumericLessThan 2", true), ("k Null true false", "k Null true", false),
            ("k StringEquals a", "k StringEquals", false), ("k StringNotEquals", "k StringNotEquals a", false),
            ("k StringEquals", "k StringEquals", true), ("k Unheard a b", "k Unheard a", false),
        ];
        for (weak, strong, expected) in table {
            assert_eq!(follows(&one(weak), &one(strong)), expected, "`{weak}` from `{strong}`");
        }
    }
}

//! YAML that means the same to kOps as to us: what a plain scalar stands for is a matter of taste
//! among readers of YAML, and here it is [`Scalar::resolve`]'s.

use serde_json::Value;

use super::{Resolved, Scalar};

/// A value as a document, in block style, names in their order.
pub(in crate::manifest) fn emit(value: &Value) -> String {
    let mut out = String::new();
    block(value, 0, &mut out);
    out
}

/// A field of a mapping as lines that stand so far in.
pub(super) fn entry(key: &str, value: &Value, indent: usize) -> String {
    let mut out = String::new();
    pad(indent, &mut out);
    out.push_str(&text(key, None));
    out.push(':');
    after_key(value, indent, &mut out);
    out
}

/// An item of a list as lines that stand so far in.
pub(super) fn item(value: &Value, indent: usize) -> String {
    let mut out = String::new();
    pad(indent, &mut out);
    out.push_str("- ");
    block(value, indent + 2, &mut out);
    out
}

/// Writes a value that begins on the line that it is on.
fn block(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (number, (key, value)) in map.iter().enumerate() {
                if number > 0 {
                    pad(indent, out);
                }
                out.push_str(&text(key, None));
                out.push(':');
                after_key(value, indent, out);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (number, item) in items.iter().enumerate() {
                if number > 0 {
                    pad(indent, out);
                }
                out.push_str("- ");
                block(item, indent + 2, out);
            }
        }
        value => {
            out.push_str(&scalar(value, Some(indent)));
            out.push('\n');
        }
    }
}

fn after_key(value: &Value, indent: usize, out: &mut String) {
    let nested = match value {
        Value::Object(map) if !map.is_empty() => Some(indent + 2),
        // As kOps writes them: no deeper than what they belong to.
        Value::Array(items) if !items.is_empty() => Some(indent),
        _ => None,
    };
    if let Some(deeper) = nested {
        out.push('\n');
        pad(deeper, out);
        block(value, deeper, out);
    } else {
        out.push(' ');
        out.push_str(&scalar(value, Some(indent + 2)));
        out.push('\n');
    }
}

fn pad(indent: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', indent));
}

/// What has nothing in it, on one line; a text of several only where `indent` says how far they are
/// in.
pub(super) fn scalar(value: &Value, indent: Option<usize>) -> String {
    match value {
        Value::String(value) => text(value, indent),
        // `{}`, `[]`, null, numbers and booleans are the same in JSON.
        value => value.to_string(),
    }
}

/// A text: plain where it cannot be mistaken, line by line where it has several and `indent` says
/// how far they are in, and else in quotes.
fn text(value: &str, indent: Option<usize>) -> String {
    if is_plain(value) {
        return value.to_owned();
    }
    if let Some(literal) = indent.and_then(|indent| literal(value, indent)) {
        return literal;
    }
    // A JSON string is a text in double quotes to YAML, too.
    Value::String(value.to_owned()).to_string()
}

fn is_plain(value: &str) -> bool {
    let scalar = Scalar::plain(value);
    let first = value.chars().next();
    let starts_well = first.is_some_and(|c| !"-?:,[]{}#&*!|>'\"%@`=<~ .+".contains(c));
    let looks_like_a_date = value.len() >= 8
        && value.bytes().take(4).all(|c| c.is_ascii_digit())
        && value.as_bytes()[4] == b'-';
    starts_well
        && scalar.resolve() == Resolved::Text
        && value.replace('_', "").parse::<f64>().is_err()
        && !looks_like_a_date
        && !value.contains(": ")
        && !value.contains(" #")
        && !value.ends_with([':', ' '])
        && value.chars().all(is_printable)
}

fn is_printable(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

fn literal(value: &str, indent: usize) -> Option<String> {
    let (body, header) = match value.strip_suffix('\n') {
        Some(body) => (body, "|"),
        None => (value, "|-"),
    };
    let sound = |line: &str| line.chars().all(is_printable);
    let starts_well = !body.starts_with([' ', '\n']) && !body.is_empty() && !body.ends_with('\n');
    if !body.contains('\n') || !starts_well || !body.split('\n').all(sound) {
        return None;
    }
    // At the left edge, a line may be mistaken for the end of the document.
    let indent = indent.max(2);
    let mut out = header.to_owned();
    for line in body.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            pad(indent, &mut out);
            out.push_str(line);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::manifest::yaml::{Node, parse, split};

    fn read(text: &str) -> Value {
        let (documents, fault) = parse(split(text)[0]);
        assert!(fault.is_none(), "{fault:?}\n{text}");
        documents.first().map_or(Value::Null, Node::to_value)
    }

    #[test]
    fn values_are_written_as_people_write_them() {
        let value = json!({
            "kind": "Cluster",
            "spec": {
                "additionalPolicies": { "node": "[\n  { \"Effect\": \"Allow\" }\n]\n" },
                "etcdClusters": [{ "etcdMembers": [{ "name": "a" }], "name": "main" }],
                "iam": {},
                "kubernetesVersion": "1.32.0",
                "networkCIDR": "172.20.0.0/16",
                "on": "yes", "version": "1.10", "taints": [], "labels": { "a": "", "b": null },
                "sizes": [1, [2, 3], { "a": true }],
            },
        });
        let text = emit(&value);
        assert_eq!(read(&text), value);
        insta::assert_snapshot!(text);
    }

    fn any_text() -> impl Strategy<Value = String> {
        let pieces = [
            "a",
            "yes",
            "010",
            "1e3",
            ": ",
            " #",
            "\n",
            "  ",
            "-",
            "~",
            "'",
            "\"",
            "{",
            "\t",
            "2020-01-01",
            ".inf",
            "é",
            "\u{2028}",
            "---",
            "...",
            "0x1F",
            "\\",
            "=",
            "<<",
            "|",
            "\u{7f}",
        ];
        prop_oneof![
            proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 0..6)
                .prop_map(|pieces| pieces.concat()),
            any::<String>(),
        ]
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            (-1000i32..1000).prop_map(|n| Value::from(f64::from(n) / 8.0)),
            any_text().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::btree_map(any_text(), inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_it_was(value in any_value()) {
            // A document that is nothing is none; and `<<` has a meaning of its own.
            prop_assume!(!value.is_null() && !value.to_string().contains("\"<<\":"));
            let text = emit(&value);
            prop_assert_eq!(read(&text), value, "{}", text);
        }
    }
}

//! Values of fields, as people write them.

use serde_json::{Map, Value};

/// Whether a value says nothing: it is not given, or empty.
pub(super) fn nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// The tasks after which a value is known, where it is not known yet.
pub(super) fn known_after(value: &Value) -> Option<String> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    let tasks = members.get("known-after")?.as_array()?.iter().filter_map(Value::as_str);
    Some(tasks.collect::<Vec<_>>().join(", "))
}

/// A value on one line: strings as they are, what is not known yet by whose it is, what has an id
/// by its id and the rest of it: `lt-0123 version 1`.
pub(super) fn plain(value: &Value) -> String {
    if let Some(tasks) = known_after(value) {
        return format!("(known after {tasks})");
    }
    match value {
        Value::Null => "(none)".to_owned(),
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => text.clone(),
        Value::Object(members) => match members.get("id").and_then(Value::as_str) {
            Some(id) => {
                let rest = members.iter().filter(|(key, value)| *key != "id" && !nothing(value));
                rest.fold(id.to_owned(), |text, (key, value)| {
                    format!("{text} {key} {}", inner(value))
                })
            }
            None => self::members(members).join(", "),
        },
        Value::Array(items) => items.iter().map(inner).collect::<Vec<_>>().join(", "),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// The members of an object, each on one line: `volumeSize 64`.
pub(super) fn members(members: &Map<String, Value>) -> Vec<String> {
    let given = members.iter().filter(|(_, value)| !nothing(value));
    given.map(|(key, value)| format!("{key} {}", inner(value))).collect()
}

/// A value within another: what would read as several is kept together.
fn inner(value: &Value) -> String {
    let is_several = match value {
        Value::Array(items) => items.len() > 1,
        Value::Object(members) => members.len() > 1 || members.values().any(Value::is_object),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    };
    if is_several { format!("({})", plain(value)) } else { plain(value) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_read_as_people_write_them() {
        for (value, expected) in [
            (json!(null), "(none)"),
            (json!(""), "\"\""),
            (json!("t3.medium"), "t3.medium"),
            (json!(64), "64"),
            (json!(true), "true"),
            (json!({ "id": "lt-1", "version": "1" }), "lt-1 version 1"),
            (json!({ "id": "lt-1" }), "lt-1"),
            (json!({ "known-after": ["VPC/a", "VPC/b"] }), "(known after VPC/a, VPC/b)"),
            (json!({ "internet-gateway": "igw-1" }), "internet-gateway igw-1"),
            (json!({ "a": 1, "b": [1, 2], "c": [3], "d": null }), "a 1, b (1, 2), c 3"),
            (
                json!([{ "a": 1, "b": 2 }, { "a": { "known-after": ["K/n"] } }]),
                "(a 1, b 2), (a (known after K/n))",
            ),
        ] {
            assert_eq!(plain(&value), expected, "{value}");
        }
    }
}

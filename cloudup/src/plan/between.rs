//! Values on their way from one to another.

use std::collections::BTreeSet;

use serde_json::Value;

/// Whether `value` is what a change from `from` to `to` may have come to when it was broken off:
/// what both have is there, and nothing that neither has. What is empty is as good as
/// nothing.
pub(super) fn is_between(value: Option<&Value>, from: Option<&Value>, to: Option<&Value>) -> bool {
    let [value, from, to] = [value, from, to].map(|value| value.filter(|it| !is_nothing(it)));
    if value == from || value == to {
        return true;
    }
    // What is nothing is as good as empty.
    let (list, members) = (Value::Array(Vec::new()), Value::Object(serde_json::Map::new()));
    let value = value.or(match (from, to) {
        (Some(Value::Array(_)), Some(Value::Array(_))) => Some(&list),
        (Some(Value::Object(_)), Some(Value::Object(_))) => Some(&members),
        _ => None,
    });
    match (value, from, to) {
        (Some(Value::Object(value)), from, to) => {
            let sides = [from, to].map(|side| side.and_then(Value::as_object));
            let members = |key: &String| sides.map(|side| side.and_then(|side| side.get(key)));
            let keys = sides.into_iter().flatten().flat_map(serde_json::Map::keys);
            let keys: BTreeSet<_> = keys.chain(value.keys()).collect();
            let fits = |side: Option<&Value>| side.is_none_or(Value::is_object);
            fits(from)
                && fits(to)
                && keys.into_iter().all(|key| {
                    let [from, to] = members(key);
                    is_between(value.get(key), from, to)
                })
        }
        (Some(Value::Array(value)), from, to) => {
            let sides = [from, to].map(|side| side.and_then(Value::as_array));
            let fits = |side: Option<&Value>| side.is_none_or(Value::is_array);
            let has = |side: Option<&Vec<Value>>, item| side.is_some_and(|it| it.contains(item));
            let [old, new] = sides;
            let lasting = old.into_iter().flatten().filter(|item| has(new, item));
            fits(from)
                && fits(to)
                && value.iter().all(|item| has(old, item) || has(new, item))
                && lasting.into_iter().all(|item| value.contains(item))
        }
        _ => false,
    }
}

/// Whether `value` is what `planned` said would be there, now that more is known: where that was
/// still to come from other tasks, anything is, once all of those are `done`.
pub(super) fn is_as_planned(value: &Value, planned: &Value, done: &impl Fn(&str) -> bool) -> bool {
    if value == planned {
        return true;
    }
    if let Some(tasks) = known_after(planned) {
        return tasks.iter().all(|task| task.as_str().is_some_and(done));
    }
    match (value, planned) {
        (Value::Object(value), Value::Object(planned)) => {
            value.len() == planned.len()
                && value.iter().all(|(key, value)| {
                    planned.get(key).is_some_and(|planned| is_as_planned(value, planned, done))
                })
        }
        (Value::Array(values), Value::Array(planned)) => {
            // What is in order by its value need not be in the order in which it was planned.
            let came = |planned: &Value| {
                values.iter().any(|value| value == planned)
                    || known_after(planned).is_some() && is_as_planned(&Value::Null, planned, done)
            };
            values.len() == planned.len() && planned.iter().all(came)
        }
        _ => false,
    }
}

fn known_after(value: &Value) -> Option<&Vec<Value>> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    members.get("known-after")?.as_array()
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::String(text) => text.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_half_changed_has_nothing_that_neither_side_has_and_all_that_both_have() {
        let table = [
            (json!("a"), json!("a"), json!("b"), true),
            (json!("b"), json!("a"), json!("b"), true),
            (json!("c"), json!("a"), json!("b"), false),
            (json!(null), json!("a"), json!("b"), false),
            (json!(null), json!(null), json!("b"), true),
            (json!([]), json!(null), json!("b"), true),
            (json!(false), json!(null), json!(true), false),
            (json!(["a", "b"]), json!(["a"]), json!(["b"]), true),
            (json!([]), json!(["a"]), json!(["b"]), true),
            (json!(["b"]), json!(["a", "c"]), json!(["b", "c"]), false),
            (json!(["a", "b", "c"]), json!(["a", "c"]), json!(["b", "c"]), true),
            (json!(["a", "d"]), json!(["a"]), json!(["b"]), false),
            (json!(["a"]), json!("a"), json!("b"), false),
            (json!({ "a": 1 }), json!({ "a": 1, "b": 2 }), json!({ "a": 3 }), true),
            (json!({ "a": 3, "b": 2 }), json!({ "a": 1, "b": 2 }), json!({ "a": 3 }), true),
            (json!({ "a": 2 }), json!({ "a": 1, "b": 2 }), json!({ "a": 3 }), false),
            (json!({ "c": 1 }), json!({ "a": 1 }), json!({ "a": 1, "b": 2 }), false),
            (json!({ "b": 2 }), json!({ "a": 1 }), json!({ "a": 1, "b": 2 }), false),
            (json!({}), json!({ "a": 1 }), json!({ "a": 1, "b": 2 }), false),
            (json!({ "a": 1 }), json!(null), json!({ "a": 1, "b": 2 }), true),
        ];
        for (value, from, to, expected) in table {
            let found = is_between(Some(&value), Some(&from), Some(&to));
            assert_eq!(found, expected, "{value} between {from} and {to}");
        }
    }

    #[test]
    fn a_value_that_was_still_to_come_may_be_any_once_its_task_is_done() {
        let after = |task: &str| json!({ "known-after": [task] });
        let done = |task: &str| task == "VPC/a";
        let table = [
            (json!("vpc-1"), after("VPC/a"), true),
            (json!("vpc-1"), after("VPC/b"), false),
            (json!("vpc-1"), json!("vpc-2"), false),
            (json!({ "id": "vpc-1", "n": 1 }), json!({ "id": after("VPC/a"), "n": 1 }), true),
            (json!({ "id": "vpc-1", "n": 2 }), json!({ "id": after("VPC/a"), "n": 1 }), false),
            (json!({ "id": "vpc-1" }), json!({ "id": after("VPC/a"), "n": 1 }), false),
            (json!(["sg-1", "sg-2"]), json!([after("VPC/a"), "sg-1"]), true),
            (json!(["sg-3", "sg-2"]), json!([after("VPC/a"), "sg-1"]), false),
            (json!(["sg-1", "sg-2"]), json!([after("VPC/b"), "sg-1"]), false),
            (json!(["sg-1"]), json!([after("VPC/a"), "sg-1"]), false),
        ];
        for (value, planned, expected) in table {
            assert_eq!(is_as_planned(&value, &planned, &done), expected, "{value}, {planned}");
        }
    }
}

//! What differs between two documents, field by field.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::source::FieldPath;

/// A field that is not the same in two documents.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Difference {
    /// The field: `spec.subnets[0].zone`.
    pub path: String,
    /// Its value before, if it had one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Value>,
    /// Its value afterwards, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Value>,
}

impl Difference {
    /// What differs between two documents, in the order of the fields' names. A field that is null
    /// is one that is not there, as it is to kOps.
    pub fn between(from: &Value, to: &Value) -> Vec<Self> {
        let mut found = Vec::new();
        compare(Some(from), Some(to), &FieldPath::default(), &mut found);
        found
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, from, to } = self;
        match (from, to) {
            (Some(from), Some(to)) => write!(f, "{path}: {from} -> {to}"),
            (None, Some(to)) => write!(f, "{path}: {to}"),
            (Some(from), None) => write!(f, "{path}: {from} -> (nothing)"),
            (None, None) => f.write_str(path),
        }
    }
}

fn compare(
    from: Option<&Value>,
    to: Option<&Value>,
    path: &FieldPath,
    found: &mut Vec<Difference>,
) {
    let [from, to] = [from, to].map(|value| value.filter(|value| !value.is_null()));
    match (from, to) {
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            let mut names: Vec<_> = a.keys().chain(b.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                compare(a.get(name), b.get(name), &path.field(name), found);
            }
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) => {
            for index in 0..a.len().max(b.len()) {
                compare(a.get(index), b.get(index), &path.key(index), found);
            }
        }
        (from, to) if from == to => {}
        (from, to) => found.push(Difference {
            path: path.as_str().to_owned(),
            from: from.cloned(),
            to: to.cloned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_told_one_by_one() {
        let from =
            json!({ "spec": { "a": 1, "b": [{ "c": "x" }, 2], "d": null, "e": { "f": 1 } } });
        let to = json!({ "spec": { "a": 1, "b": [{ "c": "y" }], "g": [true], "e": "f" } });
        let told: Vec<_> =
            Difference::between(&from, &to).iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                r#"spec.b[0].c: "x" -> "y""#,
                "spec.b[1]: 2 -> (nothing)",
                r#"spec.e: {"f":1} -> "f""#,
                "spec.g: [true]",
            ]
        );
        assert_eq!(Difference::between(&from, &from), []);
    }
}

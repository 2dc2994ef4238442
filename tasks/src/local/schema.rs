//! Every mistake in a JSON value, told by a JSON schema: unknown keys, missing keys, wrong types.
//!
//! A deserialiser stops at the first mistake; this does not. It knows as much of JSON schema as
//! the account's format needs.

use schemars::Schema;
use serde_json::{Map, Value};

use super::error::Problem;

/// What is wrong with `value`, by `schema`.
pub(super) fn problems(schema: &Schema, value: &Value) -> Vec<Problem> {
    let mut checker = Checker { root: schema.as_value(), problems: Vec::new() };
    checker.check(schema.as_value(), value, "");
    checker.problems
}

struct Checker<'a> {
    root: &'a Value,
    problems: Vec<Problem>,
}

impl<'a> Checker<'a> {
    fn check(&mut self, schema: &'a Value, value: &Value, path: &str) {
        let schema = self.resolve(schema);
        let branches = schema.get("oneOf").or_else(|| schema.get("anyOf"));
        if let Some(Value::Array(branches)) = branches {
            return self.check_branches(branches, value, path);
        }
        if !has_type(schema, value) {
            let wanted = type_names(schema).join(" or ");
            return self.tell(path, format!("must be {wanted}, not {}", describe(value)));
        }
        match value {
            Value::Object(members) => self.check_members(schema, members, path),
            Value::Array(items) => {
                if let Some(item) = schema.get("items") {
                    for (index, value) in items.iter().enumerate() {
                        self.check(item, value, &format!("{path}[{index}]"));
                    }
                }
            }
            Value::String(text) => {
                let known = constants(schema);
                if !known.is_empty() && !known.contains(&text.as_str()) {
                    self.tell(path, unknown("value", text, &known));
                }
            }
            Value::Number(number) => {
                let minimum = schema.get("minimum").and_then(Value::as_f64);
                if let (Some(minimum), Some(number)) = (minimum, number.as_f64())
                    && number < minimum
                {
                    self.tell(path, format!("must be at least {minimum}"));
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn check_members(&mut self, schema: &'a Value, members: &Map<String, Value>, path: &str) {
        let known = schema.get("properties").and_then(Value::as_object);
        for (key, value) in members {
            let inner = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            match (known.and_then(|known| known.get(key)), schema.get("additionalProperties")) {
                (Some(member), _) | (None, Some(member @ Value::Object(_))) => {
                    self.check(member, value, &inner);
                }
                (None, Some(Value::Bool(false))) => {
                    let known = known.into_iter().flat_map(Map::keys).map(String::as_str);
                    self.tell(path, unknown("key", key, &known.collect::<Vec<_>>()));
                }
                _ => {}
            }
        }
        for key in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
            if let Some(key) = key.as_str()
                && !members.contains_key(key)
            {
                self.tell(path, format!("the key `{key}` is missing"));
            }
        }
    }

    /// A value that may take one of several shapes: the words and keys of the shapes that have
    /// its type are what it may say.
    fn check_branches(&mut self, branches: &'a [Value], value: &Value, path: &str) {
        let fitting: Vec<_> = branches
            .iter()
            .map(|branch| self.resolve(branch))
            .filter(|branch| has_type(branch, value))
            .collect();
        match (value, fitting.as_slice()) {
            (_, []) => {
                let mut names: Vec<_> =
                    branches.iter().flat_map(|branch| type_names(self.resolve(branch))).collect();
                names.sort_unstable();
                names.dedup();
                let wanted = names.join(" or ");
                self.tell(path, format!("must be {wanted}, not {}", describe(value)));
            }
            (_, [only]) => self.check(only, value, path),
            (Value::String(text), _) => {
                let known: Vec<_> = fitting.iter().flat_map(|branch| constants(branch)).collect();
                if !known.contains(&text.as_str()) {
                    self.tell(path, unknown("value", text, &known));
                }
            }
            (Value::Object(members), _) => {
                let shape = |branch: &&&'a Value| {
                    let keys = branch.get("properties").and_then(Value::as_object);
                    keys.is_some_and(|keys| members.keys().any(|key| keys.contains_key(key)))
                };
                if let Some(branch) = fitting.iter().find(shape) {
                    return self.check(branch, value, path);
                }
                let known: Vec<_> = fitting
                    .iter()
                    .filter_map(|branch| branch.get("properties").and_then(Value::as_object))
                    .flat_map(Map::keys)
                    .map(String::as_str)
                    .collect();
                match members.keys().next() {
                    Some(key) => self.tell(path, unknown("key", key, &known)),
                    None => {
                        self.tell(path, format!("must have one of the keys {}", known.join(", ")));
                    }
                }
            }
            (_, [first, ..]) => self.check(first, value, path),
        }
    }

    fn resolve(&self, schema: &'a Value) -> &'a Value {
        let name = schema
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|reference| reference.strip_prefix("#/$defs/"));
        match name.and_then(|name| self.root.get("$defs")?.get(name)) {
            Some(definition) => definition,
            None => schema,
        }
    }

    fn tell(&mut self, path: &str, message: String) {
        self.problems.push(Problem { path: path.to_owned(), message });
    }
}

fn unknown(what: &str, found: &str, known: &[&str]) -> String {
    let close = known
        .iter()
        .map(|known| (strsim::jaro_winkler(&found.to_lowercase(), &known.to_lowercase()), *known))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match close {
        Some((score, known)) if score > 0.8 => {
            format!("unknown {what} `{found}`; did you mean `{known}`?")
        }
        _ => format!("unknown {what} `{found}`; known are {}", known.join(", ")),
    }
}

fn constants(schema: &Value) -> Vec<&str> {
    let listed = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
    listed.chain(schema.get("const")).filter_map(Value::as_str).collect()
}

fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn has_type(schema: &Value, value: &Value) -> bool {
    let types = types(schema);
    types.is_empty()
        || types.iter().any(|name| match *name {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "null" => value.is_null(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            _ => true,
        })
}

fn type_names(schema: &Value) -> Vec<&'static str> {
    types(schema)
        .into_iter()
        .filter_map(|name| match name {
            "object" => Some("an object"),
            "array" => Some("a list"),
            "string" => Some("a string"),
            "boolean" => Some("true or false"),
            "integer" => Some("a whole number"),
            "number" => Some("a number"),
            _ => None,
        })
        .collect()
}

fn describe(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(_) | Value::Number(_) => format!("`{value}`"),
        Value::String(text) => format!("the string `{text}`"),
        Value::Array(_) => "a list".into(),
        Value::Object(_) => "an object".into(),
    }
}

//! A field of the manifest, as far as it decides something.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::{
    because::{Asked, Because, Field},
    manifest::{Cluster, Place},
};

/// A field of the manifest: what it says and where, or what holds because it says nothing.
///
/// Prints as one line: `spec.encryptionConfig: true, at cluster.yaml:7:21`, or
/// `spec.encryptionConfig: false, kOps' default`.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Fact {
    /// The field's path: `spec.externalPolicies[node]`.
    pub field: String,
    /// The name of the instance group whose field it is; it is the cluster's where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_group: Option<String>,
    /// What the manifest says. Left out of what stands inside a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// Where it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// What holds where the manifest says nothing: kOps' default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
}

impl Fact {
    /// What the manifest of `cluster` says in a field.
    pub(super) fn of(cluster: &Cluster, field: &Field) -> Self {
        let Field { group, path, inside, default } = field;
        let group = group.as_ref();
        let document = match group {
            None => Some((&cluster.raw, &cluster.source)),
            Some(name) => {
                let group = cluster.groups.iter().find(|group| group.name() == name);
                group.map(|group| (&group.raw, &group.source))
            }
        };
        let given = document.and_then(|(raw, source)| Some((value_at(raw, path)?, source)));
        Self {
            field: path.clone(),
            instance_group: group.cloned(),
            value: given.map(|(value, _)| value.clone()).filter(|_| inside.is_none()),
            place: given.map(|(value, source)| {
                let inside = inside
                    .zip(value.as_str())
                    .and_then(|(at, text)| source.inside(path, text).place(at.line, at.column));
                inside.unwrap_or_else(|| source.place(path))
            }),
            default: default.clone().filter(|_| given.is_none()),
        }
    }

    /// What the manifest says in all ways in which something is asked for.
    pub(super) fn all(cluster: &Cluster, asked: &Asked) -> Vec<Vec<Self>> {
        let facts = |because: &Because| {
            because.fields().iter().map(|field| Self::of(cluster, field)).collect()
        };
        asked.iter().map(facts).collect()
    }
}

/// The value at a path such as `spec.externalPolicies[node][0]`; none where it is null or empty,
/// which kOps cannot tell from absent.
fn value_at<'v>(document: &'v Value, path: &str) -> Option<&'v Value> {
    let mut value = document;
    let mut rest = path;
    while !rest.is_empty() {
        let name;
        (name, rest) = if let Some(inside) = rest.strip_prefix('[') {
            inside.split_once(']')?
        } else {
            let rest = rest.strip_prefix('.').unwrap_or(rest);
            rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len()))
        };
        value = match value {
            Value::Array(items) => items.get(name.parse::<usize>().ok()?)?,
            other => other.get(name)?,
        };
    }
    Some(value).filter(|value| !value.is_null() && *value != "")
}

/// The longest value that a line shows.
const LONGEST: usize = 70;

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, instance_group, value, place, default } = self;
        f.write_str(field)?;
        let shown = value.as_ref().map(|value| match value {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        });
        let text = shown.as_ref().or(default.as_ref());
        if let Some(text) = text.filter(|text| text.len() <= LONGEST && !text.contains('\n')) {
            write!(f, ": {text}")?;
        }
        if let Some(group) = instance_group {
            write!(f, " in instance group {group}")?;
        }
        match (place, default) {
            (Some(place), _) => write!(f, ", at {place}"),
            (None, Some(_)) => f.write_str(", kOps' default"),
            (None, None) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_found_by_its_path() {
        let document = json!({ "spec": {
            "iam": { "legacy": false, "profile": "", "other": null },
            "externalPolicies": { "node": ["a", "b"] },
            "labels": { "a.b/c": "d" },
        } });
        let table = [
            ("spec.iam.legacy", Some(json!(false))),
            ("spec.externalPolicies[node]", Some(json!(["a", "b"]))),
            ("spec.externalPolicies[node][1]", Some(json!("b"))),
            ("spec.labels[a.b/c]", Some(json!("d"))),
            ("spec.iam.profile", None),
            ("spec.iam.other", None),
            ("spec.iam.missing", None),
            ("spec.externalPolicies[node][2]", None),
            ("spec.externalPolicies[node", None),
        ];
        for (path, expected) in table {
            assert_eq!(value_at(&document, path), expected.as_ref(), "{path}");
        }
    }
}

//! Setting and unsetting single fields of a document by their paths.

use serde_json::{Map, Value};

use super::{
    schema::{Field, Fields, Kind, Type},
    suggest::did_you_mean,
    yaml::{self, Scalar},
};

/// Why a field could not be set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SetError {
    message: String,
    /// What to do.
    pub hint: Option<String>,
}

fn wrong<T>(message: impl Into<String>, hint: Option<String>) -> Result<T, SetError> {
    Err(SetError { message: message.into(), hint })
}

/// A document that fields are set in.
#[derive(Clone, Debug, PartialEq)]
pub struct Fielded {
    kind: Kind,
    value: Value,
}

/// A step on the way to a field.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Name(String),
    Bracket(String),
}

impl Fielded {
    /// A `Cluster`, as its raw value.
    pub fn cluster(raw: Value) -> Self {
        Self { kind: Kind::Cluster, value: raw }
    }

    /// An `InstanceGroup`, as its raw value.
    pub fn group(raw: Value) -> Self {
        Self { kind: Kind::InstanceGroup, value: raw }
    }

    /// The document, as YAML.
    pub fn to_yaml(&self) -> String {
        yaml::emit(&self.value)
    }

    /// A text of the document with what was set and unset in it, and else as it is written: comments
    /// and all. `None` where that cannot be had.
    pub fn patched(&self, text: &str) -> Option<String> {
        yaml::patched(text, &self.value)
    }

    /// The document.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Sets a field: `spec.kubernetesVersion=1.32.0`. As with kOps, values are added to a list, several
    /// between commas, and `NAME=VALUE` to a map; `[0]` is an item of a list, and the one after the
    /// last is a new one. What begins with a bracket or a brace takes the place of what is there.
    ///
    /// # Errors
    ///
    /// Where there is no such field, or no such value of it as far as that can be told without the
    /// rest of the document.
    pub fn set(&mut self, assignment: &str) -> Result<(), SetError> {
        let Some((path, text)) = assignment_of(assignment) else {
            return wrong(
                format!("{assignment:?} sets nothing"),
                Some("write PATH=VALUE: spec.kubernetesVersion=1.32.0".to_owned()),
            );
        };
        let steps = steps(path, self.kind)?;
        set(&mut self.value, &Type::Object, self.kind.document(), &steps, text, path)
    }

    /// Unsets a field: `spec.iam.permissionsBoundary`.
    ///
    /// # Errors
    ///
    /// Where there is no such field, or it is not set.
    pub fn unset(&mut self, path: &str) -> Result<(), SetError> {
        let steps = steps(path, self.kind)?;
        let Some((last, way)) = steps.split_last() else { return nothing_there(path) };
        let mut at = &mut self.value;
        for step in way {
            let next = match (step, at) {
                (Step::Bracket(index), Value::Array(items)) => {
                    index.parse::<usize>().ok().and_then(|index| items.get_mut(index))
                }
                (Step::Name(name) | Step::Bracket(name), Value::Object(map)) => map.get_mut(name),
                _ => None,
            };
            match next {
                Some(next) => at = next,
                None => return nothing_there(path),
            }
        }
        let gone = match (last, at) {
            (Step::Bracket(index), Value::Array(items)) => {
                let index = index.parse::<usize>().ok().filter(|&index| index < items.len());
                index.map(|index| items.remove(index))
            }
            (Step::Name(name) | Step::Bracket(name), Value::Object(map)) => map.remove(name),
            _ => None,
        };
        if gone.is_some() { Ok(()) } else { nothing_there(path) }
    }
}

fn nothing_there<T>(path: &str) -> Result<T, SetError> {
    wrong(format!("{path} is not set"), Some("see what is: cloudup get all -o yaml".to_owned()))
}

/// The path and the value: the equals sign that counts is the first outside of brackets.
fn assignment_of(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    let at = text.find(|c| {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == '=' && depth == 0
    })?;
    Some((&text[..at], &text[at + 1..])).filter(|(path, _)| !path.is_empty())
}

/// The steps of a path. kOps' leading `cluster.` and `instancegroup.` are of no consequence.
fn steps(path: &str, kind: Kind) -> Result<Vec<Step>, SetError> {
    let prefix = match kind {
        Kind::Cluster => "cluster.",
        _ => "instancegroup.",
    };
    let mut rest = path.strip_prefix(prefix).unwrap_or(path);
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let Some((key, after)) = inner.split_once(']') else {
                return wrong(
                    format!("{path:?} has a bracket that is not closed"),
                    Some("write ] at its end".to_owned()),
                );
            };
            steps.push(Step::Bracket(key.to_owned()));
            rest = after.strip_prefix('.').unwrap_or(after);
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            steps.push(Step::Name(rest[..end].to_owned()));
            rest = rest[end..].strip_prefix('.').unwrap_or(&rest[end..]);
        }
    }
    match steps.first() {
        None => wrong("there is no path", Some("spec.kubernetesVersion is one".to_owned())),
        Some(Step::Bracket(_)) => wrong(
            format!("{path:?} begins with a bracket"),
            Some("begin with spec or metadata".to_owned()),
        ),
        Some(Step::Name(_)) => Ok(steps),
    }
}

fn set(
    at: &mut Value,
    ty: &Type,
    field: &Field,
    steps: &[Step],
    text: &str,
    path: &str,
) -> Result<(), SetError> {
    let Some((step, rest)) = steps.split_first() else {
        return assign(at, ty, text, path);
    };
    match ty {
        Type::Object => {
            let (Step::Name(name) | Step::Bracket(name)) = step;
            let known = find(&field.fields, name, path)?;
            let map = as_map(at);
            let inner = map.entry(name).or_insert(Value::Null);
            set(inner, &known.ty, known, rest, text, path)
        }
        Type::Map(inner) => {
            let (Step::Name(name) | Step::Bracket(name)) = step;
            let value = as_map(at).entry(name).or_insert(Value::Null);
            set(value, inner, field, rest, text, path)
        }
        Type::List(inner) => {
            if !at.is_array() {
                *at = Value::Array(Vec::new());
            }
            let Value::Array(items) = at else { return nothing_there(path) };
            let (Step::Name(index) | Step::Bracket(index)) = step;
            match index.parse::<usize>() {
                Ok(index) if index <= items.len() => {
                    if index == items.len() {
                        items.push(Value::Null);
                    }
                    set(&mut items[index], inner, field, rest, text, path)
                }
                Ok(_) => wrong(
                    format!("{path}: the list has {} items", items.len()),
                    Some(format!("[{}] is a new one", items.len())),
                ),
                Err(_) => wrong(
                    format!("{path}: this is a list, and {index:?} is no item of one"),
                    Some("write [0] for the first".to_owned()),
                ),
            }
        }
        Type::Any => {
            let (Step::Name(name) | Step::Bracket(name)) = step;
            let value = as_map(at).entry(name).or_insert(Value::Null);
            set(value, &Type::Any, field, rest, text, path)
        }
        _ => wrong(format!("{path}: there are no fields below a single value"), None),
    }
}

fn find<'f>(fields: &'f Fields, name: &str, path: &str) -> Result<&'f Field, SetError> {
    let known = fields.iter().filter(|(_, field)| field.until.is_none()).map(|(name, _)| *name);
    fields.get(name).ok_or_else(|| SetError {
        message: format!("{path}: there is no field {name:?}"),
        hint: did_you_mean(name, known),
    })
}

fn as_map(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut().expect("it was made one")
}

fn assign(at: &mut Value, ty: &Type, text: &str, path: &str) -> Result<(), SetError> {
    let compound = matches!(ty, Type::List(_) | Type::Map(_) | Type::Object | Type::Any);
    if compound && text.trim_start().starts_with(['{', '[']) {
        *at = whole_value(text, path)?;
        return Ok(());
    }
    match ty {
        Type::List(inner) if !matches!(**inner, Type::Object | Type::Map(_) | Type::List(_)) => {
            let mut items = at.as_array().cloned().unwrap_or_default();
            for item in text.split(',') {
                items.push(single(inner, item, path)?);
            }
            *at = Value::Array(items);
            Ok(())
        }
        Type::Map(inner) => match text.split_once('=') {
            Some((key, value)) => {
                let value = single(inner, value, path)?;
                as_map(at).insert(key.to_owned(), value);
                Ok(())
            }
            None => wrong(
                format!("{path}: {text:?} is no entry of a map"),
                Some("write NAME=VALUE, or the whole map in braces".to_owned()),
            ),
        },
        Type::Object | Type::List(_) => wrong(
            format!("{path} has fields of its own"),
            Some(format!("set one of them: {path}.FIELD=VALUE, or the whole in brackets")),
        ),
        ty => {
            *at = single(ty, text, path)?;
            Ok(())
        }
    }
}

/// A single value: a text, unless the type is another's. Whether it is one of the type is told when
/// the document is read.
fn single(ty: &Type, text: &str, path: &str) -> Result<Value, SetError> {
    if text.is_empty() && *ty != Type::String {
        return wrong(
            format!("{path}: there is no value"),
            Some(format!("to remove the field: --unset {path}")),
        );
    }
    Ok(match ty {
        Type::String | Type::Role | Type::Duration | Type::Quantity => Value::from(text),
        _ => Scalar::plain(text).to_value(),
    })
}

fn whole_value(text: &str, path: &str) -> Result<Value, SetError> {
    let parts = yaml::split(text);
    let (documents, fault) = yaml::parse(parts[0]);
    match (documents.as_slice(), fault) {
        ([one], None) => Ok(one.to_value()),
        (_, Some(fault)) => wrong(format!("{path}: {}", fault.message), fault.hint),
        _ => wrong(format!("{path}: {text:?} is no value"), None),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn cluster() -> Fielded {
        Fielded::cluster(json!({
            "kind": "Cluster",
            "spec": { "subnets": [{ "name": "a" }], "iam": { "legacy": false }, "kubernetesVersion": "1.31.0" },
        }))
    }

    #[test]
    fn fields_are_set_with_the_type_that_they_have() {
        for (assignment, pointer, value) in [
            ("spec.kubernetesVersion=1.32", "/spec/kubernetesVersion", json!("1.32")),
            ("cluster.spec.iam.legacy=true", "/spec/iam/legacy", json!(true)),
            (
                "spec.iam.permissionsBoundary=arn:aws:iam::1:policy/a=b",
                "/spec/iam/permissionsBoundary",
                json!("arn:aws:iam::1:policy/a=b"),
            ),
            ("spec.subnets[0].zone=us-east-1a", "/spec/subnets/0/zone", json!("us-east-1a")),
            ("spec.subnets[1].name=b", "/spec/subnets/1/name", json!("b")),
            (
                "spec.sshAccess=10.0.0.0/8,192.168.0.0/16",
                "/spec/sshAccess",
                json!(["10.0.0.0/8", "192.168.0.0/16"]),
            ),
            ("spec.sshAccess=[10.0.0.0/8]", "/spec/sshAccess", json!(["10.0.0.0/8"])),
            ("spec.cloudLabels=team=blue", "/spec/cloudLabels", json!({ "team": "blue" })),
            ("spec.cloudLabels[a.b/c]=7", "/spec/cloudLabels/a.b~1c", json!("7")),
            ("spec.networking={ cni: {} }", "/spec/networking", json!({ "cni": {} })),
            ("metadata.labels.team=blue", "/metadata/labels/team", json!("blue")),
            ("spec.kubelet.maxPods=7", "/spec/kubelet/maxPods", json!(7)),
        ] {
            let mut document = cluster();
            document.set(assignment).unwrap_or_else(|error| panic!("{assignment}: {error}"));
            assert_eq!(document.value.pointer(pointer), Some(&value), "{assignment}");
            assert_eq!(document.value["kind"], "Cluster");
        }
    }

    #[test]
    fn what_cannot_be_set_or_unset_is_told() {
        let mut told = Vec::new();
        for assignment in [
            "spec.kubernetesVersion",
            "=a",
            "spec.kubernetesVerson=1",
            "spec.subnets[3].name=a",
            "spec.subnets.name=a",
            "spec.iam=yes",
            "spec.iam.legacy=",
            "spec.cloudLabels=a",
            "spec.kubernetesVersion.minor=1",
            "spec.subnets[0=a",
            "[0]=a",
            "spec.networking={ cni: ",
        ] {
            let error = cluster().set(assignment).expect_err(assignment);
            told.push(format!("{assignment}\n  {error} ({:?})", error.hint));
        }
        for path in
            ["spec.iam.permissionsBoundary", "spec.subnets[4]", "spec.subnets[0].name.a", ""]
        {
            let error = cluster().unset(path).expect_err(path);
            told.push(format!("unset {path}\n  {error} ({:?})", error.hint));
        }
        insta::assert_snapshot!(told.join("\n"));
    }

    #[test]
    fn fields_are_unset() {
        for (path, pointer) in [
            ("spec.kubernetesVersion", "/spec/kubernetesVersion"),
            ("spec.iam.legacy", "/spec/iam/legacy"),
            ("spec.subnets[0]", "/spec/subnets/0"),
        ] {
            let mut document = cluster();
            document.unset(path).unwrap();
            assert_eq!(document.value.pointer(pointer), None, "{path}");
        }
    }
}

//! The book's reference of manifests, from the tables of fields and the types that hold what is acted on.

use std::{fmt::Write as _, fs, path::Path};

use schemars::schema_for;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use super::{
    schema::{Field, Fields, Kind, Type},
    spec::{ClusterSpec, InstanceGroupSpec},
    unused,
    validate::annotations::{OF_CLUSTER, OF_GROUP},
};
use crate::{boundaries, group_roles, overflow, overrides};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference/manifest.md");

const INTRODUCTION: &str = "# Manifests

Clusters and instance groups are written as kOps writes them, in `kops.k8s.io/v1alpha2`. Every field that kOps knows may be there. This page
says which are acted on; all others are kept as they are written, and a notice names them. A field that kOps does not know is a
mistake, as is a value of the wrong type: `cloudup check` tells them all.

`[]` stands for each item of a list, `*` for each name of a map.
";

#[test]
fn the_reference_is_what_the_types_say() {
    let mut page = INTRODUCTION.to_owned();
    tell::<ClusterSpec>(&mut page, Kind::Cluster, &schema_for!(ClusterSpec).to_value(), json!({}));
    let group = json!({ "role": "Node" });
    let schema = schema_for!(InstanceGroupSpec).to_value();
    tell::<InstanceGroupSpec>(&mut page, Kind::InstanceGroup, &schema, group);

    let is = fs::read_to_string(PAGE).unwrap_or_default();
    if is != page && std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(Path::new(PAGE).parent().unwrap()).unwrap();
        return fs::write(PAGE, page).unwrap();
    }
    assert!(is == page, "docs/reference/manifest.md is behind: UPDATE=1 writes it anew");
}

fn tell<T: Serialize + DeserializeOwned>(
    page: &mut String,
    kind: Kind,
    schema: &Value,
    base: Value,
) {
    let spec = &kind.fields()["spec"];
    let mut survey = Survey::<T> {
        kind,
        schema,
        base,
        rows: String::new(),
        kept: Vec::new(),
        of: std::marker::PhantomData,
    };
    survey.fields(&spec.fields, "", schema, &|value| value);
    let Survey { rows, kept, .. } = survey;
    let name = kind.name();
    let kept = kept.join(", ");
    write!(
        page,
        "\n## {name}\n\nFields below `spec`:\n\n| field | | what it says |\n|---|---|---|\n{rows}
### Annotations of {name}\n\n{}\n\n### Kept, and not acted on, in {name}\n\n{kept}.\n",
        annotations(kind)
    )
    .unwrap();
}

fn annotations(kind: Kind) -> String {
    let names: &[&str] = match kind {
        Kind::Cluster => &OF_CLUSTER,
        Kind::InstanceGroup => &OF_GROUP,
        Kind::SshCredential => &[],
    };
    let says = |name: &str| match name {
        overflow::ANNOTATION => {
            "what becomes of permissions that a role's inline policies have no room for: `refuse`, or \
             `managed`. [More](../how-to/additional-policies.md#room)."
        }
        overrides::ANNOTATION => {
            "[lifecycles](lifecycles.md#choosing-one): `SELECTOR=LIFECYCLE,…`. On an instance group, a kind \
             without a name means only what that group has."
        }
        boundaries::ANNOTATION => {
            "[boundaries of single roles](../how-to/permissions-boundaries.md#one-role-alone): `ROLE=ARN`, or \
             `ROLE=none`, with white space between."
        }
        group_roles::EXTERNAL => {
            "managed policies of [a role of its own](../how-to/group-roles.md): ARNs, with white space between."
        }
        group_roles::ADDITIONAL => {
            "statements for [a role of its own](../how-to/group-roles.md): a JSON list."
        }
        name => panic!("nothing is said of {name}"),
    };
    let lines: Vec<_> = names.iter().map(|name| format!("- `{name}`: {}", says(name))).collect();
    lines.join("\n")
}

/// Goes through all fields of a kind, and asks of each whether it is acted on: whether the types still
/// hold it once it was read.
struct Survey<'a, T> {
    kind: Kind,
    schema: &'a Value,
    /// What has to be there besides.
    base: Value,
    rows: String,
    kept: Vec<String>,
    of: std::marker::PhantomData<T>,
}

impl<T: Serialize + DeserializeOwned> Survey<'_, T> {
    /// `held` is the schema of the type that holds these fields; `around` puts a value where they are.
    fn fields(
        &mut self,
        fields: &Fields,
        path: &str,
        held: &Value,
        around: &dyn Fn(Value) -> Value,
    ) {
        for (name, field) in fields.iter().filter(|(_, field)| field.until.is_none()) {
            let (mark, is_object) = shape(&field.ty);
            let here = format!("{path}{name}");
            let put = |value: Value| {
                let mut object = Map::new();
                object.insert((*name).to_owned(), within(&field.ty, value));
                around(Value::Object(object))
            };
            let value = sample(field);
            if !self.is_acted_on(&put(value)) {
                self.kept.push(format!("`{here}`"));
                continue;
            }
            let property = self.resolve(&held["properties"][*name]);
            let said = description(&held["properties"][*name], &property);
            writeln!(self.rows, "| `{here}` | {} | {said} |", words(field)).unwrap();
            if is_object {
                self.fields(&field.fields, &format!("{here}{mark}."), &property, &put);
            }
        }
    }

    fn is_acted_on(&self, given: &Value) -> bool {
        let mut spec = self.base.clone();
        for (name, value) in given.as_object().unwrap() {
            spec[name] = value.clone();
        }
        let typed: T = serde_json::from_value(spec.clone())
            .unwrap_or_else(|error| panic!("{spec} cannot be read: {error}"));
        unused::fields(self.kind, &json!({ "spec": spec }), &typed).is_empty()
    }

    /// The schema of what a property holds: through references, options, lists and maps.
    fn resolve(&self, property: &Value) -> Value {
        if let Some(name) = property["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
            return self.resolve(&self.schema["$defs"][name]);
        }
        let options = property["anyOf"].as_array().into_iter().flatten();
        let option = options.into_iter().find(|option| option.get("$ref").is_some());
        let inner = [option, property.get("items"), property.get("additionalProperties")];
        match inner.into_iter().flatten().find(|inner| inner.is_object()) {
            Some(inner) => self.resolve(inner),
            None => property.clone(),
        }
    }
}

/// How the fields of what a field holds are written after its name, and whether it has any.
fn shape(ty: &Type) -> (String, bool) {
    match ty {
        Type::Object => (String::new(), true),
        Type::List(inner) => {
            let (mark, is_object) = shape(inner);
            (format!("[]{mark}"), is_object)
        }
        Type::Map(_) => (".*".to_owned(), false),
        _ => (String::new(), false),
    }
}

/// A value where a field of this type has it: in a list, if it is one of lists.
fn within(ty: &Type, value: Value) -> Value {
    match ty {
        Type::List(inner) => json!([within(inner, value)]),
        Type::Map(inner) => json!({ "node": within(inner, value) }),
        _ => value,
    }
}

/// Some value that a field may have, without lists and maps around it.
fn sample(field: &Field) -> Value {
    fn of(ty: &Type, values: &[&'static str]) -> Value {
        match ty {
            Type::List(inner) | Type::Map(inner) => of(inner, values),
            Type::Bool => json!(true),
            Type::Int(..) | Type::Number | Type::IntOrString => json!(1),
            Type::Duration => json!("1m"),
            Type::Quantity => json!("1Gi"),
            Type::Role => json!("Node"),
            Type::Object | Type::Any => json!({}),
            Type::String => json!(values.first().copied().unwrap_or("x")),
        }
    }
    of(&field.ty, &field.values)
}

/// A field's type in words.
fn words(field: &Field) -> String {
    fn of(ty: &Type) -> String {
        match ty {
            Type::String => "string".to_owned(),
            Type::Bool => "bool".to_owned(),
            Type::Int(..) => "integer".to_owned(),
            Type::Number => "number".to_owned(),
            Type::Quantity => "quantity".to_owned(),
            Type::Duration => "duration".to_owned(),
            Type::IntOrString => "integer or string".to_owned(),
            Type::Role => "role".to_owned(),
            Type::Any => "anything".to_owned(),
            Type::Object => "object".to_owned(),
            Type::List(inner) => format!("list of {}", of(inner)),
            Type::Map(inner) => format!("map of {}", of(inner)),
        }
    }
    let values: Vec<_> = field.values.iter().map(|value| format!("`{value}`")).collect();
    if values.is_empty() { of(&field.ty) } else { values.join(", ") }
}

/// What the code says of a field, or else of its type, in one line and without links.
fn description(property: &Value, of_type: &Value) -> String {
    let said = [property, of_type].into_iter().find_map(|it| it["description"].as_str());
    let said = said.unwrap_or_default().split("\n\n").next().unwrap_or_default().replace('\n', " ");
    let mut plain = String::new();
    let mut in_target = false;
    for (at, c) in said.char_indices() {
        match c {
            '[' | ']' => {}
            '(' if said[..at].ends_with(']') => in_target = true,
            ')' if in_target => in_target = false,
            _ if in_target => {}
            '|' => plain.push_str("\\|"),
            c => plain.push(c),
        }
    }
    plain
}

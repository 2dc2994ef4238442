//! Fields that are given and not acted on.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use super::{
    Manifest, Notice,
    schema::{Fields, Kind, Type},
};

/// One notice that names every field that was given, that kOps knows, and that the types of
/// [`spec`](super::spec) do not hold.
pub(super) fn notice(manifest: &Manifest) -> Option<Notice> {
    let mut clusters = BTreeSet::new();
    let mut groups = BTreeSet::new();
    for cluster in &manifest.clusters {
        clusters.extend(fields(Kind::Cluster, &cluster.raw, &cluster.spec));
        for group in &cluster.groups {
            groups.extend(fields(Kind::InstanceGroup, &group.raw, &group.spec));
        }
    }
    for group in &manifest.groups {
        groups.extend(fields(Kind::InstanceGroup, &group.raw, &group.spec));
    }
    let lists: Vec<String> = [("Cluster", clusters), ("InstanceGroup", groups)]
        .into_iter()
        .filter(|(_, fields)| !fields.is_empty())
        .map(|(kind, fields)| {
            format!("{kind}: {}", fields.into_iter().collect::<Vec<_>>().join(", "))
        })
        .collect();
    if lists.is_empty() {
        return None;
    }
    let message =
        format!("these fields are kept, and not acted on by this version: {}", lists.join("; "));
    Some(Notice { place: None, message })
}

/// The fields of a document's spec that are not acted on: what is, is what the typed fields hold when
/// written out again.
pub(super) fn fields(kind: Kind, raw: &Value, spec: &impl Serialize) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let typed = serde_json::to_value(spec).unwrap_or_default();
    if let (Some(given), Some(field)) = (raw.get("spec"), kind.fields().get("spec")) {
        differ(given, &typed, &field.fields, "", &mut found);
    }
    found
}

fn differ(given: &Value, typed: &Value, fields: &Fields, path: &str, found: &mut BTreeSet<String>) {
    match (given, typed) {
        (Value::Object(given), Value::Object(typed)) => {
            for (name, value) in given.iter().filter(|(_, value)| !value.is_null()) {
                let Some(field) = fields.get(name.as_str()).filter(|field| field.until.is_none())
                else {
                    continue;
                };
                let here = format!("{path}{name}");
                match typed.get(name) {
                    None => {
                        found.insert(here);
                    }
                    Some(held) if inner(&field.ty) == &Type::Object => {
                        differ(value, held, &field.fields, &format!("{here}."), found);
                    }
                    Some(_) => {}
                }
            }
        }
        (Value::Array(given), Value::Array(typed)) => {
            for (given, typed) in given.iter().zip(typed) {
                differ(given, typed, fields, path, found);
            }
        }
        _ => {}
    }
}

fn inner(ty: &Type) -> &Type {
    match ty {
        Type::List(ty) => inner(ty),
        other => other,
    }
}

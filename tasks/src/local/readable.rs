//! States for people to read and change: policy documents written out rather than as text.

use serde_json::Value;

use super::{State, state::DocumentText};

impl State {
    /// The state as JSON with policy documents written out, and without what it was seeded with.
    pub(super) fn readable(&self) -> Value {
        let mut state = self.clone();
        state.seed = None;
        let mut value = serde_json::to_value(&state).unwrap_or_default();
        for role in list(&mut value, "roles") {
            write_out(role.get_mut("assumeRolePolicyDocument"));
            write_out_all(role.get_mut("inlinePolicies"));
        }
        for policy in list(&mut value, "managedPolicies") {
            write_out_all(policy.get_mut("versions"));
        }
        value
    }

    /// Takes over the very text of each document of `other` that means the same here.
    pub(super) fn keep_texts_of(&mut self, other: &Self) {
        for role in self.roles.iter_mut() {
            let Some(before) = other.roles.get(&role.name) else { continue };
            let trust = &before.assume_role_policy_document;
            keep(&mut role.assume_role_policy_document, Some(trust));
            for (name, document) in &mut role.inline_policies {
                keep(document, before.inline_policies.get(name));
            }
        }
        for policy in &mut self.managed_policies {
            let before = other.managed_policies.iter().find(|before| before.arn == policy.arn);
            for (version, document) in &mut policy.versions {
                keep(document, before.and_then(|before| before.versions.get(version)));
            }
        }
    }
}

fn list<'a>(value: &'a mut Value, key: &str) -> impl Iterator<Item = &'a mut Value> {
    value.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten()
}

fn write_out_all(documents: Option<&mut Value>) {
    for document in
        documents.and_then(Value::as_object_mut).into_iter().flat_map(|d| d.values_mut())
    {
        write_out(Some(document));
    }
}

fn write_out(document: Option<&mut Value>) {
    if let Some(document) = document
        && let Some(text) = document.as_str()
        && let Ok(parsed) = serde_json::from_str(text)
    {
        *document = parsed;
    }
}

fn keep(document: &mut DocumentText, before: Option<&DocumentText>) {
    let meaning = |text: &DocumentText| serde_json::from_str::<Value>(&text.0).ok();
    if let Some(before) = before
        && meaning(before) == meaning(document)
    {
        document.clone_from(before);
    }
}

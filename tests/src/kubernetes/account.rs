//! The machines of the embedded account.

use std::{fs, path::Path};

use serde_json::Value;

use super::Machine;

/// The machines that an embedded account's file holds: each instance of an instance group that runs,
/// bastions aside, which are no nodes.
///
/// # Panics
///
/// Where the file is there and is no JSON.
pub fn machines(account: &Path) -> Vec<Machine> {
    let Ok(text) = fs::read_to_string(account) else { return Vec::new() };
    let account: Value = serde_json::from_str(&text).expect("an account is JSON");
    let instances = account["instances"].as_array().map(Vec::as_slice).unwrap_or_default();
    let running = instances.iter().filter(|instance| instance["state"] == "running");
    running.filter_map(machine).collect()
}

fn machine(instance: &Value) -> Option<Machine> {
    let tags = instance["tags"].as_object()?;
    let group = tags.get("kops.k8s.io/instancegroup")?.as_str()?;
    let roles = ["control-plane", "apiserver", "node"];
    let has = |role: &&str| tags.contains_key(&format!("k8s.io/role/{role}"));
    let role = roles.into_iter().find(has)?;
    Some(Machine::new(instance["id"].as_str()?, group, role))
}

//! The embedded account's rules, its files and its faults.

mod contract;
mod faults;
mod files;
mod instances;
mod rules;
mod seeds;

use serde_json::{Value, json};

use super::{Account, State};

/// An account seeded so, in memory.
fn account(seed: &Value) -> Account {
    Account::in_memory(State::from_value(seed).expect("the seed is sound"))
}

/// An empty account in memory.
fn empty() -> Account {
    account(&json!({}))
}

fn trust() -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "ec2.amazonaws.com" },
            "Action": "sts:AssumeRole"
        }]
    })
    .to_string()
}

fn policy() -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": ["s3:Get*"], "Resource": ["*"] }]
    })
    .to_string()
}

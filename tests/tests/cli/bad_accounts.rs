//! Account files and seeds that are wrong.

use serde_json::{Value, json};

use crate::{
    bad_input::{Case, UPDATE, as_it_is, told},
    shell::{ACCOUNT, Shell},
};

const SEED: &str = "toolbox account init --seed seed.json";

fn with_account(shell: Shell, text: &str) -> Shell {
    shell.with_file(ACCOUNT, text)
}

fn with_seed(shell: Shell, seed: &Value) -> Shell {
    shell.with_file("seed.json", seed.to_string())
}

#[test]
fn account_files() {
    const SHOW: &str = "toolbox account show";
    let cases: &[Case<'_>] = &[
        ("there is no account", as_it_is, SHOW),
        ("there is none to reset", as_it_is, "toolbox account reset"),
        ("there is one already", |s| s.with_account(&json!({})), "toolbox account init"),
        ("it is not JSON", |s| with_account(s, "accountId: 1\n"), UPDATE),
        (
            "it is cut off",
            |s| with_account(s, "{\n  \"accountId\": \"123456789012\",\n  \"roles\": ["),
            UPDATE,
        ),
        ("it is empty", |s| with_account(s, ""), SHOW),
        ("it is not UTF-8", |s| s.with_file(ACCOUNT, b"{\n\"accountId\": \"\xff\"}"), SHOW),
        (
            "it is of a later version",
            |s| with_account(s, r#"{ "schemaVersion": 99, "news": true }"#),
            UPDATE,
        ),
        ("it is a folder", |s| s.with_file(".cloudup/account.json/x", ""), UPDATE),
        ("its folder is a file", |s| s.with_file(".cloudup", ""), UPDATE),
        ("it is a manifest", as_it_is, "--cloud local:cluster.yaml update -f cluster.yaml"),
        (
            "several things are wrong",
            |s| with_account(s, r#"{ "rolls": [], "accountId": 12, "quotas": { "tags": -1 } }"#),
            UPDATE,
        ),
    ];
    insta::assert_snapshot!(told(cases));
}

#[test]
fn seeds() {
    let cases: &[Case<'_>] = &[
        ("it is not there", as_it_is, SEED),
        ("it is a folder", as_it_is, "toolbox account init --seed ."),
        ("it is not UTF-8", |s| s.with_file("seed.json", b"{}\n\xff"), SEED),
        ("it is not JSON", |s| s.with_file("seed.json", "{ 'roles': [] }"), SEED),
        ("it is a list", |s| with_seed(s, &json!([])), SEED),
        (
            "keys, effects and types are wrong",
            |s| {
                with_seed(
                    s,
                    &json!({
                        "acountId": "123456789012",
                        "faults": [{ "efect": "deny" }, { "effect": "throtle", "times": -1 }],
                        "roles": [{ "nam": "nodes" }, "nodes"],
                    }),
                )
            },
            SEED,
        ),
        (
            "AWS would not have it",
            |s| {
                with_seed(
                    s,
                    &json!({
                        "accountId": "12345",
                        "roles": [
                            { "name": "a b", "inlinePolicies": { "p": { "Statement": [] } } },
                            { "name": "nodes", "attachedPolicies": ["arn:aws:iam::123456789012:policy/none"] },
                        ],
                        "faults": [{ "effect": "deny", "probability": 2.0 }],
                    }),
                )
            },
            SEED,
        ),
        (
            "a name is there twice",
            |s| with_seed(s, &json!({ "roles": [{ "name": "a" }, { "name": "A" }] })),
            SEED,
        ),
    ];
    insta::assert_snapshot!(told(cases));
}

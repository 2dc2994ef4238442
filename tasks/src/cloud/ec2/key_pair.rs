//! Key pairs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cloud::iam::Tags;

/// A key pair, of which EC2 keeps the public half. Its JSON is also the embedded account's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyPair {
    /// Its name.
    pub name: String,
    /// Its id: `key-…`. In the embedded account by default the account's next.
    #[serde(default)]
    pub id: String,
    /// The public key as OpenSSH writes it, where EC2 tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

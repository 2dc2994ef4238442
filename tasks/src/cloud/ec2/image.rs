//! Images and instance types.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A machine image. Its JSON is also the embedded account's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Image {
    /// Its id: `ami-…`.
    pub id: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// The twelve digits of the account that it belongs to.
    #[serde(default)]
    pub owner_id: String,
    /// The device of its root volume: `/dev/xvda`.
    #[serde(default = "default_root")]
    pub root_device_name: String,
    /// `x86_64` or `arm64`.
    #[serde(default)]
    pub architecture: String,
    /// When it was made, as ISO 8601 writes it.
    #[serde(default)]
    pub creation_date: String,
}

fn default_root() -> String {
    "/dev/xvda".to_owned()
}

/// Which images are asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ImageQuery {
    /// The one with that id.
    Id(String),
    /// Those of a name that one account owns.
    Named {
        /// The account's twelve digits, or `self` or `amazon`.
        owner: String,
        /// The name.
        name: String,
    },
}

/// An instance type. Its JSON is also the embedded account's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct InstanceType {
    /// Its name: `t3.medium`.
    pub name: String,
    /// What its processors run: `x86_64`, `arm64`.
    pub architectures: Vec<String>,
    /// How many virtual processors it has.
    pub vcpus: i32,
    /// How much memory it has, in MiB.
    #[serde(rename = "memoryMiB")]
    pub memory_mib: i64,
    /// Whether it has GPUs.
    pub gpu: bool,
    /// How many disks of its own it has.
    pub instance_store_disks: i32,
}

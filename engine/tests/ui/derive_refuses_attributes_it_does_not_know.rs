//! All mistakes in the attributes of a struct, at once.

use cloudup_engine::Diff;

#[derive(Diff)]
struct Role {
    #[diff(imutable)]
    name: String,
    #[diff(skip, immutable)]
    path: String,
    #[diff(rename = "")]
    tags: String,
    #[diff(rename)]
    boundary: String,
    trust: String,
    #[diff(rename = "trust")]
    policy: String,
}

fn main() {}

//! Code that takes the changes apart is told of a field that it forgot.

use cloudup_engine::Diff;

#[derive(Diff)]
struct Role {
    tags: String,
    path: String,
}

fn update(changes: RoleChanges<'_>) {
    let RoleChanges { tags } = changes;
    drop(tags);
}

fn main() {}

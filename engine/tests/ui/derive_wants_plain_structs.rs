//! What `Diff` cannot be derived for.

use cloudup_engine::Diff;

#[derive(Diff)]
enum Kind {
    Role,
}

#[derive(Diff)]
struct Pair(String, String);

#[derive(Diff)]
struct Any<T> {
    value: T,
}

#[derive(Diff)]
struct Nothing {
    #[diff(skip)]
    name: String,
}

#[derive(Diff)]
struct Opaque {
    value: fn(),
}

fn main() {}

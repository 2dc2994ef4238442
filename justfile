# One door: everything that is run on this project is a recipe here, and CI runs the same recipes.

set shell := ["bash", "-euo", "pipefail", "-c"]

# List the recipes.
default:
    @just --list

# Everything CI checks.
check: format lint test docs book deny package

# The sources are formatted.
format:
    cargo fmt --all --check

# Clippy has nothing to say.
lint:
    cargo clippy --workspace --all-targets -- --deny warnings

# All tests, as the README gives them.
test:
    cargo test --workspace

# Fuzz what reads manifests and policies, SECONDS altogether. What it finds goes to tests/fuzz/found.
fuzz seconds="60":
    tests/fuzz/run {{seconds}}

# The documentation builds without warnings.
docs:
    RUSTDOCFLAGS="--deny warnings" cargo doc --workspace --no-deps

# The book, as a site in target/book.
book:
    mkdir -p target
    mdbook build docs 2>&1 | tee target/book.log
    ! grep -E 'WARN|ERROR' target/book.log

# Licences and sources; security advisories too, where their database can be reached.
deny:
    cargo deny --all-features check bans licenses sources
    if cargo deny fetch db; then cargo deny --all-features check advisories; else echo "WARNING: the advisory database cannot be reached: advisories were not checked"; fi

# The crates can be published: their files and what is said of them are in order.
package:
    cargo package --workspace --exclude cloudup-tests --no-verify --allow-dirty

# Plan, apply and plan again on the embedded account.
demo:
    cargo run --quiet -- --cloud local:target/demo.json update cluster -f examples/demo.example.com.yaml --yes
    cargo run --quiet -- --cloud local:target/demo.json update cluster -f examples/demo.example.com.yaml

# Compare with what kOps makes of the clusters in FOLDER (cases/*, run.py).
conformance folder *options:
    cargo build --workspace --bin cloudup --test cli
    python3 {{folder}}/run.py --bin "${CARGO_TARGET_DIR:-target}/debug/cloudup" {{options}} {{folder}}/cases

# What the binary weighs when optimised.
release:
    cargo build --release --bin cloudup
    ls -l "${CARGO_TARGET_DIR:-target}/release/cloudup"

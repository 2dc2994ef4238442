//! Every input that the fuzz targets start from, and every one that they found something with,
//! once.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

#[path = "../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "it is a crate of its own, too")]
mod checks;

/// What one input may take, without optimisation on a busy machine.
const LIMIT: Duration = Duration::from_secs(20);

fn inputs(target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let mut inputs: Vec<_> = ["corpus", "found"]
        .into_iter()
        .filter_map(|kind| fs::read_dir(folder.join(kind).join(target)).ok())
        .flatten()
        .map(|entry| entry.unwrap().path())
        .collect();
    inputs.sort();
    inputs
}

fn replay(target: &str, check: checks::Check) {
    let inputs = inputs(target);
    assert!(!inputs.is_empty(), "{target} has no inputs");
    for path in inputs {
        let start = Instant::now();
        let data = fs::read(&path).unwrap();
        let checked = std::panic::catch_unwind(|| check(&data));
        assert!(checked.is_ok(), "{} is an input that something is wrong with", path.display());
        assert!(start.elapsed() < LIMIT, "{} takes {:?}", path.display(), start.elapsed());
    }
}

#[test]
fn what_was_found_stays_mended() {
    for (target, check) in checks::TARGETS {
        replay(target, check);
    }
}

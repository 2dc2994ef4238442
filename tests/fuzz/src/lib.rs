//! What must hold for every input, whatever it is. A check panics where it does not.
//!
//! The fuzz targets call these without end; the tests of `cloudup-tests` call them once for every
//! input in `corpus` and `found`.

mod access;
mod manifest;
mod policy;

pub use access::access;
pub use manifest::manifest;
pub use policy::policy;

/// A check by the name of its target.
pub type Check = fn(&[u8]);

/// Every target: its name, which is that of its folders too, and its check.
pub const TARGETS: [(&str, Check); 3] =
    [("access", access), ("manifest", manifest), ("policy", policy)];

/// What to read as text: what is not UTF-8 is refused before it gets to us.
fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

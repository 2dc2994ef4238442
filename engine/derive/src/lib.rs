//! The derive behind `cloudup_engine::Diff`.

mod diff;
mod field;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Compares two values of a struct field by field.
///
/// Besides `Diff` it makes a struct named after this one with `Changes` at its end, which has an
/// optional `Delta` for each compared field.
///
/// A field may carry
///
/// - `#[diff(immutable)]`: a difference is refused, since it can only be set at creation;
/// - `#[diff(skip)]`: never compared nor shown, though its inputs still count;
/// - `#[diff(rename = "...")]`: what plans call it.
#[proc_macro_derive(Diff, attributes(diff))]
pub fn derive_diff(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    diff::expand(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}

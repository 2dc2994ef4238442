//! The derive behind `cloudup_engine::Diff`.

mod diff;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Compares two values of a struct field by field.
///
/// A field may carry `#[diff(immutable)]` (a difference is refused) or
/// `#[diff(skip)]` (never compared, though its inputs still count).
#[proc_macro_derive(Diff, attributes(diff))]
pub fn derive_diff(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    diff::expand(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}

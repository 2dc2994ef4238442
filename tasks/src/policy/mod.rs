//! The IAM policy document: typed and lossless.
//!
//! [`Document`] keeps everything the
//! [policy grammar](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html)
//! allows. Two documents are equal when they mean the same, however they are written.

mod document;

pub use document::{
    Condition, Document, DocumentError, Effect, OneOrMany, Principal, PrincipalMap, Statement,
};

//! The IAM policy document: typed and lossless.
//!
//! [`Document`] keeps everything the
//! [policy grammar](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html)
//! allows. Two documents are equal when they mean the same, however they are written. What a
//! document comes to are its [`Grant`]s; [`AccessDiff`] says what a change gives and takes.
//!
//! Reading reports every mistake with its place:
//!
//! ```
//! use cloudup_tasks::policy::Document;
//!
//! let error = Document::parse(r#"{"Statement": [{"Efect": "Allow", "Action": "GetObject"}]}"#)
//!     .unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "Statement[0].Efect: is not a member that a policy has here \
//!      (did you mean `Effect`?) at line 1, column 17; \
//!      Statement[0].Action: `GetObject` is not an action \
//!      (write it as `service:Action`, such as `ec2:DescribeRegions`) at line 1, column 45"
//! );
//! ```

mod access;
mod any;
mod budget;
mod check;
mod cover;
mod document;
mod error;
mod glob;
mod grant;
mod interim;
mod json;
mod minimise;
mod parse;
mod principal;
mod reader;
mod slips;
mod statement;
mod syntax;
mod values;
mod weaker;

pub use access::{AccessDiff, Change, Reason, Unknown, union};
pub use any::AnyDocument;
pub use budget::OverBudget;
pub use check::DocumentUse;
pub use document::Document;
pub use error::{DocumentError, Mistake, Position};
pub use grant::{ActionName, Grant, Names};
pub(crate) use interim::{Interim, Replacement};
pub use minimise::{Minimised, Unproven};
pub use principal::{Principal, PrincipalKind};
pub use statement::{Choice, Condition, Effect, Statement};
pub use values::Values;

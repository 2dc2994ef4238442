//! kOps manifests: `Cluster` and `InstanceGroup` documents of `kops.k8s.io/v1alpha2`.
//!
//! [`Manifest::read`] takes the text of files and gives clusters with their instance groups, or
//! everything that is wrong with them at once. Reading is strict: a field that kOps does not know,
//! a value of the wrong type and whatever contradicts itself is a [`Mistake`] with its place and,
//! where there is one, a hint. Fields that kOps knows and this version does not act on are kept in
//! the document's raw value and named in one [`Notice`].
//!
//! ```
//! use cloudup::manifest::Manifest;
//!
//! let text = "
//! apiVersion: kops.k8s.io/v1alpha2
//! kind: Cluster
//! metadata:
//!   name: demo.example.com
//! spec:
//!   cloudProvider: aws
//!   configBase: s3://state/demo.example.com
//!   subnet: []
//! ";
//! let errors = Manifest::read(&[("cluster.yaml", text)]).unwrap_err();
//! assert_eq!(
//!     errors.to_string(),
//!     "error: there is no field \"subnet\"\n  \
//!        --> cluster.yaml:9:3, document 1, spec.subnet\n  \
//!        hint: did you mean \"subnets\"?"
//! );
//! ```

mod classify;
mod decode;
mod difference;
mod document;
mod excerpt;
mod mistake;
mod paths;
mod read;
#[cfg(test)]
mod reference;
mod schema;
mod set;
mod source;
pub mod spec;
mod suggest;
mod unused;
mod validate;
mod yaml;

pub use difference::Difference;
pub use document::{Cluster, InstanceGroup, Object};
pub use excerpt::Excerpt;
pub use mistake::{ManifestErrors, Mistake, Notice, Place};
pub use paths::FieldPath;
pub use read::{Home, ReadError};
#[cfg(test)]
pub(crate) use schema::has_field;
pub use set::{Fielded, SetError};
pub use source::Source;
pub(crate) use suggest::did_you_mean;

/// A value as YAML, in block style, as manifests are written.
pub fn to_yaml(value: &serde_json::Value) -> String {
    yaml::emit(value)
}

/// What manifests hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// The clusters, with their instance groups, in the order given.
    pub clusters: Vec<Cluster>,
    /// Instance groups whose cluster is not among the documents. Empty where there is a cluster.
    pub groups: Vec<InstanceGroup>,
    /// `SSHCredential` documents.
    pub credentials: Vec<Object>,
    /// Documents that are not kOps' own; kOps adds them to the cluster as they are.
    pub additional: Vec<Object>,
    /// What is worth knowing.
    pub notices: Vec<Notice>,
}

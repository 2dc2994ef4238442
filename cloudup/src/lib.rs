//! kOps manifests in, the instance IAM of a Kubernetes cluster on AWS out.

pub mod environment;
pub mod kinds;
pub mod manifest;
pub mod names;
pub mod partition;
pub mod phase;
pub mod policy;
pub mod tags;

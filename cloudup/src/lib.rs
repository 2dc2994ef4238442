//! kOps manifests in, the instance IAM of a Kubernetes cluster on AWS out.

pub mod manifest;

//! kOps manifests in, the network and the IAM of a Kubernetes cluster on AWS out.
//!
//! Read a [`Manifest`](manifest::Manifest), [`prepare`](update::Update::prepare) an update of one
//! of its clusters, then plan or apply it; [`dump`] says what the cluster owns in the account.

mod access;
mod because;
pub mod boundaries;
pub mod drift;
pub mod dump;
pub mod environment;
pub mod explain;
pub mod group_roles;
pub mod issuer;
pub mod kinds;
pub mod kubernetes;
pub mod manifest;
pub mod model;
pub mod names;
pub mod overflow;
pub mod overrides;
pub mod page;
pub mod partition;
pub mod phase;
pub mod picture;
pub mod plan;
pub mod policy;
pub mod record;
pub mod removal;
pub mod rolling_update;
pub mod service_accounts;
pub mod ssh;
pub mod store;
pub mod subnets;
pub mod update;

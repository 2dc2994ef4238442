//! kOps manifests: `Cluster` and `InstanceGroup` documents of `kops.k8s.io/v1alpha2`.

pub mod spec;

//! Rolling updates, over an embedded account and a Kubernetes that follows it.

mod crashes;
mod properties;
mod runs;
mod world;

use std::fmt::Write as _;

use crate::manifest::{Cluster, Manifest};

pub(super) const CLUSTER: &str = "demo.example.com";

/// A cluster with these groups: name, role and size of each.
pub(super) fn cluster(groups: &[(&str, &str, usize)]) -> Cluster {
    let mut text = format!(
        "apiVersion: kops.k8s.io/v1alpha2
kind: Cluster
metadata: {{ name: {CLUSTER} }}
spec:
  cloudProvider: aws
  configBase: s3://state/{CLUSTER}
  subnets: [{{ name: a, zone: us-east-1a, type: Public }}]
"
    );
    for (name, role, size) in groups {
        let _ = write!(
            text,
            "---
apiVersion: kops.k8s.io/v1alpha2
kind: InstanceGroup
metadata: {{ name: {name}, labels: {{ kops.k8s.io/cluster: {CLUSTER} }} }}
spec:
  role: {role}
  image: ami-12345678
  machineType: t3.medium
  minSize: {size}
  maxSize: {}
  subnets: [a]
",
            if *role == "Master" { *size } else { size + 5 }
        );
    }
    let read = Manifest::read(&[("tests.yaml".to_owned(), text)]);
    read.unwrap_or_else(|errors| panic!("{errors}")).clusters.remove(0)
}

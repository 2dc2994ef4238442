//! Who may take on a role.

use cloudup_tasks::policy::{Document, Principal, Statement};

use crate::partition::ec2_service;

/// Instances of EC2 in `region` may take the role on.
pub fn instance_trust(region: &str) -> Document {
    Document::new([Statement::allow("Instances")
        .principal(Principal::service(ec2_service(region)))
        .actions(["sts:AssumeRole"])])
}

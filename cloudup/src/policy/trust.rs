//! Who may take on a role.

use cloudup_tasks::policy::{Document, Effect, OneOrMany, Principal, PrincipalMap, Statement};

use crate::partition::ec2_service;

/// Instances of EC2 in `region` may take the role on.
pub fn instance_trust(region: &str) -> Document {
    let ec2 = OneOrMany::One(ec2_service(region));
    Document {
        version: Some("2012-10-17".to_owned()),
        id: None,
        statements: vec![Statement {
            sid: Some("Instances".to_owned()),
            effect: Effect::Allow,
            principal: Some(Principal::Of(PrincipalMap::from([("Service".to_owned(), ec2)]))),
            not_principal: None,
            action: Some(OneOrMany::One("sts:AssumeRole".to_owned())),
            not_action: None,
            resource: None,
            not_resource: None,
            condition: None,
        }],
    }
}

//! Security groups that controllers make for their load balancers.

use cloudup_tasks::policy::Condition;

use super::permissions::Permissions;

/// Makes and tags security groups, in any VPC. `purpose` says for which controller.
pub(super) fn create(to: &mut Permissions<'_>, purpose: &str) {
    to.creating_tagged("LoadBalancersCreate", purpose, &["ec2:CreateSecurityGroup"]);
    // A new group's VPC is a resource of the request too, and carries no tag of ours.
    let vpcs = to.scope.ec2_arn("vpc");
    to.allow(
        "SecurityGroupsInVpc",
        purpose,
        &["ec2:CreateSecurityGroup"],
        [vpcs],
        Condition::new(),
    );
    to.tags(
        ["SecurityGroupsTagNew", "SecurityGroupsTag"],
        purpose,
        &["CreateSecurityGroup"],
        &["security-group"],
    );
}

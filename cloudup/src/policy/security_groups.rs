//! Security groups that controllers make for their load balancers.

use cloudup_tasks::policy::Condition;

use super::permissions::Permissions;

/// Makes and tags security groups, in any VPC.
pub(super) fn create(to: &mut Permissions<'_>) {
    to.creating_tagged(
        "LoadBalancersCreate",
        "Load balancers have security groups, which their controller makes",
        &["ec2:CreateSecurityGroup"],
    );
    // A new group's VPC is a resource of the request too, and carries no tag of ours.
    let vpcs = to.scope.ec2_arn("vpc");
    to.allow(
        "SecurityGroupsInVpc",
        "Load balancers have security groups, which their controller makes in the cluster's VPC",
        &["ec2:CreateSecurityGroup"],
        [vpcs],
        Condition::new(),
    );
    to.tags(
        ["SecurityGroupsTagNew", "SecurityGroupsTag"],
        "Load balancers have security groups, which their controller tags",
        &["CreateSecurityGroup"],
        &["security-group"],
    );
}

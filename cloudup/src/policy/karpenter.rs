//! Karpenter, which starts and stops instances by itself.

use cloudup_tasks::policy::Condition;

use super::permissions::{Permissions, only_if, require};
use crate::{
    manifest::{
        Cluster,
        spec::{Manager, Role},
    },
    names, partition,
};

/// What of EC2 is made in starting an instance, in EC2's words.
const MADE: [&str; 6] = [
    "fleet",
    "instance",
    "launch-template",
    "network-interface",
    "spot-instances-request",
    "volume",
];

/// What its groups ask of Karpenter.
pub(super) struct Needs {
    /// Some group brings an instance profile of its own, with a role we know nothing of.
    any_role: bool,
    /// Some group's root volumes are encrypted with a key of the user's.
    keys: bool,
}

impl Needs {
    /// What the workers that Karpenter starts need it to do.
    pub(super) fn of(cluster: &Cluster) -> Self {
        let mut groups = cluster
            .groups
            .iter()
            .map(|group| &group.spec)
            .filter(|group| group.manager == Manager::Karpenter && group.role == Role::Node);
        Self {
            any_role: groups.clone().any(|group| group.iam.profile.is_some()),
            keys: groups.any(|group| {
                group.root_volume_encryption == Some(true)
                    && group.root_volume_encryption_key.is_some()
            }),
        }
    }
}

/// Looks for what fits, starts instances of the cluster's workers and stops them.
pub(super) fn instances(to: &mut Permissions<'_>, needs: &Needs) {
    if needs.keys {
        super::kms::grants(to);
        super::kms::data_via_services(to);
    }
    to.anywhere(
        "KarpenterOffers",
        &[
            "ec2:DescribeCapacityReservations",
            "ec2:DescribeImages",
            "ec2:DescribeInstanceStatus",
            "ec2:DescribeInstanceTypeOfferings",
            "ec2:DescribeInstanceTypes",
            "ec2:DescribeInstances",
            "ec2:DescribeLaunchTemplates",
            "ec2:DescribePlacementGroups",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSpotPriceHistory",
            "ec2:DescribeSubnets",
            "iam:GetInstanceProfile",
            "iam:ListInstanceProfiles",
            "pricing:GetProducts",
            "ssm:GetParameter",
        ],
    );
    start(to);
    tag(to);
    let stopped = ["instance", "launch-template"].map(|name| to.scope.ec2_arn(name));
    let ours = of_a_pool(to.resource_is_tagged(), "aws:ResourceTag");
    let actions = ["ec2:DeleteLaunchTemplate", "ec2:TerminateInstances"];
    to.allow("KarpenterStop", &actions, stopped, ours);
    pass_role(to, needs.any_role);
}

fn start(to: &mut Permissions<'_>) {
    const START: [&str; 2] = ["ec2:CreateFleet", "ec2:RunInstances"];
    let found = ["capacity-reservation", "security-group", "subnet"];
    let found = found.map(|name| to.scope.ec2_arn(name));
    let images = ["image", "snapshot"].map(|name| to.scope.shared_ec2_arn(name));
    to.allow("KarpenterStartWith", &START, found.into_iter().chain(images), Condition::new());

    let ours = of_a_pool(to.resource_is_tagged(), "aws:ResourceTag");
    let templates = to.scope.ec2_arn("launch-template");
    to.allow("KarpenterStartFrom", &START, [templates], ours);

    let made_for_us = of_a_pool(to.request_tags(), "aws:RequestTag");
    let made = MADE.map(|name| to.scope.ec2_arn(name));
    let actions = ["ec2:CreateFleet", "ec2:CreateLaunchTemplate", "ec2:RunInstances"];
    to.allow("KarpenterStart", &actions, made, made_for_us);
}

fn tag(to: &mut Permissions<'_>) {
    let made = MADE.map(|name| to.scope.ec2_arn(name));
    let mut made_for_us = of_a_pool(to.request_tags(), "aws:RequestTag");
    let creating = ["CreateFleet", "CreateLaunchTemplate", "RunInstances"];
    require(&mut made_for_us, "StringEquals", "ec2:CreateAction", &creating);
    to.allow("KarpenterTagNew", &["ec2:CreateTags"], made.clone(), made_for_us);

    let ours_and_kept = of_a_pool(to.resource_stays_tagged(), "aws:ResourceTag");
    to.allow("KarpenterTag", &["ec2:CreateTags", "ec2:DeleteTags"], made, ours_and_kept);
}

/// Hands the workers' role to the instances it starts, whichever account it is in, as kOps has it.
fn pass_role(to: &mut Permissions<'_>, any_role: bool) {
    let role =
        if any_role { "*".to_owned() } else { names::instance_role(Role::Node, to.scope.cluster) };
    let role = format!("arn:{}:iam::*:role/{role}", to.scope.partition);
    let ec2 = partition::ec2_service(to.scope.region);
    let to_ec2 = only_if("StringEquals", "iam:PassedToService", &[&ec2]);
    to.allow("KarpenterPassRole", &["iam:PassRole"], [role], to_ec2);
}

/// Also tagged as belonging to one of Karpenter's pools of nodes.
fn of_a_pool(mut condition: Condition, whose: &str) -> Condition {
    require(&mut condition, "StringLike", &format!("{whose}/karpenter.sh/nodepool"), &["*"]);
    condition
}

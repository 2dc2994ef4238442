//! Karpenter, which starts and stops instances by itself.

use cloudup_tasks::policy::Condition;

use super::permissions::{Permissions, only_if, require};
use crate::{
    because::{Asked, Because},
    group_roles,
    manifest::{
        Cluster, InstanceGroup,
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

const STARTS: &str = "Karpenter starts instances for pods that wait";
const TAGS: &str = "Karpenter tags the instances it starts, and what belongs to them";

/// What its groups ask of Karpenter.
pub(super) struct Needs {
    /// Some group brings an instance profile of its own, with a role we know nothing of.
    any_role: Asked,
    /// The roles that groups have for themselves, by name.
    own_roles: Vec<(String, Because)>,
    /// Some group's root volumes are encrypted with a key of the user's.
    keys: Asked,
}

impl Needs {
    /// What the workers that Karpenter starts need it to do.
    pub(super) fn of(cluster: &Cluster) -> Self {
        let groups = cluster.groups.iter().filter(|group| {
            group.spec.manager == Manager::Karpenter && group.spec.role == Role::Node
        });
        let any_role = |group: &&InstanceGroup| group.spec.iam.profile.is_some();
        let keys = |group: &&InstanceGroup| {
            group.spec.root_volume_encryption == Some(true)
                && group.spec.root_volume_encryption_key.is_some()
        };
        let own_roles = groups.clone().filter(|group| group_roles::has_own(group)).map(|group| {
            let name = names::group_role(group.name(), Role::Node, cluster.name());
            (name, group_roles::because(group))
        });
        Self {
            own_roles: own_roles.collect(),
            any_role: groups
                .clone()
                .filter(any_role)
                .map(|group| Because::of_group(group, "spec.iam.profile"))
                .collect(),
            keys: groups
                .filter(keys)
                .map(|group| {
                    Because::of_group(group, "spec.rootVolumeEncryption")
                        .and(Because::of_group(group, "spec.rootVolumeEncryptionKey"))
                })
                .collect(),
        }
    }
}

/// Looks for what fits, starts instances of the cluster's workers and stops them.
pub(super) fn instances(to: &mut Permissions<'_>, needs: &Needs) {
    to.because(&needs.keys, |to| {
        let purpose = "Karpenter starts instances whose root volumes are encrypted";
        super::kms::grants(to, purpose);
        super::kms::data_via_services(to, purpose);
    });
    to.anywhere(
        "KarpenterOffers",
        "Karpenter looks for instance types, images and networks that fit",
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
    let stop = "Karpenter stops the instances it has started";
    to.allow("KarpenterStop", stop, &actions, stopped, ours);
    if needs.any_role.is_empty() {
        let workers = names::instance_role(Role::Node, to.scope.cluster);
        pass_role(to, &workers);
        for (name, because) in &needs.own_roles {
            to.because(std::slice::from_ref(because), |to| pass_role(to, name));
        }
    }
    to.because(&needs.any_role, |to| pass_role(to, "*"));
}

fn start(to: &mut Permissions<'_>) {
    const START: [&str; 2] = ["ec2:CreateFleet", "ec2:RunInstances"];
    let found = ["capacity-reservation", "security-group", "subnet"];
    let found = found.map(|name| to.scope.ec2_arn(name));
    let images = ["image", "snapshot"].map(|name| to.scope.shared_ec2_arn(name));
    to.allow(
        "KarpenterStartWith",
        STARTS,
        &START,
        found.into_iter().chain(images),
        Condition::new(),
    );

    let ours = of_a_pool(to.resource_is_tagged(), "aws:ResourceTag");
    let templates = to.scope.ec2_arn("launch-template");
    to.allow("KarpenterStartFrom", STARTS, &START, [templates], ours);

    let made_for_us = of_a_pool(to.request_tags(), "aws:RequestTag");
    let made = MADE.map(|name| to.scope.ec2_arn(name));
    let actions = ["ec2:CreateFleet", "ec2:CreateLaunchTemplate", "ec2:RunInstances"];
    to.allow("KarpenterStart", STARTS, &actions, made, made_for_us);
}

fn tag(to: &mut Permissions<'_>) {
    let made = MADE.map(|name| to.scope.ec2_arn(name));
    let mut made_for_us = of_a_pool(to.request_tags(), "aws:RequestTag");
    let creating = ["CreateFleet", "CreateLaunchTemplate", "RunInstances"];
    require(&mut made_for_us, "StringEquals", "ec2:CreateAction", &creating);
    to.allow("KarpenterTagNew", TAGS, &["ec2:CreateTags"], made.clone(), made_for_us);

    let ours_and_kept = of_a_pool(to.resource_stays_tagged(), "aws:ResourceTag");
    to.allow("KarpenterTag", TAGS, &["ec2:CreateTags", "ec2:DeleteTags"], made, ours_and_kept);
}

/// Hands a role to the instances it starts, whichever account it is in, as kOps has it.
fn pass_role(to: &mut Permissions<'_>, role: &str) {
    let role = format!("arn:{}:iam::*:role/{role}", to.scope.partition);
    let ec2 = partition::ec2_service(to.scope.region);
    let to_ec2 = only_if("StringEquals", "iam:PassedToService", &[&ec2]);
    let purpose = "Karpenter hands the workers' role to the instances it starts";
    to.allow("KarpenterPassRole", purpose, &["iam:PassRole"], [role], to_ec2);
}

/// Also tagged as belonging to one of Karpenter's pools of nodes.
fn of_a_pool(mut condition: Condition, whose: &str) -> Condition {
    require(&mut condition, "StringLike", &format!("{whose}/karpenter.sh/nodepool"), &["*"]);
    condition
}

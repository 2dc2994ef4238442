//! etcd-manager, which finds and attaches the volumes of etcd.

use super::permissions::{Permissions, require};

/// What etcd-manager needs.
pub(super) fn volumes(to: &mut Permissions<'_>) {
    to.anywhere(
        "Etcd",
        "etcd-manager finds the volumes of etcd, and the instances they are for",
        &["ec2:DescribeInstances", "ec2:DescribeVolumes"],
    );
    let mut of_the_control_plane = to.resource_is_tagged();
    let role_tag = "aws:ResourceTag/k8s.io/role/master";
    require(&mut of_the_control_plane, "StringEquals", role_tag, &["1"]);
    to.allow(
        "EtcdVolumes",
        "etcd-manager attaches the volumes of etcd",
        &["ec2:AttachVolume"],
        ["*".to_owned()],
        of_the_control_plane,
    );
}

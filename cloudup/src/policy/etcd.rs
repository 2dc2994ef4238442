//! etcd-manager, which finds and attaches the volumes of etcd.

use super::permissions::{Permissions, string_equals};

/// What etcd-manager needs.
pub(super) fn volumes(to: &mut Permissions<'_>) {
    to.anywhere("Etcd", &["ec2:DescribeInstances", "ec2:DescribeVolumes"]);
    let mut of_the_control_plane = to.resource_is_tagged();
    for (operator, keys) in string_equals("aws:ResourceTag/k8s.io/role/master", "1") {
        of_the_control_plane.entry(operator).or_default().extend(keys);
    }
    to.allow("EtcdVolumes", &["ec2:AttachVolume"], ["*".to_owned()], of_the_control_plane);
}

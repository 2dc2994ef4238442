//! The EBS CSI driver: volumes for pods, and snapshots of them.

use super::{kms, permissions::Permissions};

/// What volumes and their tags are made of, in EC2's words.
const TAGGED: [&str; 2] = ["snapshot", "volume"];

/// Makes, attaches, grows and deletes volumes.
pub(super) fn volumes(to: &mut Permissions<'_>) {
    kms::grants(to);
    kms::data_via_services(to);
    to.anywhere(
        "Volumes",
        &[
            "ec2:DescribeAvailabilityZones",
            "ec2:DescribeInstanceTypes",
            "ec2:DescribeInstances",
            "ec2:DescribeTags",
            "ec2:DescribeVolumeStatus",
            "ec2:DescribeVolumes",
            "ec2:DescribeVolumesModifications",
        ],
    );
    to.on_tagged(
        "VolumesOfCluster",
        &["ec2:AttachVolume", "ec2:DeleteVolume", "ec2:DetachVolume", "ec2:ModifyVolume"],
    );
    to.creating_tagged("VolumesCreate", &["ec2:CopyVolumes", "ec2:CreateVolume"]);
    to.tags("VolumesTagNew", "VolumesTag", &["CopyVolumes", "CreateVolume"], &TAGGED);
}

/// Makes, restores and deletes snapshots.
pub(super) fn snapshots(to: &mut Permissions<'_>) {
    to.anywhere(
        "Volumes",
        &["ec2:CreateSnapshot", "ec2:DescribeAvailabilityZones", "ec2:DescribeSnapshots"],
    );
    to.on_tagged("VolumesOfCluster", &["ec2:DeleteSnapshot", "ec2:EnableFastSnapshotRestores"]);
    to.creating_tagged("VolumesCreate", &["ec2:CreateSnapshot"]);
    let (snapshots, tagged) = (to.scope.ec2_arn("snapshot"), to.resource_is_tagged());
    to.allow("SnapshotsRestore", &["ec2:CreateVolume"], [snapshots], tagged);
    to.tags("SnapshotsTagNew", "VolumesTag", &["CreateSnapshot"], &TAGGED);
}

//! The EBS CSI driver: volumes for pods, and snapshots of them.

use super::{kms, permissions::Permissions};

/// What volumes and their tags are made of, in EC2's words.
const TAGGED: [&str; 2] = ["snapshot", "volume"];
const TAGS: &str = "The EBS CSI driver tags the volumes and snapshots it makes";

/// Makes, attaches, grows and deletes volumes.
pub(super) fn volumes(to: &mut Permissions<'_>) {
    kms::grants(to, "The EBS CSI driver has encrypted volumes attached");
    kms::data_via_services(to, "The EBS CSI driver makes encrypted volumes");
    to.anywhere(
        "Volumes",
        "The EBS CSI driver looks at volumes, and at the instances they are for",
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
        "The EBS CSI driver attaches, grows and deletes the cluster's volumes",
        &["ec2:AttachVolume", "ec2:DeleteVolume", "ec2:DetachVolume", "ec2:ModifyVolume"],
    );
    to.creating_tagged(
        "VolumesCreate",
        "The EBS CSI driver makes volumes for pods",
        &["ec2:CopyVolumes", "ec2:CreateVolume"],
    );
    let creating = ["CopyVolumes", "CreateVolume"];
    to.tags(["VolumesTagNew", "VolumesTag"], TAGS, &creating, &TAGGED);
}

/// Makes, restores and deletes snapshots.
pub(super) fn snapshots(to: &mut Permissions<'_>) {
    to.anywhere(
        "Volumes",
        "The EBS CSI driver makes and looks at snapshots of volumes",
        &["ec2:CreateSnapshot", "ec2:DescribeAvailabilityZones", "ec2:DescribeSnapshots"],
    );
    to.on_tagged(
        "VolumesOfCluster",
        "The EBS CSI driver deletes the cluster's snapshots",
        &["ec2:DeleteSnapshot", "ec2:EnableFastSnapshotRestores"],
    );
    to.creating_tagged(
        "VolumesCreate",
        "The EBS CSI driver makes snapshots of volumes",
        &["ec2:CreateSnapshot"],
    );
    let (snapshots, tagged) = (to.scope.ec2_arn("snapshot"), to.resource_is_tagged());
    to.allow(
        "SnapshotsRestore",
        "The EBS CSI driver makes volumes from snapshots",
        &["ec2:CreateVolume"],
        [snapshots],
        tagged,
    );
    to.tags(["SnapshotsTagNew", "VolumesTag"], TAGS, &["CreateSnapshot"], &TAGGED);
}

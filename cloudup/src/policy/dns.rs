//! The controllers that publish DNS records: dns-controller or external-dns.

use cloudup_tasks::policy::Condition;

use super::permissions::Permissions;

/// Writes records in the hosted zone of the given id.
pub(super) fn records(to: &mut Permissions<'_>, zone_id: &str) {
    let zone = to.scope.global_arn("route53", &format!("hostedzone/{zone_id}"));
    let changes = to.scope.global_arn("route53", "change/*");
    to.allow(
        "DnsRecords",
        "DNS records of the cluster are published in its hosted zone",
        &[
            "route53:ChangeResourceRecordSets",
            "route53:GetHostedZone",
            "route53:ListResourceRecordSets",
        ],
        [zone],
        Condition::new(),
    );
    to.allow(
        "DnsChanges",
        "Whoever publishes DNS records waits until they are there",
        &["route53:GetChange"],
        [changes],
        Condition::new(),
    );
    to.anywhere(
        "DnsZones",
        "Whoever publishes DNS records finds the hosted zone",
        &["route53:ListHostedZones", "route53:ListTagsForResource"],
    );
}

//! cert-manager, which proves to certificate authorities that a name is ours.

use cloudup_tasks::policy::Condition;

use super::permissions::{Permissions, require};

/// Answers DNS challenges in the hosted zones of these ids.
pub(super) fn challenges(to: &mut Permissions<'_>, zone_ids: &[String]) {
    let zones: Vec<_> = zone_ids
        .iter()
        .map(|id| to.scope.global_arn("route53", &format!("hostedzone/{id}")))
        .collect();
    let list = ["route53:ListResourceRecordSets"];
    let look = "cert-manager looks for the records it has made";
    to.allow("CertManagerRecords", look, &list, zones.clone(), Condition::new());
    let mut challenges = Condition::new();
    for (operator, key, value) in [
        ("ForAllValues:StringEquals", "ChangeResourceRecordSetsRecordTypes", "TXT"),
        (
            "ForAllValues:StringLike",
            "ChangeResourceRecordSetsNormalizedRecordNames",
            "_acme-challenge.*",
        ),
    ] {
        require(&mut challenges, operator, &format!("route53:{key}"), &[value]);
    }
    let change = ["route53:ChangeResourceRecordSets"];
    let answer = "cert-manager answers DNS challenges, which prove that a name is ours";
    to.allow("CertManagerChallenges", answer, &change, zones, challenges);
    let changes = to.scope.global_arn("route53", "change/*");
    let wait = "cert-manager waits until a record is published";
    to.allow("CertManagerChanges", wait, &["route53:GetChange"], [changes], Condition::new());
    let find = "cert-manager finds the hosted zone of a name";
    to.anywhere("CertManagerZones", find, &["route53:ListHostedZonesByName"]);
}

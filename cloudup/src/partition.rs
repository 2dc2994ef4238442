//! The parts AWS is divided into, and what differs between them.

/// What the names of regions in a part of AWS start with, and its DNS suffix; other regions are
/// the commercial part's. From the AWS SDKs' partition metadata.
const DNS_SUFFIXES: [(&str, &str); 7] = [
    ("cn-", "amazonaws.com.cn"),
    ("us-gov-", "amazonaws.com"),
    ("us-iso-", "c2s.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov"),
    ("eu-isoe-", "cloud.adc-e.uk"),
    ("us-isof-", "csp.hci.ic.gov"),
    ("eusc-", "amazonaws.eu"),
];

/// The domain that the AWS services of `region` are under.
pub fn dns_suffix(region: &str) -> &'static str {
    let known = DNS_SUFFIXES.iter().find(|(prefix, _)| region.starts_with(prefix));
    known.map_or("amazonaws.com", |(_, suffix)| suffix)
}

/// EC2 as the principal of a trust policy. It goes by the region, where ARNs go by the
/// partition of whoever calls.
///
/// ```
/// use cloudup::partition::ec2_service;
///
/// assert_eq!(ec2_service("eu-central-1"), "ec2.amazonaws.com");
/// assert_eq!(ec2_service("cn-north-1"), "ec2.amazonaws.com.cn");
/// ```
pub fn ec2_service(region: &str) -> String {
    format!("ec2.{}", dns_suffix(region))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ec2_is_called_by_its_regions_domain() {
        let table = [
            ("us-east-1", "ec2.amazonaws.com"),
            ("us-test-1", "ec2.amazonaws.com"),
            ("randomunknown", "ec2.amazonaws.com"),
            ("us-gov-east-1", "ec2.amazonaws.com"),
            ("cn-north-1", "ec2.amazonaws.com.cn"),
            ("cn-northwest-1", "ec2.amazonaws.com.cn"),
            ("us-iso-east-1", "ec2.c2s.ic.gov"),
            ("us-isob-east-1", "ec2.sc2s.sgov.gov"),
            ("eu-isoe-west-1", "ec2.cloud.adc-e.uk"),
            ("us-isof-south-1", "ec2.csp.hci.ic.gov"),
            ("eusc-de-east-1", "ec2.amazonaws.eu"),
        ];
        for (region, principal) in table {
            assert_eq!(ec2_service(region), principal, "{region}");
        }
    }
}

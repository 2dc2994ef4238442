//! The parts AWS is divided into, and what differs between them.

/// What the names of regions in a part of AWS start with, its partition and its DNS suffix; other
/// regions are the commercial part's. From the AWS SDKs' partition metadata.
const PARTS: [(&str, &str, &str); 7] = [
    ("cn-", "aws-cn", "amazonaws.com.cn"),
    ("us-gov-", "aws-us-gov", "amazonaws.com"),
    ("us-iso-", "aws-iso", "c2s.ic.gov"),
    ("us-isob-", "aws-iso-b", "sc2s.sgov.gov"),
    ("eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"),
    ("us-isof-", "aws-iso-f", "csp.hci.ic.gov"),
    ("eusc-de-", "aws-eusc", "amazonaws.eu"),
];

/// What the names of the commercial part's regions start with.
const COMMERCIAL: [&str; 9] = ["us-", "eu-", "ap-", "sa-", "ca-", "me-", "af-", "il-", "mx-"];

/// What stands second in them: where in the continent they are. kOps' tests have a region that is in
/// no partition, `us-test-1`.
const DIRECTIONS: [&str; 5] = ["north", "south", "east", "west", "central"];

fn part(region: &str) -> Option<&'static (&'static str, &'static str, &'static str)> {
    PARTS.iter().find(|(prefix, ..)| region.starts_with(prefix))
}

/// The partition that `region` is in, where its name says so. Whoever has an account's ARN reads it
/// there.
pub(crate) fn partition(region: &str) -> Option<&'static str> {
    let is_commercial = COMMERCIAL.iter().any(|prefix| {
        let rest = region.strip_prefix(prefix).unwrap_or_default();
        DIRECTIONS.iter().any(|direction| rest.starts_with(direction))
    });
    part(region).map(|(_, partition, _)| *partition).or(is_commercial.then_some("aws"))
}

/// The domain that the AWS services of `region` are under.
pub fn dns_suffix(region: &str) -> &'static str {
    part(region).map_or("amazonaws.com", |(.., suffix)| suffix)
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
            ("eusc-xx-east-1", "ec2.amazonaws.com"),
        ];
        for (region, principal) in table {
            assert_eq!(ec2_service(region), principal, "{region}");
        }
    }

    #[test]
    fn a_region_names_its_partition_unless_it_is_unknown() {
        let table = [
            ("us-east-1", Some("aws")),
            ("ap-northeast-3", Some("aws")),
            ("us-test-1", None),
            ("us-gov-west-1", Some("aws-us-gov")),
            ("eu-isoe-west-1", Some("aws-iso-e")),
            ("eusc-de-east-1", Some("aws-eusc")),
            ("randomunknown", None),
        ];
        for (region, expected) in table {
            assert_eq!(partition(region), expected, "{region}");
        }
    }
}

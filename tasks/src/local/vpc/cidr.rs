//! Ranges of addresses, as EC2 reads them.

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::local::error::Refusal;

/// IPv4 addresses. Bits beyond the prefix are dropped.
pub(super) fn ipv4(text: &str) -> Result<Ipv4Net, Refusal> {
    text.parse::<Ipv4Net>().map(|range| range.trunc()).map_err(|_| malformed(text))
}

/// IPv6 addresses. Bits beyond the prefix are dropped.
pub(super) fn ipv6(text: &str) -> Result<Ipv6Net, Refusal> {
    text.parse::<Ipv6Net>().map(|range| range.trunc()).map_err(|_| malformed(text))
}

/// Addresses of either kind, as EC2 writes them.
pub(super) fn either(text: &str) -> Result<String, Refusal> {
    let range = text.parse::<IpNet>().map_err(|_| malformed(text))?;
    Ok(range.trunc().to_string())
}

fn malformed(text: &str) -> Refusal {
    Refusal::new("InvalidParameterValue", format!("Value ({text}) is not a valid CIDR block."))
}

/// Whether any address is in both.
pub(super) fn overlap(one: &str, other: &str) -> bool {
    let (Ok(one), Ok(other)) = (one.parse::<IpNet>(), other.parse::<IpNet>()) else {
        return false;
    };
    one.contains(&other.network()) || other.contains(&one.network())
}

/// Whether all of `inner` is in `outer`.
pub(super) fn within(inner: &str, outer: &str) -> bool {
    match (inner.parse::<IpNet>(), outer.parse::<IpNet>()) {
        (Ok(inner), Ok(outer)) => outer.contains(&inner),
        _ => false,
    }
}

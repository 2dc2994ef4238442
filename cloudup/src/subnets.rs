//! Which addresses a cluster's subnets have: those that the manifest gives, or kOps' plan.
//!
//! The network is cut into 1, 2, 4 or 8 blocks, as many as there are subnets. Utility subnets
//! share one of them, an eighth each; all others have one of their own, in order of zone. Blocks
//! that a given subnet touches are left out.

use std::collections::BTreeMap;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::manifest::spec::{ClusterSpec, Subnet, SubnetType};

/// The network of a cluster that does not say which it has.
pub const DEFAULT_NETWORK: &str = "172.20.0.0/16";

/// Why subnets cannot be given addresses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubnetsError {
    /// There are too many of them.
    #[error("{network} has no room left for subnet {subnet:?}; give it a cidr")]
    NoRoom {
        /// The network.
        network: String,
        /// The subnet.
        subnet: String,
    },
    /// The network is not known.
    #[error("subnet {subnet:?} has no cidr, and spec.networkCIDR does not say of which network")]
    NoNetwork {
        /// The subnet.
        subnet: String,
    },
}

/// The network's own addresses: what the manifest says or, for a VPC of ours, the default.
pub fn network(spec: &ClusterSpec) -> Option<String> {
    let default = || spec.network_id.is_none().then(|| DEFAULT_NETWORK.to_owned());
    spec.network_cidr.clone().or_else(default)
}

/// The IPv4 addresses of each subnet by its name; none for one that has IPv6 addresses alone, or
/// that exists and has what it has.
///
/// # Errors
///
/// The first subnet for which there is no room.
pub fn addresses(spec: &ClusterSpec) -> Result<BTreeMap<String, Option<String>>, SubnetsError> {
    let mut planned: BTreeMap<_, _> =
        spec.subnets.iter().map(|it| (it.name.clone(), it.cidr.clone())).collect();
    let missing: Vec<_> = spec.subnets.iter().filter(|subnet| lacks_addresses(subnet)).collect();
    let Some(first) = missing.first() else { return Ok(planned) };
    let whole = network(spec).and_then(|text| text.parse::<Ipv4Net>().ok());
    let whole =
        whole.ok_or_else(|| SubnetsError::NoNetwork { subnet: first.name.clone() })?.trunc();
    let no_room = |subnet: &Subnet| SubnetsError::NoRoom {
        network: whole.to_string(),
        subnet: subnet.name.clone(),
    };

    let given = |subnet: &Subnet| subnet.cidr.as_ref().and_then(|it| it.parse::<Ipv4Net>().ok());
    // Subnets of additional networks have no part in this one.
    let takes_part =
        |subnet: &&Subnet| given(subnet).is_none_or(|it| whole.contains(&it.network()));
    let (mut little, mut big): (Vec<_>, Vec<_>) = spec
        .subnets
        .iter()
        .filter(takes_part)
        .partition(|subnet| subnet.purpose() == SubnetType::Utility);
    little.sort_by(|a, b| a.zone.cmp(&b.zone));
    big.sort_by(|a, b| a.zone.cmp(&b.zone));
    let taken: Vec<_> = little.iter().chain(&big).filter_map(|subnet| given(subnet)).collect();

    let needed = big.len() + usize::from(!little.is_empty());
    let more_bits = needed.next_power_of_two().trailing_zeros().min(3);
    let mut blocks = split(whole, more_bits)
        .filter(|block| !taken.iter().any(|taken| overlap(*taken, *block)))
        .collect::<Vec<_>>()
        .into_iter();
    if !little.is_empty() {
        let block = blocks.next().ok_or_else(|| no_room(first))?;
        let mut parts = split(block, 3);
        for subnet in little.into_iter().filter(|subnet| lacks_addresses(subnet)) {
            let part = parts.next().ok_or_else(|| no_room(subnet))?;
            planned.insert(subnet.name.clone(), Some(part.to_string()));
        }
    }
    for subnet in big.into_iter().filter(|subnet| lacks_addresses(subnet)) {
        let block = blocks.next().ok_or_else(|| no_room(subnet))?;
        planned.insert(subnet.name.clone(), Some(block.to_string()));
    }
    Ok(planned)
}

/// Whether a subnet must be given IPv4 addresses.
fn lacks_addresses(subnet: &Subnet) -> bool {
    let ipv6_alone = subnet.ipv6_cidr.is_some() && subnet.purpose() == SubnetType::Private;
    subnet.cidr.is_none() && subnet.id.is_none() && !ipv6_alone
}

fn split(block: Ipv4Net, more_bits: u32) -> impl Iterator<Item = Ipv4Net> {
    let length = u32::from(block.prefix_len()) + more_bits;
    let parts = u8::try_from(length).ok().and_then(|length| block.subnets(length).ok());
    parts.into_iter().flatten()
}

fn overlap(one: Ipv4Net, other: Ipv4Net) -> bool {
    one.contains(&other.network()) || other.contains(&one.network())
}

/// The IPv6 addresses that a subnet's `ipv6CIDR` stands for in a network: the part of that number
/// for `/64#a` (a prefix's length, and the part's number in hexadecimal), else itself.
///
/// ```
/// use cloudup::subnets::ipv6_addresses;
///
/// let part = ipv6_addresses("/64#1a", Some("2001:db8:0:100::/56"));
/// assert_eq!(part.as_deref(), Some("2001:db8:0:11a::/64"));
/// assert_eq!(ipv6_addresses("2001:db8::/64", None).as_deref(), Some("2001:db8::/64"));
/// assert_eq!(ipv6_addresses("/64#1", None), None);
/// ```
pub fn ipv6_addresses(given: &str, network: Option<&str>) -> Option<String> {
    match part_of(given) {
        None => given.parse::<Ipv6Net>().ok().map(|range| range.trunc().to_string()),
        Some((length, number)) => {
            let network = network?.parse::<Ipv6Net>().ok()?;
            let number = usize::try_from(number).ok()?;
            network.subnets(length).ok()?.nth(number).map(|part| part.to_string())
        }
    }
}

/// The length and the number of `/64#a`.
pub(crate) fn part_of(text: &str) -> Option<(u8, u64)> {
    let (length, number) = text.strip_prefix('/')?.split_once('#')?;
    Some((length.parse().ok()?, u64::from_str_radix(number, 16).ok()?))
}

/// Addresses as EC2 writes them, or the text as it is: a prefix list's id, say.
pub(crate) fn canonical(text: &str) -> String {
    text.parse::<IpNet>().map_or_else(|_| text.to_owned(), |range| range.trunc().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subnet(name: &str, zone: &str, kind: SubnetType, cidr: Option<&str>) -> Subnet {
        Subnet {
            name: name.to_owned(),
            zone: Some(zone.to_owned()),
            cidr: cidr.map(str::to_owned),
            kind: Some(kind),
            ..Subnet::default()
        }
    }

    fn plan(subnets: Vec<Subnet>) -> Result<Vec<String>, SubnetsError> {
        let spec = ClusterSpec { subnets, ..ClusterSpec::default() };
        let planned = addresses(&spec)?;
        Ok(planned
            .into_iter()
            .map(|(name, it)| format!("{name} {}", it.unwrap_or_default()))
            .collect())
    }

    #[test]
    fn subnets_are_given_parts_of_the_network_as_kops_gives_them() {
        use SubnetType::{Private, Public, Utility};
        let table: [(Vec<Subnet>, &[&str]); 4] = [
            (vec![subnet("a", "1a", Public, None)], &["a 172.20.0.0/16"]),
            (
                vec![subnet("b", "1b", Public, None), subnet("a", "1a", Public, None)],
                &["a 172.20.0.0/17", "b 172.20.128.0/17"],
            ),
            (
                vec![
                    subnet("a", "1a", Private, None),
                    subnet("ua", "1a", Utility, None),
                    subnet("b", "1b", Private, None),
                    subnet("ub", "1b", Utility, None),
                ],
                &["a 172.20.64.0/18", "b 172.20.128.0/18", "ua 172.20.0.0/21", "ub 172.20.8.0/21"],
            ),
            (
                vec![
                    subnet("a", "1a", Public, Some("172.20.0.0/20")),
                    subnet("b", "1b", Public, None),
                ],
                &["a 172.20.0.0/20", "b 172.20.128.0/17"],
            ),
        ];
        for (subnets, expected) in table {
            assert_eq!(plan(subnets).unwrap(), expected);
        }
    }

    #[test]
    fn a_ninth_subnet_has_no_room() {
        let zones = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
        let subnets = zones.map(|zone| subnet(zone, zone, SubnetType::Public, None));
        let error = plan(subnets.to_vec()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "172.20.0.0/16 has no room left for subnet \"i\"; give it a cidr"
        );
    }
}

//! Which ports of the control plane workers may reach, and which of theirs are services'.

use crate::manifest::spec::ClusterSpec;

/// The ports of kOps' etcd clusters that are for the control plane alone: for clients (main,
/// events), then for the members among themselves (main, events).
const ETCD: [i32; 4] = [4001, 4002, 2380, 2381];

/// Those of an etcd cluster for leases.
const ETCD_LEASES: [i32; 2] = [4004, 2383];

/// Those of the members of Cilium's etcd cluster. Its clients are on every node.
const ETCD_CILIUM: i32 = 2382;

/// The TCP ports of the control plane that workers may reach: all but etcd's, in ranges.
pub(super) fn ports_for_nodes(spec: &ClusterSpec) -> Vec<(i32, i32)> {
    let mut closed = ETCD.to_vec();
    if spec.etcd_clusters.iter().any(|cluster| cluster.name == "leases") {
        closed.extend(ETCD_LEASES);
    }
    if spec.networking.cilium.as_ref().is_some_and(|cilium| cilium.etcd_managed) {
        closed.push(ETCD_CILIUM);
    }
    closed.sort_unstable();
    let mut ranges = Vec::new();
    let mut first = 1;
    for port in closed {
        if first < port {
            ranges.push((first, port - 1));
        }
        first = port + 1;
    }
    ranges.push((first, 65_535));
    ranges
}

/// The ports of services that every node answers, first and last.
pub(super) fn node_port_range(spec: &ClusterSpec) -> (i32, i32) {
    const DEFAULT: (i32, i32) = (30_000, 32_767);
    let given = spec.kube_api_server.service_node_port_range.as_deref();
    given.and_then(read_range).unwrap_or(DEFAULT)
}

/// `30000-32767`, or `30000+2767`: so many more than the first.
pub(crate) fn read_range(text: &str) -> Option<(i32, i32)> {
    let number = |text: &str| text.trim().parse::<i32>().ok();
    let range = if let Some((first, last)) = text.split_once('-') {
        (number(first)?, number(last)?)
    } else if let Some((first, more)) = text.split_once('+') {
        let first = number(first)?;
        (first, first.checked_add(number(more)?)?)
    } else {
        (number(text)?, number(text)?)
    };
    (0 <= range.0 && range.0 <= range.1 && range.1 <= 65_535).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::spec::{Cilium, EtcdCluster, KubeApiServer, Networking};

    #[test]
    fn workers_reach_all_ports_but_etcds() {
        let mut spec = ClusterSpec::default();
        assert_eq!(ports_for_nodes(&spec), [(1, 2379), (2382, 4000), (4003, 65_535)]);
        let leases = EtcdCluster { name: "leases".to_owned(), ..EtcdCluster::default() };
        spec.etcd_clusters.push(leases);
        let cilium = Some(Cilium { etcd_managed: true, ..Cilium::default() });
        spec.networking = Networking { cilium, ..Networking::default() };
        assert_eq!(ports_for_nodes(&spec), [(1, 2379), (2384, 4000), (4003, 4003), (4005, 65_535)]);
    }

    #[test]
    fn the_range_of_node_ports_is_read_as_kubernetes_reads_it() {
        let table = [
            (None, (30_000, 32_767)),
            (Some("28000-32767"), (28_000, 32_767)),
            (Some("30000+100"), (30_000, 30_100)),
            (Some("31000"), (31_000, 31_000)),
            (Some("9-1"), (30_000, 32_767)),
        ];
        for (given, expected) in table {
            let service_node_port_range = given.map(str::to_owned);
            let kube_api_server = KubeApiServer { service_node_port_range, ..Default::default() };
            let spec = ClusterSpec { kube_api_server, ..ClusterSpec::default() };
            assert_eq!(node_port_range(&spec), expected, "{given:?}");
        }
    }
}

//! A cluster that is well, and all that may be wrong with it.

use super::*;

const CONTROL: &str = "control-plane-a";

fn node(name: &str) -> Node {
    Node {
        name: name.to_owned(),
        instance_id: Some(format!("i-{name}")),
        is_ready: true,
        ..Node::default()
    }
}

fn member(name: &str) -> Member {
    Member { id: format!("i-{name}"), ..Member::default() }
}

fn group(name: &str, role: Role, members: &[&str]) -> ExpectedGroup {
    let members: Vec<_> = members.iter().map(|name| member(name)).collect();
    ExpectedGroup { name: name.to_owned(), role, size: Size::Of(members.len()), members }
}

fn pod(name: &str, class: &str, node: &str) -> Pod {
    Pod {
        namespace: "kube-system".to_owned(),
        name: name.to_owned(),
        node: Some(node.to_owned()),
        phase: "Running".to_owned(),
        priority_class: Some(class.to_owned()),
        labels: BTreeMap::from([("k8s-app".to_owned(), name.to_owned())]),
        ..Pod::default()
    }
}

/// A cluster that is well: a control plane, two workers, a bastion.
fn well() -> (Vec<ExpectedGroup>, Vec<Node>, Vec<Pod>) {
    let groups = vec![
        group(CONTROL, Role::ControlPlane, &["control"]),
        group("nodes", Role::Node, &["one", "two"]),
        group("bastions", Role::Bastion, &["bastion"]),
    ];
    let mut pods: Vec<_> =
        STATIC_PODS.iter().map(|name| pod(name, NODE_CRITICAL, "control")).collect();
    pods.extend([pod("coredns", CLUSTER_CRITICAL, "one"), pod("cilium", NODE_CRITICAL, "two")]);
    (groups, vec![node("control"), node("one"), node("two")], pods)
}

/// What is wrong, a line each, with the group that it concerns.
fn told(groups: &[ExpectedGroup], nodes: &[Node], pods: &[Pod]) -> Vec<String> {
    let troubles = check(groups, nodes, pods);
    let line = |trouble: &Trouble| {
        let Trouble { kind, name, message, instance_group, machine: _ } = trouble;
        let group = instance_group.as_deref().unwrap_or("cluster");
        format!("{kind:?} {name} [{group}] {message}")
    };
    troubles.iter().map(line).collect()
}

type Harm = fn(&mut Vec<ExpectedGroup>, &mut Vec<Node>, &mut Vec<Pod>);

#[test]
fn each_thing_that_is_wrong_is_told() {
    let rows: [(Harm, &[&str]); 18] = [
        (|_, _, _| {}, &[]),
        (
            |groups, _, _| groups[1].size = Size::Of(3),
            &["InstanceGroup nodes [nodes] instance group nodes has 2 of 3 instances"],
        ),
        // More than there are to be, as while instances are replaced.
        (|groups, _, _| groups[1].size = Size::Of(1), &[]),
        (|groups, _, _| groups[1].size = Size::AsFound, &[]),
        (
            |groups, _, _| {
                groups[1].size = Size::Missing;
                groups[1].members.clear();
            },
            &["InstanceGroup nodes [nodes] instance group nodes is missing in the cloud"],
        ),
        (
            |groups, _, _| groups[1].members[0].is_detached = true,
            &["InstanceGroup nodes [nodes] instance group nodes has 1 of 2 instances"],
        ),
        (
            |_, nodes, _| drop(nodes.remove(2)),
            &["Machine i-two [nodes] instance i-two has not joined the cluster"],
        ),
        (
            |groups, _, _| {
                groups[1].members.push(Member { is_warm: true, ..member("warm") });
            },
            &[],
        ),
        (
            |_, nodes, _| nodes[1].is_ready = false,
            &["Node one [nodes] node one of role node is not ready"],
        ),
        (
            |_, nodes, _| {
                nodes[1].is_ready = false;
                nodes[1].unready_because = Some("container runtime is down".to_owned());
            },
            &["Node one [nodes] node one of role node is not ready: container runtime is down"],
        ),
        // A cordoned node is well.
        (|_, nodes, _| nodes[1].is_unschedulable = true, &[]),
        (
            |_, _, pods| pods.retain(|pod| pod.name != "kube-scheduler"),
            &["Node control [control-plane-a] control-plane node control has no pod of \
               kube-scheduler"],
        ),
        (
            |_, _, pods| pods[0].namespace = "default".to_owned(),
            &["Node control [control-plane-a] control-plane node control has no pod of \
               kube-apiserver"],
        ),
        // One trouble is enough of a node that is not ready.
        (
            |_, nodes, pods| {
                nodes[0].is_ready = false;
                pods.retain(|pod| pod.name != "kube-scheduler");
            },
            &["Node control [control-plane-a] node control of role control-plane is not ready"],
        ),
        (
            |_, _, pods| {
                pods[3].phase = "Pending".to_owned();
                pods[3].node = None;
            },
            &["Pod kube-system/coredns [cluster] system-cluster-critical pod \
               kube-system/coredns is pending"],
        ),
        (
            |_, _, pods| {
                pods[4].unready_containers = vec!["agent".to_owned(), "mount".to_owned()];
                pods[3].phase = "Unknown".to_owned();
            },
            &[
                "Pod kube-system/cilium [nodes] system-node-critical pod kube-system/cilium is not \
                 ready (agent, mount)",
                "Pod kube-system/coredns [cluster] system-cluster-critical pod \
                 kube-system/coredns is in an unknown phase",
            ],
        ),
        (
            |_, _, pods| {
                pods[4].priority_class = Some("low".to_owned());
                pods[4].phase = "Pending".to_owned();
            },
            &[],
        ),
        (
            |_, _, pods| {
                pods[4].phase = "Succeeded".to_owned();
                pods[4].unready_containers = vec!["agent".to_owned()];
            },
            &[],
        ),
    ];
    for (number, (harm, expected)) in rows.into_iter().enumerate() {
        let (mut groups, mut nodes, mut pods) = well();
        harm(&mut groups, &mut nodes, &mut pods);
        assert_eq!(told(&groups, &nodes, &pods), expected, "row {number}");
    }
}

#[test]
fn so_many_workers_may_be_unready_and_nothing_of_the_control_plane() {
    let (groups, mut nodes, mut pods) = well();
    nodes[1].is_ready = false;
    nodes.remove(2);
    pods[3].unready_containers = vec!["dns".to_owned()];
    let critical = pod("node-agent", NODE_CRITICAL, "one");
    pods.push(Pod { unready_containers: vec!["agent".to_owned()], ..critical });
    let tolerated = |nodes: &[Node], most| {
        let (counted, tolerated) = tolerate(check(&groups, nodes, &pods), &groups, most);
        let names = |troubles: Vec<Trouble>| -> Vec<_> {
            troubles.into_iter().map(|trouble| trouble.name).collect()
        };
        (names(counted), names(tolerated))
    };
    let all = ["i-two", "one", "kube-system/coredns", "kube-system/node-agent"];
    for most in [0, 1] {
        assert_eq!(tolerated(&nodes, most), (all.map(str::to_owned).to_vec(), vec![]), "{most}");
    }
    let (counted, passed) = tolerated(&nodes, 2);
    assert_eq!(counted, ["kube-system/coredns"]);
    assert_eq!(passed, ["i-two", "one", "kube-system/node-agent"]);

    nodes[0].is_ready = false;
    assert_eq!(tolerated(&nodes, 9).0, ["control", "kube-system/coredns"]);
}

//! `delete instance`, with an API in this process whose nodes are the embedded account's instances.

use cloudup_tests::kubernetes::{FakeKubernetes, machines, pod};

use crate::{
    kubernetes::{last_node, running},
    shell::{ACCOUNT, Ran, Shell},
};

/// Deletes an instance, without more waiting than it takes.
fn delete(shell: &Shell, instance: &str, flags: &[&str]) -> Ran {
    let verb = ["delete", "instance", instance, "-f", "cluster.yaml"];
    let quick = ["--interval", "0", "--post-drain-delay", "0", "--validate-count", "1"];
    shell.run(verb.iter().chain(&quick).chain(flags))
}

fn ids(shell: &Shell) -> Vec<String> {
    machines(&shell.path(ACCOUNT)).into_iter().map(|machine| machine.instance_id).collect()
}

/// What the API was asked to change, nodes aside.
fn changes(kubernetes: &FakeKubernetes) -> Vec<String> {
    let mut changes = kubernetes.state().changes();
    changes.retain(|line| !line.starts_with("PATCH"));
    changes
}

#[test]
fn a_plan_changes_nothing() {
    let (shell, kubernetes) = running();
    let (node, before) = (last_node(&shell), ids(&shell));
    insta::assert_snapshot!(delete(&shell, &node, &[]).expect(0));
    insta::assert_snapshot!(delete(&shell, &node, &["--cloudonly"]).expect(0));
    assert_eq!(kubernetes.state().changes(), [""; 0]);
    assert_eq!(ids(&shell), before);
}

#[test]
fn another_takes_its_place_and_its_node_is_drained() {
    let (shell, kubernetes) = running();
    let (node, before) = (last_node(&shell), ids(&shell));
    kubernetes.state().add(pod("default", "web-0", &node));
    let ran = delete(&shell, &node, &["--yes"]).expect(0);
    let after = ids(&shell);
    assert!(!after.contains(&node), "{ran}");
    assert_eq!(after.len(), before.len());
    assert_eq!(before.iter().filter(|id| after.contains(id)).count(), before.len() - 1);
    assert_eq!(changes(&kubernetes), ["POST /api/v1/namespaces/default/pods/web-0/eviction?"]);
}

#[test]
fn without_surge_and_by_the_cloud_alone_it_goes_all_the_same() {
    for flags in [&["--surge=false", "--yes"][..], &["--cloudonly", "--yes"]] {
        let (shell, _kubernetes) = running();
        let (node, before) = (last_node(&shell), ids(&shell));
        let ran = delete(&shell, &node, flags).expect(0);
        let after = ids(&shell);
        assert!(!after.contains(&node), "{ran}");
        assert_eq!(after.len(), before.len());
    }
}

#[test]
fn what_is_not_there_and_what_etcd_needs_is_refused() {
    let (shell, kubernetes) = running();
    let machines = machines(&shell.path(ACCOUNT));
    let control = machines.iter().find(|machine| machine.role == "control-plane").unwrap();
    let mut told = vec![
        delete(&shell, "i-nothing-like-it-at-all", &["--yes"]).expect(3),
        delete(&shell, &control.instance_id, &["--yes"]).expect(1),
    ];
    told.push(delete(&shell, &control.instance_id, &["--force"]).expect(0));
    assert_eq!(kubernetes.state().changes(), [""; 0]);
    insta::assert_snapshot!(told.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
}

//! What runs do.

use std::{collections::BTreeSet, time::Duration};

use cloudup_tasks::local::{Effect, Fault};
use serde_json::json;
use tokio::time::Instant;

use super::{
    super::{Outcome, Reason, Surge},
    world::{World, fresh, ids, terminated, warm_ids},
};

const ALL: [(&str, &str, usize); 6] = [
    ("bastions", "Bastion", 2),
    ("cp-a", "Master", 1),
    ("cp-b", "Master", 1),
    ("cp-c", "Master", 1),
    ("api", "APIServer", 2),
    ("nodes", "Node", 3),
];

const NODES: [(&str, &str, usize); 1] = [("nodes", "Node", 3)];

fn outcomes(report: &super::super::RollingUpdateReport) -> Vec<String> {
    let groups = report.groups.iter();
    groups.map(|group| format!("{} {:?}", group.name, group.outcome)).collect()
}

#[tokio::test(start_paused = true)]
async fn every_instance_is_replaced_in_its_turn_and_nothing_stays_behind() {
    let world = World::new(&ALL, &json!(null), 2).await;
    let old: Vec<_> = ALL.iter().map(|(name, ..)| ids(&world, name)).collect();
    assert!(world.plan().await.needs_update());
    let report = world.run().await;
    assert!(report.errors().next().is_none(), "{:?}", outcomes(&report));
    assert_eq!(world.summary(), fresh(&ALL));
    assert!(!world.plan().await.needs_update());
    let order = terminated(&world);
    let turn = |id: &String| old.iter().position(|ids| ids.contains(id));
    let turns: Vec<_> = order.iter().map(|id| turn(id).expect("an old one")).collect();
    assert!(turns.is_sorted(), "groups had no turns: {turns:?}");
    assert_eq!(turns.len(), 10, "each goes once: {order:?}");
}

#[tokio::test(start_paused = true)]
async fn a_plan_says_why_and_changes_nothing() {
    let world = World::new(&NODES, &json!(null), 0).await;
    let report = world.plan().await;
    let group = &report.groups[0];
    assert_eq!((group.ready, group.min, group.target, group.nodes), (0, 3, 3, Some(3)));
    assert_eq!(group.need_update.len(), 3);
    match &group.need_update[0].reasons[..] {
        [Reason::Template { fields, .. }] => assert_eq!(fields, &["imageId"]),
        other => panic!("{other:?}"),
    }
    assert!(world.account.journal().calls.iter().all(|call| !call.writes));
    assert!(world.inside().progress.is_none());
}

#[tokio::test(start_paused = true)]
async fn what_is_up_to_date_is_left_alone_unless_forced_and_is_forced_once() {
    let mut world = World::new(&NODES, &json!(null), 1).await;
    world.run().await;
    let first = ids(&world, "nodes");
    let report = world.run().await;
    assert!(matches!(report.groups[0].outcome, Some(Outcome::UpToDate)));
    assert_eq!(ids(&world, "nodes"), first);

    world.options.force = true;
    world.run().await;
    let second = ids(&world, "nodes");
    assert!(second.iter().all(|id| !first.contains(id)), "{first:?} {second:?}");
    assert_eq!(world.summary(), fresh(&NODES));
}

#[tokio::test(start_paused = true)]
async fn one_instance_alone_is_replaced_with_another_before_it_or_after() {
    let settings = json!({ "drainAndTerminate": false, "maxSurge": 1, "maxUnavailable": 1 });
    for (surge, detached) in [(Surge::AsManifested, 1), (Surge::None, 0)] {
        let mut world = World::new(&NODES, &settings, 1).await;
        let before = ids(&world, "nodes");
        let one = before[1].clone();
        world.options.only = BTreeSet::from([one.clone()]);
        world.options.surge = surge;
        let planned = world.plan().await.groups.remove(0).need_update;
        assert_eq!(planned.iter().map(|it| &it.id).collect::<Vec<_>>(), [&one], "{surge:?}");

        world.run().await;
        let after = ids(&world, "nodes");
        let stayed: Vec<_> = before.iter().filter(|id| after.contains(id)).collect();
        assert_eq!((after.len(), stayed), (3, vec![&before[0], &before[2]]), "{surge:?}");
        assert_eq!(terminated(&world), [one], "{surge:?}");
        let calls = world.account.journal().calls;
        let detaches = calls.iter().filter(|call| call.operation == "DetachInstances");
        assert_eq!(detaches.count(), detached, "{surge:?}");
        assert!(world.inside().progress.is_none(), "{surge:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_cloud_alone_is_enough_and_is_never_short_of_instances() {
    let mut world = World::new(&ALL, &json!({ "maxSurge": 3 }), 2).await;
    world.cloud_only = true;
    let report = world.run().await;
    assert!(report.errors().next().is_none(), "{:?}", outcomes(&report));
    assert_eq!(world.summary(), fresh(&ALL));
}

#[tokio::test(start_paused = true)]
async fn an_interval_lies_between_one_that_goes_and_the_next() {
    let mut world = World::new(&NODES, &json!({ "maxSurge": 0, "maxUnavailable": 3 }), 0).await;
    world.options.node_interval = Duration::from_mins(10);
    let begun = Instant::now();
    world.run().await;
    assert!(begun.elapsed() >= Duration::from_mins(30), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_node_that_does_not_drain_ends_its_groups_turn_and_is_given_back() {
    let groups = [("nodes-a", "Node", 2), ("nodes-b", "Node", 1)];
    let world = World::new(&groups, &json!({ "maxSurge": 0 }), 0).await;
    let stuck = format!("node-{}", ids(&world, "nodes-a")[0]);
    world.inside().stuck.insert(stuck);
    let report = world.run().await;
    let told = outcomes(&report);
    assert!(told[0].contains("Failed") && told[0].contains("Drain"), "{told:?}");
    assert!(told[1].contains("Replaced"), "the next group has its turn: {told:?}");
    let expected = [
        "nodes-a.demo.example.com InService v1",
        "nodes-a.demo.example.com InService v1",
        "nodes-b.demo.example.com InService v2",
    ];
    assert_eq!(world.summary(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_does_not_drain_may_be_put_up_with() {
    let mut world = World::new(&NODES, &json!({ "maxSurge": 0 }), 0).await;
    world.options.fail_on_drain_error = false;
    let stuck = format!("node-{}", ids(&world, "nodes")[0]);
    world.inside().stuck.insert(stuck);
    let report = world.run().await;
    assert_eq!(world.summary(), fresh(&NODES));
    assert!(report.groups[0].warnings[0].contains("budget"), "{:?}", report.groups[0].warnings);
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_is_not_well_is_not_touched() {
    let groups = [("cp", "Master", 1), ("nodes", "Node", 2)];
    let mut world = World::new(&groups, &json!(null), 0).await;
    world.choice.names = vec!["nodes".to_owned()];
    let broken = format!("node-{}", ids(&world, "cp")[0]);
    world.inside().broken.insert(broken);
    let report = world.run().await;
    assert!(outcomes(&report)[0].contains("NotWell"), "{:?}", outcomes(&report));
    assert!(world.account.journal().calls.iter().all(|call| !call.writes));
    assert!(world.nodes_now().iter().all(|node| node.taints.is_empty()));
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_and_put_up_with_is_waited_for_once() {
    let groups = [("cp", "Master", 1), ("nodes", "Node", 3)];
    let mut world = World::new(&groups, &json!({ "maxSurge": 0 }), 0).await;
    world.choice.names = vec!["nodes".to_owned()];
    world.options.fail_on_validate_error = false;
    let broken = format!("node-{}", ids(&world, "cp")[0]);
    world.inside().broken.insert(broken);
    let begun = Instant::now();
    let report = world.run().await;
    assert!(outcomes(&report)[0].contains("Replaced"), "{:?}", outcomes(&report));
    assert!(begun.elapsed() < 2 * world.options.validation_timeout, "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_does_not_serve_goes_first() {
    let world = World::new(&NODES, &json!(null), 1).await;
    let broken = ids(&world, "nodes")[1].clone();
    world.inside().broken.insert(format!("node-{broken}"));
    world.run().await;
    assert_eq!(terminated(&world)[0], broken);
    assert_eq!(world.summary(), fresh(&NODES));
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_what_is_under_way_and_the_next_run_goes_on() {
    let mut world = World::new(&NODES, &json!({ "maxSurge": 2, "maxUnavailable": 1 }), 2).await;
    let stop = world.stop.clone();
    let stopping = async {
        tokio::time::sleep(Duration::from_secs(75)).await;
        stop.finish();
    };
    let (report, ()) = tokio::join!(world.run(), stopping);
    assert!(report.stopped, "{:?}", outcomes(&report));
    for node in world.nodes_now() {
        assert!(!node.is_unschedulable && node.taints.is_empty(), "{node:?}");
    }
    world.stop = cloudup_engine::Stop::new();
    world.run().await;
    assert_eq!(world.summary(), fresh(&NODES));
}

#[tokio::test(start_paused = true)]
async fn a_group_that_starts_no_instances_is_not_touched() {
    use cloudup_tasks::cloud::CloudWriter;

    let world = World::new(&NODES, &json!(null), 0).await;
    let launch = ["Launch".to_owned()].into();
    let groups = CloudWriter::autoscaling(&world.account);
    groups.suspend_processes("nodes.demo.example.com", &launch).await.unwrap();
    let report = world.run().await;
    assert!(outcomes(&report)[0].contains("NoLaunches"), "{:?}", outcomes(&report));
    assert!(terminated(&world).is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_a_human_cordoned_stays_so_where_nothing_is_replaced() {
    use crate::kubernetes::{KubernetesWriter, NodeChange};

    let world = World::new(&NODES, &json!({ "maxSurge": 0 }), 0).await;
    let id = ids(&world, "nodes")[0].clone();
    let cordon = NodeChange { unschedulable: Some(true), ..NodeChange::default() };
    world.change_node(&format!("node-{id}"), &cordon).await.unwrap();
    world.inside().stuck.insert(format!("node-{id}"));
    let report = world.run().await;
    assert!(outcomes(&report)[0].contains("Drain"), "{:?}", outcomes(&report));
    let nodes = world.nodes_now();
    let node = nodes.iter().find(|node| node.instance_id.as_ref() == Some(&id)).unwrap();
    assert!(node.is_unschedulable && node.annotations.is_empty(), "{node:?}");
}

#[tokio::test(start_paused = true)]
async fn lost_answers_and_throttling_are_lived_with() {
    let world = World::new(&NODES, &json!({ "maxSurge": 1 }), 1).await;
    for operation in
        ["TerminateInstanceInAutoScalingGroup", "DetachInstances", "TerminateInstances"]
    {
        let lost =
            Fault { operation: operation.into(), times: Some(1), ..Fault::new(Effect::LoseReply) };
        world.account.add_fault(lost).unwrap();
    }
    let throttled = Fault { probability: 0.3, seed: 7, ..Fault::new(Effect::Throttle) };
    world.account.add_fault(throttled).unwrap();
    let report = world.run().await;
    assert!(report.errors().next().is_none(), "{:?}", outcomes(&report));
    assert_eq!(world.summary(), fresh(&NODES));
}

#[tokio::test(start_paused = true)]
async fn what_is_denied_fails_at_once() {
    let world = World::new(&NODES, &json!({ "maxSurge": 0 }), 0).await;
    let operation = "TerminateInstanceInAutoScalingGroup".to_owned();
    world.account.add_fault(Fault { operation, ..Fault::new(Effect::Deny) }).unwrap();
    let begun = Instant::now();
    let report = world.run().await;
    let (_, error) = report.errors().next().expect("it fails");
    assert_eq!(error.kind(), cloudup_engine::ErrorKind::Denied);
    assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", begun.elapsed());
    assert!(world.summary().iter().all(|line| line.ends_with("v1")), "{:?}", world.summary());
}

#[tokio::test(start_paused = true)]
async fn draining_and_terminating_may_be_left_to_others() {
    let settings = json!({ "maxSurge": "100%", "drainAndTerminate": false });
    let world = World::new(&NODES, &settings, 1).await;
    let old = ids(&world, "nodes");
    world.run().await;
    assert!(terminated(&world).is_empty());
    let left = world.summary().into_iter().filter(|line| line.contains("detached")).count();
    assert_eq!(left, old.len());
}

#[tokio::test(start_paused = true)]
async fn without_validation_a_warning_says_so_where_there_would_be_one() {
    let warned = "the cluster is not validated, since the validate count is 0";
    for (validate_count, cloud_only, warns) in
        [(0, false, true), (0, true, false), (1, false, false)]
    {
        let mut world = World::new(&NODES, &json!({ "maxSurge": 0 }), 1).await;
        world.options.validate_count = validate_count;
        world.cloud_only = cloud_only;
        let report = world.run().await;
        let warnings = &report.groups[0].warnings;
        assert_eq!(warnings.iter().any(|it| it.contains(warned)), warns, "{warnings:?}");
        assert_eq!(world.inside().told.iter().any(|it| it.contains(warned)), warns);
        assert_eq!(world.summary(), fresh(&NODES));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_old_in_the_warm_pool_goes_before_it_could_serve() {
    let world = World::with_warm_pool(&NODES, "nodes", 5).await;
    let (old, warm) = (ids(&world, "nodes"), warm_ids(&world, "nodes"));
    assert_eq!(warm.len(), 2);
    let report = world.run().await;
    assert!(report.errors().next().is_none(), "{:?}", outcomes(&report));
    assert_eq!(world.summary(), fresh(&NODES));

    let order = terminated(&world);
    assert_eq!(order[..2], warm, "they go first: {order:?}");
    let others: BTreeSet<_> = order[2..].iter().collect();
    assert_eq!(others, old.iter().collect(), "and then what serves, each once: {order:?}");
    let state = world.account.state().unwrap();
    let pool = &state.warm_instances["nodes.demo.example.com"];
    let versions: Vec<_> =
        pool.iter().filter_map(|it| Some(&*it.launch_template.as_ref()?.version)).collect();
    assert_eq!(versions, ["2", "2"], "it is full again");
    assert!(pool.iter().all(|it| !warm.contains(&it.id)));
    assert!(!world.plan().await.needs_update());
}

//! Runs that are killed at every single call, and run again.

use std::sync::atomic::Ordering;

use cloudup_tasks::local::{Effect, Fault};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::world::{LONG, World, fresh};

const GROUPS: [(&str, &str, usize); 4] =
    [("cp-a", "Master", 1), ("cp-b", "Master", 1), ("cp-c", "Master", 1), ("nodes", "Node", 2)];

/// A run that is killed, and another after it. Whether it was killed.
async fn killed_and_run_again(world: &mut World) -> bool {
    let killed = world.run_until_killed().await.is_none();
    world.killed = CancellationToken::new();
    world.account.clear_faults().unwrap();
    world.hangs_at.store(u64::MAX, Ordering::SeqCst);
    let report = world.run().await;
    let errors: Vec<_> =
        report.errors().map(|(group, error)| format!("{group}: {error}")).collect();
    assert_eq!(errors, [""; 0]);
    killed
}

async fn killed_at_every_call_of_the_cloud(settings: &Value) {
    for call in 0.. {
        let mut world = World::new(&GROUPS, settings, 1).await;
        let hangs = Effect::Slow { milliseconds: 2 * u64::try_from(LONG.as_millis()).unwrap() };
        world.account.add_fault(Fault { skip: call, times: Some(1), ..Fault::new(hangs) }).unwrap();
        let killed = killed_and_run_again(&mut world).await;
        assert_eq!(world.summary(), fresh(&GROUPS), "killed at call {call} of the cloud");
        if !killed {
            assert!(call > 50, "the run makes calls");
            break;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn killed_at_every_call_of_the_cloud_and_run_again_it_ends_as_if_undisturbed() {
    killed_at_every_call_of_the_cloud(&json!({ "maxSurge": 1 })).await;
}

#[tokio::test(start_paused = true)]
async fn the_same_without_instances_beyond_those_wanted() {
    killed_at_every_call_of_the_cloud(&json!({ "maxSurge": 0, "maxUnavailable": 2 })).await;
}

#[tokio::test(start_paused = true)]
async fn killed_at_every_call_of_kubernetes_and_the_store_it_ends_as_if_undisturbed() {
    for call in 0.. {
        let mut world = World::new(&GROUPS, &json!({ "maxSurge": 1 }), 1).await;
        world.hangs_at.store(call, Ordering::SeqCst);
        let killed = killed_and_run_again(&mut world).await;
        assert_eq!(world.summary(), fresh(&GROUPS), "killed at call {call}");
        if !killed {
            assert!(call > 50, "the run makes calls");
            break;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_forced_run_that_was_killed_replaces_nothing_twice() {
    for call in 0.. {
        let mut world = World::new(&GROUPS, &json!({ "maxSurge": 1 }), 1).await;
        world.options.force = true;
        world.hangs_at.store(call, Ordering::SeqCst);
        let killed = killed_and_run_again(&mut world).await;
        assert_eq!(world.summary(), fresh(&GROUPS), "killed at call {call}");
        // Three of the control plane and two nodes, each replaced once.
        let started = world.account.state().unwrap().last_id;
        if !killed {
            break;
        }
        let undisturbed = World::new(&GROUPS, &json!({ "maxSurge": 1 }), 1).await;
        undisturbed.run().await;
        assert_eq!(started, undisturbed.account.state().unwrap().last_id, "killed at call {call}");
    }
}

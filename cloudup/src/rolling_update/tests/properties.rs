//! Whatever the groups, the settings and the trouble on the way.

use std::{collections::BTreeSet, sync::atomic::Ordering};

use cloudup_tasks::local::{Calls, Effect, Fault};
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::world::{World, fresh};

/// What a world is made of, and what goes wrong in it.
#[derive(Clone, Debug)]
struct Plan {
    control_plane: usize,
    nodes: usize,
    settings: Value,
    looks: u64,
    cloud_only: bool,
    throttled: f64,
    lost: f64,
    away: BTreeSet<u64>,
    kills: Vec<u64>,
}

fn plans() -> impl Strategy<Value = Plan> {
    let amount = prop_oneof![
        (0_u64..4).prop_map(Value::from),
        (0_u64..100).prop_map(|it| format!("{it}%").into())
    ];
    let settings = (amount.clone(), amount).prop_filter_map("one is needed", |(surge, missing)| {
        let is_none = |it: &Value| *it == json!(0) || *it == json!("0%");
        let settings = json!({ "maxSurge": surge, "maxUnavailable": missing });
        (!is_none(&surge) || !is_none(&missing)).then_some(settings)
    });
    (
        (0_usize..6, 0_usize..6, settings, 0_u64..4, any::<bool>()),
        (0.0..0.3, 0.0..0.2),
        prop::collection::btree_set(0_u64..300, 0..60),
        prop::collection::vec(0_u64..200, 0..4),
    )
        .prop_map(
            |((control_plane, nodes, settings, looks, cloud_only), faults, away, kills)| {
                let (throttled, lost) = faults;
                Plan {
                    control_plane,
                    nodes,
                    settings,
                    looks,
                    cloud_only,
                    throttled,
                    lost,
                    away,
                    kills,
                }
            },
        )
}

async fn try_out(plan: &Plan) {
    let names: Vec<_> = (0..plan.control_plane).map(|n| format!("cp-{n}")).collect();
    let mut groups: Vec<_> = names.iter().map(|name| (name.as_str(), "Master", 1)).collect();
    groups.push(("nodes", "Node", plan.nodes));
    let mut world = World::new(&groups, &plan.settings, plan.looks).await;
    world.cloud_only = plan.cloud_only;
    let faults = [
        (Effect::Throttle, plan.throttled, Calls::All),
        (Effect::LoseReply, plan.lost, Calls::Write),
    ];
    for (effect, probability, calls) in faults {
        let fault = Fault { probability, calls, seed: 11, ..Fault::new(effect) };
        world.account.add_fault(fault).unwrap();
    }
    world.away.lock().unwrap().clone_from(&plan.away);
    for kill in &plan.kills {
        let at = world.calls.load(Ordering::SeqCst) + kill;
        world.hangs_at.store(at, Ordering::SeqCst);
        let _ = world.run_until_killed().await;
        world.killed = CancellationToken::new();
    }
    world.account.clear_faults().unwrap();
    world.away.lock().unwrap().clear();
    world.hangs_at.store(u64::MAX, Ordering::SeqCst);
    let report = world.run().await;
    let errors: Vec<_> =
        report.errors().map(|(group, error)| format!("{group}: {error}")).collect();
    assert_eq!(errors, [""; 0]);
    assert_eq!(world.summary(), fresh(&groups));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// That nothing goes below what it must not is looked at in every call; see [`World::check`].
    #[test]
    fn nothing_goes_below_what_it_must_not_and_all_is_replaced_in_the_end(plan in plans()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.unwrap().block_on(try_out(&plan));
    }
}

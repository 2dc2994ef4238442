//! What becomes of an update that meets trouble at any of its calls: run again, it ends where it
//! would have ended, and at no moment did anything lack what it had before and has afterwards.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use cloudup::{
    manifest::spec::Role,
    update::{UpdateOptions, UpdateReport},
};
use cloudup_engine::{Options, Retry};
use cloudup_tasks::local::{Effect, Fault, State};
use proptest::{collection::vec, prelude::*, sample};

use crate::{
    accounts::{Found, Inside, Seed, account, essence, faulty, reopened, seeds, state},
    manifests::{BOUNDARIES, POOL, Sketch, edits},
    moments::Continuity,
    runs::{apply, at_once, check, options, troubles, try_apply},
};

/// An update from an account as it is to what a manifest says.
struct Update {
    before: State,
    sketch: Sketch,
    /// The account after an update that met no trouble.
    after: State,
    /// The calls that takes which change something, by operation.
    writes: Vec<&'static str>,
}

impl Update {
    async fn new(before: State, sketch: Sketch) -> Self {
        let account = account(&before);
        let report = apply(&account, &sketch, asked()).await;
        assert!(report.report.succeeded(), "{}{sketch:?}", troubles(&report));
        let writes = account.journal().writes().map(|call| call.operation).collect();
        Continuity::new(&before, &state(&account), &sketch).check(&account.journal());
        Self { before, after: state(&account), sketch, writes }
    }

    /// Runs into trouble, then again without, and a third time for nothing.
    async fn survives(&self, faults: &[Fault]) -> Option<UpdateReport> {
        let Self { before, sketch, after, .. } = self;
        let never_missing = Continuity::new(before, after, sketch);
        let context = || format!("{faults:?}\n{sketch:?}");

        let account = faulty(before, faults);
        let troubled = try_apply(&account, sketch, asked(), &patient()).await;
        never_missing.check(&account.journal());

        let account = reopened(&account);
        let report = apply(&account, sketch, asked()).await;
        assert!(report.report.succeeded(), "{}{}", troubles(&report), context());
        never_missing.check(&account.journal());
        assert_eq!(essence(&state(&account)), essence(after), "{}", context());

        let account = reopened(&account);
        let report = apply(&account, sketch, asked()).await;
        assert!(report.report.is_settled(), "{}{}", troubles(&report), context());
        assert_eq!(account.journal().writes().count(), 0, "{}", context());
        troubled.ok()
    }
}

/// What is deferred goes too, so that there is all the more to go wrong.
fn asked() -> UpdateOptions {
    UpdateOptions { prune: true, ..options() }
}

fn patient() -> Options {
    let retry = Retry { budget: Duration::from_hours(1), ..Retry::default() };
    Options { retry, ..Options::default() }
}

fn error(code: &str) -> Effect {
    Effect::Error { code: code.to_owned(), message: String::new() }
}

/// Everything that can happen to a call.
fn effects() -> [Effect; 9] {
    [
        Effect::DieBefore,
        Effect::DieAfter,
        Effect::Deny,
        error("MalformedPolicyDocument"),
        error("LimitExceeded"),
        error("ServiceFailure"),
        Effect::LoseReply,
        Effect::Throttle,
        Effect::Late { reads: 3 },
    ]
}

/// One effect of each sort at every call that changes something.
async fn sweep(update: Update, at_least: usize) {
    let writes = &update.writes;
    assert!(writes.len() >= at_least, "{} calls are hardly a sweep", writes.len());
    let mut swept = BTreeMap::new();
    for (nth, operation) in (0..).zip(writes) {
        let before = swept.entry(operation).or_insert(0_usize);
        let (is_first, is_early) = (*before == 0, *before < 4);
        *before += 1;
        for (effect, gets_over_it) in [
            (Effect::DieBefore, false),
            (Effect::DieAfter, false),
            (error("MalformedPolicyDocument"), false),
            (Effect::LoseReply, true),
            (Effect::Throttle, true),
            (Effect::Late { reads: 3 }, true),
        ] {
            // To die before a call is to die after the one before it. What is refused, or not done
            // yet, is so alike for all calls of an operation; a firewall has dozens of rules.
            let is_swept = match effect {
                Effect::DieAfter | Effect::LoseReply => is_early,
                Effect::Late { .. } => is_first && operation.starts_with("Create"),
                _ => is_first,
            };
            if !is_swept {
                continue;
            }
            let fault = Fault::new(effect).writes().skip(nth).times(1);
            let report = update.survives(std::slice::from_ref(&fault)).await.expect("it begins");
            let (succeeded, troubles) = (report.report.succeeded(), troubles(&report));
            assert_eq!(succeeded, gets_over_it, "{fault:?} at {operation}: {troubles}");
        }
    }
}

/// The account once the cluster is there.
async fn with(seed: &Seed, sketch: &Sketch) -> State {
    Update::new(seed.state(sketch), sketch.clone()).await.after
}

#[test]
fn making_a_cluster_survives_trouble_at_every_call() {
    at_once(async {
        let sketch = Sketch::full();
        sweep(Update::new(Seed::without_us().state(&sketch), sketch).await, 20).await;
    });
}

#[test]
fn editing_a_cluster_survives_trouble_at_every_call() {
    at_once(async {
        let before = with(&Seed::without_us(), &Sketch::full()).await;
        sweep(Update::new(before, Sketch::full_edited()).await, 15).await;
    });
}

#[test]
fn removing_a_clusters_groups_survives_trouble_at_every_call() {
    at_once(async {
        let before = with(&Seed::without_us(), &Sketch::full()).await;
        let without = Sketch { groups: BTreeMap::new(), ..Sketch::full() };
        sweep(Update::new(before, without).await, 15).await;
    });
}

#[test]
fn changing_every_policy_at_the_quota_survives_trouble_at_every_call() {
    at_once(async {
        let seed = Seed { attached_policies_per_role: 3, ..Seed::without_us() };
        let with_policies = |policies: [&'static str; 3]| {
            let mut sketch = Sketch::plain();
            let roles = sketch.managed();
            sketch.external = roles.into_iter().map(|role| (role, policies.into())).collect();
            sketch
        };
        let (from, to) = ([POOL[0], POOL[1], POOL[4]], [POOL[1], POOL[2], POOL[5]]);
        let before = with(&seed, &with_policies(from)).await;
        sweep(Update::new(before, with_policies(to)).await, 8).await;
    });
}

#[test]
fn spilling_into_managed_policies_and_back_survives_trouble_at_every_call() {
    at_once(async {
        let seed = Seed::without_us();
        let small = Sketch { registry: true, ..Sketch::overflowing([]) };
        let before = with(&seed, &small).await;
        let spilling = Update::new(before, Sketch::overflowing(0..5)).await;
        let spilled = spilling.after.clone();
        sweep(spilling, 5).await;
        let other = Update::new(spilled.clone(), Sketch::overflowing([0, 2, 4, 5])).await;
        sweep(other, 2).await;
        sweep(Update::new(spilled.clone(), small).await, 5).await;
        let without = Sketch { groups: BTreeMap::new(), ..Sketch::overflowing(0..5) };
        sweep(Update::new(spilled, without).await, 10).await;
    });
}

#[test]
fn what_moves_between_the_policies_of_a_role_survives_trouble_at_every_call() {
    at_once(async {
        // `ecr:GetAuthorizationToken` goes from one to the other, and back.
        let own = Sketch { registry: true, ..Sketch::plain() };
        let additional = [(Role::Node, BTreeSet::from([4])), (Role::ControlPlane, [4].into())];
        let added = Sketch { additional: additional.into(), ..Sketch::plain() };
        for (from, to) in [(&own, &added), (&added, &own)] {
            let before = with(&Seed::without_us(), from).await;
            sweep(Update::new(before, to.clone()).await, 3).await;
        }
    });
}

#[test]
fn taking_over_what_is_there_survives_trouble_at_every_call() {
    at_once(async {
        let sketch = Sketch::full();
        let found = |is_ours, inside| Found {
            is_ours,
            boundary: Some(BOUNDARIES[1]),
            attached: [POOL[0], POOL[5]].into(),
            profile: Some(inside),
            has_policy: true,
        };
        let roles = sketch.managed().into_iter();
        let kinds = [(true, Inside::OtherRole), (false, Inside::Nothing), (false, Inside::OwnRole)];
        let found = roles.zip(kinds).map(|(role, (ours, inside))| (role, found(ours, inside)));
        let seed = Seed { found: found.collect(), ..Seed::without_us() };
        sweep(Update::new(seed.state(&sketch), sketch).await, 15).await;
    });
}

/// Trouble of any kind, at any call, reading ones too, up to three times; and calls that take their time, so
/// that others overtake them.
fn trouble() -> impl Strategy<Value = Vec<Fault>> {
    let effects: Vec<_> = effects().into();
    let fault =
        (sample::select(effects), 0..40_u64, any::<bool>()).prop_map(|(effect, nth, writes)| {
            let fault = Fault::new(effect).skip(nth).times(1);
            if writes { fault.writes() } else { fault }
        });
    (vec(fault, 1..4), any::<u64>()).prop_map(|(mut faults, luck)| {
        let slow =
            |milliseconds, luck| Fault::new(Effect::Slow { milliseconds }).probability(0.5, luck);
        faults.extend([slow(10, luck), slow(25, !luck), slow(70, luck.rotate_left(9))]);
        faults
    })
}

#[test]
fn any_edit_in_any_account_survives_any_trouble() {
    check(50, &(edits(3), seeds(3), trouble(), trouble()), |((from, to), seed, first, second)| {
        at_once(async {
            let making = Update::new(seed.state(&from), from).await;
            making.survives(&first).await;
            Update::new(making.after, to).await.survives(&second).await;
        });
    });
}

//! Plans say what applies do, and do nothing themselves.

use cloudup::{phase::Phase, update::UpdateOptions};
use cloudup_engine::{Options, Source};
use proptest::{option, prelude::*, sample};
use serde_json::json;

use crate::{
    accounts::{self, account, essence, reopened, seeds, state},
    manifests::{edits, sketches},
    runs::{apply, at_once, changes, check, options, plan, troubles, try_apply},
};

#[test]
fn an_apply_does_what_the_plan_before_it_says_and_the_plan_after_it_says_nothing() {
    check(60, &(edits(4), seeds(4), any::<bool>()), |((from, to), seed, prune)| {
        let asked = || UpdateOptions { prune, ..options() };
        at_once(async {
            let mut account = account(&seed.state(&from));
            for sketch in [&from, &to] {
                let before = plan(&account, sketch, asked()).await;
                assert!(before.report.succeeded(), "{}{sketch:?}", troubles(&before));
                let done = apply(&account, sketch, asked()).await;
                assert!(done.report.succeeded(), "{}{sketch:?}", troubles(&done));
                assert_eq!(changes(&before), changes(&done), "{sketch:?}");

                account = reopened(&account);
                let after = plan(&account, sketch, asked()).await;
                assert_eq!(changes(&after), Vec::<String>::new(), "{sketch:?}");
                assert!(after.report.is_settled(), "{}{sketch:?}", troubles(&after));
                let again = apply(&account, sketch, asked()).await;
                assert!(again.report.is_settled(), "{}{sketch:?}", troubles(&again));
                let writes: Vec<_> = account.journal().writes().cloned().collect();
                assert_eq!(writes, [], "{sketch:?}");
            }
        });
    });
}

#[test]
fn a_plan_writes_nothing() {
    check(60, &(sketches(10), seeds(10)), |(sketch, seed)| {
        at_once(async {
            let before = seed.state(&sketch);
            let account = account(&before);
            plan(&account, &sketch, options()).await;
            assert_eq!(account.journal().writes().count(), 0, "{sketch:?}");
            assert_eq!(state(&account), before, "{sketch:?}");
        });
    });
}

/// What people type into `--lifecycle-overrides`, in great variety.
fn overrides() -> impl Strategy<Value = String> {
    let kind = sample::select(vec![
        "IAMRole",
        "IAMRolePolicy",
        "IAMRolePolicyAttachment",
        "IAMInstanceProfile",
        "IAMInstanceProfileRole",
        "LaunchTemplate",
        "IAMRole/nodes.*",
        "IAM*",
    ]);
    let lifecycle = sample::select(vec![
        "Sync",
        "Ignore",
        "WarnIfInsufficientAccess",
        "ExistsAndValidates",
        "ExistsAndWarnIfChanges",
    ]);
    let one = (kind, lifecycle).prop_map(|(kind, lifecycle)| format!("{kind}={lifecycle}"));
    proptest::collection::vec(one, 0..3).prop_map(|all| all.join(","))
}

#[test]
fn whatever_decides_over_tasks_nothing_is_done_that_the_plan_did_not_say() {
    let phase = option::weighted(
        0.3,
        sample::select(vec![Phase::Network, Phase::Security, Phase::Cluster]),
    );
    let cases = (edits(3), seeds(3), overrides(), phase, any::<bool>());
    check(80, &cases, |((from, to), seed, overrides, phase, prune)| {
        let mut asked = UpdateOptions { phase, prune, ..options() };
        if !overrides.is_empty() {
            asked.overrides.push((Source::Flag("--lifecycle-overrides".into()), overrides));
        }
        at_once(async {
            let first = account(&seed.state(&from));
            apply(&first, &from, options()).await;
            let before = state(&first);
            let account = account(&before);
            // Overrides that fit no task are refused, and then there is nothing to compare.
            let done = try_apply(&account, &to, asked.clone(), &Options::default()).await;
            let Ok(done) = done else { return };
            let said = plan(&accounts::account(&before), &to, asked.clone()).await;
            let (said, did) = (changes(&said), changes(&done));
            let unsaid: Vec<_> = did.iter().filter(|change| !said.contains(change)).collect();
            assert_eq!(unsaid, Vec::<&String>::new(), "{asked:?} {to:?}");
            if done.report.succeeded() {
                assert_eq!(said, did, "{asked:?} {to:?}");
            }
            if did.is_empty() && done.report.succeeded() {
                assert_eq!(essence(&state(&account)), essence(&before), "{asked:?} {to:?}");
            }
        });
    });
}

#[test]
fn the_same_inputs_give_the_same_bytes_and_the_same_account() {
    check(30, &(edits(4), seeds(4)), |((from, to), seed)| {
        at_once(async {
            let run = async || {
                let account = account(&seed.state(&from));
                let first = plan(&account, &from, options()).await;
                apply(&account, &from, options()).await;
                let second = plan(&account, &to, options()).await;
                apply(&account, &to, options()).await;
                (json!([first, second]).to_string(), state(&account), account.journal())
            };
            assert_eq!(run().await, run().await);
        });
    });
}

//! What becomes of a deletion that meets trouble: run again, it ends clean.

use std::fmt::Write as _;

use cloudup::removal::{Target, is_clean};
use cloudup_engine::{ErrorKind, Outcome};
use cloudup_tasks::local::{Effect, Fault, State};

use crate::{
    account, at_once, cluster, essence, failures, instances, made, options, others, remove, state,
};

fn error(code: &str) -> Effect {
    Effect::Error { code: code.to_owned(), message: String::new() }
}

/// Runs into trouble, then again without. Whether it got over it.
async fn survives(before: &State, fault: &Fault) -> bool {
    let cluster = cluster();
    let troubled = account(&State { faults: vec![fault.clone()], ..before.clone() });
    let cloud = cloudup_tasks::snapshot::Snapshot::of_writer(troubled.clone());
    let prepared = cloudup::removal::Removal::prepare(
        Target::Cluster(&cluster),
        &options(),
        cloudup_tasks::cloud::CloudWriter::reader(&cloud),
    )
    .await;
    let got_over_it = match prepared {
        Ok(removal) => {
            let done = removal.apply(&cloud, &cloudup_engine::Options::default(), |_| ()).await;
            is_clean(&done.expect("a sound graph"))
        }
        Err(_) => false,
    };
    let left = State { faults: Vec::new(), ..state(&troubled) };
    let again = account(&left);
    let report = remove(&again, Target::Cluster(&cluster), &options()).await;
    assert!(is_clean(&report), "{fault:?}: {}", failures(&report));
    assert_eq!(essence(&state(&again)), essence(&others()), "{fault:?}");
    got_over_it
}

#[test]
fn trouble_at_any_call_that_changes_something_is_survived() {
    at_once(async {
        let cluster = cluster();
        let before = State { instance_end_looks: 1, ..made(&cluster).await };
        let undisturbed = account(&before);
        remove(&undisturbed, Target::Cluster(&cluster), &options()).await;
        let writes = undisturbed.journal().writes().count();
        assert!(writes >= 40, "{writes} calls are hardly a sweep");
        for nth in 0..writes as u64 {
            for (effect, gets_over_it) in [
                (Effect::DieBefore, false),
                (Effect::DieAfter, false),
                (Effect::Deny, false),
                (Effect::LoseReply, true),
                (Effect::Throttle, true),
            ] {
                let fault = Fault::new(effect).writes().skip(nth).times(1);
                assert_eq!(survives(&before, &fault).await, gets_over_it, "{fault:?}");
            }
        }
    });
}

#[test]
fn trouble_at_any_call_that_reads_is_survived() {
    at_once(async {
        let cluster = cluster();
        let before = made(&cluster).await;
        let undisturbed = account(&before);
        remove(&undisturbed, Target::Cluster(&cluster), &options()).await;
        let calls = undisturbed.journal().calls;
        let reads = calls.iter().filter(|call| !call.writes).count();
        for nth in 0..reads as u64 {
            for effect in [Effect::DieAfter, Effect::Deny, Effect::Throttle, error("Strange")] {
                let fault = Fault::new(effect).reads().skip(nth).times(1);
                survives(&before, &fault).await;
            }
        }
    });
}

#[test]
fn roles_stay_until_the_instances_are_gone() {
    at_once(async {
        let cluster = cluster();
        for looks in [0, 3] {
            let before = State { instance_end_looks: looks, ..made(&cluster).await };
            for operation in
                ["RemoveRoleFromInstanceProfile", "DeleteRolePolicy", "DetachRolePolicy"]
            {
                let fault = Fault::new(Effect::DieBefore).operation(operation);
                let account = account(&State { faults: vec![fault], ..before.clone() });
                remove(&account, Target::Cluster(&cluster), &options()).await;
                assert_eq!(instances(&state(&account)), ["i-0a"], "before {operation}");
            }
            // And while they do not go, roles, profiles and the network stay.
            let fault = Fault::new(Effect::Deny).operation("DeleteAutoScalingGroup");
            let account = account(&State { faults: vec![fault], ..before.clone() });
            let report = remove(&account, Target::Cluster(&cluster), &options()).await;
            let writes: Vec<_> = account.journal().writes().map(|call| call.operation).collect();
            assert!(
                writes.iter().all(|it| ["DeleteAutoScalingGroup", "DeleteWarmPool"].contains(it)),
                "{writes:?}"
            );
            let blocked = |outcome: &Outcome| matches!(outcome, Outcome::Blocked { .. });
            let blocked = report.report.entries.iter().filter(|it| blocked(&it.outcome)).count();
            assert!(blocked > 30, "{blocked}: {}", failures(&report));
        }
    });
}

#[test]
fn what_may_not_be_listed_is_told_and_keeps_what_it_might_use() {
    at_once(async {
        let cluster = cluster();
        let before = made(&cluster).await;
        let mut told = String::new();
        for operation in [
            "ListOpenIDConnectProviders",
            "ListRoles",
            "DescribeInstances",
            "DescribeAutoScalingGroups",
            "DescribeSubnets",
        ] {
            let fault = Fault::new(Effect::Deny).operation(operation);
            let account = account(&State { faults: vec![fault], ..before.clone() });
            let report = remove(&account, Target::Cluster(&cluster), &options()).await;
            assert!(!is_clean(&report));
            let denied = report.report.failures().filter_map(|entry| entry.error.as_ref());
            assert!(denied.map(|error| error.kind).any(|kind| kind == ErrorKind::Denied));
            let left = state(&account);
            write!(
                told,
                "# {operation}\n{}left: {} groups, {} roles, {} providers, {} subnets, {} VPCs\n",
                failures(&report),
                left.auto_scaling_groups.len(),
                left.roles.len() - others().roles.len(),
                left.oidc_providers.len() - others().oidc_providers.len(),
                left.subnets.len() - others().subnets.len(),
                left.vpcs.len() - others().vpcs.len(),
            )
            .expect("a string takes all");
        }
        insta::assert_snapshot!(told);
    });
}

//! What is not ours stays as it is.

use cloudup::update::UpdateOptions;
use cloudup_engine::{ErrorKind, Outcome};
use cloudup_tasks::local::State;
use proptest::prelude::*;
use serde_json::json;

use crate::{
    accounts::{Seed, account, foreign, seeds, state},
    manifests::{Sketch, edits},
    runs::{apply, at_once, check, options, plan, troubles},
};

#[test]
fn nothing_that_is_not_ours_changes_when_a_cluster_comes_changes_and_goes() {
    check(60, &(edits(4), seeds(4), any::<bool>()), |((from, to), seed, prune)| {
        let nothing = Sketch { groups: [].into(), ..to.clone() };
        at_once(async {
            let account = account(&seed.state(&from));
            for sketch in [&from, &to, &nothing] {
                let before = state(&account);
                let report = apply(&account, sketch, UpdateOptions { prune, ..options() }).await;
                assert!(report.report.succeeded(), "{}{sketch:?}", troubles(&report));
                let after = state(&account);
                let (was, is) =
                    (foreign(&before, sketch, &after), foreign(&after, sketch, &before));
                assert_eq!(was, is, "{sketch:?}");
            }
        });
    });
}

#[test]
fn a_cluster_that_goes_leaves_nothing_of_its_own_in_iam() {
    check(20, &edits(4), |(from, to)| {
        at_once(async {
            let before = Seed::without_us().state(&from);
            let account = account(&before);
            for sketch in [&from, &to, &Sketch { groups: [].into(), ..to.clone() }] {
                apply(&account, sketch, options()).await;
            }
            let after = state(&account);
            assert_eq!(json!(after.roles), json!(before.roles));
            assert_eq!(json!(after.instance_profiles), json!(before.instance_profiles));
            assert_eq!(json!(after.managed_policies), json!(before.managed_policies));
        });
    });
}

#[test]
fn what_another_cluster_owns_under_a_name_of_ours_is_refused_and_left() {
    at_once(async {
        let sketch = Sketch::full();
        let name = sketch.role_name(cloudup::manifest::spec::Role::Node);
        let mut seed = json!(Seed::without_us().state(&sketch));
        let tags = json!({ "kubernetes.io/cluster/other.example.com": "owned", "team": "green" });
        let push = |list: &mut serde_json::Value, thing| {
            list.as_array_mut().expect("a list").push(thing);
        };
        push(&mut seed["roles"], json!({ "name": name, "tags": tags }));
        push(&mut seed["instanceProfiles"], json!({ "name": name, "tags": tags }));
        let before = State::from_value(&seed).expect("a sound seed");
        let account = account(&before);
        for report in
            [plan(&account, &sketch, options()).await, apply(&account, &sketch, options()).await]
        {
            let refused: Vec<_> = report.report.failures().collect();
            let kinds: Vec<_> = refused.iter().map(|entry| entry.task.kind()).collect();
            assert_eq!(kinds, ["IAMRole", "IAMInstanceProfile"], "{}", troubles(&report));
            for entry in refused {
                assert_eq!(entry.task.name(), name);
                assert_eq!(entry.error.as_ref().map(|error| error.kind), Some(ErrorKind::Conflict));
            }
            let of_role = report.report.entries.iter().filter(|entry| entry.task.name() == name);
            for entry in of_role {
                assert!(
                    matches!(entry.outcome, Outcome::Failed | Outcome::Blocked { .. }),
                    "{entry:?}"
                );
            }
        }
        let after = state(&account);
        assert_eq!(after.roles.get(&name), before.roles.get(&name));
        assert_eq!(after.instance_profiles.get(&name), before.instance_profiles.get(&name));
    });
}

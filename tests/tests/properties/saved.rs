//! Saved plans: carried out, they are exactly what they say; where an object has moved, nothing is
//! changed, and the object is named; broken off, they are finished.

use std::{collections::BTreeSet, sync::Arc};

use cloudup::{
    plan::{Moved, SavedFile, SavedManifests, SavedOptions, SavedPlan},
    update::{Update, UpdateOptions, UpdateReport},
};
use cloudup_engine::{Options, Registry};
use cloudup_tasks::{
    cloud::CloudWriter,
    local::{Account, Effect, Fault, InstanceProfile, Role, State},
    snapshot::Snapshot,
};
use proptest::{prelude::*, sample};

use crate::{
    accounts::{Seed, account, essence, faulty, reopened, seeds, state},
    manifests::{Sketch, edits},
    runs::{apply, at_once, changes, check, options, plan, troubles},
};

/// A plan for what a manifest says, as it comes back from its file.
async fn saved(account: &Arc<Account>, sketch: &Sketch, asked: UpdateOptions) -> SavedPlan {
    let report = plan(account, sketch, asked.clone()).await;
    assert!(report.report.succeeded(), "{}{sketch:?}", troubles(&report));
    let file = SavedFile { name: "cluster.yaml".to_owned(), text: sketch.yaml() };
    let manifests = SavedManifests::Files(vec![file]);
    let plan = SavedPlan::new("local", manifests, SavedOptions::of(&asked), report);
    let text = plan.to_text().expect("it can be written");
    let read = SavedPlan::read(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(read.to_text().expect("it can be written"), text, "nothing is lost in the file");
    read
}

/// Carries a plan out as the command line does, with nothing but its file.
async fn carry_out(account: &Arc<Account>, plan: &SavedPlan) -> Result<UpdateReport, Moved> {
    let cloud = Snapshot::of_writer(account.clone() as Arc<dyn CloudWriter>);
    let SavedManifests::Files(files) = &plan.manifests else { panic!("they are files") };
    let found = SavedManifests::cluster_of_files(files, &plan.update.cluster);
    let (cluster, _) = found.expect("they are right").expect("it is there");
    let options = plan.options(Registry::default()).expect("they were saved");
    let update = Update::prepare(cluster, options, cloud.reader()).await;
    let update = update.unwrap_or_else(|error| panic!("{error}"));
    let now = update.plan(cloud.reader(), &Options::default(), |_| ()).await.expect("it is sound");
    plan.standing(&now)?;
    let done = update.apply(&cloud, &Options::default(), |_| ()).await;
    Ok(done.unwrap_or_else(|error| panic!("{error}")))
}

#[test]
fn a_plan_that_is_carried_out_does_exactly_what_it_says() {
    check(25, &(edits(4), seeds(4), any::<bool>()), |((from, to), seed, prune)| {
        at_once(async {
            let asked = UpdateOptions { prune, ..options() };
            let first = account(&seed.state(&from));
            apply(&first, &from, options()).await;
            let account = reopened(&first);
            let plan = saved(&account, &to, asked).await;
            let done = carry_out(&account, &plan).await.unwrap_or_else(|moved| panic!("{moved}"));
            assert!(done.report.succeeded(), "{}{to:?}", troubles(&done));
            assert_eq!(changes(&plan.update), changes(&done), "{to:?}");

            let account = reopened(&account);
            let again = carry_out(&account, &plan).await.unwrap_or_else(|moved| panic!("{moved}"));
            assert!(again.report.is_settled(), "{}", troubles(&again));
            assert_eq!(account.journal().writes().count(), 0, "all of it is done: {to:?}");
        });
    });
}

/// An edit of an object of ours, of a sort that no plan leads to.
#[derive(Clone, Copy, Debug)]
enum Meddling {
    Trust,
    Boundary,
    Policy,
    OwnerTag,
    RoleOfProfile,
    NoProfile,
}

const DOCUMENT: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ec2:RunInstances","Resource":"*"}]}"#;
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"lambda.amazonaws.com"}}]}"#;

impl Meddling {
    const ALL: [Self; 6] = [
        Self::Trust,
        Self::Boundary,
        Self::Policy,
        Self::OwnerTag,
        Self::RoleOfProfile,
        Self::NoProfile,
    ];

    /// The state after it, if it comes to something for the role of this name.
    fn with(self, before: &State, name: &str, owner_tag: &str) -> Option<State> {
        let mut state = before.clone();
        let role = |change: &dyn Fn(&mut Role)| {
            let mut roles: Vec<_> = before.roles.iter().cloned().collect();
            let role = roles.iter_mut().find(|role| role.name == name)?;
            change(role);
            Some(roles.into_iter().collect())
        };
        let profile = |change: &dyn Fn(&mut InstanceProfile)| {
            let mut profiles: Vec<_> = before.instance_profiles.iter().cloned().collect();
            let profile = profiles.iter_mut().find(|profile| profile.name == name)?;
            change(profile);
            Some(profiles.into_iter().collect())
        };
        match self {
            Self::Trust => {
                state.roles = role(&|role| role.assume_role_policy_document.0 = TRUST.into())?;
            }
            Self::Boundary => {
                let arn = "arn:aws:iam::123456789012:policy/somebody-elses";
                state.roles = role(&|role| role.permissions_boundary = Some(arn.to_owned()))?;
            }
            Self::Policy => {
                let document = cloudup_tasks::local::DocumentText(DOCUMENT.to_owned());
                state.roles = role(&|role| {
                    role.inline_policies.insert(name.to_owned(), document.clone());
                })?;
            }
            Self::OwnerTag => {
                state.roles = role(&|role| {
                    role.tags.remove(owner_tag);
                })?;
            }
            Self::RoleOfProfile => {
                state.instance_profiles = profile(&|profile| profile.role = None)?;
            }
            Self::NoProfile => {
                let others = before.instance_profiles.iter().filter(|it| it.name != name);
                state.instance_profiles = others.cloned().collect();
            }
        }
        (state != *before).then_some(state)
    }
}

#[test]
fn where_an_object_has_moved_nothing_is_changed_and_it_is_named() {
    let cases =
        (edits(3), seeds(3), sample::select(Meddling::ALL.to_vec()), any::<sample::Index>());
    let refused = std::cell::Cell::new(0);
    check(60, &cases, |((from, to), seed, meddling, which)| {
        at_once(async {
            let first = account(&seed.state(&from));
            apply(&first, &from, options()).await;
            let before = state(&first);
            let kept: BTreeSet<_> = from.managed().intersection(&to.managed()).copied().collect();
            let kept: Vec<_> = kept.into_iter().collect();
            if kept.is_empty() || from.name != to.name {
                return;
            }
            let name = to.role_name(*which.get(&kept));
            let Some(after) = meddling.with(&before, &name, &to.owner_tag()) else { return };
            let plan = saved(&account(&before), &to, options()).await;

            let account = account(&after);
            let context = || format!("{meddling:?} {name}\n{from:?}\n{to:?}");
            let moved = carry_out(&account, &plan).await.expect_err(&context());
            let of_it = |task: &str| task.ends_with(&format!("/{name}"));
            let named: Vec<_> = moved.entries.iter().map(|entry| entry.task.to_string()).collect();
            assert!(named.iter().any(|task| of_it(task)), "{moved}\n{}", context());
            assert_eq!(account.journal().writes().count(), 0, "{}", context());
            assert_eq!(state(&account), after, "{}", context());
            refused.set(refused.get() + 1);
        });
    });
    assert!(refused.get() > 15, "{} refusals are hardly a test", refused.get());
}

/// Breaks a plan off at each call that changes something, and carries it out again.
async fn sweep(before: State, to: Sketch, at_least: usize) {
    let asked = || UpdateOptions { prune: true, ..options() };
    let whole = account(&before);
    let plan = saved(&whole, &to, asked()).await;
    let report = carry_out(&whole, &plan).await.unwrap_or_else(|moved| panic!("{moved}"));
    assert!(report.report.succeeded(), "{}", troubles(&report));
    let writes: Vec<_> = whole.journal().writes().map(|call| call.operation).collect();
    assert!(writes.len() >= at_least, "{} calls are hardly a sweep", writes.len());
    for (nth, operation) in (0..).zip(&writes) {
        // To die before a call is to die after the one before it.
        let fault = Fault::new(Effect::DieAfter).writes().skip(nth).times(1);
        let account = faulty(&before, std::slice::from_ref(&fault));
        let broken = carry_out(&account, &plan).await.expect("it holds");
        assert!(!broken.report.succeeded(), "{fault:?}");

        let account = reopened(&account);
        let finished = carry_out(&account, &plan).await;
        let finished = finished.unwrap_or_else(|moved| panic!("{moved}\nafter {operation}"));
        assert!(finished.report.succeeded(), "{}after {operation}", troubles(&finished));
        assert_eq!(essence(&state(&account)), essence(&state(&whole)), "after {operation}");
    }
}

async fn with(sketch: &Sketch) -> State {
    let account = account(&Seed::without_us().state(sketch));
    apply(&account, sketch, options()).await;
    state(&reopened(&account))
}

#[test]
fn a_plan_that_makes_a_cluster_can_be_broken_off_at_every_call_and_finished() {
    at_once(async {
        let sketch = Sketch::full();
        sweep(Seed::without_us().state(&sketch), sketch, 20).await;
    });
}

#[test]
fn a_plan_that_changes_a_cluster_can_be_broken_off_at_every_call_and_finished() {
    at_once(async {
        sweep(with(&Sketch::full()).await, Sketch::full_edited(), 15).await;
    });
}

#[test]
fn a_plan_that_spills_into_managed_policies_can_be_broken_off_at_every_call_and_finished() {
    at_once(async {
        let before = with(&Sketch { registry: true, ..Sketch::overflowing([]) }).await;
        sweep(before, Sketch::overflowing(0..5), 5).await;
    });
}

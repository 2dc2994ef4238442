//! Instance profiles and the roles in them.

use cloudup_engine::Adder;
use cloudup_tasks::{
    cloud::{Aws, iam::Tags},
    iam::{IamInstanceProfile, IamInstanceProfileRole, IamRole},
    local::{Effect, Fault},
};
use serde_json::{Value, json};

use super::{
    ROLE, account, apply, converge, ec2, failure, notes, owned, owner, plan, role, with, writes,
};

type Built<'f> = &'f dyn Fn(&mut Adder<'_, Aws>);

fn profile() -> IamInstanceProfile {
    IamInstanceProfile::new(ROLE, owner())
}

fn add(profile: &IamInstanceProfile) -> impl Fn(&mut Adder<'_, Aws>) {
    move |graph| drop(graph.add(profile.clone()))
}

fn hold(graph: &mut Adder<'_, Aws>) {
    graph.add(IamInstanceProfileRole::new(ROLE, ROLE, owner()));
}

fn seed(tags: &Value, holds: Option<&str>) -> Value {
    let other = with(role(&owned("other")), &json!({ "name": "other" }));
    json!({
        "roles": [role(&owned(ROLE)), other],
        "instanceProfiles": [{
            "name": ROLE,
            "tags": tags,
            "role": holds.map(|name| json!({ "name": name })),
        }],
    })
}

#[tokio::test]
async fn a_profile_is_created_with_its_tags_in_one_call() {
    let account = account(&json!({}));
    let calls = converge(&account, add(&profile())).await;
    assert_eq!(calls, ["CreateInstanceProfile nodes.example.com"]);
    let moment = &account.journal().moments[0].instance_profiles[ROLE];
    assert_eq!(moment.tags, owner().tags(ROLE));
}

#[tokio::test]
async fn tags_of_a_profile_are_set_before_others_are_removed_and_foreign_ones_stay() {
    let tags = with(owned("old"), &json!({ "kops.k8s.io/old": "x", "cost-center": "7" }));
    let account = account(&seed(&tags, None));
    let team = Tags::from([("team".to_owned(), "blue".to_owned())]);
    let calls = converge(&account, add(&profile().tagged(team))).await;
    assert_eq!(
        calls,
        ["TagInstanceProfile nodes.example.com", "UntagInstanceProfile nodes.example.com"]
    );
    let journal = account.journal();
    for moment in &journal.moments {
        let tags = &moment.instance_profiles[ROLE].tags;
        assert_eq!(tags[&owner().tag_key()], "owned");
        assert_eq!(tags["cost-center"], "7");
    }
}

#[tokio::test]
async fn a_profile_of_another_cluster_is_refused() {
    let account = account(&seed(&json!({ "kubernetes.io/cluster/other": "owned" }), None));
    let error = failure(&plan(&account, add(&profile())).await);
    assert_eq!(error, failure(&apply(&account, add(&profile())).await));
    insta::assert_snapshot!(error);
    assert_eq!(writes(&account), [] as [&str; 0]);
}

#[tokio::test]
async fn an_empty_profile_gets_its_role() {
    let account = account(&seed(&owned(ROLE), None));
    let calls = converge(&account, hold).await;
    assert_eq!(calls, ["AddRoleToInstanceProfile nodes.example.com/nodes.example.com"]);
}

#[tokio::test]
async fn another_role_in_a_profile_of_ours_is_replaced_with_a_warning() {
    let account = account(&seed(&owned(ROLE), Some("other")));
    insta::assert_snapshot!(notes(&plan(&account, hold).await).join("\n"));
    assert_eq!(
        converge(&account, hold).await,
        [
            "RemoveRoleFromInstanceProfile nodes.example.com/other",
            "AddRoleToInstanceProfile nodes.example.com/nodes.example.com",
        ]
    );
}

#[tokio::test]
async fn another_role_in_somebody_elses_profile_is_refused() {
    for tags in [json!({}), json!({ "kubernetes.io/cluster/other": "owned" })] {
        let account = account(&seed(&tags, Some("other")));
        let error = failure(&plan(&account, hold).await);
        assert_eq!(error, failure(&apply(&account, hold).await));
        insta::allow_duplicates! { insta::assert_snapshot!(error); }
        assert_eq!(writes(&account), [] as [&str; 0]);
    }
}

#[tokio::test]
async fn bad_names_are_refused_before_anything_is_called() {
    let account = account(&json!({}));
    let long = "x".repeat(129);
    let table: [Built<'_>; 3] = [
        &|graph| drop(graph.add(IamInstanceProfile::new(long.clone(), owner()))),
        &|graph| drop(graph.add(IamInstanceProfileRole::new("a b", ROLE, owner()))),
        &|graph| drop(graph.add(IamInstanceProfileRole::new(ROLE, "x".repeat(65), owner()))),
    ];
    let mut told = Vec::new();
    for build in table {
        told.push(failure(&plan(&account, build).await));
        assert_eq!(told.last(), Some(&failure(&apply(&account, build).await)));
    }
    assert_eq!(writes(&account), [] as [&str; 0]);
    insta::assert_snapshot!(told.join("\n"));
}

fn unwanted(graph: &mut Adder<'_, Aws>) {
    let profile = graph.unwanted(IamInstanceProfile::unwanted(ROLE, owner()));
    graph.after(&profile).unwanted(IamRole::unwanted(ROLE, owner()));
}

#[tokio::test]
async fn a_profile_and_its_role_that_are_not_wanted_go_in_order() {
    let account = account(&seed(&owned(ROLE), Some(ROLE)));
    assert_eq!(
        converge(&account, unwanted).await,
        [
            "RemoveRoleFromInstanceProfile nodes.example.com/nodes.example.com",
            "DeleteRole nodes.example.com",
            "DeleteInstanceProfile nodes.example.com",
        ]
    );
}

#[tokio::test]
async fn somebody_elses_role_leaves_a_profile_that_is_not_wanted_and_stays() {
    let mut seed = seed(&owned(ROLE), Some("other"));
    seed["roles"][1]["tags"] = json!({});
    let account = account(&seed);
    let only_profile = |graph: &mut Adder<'_, Aws>| {
        graph.unwanted(IamInstanceProfile::unwanted(ROLE, owner()));
    };
    assert_eq!(
        converge(&account, only_profile).await,
        [
            "RemoveRoleFromInstanceProfile nodes.example.com/other",
            "DeleteInstanceProfile nodes.example.com",
        ]
    );
}

#[tokio::test]
async fn a_profile_that_is_not_ours_is_not_deleted() {
    let account = account(&seed(&json!({}), Some(ROLE)));
    let only_profile = |graph: &mut Adder<'_, Aws>| {
        graph.unwanted(IamInstanceProfile::unwanted(ROLE, owner()));
    };
    assert_eq!(converge(&account, only_profile).await, [] as [&str; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_profile_that_has_not_arrived_everywhere_is_waited_for() {
    let account = account(&json!({}));
    let effect = Effect::Error { code: "NoSuchEntity".to_owned(), message: String::new() };
    let unseen = Fault::new(effect).operation("AddRoleToInstanceProfile").times(2);
    account.add_fault(unseen).unwrap();
    let build = |graph: &mut Adder<'_, Aws>| {
        let role = graph.add(IamRole::new(ROLE, owner(), ec2()));
        let profile = graph.add(profile());
        let held = IamInstanceProfileRole::new(ROLE, ROLE, owner()).made_by(&profile, &role);
        graph.after(&role).after(&profile).add(held);
    };
    let report = apply(&account, build).await;
    assert!(report.succeeded(), "{report:#?}");
    assert_eq!(report.entries[2].timing.attempts, Some(3));
}

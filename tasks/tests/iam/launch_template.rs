//! Launch templates.

use cloudup_engine::{Adder, Outcome};
use cloudup_tasks::{
    cloud::{Aws, ec2::MetadataOptions},
    ec2::LaunchTemplate,
    iam::IamInstanceProfile,
    local::{Effect, Fault},
};
use serde_json::json;

use super::{account, apply, converge, failure, owner, plan, writes};

fn options(hops: i32) -> MetadataOptions {
    MetadataOptions { http_tokens: "required".to_owned(), http_put_response_hop_limit: hops }
}

fn template(profile: &str) -> LaunchTemplate {
    LaunchTemplate::new("nodes", profile.to_owned())
}

fn add(template: &LaunchTemplate) -> impl Fn(&mut Adder<'_, Aws>) {
    move |graph| drop(graph.add(template.clone()))
}

fn seed() -> serde_json::Value {
    json!({ "instanceProfiles": [{ "name": "a" }, { "name": "b" }] })
}

#[tokio::test]
async fn a_template_is_created_and_gets_a_version_with_every_change() {
    let account = account(&seed());
    let wanted = template("a").metadata_options(options(1));
    assert_eq!(converge(&account, add(&wanted)).await, ["CreateLaunchTemplate nodes"]);
    let calls = converge(&account, add(&template("b"))).await;
    assert!(calls[0].starts_with("CreateLaunchTemplateVersion"), "{calls:?}");
    let state = account.state().unwrap();
    let template = state.launch_templates.iter().next().unwrap();
    let now = template.versions.last().unwrap();
    assert_eq!(now.iam_instance_profile.as_deref(), Some("b"));
    // What was not said stays.
    assert_eq!(now.metadata_options.as_ref().unwrap().http_put_response_hop_limit, 1);
    assert_eq!(template.default_version, 2);
    let again = self::template("b").metadata_options(options(2));
    assert!(!converge(&account, add(&again)).await.is_empty());
}

#[tokio::test]
async fn a_template_takes_the_profile_that_is_made_with_it() {
    let account = account(&json!({}));
    let build = |graph: &mut Adder<'_, Aws>| {
        let profile = graph.add(IamInstanceProfile::new("made", owner()));
        let name = profile.get(|profile| profile.name.clone());
        graph.add(LaunchTemplate::new("nodes", name));
    };
    let planned = plan(&account, build).await;
    assert_eq!(planned.entries[1].outcome, Outcome::Planned);
    assert_eq!(converge(&account, build).await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_profile_that_was_just_made_is_waited_for() {
    let build = |graph: &mut Adder<'_, Aws>| {
        let profile = graph.add(IamInstanceProfile::new("made", owner()));
        let name = "made".to_owned();
        graph.after(&profile).add(LaunchTemplate::new("nodes", name).made_by(&profile));
    };
    let account = account(&json!({}));
    let late = Fault::new(Effect::Late { reads: 3 }).operation("CreateInstanceProfile");
    account.add_fault(late).unwrap();
    let report = apply(&account, build).await;
    assert!(report.succeeded(), "{report:#?}");

    // What somebody else is to make is not.
    let account = self::account(&json!({}));
    assert_eq!(failure(&apply(&account, add(&template("nobodys"))).await).lines().count(), 1);
    assert_eq!(writes(&account).len(), 1);
}

#[tokio::test]
async fn what_ec2_would_refuse_is_refused_before_anything_is_called() {
    let optional = MetadataOptions { http_tokens: "maybe".to_owned(), ..options(1) };
    let table = [
        LaunchTemplate::new("x", "a".to_owned()),
        LaunchTemplate::new("no spaces", "a".to_owned()),
        template("a").metadata_options(options(0)),
        template("a").metadata_options(options(65)),
        template("a").metadata_options(optional),
    ];
    let mut told = Vec::new();
    for wanted in table {
        let account = account(&seed());
        told.push(failure(&plan(&account, add(&wanted)).await));
        apply(&account, add(&wanted)).await;
        assert_eq!(writes(&account), [] as [&str; 0]);
    }
    insta::assert_snapshot!(told.join("\n"));
}

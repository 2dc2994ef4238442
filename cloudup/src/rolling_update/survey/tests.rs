use cloudup_tasks::cloud::iam::Tags;

use super::*;
use crate::rolling_update::tests::cluster;

fn of_group(id: &str, state: &str, version: &str) -> GroupInstance {
    GroupInstance {
        id: id.to_owned(),
        lifecycle_state: state.to_owned(),
        launch_template: Some(TemplateRef { id: "lt-1".into(), version: version.to_owned() }),
    }
}

fn instance(id: &str, state: &str, detached_from: Option<&str>) -> Instance {
    let tag = detached_from.map(|group| (DETACHED.to_owned(), group.to_owned()));
    Instance {
        id: id.to_owned(),
        state: state.to_owned(),
        tags: tag.into_iter().collect::<Tags>(),
        ..Instance::default()
    }
}

/// A group that starts the template's newest version, which is the third.
fn found(members: Vec<GroupInstance>, instances: &[Instance], nodes: &Nodes) -> FoundGroup {
    let cluster = cluster(&[("nodes", "Node", 2)]);
    let group = AutoScalingGroup {
        name: "nodes.demo.example.com".into(),
        launch_template: Some(TemplateRef { id: "lt-1".into(), version: "$Latest".into() }),
        instances: members,
        ..AutoScalingGroup::default()
    };
    let template = LaunchTemplate {
        id: "lt-1".into(),
        name: "nodes.demo.example.com".into(),
        default_version: 1,
        latest_version: 3,
        tags: Tags::new(),
    };
    let finding = Finding { of: &cluster.groups[0], templates: &[template], instances, nodes };
    finding.group(&group, &[]).unwrap()
}

#[test]
fn instances_are_found_where_they_are_and_those_that_leave_are_not() {
    let members = vec![
        of_group("i-old", "InService", "2"),
        of_group("i-new", "Pending", "3"),
        of_group("i-waits", "Terminating:Wait", "2"),
        of_group("i-goes", "Terminating", "2"),
        of_group("i-warm", "Warmed:Stopped", "2"),
        of_group("i-warm-goes", "Warmed:Terminating", "2"),
        of_group("i-leaves", "Detaching", "2"),
        of_group("i-tagged", "InService", "3"),
    ];
    let own = Some("nodes.demo.example.com");
    let instances = [
        instance("i-leaves", "running", own),
        instance("i-tagged", "running", own),
        instance("i-out", "running", own),
        instance("i-ended", "terminated", own),
        instance("i-other", "running", Some("others.demo.example.com")),
        instance("i-plain", "running", None),
    ];
    let group = found(members, &instances, &Nodes::NotAsked);
    let told = |it: &Member| format!("{} {:?} {}", it.id, it.place, it.is_stale());
    let members: Vec<_> = group.members.iter().map(told).collect();
    let expected = [
        "i-old Group true",
        "i-new Group false",
        "i-tagged Group false",
        "i-warm WarmPool true",
        "i-leaves Detached true",
        "i-out Detached true",
    ];
    assert_eq!(members, expected);
}

#[test]
fn a_node_can_say_that_it_is_to_be_replaced() {
    let node = Node {
        name: "a".into(),
        instance_id: Some("i-new".into()),
        annotations: [(NEEDS_UPDATE.to_owned(), String::new())].into(),
        ..Node::default()
    };
    let nodes = Nodes::Found(vec![node]);
    let group = found(vec![of_group("i-new", "InService", "3")], &[], &nodes);
    assert_eq!(group.members[0].reasons, [Reason::Annotated]);
    assert!(!group.serves(&group.members[0], &nodes), "it is not ready");
}

#[test]
fn a_template_of_somebody_else_is_compared_by_its_number_alone() {
    let cluster = cluster(&[("nodes", "Node", 2)]);
    let mut group = AutoScalingGroup {
        name: "nodes.demo.example.com".into(),
        launch_template: Some(TemplateRef { id: "lt-9".into(), version: "4".into() }),
        ..AutoScalingGroup::default()
    };
    let finding =
        Finding { of: &cluster.groups[0], templates: &[], instances: &[], nodes: &Nodes::NotAsked };
    assert_eq!(finding.group(&group, &[]).unwrap().template.version, "4");
    group.launch_template = Some(TemplateRef { id: "lt-9".into(), version: "$Latest".into() });
    let error = finding.group(&group, &[]).unwrap_err();
    assert!(error.to_string().contains("lt-9"), "{error}");
}

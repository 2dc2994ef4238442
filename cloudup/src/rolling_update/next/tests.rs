use std::collections::BTreeSet;

use cloudup_tasks::cloud::autoscaling::TemplateRef;

use super::{
    super::{Reason, settings::Limits},
    *,
};
use crate::manifest::spec::Role;

/// An instance: its letter tells what it is. Old ones are in lower case, `d` is detached, `w` warm,
/// `x` does not serve; new ones are upper.
fn member(text: &str) -> Member {
    let (kind, place) = (text.as_bytes()[0], |c: char| text.starts_with(c));
    let place = match () {
        () if place('d') => Place::Detached,
        () if place('w') || place('W') => Place::WarmPool,
        () => Place::Group,
    };
    let state = match (kind, place) {
        (b'x' | b'P', _) => "Pending",
        (_, Place::Detached) => "running",
        (_, Place::WarmPool) => "Warmed:Stopped",
        _ => "InService",
    };
    let reasons = if kind.is_ascii_lowercase() { vec![Reason::Annotated] } else { Vec::new() };
    Member {
        id: text.to_owned(),
        place,
        state: state.to_owned(),
        template: None,
        node: None,
        reasons,
    }
}

struct Case {
    members: &'static str,
    desired: usize,
    limits: [usize; 2],
    replacing: &'static [(&'static str, Step)],
    unsettled: bool,
    expected: &'static str,
}

fn decide(case: &Case, quorum: Option<Quorum>) -> Move {
    let group = FoundGroup {
        name: "nodes".into(),
        role: if quorum.is_some() { Role::ControlPlane } else { Role::Node },
        auto_scaling_group: "nodes".into(),
        min: 0,
        max: 10,
        desired: case.desired,
        launches: true,
        template: TemplateRef::default(),
        members: case.members.split_whitespace().map(member).collect(),
    };
    let mut progress = Progress::default();
    for (id, step) in case.replacing {
        progress.put("nodes", id, *step);
    }
    let [surge, unavailable] = case.limits;
    let draining: BTreeSet<_> =
        case.replacing.iter().filter(|it| it.1 == Step::Draining).map(|it| it.0.into()).collect();
    next(&Situation {
        group: &group,
        nodes: &Nodes::NotAsked,
        limits: Limits { surge, unavailable, concurrency: surge + unavailable },
        drains: true,
        progress: &progress,
        draining: &draining,
        asked: &BTreeSet::new(),
        is_unsettled: case.unsettled,
        quorum,
    })
}

#[test]
fn the_next_thing_follows_from_what_there_is() {
    type Row<'a> = (&'a str, usize, [usize; 2], &'a [(&'a str, Step)], bool, &'a str);
    let none: &[(&str, Step)] = &[];
    let table: &[Row<'_>] = &[
        ("A B", 2, [1, 0], none, false, "Done"),
        ("a B w1 W2", 2, [1, 0], none, false, r#"TerminateWarm(["w1"])"#),
        // One out of the group at first, the last; then the others, and it when all are replaced.
        ("a b c", 3, [1, 0], none, false, r#"Detach("c")"#),
        ("a b P d1", 3, [1, 0], none, true, "Settle"),
        ("a b C d1", 3, [1, 0], none, false, r#"Drain("a")"#),
        ("a b C d1", 3, [1, 0], &[("a", Step::Draining)], false, "Await"),
        ("a b C d1", 3, [1, 0], &[("a", Step::Terminating)], false, r#"Terminate("a")"#),
        ("A B C d1", 3, [1, 0], none, false, r#"Drain("d1")"#),
        // Two at once: the first of them alone, since it shows whether new ones serve.
        ("a b c e", 4, [2, 0], none, false, r#"Detach("e")"#),
        ("a b C d1", 3, [2, 0], none, true, r#"Detach("b")"#),
        ("a P P d1", 3, [2, 0], none, true, "Settle"),
        // None beyond those wanted: as many as may be missing.
        ("a b c", 3, [0, 2], none, false, r#"Drain("a")"#),
        ("a b c", 3, [0, 2], &[("a", Step::Draining)], false, "Await"),
        ("a b C", 3, [0, 2], &[("a", Step::Draining)], false, r#"Drain("b")"#),
        ("a b C", 3, [0, 1], &[("a", Step::Draining)], false, "Await"),
        ("a b P", 3, [0, 2], none, true, "Settle"),
        // What does not serve is not missed, and goes first.
        ("a x B", 3, [0, 1], none, false, r#"Drain("x")"#),
        // There is no room while something else is missing.
        ("a b", 3, [0, 1], none, false, "Blocked"),
        // What was begun goes on.
        ("a b c", 3, [1, 0], &[("a", Step::Detaching)], false, r#"Detach("a")"#),
    ];
    for &(members, desired, limits, replacing, unsettled, expected) in table {
        let case = Case { members, desired, limits, replacing, unsettled, expected };
        let decided = format!("{:?}", decide(&case, None));
        assert!(decided.starts_with(case.expected), "{members}: {decided}, not {expected}");
    }
}

#[test]
fn the_control_plane_keeps_its_quorum() {
    for (members, serving, expected) in [
        (1, 1, "Drain"),
        (2, 2, "Drain"),
        (3, 3, "Drain"),
        (3, 2, "Blocked"),
        (5, 4, "Drain"),
        (5, 3, "Blocked"),
    ] {
        let case = Case {
            members: "a",
            desired: 1,
            limits: [0, 1],
            replacing: &[],
            unsettled: false,
            expected,
        };
        let decided = format!("{:?}", decide(&case, Some(Quorum { members, serving })));
        assert!(decided.starts_with(case.expected), "{serving} of {members}: {decided}");
    }
}

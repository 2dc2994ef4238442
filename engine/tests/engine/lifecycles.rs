//! Every built-in lifecycle against everything that can be found, in a plan and in an apply.

use cloudup_engine::{
    ChangeKind, ErrorKind, Finding, Graph, Lifecycle, Registry, Report, Source, TaskId, Verdict,
};

use crate::world::{Fault, Op, World, apply, lines, plan, stray, thing};

const LIFECYCLES: [&str; 5] =
    ["Sync", "Ignore", "WarnIfInsufficientAccess", "ExistsAndValidates", "ExistsAndWarnIfChanges"];

fn graph(lifecycle: &str) -> Graph<World> {
    let lifecycle = Registry::default().get(lifecycle).expect("a built-in");
    let mut graph = Graph::new();
    graph.under(lifecycle, Source::Default).add(thing("a"));
    graph
}

fn world(situation: &str) -> World {
    let same = || World::holding(&[("a", "new")]);
    let failing = |kind| same().faulty(Op::Find, "a", usize::MAX, Fault::Error(kind));
    match situation {
        "missing" => World::default(),
        "same" => same(),
        "different" => World::holding(&[("a", "old")]),
        "denied" => failing(ErrorKind::Denied),
        "throttled" => failing(ErrorKind::Throttled),
        "broken" => failing(ErrorKind::Other),
        "strays present" => same().littered("a", stray("Thing", "left-over")),
        other => panic!("no such situation: {other}"),
    }
}

/// The outcome of the task, and of the stray where there is one.
fn told(report: &Report) -> String {
    let outcomes = report.entries.iter().map(|entry| entry.outcome.name());
    outcomes.collect::<Vec<_>>().join("+")
}

#[tokio::test(start_paused = true)]
async fn every_lifecycle_meets_every_situation_as_the_table_says() {
    #[rustfmt::skip]
    let table = [
        // situation        Sync         Ignore  WarnIfInsufficientAccess  ExistsAndValidates  ExistsAndWarnIfChanges
        ("missing",        ["done",      "kept", "done",                   "failed",           "warned"]),
        ("same",           ["kept",      "kept", "kept",                   "kept",             "kept"]),
        ("different",      ["done",      "kept", "done",                   "failed",           "warned"]),
        ("denied",         ["failed",    "kept", "warned",                 "failed",           "failed"]),
        ("throttled",      ["failed",    "kept", "failed",                 "failed",           "failed"]),
        ("broken",         ["failed",    "kept", "failed",                 "failed",           "failed"]),
        ("strays present", ["kept+done", "kept", "kept+done",              "kept+failed",      "kept+warned"]),
    ];
    for (situation, outcomes) in table {
        for (lifecycle, expected) in LIFECYCLES.into_iter().zip(outcomes) {
            let case = format!("{lifecycle}, {situation}");

            let before = world(situation);
            let planned = plan(graph(lifecycle), &before).await;
            assert_eq!(told(&planned), expected.replace("done", "planned"), "plan: {case}");
            assert_eq!(before.writes(), [""; 0], "plan: {case}");

            let world = world(situation);
            let applied = apply(graph(lifecycle), &world).await;
            assert_eq!(told(&applied), expected, "apply: {case}");
            let changes = expected.matches("done").count();
            assert_eq!(world.writes().len(), changes, "apply: {case}");
            assert_eq!(planned.counts().changes(), changes, "plan: {case}");
            assert_eq!(applied.counts().changes(), changes, "apply: {case}");

            let patient = situation == "throttled" && lifecycle != "Ignore";
            let tries = world.calls(Op::Find).len();
            assert_eq!(tries > 1, patient, "{tries} tries: {case}");

            // What was said was done, and nothing is left to do.
            let kinds = |report: &Report| -> Vec<ChangeKind> {
                report.entries.iter().map(|entry| entry.change).collect()
            };
            assert_eq!(kinds(&planned), kinds(&applied), "{case}");
            if applied.succeeded() {
                assert!(plan(graph(lifecycle), &world).await.is_settled(), "again: {case}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_ignored_and_lent_is_never_a_failure() {
    for kind in [ErrorKind::Denied, ErrorKind::Throttled, ErrorKind::Other] {
        let world = World::holding(&[("b", "old")]);
        let world = world.faulty(Op::Find, "a", usize::MAX, Fault::Error(kind));
        let mut graph = Graph::new();
        let a = graph.under(cloudup_engine::lifecycle::Ignore, Source::Default).add(thing("a"));
        let mut b = thing("b");
        b.value = a.get(Clone::clone);
        graph.under(cloudup_engine::lifecycle::Sync, Source::Default).add(b);
        let report = apply(graph, &world).await;
        assert_eq!(lines(&report), ["Thing/a kept", "Thing/b failed"], "{kind:?}");
        let error = report.entries[1].error.as_ref().expect("b failed");
        assert_eq!(
            error.to_string(),
            "take a value from Thing/a, which could not be looked at and is left so \
             (lifecycle Ignore, set by default)"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_ignored_is_left_alone_whatever_fails_before_it() {
    let world = World::default().faulty(Op::Find, "a", usize::MAX, Fault::Error(ErrorKind::Other));
    let mut graph = Graph::new();
    let a = graph.under(cloudup_engine::lifecycle::Sync, Source::Default).add(thing("a"));
    let mut ignored = graph.under(cloudup_engine::lifecycle::Ignore, Source::Default);
    let b = ignored.after(&a).add(thing("b"));
    let lent = ignored.after(&a).add(thing("lent"));
    let mut takes = thing("takes");
    takes.value = lent.get(Clone::clone);
    let mut sync = graph.under(cloudup_engine::lifecycle::Sync, Source::Default);
    sync.after(&b).add(thing("c"));
    sync.add(takes);
    let report = apply(graph, &world).await;
    let expected = [
        "Thing/a failed",
        "Thing/b kept",
        "Thing/lent blocked by Thing/a",
        "Thing/c blocked by Thing/a",
        "Thing/takes blocked by Thing/a",
    ];
    assert_eq!(lines(&report), expected);
}

/// Lets only the value change.
#[derive(Debug)]
struct ValueOnly;

impl Lifecycle for ValueOnly {
    fn name(&self) -> &'static str {
        "ValueOnly"
    }

    fn decide(&self, finding: &Finding) -> Verdict {
        match finding {
            Finding::Different { changes } if changes.iter().all(|c| c.field == "value") => {
                Verdict::Render
            }
            Finding::Same => Verdict::Keep,
            _ => Verdict::Fail,
        }
    }
}

#[tokio::test]
async fn a_lifecycle_of_ones_own_decides_on_what_differs() {
    let table = [("old", "done"), ("old|square", "failed"), ("new", "kept")];
    for (there, outcome) in table {
        let world = World::holding(&[("a", there)]);
        let mut graph = Graph::new();
        graph.under(ValueOnly, Source::Default).add(thing("a"));
        assert_eq!(told(&apply(graph, &world).await), outcome, "{there}");
    }
}

/// Wants everything rendered, whatever was found.
#[derive(Debug)]
struct Eager {
    reads: bool,
}

impl Lifecycle for Eager {
    fn name(&self) -> &'static str {
        "Eager"
    }

    fn reads(&self) -> bool {
        self.reads
    }

    fn decide(&self, _: &Finding) -> Verdict {
        Verdict::Render
    }
}

#[tokio::test]
async fn nothing_is_rendered_that_is_as_described_or_was_not_compared() {
    for (reads, there, outcome) in
        [(true, "new", "kept"), (false, "old", "kept"), (true, "old", "done")]
    {
        let world = World::holding(&[("a", there)]);
        let mut graph = Graph::new();
        graph.under(Eager { reads }, Source::Default).add(thing("a"));
        assert_eq!(told(&apply(graph, &world).await), outcome, "reads: {reads}, {there}");
    }
    let world = World::default().faulty(Op::Find, "a", 1, Fault::Error(ErrorKind::Denied));
    let mut graph = Graph::new();
    graph.under(Eager { reads: true }, Source::Default).add(thing("a"));
    assert_eq!(told(&apply(graph, &world).await), "failed", "what cannot be read is not written");
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test]
async fn a_refusal_says_what_differs_and_who_set_the_rule() {
    let world = World::holding(&[("a", "old|square")]);
    let mut graph = Graph::new();
    let phase = Source::Phase("phase cluster".into());
    graph.under(cloudup_engine::lifecycle::ExistsAndValidates, phase).add(thing("a"));
    let report = plan(graph, &world).await;
    let entry = report.entry(&TaskId::new("Thing", "a")).expect("it has an entry");
    assert_eq!(
        entry.error.as_ref().map(ToString::to_string).as_deref(),
        Some(
            "go on: it must be as described, and differs in value, shape \
             (lifecycle ExistsAndValidates, set by phase cluster)"
        )
    );
}

#[tokio::test]
async fn an_immutable_field_is_refused_in_the_plan_but_only_where_it_would_change() {
    let world = World::holding(&[("a", "new|square")]);
    let report = plan(graph("Sync"), &world).await;
    assert_eq!(told(&report), "failed");
    let error = report.entries[0].error.as_ref().expect("it failed");
    assert_eq!(error.message, "change shape of something that exists");
    assert_eq!(told(&plan(graph("ExistsAndWarnIfChanges"), &world).await), "warned");
}

#[tokio::test]
async fn changes_are_checked_before_anything_is_written() {
    let sync = cloudup_engine::lifecycle::Sync;
    for there in [None, Some(("a", "old"))] {
        let world = World::holding(there.as_slice());
        let mut graph = Graph::new();
        let impossible = "impossible".to_owned();
        let mut a = thing("a");
        a.shape = impossible;
        graph.under(sync, Source::Default).add(a);
        assert_eq!(told(&apply(graph, &world).await), "failed");
        assert_eq!(world.writes(), [""; 0]);
    }
}

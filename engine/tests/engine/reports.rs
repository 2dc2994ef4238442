//! Reports as data.

use cloudup_engine::{
    ErrorKind, Graph, Options, Overrides, Registry, Report, Source, Stray, event_schema, lifecycle,
    report_schema,
};

use crate::world::{Fault, Op, World, apply, plan, stray, thing};

/// A graph and a world in which about everything happens.
fn busy() -> (Graph<World>, World) {
    let world = World::holding(&[("same", "new"), ("different", "old"), ("gone", "old")])
        .littered("same", stray("Thing", "left-over"))
        .littered("same", Stray { deferred: true, ..stray("Follower", "later") })
        .faulty(Op::Find, "denied", 9, Fault::Error(ErrorKind::Denied))
        .faulty(Op::Find, "unread", 9, Fault::Error(ErrorKind::Denied));
    let mut graph = Graph::new();
    let text = "Thing/unread=WarnIfInsufficientAccess,VPC=Ignore";
    let flag = Source::Flag("--lifecycle-overrides".into());
    let overrides = Overrides::parse(text, &flag, &Registry::default()).expect("sound overrides");
    graph.known_kinds(["VPC"]).overrides(overrides);
    let mut sync = graph.under(lifecycle::Sync, Source::Default);
    sync.add(thing("same"));
    sync.add(thing("different"));
    let missing = sync.add(thing("missing"));
    let mut taker = thing("taker");
    taker.value = missing.get(|value| format!("{value}er"));
    sync.add(taker);
    let denied = sync.add(thing("denied"));
    sync.after(&denied).add(thing("blocked"));
    sync.add(thing("unread"));
    sync.unwanted(thing("gone"));
    graph.under(lifecycle::Ignore, Source::Phase("phase security".into())).add(thing("ignored"));
    (graph, world)
}

async fn planned() -> Report {
    let (graph, world) = busy();
    plan(graph, &world).await
}

#[tokio::test]
async fn a_plan_as_json() {
    insta::assert_snapshot!(serde_json::to_string_pretty(&planned().await).expect("it serialises"));
}

#[tokio::test]
async fn equal_plans_are_equal_bytes() {
    let one = serde_json::to_vec(&planned().await).expect("it serialises");
    let two = serde_json::to_vec(&planned().await).expect("it serialises");
    assert_eq!(one, two);
}

#[tokio::test(start_paused = true)]
async fn a_report_reads_back_as_it_was_written() {
    let (graph, world) = busy();
    let world = world.slow(Op::Render, "missing", 20);
    for report in [planned().await, apply(graph, &world).await] {
        let json = serde_json::to_string(&report).expect("it serialises");
        let back: Report = serde_json::from_str(&json).expect("it reads back");
        assert_eq!(back, report);
    }
}

#[tokio::test(start_paused = true)]
async fn an_apply_says_how_long_and_how_often() {
    let (graph, world) = busy();
    let world = world.slow(Op::Render, "missing", 20);
    let report = apply(graph, &world).await;
    let missing = &report.entries[4];
    assert_eq!((missing.task.name(), missing.timing.attempts), ("missing", Some(1)));
    assert_eq!(missing.timing.duration_ms, Some(20));
    assert!(report.duration_ms >= missing.timing.duration_ms);
    let blocked = report.blocked().next().expect("something is blocked");
    assert_eq!((blocked.timing.attempts, blocked.timing.duration_ms), (Some(0), Some(0)));
}

#[tokio::test]
async fn counts_add_up() {
    let (graph, world) = busy();
    let report = apply(graph, &world).await;
    let counts = report.counts();
    let told = [
        counts.created,
        counts.updated,
        counts.deleted,
        counts.kept,
        counts.warned,
        counts.failed,
        counts.blocked,
        counts.deferred,
    ];
    assert_eq!(told, [2, 1, 2, 2, 1, 1, 1, 1]);
    assert_eq!(told.iter().sum::<usize>(), report.entries.len());
    assert_eq!(report.changes().count(), counts.changes());
    assert!(!report.succeeded());
}

#[tokio::test]
async fn a_value_of_null_is_told_from_no_value() {
    let change = cloudup_engine::FieldChange::removed("boundary", &None::<String>);
    let json = serde_json::to_string(&change).expect("it serialises");
    assert_eq!(json, r#"{"field":"boundary","from":null}"#);
    let back: cloudup_engine::FieldChange = serde_json::from_str(&json).expect("it reads back");
    assert_eq!(back, change);
}

/// The published schemas are files, for readers without Rust.
#[test]
fn the_published_schemas_are_current() {
    let schemas = [("report", report_schema()), ("event", event_schema())];
    for (name, schema) in schemas {
        let path = format!("{}/schema/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
        let published = std::fs::read_to_string(&path).unwrap_or_default();
        let current = serde_json::to_string_pretty(&schema).expect("it serialises") + "\n";
        assert!(
            published == current,
            "{path} is not current: run `cargo run -p cloudup-engine --example schema`"
        );
    }
}

/// Every field that a report writes is in the schema, by name.
#[tokio::test]
async fn the_schema_knows_every_field_of_an_entry() {
    let (graph, world) = busy();
    let report = graph.apply(&world, &Options::default(), |_| ()).await.expect("a sound graph");
    let schema = report_schema().to_value().to_string();
    let json = serde_json::to_value(&report).expect("it serialises");
    for entry in json["entries"].as_array().expect("entries") {
        for field in entry.as_object().expect("an object").keys() {
            assert!(schema.contains(&format!("\"{field}\":")), "{field} is not in the schema");
        }
    }
}

//! Tasks that fall over.

use cloudup_engine::{ErrorKind, Graph, Source, lifecycle};

use crate::world::{Fault, Op, World, apply, lines, stray, thing};

#[tokio::test]
async fn a_panic_is_its_tasks_failure_and_nobody_elses() {
    for op in [Op::Find, Op::Check, Op::Strays, Op::Render, Op::Delete] {
        let name = if op == Op::Delete { "old" } else { "a" };
        let world = World::default().littered("a", stray("Thing", "old"));
        let world = world.faulty(op, name, 1, Fault::Panic);
        let mut graph = Graph::new();
        let mut sync = graph.under(lifecycle::Sync, Source::Default);
        let mut a = thing("a");
        if op == Op::Check {
            a.shape = "panics".into();
        }
        let a = sync.add(a);
        sync.after(&a).add(thing("b"));
        sync.add(thing("c"));
        let report = apply(graph, &world).await;
        let failed: Vec<_> = report.failures().collect();
        assert_eq!(failed.len(), 1, "{op:?}: {:?}", lines(&report));
        let error = failed[0].error.as_ref().expect("a failure has an error");
        assert_eq!(error.kind, ErrorKind::Other, "{op:?}");
        let text = match op {
            Op::Check => "go on: it panicked: no such shape".to_owned(),
            _ => format!("go on: it panicked: {op:?} {name} fell over"),
        };
        assert_eq!(error.message, text);
        let last = lines(&report).last().cloned();
        assert_eq!(last.as_deref(), Some("Thing/c done"), "{op:?}");
        let blocked = report.blocked().count();
        assert_eq!(blocked > 0, op != Op::Delete, "{op:?}: {:?}", lines(&report));
    }
}

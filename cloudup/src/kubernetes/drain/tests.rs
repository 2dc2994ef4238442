//! Draining against a Kubernetes in memory, on a paused clock.

use super::*;
use crate::kubernetes::{Node, memory::Memory};

const NODE: &str = "ip-10-0-0-1";

fn node() -> Node {
    Node { name: NODE.to_owned(), is_ready: true, ..Node::default() }
}

fn pod(name: &str) -> Pod {
    Pod {
        namespace: "default".to_owned(),
        name: name.to_owned(),
        uid: format!("uid of {name}"),
        node: Some(NODE.to_owned()),
        phase: "Running".to_owned(),
        controller: Some("ReplicaSet".to_owned()),
        grace_period: Some(Duration::from_secs(30)),
        ..Pod::default()
    }
}

/// Many are drained at once, on whatever thread there is.
fn _drains_may_be_spawned(memory: &'static Memory) -> impl Send {
    async {
        let options = DrainOptions::default();
        drain(memory, NODE, &options, &CancellationToken::new()).await
    }
}

/// Drains, and says how many seconds it took.
async fn drained(memory: &Memory, options: &DrainOptions) -> (Result<(), DrainError>, u64) {
    let before = Instant::now();
    let result = drain(memory, NODE, options, &CancellationToken::new()).await;
    (result, before.elapsed().as_secs())
}

#[tokio::test(start_paused = true)]
async fn pods_leave_and_those_stay_that_would_come_back() {
    let of_a_daemon_set = Pod { controller: Some("DaemonSet".to_owned()), ..pod("proxy") };
    let mirror = Pod { is_mirror: true, ..pod("apiserver") };
    let finished = Pod { phase: "Succeeded".to_owned(), ..pod("job") };
    let elsewhere = Pod { node: Some("another".to_owned()), ..pod("elsewhere") };
    let alone = Pod { controller: None, ..pod("alone") };
    let pods = vec![pod("web"), of_a_daemon_set, mirror, finished, elsewhere, alone];
    let memory = Memory::new(vec![node()], pods);

    let (result, seconds) = drained(&memory, &DrainOptions::default()).await;

    assert_eq!(result, Ok(()));
    assert_eq!(seconds, 30, "their own grace period");
    assert_eq!(memory.state().calls, ["change ip-10-0-0-1", "evict web", "evict alone"]);
    let left: Vec<_> = memory.state().pods.iter().map(|pod| pod.name.clone()).collect();
    assert_eq!(left, ["proxy", "apiserver", "job", "elsewhere"]);
    let node = memory.state().nodes[NODE].clone();
    assert!(node.is_unschedulable && node.labels.contains_key(EXCLUDE_LABEL));
}

#[tokio::test(start_paused = true)]
async fn a_refused_eviction_is_asked_for_again_every_five_seconds() {
    let memory = Memory::new(vec![node()], vec![pod("web"), pod("db")]);
    memory.state().refusals.insert("db".to_owned(), 3);

    let (result, seconds) = drained(&memory, &DrainOptions::default()).await;

    assert_eq!(result, Ok(()));
    assert_eq!(seconds, 3 * 5 + 30);
    let evictions = memory.state().calls.iter().filter(|call| *call == "evict db").count();
    assert_eq!(evictions, 4);
}

#[tokio::test(start_paused = true)]
async fn when_time_is_up_the_pods_are_named_that_remain_and_why() {
    let memory = Memory::new(vec![node()], vec![pod("web"), pod("db"), pod("slow")]);
    memory.state().refusals.insert("db".to_owned(), u32::MAX);
    memory.state().stuck.push("slow".to_owned());
    let options = DrainOptions { limit: Duration::from_secs(90), ..DrainOptions::default() };

    let (result, seconds) = drained(&memory, &options).await;

    assert_eq!(seconds, 90);
    insta::assert_snapshot!(result.unwrap_err(), @"
    drain node ip-10-0-0-1 within 1m 30s; still there:
    default/db: the budget of db is spent
    default/slow
    ");
}

#[tokio::test(start_paused = true)]
async fn an_api_that_is_away_is_waited_for_and_a_denial_is_not() {
    let away = || KubernetesError::Unreachable("connection refused".to_owned());
    for call in ["node ip", "change", "pods on", "evict"] {
        let memory = Memory::new(vec![node()], vec![pod("web")]);
        memory.state().faults.push((call.to_owned(), away()));
        let (result, seconds) = drained(&memory, &DrainOptions::default()).await;
        assert_eq!(result, Ok(()), "{call}");
        assert!((30..=35).contains(&seconds), "{call}: {seconds}");

        let memory = Memory::new(vec![node()], vec![pod("web")]);
        let denied = KubernetesError::Denied("no".to_owned());
        memory.state().faults.push((call.to_owned(), denied.clone()));
        let (result, seconds) = drained(&memory, &DrainOptions::default()).await;
        let expected = DrainError::Kubernetes { node: NODE.to_owned(), source: denied };
        assert_eq!((result, seconds), (Err(expected), 0), "{call}");
    }
    let memory = Memory::new(vec![node()], vec![pod("web")]);
    memory.state().faults = vec![("pods on".to_owned(), away()); 10_000];
    let (result, seconds) = drained(&memory, &DrainOptions::default()).await;
    let Err(DrainError::TimedOut { source, .. }) = result else { panic!("{result:?}") };
    assert_eq!((source, seconds), (Some(away()), 900));
}

#[tokio::test(start_paused = true)]
async fn a_drain_can_be_cancelled_and_taken_back() {
    let memory = Memory::new(vec![node()], vec![pod("web")]);
    memory.state().stuck.push("web".to_owned());
    let cancel = CancellationToken::new();
    let options = DrainOptions::default();
    let (result, ()) = tokio::join!(drain(&memory, NODE, &options, &cancel), async {
        sleep(Duration::from_secs(10)).await;
        cancel.cancel();
    });
    let remaining = vec![Remaining { pod: "default/web".to_owned(), because: None }];
    assert_eq!(result, Err(DrainError::Cancelled { node: NODE.to_owned(), remaining }));

    undo(&memory, NODE).await.unwrap();
    assert_eq!(memory.state().nodes[NODE], node());
    let calls = memory.state().calls.len();
    undo(&memory, NODE).await.unwrap();
    assert_eq!(memory.state().calls.len(), calls, "nothing is left to take back");
}

#[tokio::test(start_paused = true)]
async fn what_was_so_before_stays_when_a_drain_is_taken_back() {
    let label = BTreeMap::from([(EXCLUDE_LABEL.to_owned(), "theirs".to_owned())]);
    for (is_unschedulable, labels) in
        [(true, BTreeMap::new()), (false, label.clone()), (true, label), (false, BTreeMap::new())]
    {
        let before = Node { is_unschedulable, labels, ..node() };
        let memory = Memory::new(vec![before.clone()], vec![]);
        // The second drain finds what the first one did.
        for _ in 0..2 {
            drained(&memory, &DrainOptions::default()).await.0.unwrap();
            assert!(memory.state().nodes[NODE].is_unschedulable);
        }
        undo(&memory, NODE).await.unwrap();
        assert_eq!(memory.state().nodes[NODE], before);
    }
}

#[tokio::test(start_paused = true)]
async fn where_the_kubelet_is_gone_a_pod_counts_as_gone_after_its_grace_period() {
    let memory = Memory::new(vec![Node { is_ready: false, ..node() }], vec![pod("web")]);
    memory.state().stuck.push("web".to_owned());
    let (result, seconds) = drained(&memory, &DrainOptions::default()).await;
    assert_eq!(result, Ok(()));
    assert!((30..=32).contains(&seconds), "{seconds}");
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_gone_needs_no_draining() {
    let memory = Memory::new(vec![], vec![]);
    let (result, seconds) = drained(&memory, &DrainOptions::default()).await;
    assert_eq!((result, seconds), (Ok(()), 0));
    undo(&memory, NODE).await.unwrap();
    assert_eq!(memory.state().calls, Vec::<String>::new());
}

//! Changes: whole, or not at all.

use std::cell::RefCell;

use super::{
    CLUSTER, block_on, lease, noon, texts,
    turns::{Work, in_turns, poll},
    write,
};
use crate::store::{Store, StoreError};

const OLD: [(&str, Option<&str>); 3] = [
    ("config", Some("old")),
    ("instancegroup/gone", Some("old")),
    ("instancegroup/nodes", Some("old")),
];
const NEW: [(&str, Option<&str>); 4] = [
    ("config", Some("new")),
    ("instancegroup/gone", None),
    ("instancegroup/nodes", Some("new")),
    ("instancegroup/spare", Some("new")),
];

fn summary(texts: &[(String, String)]) -> String {
    let texts = texts.iter().map(|(key, text)| format!("{key}={text}"));
    texts.collect::<Vec<_>>().join(" ")
}

const BEFORE: &str = "config=old instancegroup/gone=old instancegroup/nodes=old";
const AFTER: &str = "config=new instancegroup/nodes=new instancegroup/spare=new";

/// Has a commit of [`NEW`] over [`OLD`] do so many turns, then `disturb`, then the rest if it is to be
/// finished. What came of it, if it came to an end.
fn commit(
    memory: &Store,
    turns: usize,
    disturb: impl FnOnce(),
    finish: bool,
) -> Option<Result<(), StoreError>> {
    let store = &in_turns(memory);
    let held = block_on(lease(memory));
    let mut change = block_on(memory.read(CLUSTER)).unwrap().change();
    for (key, text) in NEW {
        match text {
            Some(text) => change.put(key, text),
            None => change.remove(key),
        }
    }
    let result = RefCell::new(None);
    let mut work: Work<'_> = Box::pin(async {
        result.replace(Some(store.commit(&held, &change, &noon).await));
    });
    let mut through = false;
    for _ in 0..turns {
        through = through || poll(&mut work);
    }
    disturb();
    while finish && !through {
        through = poll(&mut work);
    }
    drop(work);
    result.into_inner()
}

#[test]
fn a_change_that_is_cut_short_anywhere_is_seen_whole_or_not_at_all_and_finished_by_the_next() {
    let mut seen = [0, 0];
    for turns in 0.. {
        let memory = Store::memory();
        block_on(write(&memory, &OLD));
        let through = commit(&memory, turns, || {}, false).is_some();
        let read = summary(&block_on(texts(&memory)));
        assert!([BEFORE, AFTER].contains(&read.as_str()), "after {turns} turns: {read}");
        seen[usize::from(read == AFTER)] += 1;
        // The next run has another change, when the lease has run out.
        let later = noon() + crate::store::TERM;
        block_on(async {
            let held = memory.acquire(CLUSTER, &super::claim("2"), later).await.unwrap();
            let mut change = memory.read(CLUSTER).await.unwrap().change();
            change.put("instancegroup/more", "more");
            memory.commit(&held, &change, &|| later).await.unwrap();
        });
        let keys: Vec<_> = block_on(memory.backend.list("demo.example.com/instancegroup")).unwrap();
        let kept = summary(&block_on(texts(&memory))).replace("instancegroup/more=more ", "");
        assert_eq!(kept, read, "after {turns} turns");
        assert_eq!(keys.len(), 3, "it is really there: {keys:?}");
        if through {
            break;
        }
    }
    assert!(seen.iter().all(|&times| times > 3), "{seen:?}");
}

#[test]
fn what_a_tool_without_manners_writes_stands_and_nothing_else_is_half_done() {
    let mut kinds = [0, 0];
    for turns in 0.. {
        let memory = Store::memory();
        block_on(write(&memory, &OLD));
        let key = "demo.example.com/instancegroup/nodes";
        let write_over = async {
            let found = memory.backend.get(key).await.unwrap().unwrap();
            memory.backend.put(key, b"theirs".to_vec(), Some(&found.version)).await.unwrap();
        };
        let result = commit(&memory, turns, || block_on(write_over), true);
        let read = summary(&block_on(texts(&memory)));
        match result.unwrap() {
            Ok(()) => {
                assert_eq!(read, AFTER.replace("nodes=new", "nodes=theirs"), "{turns} turns");
                kinds[0] += 1;
                if kinds[0] > 10 {
                    break;
                }
            }
            Err(StoreError::Changed { place }) => {
                assert_eq!(read, BEFORE.replace("nodes=old", "nodes=theirs"), "{turns} turns");
                assert!(place.ends_with("instancegroup/nodes"), "{place}");
                kinds[1] += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert!(kinds.iter().all(|&times| times > 3), "{kinds:?}");
}

#[test]
fn a_document_that_is_no_longer_what_was_read_is_not_written_over() {
    block_on(async {
        let store = Store::memory();
        write(&store, &OLD).await;
        let mut change = store.read(CLUSTER).await.unwrap().change();
        change.put("config", "mine");
        write(&store, &[("config", Some("theirs"))]).await;
        let held = lease(&store).await;
        let error = store.commit(&held, &change, &noon).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "memory://demo.example.com/config was changed by somebody else in the meantime; \
             nothing was written"
        );
        assert_eq!(texts(&store).await[0].1, "theirs");
    });
}

#[test]
fn nothing_is_written_under_a_lease_that_is_about_to_end_or_about_another_cluster() {
    block_on(async {
        let store = Store::memory();
        let held = lease(&store).await;
        let mut change = store.read(CLUSTER).await.unwrap().change();
        change.put("config", "new");
        let late = || noon() + crate::store::TERM - jiff::SignedDuration::from_secs(40);
        assert!(matches!(store.commit(&held, &change, &late).await, Err(StoreError::Lost { .. })));
        let mut other = store.read("example.com").await.unwrap().change();
        other.put("config", "new");
        assert!(matches!(store.commit(&held, &other, &noon).await, Err(StoreError::Lost { .. })));
        assert_eq!(texts(&store).await, []);
    });
}

//! Several writers and readers of one cluster, in every order that a seed gives, and killed anywhere.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
};

use jiff::{SignedDuration, Timestamp};

use super::{
    CLUSTER, block_on, claim, noon, texts,
    turns::{Work, in_turns, poll, turn},
    write,
};
use crate::store::{Store, StoreError};

const WRITERS: usize = 3;
const CHANGES: usize = 3;

/// Adds a word to both documents, as often as it takes. Whether it is known to be there.
async fn add(store: &Store, word: &str, clock: &(dyn Fn() -> Timestamp + Sync)) -> bool {
    loop {
        let lease = match store.acquire(CLUSTER, &claim(word), clock()).await {
            Ok(lease) => lease,
            Err(StoreError::Held(_) | StoreError::Changed { .. }) => {
                turn().await;
                continue;
            }
            Err(error) => panic!("{error}"),
        };
        let stored = store.read(CLUSTER).await.unwrap();
        let mut change = stored.change();
        for key in ["config", "instancegroup/nodes"] {
            let text = stored.documents().get(key).map_or("", |document| &document.text);
            change.put(key, format!("{text}{word}\n"));
        }
        // A third one comes and goes.
        if stored.documents().contains_key("instancegroup/spare") {
            change.remove("instancegroup/spare");
        } else {
            change.put("instancegroup/spare", format!("{word}\n"));
        }
        let done = store.commit(&lease, &change, clock).await;
        match done {
            Ok(()) => {
                // Whoever is slow to give it back is in nobody's way for ever.
                store.release(lease).await.unwrap();
                return true;
            }
            Err(StoreError::Unfinished { .. }) => return false,
            Err(StoreError::Lost { .. } | StoreError::Changed { .. }) => {
                store.release(lease).await.unwrap();
            }
            Err(error) => panic!("{error}"),
        }
    }
}

thread_local! {
    /// The time of the test that runs on this thread.
    static NOW: Cell<Timestamp> = const { Cell::new(Timestamp::UNIX_EPOCH) };
}

fn now() -> Timestamp {
    NOW.get()
}

/// Runs writers and a reader in an order, and says what became of it.
fn run(seed: u64, may_kill: bool) -> Outcome {
    let memory = Store::memory();
    block_on(write(
        &memory,
        &[("config", Some("start\n")), ("instancegroup/nodes", Some("start\n"))],
    ));
    NOW.set(noon() + SignedDuration::from_hours(1));
    let mut random = fastrand::Rng::with_seed(seed);
    let store = &in_turns(&memory);
    let done = &RefCell::new(BTreeSet::new());
    let doubtful = &RefCell::new(BTreeSet::new());
    let mut killed = BTreeSet::new();
    let writer = |name: usize| -> Work<'_> {
        Box::pin(async move {
            for change in 0..CHANGES {
                let word = format!("{name}-{change}");
                let list = if add(store, &word, &now).await { done } else { doubtful };
                list.borrow_mut().insert(word);
            }
        })
    };
    let reader: Work<'_> = Box::pin(async {
        loop {
            match store.read(CLUSTER).await {
                Ok(stored) => {
                    let texts: Vec<_> = stored.documents().iter().collect();
                    assert_eq!(texts[0].1.text, texts[1].1.text, "seed {seed}: half of a change");
                }
                Err(StoreError::Unreadable { problem, .. }) if problem.contains("all the time") => {
                }
                Err(error) => panic!("{error}"),
            }
        }
    });
    let mut works: Vec<(usize, Work<'_>)> = (0..WRITERS).map(|nth| (nth, writer(nth))).collect();
    works.push((WRITERS, reader));
    while works.len() > 1 {
        let chosen = random.usize(..works.len());
        if poll(&mut works[chosen].1) {
            drop(works.swap_remove(chosen));
        } else if may_kill && works[chosen].0 < WRITERS && random.u8(..) < 2 {
            killed.insert(works.swap_remove(chosen).0.to_string());
        }
        // Now and then so long that leases run out under those who have them.
        let pause = if random.u8(..) == 0 { 90_000 } else { random.i64(0..600) };
        let pause = SignedDuration::from_millis(pause);
        NOW.set(now() + pause);
    }
    drop(works);
    // Whoever comes next finishes what was left half done.
    NOW.set(now() + SignedDuration::from_hours(1));
    block_on(add(&memory, "last", &now));
    let texts = block_on(texts(&memory));
    Outcome { done: done.take(), doubtful: doubtful.take(), killed, texts }
}

struct Outcome {
    /// The words that are known to be there.
    done: BTreeSet<String>,
    /// Those whose change was begun when the lease ran out.
    doubtful: BTreeSet<String>,
    /// The writers who were killed.
    killed: BTreeSet<String>,
    texts: Vec<(String, String)>,
}

fn words(text: &str) -> Vec<&str> {
    text.lines().collect()
}

/// Every change is there once, whole; those of which nobody knows may be.
fn check(seed: u64, outcome: &Outcome) {
    let Outcome { done, doubtful, killed, texts } = outcome;
    assert_eq!(texts[0].1, texts[1].1, "seed {seed}");
    let written = words(&texts[0].1);
    let unique: BTreeSet<_> = written.iter().collect();
    assert_eq!(unique.len(), written.len(), "seed {seed}: {written:?}");
    for word in done {
        assert!(written.contains(&word.as_str()), "seed {seed}: {word} is lost");
    }
    for word in written.iter().filter(|word| !done.contains(**word)) {
        let writer = word.split('-').next().unwrap();
        let of_nobody_knows = doubtful.contains(*word) || killed.contains(writer);
        assert!(matches!(*word, "start" | "last") || of_nobody_knows, "seed {seed}: {word}");
    }
    let spare = texts.len() == 3;
    assert_eq!(spare, written.len().is_multiple_of(2), "seed {seed}: the third came and went");
}

#[test]
fn no_update_is_lost_in_any_order() {
    let mut doubts = 0;
    for seed in 0..200 {
        let outcome = run(seed, false);
        check(seed, &outcome);
        assert_eq!(outcome.done.len() + outcome.doubtful.len(), WRITERS * CHANGES);
        doubts += outcome.doubtful.len();
    }
    assert!((1..400).contains(&doubts), "{doubts} of 1800");
}

#[test]
fn a_writer_that_is_killed_loses_nothing_and_leaves_nothing_half_done() {
    let mut deaths = 0;
    for seed in 0..200 {
        let outcome = run(seed, true);
        check(seed, &outcome);
        deaths += outcome.killed.len();
    }
    assert!(deaths > 50, "{deaths}");
}

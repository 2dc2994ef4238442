//! Several writers and a reader of one cluster in a bucket: one call at a time, in the order that a
//! seed gives, leases running out and writers killed between any two calls.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use cloudup::store::{Store, StoreError};
use cloudup_tasks::aws::objects;
use cloudup_tests::moto::{self, Account};
use fastrand::Rng;
use jiff::Timestamp;
use object_store::ObjectStore;

use crate::{
    CLUSTER, adding, claim,
    turns::{InTurns, Turn, Worker},
};

const SEEDS: u64 = 200;
const WRITERS: usize = 3;
const MINUTE: i64 = 60_000;

/// The time of one interleaving, in milliseconds.
struct Clock(AtomicI64);

impl Clock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::Relaxed)).expect("it is a time")
    }

    fn pass(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::Relaxed);
    }
}

/// What became of a change, as far as whoever made it knows.
#[derive(Default)]
struct Words {
    /// Those that are there.
    done: BTreeSet<String>,
    /// Those whose change was begun when the lease ran out, or whose writer was killed.
    doubtful: BTreeSet<String>,
}

/// Adds a word to both documents, as often as it takes. Whether it is known to be there.
async fn add(store: &Store, word: &str, clock: &Clock, turn: &Turn) -> bool {
    let claim = claim(word);
    loop {
        let lease = match store.acquire(CLUSTER, &claim, clock.now()).await {
            Ok(lease) => lease,
            Err(StoreError::Held(_) | StoreError::Changed { .. }) => {
                turn.wait().await;
                continue;
            }
            Err(error) => panic!("{error}"),
        };
        let change = adding(store, word).await;
        match store.commit(&lease, &change, &|| clock.now()).await {
            Ok(()) => {
                store.release(lease).await.expect("it can be given back");
                return true;
            }
            Err(StoreError::Unfinished { .. }) => return false,
            Err(StoreError::Lost { .. } | StoreError::Changed { .. }) => {
                store.release(lease).await.expect("it can be given back");
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// Reads over and over: what is there is whole.
async fn read(store: &Store, seed: u64) {
    loop {
        match store.read(CLUSTER).await {
            Ok(stored) => {
                let texts: BTreeSet<_> = stored.documents().values().map(|d| &d.text).collect();
                assert!(texts.len() <= 1, "seed {seed}: half of a change: {texts:?}");
            }
            Err(StoreError::Unreadable { problem, .. }) if problem.contains("all the time") => {}
            Err(error) => panic!("seed {seed}: {error}"),
        }
    }
}

/// A store of one seed, whose calls wait for `turn`.
fn store(objects: &Arc<dyn ObjectStore>, seed: u64, turn: Turn) -> Store {
    let objects = Arc::new(InTurns { objects: objects.clone(), turn });
    Store::objects(objects, format!("seed-{seed}").into(), format!("s3://interleavings/{seed}"))
}

/// Runs writers and a reader in the order of a seed, and checks what became of it. How many writers
/// were killed, and how many changes nobody is sure of.
async fn run(objects: &Arc<dyn ObjectStore>, seed: u64) -> (usize, usize) {
    let mut random = Rng::with_seed(seed);
    let clock = &Clock(AtomicI64::new(0));
    let words = &RefCell::new(Words::default());
    let mut workers: Vec<Worker<'_>> = (0..=WRITERS)
        .map(|name| {
            let turn = Turn::default();
            let store = store(objects, seed, turn.clone());
            let work_turn = turn.clone();
            let work = Box::pin(async move {
                if name == WRITERS {
                    return read(&store, seed).await;
                }
                let sure = add(&store, &name.to_string(), clock, &work_turn).await;
                let mut words = words.borrow_mut();
                let list = if sure { &mut words.done } else { &mut words.doubtful };
                list.insert(name.to_string());
            });
            Worker { name, turn, work }
        })
        .collect();
    let mut killed = 0;
    while workers.iter().any(|worker| worker.name < WRITERS) {
        let chosen = random.usize(..workers.len());
        let is_writer = workers[chosen].name < WRITERS;
        if workers[chosen].step().await {
            workers.swap_remove(chosen);
        } else if is_writer && random.u8(..) < 3 {
            let name = workers.swap_remove(chosen).name;
            words.borrow_mut().doubtful.insert(name.to_string());
            killed += 1;
        }
        // Now and then so long that leases run out under those who have them.
        clock.pass(if random.u8(..) < 3 { 3 * MINUTE / 2 } else { random.i64(0..600) });
    }
    drop(workers);
    // Whoever comes next finishes what was left half done.
    clock.pass(60 * MINUTE);
    let last = Store::objects(objects.clone(), format!("seed-{seed}").into(), "last");
    assert!(add(&last, "last", clock, &Turn::default()).await, "seed {seed}");
    let stored = last.read(CLUSTER).await.expect("it is there");
    let Words { done, doubtful } = words.take();
    let texts: Vec<_> = stored.documents().values().map(|document| &document.text).collect();
    assert_eq!(texts[0], texts[1], "seed {seed}");
    let written: Vec<_> = texts[0].lines().collect();
    let unique: BTreeSet<_> = written.iter().copied().collect();
    assert_eq!(unique.len(), written.len(), "seed {seed}: {written:?}");
    for word in &done {
        assert!(unique.contains(word.as_str()), "seed {seed}: {word} is lost: {written:?}");
    }
    for word in unique.into_iter().filter(|word| *word != "last" && !done.contains(*word)) {
        assert!(doubtful.contains(word), "seed {seed}: nobody wrote {word}");
    }
    assert_eq!(done.len() + doubtful.len(), WRITERS, "seed {seed}");
    (killed, doubtful.len() - killed)
}

async fn objects(account: &Account, bucket: &str) -> Arc<dyn ObjectStore> {
    account.create_bucket(bucket);
    objects::s3_with(&account.sdk_config(), bucket, None).await.expect("it can be opened")
}

#[tokio::test]
async fn no_update_is_lost_in_200_interleavings() {
    let Some(moto) = moto::server() else { return };
    let account = moto.account();
    let objects = objects(&account, "interleavings").await;
    let (mut killed, mut unsure) = (0, 0);
    for seed in 0..SEEDS {
        let (dead, in_doubt) = run(&objects, seed).await;
        killed += dead;
        unsure += in_doubt;
    }
    // The seeds are no better than what they bring about.
    assert!(killed > 20 && unsure > 5, "{killed} killed, {unsure} in doubt");
}

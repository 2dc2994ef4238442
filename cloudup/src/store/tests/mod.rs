//! The store, by itself.

mod backends;
mod changes;
mod interleavings;
mod layout;
mod leases;
mod rolling_updates;
mod turns;

use jiff::Timestamp;

use super::{Claim, Lease, Store};

const CLUSTER: &str = "demo.example.com";

fn noon() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn claim(id: &str) -> Claim {
    Claim { owner: "alice".into(), host: "laptop".into(), reason: "tests".into(), id: id.into() }
}

async fn lease(store: &Store) -> Lease {
    store.acquire(CLUSTER, &claim("1"), noon()).await.unwrap()
}

/// Writes documents by their keys; without a text they go.
async fn write(store: &Store, documents: &[(&str, Option<&str>)]) {
    let lease = lease(store).await;
    let mut change = store.read(CLUSTER).await.unwrap().change();
    for (key, text) in documents {
        match text {
            Some(text) => change.put(*key, *text),
            None => change.remove(*key),
        }
    }
    store.commit(&lease, &change, &noon).await.unwrap();
    store.release(lease).await.unwrap();
}

/// The documents by their keys.
async fn texts(store: &Store) -> Vec<(String, String)> {
    let stored = store.read(CLUSTER).await.unwrap();
    let documents = stored.documents().iter();
    documents.map(|(key, document)| (key.clone(), document.text.clone())).collect()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

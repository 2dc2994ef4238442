use std::time::Duration;

use jiff::SignedDuration;

use super::{CLUSTER, claim, lease, noon};
use crate::{
    rolling_update::{Progress, Replacing, Step},
    store::{Store, StoreError},
};

fn progress(id: &str) -> Progress {
    let mut progress = Progress::default();
    let replacing = Replacing { group: "nodes".into(), step: Step::Draining };
    progress.replacing.insert(id.to_owned(), replacing);
    progress
}

#[tokio::test]
async fn how_far_a_rolling_update_is_is_kept_until_it_is_through() {
    let store = Store::memory();
    let lease = lease(&store).await;
    let (none, mut seen) = store.rolling_update(CLUSTER).await.unwrap();
    assert_eq!(none, None);
    for id in ["i-1", "i-2"] {
        let kept = progress(id);
        store.keep_rolling_update(&lease, &mut seen, Some(&kept), noon()).await.unwrap();
        assert_eq!(store.rolling_update(CLUSTER).await.unwrap().0, Some(kept));
    }
    store.keep_rolling_update(&lease, &mut seen, None, noon()).await.unwrap();
    assert_eq!(store.rolling_update(CLUSTER).await.unwrap().0, None);
    assert_eq!(store.clusters().await.unwrap(), [""; 0], "it is no cluster");
}

#[tokio::test]
async fn who_lost_the_lease_or_was_overtaken_keeps_nothing() {
    let store = Store::memory();
    let first = lease(&store).await;
    let (_, mut seen) = store.rolling_update(CLUSTER).await.unwrap();
    let later = noon() + SignedDuration::try_from(Duration::from_mins(10)).unwrap();
    let late = store.keep_rolling_update(&first, &mut seen, Some(&progress("i-1")), later).await;
    assert!(matches!(late, Err(StoreError::Lost { .. })), "{late:?}");

    let second = store.acquire(CLUSTER, &claim("2"), later).await.unwrap();
    let (_, mut other) = store.rolling_update(CLUSTER).await.unwrap();
    store.keep_rolling_update(&second, &mut other, Some(&progress("i-2")), later).await.unwrap();
    // Its clock stands still, so that it still thinks that the lease is its own.
    let late = store.keep_rolling_update(&first, &mut seen, Some(&progress("i-1")), noon()).await;
    assert!(matches!(late, Err(StoreError::Changed { .. })), "{late:?}");
    assert_eq!(store.rolling_update(CLUSTER).await.unwrap().0, Some(progress("i-2")));
}

#[tokio::test]
async fn what_a_newer_version_kept_is_not_misread() {
    let store = Store::memory();
    let lease = lease(&store).await;
    let (_, mut seen) = store.rolling_update(CLUSTER).await.unwrap();
    let newer = Progress { schema_version: 2, ..progress("i-1") };
    store.keep_rolling_update(&lease, &mut seen, Some(&newer), noon()).await.unwrap();
    let refused = store.rolling_update(CLUSTER).await.unwrap_err();
    assert!(refused.to_string().contains("a newer cloudup"), "{refused}");
}

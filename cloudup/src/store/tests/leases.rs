//! Leases.

use jiff::SignedDuration;

use super::{CLUSTER, block_on, claim, lease, noon};
use crate::store::{Store, StoreError, TERM};

#[test]
fn one_at_a_time_until_it_is_given_back_or_runs_out() {
    block_on(async {
        let store = Store::memory();
        assert_eq!(store.holder(CLUSTER).await.unwrap(), None);
        let first = lease(&store).await;
        let error = store.acquire(CLUSTER, &claim("2"), noon()).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "alice on laptop is at work on demo.example.com since 2026-11-23T12:00:00Z (tests); \
             unless renewed, the lease ends at 2026-11-23T12:02:00Z"
        );
        // Other clusters are nobody's business.
        store.acquire("example.com", &claim("2"), noon()).await.unwrap();
        store.release(first).await.unwrap();
        assert_eq!(store.holder(CLUSTER).await.unwrap(), None);

        let dead = store.acquire(CLUSTER, &claim("3"), noon()).await.unwrap();
        let almost = noon() + TERM - SignedDuration::from_secs(1);
        assert!(store.acquire(CLUSTER, &claim("4"), almost).await.is_err());
        let next = store.acquire(CLUSTER, &claim("4"), noon() + TERM).await.unwrap();
        // Whoever wakes up late takes nothing away.
        store.release(dead).await.unwrap();
        assert_eq!(store.holder(CLUSTER).await.unwrap().as_ref(), Some(next.held()));
    });
}

#[test]
fn a_lease_is_renewed_unless_it_was_taken_away() {
    block_on(async {
        let store = Store::memory();
        let mut lease = lease(&store).await;
        let later = noon() + SignedDuration::from_mins(1);
        store.renew(&mut lease, later).await.unwrap();
        assert_eq!(lease.held().expires, later + TERM);
        assert_eq!(store.holder(CLUSTER).await.unwrap().as_ref(), Some(lease.held()));
        assert!(store.acquire(CLUSTER, &claim("2"), noon() + TERM).await.is_err());

        let broken = store.break_lease(CLUSTER).await.unwrap();
        assert_eq!(broken.as_ref(), Some(lease.held()));
        assert_eq!(store.break_lease(CLUSTER).await.unwrap(), None);
        let error = store.renew(&mut lease, later).await.unwrap_err();
        assert!(matches!(error, StoreError::Lost { .. }), "{error}");
    });
}

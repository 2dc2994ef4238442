//! `cloudup lock`: who is at work on a cluster. And the lease that our own work takes.

use std::{sync::Arc, time::Duration};

use cloudup::{
    rolling_update::Progress,
    store::{Change, Claim, Held, Lease, Seen, Store, StoreError},
};
use jiff::{SignedDuration, SpanRound, Timestamp, Unit};
use tokio::{sync::Mutex, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{print, state};
use crate::{
    args::{Global, LockCommand, OutputArg},
    environment::Environment,
    exit::{Exit, Failure},
};

/// How often a lease is renewed: often enough that one renewal may fail.
const RENEWAL: Duration = Duration::from_secs(30);

/// Runs `lock`.
pub(super) async fn run(
    global: &Global,
    command: &LockCommand,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let store = state::open(global, environment).await?;
    match command {
        LockCommand::Show { name, format } => {
            let name = state::choose(&store, name.as_deref(), environment).await?;
            let held = store.holder(&name).await;
            let held = held.map_err(|e| state::failure("tell who is at work", &e))?;
            show(format.output, &name, held.as_ref())
        }
        LockCommand::Break { name } => {
            let broken = store.break_lease(name).await;
            let broken = broken.map_err(|e| state::failure("take the lease away", &e))?;
            match broken {
                Some(held) => print(|out| {
                    writeln!(out, "Taken away: {}", told(&held, Timestamp::now()))?;
                    writeln!(out, "If that run is still there, it will stop.")
                }),
                None => nobody(&store, name).await,
            }
        }
    }
}

fn show(output: OutputArg, name: &str, held: Option<&Held>) -> Result<Exit, Failure> {
    if output == OutputArg::Json {
        let text = serde_json::to_string_pretty(&held)
            .map_err(|error| Failure::because(Exit::Failed, "write the result", &error))?;
        return print(|out| writeln!(out, "{text}"));
    }
    print(|out| match held {
        Some(held) => writeln!(out, "{}", told(held, Timestamp::now())),
        None => writeln!(out, "Nobody is at work on {name}."),
    })
}

/// Nobody holds it: a name that is no cluster's is told so.
async fn nobody(store: &Store, name: &str) -> Result<Exit, Failure> {
    state::stored(store, name).await?;
    print(|out| writeln!(out, "Nobody is at work on {name}."))
}

fn told(held: &Held, now: Timestamp) -> String {
    let since = words(now.duration_since(held.since));
    let run_out = if now < held.expires { "" } else { ", and is gone: the lease has run out" };
    let Claim { owner, host, reason, .. } = &held.claim;
    format!(
        "{owner} on {host} is at work on {} since {:.0} ({since}): {reason}{run_out}.",
        held.cluster, held.since
    )
}

/// A duration in the two largest units that matter.
fn words(duration: SignedDuration) -> String {
    let unit = if duration.as_secs() < 3600 { Unit::Second } else { Unit::Minute };
    let round = SpanRound::new().smallest(unit).largest(Unit::Hour);
    let span = jiff::Span::try_from(duration).and_then(|span| span.round(round));
    span.map_or_else(|_| "a while".to_owned(), |span| format!("{span:#}"))
}

/// A lease that is renewed until it is given back.
pub(super) struct Keeper {
    store: Store,
    lease: Arc<Mutex<Lease>>,
    renewing: JoinHandle<()>,
    lost: CancellationToken,
}

/// Takes the lease on a cluster, and keeps it.
pub(super) async fn take(
    store: &Store,
    cluster: &str,
    reason: &str,
    environment: &Environment,
) -> Result<Keeper, Failure> {
    let now = Timestamp::now();
    let claim = Claim {
        owner: environment.user.clone(),
        host: gethostname::gethostname().to_string_lossy().into_owned(),
        reason: reason.to_owned(),
        id: format!("{}-{}", std::process::id(), now.as_nanosecond()),
    };
    let lease = store.acquire(cluster, &claim, now).await;
    let lease = lease.map_err(|error| match &error {
        StoreError::Held(held) => {
            let hint = error.hint().unwrap_or_default();
            let failure = Failure::invalid(told(held, now)).hint(hint);
            Failure { exit: Exit::Locked, ..failure }
        }
        _ => state::failure("take the lease on the cluster", &error),
    })?;
    let (lease, lost) = (Arc::new(Mutex::new(lease)), CancellationToken::new());
    let renewing = tokio::spawn(renew(store.clone(), lease.clone(), lost.clone()));
    Ok(Keeper { store: store.clone(), lease, renewing, lost })
}

async fn renew(store: Store, lease: Arc<Mutex<Lease>>, lost: CancellationToken) {
    loop {
        tokio::time::sleep(RENEWAL).await;
        let mut lease = lease.lock().await;
        let renewed = store.renew(&mut lease, Timestamp::now()).await;
        let run_out = Timestamp::now() >= lease.held().expires;
        if matches!(renewed, Err(StoreError::Lost { .. })) || run_out {
            lost.cancel();
            return;
        }
    }
}

impl Keeper {
    /// Cancelled where the lease is no longer ours.
    pub(super) fn lost(&self) -> &CancellationToken {
        &self.lost
    }

    /// Writes a change under the lease.
    pub(super) async fn commit(&self, change: &Change) -> Result<(), Failure> {
        let lease = self.lease.lock().await;
        let done = self.store.commit(&lease, change, &Timestamp::now).await;
        done.map_err(|error| state::failure("write the change", &error))
    }

    /// Keeps how far a rolling update is, under the lease.
    pub(super) async fn keep(
        &self,
        seen: &mut Seen,
        progress: Option<&Progress>,
    ) -> Result<(), StoreError> {
        let lease = self.lease.lock().await;
        self.store.keep_rolling_update(&lease, seen, progress, Timestamp::now()).await
    }

    /// Gives the lease back. It ends by itself where that fails, so that this is no failure.
    pub(super) async fn release(self) {
        self.renewing.abort();
        // Whoever was renewing is gone by then, and has let go of it.
        let _ = self.renewing.await;
        if let Some(lease) = Arc::into_inner(self.lease) {
            let _ = self.store.release(lease.into_inner()).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLUSTER: &str = "demo.example.com";

    async fn taken(store: &Store) -> Keeper {
        take(store, CLUSTER, "tests", &Environment::default()).await.expect("nobody has it")
    }

    #[tokio::test(start_paused = true)]
    async fn a_lease_is_renewed_until_it_is_given_back() {
        let store = Store::memory();
        let keeper = taken(&store).await;
        let first = store.holder(CLUSTER).await.unwrap().expect("it is held");
        tokio::time::sleep(RENEWAL * 2).await;
        let later = store.holder(CLUSTER).await.unwrap().expect("it is still held");
        assert_eq!(later.since, first.since);
        assert!(later.expires > first.expires, "the end is put off");
        assert!(!keeper.lost().is_cancelled());
        keeper.release().await;
        assert_eq!(store.holder(CLUSTER).await.unwrap(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn who_loses_a_lease_is_told_and_writes_nothing_more() {
        let store = Store::memory();
        let keeper = taken(&store).await;
        store.break_lease(CLUSTER).await.unwrap().expect("it was held");
        let next = taken(&store).await;
        tokio::time::timeout(RENEWAL * 2, keeper.lost().cancelled()).await.expect("it is told");
        keeper.release().await;
        assert!(store.holder(CLUSTER).await.unwrap().is_some(), "the next one's stays");
        assert!(!next.lost().is_cancelled());
    }

    #[test]
    fn durations_are_told_in_words() {
        for (seconds, told) in [(5, "5s"), (125, "2m 5s"), (7290, "2h 2m")] {
            assert_eq!(words(SignedDuration::from_secs(seconds)), told);
        }
    }
}

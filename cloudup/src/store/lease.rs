//! Who is at work on a cluster.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{OURS, Store, StoreError, backend::Version};

/// How long a lease is in force unless it is renewed. A run that was killed is in the way that long.
pub const TERM: SignedDuration = SignedDuration::from_mins(2);

/// What must be left of a lease before something is written: longer than a call may take, so that
/// no write is under way when the next holder begins, and than clocks are apart.
const MARGIN: SignedDuration = SignedDuration::from_secs(45);

/// Who wants to be at work, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Claim {
    /// Who: a user's name.
    pub owner: String,
    /// On which machine.
    pub host: String,
    /// What for: `update cluster --yes`.
    pub reason: String,
    /// What tells this run from any other.
    pub id: String,
}

/// A lease that somebody holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Held {
    /// The cluster.
    pub cluster: String,
    /// Who holds it.
    #[serde(flatten)]
    pub claim: Claim,
    /// Since when.
    #[schemars(with = "String")]
    pub since: Timestamp,
    /// Until when, unless it is renewed.
    #[schemars(with = "String")]
    pub expires: Timestamp,
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cluster, claim: Claim { owner, host, reason, .. }, since, expires } = self;
        write!(
            f,
            "{owner} on {host} is at work on {cluster} since {since:.0} ({reason}); unless renewed, \
             the lease ends at {expires:.0}"
        )
    }
}

/// A lease that is ours.
#[derive(Debug)]
pub struct Lease {
    held: Held,
    version: Version,
}

impl Lease {
    /// What it says.
    pub fn held(&self) -> &Held {
        &self.held
    }

    /// Whether it is about the cluster, and long enough in force.
    pub(super) fn check(&self, cluster: &str, now: Timestamp) -> Result<(), StoreError> {
        if self.held.cluster == cluster && now + MARGIN < self.held.expires {
            Ok(())
        } else {
            Err(StoreError::Lost { cluster: cluster.to_owned() })
        }
    }
}

impl Store {
    /// Who is at work on a cluster, whether or not the lease has run out.
    ///
    /// # Errors
    ///
    /// Where the store cannot be read.
    pub async fn holder(&self, cluster: &str) -> Result<Option<Held>, StoreError> {
        Ok(self.lease(cluster).await?.0)
    }

    /// Takes the lease on a cluster, where nobody has it or it has run out.
    ///
    /// # Errors
    ///
    /// [`StoreError::Held`] where somebody has it, and where the store fails.
    pub async fn acquire(
        &self,
        cluster: &str,
        claim: &Claim,
        now: Timestamp,
    ) -> Result<Lease, StoreError> {
        let (found, version) = self.lease(cluster).await?;
        if let Some(held) = found.filter(|held| now < held.expires) {
            return Err(StoreError::Held(Box::new(held)));
        }
        let held = Held {
            cluster: cluster.to_owned(),
            claim: claim.clone(),
            since: now,
            expires: now + TERM,
        };
        match self.write_lease(cluster, Some(&held), version.as_ref()).await {
            Ok(version) => Ok(Lease { held, version }),
            Err(error @ StoreError::Changed { .. }) => Err(match self.holder(cluster).await? {
                Some(held) => StoreError::Held(Box::new(held)),
                None => error,
            }),
            Err(error) => Err(error),
        }
    }

    /// Puts off the end of a lease.
    ///
    /// # Errors
    ///
    /// [`StoreError::Lost`] where it is no longer ours, and where the store fails.
    pub async fn renew(&self, lease: &mut Lease, now: Timestamp) -> Result<(), StoreError> {
        let held = Held { expires: now + TERM, ..lease.held.clone() };
        let written = self.write_lease(&held.cluster, Some(&held), Some(&lease.version)).await;
        lease.version = written.map_err(|error| lost(error, &held.cluster))?;
        lease.held = held;
        Ok(())
    }

    /// Gives a lease back. One that is no longer ours is left as it is.
    ///
    /// # Errors
    ///
    /// Where the store fails.
    pub async fn release(&self, lease: Lease) -> Result<(), StoreError> {
        let written = self.write_lease(&lease.held.cluster, None, Some(&lease.version)).await;
        match written {
            Ok(_) | Err(StoreError::Changed { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Takes the lease on a cluster away from whoever has it, and says who that was.
    ///
    /// # Errors
    ///
    /// Where the store fails, or the lease changes hands at this very moment.
    pub async fn break_lease(&self, cluster: &str) -> Result<Option<Held>, StoreError> {
        let (found, version) = self.lease(cluster).await?;
        if found.is_some() {
            self.write_lease(cluster, None, version.as_ref()).await?;
        }
        Ok(found)
    }

    async fn lease(&self, cluster: &str) -> Result<(Option<Held>, Option<Version>), StoreError> {
        let found = self.get_json::<Option<Held>>(&key(cluster)).await?;
        Ok(found.map_or((None, None), |(held, version)| (held, Some(version))))
    }

    /// Writes who has the lease, or that nobody has.
    async fn write_lease(
        &self,
        cluster: &str,
        held: Option<&Held>,
        over: Option<&Version>,
    ) -> Result<Version, StoreError> {
        self.put_json(&key(cluster), &held, over).await
    }
}

fn lost(error: StoreError, cluster: &str) -> StoreError {
    match error {
        StoreError::Changed { .. } => StoreError::Lost { cluster: cluster.to_owned() },
        error => error,
    }
}

fn key(cluster: &str) -> String {
    format!("{OURS}/{cluster}/lease")
}

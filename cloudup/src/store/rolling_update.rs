//! How far a rolling update of a cluster is.

use jiff::Timestamp;

use super::{Lease, OURS, Store, StoreError, backend::Version};
use crate::rolling_update::Progress;

/// Which version of what is kept was seen last.
#[derive(Debug, Default)]
pub struct Seen(Option<Version>);

impl Store {
    /// How far a rolling update of a cluster is, if one is not through.
    ///
    /// # Errors
    ///
    /// Where the store cannot be read.
    pub async fn rolling_update(
        &self,
        cluster: &str,
    ) -> Result<(Option<Progress>, Seen), StoreError> {
        let key = key(cluster);
        let Some((progress, version)) = self.get_json::<Option<Progress>>(&key).await? else {
            return Ok((None, Seen(None)));
        };
        if let Some(progress) = progress.as_ref().filter(|progress| !progress.is_known()) {
            let version = progress.schema_version;
            let problem = format!("a newer cloudup wrote it, in format {version}");
            return Err(StoreError::Unreadable { place: self.place(&key), problem });
        }
        Ok((progress, Seen(Some(version))))
    }

    /// Keeps how far it is, or that it is through, over what was seen last.
    ///
    /// # Errors
    ///
    /// [`StoreError::Lost`] and [`StoreError::Changed`] where somebody else is at work, and where the
    /// store fails.
    pub async fn keep_rolling_update(
        &self,
        lease: &Lease,
        seen: &mut Seen,
        progress: Option<&Progress>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let cluster = &lease.held().cluster;
        lease.check(cluster, now)?;
        // Where nothing was ever kept, nothing has to be said.
        if progress.is_none() && seen.0.is_none() {
            return Ok(());
        }
        seen.0 = Some(self.put_json(&key(cluster), &progress, seen.0.as_ref()).await?);
        Ok(())
    }
}

fn key(cluster: &str) -> String {
    format!("{OURS}/{cluster}/rolling-update")
}

//! Writing a change: whole, or not at all.
//!
//! One document is written over the version of it that is what was read, and that is all. Several
//! are first written down in a journal, then one by one. Whoever reads meanwhile reads through the
//! journal, so that they change for everybody at once; whoever finds the journal of a run that died
//! finishes it. Where a tool that knows nothing of the journal gets in between, its document stands
//! and what was written is undone.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Change, Document, Lease, OURS, Store, StoreError, Stored, backend::Version, change::Step,
};

/// Tells the time.
type Clock<'a> = &'a (dyn Fn() -> Timestamp + Sync);

/// What is known of the last change of several documents of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    /// Grows with each change: what is read while it stays the same has not changed meanwhile.
    count: u64,
    /// What is to be done, in order; empty once it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    steps: Vec<Step>,
    /// Whether it takes back what could not be done as a whole.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    undo: bool,
}

/// The record, as it was found.
#[derive(Clone, Debug, Default)]
pub(super) struct Journal {
    record: Record,
    pub(super) version: Option<Version>,
}

/// Shows what was read as it will be when the change that is under way is done.
pub(super) fn overlay(store: &Store, journal: &Journal, stored: &mut Stored) {
    for Step { key, to, .. } in &journal.record.steps {
        let place = store.place(&format!("{}/{key}", stored.cluster));
        match to {
            Some(text) => {
                let document = Document { place, text: text.clone() };
                stored.documents.insert(key.clone(), document);
            }
            None => {
                stored.documents.remove(key);
            }
        }
    }
}

impl Store {
    /// Writes a change, or nothing.
    ///
    /// # Errors
    ///
    /// [`StoreError::Changed`] where some document is no longer what was read, and
    /// [`StoreError::Lost`] where the lease has run out, or nearly: then nothing was written.
    /// [`StoreError::Unfinished`] where something comes between when it is half done: then it is as
    /// good as made, as everybody reads it so and the next commit finishes it.
    pub async fn commit(
        &self,
        lease: &Lease,
        change: &Change,
        clock: Clock<'_>,
    ) -> Result<(), StoreError> {
        let cluster = change.cluster();
        let work = Work { store: self, cluster, lease, clock };
        let journal = work.settle().await?;
        let steps = change.steps();
        match steps.as_slice() {
            [] => return Ok(()),
            [step @ Step { to: Some(_), .. }] => {
                return if work.advance(step).await? { Ok(()) } else { Err(work.changed(step)) };
            }
            _ => {}
        }
        for step in &steps {
            let found = self.get(&work.key(step)).await?;
            let text = found.as_ref().map(|object| object.bytes.as_slice());
            if text != step.from.as_deref().map(str::as_bytes) {
                return Err(work.changed(step));
            }
        }
        let record = Record { steps, ..journal.next() };
        let journal = work.note(record, &journal).await?;
        match work.carry_out(journal).await {
            Ok(_) => Ok(()),
            Err(undone @ StoreError::Changed { .. }) => Err(undone),
            Err(error) => {
                let source = Box::new(error);
                Err(StoreError::Unfinished { cluster: cluster.to_owned(), source })
            }
        }
    }

    /// What the journal of a cluster says.
    pub(super) async fn journal(&self, cluster: &str) -> Result<Journal, StoreError> {
        let found = self.get_json(&journal_key(cluster)).await?;
        Ok(found.map_or_else(Journal::default, |(record, version)| Journal {
            record,
            version: Some(version),
        }))
    }
}

impl Journal {
    fn next(&self) -> Record {
        Record { count: self.record.count + 1, ..Record::default() }
    }
}

/// A change of a cluster under way.
struct Work<'a> {
    store: &'a Store,
    cluster: &'a str,
    lease: &'a Lease,
    clock: Clock<'a>,
}

impl Work<'_> {
    /// Finishes what a run left half done.
    async fn settle(&self) -> Result<Journal, StoreError> {
        let journal = self.store.journal(self.cluster).await?;
        if journal.record.steps.is_empty() {
            return Ok(journal);
        }
        match self.carry_out(journal).await {
            // It was undone: whoever comes next goes by what is there now.
            Err(StoreError::Changed { .. }) => self.store.journal(self.cluster).await,
            done => done,
        }
    }

    async fn carry_out(&self, mut journal: Journal) -> Result<Journal, StoreError> {
        let mut in_the_way = None;
        if !journal.record.undo {
            let mut done = Vec::new();
            for step in journal.record.steps.clone() {
                if self.advance(&step).await? {
                    done.push(step);
                } else {
                    in_the_way = Some(step);
                    break;
                }
            }
            if in_the_way.is_none() {
                return self.note(journal.next(), &journal).await;
            }
            let steps = done.into_iter().rev();
            let steps = steps.map(|Step { key, from, to }| Step { key, from: to, to: from });
            let record = Record { steps: steps.collect(), undo: true, ..journal.next() };
            journal = self.note(record, &journal).await?;
        }
        for step in journal.record.steps.clone() {
            // What somebody else has made of it by now stands.
            self.advance(&step).await?;
        }
        self.note(journal.next(), &journal).await?;
        Err(match in_the_way {
            Some(step) => self.changed(&step),
            None => StoreError::Changed { place: self.store.place(self.cluster) },
        })
    }

    /// Brings a document from what it was to what it is to be. Whether it could: not where it is
    /// neither.
    async fn advance(&self, step: &Step) -> Result<bool, StoreError> {
        let key = self.key(step);
        let found = self.store.get_with_empty(&key).await?;
        let text = found.as_ref().map(|object| object.bytes.as_slice());
        let text = text.filter(|text| !text.is_empty());
        let [from, to] = [&step.from, &step.to].map(|text| text.as_deref().map(str::as_bytes));
        if text != from && text != to {
            return Ok(false);
        }
        self.lease.check(self.cluster, (self.clock)())?;
        let version = found.as_ref().map(|object| &object.version);
        match to {
            Some(to) if text == Some(to) => Ok(true),
            Some(to) => Ok(self.store.put(&key, to, version).await?.is_some()),
            None if found.is_none() => Ok(true),
            None => {
                // There is no removal on condition: what is emptied on condition can be removed.
                if text.is_some() && self.store.put(&key, &[], version).await?.is_none() {
                    return Ok(false);
                }
                self.lease.check(self.cluster, (self.clock)())?;
                self.store.remove(&key).await?;
                Ok(true)
            }
        }
    }

    async fn note(&self, record: Record, over: &Journal) -> Result<Journal, StoreError> {
        self.lease.check(self.cluster, (self.clock)())?;
        let key = journal_key(self.cluster);
        let put = self.store.put_json(&key, &record, over.version.as_ref()).await;
        let version = put.map_err(|error| match error {
            // Only who has the lease by now writes here.
            StoreError::Changed { .. } => StoreError::Lost { cluster: self.cluster.to_owned() },
            error => error,
        })?;
        Ok(Journal { record, version: Some(version) })
    }

    fn key(&self, step: &Step) -> String {
        format!("{}/{}", self.cluster, step.key)
    }

    fn changed(&self, step: &Step) -> StoreError {
        StoreError::Changed { place: self.store.place(&self.key(step)) }
    }
}

fn journal_key(cluster: &str) -> String {
    format!("{OURS}/{cluster}/commit")
}

//! What there is to know of a thing that is to go, and of its kind.

use std::{fmt, time::Duration};

use cloudup_engine::{Stray, TaskError};

use crate::{
    cloud::{CloudError, CloudReader, CloudWriter, iam::Tags, vpc::Tagged},
    iam::owner::{Owner, Ownership},
    trouble::invalid,
};

/// Whose things are meant, and by which names they may go.
#[derive(Clone, Debug)]
pub struct Whose {
    /// The cluster.
    pub owner: Owner,
    /// Whether a role or an instance profile of a cluster can have a name: the name, then the
    /// cluster's. Listings of these say nothing about tags, so that only such are looked at.
    pub may_be_named: fn(&str, &str) -> bool,
    /// The path of the cluster's managed policies.
    pub policy_path: String,
    /// The ids of security groups of others that may have rules of the cluster's.
    pub other_groups: Vec<String>,
}

impl Whose {
    /// The cluster's name.
    pub(super) fn cluster(&self) -> &str {
        self.owner.cluster()
    }

    pub(super) fn may_be_named(&self, name: &str) -> bool {
        (self.may_be_named)(name, self.cluster())
    }
}

/// Something that is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thing {
    /// What it is found again by, unique in the account.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Its tags, unless the listing leaves them out.
    pub tags: Option<Tags>,
    /// The ids of what may go only after it: what it is in, or uses.
    pub needs: Vec<String>,
    /// What a plan tells of it, field by field.
    pub told: Vec<(&'static str, String)>,
}

impl Thing {
    /// Something of EC2, called by its tag `Name`.
    pub(super) fn of(it: &impl Tagged) -> Self {
        let name = it.tags().get("Name").cloned().filter(|name| !name.is_empty());
        Self {
            name: name.unwrap_or_else(|| it.id().to_owned()),
            told: vec![("id", it.id().to_owned())],
            id: it.id().to_owned(),
            tags: Some(it.tags().clone()),
            needs: Vec::new(),
        }
    }

    /// May go only before what has these ids.
    pub(super) fn before<I: Into<String>>(mut self, ids: impl IntoIterator<Item = I>) -> Self {
        self.needs.extend(ids.into_iter().map(Into::into));
        self
    }

    /// Tells one thing more.
    pub(super) fn telling(mut self, field: &'static str, value: impl Into<String>) -> Self {
        self.told.push((field, value.into()));
        self
    }
}

/// A kind of thing that can be taken away.
pub trait Removable: fmt::Debug + Clone + Send + Sync + 'static {
    /// The kind, as plans and overrides spell it: `Subnet`.
    const KIND: &'static str;

    /// The kind whose overrides this one follows where none names it.
    const FOLLOWS: Option<&'static str> = None;

    /// How long it usually takes until one is gone.
    const EXPECTED_DURATION: Duration = Duration::from_millis(200);

    /// What one is called in a sentence: `subnet`.
    const WORD: &'static str;

    /// Those that may be the cluster's.
    fn list(
        reader: &dyn CloudReader,
        whose: &Whose,
    ) -> impl Future<Output = Result<Vec<Thing>, CloudError>> + Send;

    /// One of them as it is now, with its tags, if it is still there.
    fn look(
        reader: &dyn CloudReader,
        whose: &Whose,
        thing: &Thing,
    ) -> impl Future<Output = Result<Option<Thing>, CloudError>> + Send {
        async move {
            let listed = Self::list(reader, whose).await?;
            Ok(listed.into_iter().find(|listed| listed.id == thing.id))
        }
    }

    /// Whether a thing with these tags is to go: whether it is the cluster's own.
    fn is_meant(whose: &Whose, tags: &Tags) -> bool {
        whose.owner.of(tags) == Ownership::Ours
    }

    /// Who else uses it, in words that follow a colon, so that it has to stay.
    fn user(
        _: &dyn CloudReader,
        _: &Whose,
        _: &Thing,
    ) -> impl Future<Output = Result<Option<String>, TaskError>> + Send {
        async { Ok(None) }
    }

    /// What has to go before it, and has lines of its own in plans.
    fn parts(
        _: &dyn CloudReader,
        _: &Thing,
    ) -> impl Future<Output = Result<Vec<Stray>, TaskError>> + Send {
        async { Ok(Vec::new()) }
    }

    /// Deletes it, and comes back when it is gone.
    fn delete(
        writer: &(dyn CloudWriter + 'static),
        whose: &Whose,
        thing: &Thing,
        doing: String,
    ) -> impl Future<Output = Result<(), TaskError>> + Send;

    /// Deletes one of its [`parts`](Self::parts).
    fn delete_part(
        _: &(dyn CloudWriter + 'static),
        part: &Stray,
    ) -> impl Future<Output = Result<(), TaskError>> + Send {
        let error =
            invalid(format!("delete {}/{}: {} has no such part", part.kind, part.name, Self::WORD));
        async { Err(error) }
    }
}

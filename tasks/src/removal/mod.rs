//! What a cluster owns, to be taken away: a task for each thing that is there.
//!
//! The other tasks of this crate start from what should be there, these from what is:
//! [`Removal::all`] finds the things of one kind, by the tags that say whose they are, and each
//! becomes an unwanted task. A thing that another cluster uses too, or that holds something of
//! somebody else's, stays, and its task says who is in the way. [`Removal::needs`] says what may go
//! only after it.

mod compute;
mod firewall;
mod gateways;
mod iam;
mod network;
mod refusal;
mod shared_tag;
mod thing;

use std::{fmt, marker::PhantomData, time::Duration};

use cloudup_engine::{
    Change, Changes, Diff, ErrorKind, FieldChange, Found, Origin, Reader, Stray, Task, TaskError,
    Writer,
};

pub use self::{
    compute::{AutoscalingGroups, Instances, KeyPairs, LaunchTemplates},
    firewall::{SecurityGroupRules, SecurityGroups},
    gateways::{EgressOnlyInternetGateways, ElasticIps, InternetGateways, NatGateways},
    iam::{InstanceProfiles, ManagedPolicies, OidcProviders, Roles},
    network::{DhcpOptionSets, RouteTables, Subnets, Vpcs},
    shared_tag::SharedTags,
    thing::{Removable, Thing, Whose},
};
use crate::{
    cloud::{Aws, CloudError, CloudReader},
    iam::owner::Owner,
    trouble::conflict,
};

/// The kind of a tag by which a cluster says that it uses something of somebody else's.
pub const SHARED_TAG: &str = "SharedTag";

/// What a task is called that stands for a listing which was not answered.
pub const UNLISTED: &str = "(not listed)";

/// Something that is to go.
#[derive(Clone, Debug)]
pub struct Removal<K: Removable> {
    name: String,
    whose: Whose,
    thing: Thing,
    kind: PhantomData<K>,
}

impl<K: Removable> Removal<K> {
    /// The things of this kind that are the cluster's, or may be. Two of one name are told apart by
    /// their ids.
    ///
    /// # Errors
    ///
    /// Where they cannot be listed.
    pub async fn all(reader: &dyn CloudReader, whose: &Whose) -> Result<Vec<Self>, CloudError> {
        let mut things = K::list(reader, whose).await?;
        things.retain(|thing| thing.tags.as_ref().is_none_or(|tags| K::is_meant(whose, tags)));
        things.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        let names: Vec<_> = things.iter().map(|thing| thing.name.clone()).collect();
        let is_unique = |name: &String| names.iter().filter(|other| *other == name).count() == 1;
        let removal = |thing: Thing| {
            let name = thing.name.clone();
            let name = if is_unique(&name) { name } else { format!("{name} ({})", thing.id) };
            Self { name, whose: whose.clone(), thing, kind: PhantomData }
        };
        Ok(things.into_iter().map(removal).collect())
    }

    /// Stands for all things of this kind where they could not be listed: the reason is told like
    /// any other task's, and a lifecycle decides what becomes of it.
    pub fn unlisted(whose: &Whose) -> Self {
        Self {
            name: UNLISTED.to_owned(),
            whose: whose.clone(),
            thing: Thing::default(),
            kind: PhantomData,
        }
    }

    /// Its id: what other things name it by in [`needs`](Self::needs).
    pub fn id(&self) -> &str {
        &self.thing.id
    }

    /// The ids of what may go only after it.
    pub fn needs(&self) -> &[String] {
        &self.thing.needs
    }

    /// What was seen of it.
    pub fn thing(&self) -> &Thing {
        &self.thing
    }

    fn is_unlisted(&self) -> bool {
        self.thing.id.is_empty()
    }

    fn doing(&self) -> String {
        format!("delete {} {}", K::WORD, self.name)
    }

    /// The thing as it is now, if it is there and the cluster's.
    async fn look(&self, reader: &(dyn CloudReader + 'static)) -> Result<Option<Thing>, TaskError> {
        let found = K::look(reader, &self.whose, &self.thing).await;
        let found = found
            .map_err(|error| error.while_doing(format!("look for {} {}", K::WORD, self.name)))?;
        Ok(found
            .filter(|thing| thing.tags.as_ref().is_some_and(|tags| K::is_meant(&self.whose, tags))))
    }

    /// Refuses what somebody else uses too.
    async fn check_alone(
        &self,
        reader: &(dyn CloudReader + 'static),
        thing: &Thing,
    ) -> Result<(), TaskError> {
        if K::KIND != SHARED_TAG
            && let Some(other) = thing.tags.as_ref().and_then(|tags| self.whose.owner.other(tags))
        {
            let key = Owner::new(other).tag_key();
            return Err(conflict(format!(
                "{}: cluster {other} uses it too, as its tag {key} says",
                self.doing()
            ))
            .hint("delete that cluster first, or take that tag off if the cluster is gone"));
        }
        match K::user(reader, &self.whose, thing).await? {
            Some(user) => Err(conflict(format!("{}: {user}", self.doing()))
                .hint("see to that first, then run this again; what it needs stays too")),
            None => Ok(()),
        }
    }
}

impl<K: Removable> Task for Removal<K> {
    const KIND: &'static str = K::KIND;
    const FOLLOWS: Option<&'static str> = K::FOLLOWS;
    const EXPECTED_DURATION: Duration = K::EXPECTED_DURATION;
    type Provider = Aws;
    type Output = ();

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, reader: &Reader<Self>) -> Result<Option<Found<Self>>, TaskError> {
        if self.is_unlisted() {
            let kind = K::KIND;
            let listed = K::list(reader, &self.whose).await;
            listed.map_err(|error| {
                error.while_doing(format!("list what the cluster has of {kind}: some may be left"))
            })?;
            let late = format!("list what the cluster has of {kind} before the run began");
            return Err(TaskError::new(ErrorKind::Other, late).hint("run it again"));
        }
        let Some(thing) = self.look(reader).await? else { return Ok(None) };
        self.check_alone(reader, &thing).await?;
        Ok(Some(Found { state: Self { thing, ..self.clone() }, output: () }))
    }

    async fn render(&self, _: &Writer<Self>, _: Change<'_, Self>) -> Result<(), TaskError> {
        Err(TaskError::new(ErrorKind::Invalid, format!("make {} {}", K::WORD, self.name)))
    }

    async fn strays(
        &self,
        reader: &Reader<Self>,
        found: Option<&Found<Self>>,
    ) -> Result<Vec<Stray>, TaskError> {
        match found {
            Some(found) => K::parts(reader, &found.state.thing).await,
            None => Ok(Vec::new()),
        }
    }

    async fn delete(&self, writer: &Writer<Self>, stray: &Stray) -> Result<(), TaskError> {
        if stray.kind == K::KIND && stray.name == self.name {
            K::delete(writer, &self.whose, &self.thing, self.doing()).await
        } else {
            K::delete_part(writer, stray).await
        }
    }
}

/// A thing that is to go has no wanted state to be compared with: what is there is only told.
impl<K: Removable> Diff for Removal<K> {
    type Changes<'a> = Nothing;

    fn diff<'a>(_: &'a Self, _: &'a Self) -> Nothing {
        Nothing
    }

    fn fields(&self) -> Vec<FieldChange> {
        let told = |(field, value): &(&'static str, String)| FieldChange::added(*field, value);
        self.thing.told.iter().map(told).collect()
    }

    fn needs(&self, _: &mut dyn FnMut(&Origin)) {}
}

/// No differences.
#[derive(Clone, Copy, Debug)]
pub struct Nothing;

impl Changes for Nothing {
    fn list(&self) -> Vec<FieldChange> {
        Vec::new()
    }
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

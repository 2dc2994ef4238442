//! Security groups and subnets, by the names that they have among a cluster's things.

use std::collections::{BTreeMap, BTreeSet};

use cloudup_engine::{ErrorKind, Ref, Task, TaskError};
use serde::Serialize;

use crate::{
    cloud::{
        CloudReader,
        vpc::{Tagged, Which, all_security_groups, all_subnets},
    },
    iam::{Owner, owner::Ownership},
    trouble::conflict,
    vpc::{IdOutput, SecurityGroup, Subnet},
};

/// A security group or a subnet.
///
/// A name is known before the thing exists, so that a plan can tell it. Where a task of the run
/// makes the thing, it is given besides.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum NetworkRef {
    /// One that is there already, by its id.
    Id(String),
    /// One of the cluster's, by its tag `Name`.
    Named(String),
}

/// The tasks that make things of the cluster, by the things' names.
pub(super) type Makers<T> = BTreeMap<String, Ref<T>>;

/// What there is of a kind.
pub(super) struct Known {
    kind: &'static str,
    tag: String,
    /// The names of a cluster's things by their ids.
    names: BTreeMap<String, String>,
}

/// The security groups of a cluster.
pub(super) async fn security_groups(
    reader: &dyn CloudReader,
    owner: &Owner,
    makers: &Makers<SecurityGroup>,
) -> Result<Known, TaskError> {
    let tag = owner.tag_key();
    let found = all_security_groups(reader.vpc(), Which::TagKey(&tag)).await.map_err(|error| {
        let cluster = owner.cluster();
        error.while_doing(format!("look for the security groups of cluster {cluster}"))
    })?;
    Ok(Known::new("security group", owner, &found, makers))
}

/// The subnets of a cluster.
pub(super) async fn subnets(
    reader: &dyn CloudReader,
    owner: &Owner,
    makers: &Makers<Subnet>,
) -> Result<Known, TaskError> {
    let tag = owner.tag_key();
    let found = all_subnets(reader.vpc(), Which::TagKey(&tag)).await.map_err(|error| {
        error.while_doing(format!("look for the subnets of cluster {}", owner.cluster()))
    })?;
    Ok(Known::new("subnet", owner, &found, makers))
}

impl Known {
    /// What a listing has of the owner's. What tasks of the run found or made is known without it:
    /// a listing may not show it yet.
    fn new<N: Tagged, T: Task<Output = IdOutput>>(
        kind: &'static str,
        owner: &Owner,
        listed: &[N],
        makers: &Makers<T>,
    ) -> Self {
        let ours = listed.iter().filter(|thing| owner.of(thing.tags()) == Ownership::Ours);
        let listed = ours.filter_map(|it| Some((it.id().to_owned(), it.tags().get("Name")?)));
        let mut names: BTreeMap<_, _> = listed.map(|(id, name)| (id, name.clone())).collect();
        for (name, maker) in makers {
            if let Some(IdOutput { id }) = maker.output() {
                names.retain(|_, other| other != name);
                names.insert(id.clone(), name.clone());
            }
        }
        Self { kind, tag: owner.tag_key(), names }
    }

    /// The things of these ids: by name where one that is wanted by name has the id.
    pub(super) fn refs<'i>(
        &self,
        ids: impl IntoIterator<Item = &'i String>,
        wanted: &BTreeSet<NetworkRef>,
    ) -> BTreeSet<NetworkRef> {
        let named = |id: &String| {
            let by_id = NetworkRef::Id(id.clone());
            if wanted.contains(&by_id) {
                return by_id;
            }
            self.names.get(id).map_or(by_id, |name| NetworkRef::Named(name.clone()))
        };
        ids.into_iter().map(named).collect()
    }

    /// The ids of these things.
    pub(super) fn ids(&self, refs: &BTreeSet<NetworkRef>) -> Result<BTreeSet<String>, TaskError> {
        refs.iter().map(|it| self.id(it)).collect()
    }

    fn id(&self, wanted: &NetworkRef) -> Result<String, TaskError> {
        let name = match wanted {
            NetworkRef::Id(id) => return Ok(id.clone()),
            NetworkRef::Named(name) => name,
        };
        let Self { kind, tag, names } = self;
        let fitting: Vec<_> = names.iter().filter(|(_, other)| *other == name).collect();
        match fitting.as_slice() {
            [(id, _)] => Ok((*id).clone()),
            [] => Err(TaskError::new(ErrorKind::NotFound, format!("find {kind} {name}"))
                .hint(format!("it is the one with the tags Name={name} and {tag}=owned"))),
            several => {
                let ids: Vec<_> = several.iter().map(|(id, _)| id.as_str()).collect();
                Err(conflict(format!("tell which {kind} {name} is: {}", ids.join(", ")))
                    .hint("let only one of them have that tag Name"))
            }
        }
    }
}

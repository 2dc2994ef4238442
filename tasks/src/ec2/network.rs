//! Security groups and subnets, by the names that they have among a cluster's things.

use std::collections::{BTreeMap, BTreeSet};

use cloudup_engine::{ErrorKind, TaskError};
use serde::Serialize;

use crate::{
    cloud::{CloudReader, all_pages, ec2::Tagged, iam::Tags},
    trouble::conflict,
};

/// A security group or a subnet.
///
/// A name is known before the thing exists, so that tasks which name one need nothing of the task
/// that makes it, and order themselves after it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum NetworkRef {
    /// One that is there already, by its id.
    Id(String),
    /// One of the cluster's, by its tag `Name`.
    Named(String),
}

/// What there is of a kind.
pub(super) struct Known {
    kind: &'static str,
    cluster: String,
    /// The names of a cluster's things by their ids.
    names: BTreeMap<String, String>,
}

/// The security groups of a cluster.
pub(super) async fn security_groups(
    reader: &dyn CloudReader,
    cluster: &str,
) -> Result<Known, TaskError> {
    let tagged = Tagged::of_cluster(cluster);
    let found = all_pages(async |marker: Option<String>| {
        reader.ec2().describe_security_groups(&tagged, marker.as_deref()).await
    });
    let found = found.await.map_err(|error| {
        error.while_doing(format!("look for the security groups of cluster {cluster}"))
    })?;
    Ok(Known::new("security group", cluster, found.into_iter().map(|it| (it.id, it.tags))))
}

/// The subnets of a cluster.
pub(super) async fn subnets(reader: &dyn CloudReader, cluster: &str) -> Result<Known, TaskError> {
    let tagged = Tagged::of_cluster(cluster);
    let found = all_pages(async |marker: Option<String>| {
        reader.ec2().describe_subnets(&tagged, marker.as_deref()).await
    });
    let found = found
        .await
        .map_err(|error| error.while_doing(format!("look for the subnets of cluster {cluster}")))?;
    Ok(Known::new("subnet", cluster, found.into_iter().map(|it| (it.id, it.tags))))
}

impl Known {
    fn new(kind: &'static str, cluster: &str, found: impl Iterator<Item = (String, Tags)>) -> Self {
        let names = found.filter_map(|(id, tags)| Some((id, tags.get("Name")?.clone())));
        Self { kind, cluster: cluster.to_owned(), names: names.collect() }
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
        let Self { kind, cluster, names } = self;
        let fitting: Vec<_> = names.iter().filter(|(_, other)| *other == name).collect();
        match fitting.as_slice() {
            [(id, _)] => Ok((*id).clone()),
            [] => Err(TaskError::new(ErrorKind::NotFound, format!("find {kind} {name}")).hint(
                format!("it is the one with the tags Name={name} and KubernetesCluster={cluster}"),
            )),
            several => {
                let ids: Vec<_> = several.iter().map(|(id, _)| id.as_str()).collect();
                Err(conflict(format!("tell which {kind} {name} is: {}", ids.join(", ")))
                    .hint("let only one of them have that tag Name"))
            }
        }
    }
}

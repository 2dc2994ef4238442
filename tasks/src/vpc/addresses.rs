//! Elastic IP addresses.

use cloudup_engine::{Change, Diff, ErrorKind, Found, Reader, Task, TaskError, Writer};

use super::{
    IdOutput, kind,
    ours::{Ours, asked, retag},
};
use crate::{
    aside::Aside,
    cloud::{
        Aws,
        vpc::{Tags, Which},
    },
    iam::Owner,
};

/// An Elastic IP address: ours, or one that exists.
#[derive(Clone, Debug, Diff)]
pub struct ElasticIp {
    #[diff(skip)]
    name: String,
    /// Its tags, as far as they are asked for.
    tags: Tags,
    #[diff(skip)]
    ours: Aside<Ours>,
    /// The address of an existing one that is named by it.
    #[diff(skip)]
    public_ip: Option<String>,
}

impl ElasticIp {
    /// An address of `owner`.
    pub fn new(name: impl Into<String>, owner: Owner) -> Self {
        let name = name.into();
        let tags = owner.tags(&name);
        Self { name, tags, ours: Aside(Ours::new(owner)), public_ip: None }
    }

    /// An address that exists and is only used, by the id of its allocation.
    pub fn existing(name: impl Into<String>, owner: Owner, id: impl Into<String>) -> Self {
        let ours = Aside(Ours::existing(owner, id));
        Self { name: name.into(), tags: Tags::new(), ours, public_ip: None }
    }

    /// An address that exists and is only used, by itself.
    pub fn existing_ip(
        name: impl Into<String>,
        owner: Owner,
        public_ip: impl Into<String>,
    ) -> Self {
        let public_ip = public_ip.into();
        Self { public_ip: Some(public_ip.clone()), ..Self::existing(name, owner, public_ip) }
    }

    /// Adds tags, over those that every object of ours has.
    #[must_use]
    pub fn tagged(mut self, tags: Tags) -> Self {
        self.tags.extend(tags);
        self
    }
}

impl Task for ElasticIp {
    const KIND: &'static str = kind::ELASTIC_IP;
    type Provider = Aws;
    type Output = IdOutput;

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, reader: &Reader<Self>) -> Result<Option<Found<Self>>, TaskError> {
        let ours = &self.ours.0;
        let key = ours.owner().tag_key();
        let which = match (&self.public_ip, ours.existing_id()) {
            (Some(_), _) => Which::All,
            (None, Some(id)) => Which::Id(id),
            (None, None) => Which::TagKey(&key),
        };
        let addresses = reader.vpc().describe_addresses(which).await;
        let addresses = addresses
            .map_err(|error| error.while_doing(format!("look for address {}", self.name)))?;
        let found = match &self.public_ip {
            Some(ip) => addresses.into_iter().find(|address| address.public_ip == *ip),
            None => ours.among(addresses, "address", &self.name)?,
        };
        Ok(found.map(|address| Found {
            output: IdOutput { id: address.id },
            state: Self { tags: asked(&address.tags, &self.tags), ..self.clone() },
        }))
    }

    fn check_changes(&self, change: &Change<'_, Self>) -> Result<(), TaskError> {
        match change {
            Change::Create => self.ours.0.check_existing("Elastic IP address"),
            Change::Update { .. } => Ok(()),
        }
    }

    async fn render(
        &self,
        writer: &Writer<Self>,
        change: Change<'_, Self>,
    ) -> Result<IdOutput, TaskError> {
        match change {
            Change::Create => {
                let made = writer.vpc().allocate_address(&self.tags).await;
                let id = made.map_err(|error| {
                    let is_full = error.kind() == ErrorKind::Quota;
                    let error = error.while_doing(format!("allocate address {}", self.name));
                    if is_full {
                        error.hint("release addresses that nothing uses, or ask AWS for more")
                    } else {
                        error
                    }
                })?;
                Ok(IdOutput { id: self.ours.0.made(id) })
            }
            Change::Update { found, changes, .. } => {
                retag(writer, &found.output.id, changes.tags).await?;
                Ok(found.output.clone())
            }
        }
    }
}

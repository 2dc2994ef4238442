//! The VPC itself.

use std::collections::BTreeSet;

use cloudup_engine::{
    Change, Diff, FieldChange, Found, Managed, Reader, Stray, Task, TaskError, Writer,
};

use super::{
    kind,
    ours::{Ours, asked, retag},
};
use crate::{
    aside::Aside,
    cloud::{
        Aws, CloudWriter,
        vpc::{Tags, VpcAttribute, Which, all_vpcs},
    },
    iam::Owner,
    trouble::{deleted, invalid, write_error},
};

/// A VPC, of ours or one that exists.
#[derive(Clone, Debug, Diff)]
pub struct Vpc {
    #[diff(skip)]
    name: String,
    /// Its first IPv4 addresses.
    #[diff(immutable)]
    cidr_block: Managed<String>,
    /// Whether there is a DNS server for its instances.
    enable_dns_support: bool,
    /// Whether instances with public addresses have public names.
    enable_dns_hostnames: Managed<bool>,
    /// Its tags, as far as they are asked for.
    tags: Tags,
    #[diff(skip)]
    about: Aside<About>,
}

#[derive(Clone, Debug)]
struct About {
    ours: Ours,
    /// Its other IPv4 addresses, where those that it has beside them are to go.
    additional: Option<BTreeSet<String>>,
}

/// What others may know about a VPC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VpcOutput {
    /// Its id.
    pub id: String,
    /// Its IPv6 addresses, if it has some.
    pub ipv6_cidr_block: Option<String>,
}

impl Vpc {
    /// A VPC of `owner` with these IPv4 addresses, and DNS for its instances.
    pub fn new(name: impl Into<String>, owner: Owner, cidr_block: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            tags: owner.tags(&name),
            name,
            cidr_block: Managed::Set(cidr_block.into()),
            enable_dns_support: true,
            enable_dns_hostnames: Managed::Set(true),
            about: Aside(About { ours: Ours::new(owner), additional: None }),
        }
    }

    /// A VPC that exists and is only used. It must have DNS for its instances.
    pub fn existing(name: impl Into<String>, owner: Owner, id: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            cidr_block: Managed::AsFound,
            enable_dns_support: true,
            enable_dns_hostnames: Managed::AsFound,
            tags: Tags::new(),
            about: Aside(About { ours: Ours::existing(owner, id), additional: None }),
        }
    }

    /// The IPv4 addresses that an existing one must have.
    #[must_use]
    pub fn having(mut self, cidr_block: Option<String>) -> Self {
        self.cidr_block = cidr_block.map_or(Managed::AsFound, Managed::Set);
        self
    }

    /// Its further IPv4 addresses, which [`VpcCidrBlock`](super::VpcCidrBlock)s add: others are
    /// no longer wanted.
    #[must_use]
    pub fn with_additional<T: Into<String>>(mut self, blocks: impl IntoIterator<Item = T>) -> Self {
        self.about.0.additional = Some(blocks.into_iter().map(Into::into).collect());
        self
    }

    /// Adds tags, over those that every object of ours has.
    #[must_use]
    pub fn tagged(mut self, tags: Tags) -> Self {
        self.tags.extend(tags);
        self
    }

    async fn listed(
        &self,
        reader: &Reader<Self>,
    ) -> Result<Option<crate::cloud::vpc::Vpc>, TaskError> {
        let ours = &self.about.0.ours;
        let key = ours.owner().tag_key();
        let which = ours.existing_id().map_or(Which::TagKey(&key), Which::Id);
        let vpcs = all_vpcs(reader.vpc(), which)
            .await
            .map_err(|error| error.while_doing(format!("look for VPC {}", self.name)))?;
        ours.among(vpcs, "VPC", &self.name)
    }

    async fn set(
        &self,
        writer: &(dyn CloudWriter + 'static),
        id: &str,
        attribute: VpcAttribute,
        value: bool,
    ) -> Result<(), TaskError> {
        let set = writer.vpc().modify_vpc_attribute(id, attribute, value).await;
        let doing = format!("set {attribute:?} of {id} to {value}");
        set.map_err(|error| write_error(error, true, doing))
    }
}

impl Task for Vpc {
    const KIND: &'static str = kind::VPC;
    type Provider = Aws;
    type Output = VpcOutput;

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, reader: &Reader<Self>) -> Result<Option<Found<Self>>, TaskError> {
        let Some(vpc) = self.listed(reader).await? else { return Ok(None) };
        let attribute = async |which| {
            let value = reader.vpc().describe_vpc_attribute(&vpc.id, which).await;
            value.map_err(|error| write_error(error, true, format!("look into VPC {}", vpc.id)))
        };
        let enable_dns_hostnames = match self.enable_dns_hostnames {
            Managed::AsFound => Managed::AsFound,
            Managed::Set(_) => Managed::Set(attribute(VpcAttribute::DnsHostnames).await?),
        };
        // An existing VPC may have the addresses that the manifest names beside its first.
        let has = |wanted: &String| vpc.cidr_blocks.iter().any(|block| block.cidr_block == *wanted);
        let cidr_block = match &self.cidr_block {
            Managed::Set(wanted) if self.about.0.ours.is_existing() && has(wanted) => {
                Managed::Set(wanted.clone())
            }
            _ => Managed::Set(vpc.cidr_block.clone()),
        };
        let state = Self {
            cidr_block,
            enable_dns_support: attribute(VpcAttribute::DnsSupport).await?,
            enable_dns_hostnames,
            tags: asked(&vpc.tags, &self.tags),
            ..self.clone()
        };
        let ipv6_cidr_block = vpc.ipv6_cidr_block().map(str::to_owned);
        Ok(Some(Found { state, output: VpcOutput { id: vpc.id, ipv6_cidr_block } }))
    }

    fn check_changes(&self, change: &Change<'_, Self>) -> Result<(), TaskError> {
        let ours = &self.about.0.ours;
        match change {
            Change::Create => ours.check_existing("VPC"),
            Change::Update { changes, .. } => {
                let dns = changes.enable_dns_support.as_ref().map(|_| "enableDnsSupport");
                ours.check_kept("VPC", &dns.into_iter().collect::<Vec<_>>())
            }
        }
    }

    async fn render(
        &self,
        writer: &Writer<Self>,
        change: Change<'_, Self>,
    ) -> Result<VpcOutput, TaskError> {
        match change {
            Change::Create => {
                let Managed::Set(cidr_block) = &self.cidr_block else {
                    return Err(invalid(format!("create VPC {} without addresses", self.name)));
                };
                let made = writer.vpc().create_vpc(cidr_block, &self.tags).await;
                let made =
                    made.map_err(|error| error.while_doing(format!("create VPC {}", self.name)))?;
                let id = self.about.0.ours.made(made);
                // A new VPC has DNS support, and no names for its instances.
                if let Managed::Set(true) = self.enable_dns_hostnames {
                    self.set(writer, &id, VpcAttribute::DnsHostnames, true).await?;
                }
                Ok(VpcOutput { id, ipv6_cidr_block: None })
            }
            Change::Update { found, changes, .. } => {
                let VpcChanges { cidr_block: _, enable_dns_support, enable_dns_hostnames, tags } =
                    changes;
                let id = &found.output.id;
                if let Some(delta) = enable_dns_support {
                    self.set(writer, id, VpcAttribute::DnsSupport, *delta.to).await?;
                }
                if let Some(delta) = enable_dns_hostnames
                    && let Managed::Set(value) = delta.to
                {
                    self.set(writer, id, VpcAttribute::DnsHostnames, *value).await?;
                }
                retag(writer, id, tags).await?;
                Ok(found.output.clone())
            }
        }
    }

    /// Addresses that are no longer wanted. They carry no tags to say whose they are, so that
    /// they go only when asked to.
    async fn strays(
        &self,
        reader: &Reader<Self>,
        found: Option<&Found<Self>>,
    ) -> Result<Vec<Stray>, TaskError> {
        let (Some(_), Some(wanted)) = (found, &self.about.0.additional) else {
            return Ok(Vec::new());
        };
        let Some(vpc) = self.listed(reader).await? else { return Ok(Vec::new()) };
        let surplus = vpc.cidr_blocks.iter().filter(|block| {
            block.cidr_block != vpc.cidr_block && !wanted.contains(&block.cidr_block)
        });
        Ok(surplus
            .map(|block| Stray {
                kind: kind::VPC_CIDR_BLOCK,
                name: block.cidr_block.clone(),
                fields: vec![FieldChange::removed("cidr_block", &block.cidr_block)],
                deferred: true,
            })
            .collect())
    }

    async fn delete(&self, writer: &Writer<Self>, stray: &Stray) -> Result<(), TaskError> {
        let Some(vpc) = self.listed(writer.reader()).await? else { return Ok(()) };
        let block = vpc.cidr_blocks.iter().find(|block| block.cidr_block == stray.name);
        let Some(block) = block else { return Ok(()) };
        let result = writer.vpc().disassociate_vpc_cidr_block(&block.id).await;
        deleted(result, format!("take {} off {}", stray.name, vpc.id))
    }
}

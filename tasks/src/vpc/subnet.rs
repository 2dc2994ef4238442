//! Subnets.

use cloudup_engine::{Change, Diff, Found, Input, Managed, Reader, Task, TaskError, Writer};
use serde::Serialize;

use super::{
    IdOutput, kind,
    ours::{Ours, asked, retag},
};
use crate::{
    aside::Aside,
    cloud::{
        Aws, CloudWriter,
        vpc::{
            HostnameType, NewSubnet, SubnetAttribute, SubnetAttributes, Tags, Which, all_subnets,
        },
    },
    iam::Owner,
    trouble::{conflict, write_error},
};

/// A subnet, of ours or one that exists.
#[derive(Clone, Debug, Diff)]
pub struct Subnet {
    #[diff(skip)]
    name: String,
    /// The id of its VPC.
    #[diff(immutable)]
    vpc: Input<String>,
    /// Its availability zone.
    #[diff(immutable)]
    availability_zone: Managed<String>,
    /// Its IPv4 addresses, if it has some.
    #[diff(immutable)]
    cidr_block: Managed<Option<String>>,
    /// Its IPv6 addresses, if it is to have some.
    ipv6_cidr_block: Input<Option<String>>,
    /// How its instances are addressed and named.
    settings: Managed<SubnetSettings>,
    /// Its tags, as far as they are asked for.
    tags: Tags,
    #[diff(skip)]
    ours: Aside<Ours>,
}

/// How the instances of a subnet are addressed and named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "EC2 has as many switches")]
pub struct SubnetSettings {
    /// Whether they get an IPv6 address.
    pub assign_ipv6_address_on_creation: bool,
    /// Whether names without IPv6 addresses are answered with made-up ones (NAT64).
    pub enable_dns64: bool,
    /// How their private names are made.
    pub hostname_type: HostnameType,
    /// Whether names made from ids have A records.
    pub resource_name_a_record: bool,
    /// Whether names made from ids have AAAA records.
    pub resource_name_aaaa_record: bool,
}

impl From<SubnetAttributes> for SubnetSettings {
    fn from(found: SubnetAttributes) -> Self {
        Self {
            assign_ipv6_address_on_creation: found.assign_ipv6_address_on_creation,
            enable_dns64: found.enable_dns64,
            hostname_type: found.hostname_type,
            resource_name_a_record: found.resource_name_a_record,
            resource_name_aaaa_record: found.resource_name_aaaa_record,
        }
    }
}

impl SubnetSettings {
    /// The calls that lead from `from` to these, one a thing. Names made from ids come before
    /// what is said about their records.
    fn since(self, from: Self) -> Vec<SubnetAttribute> {
        use SubnetAttribute as Set;
        let all = [
            (
                self.assign_ipv6_address_on_creation != from.assign_ipv6_address_on_creation,
                Set::AssignIpv6AddressOnCreation(self.assign_ipv6_address_on_creation),
            ),
            (self.hostname_type != from.hostname_type, Set::HostnameType(self.hostname_type)),
            (self.enable_dns64 != from.enable_dns64, Set::EnableDns64(self.enable_dns64)),
            (
                self.resource_name_a_record != from.resource_name_a_record,
                Set::ResourceNameARecord(self.resource_name_a_record),
            ),
            (
                self.resource_name_aaaa_record != from.resource_name_aaaa_record,
                Set::ResourceNameAaaaRecord(self.resource_name_aaaa_record),
            ),
        ];
        all.into_iter().filter_map(|(differs, set)| differs.then_some(set)).collect()
    }
}

impl Subnet {
    /// A subnet of `owner` in the VPC with this id.
    pub fn new(
        name: impl Into<String>,
        owner: Owner,
        vpc: impl Into<Input<String>>,
        availability_zone: impl Into<String>,
        settings: SubnetSettings,
    ) -> Self {
        Self {
            name: name.into(),
            vpc: vpc.into(),
            availability_zone: Managed::Set(availability_zone.into()),
            cidr_block: Managed::Set(None),
            ipv6_cidr_block: None.into(),
            settings: Managed::Set(settings),
            tags: Tags::new(),
            ours: Aside(Ours::new(owner)),
        }
    }

    /// A subnet that exists and is only used, in the VPC with this id.
    pub fn existing(
        name: impl Into<String>,
        owner: Owner,
        vpc: impl Into<Input<String>>,
        id: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            vpc: vpc.into(),
            availability_zone: Managed::AsFound,
            cidr_block: Managed::AsFound,
            ipv6_cidr_block: None.into(),
            settings: Managed::AsFound,
            tags: Tags::new(),
            ours: Aside(Ours::existing(owner, id)),
        }
    }

    /// The availability zone that an existing one must be in.
    #[must_use]
    pub fn in_zone(mut self, zone: Option<String>) -> Self {
        self.availability_zone = zone.map_or(Managed::AsFound, Managed::Set);
        self
    }

    /// Its IPv4 addresses. Without, a new one has IPv6 addresses only.
    #[must_use]
    pub fn having(mut self, cidr_block: Option<String>) -> Self {
        self.cidr_block = match cidr_block {
            None if self.ours.0.is_existing() => Managed::AsFound,
            cidr_block => Managed::Set(cidr_block),
        };
        self
    }

    /// Its IPv6 addresses.
    #[must_use]
    pub fn having_ipv6(mut self, cidr_block: impl Into<Input<Option<String>>>) -> Self {
        self.ipv6_cidr_block = cidr_block.into();
        self
    }

    /// All of its tags. One of ours is not found again without those of its owner.
    #[must_use]
    pub fn tagged(mut self, tags: Tags) -> Self {
        self.tags.extend(tags);
        self
    }

    fn found(&self, subnet: crate::cloud::vpc::Subnet) -> Found<Self> {
        let ipv6 = subnet.ipv6_cidr_blocks.first().map(|block| block.cidr_block.clone());
        // Addresses that nobody asked about are no difference.
        let asked_for = self.ipv6_cidr_block.known().is_none_or(|wanted| wanted.is_some());
        let state = Self {
            vpc: subnet.vpc_id.into(),
            availability_zone: Managed::Set(subnet.availability_zone),
            cidr_block: Managed::Set(subnet.cidr_block),
            ipv6_cidr_block: ipv6.filter(|_| asked_for).into(),
            settings: Managed::Set(subnet.attributes.into()),
            tags: asked(&subnet.tags, &self.tags),
            ..self.clone()
        };
        Found { state, output: IdOutput { id: subnet.id } }
    }

    async fn set(
        &self,
        writer: &(dyn CloudWriter + 'static),
        id: &str,
        from: SubnetSettings,
    ) -> Result<(), TaskError> {
        let Managed::Set(settings) = self.settings else { return Ok(()) };
        for attribute in settings.since(from) {
            let set = writer.vpc().modify_subnet_attribute(id, attribute).await;
            set.map_err(|error| write_error(error, true, format!("set {attribute:?} of {id}")))?;
        }
        Ok(())
    }

    async fn create(&self, writer: &Writer<Self>) -> Result<IdOutput, TaskError> {
        let doing = || format!("create subnet {}", self.name);
        let (vpc, ipv6) = (self.vpc.value()?, self.ipv6_cidr_block.value()?);
        let (zone, cidr_block) = match (&self.availability_zone, &self.cidr_block) {
            (Managed::Set(zone), Managed::Set(cidr_block)) => (zone, cidr_block.as_deref()),
            _ => return Err(conflict(doing())),
        };
        let new = NewSubnet {
            vpc_id: &vpc,
            availability_zone: zone,
            cidr_block,
            ipv6_cidr_block: ipv6.as_deref(),
            tags: &self.tags,
        };
        let made = writer.vpc().create_subnet(new).await;
        let made = made.map_err(|error| write_error(error, true, doing()))?;
        let id = self.ours.0.made(made);
        // EC2 names the instances of a subnet without IPv4 addresses after their ids by itself.
        let fresh = SubnetAttributes::default();
        self.set(writer, &id, fresh.into()).await?;
        Ok(IdOutput { id })
    }
}

impl Task for Subnet {
    const KIND: &'static str = kind::SUBNET;
    type Provider = Aws;
    type Output = IdOutput;

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, reader: &Reader<Self>) -> Result<Option<Found<Self>>, TaskError> {
        let ours = &self.ours.0;
        let vpc = self.vpc.known();
        let which = match (ours.existing_id(), &vpc) {
            (Some(id), _) => Which::Id(id),
            (None, Some(vpc)) => Which::Vpc(vpc),
            (None, None) => return Ok(None),
        };
        let subnets = all_subnets(reader.vpc(), which)
            .await
            .map_err(|error| error.while_doing(format!("look for subnet {}", self.name)))?;
        let found = ours.among(subnets, "subnet", &self.name)?;
        Ok(found.map(|subnet| self.found(subnet)))
    }

    fn check_changes(&self, change: &Change<'_, Self>) -> Result<(), TaskError> {
        let Change::Update { found, changes, .. } = change else {
            return self.ours.0.check_existing("subnet");
        };
        let ipv6 = changes.ipv6_cidr_block.as_ref().map(|_| "ipv6_cidr_block");
        self.ours.0.check_kept("subnet", &ipv6.into_iter().collect::<Vec<_>>())?;
        let has = found.state.ipv6_cidr_block.known().flatten();
        match (ipv6, has) {
            (Some(_), Some(has)) => Err(conflict(format!(
                "give subnet {} other IPv6 addresses than {has}, which it has",
                self.name
            ))
            .hint("say so in the manifest, or delete the subnet to have it made anew")),
            _ => Ok(()),
        }
    }

    async fn render(
        &self,
        writer: &Writer<Self>,
        change: Change<'_, Self>,
    ) -> Result<IdOutput, TaskError> {
        let Change::Update { found, changes, .. } = change else {
            return self.create(writer).await;
        };
        let SubnetChanges {
            vpc: _,
            availability_zone: _,
            cidr_block: _,
            ipv6_cidr_block,
            settings,
            tags,
        } = changes;
        let id = &found.output.id;
        if ipv6_cidr_block.is_some()
            && let Some(block) = self.ipv6_cidr_block.value()?
        {
            let result = writer.vpc().associate_subnet_cidr_block(id, &block).await;
            result.map_err(|error| write_error(error, true, format!("give {block} to {id}")))?;
        }
        if let Some(delta) = settings
            && let Managed::Set(from) = delta.from
        {
            self.set(writer, id, *from).await?;
        }
        retag(writer, id, tags).await?;
        Ok(found.output.clone())
    }
}

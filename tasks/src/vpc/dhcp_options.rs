//! What DHCP tells instances.

use cloudup_engine::{Change, Diff, Found, Input, Reader, Task, TaskError, Writer};

use super::{
    IdOutput, kind,
    ours::{Ours, asked, retag},
};
use crate::{
    aside::Aside,
    cloud::{
        Aws,
        vpc::{Tags, Which, all_dhcp_options, all_vpcs},
    },
    iam::Owner,
    trouble::write_error,
};

/// DHCP options. They can never be changed.
#[derive(Clone, Debug, Diff)]
pub struct DhcpOptions {
    #[diff(skip)]
    name: String,
    /// The domain in which names without a dot are looked up.
    #[diff(immutable)]
    domain_name: String,
    /// The DNS servers.
    #[diff(immutable)]
    domain_name_servers: Vec<String>,
    /// Their tags, as far as they are asked for.
    tags: Tags,
    #[diff(skip)]
    ours: Aside<Ours>,
}

impl DhcpOptions {
    /// Amazon's DNS server, and this domain.
    pub fn new(name: impl Into<String>, owner: Owner, domain_name: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            tags: owner.tags(&name),
            name,
            domain_name: domain_name.into(),
            domain_name_servers: vec!["AmazonProvidedDNS".to_owned()],
            ours: Aside(Ours::new(owner)),
        }
    }

    /// Adds tags, over those that every object of ours has.
    #[must_use]
    pub fn tagged(mut self, tags: Tags) -> Self {
        self.tags.extend(tags);
        self
    }
}

impl Task for DhcpOptions {
    const KIND: &'static str = kind::DHCP_OPTIONS;
    type Provider = Aws;
    type Output = IdOutput;

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, reader: &Reader<Self>) -> Result<Option<Found<Self>>, TaskError> {
        let key = self.ours.0.owner().tag_key();
        let options = all_dhcp_options(reader.vpc(), Which::TagKey(&key))
            .await
            .map_err(|error| error.while_doing(format!("look for DHCP options {}", self.name)))?;
        let found = self.ours.0.among(options, "DHCP options", &self.name)?;
        Ok(found.map(|found| Found {
            output: IdOutput { id: found.id },
            state: Self {
                domain_name: found.domain_name.unwrap_or_default(),
                domain_name_servers: found.domain_name_servers,
                tags: asked(&found.tags, &self.tags),
                ..self.clone()
            },
        }))
    }

    async fn render(
        &self,
        writer: &Writer<Self>,
        change: Change<'_, Self>,
    ) -> Result<IdOutput, TaskError> {
        match change {
            Change::Create => {
                let (domain, servers) =
                    (Some(self.domain_name.as_str()), &self.domain_name_servers);
                let made = writer.vpc().create_dhcp_options(domain, servers, &self.tags).await;
                let doing = || format!("create DHCP options {}", self.name);
                let id = made.map_err(|error| error.while_doing(doing()))?;
                Ok(IdOutput { id: self.ours.0.made(id) })
            }
            Change::Update { found, changes, .. } => {
                retag(writer, &found.output.id, changes.tags).await?;
                Ok(found.output.clone())
            }
        }
    }
}

/// The DHCP options of a VPC of ours.
#[derive(Clone, Debug, Diff)]
pub struct VpcDhcpOptionsAssociation {
    #[diff(skip)]
    name: String,
    /// The id of the VPC.
    #[diff(immutable)]
    vpc: Input<String>,
    /// The id of the options.
    dhcp_options: Input<String>,
}

impl VpcDhcpOptionsAssociation {
    /// These options for that VPC, by their ids.
    pub fn new(
        name: impl Into<String>,
        vpc: impl Into<Input<String>>,
        dhcp_options: impl Into<Input<String>>,
    ) -> Self {
        Self { name: name.into(), vpc: vpc.into(), dhcp_options: dhcp_options.into() }
    }
}

impl Task for VpcDhcpOptionsAssociation {
    const KIND: &'static str = kind::VPC_DHCP_OPTIONS_ASSOCIATION;
    type Provider = Aws;
    type Output = ();

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, reader: &Reader<Self>) -> Result<Option<Found<Self>>, TaskError> {
        let Some(id) = self.vpc.known() else { return Ok(None) };
        let vpcs = all_vpcs(reader.vpc(), Which::Id(&id)).await;
        let vpcs = vpcs.map_err(|error| error.while_doing(format!("look into VPC {id}")))?;
        // A VPC always has some options, the region's at first: others than these are none.
        let wanted = self.dhcp_options.known();
        let has = |vpc: &crate::cloud::vpc::Vpc| Some(&vpc.dhcp_options_id) == wanted.as_ref();
        Ok(vpcs.iter().any(has).then(|| Found { output: (), state: self.clone() }))
    }

    async fn render(&self, writer: &Writer<Self>, _: Change<'_, Self>) -> Result<(), TaskError> {
        let (vpc, options) = (self.vpc.value()?, self.dhcp_options.value()?);
        let result = writer.vpc().associate_dhcp_options(&options, &vpc).await;
        let doing = format!("give DHCP options {options} to {vpc}");
        result.map_err(|error| write_error(error, true, doing))
    }
}

//! NAT gateways.

use std::time::Duration;

use cloudup_engine::{Change, Diff, ErrorKind, Found, Input, Reader, Task, TaskError, Writer};

use super::{
    IdOutput, kind,
    ours::{Ours, asked, retag},
};
use crate::{
    aside::Aside,
    cloud::{
        Aws, vpc,
        vpc::{NatState, Tags, Which, all_nat_gateways},
    },
    iam::Owner,
    trouble::{conflict, write_error},
};

/// A NAT gateway: ours, or one that exists. It is there once it works.
#[derive(Clone, Debug, Diff)]
pub struct NatGateway {
    #[diff(skip)]
    name: String,
    /// The id of the subnet that a new one is made in.
    #[diff(immutable)]
    subnet: Input<Option<String>>,
    /// The id of the allocation of its address.
    #[diff(immutable)]
    elastic_ip: Input<Option<String>>,
    /// What has become of it.
    state: NatState,
    /// Its tags, as far as they are asked for.
    tags: Tags,
    #[diff(skip)]
    ours: Aside<Ours>,
}

impl NatGateway {
    /// A gateway of `owner` in a subnet, with an address, by their ids.
    pub fn new(
        name: impl Into<String>,
        owner: Owner,
        subnet: &Input<String>,
        elastic_ip: &Input<String>,
    ) -> Self {
        let name = name.into();
        Self {
            tags: owner.tags(&name),
            name,
            subnet: subnet.map(Some),
            elastic_ip: elastic_ip.map(Some),
            state: NatState::Available,
            ours: Aside(Ours::new(owner)),
        }
    }

    /// A gateway that exists and is only used.
    pub fn existing(name: impl Into<String>, owner: Owner, id: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            subnet: None.into(),
            elastic_ip: None.into(),
            state: NatState::Available,
            tags: Tags::new(),
            ours: Aside(Ours::existing(owner, id)),
        }
    }

    /// Adds tags, over those that every object of ours has.
    #[must_use]
    pub fn tagged(mut self, tags: Tags) -> Self {
        self.tags.extend(tags);
        self
    }

    fn found(&self, gateway: vpc::NatGateway) -> Found<Self> {
        let ours = !self.ours.0.is_existing();
        let state = Self {
            // One that kOps made is taken wherever it is.
            elastic_ip: if ours { gateway.allocation_id.into() } else { None.into() },
            state: gateway.state,
            tags: asked(&gateway.tags, &self.tags),
            ..self.clone()
        };
        Found { state, output: IdOutput { id: gateway.id } }
    }

    /// It takes a minute or two: the engine comes back until then.
    fn awaited(id: &str) -> TaskError {
        TaskError::new(ErrorKind::NotReady, format!("see NAT gateway {id} at work"))
    }
}

impl Task for NatGateway {
    const KIND: &'static str = kind::NAT_GATEWAY;
    const EXPECTED_DURATION: Duration = Duration::from_secs(90);
    type Provider = Aws;
    type Output = IdOutput;

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, reader: &Reader<Self>) -> Result<Option<Found<Self>>, TaskError> {
        let ours = &self.ours.0;
        let key = ours.owner().tag_key();
        let which = ours.existing_id().map_or(Which::TagKey(&key), Which::Id);
        let mut gateways = all_nat_gateways(reader.vpc(), which)
            .await
            .map_err(|error| error.while_doing(format!("look for NAT gateway {}", self.name)))?;
        if let Some(id) = ours.made_id() {
            let made = gateways.iter().find(|gateway| gateway.id == id);
            if let Some(failed) = made.filter(|gateway| gateway.state == NatState::Failed) {
                let why = failed.failure.as_deref().unwrap_or("EC2 does not say why");
                return Err(conflict(format!("have NAT gateway {id}: {why}"))
                    .hint("see that its subnet's route table leads to an internet gateway"));
            }
        }
        // Those that went or never came are listed for an hour.
        gateways.retain(|it| matches!(it.state, NatState::Pending | NatState::Available));
        let found = ours.among(gateways, "NAT gateway", &self.name)?;
        Ok(found.map(|gateway| self.found(gateway)))
    }

    fn check_changes(&self, change: &Change<'_, Self>) -> Result<(), TaskError> {
        match change {
            Change::Create => self.ours.0.check_existing("NAT gateway"),
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
                let doing = format!("create NAT gateway {}", self.name);
                let places = (self.subnet.value()?, self.elastic_ip.value()?);
                let (Some(subnet), Some(address)) = places else { return Err(conflict(doing)) };
                let made = writer.vpc().create_nat_gateway(&subnet, &address, &self.tags).await;
                let made = made.map_err(|error| write_error(error, true, doing))?;
                Err(Self::awaited(&self.ours.0.made(made)))
            }
            Change::Update { found, changes, .. } => {
                let NatGatewayChanges { subnet: _, elastic_ip: _, state, tags } = changes;
                retag(writer, &found.output.id, tags).await?;
                match state {
                    Some(_) => Err(Self::awaited(&found.output.id)),
                    None => Ok(found.output.clone()),
                }
            }
        }
    }
}

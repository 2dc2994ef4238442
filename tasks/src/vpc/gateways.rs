//! Internet gateways, and egress-only ones for IPv6.

use cloudup_engine::{Change, Diff, Found, Input, Reader, Task, TaskError, Writer};

use super::{
    IdOutput, kind,
    ours::{Ours, asked, retag},
};
use crate::{
    aside::Aside,
    cloud::{
        Aws, CloudError,
        vpc::{Gateway, Tags, Which, all_egress_only_internet_gateways, all_internet_gateways},
    },
    iam::Owner,
    trouble::{conflict, write_error},
};

/// An internet gateway of a VPC: ours, or the one that an existing VPC has.
#[derive(Clone, Debug, Diff)]
pub struct InternetGateway {
    #[diff(skip)]
    name: String,
    /// The id of the VPC.
    vpc: Input<String>,
    /// Its tags, as far as they are asked for.
    tags: Tags,
    #[diff(skip)]
    ours: Aside<Option<Ours>>,
}

/// An egress-only internet gateway of a VPC: ours, or one that an existing VPC has.
#[derive(Clone, Debug, Diff)]
pub struct EgressOnlyInternetGateway {
    #[diff(skip)]
    name: String,
    /// The id of the VPC.
    #[diff(immutable)]
    vpc: Input<String>,
    /// Its tags, as far as they are asked for.
    tags: Tags,
    #[diff(skip)]
    ours: Aside<Option<Ours>>,
}

macro_rules! constructors {
    ($($gateway:ident),*) => {
        $(impl $gateway {
            /// One of `owner` for the VPC with this id.
            pub fn new(
                name: impl Into<String>,
                owner: Owner,
                vpc: impl Into<Input<String>>,
            ) -> Self {
                let name = name.into();
                Self {
                    tags: owner.tags(&name),
                    name,
                    vpc: vpc.into(),
                    ours: Aside(Some(Ours::new(owner))),
                }
            }

            /// The one that the existing VPC with this id has.
            pub fn existing(name: impl Into<String>, vpc: impl Into<Input<String>>) -> Self {
                Self {
                    name: name.into(),
                    vpc: vpc.into(),
                    tags: Tags::new(),
                    ours: Aside(None),
                }
            }

            /// Adds tags, over those that every object of ours has.
            #[must_use]
            pub fn tagged(mut self, tags: Tags) -> Self {
                self.tags.extend(tags);
                self
            }

            fn found(&self, gateway: Gateway) -> Found<Self> {
                let state = Self {
                    vpc: gateway.vpc_id.unwrap_or_default().into(),
                    tags: asked(&gateway.tags, &self.tags),
                    ..self.clone()
                };
                Found { state, output: IdOutput { id: gateway.id } }
            }

            /// The one of an existing VPC must be there.
            fn check(&self, change: &Change<'_, Self>) -> Result<(), TaskError> {
                match (change, &self.ours.0) {
                    (Change::Create, None) => Err(conflict(format!(
                        "use the {} of the existing VPC: it has none",
                        Self::KIND
                    ))
                    .hint("have whoever keeps the VPC add one, or set the subnets' egress to External")),
                    _ => Ok(()),
                }
            }
        })*
    };
}

constructors!(InternetGateway, EgressOnlyInternetGateway);

/// The one that is ours, or that an existing VPC has.
fn pick(
    ours: Option<&Ours>,
    vpc: Option<&str>,
    gateways: Vec<Gateway>,
    what: &str,
    name: &str,
) -> Result<Option<Gateway>, TaskError> {
    match ours {
        Some(ours) => ours.among(gateways, what, name),
        None => {
            Ok(gateways.into_iter().find(|it| it.vpc_id.is_some() && it.vpc_id.as_deref() == vpc))
        }
    }
}

impl InternetGateway {
    async fn attach(&self, writer: &Writer<Self>, id: &str) -> Result<(), TaskError> {
        let vpc = self.vpc.value()?;
        let attached = writer.vpc().attach_internet_gateway(id, &vpc).await;
        attached.map_err(|error| write_error(error, true, format!("attach {id} to {vpc}")))
    }
}

impl Task for InternetGateway {
    const KIND: &'static str = kind::INTERNET_GATEWAY;
    type Provider = Aws;
    type Output = IdOutput;

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, reader: &Reader<Self>) -> Result<Option<Found<Self>>, TaskError> {
        let (ours, vpc) = (self.ours.0.as_ref(), self.vpc.known());
        let key = ours.map(|ours| ours.owner().tag_key());
        let which = match (&key, &vpc) {
            (Some(key), _) => Which::TagKey(key),
            (None, Some(vpc)) => Which::Vpc(vpc),
            (None, None) => return Ok(None),
        };
        let gateways = all_internet_gateways(reader.vpc(), which).await;
        let gateways = gateways.map_err(|error| look(error, "internet gateway", &self.name))?;
        let found = pick(ours, vpc.as_deref(), gateways, "internet gateway", &self.name)?;
        Ok(found.map(|gateway| self.found(gateway)))
    }

    fn check_changes(&self, change: &Change<'_, Self>) -> Result<(), TaskError> {
        self.check(change)?;
        let Change::Update { found, changes, .. } = change else { return Ok(()) };
        let attached = found.state.vpc.known().filter(|vpc| !vpc.is_empty());
        match (&changes.vpc, attached) {
            (Some(_), Some(vpc)) => Err(conflict(format!(
                "attach {} to our VPC: it is attached to {vpc}",
                found.output.id
            ))
            .hint("detach it, or take its tags off to have another one made")),
            _ => Ok(()),
        }
    }

    async fn render(
        &self,
        writer: &Writer<Self>,
        change: Change<'_, Self>,
    ) -> Result<IdOutput, TaskError> {
        match (change, &self.ours.0) {
            (Change::Create, Some(ours)) => {
                let made = writer.vpc().create_internet_gateway(&self.tags).await;
                let doing = || format!("create internet gateway {}", self.name);
                let id = ours.made(made.map_err(|error| error.while_doing(doing()))?);
                self.attach(writer, &id).await?;
                Ok(IdOutput { id })
            }
            (Change::Create, None) => Err(conflict("create an internet gateway for others")),
            (Change::Update { found, changes, .. }, _) => {
                let InternetGatewayChanges { vpc, tags } = changes;
                if vpc.is_some() {
                    self.attach(writer, &found.output.id).await?;
                }
                retag(writer, &found.output.id, tags).await?;
                Ok(found.output.clone())
            }
        }
    }
}

impl Task for EgressOnlyInternetGateway {
    const KIND: &'static str = kind::EGRESS_ONLY_INTERNET_GATEWAY;
    type Provider = Aws;
    type Output = IdOutput;

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, reader: &Reader<Self>) -> Result<Option<Found<Self>>, TaskError> {
        let (ours, vpc) = (self.ours.0.as_ref(), self.vpc.known());
        if ours.is_none() && vpc.is_none() {
            return Ok(None);
        }
        let key = ours.map(|ours| ours.owner().tag_key());
        let which = key.as_deref().map_or(Which::All, Which::TagKey);
        let gateways = all_egress_only_internet_gateways(reader.vpc(), which).await;
        let what = "egress-only internet gateway";
        let gateways = gateways.map_err(|error| look(error, what, &self.name))?;
        let found = pick(ours, vpc.as_deref(), gateways, what, &self.name)?;
        Ok(found.map(|gateway| self.found(gateway)))
    }

    fn check_changes(&self, change: &Change<'_, Self>) -> Result<(), TaskError> {
        self.check(change)
    }

    async fn render(
        &self,
        writer: &Writer<Self>,
        change: Change<'_, Self>,
    ) -> Result<IdOutput, TaskError> {
        match (change, &self.ours.0) {
            (Change::Create, Some(ours)) => {
                let vpc = self.vpc.value()?;
                let made = writer.vpc().create_egress_only_internet_gateway(&vpc, &self.tags).await;
                let doing = format!("create egress-only internet gateway {}", self.name);
                let id = ours.made(made.map_err(|error| write_error(error, true, doing))?);
                Ok(IdOutput { id })
            }
            (Change::Create, None) => Err(conflict("create a gateway for others")),
            (Change::Update { found, changes, .. }, _) => {
                retag(writer, &found.output.id, changes.tags).await?;
                Ok(found.output.clone())
            }
        }
    }
}

fn look(error: CloudError, what: &str, name: &str) -> TaskError {
    error.while_doing(format!("look for {what} {name}"))
}

//! Route tables and their routes.

use cloudup_engine::{Change, Diff, Found, Input, Reader, Task, TaskError, Writer};

use super::{
    IdOutput, kind,
    ours::{Ours, asked, retag},
};
use crate::{
    aside::Aside,
    cloud::{
        Aws,
        vpc::{Tags, Which, all_route_tables},
    },
    iam::Owner,
    trouble::write_error,
};

/// A route table of ours.
#[derive(Clone, Debug, Diff)]
pub struct RouteTable {
    #[diff(skip)]
    name: String,
    /// The id of its VPC.
    #[diff(immutable)]
    vpc: Input<String>,
    /// Its tags, as far as they are asked for.
    tags: Tags,
    #[diff(skip)]
    ours: Aside<Ours>,
}

impl RouteTable {
    /// A route table of `owner` in the VPC with this id.
    pub fn new(name: impl Into<String>, owner: Owner, vpc: impl Into<Input<String>>) -> Self {
        let name = name.into();
        Self { tags: owner.tags(&name), name, vpc: vpc.into(), ours: Aside(Ours::new(owner)) }
    }

    /// Adds tags, over those that every object of ours has.
    #[must_use]
    pub fn tagged(mut self, tags: Tags) -> Self {
        self.tags.extend(tags);
        self
    }
}

impl Task for RouteTable {
    const KIND: &'static str = kind::ROUTE_TABLE;
    type Provider = Aws;
    type Output = IdOutput;

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, reader: &Reader<Self>) -> Result<Option<Found<Self>>, TaskError> {
        let Some(vpc) = self.vpc.known() else { return Ok(None) };
        let tables = all_route_tables(reader.vpc(), Which::Vpc(&vpc))
            .await
            .map_err(|error| error.while_doing(format!("look for route table {}", self.name)))?;
        let found = self.ours.0.among(tables, "route table", &self.name)?;
        Ok(found.map(|table| Found {
            output: IdOutput { id: table.id },
            state: Self {
                vpc: table.vpc_id.into(),
                tags: asked(&table.tags, &self.tags),
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
                let vpc = self.vpc.value()?;
                let made = writer.vpc().create_route_table(&vpc, &self.tags).await;
                let doing = format!("create route table {}", self.name);
                let id = made.map_err(|error| write_error(error, true, doing))?;
                Ok(IdOutput { id: self.ours.0.made(id) })
            }
            Change::Update { found, changes, .. } => {
                retag(writer, &found.output.id, changes.tags).await?;
                Ok(found.output.clone())
            }
        }
    }
}

/// A route in a route table of ours.
#[derive(Clone, Debug, Diff)]
#[expect(clippy::struct_field_names, reason = "EC2 calls it so")]
pub struct Route {
    #[diff(skip)]
    name: String,
    /// The id of the VPC, whose route tables are looked at all at once.
    #[diff(immutable)]
    vpc: Input<String>,
    /// The id of the route table.
    #[diff(immutable)]
    route_table: Input<String>,
    /// The addresses that it is about, IPv4 or IPv6.
    #[diff(immutable)]
    destination: String,
    /// The id of what packets go through: see
    /// [`Route::target`](crate::cloud::vpc::Route::target).
    target: Input<String>,
}

impl Route {
    /// A route for `destination`, in a route table of a VPC, by their ids.
    pub fn new(
        name: impl Into<String>,
        vpc: impl Into<Input<String>>,
        route_table: impl Into<Input<String>>,
        destination: impl Into<String>,
        target: impl Into<Input<String>>,
    ) -> Self {
        Self {
            name: name.into(),
            vpc: vpc.into(),
            route_table: route_table.into(),
            destination: destination.into(),
            target: target.into(),
        }
    }
}

impl Task for Route {
    const KIND: &'static str = kind::ROUTE;
    type Provider = Aws;
    type Output = ();

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, reader: &Reader<Self>) -> Result<Option<Found<Self>>, TaskError> {
        let (Some(vpc), Some(id)) = (self.vpc.known(), self.route_table.known()) else {
            return Ok(None);
        };
        let tables = all_route_tables(reader.vpc(), Which::Vpc(&vpc))
            .await
            .map_err(|error| error.while_doing(format!("look for route {}", self.name)))?;
        let routes = tables.into_iter().filter(|table| table.id == id).flat_map(|it| it.routes);
        let mut found = routes.filter(|route| route.destination == self.destination);
        Ok(found.next().map(|route| {
            let target =
                if route.is_blackhole { format!("{} (gone)", route.target) } else { route.target };
            Found { output: (), state: Self { target: target.into(), ..self.clone() } }
        }))
    }

    async fn render(
        &self,
        writer: &Writer<Self>,
        change: Change<'_, Self>,
    ) -> Result<(), TaskError> {
        let (table, target) = (self.route_table.value()?, self.target.value()?);
        let vpc = writer.vpc();
        let done = match change {
            Change::Create => vpc.create_route(&table, &self.destination, &target).await,
            Change::Update { .. } => vpc.replace_route(&table, &self.destination, &target).await,
        };
        let doing = format!("route {} through {target} in {table}", self.destination);
        done.map_err(|error| write_error(error, true, doing))
    }
}

//! Which route table a subnet has chosen.

use cloudup_engine::{Change, Diff, Found, Input, Reader, Task, TaskError, Writer};

use super::kind;
use crate::{
    aside::{Aside, Seen},
    cloud::{
        Aws,
        vpc::{Which, all_route_tables},
    },
    trouble::write_error,
};

/// The route table that a subnet of ours has chosen.
#[derive(Clone, Debug, Diff)]
pub struct RouteTableAssociation {
    #[diff(skip)]
    name: String,
    /// The id of the VPC, whose route tables are looked at all at once.
    #[diff(immutable)]
    vpc: Input<String>,
    /// The id of the subnet.
    #[diff(immutable)]
    subnet: Input<String>,
    /// The id of the route table.
    route_table: Input<String>,
    /// The id of the association that was found.
    #[diff(skip)]
    found: Aside<Seen<Option<String>>>,
}

impl RouteTableAssociation {
    /// This route table for that subnet, of one VPC, by their ids.
    pub fn new(
        name: impl Into<String>,
        vpc: impl Into<Input<String>>,
        subnet: impl Into<Input<String>>,
        route_table: impl Into<Input<String>>,
    ) -> Self {
        Self {
            name: name.into(),
            vpc: vpc.into(),
            subnet: subnet.into(),
            route_table: route_table.into(),
            found: Aside::default(),
        }
    }
}

impl Task for RouteTableAssociation {
    const KIND: &'static str = kind::ROUTE_TABLE_ASSOCIATION;
    type Provider = Aws;
    type Output = ();

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, reader: &Reader<Self>) -> Result<Option<Found<Self>>, TaskError> {
        self.found.0.set(None);
        let (Some(vpc), Some(subnet)) = (self.vpc.known(), self.subnet.known()) else {
            return Ok(None);
        };
        let tables = all_route_tables(reader.vpc(), Which::Vpc(&vpc))
            .await
            .map_err(|error| error.while_doing(format!("look which route table {subnet} has")))?;
        for table in tables {
            let chosen = table.associations.iter().find(|one| one.subnet_id == subnet);
            if let Some(chosen) = chosen {
                self.found.0.set(Some(chosen.id.clone()));
                let state = Self { route_table: table.id.into(), ..self.clone() };
                return Ok(Some(Found { state, output: () }));
            }
        }
        Ok(None)
    }

    /// A subnet changes from one table to another in one call: it is never without its routes.
    async fn render(&self, writer: &Writer<Self>, _: Change<'_, Self>) -> Result<(), TaskError> {
        let (subnet, table) = (self.subnet.value()?, self.route_table.value()?);
        let vpc = writer.vpc();
        let done = match self.found.0.get() {
            None => vpc.associate_route_table(&table, &subnet).await,
            Some(found) => vpc.replace_route_table_association(&found, &table).await,
        };
        done.map_err(|error| write_error(error, true, format!("have {subnet} use {table}")))
    }
}

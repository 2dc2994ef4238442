//! VPCs, their subnets, route tables and DHCP options.

use cloudup_engine::{FieldChange, Stray, TaskError};

use super::{
    compute::foreign_instance,
    refusal::gone,
    thing::{Removable, Thing, Whose},
};
use crate::{
    cloud::{
        CloudError, CloudReader, CloudWriter,
        ec2::Using,
        vpc::{
            Tagged, Which, all_dhcp_options, all_route_tables, all_security_groups, all_subnets,
            all_vpcs,
        },
    },
    iam::owner::Ownership,
    trouble::deleted,
    vpc::kind,
};

/// The id that stands for the region's own DHCP options.
const NO_OPTIONS: &str = "default";

/// VPCs.
#[derive(Clone, Copy, Debug)]
pub struct Vpcs;

impl Removable for Vpcs {
    const KIND: &'static str = kind::VPC;
    const WORD: &'static str = "VPC";

    async fn list(reader: &dyn CloudReader, whose: &Whose) -> Result<Vec<Thing>, CloudError> {
        let vpcs = all_vpcs(reader.vpc(), Which::TagKey(&whose.owner.tag_key())).await?;
        let thing = |vpc: &crate::cloud::vpc::Vpc| {
            let options = Some(vpc.dhcp_options_id.clone()).filter(|id| id != NO_OPTIONS);
            Thing::of(vpc).telling("cidr_block", &vpc.cidr_block).before(options)
        };
        Ok(vpcs.iter().map(thing).collect())
    }

    /// Subnets and security groups of others: EC2 would not let it go. Where we may not look, EC2
    /// will say.
    async fn user(
        reader: &dyn CloudReader,
        whose: &Whose,
        thing: &Thing,
    ) -> Result<Option<String>, TaskError> {
        let in_it = Which::Vpc(&thing.id);
        let foreign = |it: &dyn Tagged| whose.owner.of(it.tags()) != Ownership::Ours;
        let subnets = all_subnets(reader.vpc(), in_it).await.unwrap_or_default();
        if let Some(subnet) = subnets.iter().find(|subnet| foreign(*subnet)) {
            return Ok(Some(format!("subnet {} in it is not the cluster's", subnet.id)));
        }
        let groups = all_security_groups(reader.vpc(), in_it).await.unwrap_or_default();
        // The one that comes with the VPC goes with it.
        let mut others = groups.iter().filter(|group| group.name != "default");
        let group = others.find(|group| foreign(*group));
        Ok(group.map(|group| format!("security group {} in it is not the cluster's", group.id)))
    }

    async fn delete(
        writer: &(dyn CloudWriter + 'static),
        _: &Whose,
        thing: &Thing,
        doing: String,
    ) -> Result<(), TaskError> {
        gone(writer.vpc().delete_vpc(&thing.id).await, doing)
    }
}

/// DHCP options.
#[derive(Clone, Copy, Debug)]
pub struct DhcpOptionSets;

impl Removable for DhcpOptionSets {
    const KIND: &'static str = kind::DHCP_OPTIONS;
    const WORD: &'static str = "DHCP options";

    async fn list(reader: &dyn CloudReader, whose: &Whose) -> Result<Vec<Thing>, CloudError> {
        let options = all_dhcp_options(reader.vpc(), Which::TagKey(&whose.owner.tag_key())).await?;
        Ok(options.iter().map(Thing::of).collect())
    }

    async fn delete(
        writer: &(dyn CloudWriter + 'static),
        _: &Whose,
        thing: &Thing,
        doing: String,
    ) -> Result<(), TaskError> {
        gone(writer.vpc().delete_dhcp_options(&thing.id).await, doing)
    }
}

/// Subnets.
#[derive(Clone, Copy, Debug)]
pub struct Subnets;

impl Removable for Subnets {
    const KIND: &'static str = kind::SUBNET;
    const WORD: &'static str = "subnet";

    async fn list(reader: &dyn CloudReader, whose: &Whose) -> Result<Vec<Thing>, CloudError> {
        let subnets = all_subnets(reader.vpc(), Which::TagKey(&whose.owner.tag_key())).await?;
        let thing = |subnet: &crate::cloud::vpc::Subnet| {
            let thing = Thing::of(subnet).before([&subnet.vpc_id]);
            thing.telling("availability_zone", &subnet.availability_zone)
        };
        Ok(subnets.iter().map(thing).collect())
    }

    async fn user(
        reader: &dyn CloudReader,
        whose: &Whose,
        thing: &Thing,
    ) -> Result<Option<String>, TaskError> {
        // Where we may not look, EC2 will say.
        let foreign = foreign_instance(reader, whose, &Using::Subnet(thing.id.clone())).await;
        Ok(foreign.unwrap_or_default())
    }

    async fn delete(
        writer: &(dyn CloudWriter + 'static),
        _: &Whose,
        thing: &Thing,
        doing: String,
    ) -> Result<(), TaskError> {
        gone(writer.vpc().delete_subnet(&thing.id).await, doing)
    }
}

/// Route tables, with the routes in them.
#[derive(Clone, Copy, Debug)]
pub struct RouteTables;

impl Removable for RouteTables {
    const KIND: &'static str = kind::ROUTE_TABLE;
    const WORD: &'static str = "route table";

    async fn list(reader: &dyn CloudReader, whose: &Whose) -> Result<Vec<Thing>, CloudError> {
        let tables = all_route_tables(reader.vpc(), Which::TagKey(&whose.owner.tag_key())).await?;
        Ok(tables.iter().map(|table| Thing::of(table).before([&table.vpc_id])).collect())
    }

    /// The choices of subnets, also of those that stay.
    async fn parts(reader: &dyn CloudReader, thing: &Thing) -> Result<Vec<Stray>, TaskError> {
        let tables = all_route_tables(reader.vpc(), Which::Id(&thing.id)).await;
        let tables = tables.map_err(|error| {
            error.while_doing(format!("look which subnets have chosen route table {thing}"))
        })?;
        let chosen = tables.into_iter().flat_map(|table| table.associations);
        let stray = |chosen: crate::cloud::vpc::RouteTableAssociation| Stray {
            kind: kind::ROUTE_TABLE_ASSOCIATION,
            name: chosen.id,
            fields: vec![
                FieldChange::removed("route_table", &thing.name),
                FieldChange::removed("subnet", &chosen.subnet_id),
            ],
            deferred: false,
        };
        Ok(chosen.map(stray).collect())
    }

    async fn delete(
        writer: &(dyn CloudWriter + 'static),
        _: &Whose,
        thing: &Thing,
        doing: String,
    ) -> Result<(), TaskError> {
        gone(writer.vpc().delete_route_table(&thing.id).await, doing)
    }

    async fn delete_part(
        writer: &(dyn CloudWriter + 'static),
        part: &Stray,
    ) -> Result<(), TaskError> {
        let result = writer.vpc().disassociate_route_table(&part.name).await;
        deleted(result, format!("undo the choice {} of a route table", part.name))
    }
}

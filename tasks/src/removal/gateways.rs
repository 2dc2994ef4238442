//! Ways out of a VPC.

use std::time::Duration;

use cloudup_engine::{ErrorKind, TaskError};

use super::{
    refusal::gone,
    thing::{Removable, Thing, Whose},
};
use crate::{
    cloud::{
        CloudError, CloudReader, CloudWriter,
        vpc::{
            Gateway, NatGateway, NatState, Which, all_egress_only_internet_gateways,
            all_internet_gateways, all_nat_gateways,
        },
    },
    vpc::kind,
};

fn of_gateway(gateway: &Gateway) -> Thing {
    Thing::of(gateway).before(gateway.vpc_id.clone())
}

/// Internet gateways.
#[derive(Clone, Copy, Debug)]
pub struct InternetGateways;

impl Removable for InternetGateways {
    const KIND: &'static str = kind::INTERNET_GATEWAY;
    const WORD: &'static str = "internet gateway";

    async fn list(reader: &dyn CloudReader, whose: &Whose) -> Result<Vec<Thing>, CloudError> {
        let key = whose.owner.tag_key();
        let gateways = all_internet_gateways(reader.vpc(), Which::TagKey(&key)).await?;
        Ok(gateways.iter().map(of_gateway).collect())
    }

    async fn delete(
        writer: &(dyn CloudWriter + 'static),
        _: &Whose,
        thing: &Thing,
        doing: String,
    ) -> Result<(), TaskError> {
        for vpc in &thing.needs {
            let detached = writer.vpc().detach_internet_gateway(&thing.id, vpc).await;
            gone(detached, format!("{doing}: detach it from {vpc}"))?;
        }
        gone(writer.vpc().delete_internet_gateway(&thing.id).await, doing)
    }
}

/// Egress-only internet gateways.
#[derive(Clone, Copy, Debug)]
pub struct EgressOnlyInternetGateways;

impl Removable for EgressOnlyInternetGateways {
    const KIND: &'static str = kind::EGRESS_ONLY_INTERNET_GATEWAY;
    const WORD: &'static str = "egress-only internet gateway";

    async fn list(reader: &dyn CloudReader, whose: &Whose) -> Result<Vec<Thing>, CloudError> {
        let key = whose.owner.tag_key();
        let gateways = all_egress_only_internet_gateways(reader.vpc(), Which::TagKey(&key)).await?;
        Ok(gateways.iter().map(of_gateway).collect())
    }

    async fn delete(
        writer: &(dyn CloudWriter + 'static),
        _: &Whose,
        thing: &Thing,
        doing: String,
    ) -> Result<(), TaskError> {
        gone(writer.vpc().delete_egress_only_internet_gateway(&thing.id).await, doing)
    }
}

/// NAT gateways.
#[derive(Clone, Copy, Debug)]
pub struct NatGateways;

impl Removable for NatGateways {
    const KIND: &'static str = kind::NAT_GATEWAY;
    const WORD: &'static str = "NAT gateway";

    async fn list(reader: &dyn CloudReader, whose: &Whose) -> Result<Vec<Thing>, CloudError> {
        let key = whose.owner.tag_key();
        let gateways = all_nat_gateways(reader.vpc(), Which::TagKey(&key)).await?;
        // Those that went or never came are listed for an hour.
        let there = |it: &&NatGateway| matches!(it.state, NatState::Pending | NatState::Available);
        let thing = |it: &NatGateway| {
            let needs = it.allocation_id.iter().chain([&it.subnet_id]);
            Thing::of(it).before(needs)
        };
        Ok(gateways.iter().filter(there).map(thing).collect())
    }

    async fn delete(
        writer: &(dyn CloudWriter + 'static),
        _: &Whose,
        thing: &Thing,
        doing: String,
    ) -> Result<(), TaskError> {
        gone(writer.vpc().delete_nat_gateway(&thing.id).await, doing)
    }
}

/// Elastic IP addresses.
#[derive(Clone, Copy, Debug)]
pub struct ElasticIps;

impl Removable for ElasticIps {
    const KIND: &'static str = kind::ELASTIC_IP;
    // A NAT gateway holds on to its address for a minute or so.
    const EXPECTED_DURATION: Duration = Duration::from_mins(1);
    const WORD: &'static str = "address";

    async fn list(reader: &dyn CloudReader, whose: &Whose) -> Result<Vec<Thing>, CloudError> {
        let key = whose.owner.tag_key();
        let addresses = reader.vpc().describe_addresses(Which::TagKey(&key)).await?;
        let thing =
            |it: &crate::cloud::vpc::Address| Thing::of(it).telling("public_ip", &it.public_ip);
        Ok(addresses.iter().map(thing).collect())
    }

    async fn delete(
        writer: &(dyn CloudWriter + 'static),
        _: &Whose,
        thing: &Thing,
        doing: String,
    ) -> Result<(), TaskError> {
        match writer.vpc().release_address(&thing.id).await {
            // So EC2 says it of an address that something is still associated with.
            Err(error) if error.code == "AuthFailure" => {
                Err(TaskError::new(ErrorKind::NotReady, doing).because(error))
            }
            result => gone(result, doing),
        }
    }
}

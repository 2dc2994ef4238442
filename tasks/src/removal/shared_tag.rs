//! The tags by which a cluster says that it uses what is somebody else's.

use cloudup_engine::TaskError;

use super::{
    SHARED_TAG,
    thing::{Removable, Thing, Whose},
};
use crate::{
    cloud::{
        CloudError, CloudReader, CloudWriter,
        iam::Tags,
        vpc::{
            Tagged, Which, all_dhcp_options, all_egress_only_internet_gateways,
            all_internet_gateways, all_nat_gateways, all_route_tables, all_security_groups,
            all_subnets, all_vpcs,
        },
    },
    iam::owner::Ownership,
    trouble::deleted,
};

/// Tags on things of others: the things stay, and so do all their other tags.
#[derive(Clone, Copy, Debug)]
pub struct SharedTags;

impl Removable for SharedTags {
    const KIND: &'static str = SHARED_TAG;
    const WORD: &'static str = "the cluster's tag of";

    async fn list(reader: &dyn CloudReader, whose: &Whose) -> Result<Vec<Thing>, CloudError> {
        let key = whose.owner.tag_key();
        let (vpc, which) = (reader.vpc(), Which::TagKey(&key));
        let mut things = Vec::new();
        things.extend(all_vpcs(vpc, which).await?.iter().map(tag));
        things.extend(all_dhcp_options(vpc, which).await?.iter().map(tag));
        things.extend(all_subnets(vpc, which).await?.iter().map(tag));
        things.extend(all_route_tables(vpc, which).await?.iter().map(tag));
        things.extend(all_internet_gateways(vpc, which).await?.iter().map(tag));
        things.extend(all_egress_only_internet_gateways(vpc, which).await?.iter().map(tag));
        things.extend(all_nat_gateways(vpc, which).await?.iter().map(tag));
        things.extend(vpc.describe_addresses(which).await?.iter().map(tag));
        things.extend(all_security_groups(vpc, which).await?.iter().map(tag));
        Ok(things.into_iter().map(|thing| thing.telling("tag", key.clone())).collect())
    }

    fn is_meant(whose: &Whose, tags: &Tags) -> bool {
        whose.owner.of(tags) == Ownership::Shared
    }

    async fn delete(
        writer: &(dyn CloudWriter + 'static),
        whose: &Whose,
        thing: &Thing,
        doing: String,
    ) -> Result<(), TaskError> {
        let keys = [whose.owner.tag_key()];
        deleted(writer.vpc().delete_tags(&thing.name, &keys).await, doing)
    }
}

fn tag(of: &impl Tagged) -> Thing {
    let name = of.tags().get("Name").map(|name| ("name", name.clone()));
    Thing {
        // The thing itself may be in other places by its id.
        id: format!("tag/{}", of.id()),
        name: of.id().to_owned(),
        tags: Some(of.tags().clone()),
        needs: Vec::new(),
        told: name.into_iter().collect(),
    }
}

//! Gateways, addresses and routes.

use super::{
    Subject,
    check::{Kept, holds, refused, same, tags},
};
use crate::cloud::vpc::{
    NatState, Tags, Which, all_egress_only_internet_gateways, all_internet_gateways,
    all_nat_gateways, all_route_tables,
};

super::cases![
    a_vpc_has_one_internet_gateway,
    an_egress_only_gateway_is_answered_with_its_vpc,
    a_route_is_made_once_and_replaced,
    a_route_leads_to_what_is_there,
    a_subnet_chooses_one_route_table_at_a_time,
    an_address_serves_a_nat_gateway,
];

async fn a_vpc_has_one_internet_gateway(subject: &Subject) -> Kept {
    let (reads, writes) = (subject.reader().vpc(), subject.cloud.vpc());
    let vpc = subject.vpc().await?;
    let wanted = tags([("Name", "gateway")]);
    let id = writes.create_internet_gateway(&wanted).await?;
    same("at first", &all_internet_gateways(reads, Which::Id(&id)).await?[0].vpc_id, &None)?;
    writes.attach_internet_gateway(&id, &vpc).await?;
    let found = all_internet_gateways(reads, Which::Vpc(&vpc)).await?;
    same("how many", &found.len(), &1)?;
    same("id", &found[0].id, &id)?;
    same("VPC", &found[0].vpc_id, &Some(vpc.clone()))?;
    same("tags", &found[0].tags, &wanted)?;
    let other = writes.create_internet_gateway(&Tags::new()).await?;
    let second = writes.attach_internet_gateway(&other, &vpc).await;
    refused("a second", second, &["InvalidParameterValue"])?;
    refused("delete", writes.delete_internet_gateway(&id).await, &["DependencyViolation"])?;
    writes.detach_internet_gateway(&id, &vpc).await?;
    writes.delete_internet_gateway(&id).await?;
    holds("gone", all_internet_gateways(reads, Which::Id(&id)).await?.is_empty())
}

async fn an_egress_only_gateway_is_answered_with_its_vpc(subject: &Subject) -> Kept {
    let (reads, writes) = (subject.reader().vpc(), subject.cloud.vpc());
    let vpc = subject.vpc().await?;
    let wanted = tags([("Name", "out"), ("cluster/a", "owned")]);
    let id = writes.create_egress_only_internet_gateway(&vpc, &wanted).await?;
    holds("an id that starts with eigw-", id.starts_with("eigw-"))?;
    let found = all_egress_only_internet_gateways(reads, Which::TagKey("cluster/a")).await?;
    same("how many", &found.len(), &1)?;
    same("id", &found[0].id, &id)?;
    same("VPC", &found[0].vpc_id, &Some(vpc))?;
    same("tags", &found[0].tags, &wanted)
}

async fn a_route_is_made_once_and_replaced(subject: &Subject) -> Kept {
    let (reads, writes) = (subject.reader().vpc(), subject.cloud.vpc());
    let vpc = subject.vpc().await?;
    let gateway = writes.create_internet_gateway(&Tags::new()).await?;
    writes.attach_internet_gateway(&gateway, &vpc).await?;
    let table = writes.create_route_table(&vpc, &tags([("Name", "table")])).await?;
    for destination in ["0.0.0.0/0", "::/0"] {
        writes.create_route(&table, destination, &gateway).await?;
    }
    let again = writes.create_route(&table, "0.0.0.0/0", &gateway).await;
    refused("again", again, &["RouteAlreadyExists"])?;
    let routes = async || {
        let found = all_route_tables(reads, Which::Vpc(&vpc)).await?;
        let of_table = found.into_iter().filter(|it| it.id == table).flat_map(|it| it.routes);
        let ours = of_table.filter(|route| route.target != "local");
        let mut ours: Vec<_> = ours.map(|route| (route.destination, route.target)).collect();
        ours.sort();
        Ok::<_, crate::cloud::CloudError>(ours)
    };
    let to = |destination: &str, target: &str| (destination.to_owned(), target.to_owned());
    same("routes", &routes().await?, &vec![to("0.0.0.0/0", &gateway), to("::/0", &gateway)])?;
    writes.delete_route(&table, "::/0").await?;
    same("left", &routes().await?, &vec![to("0.0.0.0/0", &gateway)])?;
    let none = writes.replace_route(&table, "::/0", &gateway).await;
    refused("replace none", none, &["InvalidParameterValue"])
}

async fn a_route_leads_to_what_is_there(subject: &Subject) -> Kept {
    let writes = subject.cloud.vpc();
    let vpc = subject.vpc().await?;
    let table = writes.create_route_table(&vpc, &Tags::new()).await?;
    let none = writes.create_route(&table, "0.0.0.0/0", "igw-0123456789abcdef0").await;
    refused("to no gateway", none, &["InvalidInternetGatewayID.NotFound"])?;
    let none = writes.create_route(&table, "0.0.0.0/0", "nat-0123456789abcdef0").await;
    refused("to no NAT gateway", none, &["InvalidNatGatewayID.NotFound"])?;
    let detached = writes.create_internet_gateway(&Tags::new()).await?;
    let detached = writes.create_route(&table, "0.0.0.0/0", &detached).await;
    refused("to one of another network", detached, &["InvalidParameterValue"])
}

async fn a_subnet_chooses_one_route_table_at_a_time(subject: &Subject) -> Kept {
    let (reads, writes) = (subject.reader().vpc(), subject.cloud.vpc());
    let vpc = subject.vpc().await?;
    let subnet = subject.subnet(&vpc, "10.1.32.0/19").await?;
    let one = writes.create_route_table(&vpc, &Tags::new()).await?;
    let other = writes.create_route_table(&vpc, &Tags::new()).await?;
    writes.associate_route_table(&one, &subnet).await?;
    let second = writes.associate_route_table(&other, &subnet).await;
    refused("a second", second, &["Resource.AlreadyAssociated"])?;
    refused("delete", writes.delete_route_table(&one).await, &["DependencyViolation"])?;
    let chosen = async || {
        let tables = all_route_tables(reads, Which::Vpc(&vpc)).await?;
        let of_subnet = tables.into_iter().flat_map(|table| {
            let id = table.id;
            table.associations.into_iter().map(move |one| (id.clone(), one.subnet_id, one.id))
        });
        let mut found = of_subnet.filter(|(_, chosen, _)| *chosen == subnet);
        let found = found.next().map(|(table, _, association)| (table, association));
        Ok::<_, crate::cloud::CloudError>(found.unwrap_or_default())
    };
    let (table, association) = chosen().await?;
    same("the first", &table, &one)?;
    writes.replace_route_table_association(&association, &other).await?;
    same("the other", &chosen().await?.0, &other)?;
    writes.disassociate_route_table(&chosen().await?.1).await?;
    same("none", &chosen().await?.0, "")
}

async fn an_address_serves_a_nat_gateway(subject: &Subject) -> Kept {
    let (reads, writes) = (subject.reader().vpc(), subject.cloud.vpc());
    let vpc = subject.vpc().await?;
    let gateway = writes.create_internet_gateway(&Tags::new()).await?;
    writes.attach_internet_gateway(&gateway, &vpc).await?;
    let subnet = subject.subnet(&vpc, "10.1.32.0/19").await?;
    let wanted = tags([("Name", "out"), ("cluster/a", "owned")]);
    let address = writes.allocate_address(&wanted).await?;
    let found = reads.describe_addresses(Which::TagKey("cluster/a")).await?;
    same("how many addresses", &found.len(), &1)?;
    same("id", &found[0].id, &address)?;
    same("tags", &found[0].tags, &wanted)?;
    let id = writes.create_nat_gateway(&subnet, &address, &wanted).await?;
    let nat = async || {
        Ok::<_, crate::cloud::CloudError>(
            all_nat_gateways(reads, Which::TagKey("cluster/a")).await?.remove(0),
        )
    };
    let found = nat().await?;
    same("its id", &found.id, &id)?;
    same("its VPC", &found.vpc_id, &vpc)?;
    same("its subnet", &found.subnet_id, &subnet)?;
    same("its address", &found.allocation_id, &Some(address.clone()))?;
    same("its tags", &found.tags, &wanted)?;
    for _ in 0..5 {
        if nat().await?.state == NatState::Available {
            break;
        }
    }
    same("its state", &nat().await?.state, &NatState::Available)?;
    refused("release", writes.release_address(&address).await, &["InvalidIPAddress.InUse"])?;
    refused("the subnet", writes.delete_subnet(&subnet).await, &["DependencyViolation"])?;
    writes.delete_nat_gateway(&id).await?;
    let left = all_nat_gateways(reads, Which::TagKey("cluster/a")).await?;
    holds("gone", left.iter().all(|nat| nat.state == NatState::Deleted))?;
    writes.release_address(&address).await?;
    Ok(())
}

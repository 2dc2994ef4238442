//! Route tables, their routes, and the subnets that choose them.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    cidr,
    state::RouteTable,
    vpcs::{depended_on, no_such},
};
use crate::{
    cloud::vpc::{self, NatState, Tags},
    local::{error::Refusal, state::State},
};

impl State {
    fn route_table(&self, id: &str) -> Result<&RouteTable, Refusal> {
        self.route_tables.get(id).ok_or_else(|| no_such("InvalidRouteTableID", "routeTable", id))
    }

    fn route_table_mut(&mut self, id: &str) -> Result<&mut RouteTable, Refusal> {
        let none = || no_such("InvalidRouteTableID", "routeTable", id);
        self.route_tables.get_mut(id).ok_or_else(none)
    }

    pub(super) fn create_route_table(&mut self, vpc: &str, tags: &Tags) -> Result<String, Refusal> {
        self.vpc(vpc)?;
        self.ec2_tags(tags, &Tags::new())?;
        let id = self.next_ec2_id("rtb");
        self.route_tables.insert(RouteTable {
            id: id.clone(),
            vpc_id: vpc.into(),
            routes: BTreeMap::default(),
            associations: BTreeSet::default(),
            tags: tags.clone(),
        });
        Ok(id)
    }

    pub(super) fn create_route(
        &mut self,
        table: &str,
        destination: &str,
        target: &str,
    ) -> Result<(), Refusal> {
        let destination = self.check_route(table, destination, target)?;
        let table = self.route_table_mut(table)?;
        if table.routes.contains_key(&destination) {
            return Err(Refusal::new(
                "RouteAlreadyExists",
                format!("The route identified by {destination} already exists."),
            ));
        }
        table.routes.insert(destination, target.into());
        Ok(())
    }

    pub(super) fn replace_route(
        &mut self,
        table: &str,
        destination: &str,
        target: &str,
    ) -> Result<(), Refusal> {
        let destination = self.check_route(table, destination, target)?;
        match self.route_table_mut(table)?.routes.get_mut(&destination) {
            Some(found) => {
                *found = target.into();
                Ok(())
            }
            // As EC2 says it: there is no code of its own for this.
            None => Err(Refusal::new(
                "InvalidParameterValue",
                format!("There is no route defined for '{destination}' in the route table."),
            )),
        }
    }

    pub(super) fn delete_route(&mut self, table: &str, destination: &str) -> Result<(), Refusal> {
        let destination = destination_of(destination)?;
        match self.route_table_mut(table)?.routes.remove(&destination) {
            Some(_) => Ok(()),
            None => Err(no_route(table, &destination)),
        }
    }

    /// The destination as EC2 writes it. What the account keeps must be there to be routed to;
    /// instances, transit gateways and peerings are taken at their word.
    fn check_route(&self, table: &str, destination: &str, target: &str) -> Result<String, Refusal> {
        let table = self.route_table(table)?;
        let destination = destination_of(destination)?;
        let (kind, _) = target.split_once('-').unwrap_or_default();
        match kind {
            "igw" => {
                if self.internet_gateway(target)?.vpc_id.as_deref() != Some(&table.vpc_id) {
                    return Err(Refusal::new(
                        "InvalidParameterValue",
                        format!(
                            "route table {} and network gateway {target} belong to different \
                             networks",
                            table.id
                        ),
                    ));
                }
            }
            "eigw" => {
                if self.egress_only_internet_gateways.get(target).is_none() {
                    return Err(no_such("InvalidEgressOnlyInternetGatewayId", "eigw", target));
                }
                if !destination.contains(':') {
                    return Err(Refusal::new(
                        "InvalidParameterValue",
                        "An egress-only internet gateway takes IPv6 traffic only",
                    ));
                }
            }
            "nat" => {
                let nat = self.nat_gateways.get(target);
                if nat.is_none_or(|nat| nat.state == NatState::Deleted) {
                    return Err(no_such("InvalidNatGatewayID", "NatGateway", target));
                }
            }
            "i" | "tgw" | "pcx" => {}
            _ => {
                return Err(Refusal::new(
                    "InvalidParameterValue",
                    format!("{target} is not something to route to"),
                ));
            }
        }
        Ok(destination)
    }

    /// The id of the table that a subnet has chosen.
    fn chosen_by(&self, subnet: &str) -> Option<&str> {
        let chosen = self.route_tables.iter().find(|table| table.associations.contains(subnet));
        chosen.map(|table| table.id.as_str())
    }

    pub(super) fn associate_route_table(
        &mut self,
        table: &str,
        subnet: &str,
    ) -> Result<(), Refusal> {
        let vpc = self.route_table(table)?.vpc_id.clone();
        if self.subnet(subnet)?.vpc_id != vpc {
            return Err(Refusal::new(
                "InvalidParameterValue",
                format!("Route table {table} and subnet {subnet} belong to different networks"),
            ));
        }
        if let Some(other) = self.chosen_by(subnet).filter(|chosen| *chosen != table) {
            return Err(Refusal::new(
                "Resource.AlreadyAssociated",
                format!("the specified association for route table {other} conflicts"),
            ));
        }
        self.route_table_mut(table)?.associations.insert(subnet.into());
        Ok(())
    }

    /// The table and the subnet of an association.
    fn association(&self, id: &str) -> Result<(String, String), Refusal> {
        let all = self.route_tables.iter().flat_map(|table| {
            table.associations.iter().map(|subnet| (table.id.clone(), subnet.clone()))
        });
        let mut found = all.filter(|(table, subnet)| association_id(table, subnet) == id);
        found.next().ok_or_else(|| no_such("InvalidAssociationID", "association", id))
    }

    pub(super) fn replace_route_table_association(
        &mut self,
        id: &str,
        table: &str,
    ) -> Result<(), Refusal> {
        let (from, subnet) = self.association(id)?;
        let vpc = &self.route_table(table)?.vpc_id;
        if self.route_table(&from)?.vpc_id != *vpc {
            return Err(Refusal::new(
                "InvalidParameterValue",
                format!("Route table {table} and subnet {subnet} belong to different networks"),
            ));
        }
        self.route_table_mut(&from)?.associations.remove(&subnet);
        self.route_table_mut(table)?.associations.insert(subnet);
        Ok(())
    }

    pub(super) fn disassociate_route_table(&mut self, id: &str) -> Result<(), Refusal> {
        let (table, subnet) = self.association(id)?;
        self.route_table_mut(&table)?.associations.remove(&subnet);
        Ok(())
    }

    pub(super) fn delete_route_table(&mut self, id: &str) -> Result<(), Refusal> {
        if !self.route_table(id)?.associations.is_empty() {
            return Err(depended_on("routeTable", id));
        }
        self.route_tables.remove(id);
        Ok(())
    }

    fn is_blackhole(&self, vpc: &str, target: &str) -> bool {
        match target.split_once('-').map(|(kind, _)| kind) {
            Some("igw") => {
                let gateway = self.internet_gateways.get(target);
                gateway.is_none_or(|gateway| gateway.vpc_id.as_deref() != Some(vpc))
            }
            Some("eigw") => self.egress_only_internet_gateways.get(target).is_none(),
            Some("nat") => {
                let nat = self.nat_gateways.get(target);
                nat.is_none_or(|nat| nat.state == NatState::Deleted)
            }
            _ => false,
        }
    }

    pub(super) fn wire_route_table(&self, table: &RouteTable) -> vpc::RouteTable {
        let local = |destination: &str| vpc::Route {
            destination: destination.into(),
            target: "local".into(),
            is_blackhole: false,
        };
        let vpc = self.vpcs.get(&table.vpc_id).into_iter();
        let own = vpc.flat_map(|vpc| {
            let added = vpc.additional_cidr_blocks.iter();
            let blocks = added.chain(vpc.ipv6_cidr_blocks.iter().flatten());
            [&vpc.cidr_block].into_iter().chain(blocks.map(|block| &block.cidr_block))
        });
        let routes = table.routes.iter().map(|(destination, target)| vpc::Route {
            destination: destination.clone(),
            target: target.clone(),
            is_blackhole: self.is_blackhole(&table.vpc_id, target),
        });
        vpc::RouteTable {
            id: table.id.clone(),
            vpc_id: table.vpc_id.clone(),
            routes: own.map(|own| local(own)).chain(routes).collect(),
            associations: table
                .associations
                .iter()
                .map(|subnet| vpc::RouteTableAssociation {
                    id: association_id(&table.id, subnet),
                    subnet_id: subnet.clone(),
                })
                .collect(),
            tags: table.tags.clone(),
        }
    }
}

fn destination_of(text: &str) -> Result<String, Refusal> {
    if text.starts_with("pl-") { Ok(text.to_owned()) } else { cidr::either(text) }
}

fn no_route(table: &str, destination: &str) -> Refusal {
    Refusal::new(
        "InvalidRoute.NotFound",
        format!("no route with destination {destination} in route table {table}"),
    )
}

/// An association's id, which follows from what it joins: the account keeps no other.
fn association_id(table: &str, subnet: &str) -> String {
    let digits = |id: &str| id.rsplit('-').next().unwrap_or_default().to_owned();
    format!("rtbassoc-{}{}", digits(table), digits(subnet))
}

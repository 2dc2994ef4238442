//! Subnets.

use super::{
    cidr,
    state::{CidrBlock, Subnet},
    vpcs::{association, depended_on, no_such},
};
use crate::{
    cloud::vpc::{self, NatState, NewSubnet, SubnetAttribute, Tags},
    local::{error::Refusal, state::State},
};

impl State {
    pub(super) fn subnet(&self, id: &str) -> Result<&Subnet, Refusal> {
        self.subnets.get(id).ok_or_else(|| no_such("InvalidSubnetID", "subnet", id))
    }

    fn subnet_mut(&mut self, id: &str) -> Result<&mut Subnet, Refusal> {
        self.subnets.get_mut(id).ok_or_else(|| no_such("InvalidSubnetID", "subnet", id))
    }

    /// The first address of a subnet that no instance has. AWS keeps the first four for itself.
    pub(in crate::local) fn free_address(&self, subnet: &str) -> Option<String> {
        let range = cidr::ipv4(self.subnets.get(subnet)?.cidr_block.as_deref()?).ok()?;
        let is_taken = |address: &String| {
            self.instances.iter().any(|it| it.private_ip_address.as_ref() == Some(address))
        };
        let mut addresses = range.hosts().skip(3).map(|address| address.to_string());
        addresses.find(|address| !is_taken(address))
    }

    pub(super) fn create_subnet(&mut self, new: &NewSubnet<'_>) -> Result<String, Refusal> {
        self.vpc(new.vpc_id)?;
        self.ec2_tags(new.tags, &Tags::new())?;
        self.check_zone(new.availability_zone)?;
        if new.cidr_block.is_none() && new.ipv6_cidr_block.is_none() {
            return Err(Refusal::new(
                "MissingParameter",
                "Either 'cidrBlock' or 'ipv6CidrBlock' should be provided.",
            ));
        }
        let cidr_block = match new.cidr_block {
            Some(text) => Some(self.ipv4_range(new.vpc_id, text)?),
            None => None,
        };
        let mut ipv6_cidr_blocks = Vec::new();
        if let Some(text) = new.ipv6_cidr_block {
            let cidr_block = self.ipv6_range(new.vpc_id, text)?;
            let id = self.next_ec2_id("subnet-cidr-assoc");
            ipv6_cidr_blocks.push(CidrBlock { id, cidr_block });
        }
        let id = self.next_ec2_id("subnet");
        self.subnets.insert(Subnet {
            id: id.clone(),
            vpc_id: new.vpc_id.into(),
            availability_zone: new.availability_zone.into(),
            cidr_block,
            ipv6_cidr_blocks,
            exclusive: true,
            assign_ipv6_address_on_creation: false,
            enable_dns64: false,
            hostname_type: vpc::HostnameType::default(),
            resource_name_a_record: false,
            resource_name_aaaa_record: false,
            tags: new.tags.clone(),
        });
        Ok(id)
    }

    /// An account knows the zones that it lists; of a region that it lists none of, it takes any.
    fn check_zone(&self, zone: &str) -> Result<(), Refusal> {
        let region = zone.trim_end_matches(|c: char| c.is_ascii_lowercase());
        let mut known = self.availability_zones.iter().filter(|it| it.starts_with(region));
        if known.clone().next().is_some() && !known.any(|it| it == zone) {
            return Err(Refusal::new(
                "InvalidParameterValue",
                format!(
                    "Value ({zone}) for parameter availabilityZone is invalid. Subnets can \
                     currently only be created in the following availability zones: {}.",
                    self.availability_zones.join(", ")
                ),
            ));
        }
        Ok(())
    }

    /// `/16` to `/28` within the VPC's, and nobody else's.
    fn ipv4_range(&self, vpc: &str, text: &str) -> Result<String, Refusal> {
        let range = cidr::ipv4(text)?;
        let vpc = self.vpc(vpc)?;
        let mut outer = vpc.additional_cidr_blocks.iter().map(|block| &block.cidr_block);
        let fits = |outer: &String| cidr::within(&range.to_string(), outer);
        let is_inside = fits(&vpc.cidr_block) || outer.any(fits);
        self.free_range(
            &vpc.id,
            range.to_string(),
            (16..=28).contains(&range.prefix_len()),
            is_inside,
        )
    }

    /// A `/64` within the VPC's, and nobody else's.
    fn ipv6_range(&self, vpc: &str, text: &str) -> Result<String, Refusal> {
        let range = cidr::ipv6(text)?;
        let mut outer = self.vpc(vpc)?.ipv6_cidr_blocks.iter().flatten();
        let is_inside = outer.any(|outer| cidr::within(&range.to_string(), &outer.cidr_block));
        self.free_range(vpc, range.to_string(), range.prefix_len() == 64, is_inside)
    }

    fn free_range(
        &self,
        vpc: &str,
        range: String,
        has_size: bool,
        is_inside: bool,
    ) -> Result<String, Refusal> {
        if !has_size || !is_inside {
            return Err(Refusal::new(
                "InvalidSubnet.Range",
                format!("The CIDR '{range}' is invalid."),
            ));
        }
        let rivals = self.subnets.iter().filter(|it| it.vpc_id == vpc && it.exclusive);
        let mut taken = rivals.flat_map(|subnet| {
            let ipv6 = subnet.ipv6_cidr_blocks.iter().map(|block| &block.cidr_block);
            subnet.cidr_block.iter().chain(ipv6)
        });
        if taken.any(|taken| cidr::overlap(taken, &range)) {
            return Err(Refusal::new(
                "InvalidSubnet.Conflict",
                format!("The CIDR '{range}' conflicts with another subnet"),
            ));
        }
        Ok(range)
    }

    pub(super) fn associate_subnet_cidr_block(
        &mut self,
        id: &str,
        text: &str,
    ) -> Result<(), Refusal> {
        let subnet = self.subnet(id)?;
        if !subnet.ipv6_cidr_blocks.is_empty() {
            return Err(Refusal::new(
                "SubnetCidrBlockLimitExceeded",
                format!("The subnet '{id}' has an IPv6 CIDR block already"),
            ));
        }
        let cidr_block = self.ipv6_range(&subnet.vpc_id.clone(), text)?;
        let block = CidrBlock { id: self.next_ec2_id("subnet-cidr-assoc"), cidr_block };
        self.subnet_mut(id)?.ipv6_cidr_blocks.push(block);
        Ok(())
    }

    pub(super) fn modify_subnet_attribute(
        &mut self,
        id: &str,
        attribute: SubnetAttribute,
    ) -> Result<(), Refusal> {
        let subnet = self.subnet_mut(id)?;
        match attribute {
            SubnetAttribute::AssignIpv6AddressOnCreation(value) => {
                if value && subnet.ipv6_cidr_blocks.is_empty() {
                    return Err(Refusal::new(
                        "InvalidParameterValue",
                        format!("The subnet '{id}' has no IPv6 CIDR block"),
                    ));
                }
                subnet.assign_ipv6_address_on_creation = value;
            }
            SubnetAttribute::EnableDns64(value) => subnet.enable_dns64 = value,
            SubnetAttribute::HostnameType(value) => {
                if subnet.cidr_block.is_none() && value == vpc::HostnameType::IpName {
                    return Err(Refusal::new(
                        "InvalidParameterValue",
                        "Instances without IPv4 addresses are named after their ids",
                    ));
                }
                subnet.hostname_type = value;
            }
            SubnetAttribute::ResourceNameARecord(value) => subnet.resource_name_a_record = value,
            SubnetAttribute::ResourceNameAaaaRecord(value) => {
                subnet.resource_name_aaaa_record = value;
            }
        }
        Ok(())
    }

    pub(super) fn delete_subnet(&mut self, id: &str) -> Result<(), Refusal> {
        self.subnet(id)?;
        let lives = |nat: &super::state::NatGateway| nat.state != NatState::Deleted;
        if self.nat_gateways.iter().any(|nat| nat.subnet_id == id && lives(nat))
            || self.instances.iter().any(|instance| instance.subnet_id == id)
        {
            return Err(depended_on("subnet", id));
        }
        for table in self.route_tables.iter_mut() {
            table.associations.remove(id);
        }
        self.subnets.remove(id);
        Ok(())
    }
}

pub(super) fn wire(subnet: &Subnet) -> vpc::Subnet {
    let blocks = subnet.ipv6_cidr_blocks.iter().map(|block| association(block, true));
    vpc::Subnet {
        id: subnet.id.clone(),
        vpc_id: subnet.vpc_id.clone(),
        availability_zone: subnet.availability_zone.clone(),
        cidr_block: subnet.cidr_block.clone(),
        ipv6_cidr_blocks: blocks.collect(),
        attributes: subnet.attributes(),
        tags: subnet.tags.clone(),
    }
}

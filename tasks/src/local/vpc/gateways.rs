//! Ways out of a VPC: internet gateways, Elastic IP addresses and NAT gateways.

use super::{
    state::{Address, Gateway, NatGateway},
    vpcs::{depended_on, no_such},
};
use crate::{
    cloud::vpc::{self, NatState, Tags},
    local::{error::Refusal, state::State},
};

impl State {
    pub(super) fn internet_gateway(&self, id: &str) -> Result<&Gateway, Refusal> {
        self.internet_gateways.get(id).ok_or_else(|| no_gateway(id))
    }

    pub(super) fn create_internet_gateway(&mut self, tags: &Tags) -> Result<String, Refusal> {
        self.ec2_tags(tags, &Tags::new())?;
        let id = self.next_ec2_id("igw");
        self.internet_gateways.insert(Gateway { id: id.clone(), vpc_id: None, tags: tags.clone() });
        Ok(id)
    }

    pub(super) fn attach_internet_gateway(&mut self, id: &str, vpc: &str) -> Result<(), Refusal> {
        self.vpc(vpc)?;
        if self.internet_gateway(id)?.vpc_id.is_some() {
            return Err(Refusal::new(
                "Resource.AlreadyAssociated",
                format!("resource {id} is already attached to network {vpc}"),
            ));
        }
        if self.internet_gateways.iter().any(|it| it.vpc_id.as_deref() == Some(vpc)) {
            return Err(Refusal::new(
                "InvalidParameterValue",
                format!("Network {vpc} already has an internet gateway attached"),
            ));
        }
        if let Some(gateway) = self.internet_gateways.get_mut(id) {
            gateway.vpc_id = Some(vpc.into());
        }
        Ok(())
    }

    pub(super) fn detach_internet_gateway(&mut self, id: &str, vpc: &str) -> Result<(), Refusal> {
        if self.internet_gateway(id)?.vpc_id.as_deref() != Some(vpc) {
            return Err(Refusal::new(
                "Gateway.NotAttached",
                format!("resource {id} is not attached to network {vpc}"),
            ));
        }
        let in_it = |nat: &NatGateway| self.subnet(&nat.subnet_id).is_ok_and(|it| it.vpc_id == vpc);
        if self.nat_gateways.iter().any(|nat| nat.state != NatState::Deleted && in_it(nat)) {
            return Err(Refusal::new(
                "DependencyViolation",
                format!("Network {vpc} has some mapped public address(es)."),
            ));
        }
        if let Some(gateway) = self.internet_gateways.get_mut(id) {
            gateway.vpc_id = None;
        }
        Ok(())
    }

    pub(super) fn delete_internet_gateway(&mut self, id: &str) -> Result<(), Refusal> {
        if self.internet_gateway(id)?.vpc_id.is_some() {
            return Err(depended_on("internetGateway", id));
        }
        self.internet_gateways.remove(id);
        Ok(())
    }

    pub(super) fn create_egress_only(&mut self, vpc: &str, tags: &Tags) -> Result<String, Refusal> {
        self.vpc(vpc)?;
        self.ec2_tags(tags, &Tags::new())?;
        let id = self.next_ec2_id("eigw");
        self.egress_only_internet_gateways.insert(Gateway {
            id: id.clone(),
            vpc_id: Some(vpc.into()),
            tags: tags.clone(),
        });
        Ok(id)
    }

    pub(super) fn delete_egress_only(&mut self, id: &str) -> Result<(), Refusal> {
        match self.egress_only_internet_gateways.remove(id) {
            Some(_) => Ok(()),
            None => Err(no_such("InvalidEgressOnlyInternetGatewayId", "eigw", id)),
        }
    }

    fn address(&self, id: &str) -> Result<&Address, Refusal> {
        self.elastic_ips.get(id).ok_or_else(|| no_such("InvalidAllocationID", "allocation", id))
    }

    pub(super) fn allocate_address(&mut self, tags: &Tags) -> Result<String, Refusal> {
        self.ec2_tags(tags, &Tags::new())?;
        let id = self.next_ec2_id("eipalloc");
        // 198.18.0.0/15 is set aside for tests: RFC 2544.
        let [.., high, low] = self.last_id.to_be_bytes();
        let address = Address {
            id: id.clone(),
            public_ip: format!("198.18.{high}.{low}"),
            tags: tags.clone(),
        };
        self.elastic_ips.insert(address);
        Ok(id)
    }

    pub(super) fn release_address(&mut self, id: &str) -> Result<(), Refusal> {
        self.address(id)?;
        if let Some(nat) = self.user_of(id) {
            return Err(Refusal::new(
                "InvalidIPAddress.InUse",
                format!("Address {id} is in use by {}", nat.id),
            ));
        }
        self.elastic_ips.remove(id);
        Ok(())
    }

    /// The NAT gateway that has an address.
    fn user_of(&self, allocation: &str) -> Option<&NatGateway> {
        let has = |nat: &&NatGateway| nat.allocation_id == allocation;
        self.nat_gateways.iter().filter(|nat| nat.state != NatState::Deleted).find(has)
    }

    pub(super) fn create_nat_gateway(
        &mut self,
        subnet: &str,
        allocation: &str,
        tags: &Tags,
    ) -> Result<String, Refusal> {
        let vpc = self.subnet(subnet)?.vpc_id.clone();
        let is_attached = |gateway: &Gateway| gateway.vpc_id.as_ref() == Some(&vpc);
        if !self.internet_gateways.iter().any(is_attached) {
            return Err(Refusal::new(
                "Gateway.NotAttached",
                format!("Network {vpc} has no Internet gateway attached"),
            ));
        }
        self.address(allocation)?;
        self.ec2_tags(tags, &Tags::new())?;
        if let Some(nat) = self.user_of(allocation).filter(|nat| nat.exclusive) {
            return Err(Refusal::new(
                "Resource.AlreadyAssociated",
                format!("Elastic IP address [{allocation}] is already associated with {}", nat.id),
            ));
        }
        let id = self.next_ec2_id("nat");
        self.nat_gateways.insert(NatGateway {
            id: id.clone(),
            allocation_id: allocation.into(),
            subnet_id: subnet.into(),
            state: NatState::Available,
            exclusive: true,
            tags: tags.clone(),
        });
        self.late.insert(pending(&id), 1);
        Ok(id)
    }

    pub(super) fn delete_nat_gateway(&mut self, id: &str) -> Result<(), Refusal> {
        let none = || Refusal::new("NatGatewayNotFound", format!("NAT gateway {id} was not found"));
        let nat = self.nat_gateways.get_mut(id).ok_or_else(none)?;
        nat.state = NatState::Deleted;
        Ok(())
    }
}

/// Under what the account notes that a NAT gateway is pending still.
pub(super) fn pending(nat: &str) -> String {
    format!("pending/{nat}")
}

fn no_gateway(id: &str) -> Refusal {
    no_such("InvalidInternetGatewayID", "internetGateway", id)
}

pub(super) fn wire(gateway: &Gateway) -> vpc::Gateway {
    vpc::Gateway {
        id: gateway.id.clone(),
        vpc_id: gateway.vpc_id.clone(),
        tags: gateway.tags.clone(),
    }
}

pub(super) fn wire_address(address: &Address) -> vpc::Address {
    vpc::Address {
        id: address.id.clone(),
        public_ip: address.public_ip.clone(),
        tags: address.tags.clone(),
    }
}

pub(super) fn wire_nat(state: &State, nat: &NatGateway) -> vpc::NatGateway {
    let is_pending = state.late.contains_key(&pending(&nat.id));
    vpc::NatGateway {
        id: nat.id.clone(),
        vpc_id: state.subnet(&nat.subnet_id).map(|it| it.vpc_id.clone()).unwrap_or_default(),
        subnet_id: nat.subnet_id.clone(),
        allocation_id: Some(nat.allocation_id.clone()),
        state: if is_pending { NatState::Pending } else { nat.state },
        failure: (nat.state == NatState::Failed).then(|| "it was told to fail".to_owned()),
        tags: nat.tags.clone(),
    }
}

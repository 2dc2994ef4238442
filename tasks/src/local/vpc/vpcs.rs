//! VPCs and their DHCP options.

use super::{
    cidr,
    state::{CidrBlock, DhcpOptions, Vpc},
};
use crate::{
    cloud::vpc::{self, CidrAssociation, NewCidrBlock, Tags, VpcAttribute},
    local::{error::Refusal, grammar, state::State},
};

impl State {
    /// Refuses tags that EC2 refuses, in sum with those there are.
    pub(in crate::local) fn ec2_tags(&self, new: &Tags, there: &Tags) -> Result<(), Refusal> {
        grammar::tags(new, there, &self.quotas).map_err(|refusal| match refusal.code.as_str() {
            "LimitExceeded" => Refusal::new("TagLimitExceeded", refusal.message),
            _ => Refusal::new("InvalidParameterValue", refusal.message),
        })
    }

    pub(super) fn vpc(&self, id: &str) -> Result<&Vpc, Refusal> {
        self.vpcs.get(id).ok_or_else(|| no_such("InvalidVpcID", "vpc", id))
    }

    fn vpc_mut(&mut self, id: &str) -> Result<&mut Vpc, Refusal> {
        self.vpcs.get_mut(id).ok_or_else(|| no_such("InvalidVpcID", "vpc", id))
    }

    pub(super) fn vpc_attribute(&self, id: &str, which: VpcAttribute) -> Result<bool, Refusal> {
        let vpc = self.vpc(id)?;
        Ok(match which {
            VpcAttribute::DnsSupport => vpc.enable_dns_support,
            VpcAttribute::DnsHostnames => vpc.enable_dns_hostnames,
        })
    }

    pub(super) fn create_vpc(&mut self, cidr_block: &str, tags: &Tags) -> Result<String, Refusal> {
        let range = vpc_range(cidr_block)?;
        self.ec2_tags(tags, &Tags::new())?;
        let id = self.next_ec2_id("vpc");
        self.vpcs.insert(Vpc {
            id: id.clone(),
            cidr_block: range,
            additional_cidr_blocks: Vec::new(),
            ipv6_cidr_blocks: Some(Vec::new()),
            enable_dns_support: true,
            enable_dns_hostnames: false,
            dhcp_options_id: None,
            tags: tags.clone(),
        });
        Ok(id)
    }

    pub(super) fn modify_vpc_attribute(
        &mut self,
        id: &str,
        which: VpcAttribute,
        value: bool,
    ) -> Result<(), Refusal> {
        let vpc = self.vpc_mut(id)?;
        match which {
            VpcAttribute::DnsSupport => vpc.enable_dns_support = value,
            VpcAttribute::DnsHostnames => vpc.enable_dns_hostnames = value,
        }
        Ok(())
    }

    pub(super) fn associate_vpc_cidr_block(
        &mut self,
        id: &str,
        block: NewCidrBlock<'_>,
    ) -> Result<(), Refusal> {
        let association = self.next_ec2_id("vpc-cidr-assoc");
        let amazons = self.next_amazon_block();
        let vpc = self.vpc_mut(id)?;
        match block {
            NewCidrBlock::Ipv4(text) => {
                let cidr_block = vpc_range(text)?;
                let others = vpc.additional_cidr_blocks.iter().map(|block| &block.cidr_block);
                if others.chain([&vpc.cidr_block]).any(|other| cidr::overlap(other, &cidr_block)) {
                    return Err(Refusal::new(
                        "CidrConflict",
                        format!("The CIDR '{cidr_block}' conflicts with another of the VPC"),
                    ));
                }
                vpc.additional_cidr_blocks.push(CidrBlock { id: association, cidr_block });
            }
            NewCidrBlock::AmazonIpv6 => {
                let blocks = vpc.ipv6_cidr_blocks.get_or_insert_default();
                if !blocks.is_empty() {
                    return Err(Refusal::new(
                        "VpcCidrBlockLimitExceeded",
                        "The VPC has an Amazon-provided IPv6 CIDR block already",
                    ));
                }
                blocks.push(CidrBlock { id: association, cidr_block: amazons });
            }
        }
        Ok(())
    }

    /// The IPv6 addresses that Amazon gives to the next VPC that a call asks for some: from the
    /// documentation's range.
    fn next_amazon_block(&self) -> String {
        let taken: Vec<_> = self.ipv6_blocks().map(|block| block.cidr_block.as_str()).collect();
        (1..=0xff)
            .map(|number| format!("2001:db8:0:{number:x}00::/56"))
            .find(|block| !taken.contains(&block.as_str()))
            .unwrap_or_else(|| "2001:db8:0:ff00::/56".into())
    }

    pub(super) fn ipv6_blocks(&self) -> impl Iterator<Item = &CidrBlock> {
        self.vpcs.iter().filter_map(|vpc| vpc.ipv6_cidr_blocks.as_ref()).flatten()
    }

    pub(super) fn disassociate_vpc_cidr_block(&mut self, association: &str) -> Result<(), Refusal> {
        let holds = |vpc: &&Vpc| {
            let ipv6 = vpc.ipv6_cidr_blocks.iter().flatten();
            vpc.additional_cidr_blocks.iter().chain(ipv6).any(|block| block.id == association)
        };
        let Some(vpc) = self.vpcs.iter().find(holds) else {
            return Err(Refusal::new(
                "InvalidVpcCidrBlockAssociationID.NotFound",
                format!("The vpc CIDR block association ID '{association}' does not exist"),
            ));
        };
        let ipv6 = vpc.ipv6_cidr_blocks.iter().flatten();
        let mut blocks = vpc.additional_cidr_blocks.iter().chain(ipv6);
        let range = blocks.find(|block| block.id == association).map(|one| one.cidr_block.clone());
        let (id, range) = (vpc.id.clone(), range.unwrap_or_default());
        let used = self.subnets.iter().filter(|subnet| subnet.vpc_id == id).any(|subnet| {
            let ipv6 = subnet.ipv6_cidr_blocks.iter().map(|block| &block.cidr_block);
            subnet.cidr_block.iter().chain(ipv6).any(|used| cidr::within(used, &range))
        });
        if used {
            return Err(Refusal::new(
                "InvalidCidrBlock.InUse",
                format!("The vpc CIDR block with association ID {association} is in use"),
            ));
        }
        let vpc = self.vpc_mut(&id)?;
        vpc.additional_cidr_blocks.retain(|block| block.id != association);
        vpc.ipv6_cidr_blocks.iter_mut().for_each(|all| all.retain(|one| one.id != association));
        Ok(())
    }

    pub(super) fn delete_vpc(&mut self, id: &str) -> Result<(), Refusal> {
        self.vpc(id)?;
        let in_it = |vpc_id: &str| vpc_id == id;
        let attached = |gateway: &super::state::Gateway| gateway.vpc_id.as_deref() == Some(id);
        let used = self.subnets.iter().any(|subnet| in_it(&subnet.vpc_id))
            || self.route_tables.iter().any(|table| in_it(&table.vpc_id))
            || self.security_groups.iter().any(|group| in_it(&group.vpc_id))
            || self.internet_gateways.iter().any(attached)
            || self.egress_only_internet_gateways.iter().any(attached);
        if used {
            return Err(depended_on("vpc", id));
        }
        self.vpcs.remove(id);
        Ok(())
    }

    pub(super) fn create_dhcp_options(
        &mut self,
        domain_name: Option<&str>,
        domain_name_servers: &[String],
        tags: &Tags,
    ) -> Result<String, Refusal> {
        self.ec2_tags(tags, &Tags::new())?;
        if domain_name_servers.len() > 4 {
            return Err(Refusal::new(
                "InvalidParameterValue",
                "There can be at most four domain-name-servers",
            ));
        }
        let id = self.next_ec2_id("dopt");
        self.dhcp_options.insert(DhcpOptions {
            id: id.clone(),
            domain_name: domain_name.map(str::to_owned),
            domain_name_servers: domain_name_servers.to_vec(),
            tags: tags.clone(),
        });
        Ok(id)
    }

    fn dhcp_options(&self, id: &str) -> Result<&DhcpOptions, Refusal> {
        self.dhcp_options.get(id).ok_or_else(|| no_such("InvalidDhcpOptionID", "dhcpOptions", id))
    }

    pub(super) fn associate_dhcp_options(&mut self, id: &str, vpc: &str) -> Result<(), Refusal> {
        if id != "default" {
            self.dhcp_options(id)?;
        }
        self.vpc_mut(vpc)?.dhcp_options_id = (id != "default").then(|| id.to_owned());
        Ok(())
    }

    pub(super) fn delete_dhcp_options(&mut self, id: &str) -> Result<(), Refusal> {
        self.dhcp_options(id)?;
        if self.vpcs.iter().any(|vpc| vpc.dhcp_options_id.as_deref() == Some(id)) {
            return Err(depended_on("dhcpOptions", id));
        }
        self.dhcp_options.remove(id);
        Ok(())
    }
}

/// The addresses of a VPC: `/16` to `/28`.
fn vpc_range(text: &str) -> Result<String, Refusal> {
    let range = cidr::ipv4(text)?;
    if !(16..=28).contains(&range.prefix_len()) {
        return Err(Refusal::new("InvalidVpc.Range", format!("The CIDR '{text}' is invalid.")));
    }
    Ok(range.to_string())
}

pub(super) fn no_such(code: &str, what: &str, id: &str) -> Refusal {
    Refusal::new(format!("{code}.NotFound"), format!("The {what} ID '{id}' does not exist"))
}

pub(super) fn depended_on(what: &str, id: &str) -> Refusal {
    Refusal::new(
        "DependencyViolation",
        format!("The {what} '{id}' has dependencies and cannot be deleted."),
    )
}

pub(super) fn wire(vpc: &Vpc) -> vpc::Vpc {
    let suffix = vpc.id.strip_prefix("vpc-").unwrap_or(&vpc.id);
    let first =
        CidrBlock { id: format!("vpc-cidr-assoc-{suffix}"), cidr_block: vpc.cidr_block.clone() };
    vpc::Vpc {
        id: vpc.id.clone(),
        cidr_block: vpc.cidr_block.clone(),
        cidr_blocks: [&first]
            .into_iter()
            .chain(&vpc.additional_cidr_blocks)
            .map(|block| association(block, false))
            .collect(),
        ipv6_cidr_blocks: vpc
            .ipv6_cidr_blocks
            .iter()
            .flatten()
            .map(|block| association(block, true))
            .collect(),
        dhcp_options_id: vpc.dhcp_options_id.clone().unwrap_or_else(|| "default".into()),
        tags: vpc.tags.clone(),
    }
}

pub(super) fn association(block: &CidrBlock, is_amazons: bool) -> CidrAssociation {
    CidrAssociation {
        id: block.id.clone(),
        cidr_block: block.cidr_block.clone(),
        is_ready: true,
        is_amazons,
    }
}

pub(super) fn wire_dhcp(options: &DhcpOptions) -> vpc::DhcpOptions {
    vpc::DhcpOptions {
        id: options.id.clone(),
        domain_name: options.domain_name.clone(),
        domain_name_servers: options.domain_name_servers.clone(),
        tags: options.tags.clone(),
    }
}

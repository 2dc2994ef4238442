//! What a seed's network leaves out, and what AWS would not have let come about.

use super::{cidr, groups, state::CidrBlock};
use crate::local::{
    by_name::{ByName, Named},
    seed::Found,
    state::State,
};

impl State {
    /// Fills in the ids of what is in something else, and the IPv6 addresses of VPCs that do not
    /// say.
    pub(in crate::local) fn complete_network(&mut self) {
        let mut last = self.last_id;
        let mut next = |prefix: &str| {
            last += 1;
            format!("{prefix}-{last:017x}")
        };
        for (count, vpc) in self.vpcs.iter_mut().enumerate() {
            // Apart from the range that calls are given addresses from.
            let given = || CidrBlock {
                id: String::new(),
                cidr_block: format!("2001:db8:1:{:x}00::/56", count % 0xff),
            };
            let ipv6 = vpc.ipv6_cidr_blocks.get_or_insert_with(|| vec![given()]);
            for block in vpc.additional_cidr_blocks.iter_mut().chain(ipv6) {
                if block.id.is_empty() {
                    block.id = next("vpc-cidr-assoc");
                }
            }
        }
        for block in self.subnets.iter_mut().flat_map(|subnet| &mut subnet.ipv6_cidr_blocks) {
            if block.id.is_empty() {
                block.id = next("subnet-cidr-assoc");
            }
        }
        for rule in self.security_groups.iter_mut().flat_map(|group| &mut group.rules) {
            if rule.id.is_empty() {
                rule.id = next("sgr");
            }
        }
        self.last_id = last;
    }

    pub(in crate::local) fn network_problems(&self, found: &mut Found) {
        for vpc in self.vpcs.iter() {
            let at = format!("vpcs.{}", vpc.id);
            found.refused(&format!("{at}.cidrBlock"), cidr::ipv4(&vpc.cidr_block).map(drop));
            for block in &vpc.additional_cidr_blocks {
                let at = format!("{at}.additionalCidrBlocks");
                found.refused(&at, cidr::ipv4(&block.cidr_block).map(drop));
            }
            for block in vpc.ipv6_cidr_blocks.iter().flatten() {
                let at = format!("{at}.ipv6CidrBlocks");
                found.refused(&at, cidr::ipv6(&block.cidr_block).map(drop));
            }
            if let Some(options) = &vpc.dhcp_options_id {
                known(&self.dhcp_options, options, &format!("{at}.dhcpOptionsId"), found);
            }
        }
        for subnet in self.subnets.iter() {
            let at = format!("subnets.{}", subnet.id);
            known(&self.vpcs, &subnet.vpc_id, &format!("{at}.vpcId"), found);
            if let Some(range) = &subnet.cidr_block {
                found.refused(&format!("{at}.cidrBlock"), cidr::ipv4(range).map(drop));
            }
            for block in &subnet.ipv6_cidr_blocks {
                let at = format!("{at}.ipv6CidrBlocks");
                found.refused(&at, cidr::ipv6(&block.cidr_block).map(drop));
            }
        }
        let gateways = [
            ("internetGateways", &self.internet_gateways),
            ("egressOnlyInternetGateways", &self.egress_only_internet_gateways),
        ];
        for (list, gateways) in gateways {
            for gateway in gateways.iter() {
                if let Some(vpc) = &gateway.vpc_id {
                    known(&self.vpcs, vpc, &format!("{list}.{}.vpcId", gateway.id), found);
                }
            }
        }
        for table in self.route_tables.iter() {
            let at = format!("routeTables.{}", table.id);
            known(&self.vpcs, &table.vpc_id, &format!("{at}.vpcId"), found);
            for subnet in &table.associations {
                known(&self.subnets, subnet, &format!("{at}.associations"), found);
            }
        }
        for nat in self.nat_gateways.iter() {
            let at = format!("natGateways.{}", nat.id);
            known(&self.subnets, &nat.subnet_id, &format!("{at}.subnetId"), found);
            known(&self.elastic_ips, &nat.allocation_id, &format!("{at}.allocationId"), found);
        }
        for group in self.security_groups.iter() {
            let at = format!("securityGroups.{}", group.id);
            known(&self.vpcs, &group.vpc_id, &format!("{at}.vpcId"), found);
            found.refused(&format!("{at}.name"), groups::check_texts(&group.name, ""));
            for rule in &group.rules {
                let checked = self.check_permission(&rule.permission).map(drop);
                found.refused(&format!("{at}.rules"), checked);
            }
        }
    }
}

fn known<T: Named>(things: &ByName<T>, id: &str, at: &str, found: &mut Found) {
    if things.get(id).is_none() {
        found.tell(at, format!("there is no `{id}`"));
    }
}

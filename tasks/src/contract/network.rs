//! VPCs and their addresses, DHCP options, subnets, and tags.

use super::{
    Subject,
    check::{Kept, holds, refused, same, tags},
};
use crate::cloud::{
    CloudError,
    vpc::{
        HostnameType, NewCidrBlock, NewSubnet, SubnetAttribute, Tags, VpcAttribute, Which,
        all_dhcp_options, all_subnets, all_vpcs,
    },
};

super::cases![
    a_vpc_is_found_by_its_id_and_by_its_tags,
    listings_of_what_is_not_there_are_empty,
    a_vpc_has_dns_and_names_as_it_is_told,
    a_vpc_has_further_addresses_that_do_not_overlap,
    a_vpc_has_ipv6_addresses_that_amazon_chooses,
    dhcp_options_are_answered_as_they_were_created,
    a_subnet_is_answered_as_it_was_created,
    a_subnet_is_within_its_vpc_and_overlaps_no_other,
    a_subnet_names_its_instances_as_it_is_told,
    tags_are_added_and_taken_off,
    a_vpc_goes_last,
];

const RANGE: &str = "10.1.0.0/16";

impl Subject {
    /// Creates a VPC with nothing else to it. Its id.
    pub(super) async fn vpc(&self) -> Result<String, CloudError> {
        self.cloud.vpc().create_vpc(RANGE, &tags([("Name", "vpc")])).await
    }

    /// Creates a subnet in a VPC. Its id.
    pub(super) async fn subnet(&self, vpc: &str, range: &str) -> Result<String, CloudError> {
        let new = NewSubnet {
            vpc_id: vpc,
            availability_zone: "us-east-1a",
            cidr_block: Some(range),
            ipv6_cidr_block: None,
            tags: &tags([("Name", "subnet")]),
        };
        self.cloud.vpc().create_subnet(new).await
    }
}

async fn a_vpc_is_found_by_its_id_and_by_its_tags(subject: &Subject) -> Kept {
    let reads = subject.reader().vpc();
    let wanted = tags([("Name", "a"), ("cluster/a", "owned")]);
    let id = subject.cloud.vpc().create_vpc(RANGE, &wanted).await?;
    subject.vpc().await?;
    let by_id = all_vpcs(reads, Which::Id(&id)).await?;
    let by_key = all_vpcs(reads, Which::TagKey("cluster/a")).await?;
    same("by key", &by_key, &by_id)?;
    holds("one", by_id.len() == 1)?;
    let found = &by_id[0];
    holds("an id that starts with vpc-", found.id.starts_with("vpc-"))?;
    same("id", &found.id, &id)?;
    same("addresses", &found.cidr_block, RANGE)?;
    let all: Vec<_> = found.cidr_blocks.iter().map(|block| block.cidr_block.as_str()).collect();
    same("all addresses", &all, &vec![RANGE])?;
    same("tags", &found.tags, &wanted)
}

async fn listings_of_what_is_not_there_are_empty(subject: &Subject) -> Kept {
    let reads = subject.reader().vpc();
    let none = Which::TagKey("cluster/none");
    holds("VPCs", all_vpcs(reads, none).await?.is_empty())?;
    holds("a VPC", all_vpcs(reads, Which::Id("vpc-0123456789abcdef0")).await?.is_empty())?;
    holds("subnets", all_subnets(reads, none).await?.is_empty())?;
    let subnet = Which::Id("subnet-0123456789abcdef0");
    holds("a subnet", all_subnets(reads, subnet).await?.is_empty())?;
    holds("DHCP options", all_dhcp_options(reads, none).await?.is_empty())?;
    holds("addresses", reads.describe_addresses(none).await?.is_empty())
}

async fn a_vpc_has_dns_and_names_as_it_is_told(subject: &Subject) -> Kept {
    let (reads, writes) = (subject.reader().vpc(), subject.cloud.vpc());
    let id = subject.vpc().await?;
    let (dns, names) = (VpcAttribute::DnsSupport, VpcAttribute::DnsHostnames);
    same("DNS at first", &reads.describe_vpc_attribute(&id, dns).await?, &true)?;
    same("names at first", &reads.describe_vpc_attribute(&id, names).await?, &false)?;
    writes.modify_vpc_attribute(&id, names, true).await?;
    same("names", &reads.describe_vpc_attribute(&id, names).await?, &true)?;
    let none = writes.modify_vpc_attribute("vpc-0123456789abcdef0", names, true).await;
    refused("of none", none, &["InvalidVpcID.NotFound"])
}

async fn a_vpc_has_further_addresses_that_do_not_overlap(subject: &Subject) -> Kept {
    let (reads, writes) = (subject.reader().vpc(), subject.cloud.vpc());
    let id = subject.vpc().await?;
    writes.associate_vpc_cidr_block(&id, NewCidrBlock::Ipv4("10.2.0.0/16")).await?;
    let found = all_vpcs(reads, Which::Id(&id)).await?;
    let blocks = &found[0].cidr_blocks;
    let mut ranges: Vec<_> = blocks.iter().map(|block| block.cidr_block.clone()).collect();
    ranges.sort();
    same("addresses", &ranges, &vec![RANGE.to_owned(), "10.2.0.0/16".to_owned()])?;
    let again = writes.associate_vpc_cidr_block(&id, NewCidrBlock::Ipv4("10.2.0.0/16")).await;
    refused("the same again", again, &["CidrConflict"])?;
    let second = blocks.iter().find(|block| block.cidr_block != RANGE);
    let second = second.map(|block| block.id.clone()).unwrap_or_default();
    writes.disassociate_vpc_cidr_block(&second).await?;
    let left = all_vpcs(reads, Which::Id(&id)).await?;
    same("how many are left", &left[0].cidr_blocks.len(), &1)
}

async fn a_vpc_has_ipv6_addresses_that_amazon_chooses(subject: &Subject) -> Kept {
    let (reads, writes) = (subject.reader().vpc(), subject.cloud.vpc());
    let id = subject.vpc().await?;
    same("none at first", &all_vpcs(reads, Which::Id(&id)).await?[0].ipv6_cidr_block(), &None)?;
    writes.associate_vpc_cidr_block(&id, NewCidrBlock::AmazonIpv6).await?;
    let found = all_vpcs(reads, Which::Id(&id)).await?;
    let block = found[0].ipv6_cidr_block().unwrap_or_default();
    holds("a /56", block.contains(':') && block.ends_with("/56"))?;
    holds("Amazon's", found[0].ipv6_cidr_blocks[0].is_amazons)
}

async fn dhcp_options_are_answered_as_they_were_created(subject: &Subject) -> Kept {
    let (reads, writes) = (subject.reader().vpc(), subject.cloud.vpc());
    let (wanted, servers) = (tags([("Name", "d")]), ["AmazonProvidedDNS".to_owned()]);
    let id = writes.create_dhcp_options(Some("ec2.internal"), &servers, &wanted).await?;
    let found = all_dhcp_options(reads, Which::Id(&id)).await?;
    same("how many", &found.len(), &1)?;
    same("domain", &found[0].domain_name.as_deref(), &Some("ec2.internal"))?;
    same("servers", &found[0].domain_name_servers, &servers.to_vec())?;
    same("tags", &found[0].tags, &wanted)?;
    let vpc = subject.vpc().await?;
    writes.associate_dhcp_options(&id, &vpc).await?;
    same("of the VPC", &all_vpcs(reads, Which::Id(&vpc)).await?[0].dhcp_options_id, &id)?;
    refused("delete", writes.delete_dhcp_options(&id).await, &["DependencyViolation"])
}

async fn a_subnet_is_answered_as_it_was_created(subject: &Subject) -> Kept {
    let reads = subject.reader().vpc();
    let vpc = subject.vpc().await?;
    let id = subject.subnet(&vpc, "10.1.32.0/19").await?;
    let by_id = all_subnets(reads, Which::Id(&id)).await?;
    same("by its VPC", &all_subnets(reads, Which::Vpc(&vpc)).await?, &by_id)?;
    same("how many", &by_id.len(), &1)?;
    let found = &by_id[0];
    same("VPC", &found.vpc_id, &vpc)?;
    same("zone", &found.availability_zone, "us-east-1a")?;
    same("addresses", &found.cidr_block.as_deref(), &Some("10.1.32.0/19"))?;
    holds("no IPv6 addresses", found.ipv6_cidr_blocks.is_empty())?;
    same("tags", &found.tags, &tags([("Name", "subnet")]))
}

async fn a_subnet_is_within_its_vpc_and_overlaps_no_other(subject: &Subject) -> Kept {
    let vpc = subject.vpc().await?;
    let outside = subject.subnet(&vpc, "10.9.0.0/24").await;
    refused("outside", outside, &["InvalidSubnet.Range"])?;
    subject.subnet(&vpc, "10.1.32.0/19").await?;
    let overlapping = subject.subnet(&vpc, "10.1.48.0/20").await;
    refused("overlapping", overlapping, &["InvalidSubnet.Conflict"])?;
    let none = subject.subnet("vpc-0123456789abcdef0", "10.1.0.0/24").await;
    refused("in no VPC", none, &["InvalidVpcID.NotFound"])
}

async fn a_subnet_names_its_instances_as_it_is_told(subject: &Subject) -> Kept {
    let (reads, writes) = (subject.reader().vpc(), subject.cloud.vpc());
    let vpc = subject.vpc().await?;
    let id = subject.subnet(&vpc, "10.1.32.0/19").await?;
    let hostname = SubnetAttribute::HostnameType(HostnameType::ResourceName);
    writes.modify_subnet_attribute(&id, hostname).await?;
    writes.modify_subnet_attribute(&id, SubnetAttribute::ResourceNameARecord(true)).await?;
    let found = all_subnets(reads, Which::Id(&id)).await?[0].attributes;
    same("how", &found.hostname_type, &HostnameType::ResourceName)?;
    same("A records", &found.resource_name_a_record, &true)?;
    same("AAAA records", &found.resource_name_aaaa_record, &false)
}

async fn tags_are_added_and_taken_off(subject: &Subject) -> Kept {
    let (reads, writes) = (subject.reader().vpc(), subject.cloud.vpc());
    let id = subject.vpc().await?;
    writes.create_tags(&id, &tags([("Name", "b"), ("owner", "me")])).await?;
    let found = all_vpcs(reads, Which::Id(&id)).await?;
    same("added", &found[0].tags, &tags([("Name", "b"), ("owner", "me")]))?;
    writes.delete_tags(&id, &["owner".to_owned()]).await?;
    let found = all_vpcs(reads, Which::Id(&id)).await?;
    same("left", &found[0].tags, &tags([("Name", "b")]))?;
    let none = writes.create_tags("vpc-0123456789abcdef0", &Tags::from([tag()])).await;
    refused("of none", none, &["InvalidVpcID.NotFound", "InvalidID.NotFound", "InvalidID"])
}

fn tag() -> (String, String) {
    ("owner".to_owned(), "me".to_owned())
}

async fn a_vpc_goes_last(subject: &Subject) -> Kept {
    let (reads, writes) = (subject.reader().vpc(), subject.cloud.vpc());
    let vpc = subject.vpc().await?;
    let subnet = subject.subnet(&vpc, "10.1.32.0/19").await?;
    refused("with a subnet", writes.delete_vpc(&vpc).await, &["DependencyViolation"])?;
    writes.delete_subnet(&subnet).await?;
    writes.delete_vpc(&vpc).await?;
    holds("gone", all_vpcs(reads, Which::Id(&vpc)).await?.is_empty())
}

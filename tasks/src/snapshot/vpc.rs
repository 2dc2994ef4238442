//! The network in a run's view: one listing for all who ask the same, until a write.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use futures::FutureExt;

use super::{Answers, Snapshot, Source, WriteSnapshot, calls::Calls, reads::part};
use crate::cloud::{
    CloudError, Page,
    vpc::{
        Address, DhcpOptions, Gateway, NatGateway, NatState, NewCidrBlock, NewSecurityGroup,
        NewSubnet, Permission, RouteTable, SecurityGroup, SecurityGroupRule, Subnet,
        SubnetAttribute, Tagged, Tags, Vpc, VpcAttribute, VpcReader, VpcWriter, Which,
    },
};

/// What was answered about the network so far. Listings are about nothing in particular; rules
/// are about their group, attributes about their VPC.
#[derive(Default)]
pub(super) struct Network {
    vpcs: Calls<Page<Vpc>>,
    attributes: Calls<bool>,
    dhcp_options: Calls<Page<DhcpOptions>>,
    subnets: Calls<Page<Subnet>>,
    internet_gateways: Calls<Page<Gateway>>,
    egress_only: Calls<Page<Gateway>>,
    route_tables: Calls<Page<RouteTable>>,
    addresses: Calls<Vec<Address>>,
    nat_gateways: Calls<Page<NatGateway>>,
    groups: Calls<Page<SecurityGroup>>,
    rules: Calls<Page<SecurityGroupRule>>,
    /// The ids of what the run made and no listing has shown yet.
    awaited: Mutex<BTreeSet<String>>,
}

impl Network {
    /// Whether a listing may say something else a moment later without anything being written:
    /// something of it is in passing, or something that the run made is missing from it.
    fn is_passing<T: Tagged>(
        &self,
        kind: &str,
        listed: &[T],
        is_settled: impl Fn(&T) -> bool,
    ) -> bool {
        let mut awaited = self.awaited.lock().unwrap_or_else(PoisonError::into_inner);
        for thing in listed {
            awaited.remove(thing.id());
        }
        awaited.iter().any(|id| id.starts_with(kind)) || !listed.iter().all(is_settled)
    }

    /// Notes what a call made. The call's answer.
    fn made(&self, answer: Result<String, CloudError>) -> Result<String, CloudError> {
        if let Ok(id) = &answer {
            self.awaited.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone());
        }
        answer
    }

    /// Forgets what a change of the thing with this id, or of its tags, may show in.
    fn forget(&self, id: &str) {
        match id.split_once('-').map(|(kind, _)| kind) {
            Some("vpc") => {
                self.vpcs.forget("");
                self.attributes.forget(id);
            }
            Some("dopt") => self.dhcp_options.forget(""),
            Some("subnet") => self.subnets.forget(""),
            Some("igw") => self.internet_gateways.forget(""),
            Some("eigw") => self.egress_only.forget(""),
            Some("rtb" | "rtbassoc") => self.route_tables.forget(""),
            Some("eipalloc") => self.addresses.forget(""),
            Some("nat") => self.nat_gateways.forget(""),
            Some("sg") => {
                self.groups.forget("");
                self.rules.forget(id);
            }
            _ => self.rules.forget_all(),
        }
    }
}

/// A listing's key beside what it is about.
fn detail(which: Which<'_>, marker: Option<&str>) -> String {
    format!("{which:?} {}", part(marker))
}

/// A [`Which`] that lives as long as the call.
#[derive(Clone)]
enum Owned {
    All,
    Id(String),
    TagKey(String),
    Vpc(String),
}

impl From<Which<'_>> for Owned {
    fn from(which: Which<'_>) -> Self {
        match which {
            Which::All => Self::All,
            Which::Id(id) => Self::Id(id.into()),
            Which::TagKey(key) => Self::TagKey(key.into()),
            Which::Vpc(vpc) => Self::Vpc(vpc.into()),
        }
    }
}

impl Owned {
    fn as_which(&self) -> Which<'_> {
        match self {
            Self::All => Which::All,
            Self::Id(id) => Which::Id(id),
            Self::TagKey(key) => Which::TagKey(key),
            Self::Vpc(vpc) => Which::Vpc(vpc),
        }
    }
}

fn has_its_addresses(vpc: &Vpc) -> bool {
    vpc.ipv6_cidr_blocks.iter().all(|block| block.is_ready)
}

/// The reading half, whose listings are all alike.
macro_rules! reader {
    ({ $($operation:ident -> $thing:ty, $calls:ident, $kind:literal, $settled:expr;)* } $($others:tt)*) => {
        #[async_trait]
        impl<S: Source> VpcReader for Snapshot<S> {
            $(async fn $operation(
                &self,
                which: Which<'_>,
                marker: Option<&str>,
            ) -> Result<Page<$thing>, CloudError> {
                let (source, of) = (self.source.clone(), Owned::from(which));
                let after = marker.map(str::to_owned);
                let ask = || {
                    async move {
                        source.reader().vpc().$operation(of.as_which(), after.as_deref()).await
                    }
                    .boxed()
                };
                let network = &self.answers.network;
                let answer = network.$calls.get("", &detail(which, marker), ask).await?;
                if answer.next.is_none() && network.is_passing($kind, &answer.items, $settled) {
                    network.$calls.forget("");
                }
                Ok(answer)
            })*

            $($others)*
        }
    };
}

reader! {
    {
        describe_vpcs -> Vpc, vpcs, "vpc-", has_its_addresses;
        describe_dhcp_options -> DhcpOptions, dhcp_options, "dopt-", |_| true;
        describe_subnets -> Subnet, subnets, "subnet-", |_| true;
        describe_internet_gateways -> Gateway, internet_gateways, "igw-", |_| true;
        describe_egress_only_internet_gateways -> Gateway, egress_only, "eigw-", |_| true;
        describe_route_tables -> RouteTable, route_tables, "rtb-", |_| true;
        describe_nat_gateways -> NatGateway, nat_gateways, "nat-", |it| it.state != NatState::Pending;
        describe_security_groups -> SecurityGroup, groups, "sg-", |_| true;
    }

    async fn describe_vpc_attribute(
        &self,
        vpc: &str,
        attribute: VpcAttribute,
    ) -> Result<bool, CloudError> {
        let (source, of) = (self.source.clone(), vpc.to_owned());
        let ask = || {
            async move { source.reader().vpc().describe_vpc_attribute(&of, attribute).await }
                .boxed()
        };
        self.answers.network.attributes.get(vpc, &format!("{attribute:?}"), ask).await
    }

    async fn describe_addresses(&self, which: Which<'_>) -> Result<Vec<Address>, CloudError> {
        let (source, of) = (self.source.clone(), Owned::from(which));
        let ask = || {
            async move { source.reader().vpc().describe_addresses(of.as_which()).await }.boxed()
        };
        self.answers.network.addresses.get("", &detail(which, None), ask).await
    }

    async fn describe_security_group_rules(
        &self,
        group: &str,
        marker: Option<&str>,
    ) -> Result<Page<SecurityGroupRule>, CloudError> {
        let (source, of) = (self.source.clone(), group.to_owned());
        let after = marker.map(str::to_owned);
        let ask = || {
            async move {
                let vpc = source.reader().vpc();
                vpc.describe_security_group_rules(&of, after.as_deref()).await
            }
            .boxed()
        };
        self.answers.network.rules.get(group, &part(marker), ask).await
    }
}

impl WriteSnapshot {
    /// A write that may show in what was answered about these things, named by their ids or by
    /// what ids of their kind start with.
    fn stale_network<'a>(&self, touched: &'a [&'a str]) -> impl Drop + use<'a> {
        self.stale(move |answers: &Answers| {
            for id in touched {
                answers.network.forget(id);
            }
        })
    }
}

#[async_trait]
impl VpcWriter for WriteSnapshot {
    async fn create_vpc(&self, cidr_block: &str, tags: &Tags) -> Result<String, CloudError> {
        let _stale = self.stale_network(&["vpc-"]);
        let made = self.source.vpc().create_vpc(cidr_block, tags).await;
        self.answers.network.made(made)
    }

    async fn modify_vpc_attribute(
        &self,
        vpc: &str,
        attribute: VpcAttribute,
        value: bool,
    ) -> Result<(), CloudError> {
        let touched = [vpc];
        let _stale = self.stale_network(&touched);
        self.source.vpc().modify_vpc_attribute(vpc, attribute, value).await
    }

    async fn associate_vpc_cidr_block(
        &self,
        vpc: &str,
        block: NewCidrBlock<'_>,
    ) -> Result<(), CloudError> {
        let _stale = self.stale_network(&["vpc-", "rtb-"]);
        self.source.vpc().associate_vpc_cidr_block(vpc, block).await
    }

    async fn disassociate_vpc_cidr_block(&self, association: &str) -> Result<(), CloudError> {
        let _stale = self.stale_network(&["vpc-", "rtb-"]);
        self.source.vpc().disassociate_vpc_cidr_block(association).await
    }

    async fn delete_vpc(&self, vpc: &str) -> Result<(), CloudError> {
        let touched = [vpc];
        let _stale = self.stale_network(&touched);
        self.source.vpc().delete_vpc(vpc).await
    }

    async fn create_dhcp_options(
        &self,
        domain_name: Option<&str>,
        domain_name_servers: &[String],
        tags: &Tags,
    ) -> Result<String, CloudError> {
        let _stale = self.stale_network(&["dopt-"]);
        let made =
            self.source.vpc().create_dhcp_options(domain_name, domain_name_servers, tags).await;
        self.answers.network.made(made)
    }

    async fn associate_dhcp_options(&self, options: &str, vpc: &str) -> Result<(), CloudError> {
        let touched = [vpc];
        let _stale = self.stale_network(&touched);
        self.source.vpc().associate_dhcp_options(options, vpc).await
    }

    async fn delete_dhcp_options(&self, options: &str) -> Result<(), CloudError> {
        let _stale = self.stale_network(&["dopt-"]);
        self.source.vpc().delete_dhcp_options(options).await
    }

    async fn create_subnet(&self, subnet: NewSubnet<'_>) -> Result<String, CloudError> {
        let _stale = self.stale_network(&["subnet-"]);
        let made = self.source.vpc().create_subnet(subnet).await;
        self.answers.network.made(made)
    }

    async fn associate_subnet_cidr_block(
        &self,
        subnet: &str,
        ipv6_cidr_block: &str,
    ) -> Result<(), CloudError> {
        let _stale = self.stale_network(&["subnet-"]);
        self.source.vpc().associate_subnet_cidr_block(subnet, ipv6_cidr_block).await
    }

    async fn modify_subnet_attribute(
        &self,
        subnet: &str,
        attribute: SubnetAttribute,
    ) -> Result<(), CloudError> {
        let _stale = self.stale_network(&["subnet-"]);
        self.source.vpc().modify_subnet_attribute(subnet, attribute).await
    }

    async fn delete_subnet(&self, subnet: &str) -> Result<(), CloudError> {
        let _stale = self.stale_network(&["subnet-", "rtb-"]);
        self.source.vpc().delete_subnet(subnet).await
    }

    async fn create_internet_gateway(&self, tags: &Tags) -> Result<String, CloudError> {
        let _stale = self.stale_network(&["igw-"]);
        let made = self.source.vpc().create_internet_gateway(tags).await;
        self.answers.network.made(made)
    }

    async fn attach_internet_gateway(&self, gateway: &str, vpc: &str) -> Result<(), CloudError> {
        let _stale = self.stale_network(&["igw-", "rtb-"]);
        self.source.vpc().attach_internet_gateway(gateway, vpc).await
    }

    async fn detach_internet_gateway(&self, gateway: &str, vpc: &str) -> Result<(), CloudError> {
        let _stale = self.stale_network(&["igw-", "rtb-"]);
        self.source.vpc().detach_internet_gateway(gateway, vpc).await
    }

    async fn delete_internet_gateway(&self, gateway: &str) -> Result<(), CloudError> {
        let _stale = self.stale_network(&["igw-", "rtb-"]);
        self.source.vpc().delete_internet_gateway(gateway).await
    }

    async fn create_egress_only_internet_gateway(
        &self,
        vpc: &str,
        tags: &Tags,
    ) -> Result<String, CloudError> {
        let _stale = self.stale_network(&["eigw-"]);
        let made = self.source.vpc().create_egress_only_internet_gateway(vpc, tags).await;
        self.answers.network.made(made)
    }

    async fn delete_egress_only_internet_gateway(&self, gateway: &str) -> Result<(), CloudError> {
        let _stale = self.stale_network(&["eigw-", "rtb-"]);
        self.source.vpc().delete_egress_only_internet_gateway(gateway).await
    }

    async fn create_route_table(&self, vpc: &str, tags: &Tags) -> Result<String, CloudError> {
        let _stale = self.stale_network(&["rtb-"]);
        let made = self.source.vpc().create_route_table(vpc, tags).await;
        self.answers.network.made(made)
    }

    async fn create_route(
        &self,
        table: &str,
        destination: &str,
        target: &str,
    ) -> Result<(), CloudError> {
        let _stale = self.stale_network(&["rtb-"]);
        self.source.vpc().create_route(table, destination, target).await
    }

    async fn replace_route(
        &self,
        table: &str,
        destination: &str,
        target: &str,
    ) -> Result<(), CloudError> {
        let _stale = self.stale_network(&["rtb-"]);
        self.source.vpc().replace_route(table, destination, target).await
    }

    async fn delete_route(&self, table: &str, destination: &str) -> Result<(), CloudError> {
        let _stale = self.stale_network(&["rtb-"]);
        self.source.vpc().delete_route(table, destination).await
    }

    async fn associate_route_table(&self, table: &str, subnet: &str) -> Result<(), CloudError> {
        let _stale = self.stale_network(&["rtb-"]);
        self.source.vpc().associate_route_table(table, subnet).await
    }

    async fn replace_route_table_association(
        &self,
        association: &str,
        table: &str,
    ) -> Result<(), CloudError> {
        let _stale = self.stale_network(&["rtb-"]);
        self.source.vpc().replace_route_table_association(association, table).await
    }

    async fn disassociate_route_table(&self, association: &str) -> Result<(), CloudError> {
        let _stale = self.stale_network(&["rtb-"]);
        self.source.vpc().disassociate_route_table(association).await
    }

    async fn delete_route_table(&self, table: &str) -> Result<(), CloudError> {
        let _stale = self.stale_network(&["rtb-"]);
        self.source.vpc().delete_route_table(table).await
    }

    async fn allocate_address(&self, tags: &Tags) -> Result<String, CloudError> {
        let _stale = self.stale_network(&["eipalloc-"]);
        self.source.vpc().allocate_address(tags).await
    }

    async fn release_address(&self, allocation: &str) -> Result<(), CloudError> {
        let _stale = self.stale_network(&["eipalloc-"]);
        self.source.vpc().release_address(allocation).await
    }

    async fn create_nat_gateway(
        &self,
        subnet: &str,
        allocation: &str,
        tags: &Tags,
    ) -> Result<String, CloudError> {
        let _stale = self.stale_network(&["nat-"]);
        let made = self.source.vpc().create_nat_gateway(subnet, allocation, tags).await;
        self.answers.network.made(made)
    }

    async fn delete_nat_gateway(&self, gateway: &str) -> Result<(), CloudError> {
        let _stale = self.stale_network(&["nat-", "rtb-"]);
        self.source.vpc().delete_nat_gateway(gateway).await
    }

    async fn create_security_group(
        &self,
        group: NewSecurityGroup<'_>,
    ) -> Result<String, CloudError> {
        let _stale = self.stale_network(&["sg-"]);
        let made = self.source.vpc().create_security_group(group).await;
        self.answers.network.made(made)
    }

    async fn delete_security_group(&self, group: &str) -> Result<(), CloudError> {
        let touched = [group];
        let _stale = self.stale_network(&touched);
        self.source.vpc().delete_security_group(group).await
    }

    async fn authorize_security_group(
        &self,
        group: &str,
        permission: &Permission,
        tags: &Tags,
    ) -> Result<(), CloudError> {
        let touched = [group];
        let _stale = self.stale_network(&touched);
        self.source.vpc().authorize_security_group(group, permission, tags).await
    }

    async fn revoke_security_group_rule(
        &self,
        group: &str,
        rule: &str,
        egress: bool,
    ) -> Result<(), CloudError> {
        let touched = [group];
        let _stale = self.stale_network(&touched);
        self.source.vpc().revoke_security_group_rule(group, rule, egress).await
    }

    async fn create_tags(&self, id: &str, tags: &Tags) -> Result<(), CloudError> {
        let touched = [id];
        let _stale = self.stale_network(&touched);
        self.source.vpc().create_tags(id, tags).await
    }

    async fn delete_tags(&self, id: &str, keys: &[String]) -> Result<(), CloudError> {
        let touched = [id];
        let _stale = self.stale_network(&touched);
        self.source.vpc().delete_tags(id, keys).await
    }
}

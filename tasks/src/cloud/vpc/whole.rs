//! Listings as a whole rather than a part at a time.

use super::{
    DhcpOptions, Gateway, NatGateway, RouteTable, SecurityGroup, SecurityGroupRule, Subnet, Vpc,
    VpcReader, Which,
};
use crate::cloud::{CloudError, all_pages};

macro_rules! whole {
    ($($(#[$doc:meta])* $name:ident -> $thing:ty, $operation:ident;)*) => {
        $($(#[$doc])*
        ///
        /// # Errors
        ///
        /// The first part's that is not answered.
        pub async fn $name(
            reader: &dyn VpcReader,
            which: Which<'_>,
        ) -> Result<Vec<$thing>, CloudError> {
            let part = |marker: Option<String>| async move {
                reader.$operation(which, marker.as_deref()).await
            };
            all_pages(part).await
        })*
    };
}

whole! {
    /// All parts of `DescribeVpcs`.
    all_vpcs -> Vpc, describe_vpcs;
    /// All parts of `DescribeDhcpOptions`.
    all_dhcp_options -> DhcpOptions, describe_dhcp_options;
    /// All parts of `DescribeSubnets`.
    all_subnets -> Subnet, describe_subnets;
    /// All parts of `DescribeInternetGateways`.
    all_internet_gateways -> Gateway, describe_internet_gateways;
    /// All parts of `DescribeEgressOnlyInternetGateways`.
    all_egress_only_internet_gateways -> Gateway, describe_egress_only_internet_gateways;
    /// All parts of `DescribeRouteTables`.
    all_route_tables -> RouteTable, describe_route_tables;
    /// All parts of `DescribeNatGateways`.
    all_nat_gateways -> NatGateway, describe_nat_gateways;
    /// All parts of `DescribeSecurityGroups`.
    all_security_groups -> SecurityGroup, describe_security_groups;
}

/// All parts of `DescribeSecurityGroupRules`.
///
/// # Errors
///
/// The first part's that is not answered.
pub async fn all_security_group_rules(
    reader: &dyn VpcReader,
    group: &str,
) -> Result<Vec<SecurityGroupRule>, CloudError> {
    let part = |marker: Option<String>| async move {
        reader.describe_security_group_rules(group, marker.as_deref()).await
    };
    all_pages(part).await
}

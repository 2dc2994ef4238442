//! Route 53.

use async_trait::async_trait;
use aws_sdk_route53::types;

use super::error::Operation;
use crate::cloud::{
    CloudError, Page,
    route53::{HostedZone, Route53Reader},
};

/// Route 53 through the SDK.
#[derive(Clone, Debug)]
pub(super) struct Route53(pub(super) aws_sdk_route53::Client);

#[async_trait]
impl Route53Reader for Route53 {
    async fn list_hosted_zones(
        &self,
        marker: Option<&str>,
    ) -> Result<Page<HostedZone>, CloudError> {
        let operation = Operation { service: "route53", name: "ListHostedZones" };
        let answer = self
            .0
            .list_hosted_zones()
            .set_marker(marker.map(ToOwned::to_owned))
            .send()
            .await
            .map_err(operation.failed())?;
        let next = answer.next_marker.as_deref();
        operation.page(
            answer.hosted_zones.into_iter().map(zone).collect(),
            answer.is_truncated,
            next,
        )
    }
}

fn zone(zone: types::HostedZone) -> HostedZone {
    HostedZone {
        id: zone.id.strip_prefix("/hostedzone/").unwrap_or(&zone.id).to_owned(),
        private: zone.config.is_some_and(|config| config.private_zone),
        name: zone.name,
    }
}

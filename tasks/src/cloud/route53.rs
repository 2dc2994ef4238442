//! Route 53: the hosted zones that DNS permissions name.

use async_trait::async_trait;

use super::{CloudError, Page};

/// A hosted zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostedZone {
    /// Its id, without `/hostedzone/`.
    pub id: String,
    /// Its name, with the final dot: `example.com.`.
    pub name: String,
    /// Whether only its VPCs see it.
    pub private: bool,
}

/// What can be read from Route 53.
#[async_trait]
pub trait Route53Reader: Send + Sync {
    /// `ListHostedZones`.
    async fn list_hosted_zones(&self, marker: Option<&str>)
    -> Result<Page<HostedZone>, CloudError>;
}
